"""Pure. What people made of our answers: right or wrong, and in words what that did to the confidence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.calibrate import DEFAULT, adjusted, settled
from store.figures import Opinion, Said

Verdicts = Sequence[tuple[float, bool]]
"""(how sure an answer was before any verdict moved that, whether people found it right), the latest first."""


def verdicts(opinions: Iterable[Opinion]) -> Verdicts:
    """Those opinions that say whether an answer was right, with the confidence that it had."""
    return tuple((one.unadjusted, right) for one in opinions if (right := found_right(one)) is not None)


def found_right(opinion: Opinion) -> bool | None:
    """Whether people found an answer right; None where nobody can tell.

    Confidence is the probability that a reply is right as it would be sent. So what a person changed counts as right
    where both say the same for sure, and in doubt it does not; an answer that stands beside ours, which its writer may
    never have seen, says nothing in doubt. A label goes before all else: whoever gave it saw both.
    """
    if opinion.label is not None:
        return opinion.label
    match opinion.said:
        case Said.SENT | Said.RESOLVED:
            return True
        case Said.REJECTED | Said.NOT_RESOLVED:
            return False
        case Said.EDITED:
            return opinion.agrees is True
        case Said.ANSWERED | Said.NOTHING:
            return opinion.agrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What verdicts did to one confidence."""

    count: int  #: verdicts
    right: int
    before: float  #: a confidence
    now: float  #: what they make of it


def learnt(verdicts: Verdicts, confidence: float) -> Learnt:
    """What the verdicts make of that confidence."""
    return Learnt(
        count=len(verdicts),
        right=sum(right for _, right in verdicts),
        before=confidence,
        now=settled(adjusted(DEFAULT, verdicts), confidence),
    )


def in_words(learnt: Learnt) -> str:
    """The same in one line; '' without verdicts."""
    if not learnt.count:
        return ""
    before, now = f"{learnt.before:.2f}", f"{learnt.now:.2f}"
    did = "stays" if before == now else "is lowered" if learnt.now < learnt.before else "is raised"
    of = f"{learnt.count} verdict{'s' if learnt.count > 1 else ''}, {learnt.right} of them right"
    return f"{of}: confidence {did}, {before} is {'still' if before == now else 'now'} {now}."
