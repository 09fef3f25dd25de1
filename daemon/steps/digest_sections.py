"""Pure. The counts of a digest in words: the sections that its text, its HTML and its CSV are all made of."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from daemon.steps.digest import Done, Figures, Theme, total
from daemon.steps.digest_words import BECAUSE, DONE, KINDS, PRIORITIES, ROLES


class Tone(StrEnum):
    """How a line is meant."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure, or one fact in words."""

    key: str  #: for programs
    label: str
    value: str = ""  #: for programs; '' for a fact in words
    shown: str = ""  #: for people; '' shows `value`
    share: float | None = None  #: length of its bar, 0 to 1
    tone: Tone = Tone.PLAIN


_DAYS_SHOWN = 14  #: a longer time is shown by weeks


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Lines under a heading."""

    key: str
    title: str
    lines: tuple[Line, ...]
    note: str = ""


def sections(figures: Figures, zone: tzinfo) -> tuple[Section, ...]:
    """The digest, in its order. What is empty and says nothing by being so is left out."""
    found = (
        _in_short(figures),
        _wrong(figures, zone),
        _days(figures),
        _bars("came", "What came", figures.came, KINDS),
        _fates(figures, shadow=False),
        _fates(figures, shadow=True),
        _bars("handed_over", "Why a person was called", _because(figures, Done.HANDED_OVER), BECAUSE),
        _bars("left_alone", "Why mail was left alone", _because(figures, Done.LEFT_ALONE), {}),
        _drafts(figures),
        _response(figures),
        _endings(figures),
        _waiting(figures, zone),
        _agreement(figures),
        _themes("gaps", "What customers asked and no article answered", figures.gaps),
        _themes("problems", "Problems that came back", figures.problems),
        _ratings(figures),
        _health(figures, zone),
    )
    return tuple(section for section in found if section.lines)


def _in_short(figures: Figures) -> Section:
    would = any(fate.shadow for fate in figures.fates) and not any(not fate.shadow for fate in figures.fates)
    word = "would be " if would else ""
    lines = (
        Line(key="customers", label="mails of customers", value=str(figures.came.get("customer", 0))),
        *(
            Line(key=done, label=f"{word}{name}", value=str(total(figures, done, shadow=would)))
            for done, name in (
                (Done.ANSWERED, "answered"),
                (Done.ASKED, "asked"),
                (Done.DRAFTED, "drafted"),
                (Done.HANDED_OVER, "handed over"),
            )
        ),
    )
    return Section(key="in_short", title="In short", lines=lines)


def _wrong(figures: Figures, zone: tzinfo) -> Section:
    """What somebody should look at: nothing where all is well."""
    health = figures.health
    failed = sum(health.failed.values())
    told = [
        (health.breaker != "closed", "breaker", "Nothing goes to customers: too much of our mail failed."),
        (health.paused, "paused", "Sending is paused: `firstline resume` ends that."),
        (health.overdue > 0, "overdue", f"{_many(health.overdue, 'case')} should have been worked on long ago."),
        (failed > 0, "failed", f"{_many(failed, 'mail')} of ours {'was' if failed == 1 else 'were'} refused for good."),
        (
            health.uncertain > 0,
            "uncertain",
            f"Of {_many(health.uncertain, 'mail')} of ours nobody knows whether {'it' if health.uncertain == 1 else 'they'} left.",
        ),
        (
            health.quarantined > 0,
            "quarantined",
            f"{_many(health.quarantined, 'mail')} could not be read; people have {'it' if health.quarantined == 1 else 'them'}.",
        ),
        *(
            (True, "down", f"Firstline did not run from {_moment(gone, zone)} to {_moment(back, zone)}.")
            for gone, back in health.downtimes
        ),
    ]
    lines = tuple(Line(key=key, label=words, tone=Tone.BAD) for wrong, key, words in told if wrong)
    return Section(key="wrong", title="Look at this", lines=lines)


def _days(figures: Figures) -> Section:
    if len(figures.days) < 2:
        return Section(key="days", title="", lines=())
    by_week = len(figures.days) > _DAYS_SHOWN
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for day, came, answered in figures.days:
        monday = day - timedelta(days=day.weekday())
        week = ("-W".join(map(str, day.isocalendar()[:2])), f"week of {monday:%a} {monday.day} {monday:%b}")
        name = week if by_week else (day.isoformat(), f"{day:%a} {day.day} {day:%b}")
        before = spans.get(name, (0, 0))
        spans[name] = (before[0] + came, before[1] + answered)
    most = max(came for came, _ in spans.values()) or 1
    lines = tuple(
        Line(
            key=key,
            label=label,
            value=str(came),
            shown=f"{came}, {answered} answered" if answered else str(came),
            share=came / most,
        )
        for (key, label), (came, answered) in spans.items()
    )
    return Section(key="days", title=f"Mails of customers, {'week by week' if by_week else 'day by day'}", lines=lines)


def _bars(key: str, title: str, counts: Mapping[str, int], names: Mapping[str, str]) -> Section:
    """Counts, the largest first, each with its share of them all."""
    whole = sum(counts.values()) or 1
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = tuple(
        Line(
            key=name,
            label=names.get(name, name.replace("_", " ")),
            value=str(count),
            shown=f"{count}  ({count / whole:.0%})" if len(ordered) > 1 else str(count),
            share=count / whole,
        )
        for name, count in ordered
        if count
    )
    return Section(key=key, title=title, lines=lines)


def _fates(figures: Figures, *, shadow: bool) -> Section:
    counts = {done.value: total(figures, done, shadow=shadow) for done in Done}
    title = "What would have been done with it (shadow)" if shadow else "What was done with it"
    return _bars("would" if shadow else "done", title, counts, {done.value: words for done, words in DONE.items()})


def _because(figures: Figures, done: Done) -> Counter[str]:
    found: Counter[str] = Counter()
    for fate in figures.fates:
        if fate.done is done:
            found[fate.because] += fate.count
    return found


def _drafts(figures: Figures) -> Section:
    words = {
        "sent": "sent as they were",
        "edited": "edited and sent",
        "rejected": "rejected",
        "answered": "answered otherwise",
    }
    lines = [
        Line(key=key, label=label, value=str(figures.verdicts[key]))
        for key, label in words.items()
        if figures.verdicts.get(key)
    ]
    if figures.drafts_waiting:
        lines.append(Line(key="waiting", label="wait for a person now", value=str(figures.drafts_waiting)))
    return Section(key="drafts", title="Drafts, by what people did with them", lines=tuple(lines))


def _response(figures: Figures) -> Section:
    lines: list[Line] = []
    for key, label, one in (
        ("automatic", "by Firstline", figures.automatic),
        ("human", "by people", figures.human),
    ):
        if one.median is not None and one.p90 is not None:
            shown = f"median {lasting(one.median)}, nine in ten within {lasting(one.p90)} ({_many(one.count, 'case')})"
            lines += [
                Line(key=f"{key}_median_seconds", label=label, value=_seconds(one.median), shown=shown),
                Line(key=f"{key}_p90_seconds", label="", value=_seconds(one.p90)),
                Line(key=f"{key}_cases", label="", value=str(one.count)),
            ]
    return Section(
        key="first_response",
        title="Time to the first answer",
        lines=tuple(lines),
        note="The notice that a colleague will answer is no answer." if lines else "",
    )


def _endings(figures: Figures) -> Section:
    words = {
        "confirmed": ("confirmed by the customer", Tone.GOOD),
        "assumed": ("assumed: the customer fell silent", Tone.PLAIN),
        "human": ("closed by a person", Tone.PLAIN),
        "stopped": ("stopped: the customer wants no more mail", Tone.PLAIN),
        "spam": ("spam", Tone.PLAIN),
        "undeliverable": ("undeliverable", Tone.BAD),
        "reopened": ("opened again", Tone.BAD),
    }
    lines = tuple(
        Line(key=key, label=label, value=str(figures.endings[key]), tone=tone)
        for key, (label, tone) in words.items()
        if figures.endings.get(key)
    )
    return Section(key="endings", title="How cases ended", lines=lines)


def _waiting(figures: Figures, zone: tzinfo) -> Section:
    lines = [
        Line(key=f"waiting_{name}", label=f"wait for a person, priority {name}", value=str(figures.waiting[name]))
        for name in PRIORITIES
        if figures.waiting.get(name)
    ]
    if figures.oldest:
        reference, since = figures.oldest
        waited = lasting(figures.until - since)
        lines.append(
            Line(
                key="oldest",
                label="the longest",
                value=reference,
                shown=f"{reference}, for {waited} (since {_moment(since, zone)})",
            )
        )
    return Section(key="waiting", title="What waits now", lines=tuple(lines))


def _agreement(figures: Figures) -> Section:
    lines = tuple(
        Line(
            key=one.topic or "none",
            label=one.topic or "no topic",
            value=f"{one.agree}/{one.compared}",
            shown=f"{one.agree} of {one.compared}",
            share=one.agree / one.compared,
        )
        for one in figures.agreement
        if one.compared
    )
    note = "`firstline topics` says what a topic still needs to answer by itself." if lines else ""
    return Section(key="agreement", title="Our reply agrees with the human's", lines=lines, note=note)


def _themes(key: str, title: str, themes: Sequence[Theme]) -> Section:
    most = max((theme.count for theme in themes), default=1)
    lines = tuple(
        Line(
            key=f"{key}_{number}",
            label=theme.told + (f" (nearest: “{theme.nearest}”)" if theme.nearest else ""),
            value=str(theme.count),
            shown=f"{theme.count}  {', '.join(theme.cases[:3])}".strip(),
            share=theme.count / most,
        )
        for number, theme in enumerate(themes, 1)
    )
    return Section(key=key, title=title, lines=lines)


def _ratings(figures: Figures) -> Section:
    given = sum(figures.ratings.values())
    if not given:
        return Section(key="ratings", title="", lines=())
    mean = sum(stars * count for stars, count in figures.ratings.items()) / given
    lines = tuple(
        Line(
            key=str(stars),
            label=f"{stars} of 5",
            value=str(figures.ratings.get(stars, 0)),
            share=figures.ratings.get(stars, 0) / given,
        )
        for stars in (5, 4, 3, 2, 1)
    )
    return Section(key="ratings", title=f"Ratings: {mean:.1f} of 5, by {_many(given, 'customer')}", lines=lines)


def _health(figures: Figures, zone: tzinfo) -> Section:
    health = figures.health
    lines = [
        Line(key=f"sent_{role}", label=f"left: {ROLES.get(role, role)}", value=str(count))
        for role, count in sorted(figures.left.items(), key=lambda pair: (-pair[1], pair[0]))
    ]
    down = sum((back - gone for gone, back in health.downtimes), timedelta())
    lines += [
        Line(key=f"failed_{role}", label=f"refused for good: {ROLES.get(role, role)}", value=str(count), tone=Tone.BAD)
        for role, count in sorted(health.failed.items())
    ]
    lines += [
        Line(
            key="down_seconds",
            label="did not run for",
            value=_seconds(down),
            shown=lasting(down) if down else "no time",
        ),
        Line(key="quarantined", label="mails that could not be read", value=str(health.quarantined)),
        Line(key="uncertain", label="mails of which nobody knows whether they left", value=str(health.uncertain)),
        Line(key="breaker_opened", label="times that too much mail failed", value=str(health.breaker_opened)),
    ]
    if health.chain:
        lines.append(
            Line(key="audit_head", label=f"audit entry {health.entries}", value=health.chain, shown=health.chain)
        )
    return Section(key="health", title="Firstline itself", lines=tuple(lines))


def lasting(span: timedelta) -> str:
    """`40 s`, `12 min`, `3.5 hours`, `2 days`."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} hours".replace(".0 hours", " hours")
    return f"{seconds / 86400:.0f} days"


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.0f}"


def _moment(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
