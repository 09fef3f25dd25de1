"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, clinc"
READ_MIDDLE = -3.81
INTERCEPT = -3.0096
WEIGHTS = {
    "dense": 0.0,
    "lead": 2.3842,
    "second": 0.0,
    "coverage": -0.8462,
    "coverage_lead": 0.7849,
    "length": 0.4048,
    "own": 0.186,
    "share": 0.0,
    "own_lead": 0.744,
    "read": 0.7431,
}
BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 1.2208,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.0,
}
PLAIN_INTERCEPT = -2.808
PLAIN_WEIGHTS = {
    "dense": 0.0,
    "lead": 5.3854,
    "second": 0.0,
    "coverage": -0.9362,
    "coverage_lead": 1.2674,
    "length": 0.4466,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.8823,
}
PLAIN_BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 1.3507,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.0,
}
