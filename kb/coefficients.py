"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, clinc"
READ_MIDDLE = -3.81
INTERCEPT = -3.4889
WEIGHTS = {
    "dense": 0.0,
    "lead": 1.1463,
    "second": 0.0,
    "coverage": -0.6009,
    "coverage_lead": 0.0,
    "length": 0.424,
    "own": 0.3436,
    "share": 0.0,
    "own_lead": 0.6177,
    "nearest_lead": 4.1402,
    "read": 0.7106,
}
BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 0.8669,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.0,
}
PLAIN_INTERCEPT = -3.1843
PLAIN_WEIGHTS = {
    "dense": 0.0,
    "lead": 5.5352,
    "second": 0.0,
    "coverage": -0.7062,
    "coverage_lead": 0.992,
    "length": 0.4786,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.8877,
}
PLAIN_BY_LENGTH = {
    "dense": 0.0,
    "lead": 0.0,
    "second": 0.0,
    "coverage": 1.0189,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "nearest_lead": 0.0,
    "read": 0.0,
}
