"""Pure. Threads by the reference graph alone: the links of RFC 5256 REFERENCES, step 1, without its subjects.

What a mail server's THREAD=REFS shows as one thread is one group here, whatever the order of arrival.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class GraphMail:
    """A mail as a node: its id, and its ancestors' ids oldest first. Ids without brackets."""

    id: str
    references: tuple[str, ...] = ()


def threads(mails: Iterable[GraphMail]) -> tuple[tuple[str, ...], ...]:
    """Groups of ids that references join, also over mails that are not there (ghosts).

    What a mail says of its own parent counts more than what others say of it; a link that would close a ring is left
    out. A second mail with the same id is a mail of its own (RFC 5256): its id is listed again, where its own
    references put it. Groups, and the ids in them, are sorted. Time grows with the references; only where they
    contradict each other are ancestors walked.
    """
    parents: dict[str, str] = {}
    above: set[str] = set()  # nodes with a child: only these can close a ring
    found: dict[str, list[str]] = {}  # node → the ids shown for it
    for mail in sorted(
        mails
    ):  # one order for every order of arrival: which of two claims on a ghost wins depends on it
        node = mail.id if mail.id not in found else f"{mail.id}\n{len(found)}"  # no id holds a line feed
        found[node] = [mail.id]
        # Step 1 (A): what the references say of each other, where nothing is known yet.
        for parent, child in zip(mail.references, mail.references[1:], strict=False):
            if child not in parents and child != parent and not (child in above and _leads_to(parents, parent, child)):
                parents[child] = parent
                above.add(parent)
        # Step 1 (B): what the mail says of itself replaces what others presumed.
        parents.pop(node, None)
        last = mail.references[-1] if mail.references else node
        if last != node and not (node in above and _leads_to(parents, last, node)):
            parents[node] = last
            above.add(last)
    groups: dict[str, list[str]] = {}
    roots: dict[str, str] = {}
    for node, ids in found.items():
        groups.setdefault(_root(parents, node, roots), []).extend(ids)
    return tuple(sorted(tuple(sorted(group)) for group in groups.values()))


def _leads_to(parents: dict[str, str], node: str, ancestor: str) -> bool:
    """Whether `ancestor` stands above the node, or is it."""
    while node != ancestor:
        if node not in parents:
            return False
        node = parents[node]
    return True


def _root(parents: dict[str, str], node: str, roots: dict[str, str]) -> str:
    path = [node]
    while path[-1] in parents and path[-1] not in roots:
        path.append(parents[path[-1]])
    top = roots.get(path[-1], path[-1])
    roots.update(dict.fromkeys(path, top))
    return top
