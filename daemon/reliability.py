"""Pure. The reliability curve as a picture: how often answers of each confidence are right. One SVG, without a library."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_SIZE, _LEFT, _TOP, _PLOT = 480, 56, 48, 360  # pixels: the picture's width, the margins, the plot's side
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.grid{stroke:#ddd}"
    ".even{stroke:#888;stroke-dasharray:4 4}.spread{stroke:#2563a8;stroke-width:2;opacity:.45}"
    ".line{fill:none;stroke:#2563a8;stroke-width:2}.dot{fill:#2563a8}.count{font-size:10px;fill:#666}"
)


def picture(bins: Sequence[Mapping[str, Any]], ece: float | None, title: str) -> str:
    """Draw the bins of `daemon.evaluation.calibration`: a dot each, its Wilson interval, its number, and the diagonal.

    On the diagonal the confidence is right; under it, Firstline promises more than it holds.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_SIZE}" height="{_SIZE}" viewBox="0 0 {_SIZE} {_SIZE}">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{_SIZE}" height="{_SIZE}" fill="#fff"/>',
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>',
    ]
    for tenth in range(0, 11, 2):
        share = tenth / 10
        x, y = _x(share), _y(share)
        parts += [
            f'<line class="grid" x1="{x}" y1="{_y(0)}" x2="{x}" y2="{_y(1)}"/>',
            f'<line class="grid" x1="{_x(0)}" y1="{y}" x2="{_x(1)}" y2="{y}"/>',
            f'<text x="{x}" y="{_y(0) + 18:g}" text-anchor="middle">{share:g}</text>',
            f'<text x="{_LEFT - 8}" y="{y + 4:g}" text-anchor="end">{share:g}</text>',
        ]
    parts.append(f'<line class="even" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    points = " ".join(f"{_x(each['confidence'])},{_y(each['right'])}" for each in bins)
    parts.append(f'<polyline class="line" points="{points}"/>')
    for each in bins:
        x, y = _x(each["confidence"]), _y(each["right"])
        low, high = each["interval"]
        parts += [
            f'<line class="spread" x1="{x}" y1="{_y(low)}" x2="{x}" y2="{_y(high)}"/>',
            f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>',
            f'<text class="count" x="{x + 6:g}" y="{y + 14:g}">{each["n"]}</text>',
        ]
    error = "" if ece is None else f" · calibration error {ece:.3f}"
    parts += [
        f'<text x="{_x(0.5)}" y="{_SIZE - 20}" text-anchor="middle">confidence{error}</text>',
        f'<text transform="rotate(-90 16 {_y(0.5)})" x="16" y="{_y(0.5)}" text-anchor="middle">share that is right</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _x(share: float) -> float:
    return round(_LEFT + share * _PLOT, 1)


def _y(share: float) -> float:
    return round(_TOP + (1 - share) * _PLOT, 1)
