"""Pure. The demo: an embedded mail server, a sample product and its customers."""
