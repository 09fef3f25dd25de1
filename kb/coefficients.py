"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, banking77, clinc"
READ_MIDDLE = -3.45
INTERCEPT = -4.2269
WEIGHTS = {
    "dense": 3.1375,
    "lead": 5.5166,
    "second": 0.7661,
    "coverage": -0.5147,
    "coverage_lead": 0.6187,
    "length": 0.8623,
    "own": 0.4148,
    "share": 0.8018,
    "own_lead": 0.0,
    "read": 0.2,
}
BY_LENGTH = {
    "dense": -0.396,
    "lead": -1.2392,
    "second": -0.3736,
    "coverage": 1.3728,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.0,
}
PLAIN_INTERCEPT = -5.851
PLAIN_WEIGHTS = {
    "dense": 5.0326,
    "lead": 7.084,
    "second": 1.1289,
    "coverage": -0.2608,
    "coverage_lead": 0.7073,
    "length": 0.6872,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.2,
}
PLAIN_BY_LENGTH = {
    "dense": -0.5187,
    "lead": -0.2342,
    "second": -0.2867,
    "coverage": 1.4361,
    "coverage_lead": 0.0,
    "length": 0.0,
    "own": 0.0,
    "share": 0.0,
    "own_lead": 0.0,
    "read": 0.0,
}
