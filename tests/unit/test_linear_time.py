"""Four times the mail takes about four times the work, whatever stands in it: no mail can hold up the ones behind it.

Every unit below once cost the square of the mail's length, or is near to one that did. Squares would show as a factor of
sixteen; the margin between is wide, and what takes almost no time at both sizes passes.
"""

import gc
import time
from collections.abc import Callable

import pytest

from daemon.steps.guard import Ours, Seen, examine
from daemon.steps.likeness import trace_of
from threading_.ids import KeyRing, find_references
from threading_.link import link
from threading_.parse import parse
from threading_.quotes import new_text

OURS = Ours(addresses=frozenset(), queue=frozenset(), ring=KeyRing((b"k" * 32,)), any_address=True)
SHORT, LONG = 12_000, 48_000
#: Times below are the machine's own noise.
_FLOOR = 0.003


def cost(work: Callable[[], object]) -> float:
    """Seconds of the processor, the best of a few goes."""
    best = float("inf")
    for _ in range(2):
        gc.collect()
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return max(best, _FLOOR)


def through(raw: bytes) -> None:
    message = parse(raw)
    examine(message, OURS, Seen())
    find_references(message.text)
    trace_of("a@b", message.subject, message.text)
    link(message, (), OURS.ring)
    new_text(message, ("Open the settings, choose Devices and press Reset, then wait for the label.",))


def grows(make: Callable[[int], bytes]) -> float:
    """How many times the work of the short mail the long one is."""
    short, long = make(SHORT), make(LONG)
    through(short)  # what is loaded once is loaded now
    return cost(lambda: through(long)) / cost(lambda: through(short))


def body(head: str, unit: str, start: str = "", end: str = "") -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        return f"From: a@b\nSubject: Re: x\n{head}\n{start}{unit * (size // len(unit))}{end}".encode()

    return make


TEXTS = {
    "lines that end in a colon": "a" * 188 + ":\n",
    "words that end in a colon": "ab " * 62 + "x:\n",
    "short lines with a colon": "a:\n",
    "labels": "From: a\n",
    "empty labels": "From:\n\n",
    "verbs of an attribution": "wrote:\n",
    "verbs and blank lines": "wrote:\n\n",
    "openings of an attribution": "On Mon, " * 24 + ":\n",
    "dates and addresses": "1 Jan 2020 a@b.c x:\n",
    "stars": "* " * 240 + "x\n",
    "rules": "-----\n",
    "one long line": "a",
    "one line of signs": "a@",
    "blank lines": "\n",
    "quote marks": "> ",
    "quoted and not, in turn": "> a\nb\n",
    "angles": "<\n",
    "ends of signatures": "-- \n",
    "devices": "sent from my a b c d e f g h i j\n",
    "forwards": "---------- Forwarded message\n",
    "references of cases": "F L 0 0 0 0 0 0 ",
}


@pytest.mark.parametrize("unit", TEXTS.values(), ids=list(TEXTS))
def test_time_grows_with_the_text_alone(unit: str) -> None:
    assert grows(body("", unit)) < 9


_FORWARD = "---------- Forwarded message ----------"
FORWARDS = {
    "a sender over many lines": (f"{_FORWARD}\nFrom: x\n", "aaaa\n"),
    "an endless sender": (f"{_FORWARD}\nFrom: ", "a"),
    "an endless announcement": (_FORWARD, "a"),
    "many subjects": (f"{_FORWARD}\nSubject: x\n", "aaaa\nSubject: b\n"),
}


@pytest.mark.parametrize(("start", "unit"), FORWARDS.values(), ids=list(FORWARDS))
def test_time_grows_with_a_forwarded_text_alone(start: str, unit: str) -> None:
    assert grows(body("", unit, start)) < 9


MARKUP = {
    "angles below deep nesting": ("Content-Type: text/html\n", "<div>" * 5_002, "<"),
    "comments": ("Content-Type: text/html\n", "", "<!--"),
    "quotes": ("Content-Type: text/html\n", "", "<blockquote>a\n"),
    "lists": ("Content-Type: text/html\n", "", "<ul><li>"),
    "parameters of headers": (
        "Content-Type: multipart/mixed; boundary=b\n", "", "--b\nContent-Type: a/b" + ";" * 900 + "\n\nx\n",
    ),
    "empty parts": ("Content-Type: multipart/mixed; boundary=b\n", "", "--b\n\n"),
    "parameters of text/enriched": ("Content-Type: text/enriched\n", "", "<param>"),
}  # fmt: skip


@pytest.mark.parametrize(("head", "start", "unit"), MARKUP.values(), ids=list(MARKUP))
def test_time_grows_with_the_markup_alone(head: str, start: str, unit: str) -> None:
    assert grows(body(head, unit, start)) < 9


HEADERS = ["a", "<", "<a@", "a,", "((", "=?", "Re: ", "[", "\n "]


@pytest.mark.parametrize("unit", HEADERS, ids=repr)
@pytest.mark.parametrize("name", ["From", "Subject", "References"])
def test_time_grows_with_the_headers_alone(name: str, unit: str) -> None:
    assert grows(lambda size: f"{name}: {unit * (size // len(unit))}\n\nx\n".encode()) < 9
