"""Pure. Which case a mail belongs to, and whether its sender may write on it.

Finding a case proves nothing: ids, tags and references are quoted, forwarded and guessed (peers.md B, CVE-2026-47123).
Only a participant joins. Anybody else gets a case of their own, tied to the one found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from threading_.ids import KeyRing, find_references, read_id
from threading_.message import Candidate, Link, LinkedBy, Message
from threading_.subject import case_tag

_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _Match:
    """A case that the mail names, and how."""

    candidate: Candidate
    by: LinkedBy
    how: str


def link(message: Message, candidates: Sequence[Candidate], ring: KeyRing, *, plus_case: str | None = None) -> Link:
    """Where the mail belongs (product.md §1). First match wins; one that the sender takes part in wins over others.

    The order: an id that we signed, the plus address (`plus_case`: the case that a verified one names), a case
    reference in the text, any id of References or In-Reply-To that a candidate knows, nearest first, the case tag of
    the subject. Without a match, or where the sender is no participant, or the case is closed: a new case.
    """
    sender = message.sender.key if message.sender else ""
    matches = list(_matches(message, candidates, ring, plus_case, sender))
    if not matches:
        why = "it answers a mail that no case knows" if message.referenced else "it answers no earlier mail"
        return Link(by=LinkedBy.NEW, case=None, trusted=True, why=f"A new case: {why}.")
    match = next((one for one in matches if _takes_part(sender, one.candidate)), matches[0])
    case = match.candidate.case
    if not _takes_part(sender, match.candidate):
        who = sender or "a sender without an address"
        return Link(
            by=LinkedBy.LINKED,
            case=None,
            trusted=False,
            tied_to=case,
            why=f"{match.how}, but {who} has no part in {case}: a case of its own, linked with it, for a human to see.",
        )
    if match.candidate.closed:
        return Link(
            by=LinkedBy.LINKED,
            case=None,
            trusted=True,
            tied_to=case,
            why=f"{match.how}, but {case} is closed: a new case, linked with it.",
        )
    return Link(by=match.by, case=case, trusted=True, why=f"{match.how}; its sender takes part in {case}.")


def _takes_part(sender: str, candidate: Candidate) -> bool:
    return bool(sender) and (sender == candidate.customer or sender in candidate.participants)


def _matches(
    message: Message, candidates: Sequence[Candidate], ring: KeyRing, plus_case: str | None, sender: str
) -> Iterator[_Match]:
    """Every case that the mail names, the strongest sign first."""
    by_case = {candidate.case: candidate for candidate in candidates}
    for message_id in message.referenced:
        signed = read_id(ring, message_id)
        if signed and signed.case in by_case:
            yield _Match(by_case[signed.case], LinkedBy.SIGNED_ID, f"It answers a mail of ours on {signed.case}")
    if plus_case in by_case:
        yield _Match(by_case[plus_case], LinkedBy.PLUS_ADDRESS, f"It was sent to the address of {plus_case}")
    for reference in find_references(message.text):
        if reference in by_case:
            yield _Match(by_case[reference], LinkedBy.BODY_TOKEN, f"Its text names {reference}")
    for message_id in message.referenced:
        knowing = [candidate for candidate in candidates if message_id in candidate.ids]
        # Two cases may know one id: a mail to two people, or a case that grew out of another. The sender's own comes
        # first, then the one still open, then the latest.
        knowing.sort(key=lambda one: one.case)
        knowing.sort(key=lambda one: one.last_activity or _EPOCH, reverse=True)
        knowing.sort(key=lambda one: (not _takes_part(sender, one), one.closed))
        for candidate in knowing:
            yield _Match(candidate, LinkedBy.REFERENCE, f"It answers a mail of {candidate.case}")
    tag = case_tag(message.subject)
    if tag in by_case:
        yield _Match(by_case[tag], LinkedBy.SUBJECT_TAG, f"Its subject names {tag}")
