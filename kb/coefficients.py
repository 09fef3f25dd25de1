"""Pure. The coefficients that ship with the program. Written by `python -m kb.fit`; do not edit."""

SOURCE = "reading, banking77, clinc"
INTERCEPT = -5.8185
WEIGHTS = {
    "dense": 4.2815,
    "lead": 7.0808,
    "second": 0.3334,
    "coverage": 2.0547,
    "coverage_lead": 0.7825,
    "length": 0.6347,
}
