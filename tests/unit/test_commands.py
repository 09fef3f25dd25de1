"""Commands are one a line, in any case; a slip of the pen does nothing, and what is none is text."""

import pytest

from daemon.steps.commands import Command, wanted


@pytest.mark.parametrize(
    ("text", "commands", "rest", "note"),
    [
        ("#send", {"send"}, "", ""),
        ("#SEND.", {"send"}, "", ""),
        ("  #Send  ", {"send"}, "", ""),
        ("# send", {"send"}, "", ""),
        ("Hello Alice", set(), "Hello Alice", ""),
        ("Hello Alice\n\n#close", {"close"}, "Hello Alice", ""),
        ("#edit\nHello\n\nAlice", {"edit"}, "Hello\n\nAlice", ""),
        ("#edit Hello Alice", {"edit"}, "Hello Alice", ""),
        ("#take\n#priority high\n#topic sign-in", {"take", "priority", "topic"}, "", ""),
        ("#note call her\nHe is angry", {"note"}, "", "call her\nHe is angry"),
        ("Hello\n#note only for us\nreally\n#close", {"note", "close"}, "Hello", "only for us\nreally"),
        ("#assign Bob\nplease look", {"assign"}, "", "please look"),
        ("#spam\nwhat a fool", {"spam"}, "", "what a fool"),
        ("# Steps\nDo this", set(), "# Steps\nDo this", ""),
        ("Press #1, then #2", set(), "Press #1, then #2", ""),
        ("#1 do this\n#2 do that", set(), "#1 do this\n#2 do that", ""),
        ("Do this:\n#include the file", set(), "Do this:\n#include the file", ""),
        ("Ticket #send me", set(), "Ticket #send me", ""),
    ],
)
def test_a_text_is_read_as_commands_and_words(text: str, commands: set[str], rest: str, note: str) -> None:
    found = wanted(text)
    assert (found.wrong, found.commands, found.text, found.note) == ("", {Command(one) for one in commands}, rest, note)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#clsoe", "there is no #clsoe"),
        ("#clsoe\nHello Alice", "there is no #clsoe"),
        ("#sned it please\nHello", "there is no #sned"),
        ("Hello Alice\n\n#clsoe", "there is no #clsoe"),
        ("#assign", "#assign lacks a word: #assign NAME"),
        ("#priority urgent", "low, normal, high"),
        ("#send it now", "#send stands alone"),
    ],
)
def test_what_cannot_be_understood_does_nothing(text: str, why: str) -> None:
    found = wanted(text)
    assert why in found.wrong
    assert (found.commands, found.text) == (frozenset(), "")
