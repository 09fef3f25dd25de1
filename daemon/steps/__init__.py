"""Pure. The steps of the sequence: each takes values and returns a value that carries its reason."""
