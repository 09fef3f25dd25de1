"""Threads by the reference graph alone, held against the answers that mail servers give.

`imaptest` states what THREAD=REFERENCES answers; Dovecot itself is asked for THREAD=REFS, the same links without the
merging by subject. The mails are public ones that lie beside this checkout.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from daemon.mails import read_mails
from tests.servers.dovecot import PASSWORD, Dovecot
from threading_.graph import GraphMail, threads
from threading_.parse import parse

DATA = Path(__file__).parents[3] / "shared" / "data" / "threads"
IMAPTEST = DATA / "imaptest-threads"
LISTS = DATA / "ponymail-mbox" / "corpus"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the threads to measure on are not beside this checkout")

Groups = set[frozenset[str]]

# What follows the name of the list and the month in the name of an export.
_EXPORT = re.compile(r"[-_.](?:mboxvm|listsao|mailarchivesao|mailarchiesao|asf)(?:_\d)?$")
MBOXES = sorted(LISTS.glob("*.mbox")) if LISTS.is_dir() else []
QUERIES = sorted(IMAPTEST.glob("thread[0-9]")) + [IMAPTEST / "thread"] if IMAPTEST.is_dir() else []


@cache
def graph(mbox: Path) -> tuple[GraphMail, ...]:
    """The mails of an mbox as `firstline threads` sees them."""
    mails = []
    for number, file in enumerate(read_mails([mbox]), start=1):
        message = parse(file.raw)
        mails.append(GraphMail(message.message_id or f"#{number}", message.references or message.in_reply_to[:1]))
    return tuple(mails)


def pairs(groups: Iterable[Sequence[str]]) -> Counter[tuple[str, ...]]:
    """Every two mails of one group; two mails may have one id, hence a count."""
    return Counter(tuple(sorted(pair)) for group in groups for pair in combinations(group, 2))


# ── imaptest: exact answers ──────────────────────────────────────────────────────────────────────────────────────────


def first_query(script: Path) -> tuple[int | None, list[set[int]]]:
    """(how many mails the mailbox holds by then, None for all; the outer parentheses of the answer as numbers)."""
    lines = script.read_text().splitlines()
    asked = next(number for number, line in enumerate(lines) if line.startswith("ok thread references"))
    appended = sum(line.startswith("ok append") for line in lines[:asked])
    groups: list[set[int]] = []
    depth = 0
    for token in re.findall(r"[()]|\d+", lines[asked + 1]):
        if token == "(":
            depth += 1
            if depth == 1:
                groups.append(set())
        elif token == ")":
            depth -= 1
        else:
            groups[-1].add(int(token))
    return appended or None, groups


def ours(script: Path, first: int | None) -> list[list[int]]:
    """Our groups of the first mails, as numbers. Of two mails with one id it is open which is which: in order."""
    mails = graph(script.with_name(f"{script.name}.mbox"))[:first]
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, mail in enumerate(mails, start=1):
        numbers[mail.id].append(number)
    return [[numbers[one].pop(0) for one in group] for group in threads(mails)]


# The first answers of thread3 and thread4 merge by base subject (RFC 5256 §4, step 5), which the reference graph knows
# nothing of. thread3 shows that no other reading exists: its two mails have the ids and references of thread2's,
# letter by letter, and thread2 has them apart.
BY_SUBJECT = {"thread3", "thread4"}


@pytest.mark.parametrize("script", QUERIES, ids=lambda script: script.name)
def test_groups_are_the_outer_parentheses_of_imaptests_first_answer(script: Path) -> None:
    first, wanted = first_query(script)
    found = sorted(sorted(group) for group in ours(script, first))
    if script.name in BY_SUBJECT:
        assert wanted == [{1, 2}]
        assert found == [[1], [2]], "what the subject joins is left apart"
    else:
        assert found == sorted(sorted(group) for group in wanted)


@pytest.mark.skipif(not IMAPTEST.is_dir(), reason="imaptest's mails are not beside this checkout")
def test_imaptest_gives_two_answers_to_one_reference_graph() -> None:
    assert graph(IMAPTEST / "thread2.mbox") == graph(IMAPTEST / "thread3.mbox")
    assert first_query(IMAPTEST / "thread2") != first_query(IMAPTEST / "thread3")


# ── ponymail: mailing lists, some in three exports ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("mbox", MBOXES, ids=lambda mbox: mbox.stem)
def test_groups_are_the_same_in_any_order_of_arrival(mbox: Path) -> None:
    mails = list(graph(mbox))
    wanted = threads(mails)
    assert sum(map(len, wanted)) == len(mails), "every mail is in one group"
    assert threads(reversed(mails)) == wanted
    for seed in range(10):
        random.Random(seed).shuffle(mails)
        assert threads(mails) == wanted


def exports() -> dict[str, list[Path]]:
    """The mboxes by what they are exports of, where there is more than one."""
    found: dict[str, list[Path]] = defaultdict(list)
    for mbox in MBOXES:
        found[_EXPORT.sub("", mbox.stem)].append(mbox)
    return {name: paths for name, paths in found.items() if len(paths) > 1}


@pytest.mark.parametrize(("name", "paths"), exports().items(), ids=list(exports()))
def test_groups_are_the_same_in_each_export(name: str, paths: list[Path]) -> None:
    seen = [threads(graph(path)) for path in paths]
    held = [{one for group in groups for one in group} for groups in seen]
    common = set.intersection(*held)
    assert all(len(common) >= 0.99 * len(one) for one in held), "an export lacks mails that the others have"

    def of_common(groups: tuple[tuple[str, ...], ...]) -> Groups:
        return {frozenset(common.intersection(group)) for group in groups} - {frozenset()}

    assert all(of_common(groups) == of_common(seen[0]) for groups in seen)


# ── Dovecot: THREAD=REFS on the same mails ───────────────────────────────────────────────────────────────────────────


def flat(thread: Any) -> list[int]:
    """The numbers of an answer's thread, its nesting left out."""
    return [thread] if isinstance(thread, int) else [number for part in thread for number in flat(part)]


