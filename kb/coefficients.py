"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, banking77, clinc"
READ_MIDDLE = -2.94
INTERCEPT = -4.2407
WEIGHTS = {
    "dense": 3.0379,
    "lead": 5.8138,
    "second": 0.8513,
    "coverage": -0.4842,
    "coverage_lead": 0.5177,
    "length": 0.8908,
    "own": 0.4237,
    "share": 0.8148,
    "read": 0.2,
}
BY_LENGTH = {
    "dense": -0.3757,
    "lead": -1.5204,
    "second": -0.3453,
    "coverage": 1.3799,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "read": 0.0,
}
PLAIN_INTERCEPT = -5.8952
PLAIN_WEIGHTS = {
    "dense": 4.9741,
    "lead": 7.4724,
    "second": 1.1699,
    "coverage": -0.2219,
    "coverage_lead": 0.5839,
    "length": 0.7148,
    "own": 0.0,
    "share": 0.0,
    "read": 0.2,
}
PLAIN_BY_LENGTH = {
    "dense": -0.4997,
    "lead": -0.5671,
    "second": -0.1892,
    "coverage": 1.441,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "read": 0.0,
}
