"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, banking77, clinc"
INTERCEPT = -7.8251
WEIGHTS = {
    "dense": 7.7091,
    "lead": 10.335,
    "second": 1.4022,
    "coverage": -1.5003,
    "coverage_lead": 0.8491,
    "length": 1.4681,
}
BY_LENGTH = {
    "dense": -1.7086,
    "lead": -1.1495,
    "second": -0.7663,
    "coverage": 2.1087,
    "coverage_lead": 0.0,
    "length": 0.0,
}
