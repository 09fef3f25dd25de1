"""I/O. How the figures of an evaluation are printed: for `firstline evaluate` and for `make evaluate` alike."""

from collections.abc import Mapping
from typing import Any

from rich.table import Table

#: At which precision the curve is read.
PRECISIONS = (0.95, 0.9, 0.8)


_HEADINGS = (
    "questions",
    "article first / among 3",
    "answered",
    "right (95 %)",
    "of answerable",
    "unanswerable answered",
    "asked back",
    "sure ≥ 0.9: right (95 %)",
    f"answerable at precision {' / '.join(f'{least:g}' for least in PRECISIONS)}",
    "calibration error, ece (95 %), of a perfect one",
)


def summary(sets: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return what `daemon.evaluation.evaluate` found: a line for each set, or for each figure of the only one."""
    if len(sets) == 1:
        ((name, found),) = sets.items()
        table = Table("figure", "value", title=name, title_justify="left")
        for heading, value in zip(_HEADINGS, _line(found), strict=True):
            table.add_row(heading, value)
        return table
    table = Table("set", *_HEADINGS, title="What would leave by itself, and what the confidence is worth")
    for name, found in sets.items():
        table.add_row(name, *_line(found))
    return table


def bins(calibration: Mapping[str, Any]) -> Table:
    """Return the reliability curve in the terminal."""
    table = Table(
        "confidence", "right", "(95 %)", "", "questions", title="Is it as right as it says?", title_justify="left"
    )
    for each in calibration["bins"]:
        low, high = each["interval"]
        table.add_row(
            f"{each['confidence']:.2f}",
            f"{each['right']:.2f}",
            f"{low:.2f}–{high:.2f}",
            "█" * round(20 * each["right"]),
            str(each["n"]),
        )
    return table


def _line(found: Mapping[str, Any]) -> list[str]:
    sent, calibration, labels = found["selective"], found["calibration"], found["labels"]
    retrieval = found["retrieval"]
    clarified = found["confusion"].get("clarify", {}).get("clarify", 0)
    sure = found["sure"]
    interval = calibration["interval"] or (None, None)
    at = [
        max(
            (point["coverage_of_answerable"] or 0.0 for point in sent["curve"] if (point["precision"] or 0) >= least),
            default=0.0,
        )
        for least in PRECISIONS
    ]
    return [
        str(found["rows"]),
        f"{_share(retrieval['hit@1'])} / {_share(retrieval['hit@3'])}",
        str(sent["answered"]),
        _interval(sent["precision"], sent["precision_interval"]),
        _share(sent["coverage_of_answerable"]),
        f"{sent['answered_unanswerable']} of {labels['unanswerable']}" if labels.get("unanswerable") else "–",
        f"{clarified} of {labels['clarify']}" if labels.get("clarify") else "–",
        f"{sure['n']}: {_interval(sure['precision'], sure['interval'])}",
        " / ".join(map(_share, at)),
        f"{_share(calibration['ece'], 3)} ({_share(interval[0])}–{_share(interval[1])}), {_share(calibration['perfect'], 3)}",
    ]


def _interval(share: float | None, interval: list[float] | None) -> str:
    return "–" if share is None or interval is None else f"{share:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"


def _share(share: float | None, digits: int = 2) -> str:
    return "–" if share is None else f"{share:.{digits}f}"
