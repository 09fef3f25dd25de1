"""Pure. Threads by the reference graph alone, as THREAD=REFS joins mails (RFC 5256's steps 1 to 3, no subjects)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GraphMail:
    """A mail as a node: its id and the ids it names as ancestors, in any order. Ids without brackets."""

    id: str
    references: tuple[str, ...] = ()


def threads(mails: Iterable[GraphMail]) -> tuple[tuple[str, ...], ...]:
    """Groups of ids that references join, also over mails that are not there (ghosts).

    The groups and the ids in them are in the order of the ids, so that the order of arrival changes nothing; a mail
    that is there twice is named once. Time grows with the number of references alone.
    """
    parent: dict[str, str] = {}
    present: set[str] = set()

    def root(one: str) -> str:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for mail in mails:
        present.add(mail.id)
        own = root(mail.id)
        for reference in mail.references:
            other = root(reference)
            if other != own:
                # The smaller id leads: the result depends on the ids, not on their order.
                own, other = min(own, other), max(own, other)
                parent[other] = own
    groups: dict[str, list[str]] = {}
    for one in sorted(present):
        groups.setdefault(root(one), []).append(one)
    return tuple(sorted(tuple(group) for group in groups.values()))
