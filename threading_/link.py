"""Pure. Which case a mail belongs to, and whether its sender may write on it.

Finding a case proves nothing: ids, tags and references are quoted, forwarded and guessed (peers.md B, CVE-2026-47123).
Only a participant joins, and only one who is believed. Anybody else gets a case of their own, tied to the one found.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from threading_.headers import read_ids
from threading_.ids import KeyRing, find_references, read_id, spellings
from threading_.message import Candidate, Link, LinkedBy, Message, NewText
from threading_.subject import case_tag
from threading_.topic import changes_topic, is_passed_on

_EPOCH = datetime.fromtimestamp(0, UTC)
#: Where providers that replace a Message-ID keep the one that the mail had (peers.md B: chatmail#2250, PHPMailer#2859).
_ORIGINAL_IDS = ("x-microsoft-original-message-id", "origin-messageid")
_EMPTY = NewText(text="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How long a case takes further mails."""

    now: datetime
    reopen: timedelta  #: after a resolved case's last mail
    old: timedelta  #: after any case's last mail

    def is_over(self, candidate: Candidate) -> bool:
        """Whether a further mail opens a new case."""
        quiet = self.now - (candidate.last_activity or self.now)
        return quiet > (self.reopen if candidate.resolved else self.old)


@dataclass(frozen=True, slots=True)
class _Match:
    """A case that the mail names, and how."""

    candidate: Candidate
    by: LinkedBy
    how: str


def link(
    message: Message,
    candidates: Sequence[Candidate],
    ring: KeyRing,
    *,
    plus_case: str | None = None,
    new: NewText = _EMPTY,
    believed: bool = True,
    person: bool = True,
    window: Window | None = None,
) -> Link:
    """Where the mail belongs (product.md §1). First match wins; one that the sender takes part in wins over others.

    The order: an id that we signed, the plus address (`plus_case`: the case that a verified one names), any id of
    References or In-Reply-To that a candidate knows, nearest first, the mail's own id where a candidate heard of it
    before, a case reference in the text, the case tag of the subject. The last two can be guessed: they come last.

    A new case, tied to the one found: where the sender has no part in it or is not `believed`; where the case is closed
    or too old (`window`), unless a case that continues it is among the candidates; where the mail passes another one on
    or has a subject of its own. Cases of one customer that the mail's ids join are merged: the oldest wins.

    A machine's mail (not `person`) changes no case and opens none beside the one it names: it is only put on record.
    """
    sender = message.sender.key if message.sender and believed else ""
    matches = list(_matches(message, candidates, ring, plus_case, sender))
    if not matches:
        why = "it answers a mail that no case knows" if message.referenced else "it answers no earlier mail"
        return Link(
            by=LinkedBy.NEW, case=None, trusted=believed, learns=believed, why=f"A new case: {why}."
        )  # fmt: skip
    match = next((one for one in matches if _takes_part(sender, one.candidate)), matches[0])
    found = match.candidate
    if not _takes_part(sender, found):
        who = message.sender.key if message.sender else "a sender without an address"
        lacks = f"has no part in {found.case}" if believed else "is not proven to be the sender"
        why = f"{match.how}, but {who} {lacks}: a case of its own, linked with it, for a human to see."
        return Link(by=LinkedBy.LINKED, case=None, trusted=False, learns=False, tied_to=found.case, why=why)
    if not person:
        return Link(by=match.by, case=found.case, trusted=True, why=f"{match.how}; it is a machine's, for the record.")
    current = _continued(found, candidates, sender, window)
    if current is None:
        age = "closed" if found.closed else "too old"
        return _tied(found.case, f"{match.how}, but {found.case} is {age}: a new case, linked with it.")
    if is_passed_on(message, new):
        return _tied(
            current.case, f"{match.how}, but passes another mail on: a new case, linked with it.", learns=False
        )
    subjects = {one for match in matches if _takes_part(sender, match.candidate) for one in match.candidate.subjects}
    if changes_topic(message, new, subjects | current.subjects):
        return _tied(
            current.case, f"{match.how}, but under a subject of its own: a new case, linked with it.", learns=False
        )
    joined = _joined(current, matches, candidates, sender, window)
    winner = min((current, *joined), key=lambda one: (one.opened_at or _EPOCH, one.case))
    merges = tuple(one.case for one in (current, *joined) if one is not winner)
    merging = f" It joins {', '.join(merges)} with it." if merges else ""
    return Link(
        by=match.by,
        case=winner.case,
        trusted=True,
        merges=merges,
        why=f"{match.how}; its sender takes part in {winner.case}.{merging}",
    )


