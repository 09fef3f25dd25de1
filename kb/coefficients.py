"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, banking77, clinc"
INTERCEPT = -5.8182
WEIGHTS = {
    "dense": 4.2822,
    "lead": 7.0799,
    "second": 0.3325,
    "coverage": 2.0543,
    "coverage_lead": 0.7841,
    "length": 0.6346,
}
