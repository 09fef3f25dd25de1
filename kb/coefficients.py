"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, clinc"
READ_MIDDLE = -3.81
INTERCEPT = -3.2774
WEIGHTS = {
    "dense": 0.0,
    "lead": 1.0521,
    "second": 0.0,
    "coverage": -0.6487,
    "coverage_lead": 0.0,
    "length": 0.3756,
    "own": 0.2781,
    "share": 0.0,
    "own_lead": 0.5796,
    "nearest_lead": 4.3873,
    "read": 0.7235,
}
BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 0.9358,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.0,
}
PLAIN_INTERCEPT = -3.0702
PLAIN_WEIGHTS = {
    "dense": 0.0,
    "lead": 5.4362,
    "second": 0.0,
    "coverage": -0.7129,
    "coverage_lead": 1.0571,
    "length": 0.4245,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.888,
}
PLAIN_BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 1.0284,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.0,
}