class Refs:
    """A mailbox on Dovecot that is filled and asked."""

    def __init__(self, server: Dovecot, user: str) -> None:
        self.client = IMAPClient(server.host, port=server.imap_port, ssl=False)
        self.client.login(user, PASSWORD)
        assert b"THREAD=REFS" in self.client.capabilities()

    def answer(self, mbox: Path, first: int | None = None) -> list[list[int]]:
        """THREAD REFS of a folder that holds the mails of the mbox, as numbers in their order there."""
        folder = mbox.stem.replace(".", "-")
        self.client.create_folder(folder)
        raws = [mail.raw for mail in read_mails([mbox])][:first]
        # Appending takes no bare LF (RFC 3501 §4.3); MULTIAPPEND puts them in by one fsync.
        self.client.multiappend(folder, [re.sub(rb"\r?\n", b"\r\n", raw) for raw in raws])
        self.client.select_folder(folder, readonly=True)
        return [flat(thread) for thread in self.client.thread("REFS", "ALL")]


@pytest.fixture
def refs(shared_dovecot: Dovecot, user: str) -> Iterable[Refs]:
    mailbox = Refs(shared_dovecot, user)
    yield mailbox
    mailbox.client.logout()


@pytest.mark.dovecot
def test_pairs_of_mails_are_those_of_dovecots_thread_refs(refs: Refs) -> None:
    same: Counter[str] = Counter()
    for mbox in MBOXES:
        mails = graph(mbox)
        theirs = pairs([[mails[number - 1].id for number in thread] for thread in refs.answer(mbox)])
        found = pairs(threads(mails))
        same.update(both=(theirs & found).total(), ours=found.total(), theirs=theirs.total())
        # No difference is known; the next one to appear is named here with its mails.
        assert found - theirs == Counter(), f"{mbox.name}: joined by us alone"
        assert theirs - found == Counter(), f"{mbox.name}: joined by Dovecot alone"
    precision, recall = same["both"] / same["ours"], same["both"] / same["theirs"]
    print(f"{same['ours']} pairs of ours, {same['theirs']} of Dovecot: precision {precision}, recall {recall}")
    assert precision >= 0.999
    assert recall >= 0.999


@pytest.mark.dovecot
def test_dovecots_thread_refs_leaves_apart_what_only_the_subject_joins(refs: Refs) -> None:
    for script in QUERIES:
        first, _ = first_query(script)
        theirs = sorted(sorted(thread) for thread in refs.answer(script.with_name(f"{script.name}.mbox"), first))
        assert sorted(sorted(group) for group in ours(script, first)) == theirs, script.name
