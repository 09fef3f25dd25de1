"""Pure. What we do. Where things are, in the order in which a mail meets them:

pipeline.py    the sequence: ingest, act, deliver, on one screen
steps/         guard, triage, decide, compose, check, handover, retry: pure, values in, values out
edges/         imap, smtp, schedule, systemd, templates: the outside world, one file each
app.py         wiring, lifetime, the only clock
settings.py    the shape of config.toml;  config.py reads it;  errors.py is the tree of what can go wrong
cli/           one file a command
demo/          the whole loop on one machine
"""
