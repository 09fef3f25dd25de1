"""Pure. The edges: one file for each outside world that the daemon speaks to."""
