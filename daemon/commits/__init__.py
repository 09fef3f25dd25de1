"""Pure. Commit: what a step decided, written in one transaction with its audit entry. One file a stage."""
