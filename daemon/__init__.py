"""Pure. What we do. Where things are, in the order in which a mail meets them:

pipeline.py    the sequence: ingest, act, deliver, on one screen
gather.py      what a step looks at, read before it decides;  commits/ is what it writes, one file a stage
aftercare.py   what time, restarts and failures leave behind: settled, told to a human
steps/         guard, triage, decide, compose, check, settle and their words: pure, values in, values out
edges/         imap, smtp, schedule, systemd, templates: the outside world, one file each
app.py         the daemon: builds every part, runs and ends them together
forecast.py    the same sequence over mails from files;  asking.py over a question without a mail
wiring.py      what both are built from, and the only clock
settings.py    the shape of config.toml;  config.py reads it;  errors.py is the tree of what can go wrong
cli/           one file a command
demo/          the whole loop on one machine

ARCHITECTURE.md says why.
"""