def own_ids(message: Message) -> tuple[str, ...]:
    """The ids under which others may know this mail: its Message-ID, and the one it had before a provider replaced it."""
    originals = read_ids(value for name in _ORIGINAL_IDS for value in message.headers.all(name)[:2])
    return tuple(dict.fromkeys((*([message.message_id] if message.message_id else []), *originals)))


def _tied(case: str, why: str, *, learns: bool = True) -> Link:
    return Link(by=LinkedBy.LINKED, case=None, trusted=True, tied_to=case, why=why, learns=learns)


def _takes_part(sender: str, candidate: Candidate) -> bool:
    return bool(sender) and (sender == candidate.customer or sender in candidate.participants)


def _is_over(candidate: Candidate, window: Window | None) -> bool:
    return candidate.closed or (window is not None and window.is_over(candidate))


def _continued(
    found: Candidate, candidates: Sequence[Candidate], sender: str, window: Window | None
) -> Candidate | None:
    """The case itself, or where it is over the one that continues it; None where that is over too."""
    seen: set[str] = set()
    while _is_over(found, window) and found.case not in seen:
        seen.add(found.case)
        next_one = [
            one
            for one in candidates
            if one.tied_to in (found.case, *found.aliases) and _takes_part(sender, one) and one.ids
        ]
        if not next_one:
            return None
        found = max(next_one, key=lambda one: (one.last_activity or _EPOCH, one.case))
    return None if _is_over(found, window) else found


def _joined(
    current: Candidate, matches: Sequence[_Match], candidates: Sequence[Candidate], sender: str, window: Window | None
) -> tuple[Candidate, ...]:
    """Further cases of the same customer that the mail's ids name. One that grew out of the other stays apart."""
    by_case = {name: one for one in candidates for name in (*one.aliases, one.case)}
    found = (
        match.candidate
        for match in matches
        if match.by in (LinkedBy.SIGNED_ID, LinkedBy.REFERENCE)
        and match.candidate.customer == current.customer
        and _takes_part(sender, match.candidate)
        and not _is_over(match.candidate, window)
        and not _line(match.candidate, by_case) & _line(current, by_case)
    )
    return tuple({one.case: one for one in found}.values())


def _line(candidate: Candidate, by_case: Mapping[str, Candidate]) -> set[str]:
    """The case and those that it grew out of."""
    line: set[str] = set()
    here: str | None = candidate.case
    while here is not None and here not in line:
        line.add(here)
        case = by_case.get(here)
        line |= {case.case} if case else set()
        here = case.tied_to if case else None
    return line


def _matches(
    message: Message, candidates: Sequence[Candidate], ring: KeyRing, plus_case: str | None, sender: str
) -> Iterator[_Match]:
    """Every case that the mail names, the strongest sign first."""
    by_case = {name: one for one in candidates for name in (*one.aliases, one.case)}
    for message_id in message.referenced:
        signed = read_id(ring, message_id)
        if signed and signed.case in by_case:
            yield _Match(by_case[signed.case], LinkedBy.SIGNED_ID, f"It answers a mail of ours on {signed.case}")
    if plus_case in by_case:
        yield _Match(by_case[plus_case], LinkedBy.PLUS_ADDRESS, f"It was sent to the address of {plus_case}")
    for message_id in message.referenced:
        for candidate in _knowing(message_id, candidates, sender):
            yield _Match(candidate, LinkedBy.REFERENCE, f"It answers a mail of {candidate.case}")
    for message_id in own_ids(message):
        for candidate in _knowing(message_id, candidates, sender):
            yield _Match(candidate, LinkedBy.REFERENCE, f"A mail of {candidate.case} answers it")
    for reference in find_references(message.text):
        if reference in by_case:
            yield _Match(by_case[reference], LinkedBy.BODY_TOKEN, f"Its text names {reference}")
    tag = case_tag(message.subject)
    if tag in by_case:
        yield _Match(by_case[tag], LinkedBy.SUBJECT_TAG, f"Its subject names {tag}")


def _knowing(message_id: str, candidates: Sequence[Candidate], sender: str) -> list[Candidate]:
    """The cases that know the id, the likeliest first.

    A mail that is in none of our cases (a ghost) has many readers: that a stranger answers it too says nothing.
    Two cases may know one id: a mail to two people, or a case that grew out of another. The sender's own comes first,
    then the one still open, then the latest.
    """
    names = set(spellings(message_id))
    knowing = [
        one for one in candidates if names & one.ids and (names & one.ids - one.ghosts or _takes_part(sender, one))
    ]
    knowing.sort(key=lambda one: one.case)
    knowing.sort(key=lambda one: one.last_activity or _EPOCH, reverse=True)
    knowing.sort(key=lambda one: (not _takes_part(sender, one), one.closed))
    return knowing
