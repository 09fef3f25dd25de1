"""Subjects in every language come down to what the customer wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.ids import case_reference
from threading_.subject import base_subject, case_tag, is_forward, reply_subject

CASE = case_reference(77)


@pytest.mark.parametrize(
    "subject",
    [
        "Login", "Re: Login", "RE: Re: re:Login", "AW: Login", "SV: Login", "Antw: Login", "RE[2]: Login", "Re(3): Login",
        "Réf: Login", "Rif: Login", "VS: Login", "回复: Login", "回复：Login", "答复: Login", "WG: AW: Login", "Fwd: Login", "FW:Login",
        "TR: Login", "RV: Login", "Odp: Login", "YNT: Login", "[list] Re: Login", "Re: [list] Login", "Re: [list] Re: Login",
        "Login (fwd)", "[Fwd: Login]", "Отв: Login", "İLT: Login", "Vá: Login", "Re^2: Login", "  Re :  Login ",
        f"[{CASE}] Re: Login", f"Re: Login [{CASE}]",
    ],
)  # fmt: skip
def test_prefixes_and_tags_come_off(subject: str) -> None:
    assert base_subject(subject) == "Login"


@pytest.mark.parametrize(
    "subject",
    [
        "Regarding: Login",
        "Refund",
        "Answer: 42",
        "Tr4nsfer",
        "Reset: how?",
        "[urgent]",
        "Fwddrive: broken",
        "Order 5: where?",
    ],
)
def test_ordinary_words_are_no_prefix(subject: str) -> None:
    assert base_subject(subject) == subject


@pytest.mark.parametrize(
    ("subject", "want"),
    [
        ("Login", "Re: Login"),
        ("Re: Login", "Re: Login"),
        ("AW: RE[4]: WG: Login", "Re: Login"),
        ("", "Re: your message"),
        ("Re:", "Re: your message"),
        ("Fwd: ", "Re: your message"),
        (f"Re: [{CASE.lower()}] Login", f"Re: [{CASE}] Login"),
        ("[list] Login", "Re: [list] Login"),
    ],
)
def test_a_reply_says_re_once_and_is_never_empty(subject: str, want: str) -> None:
    assert reply_subject(subject, CASE) == want


@given(st.text(max_size=300))
def test_a_reply_to_a_reply_has_the_same_subject(subject: str) -> None:
    once = reply_subject(subject)
    assert once.startswith("Re: ")
    assert len(once) <= 225
    assert reply_subject(once) == once


@pytest.mark.parametrize(
    ("subject", "want"),
    [
        (f"Re: [{CASE}] x", CASE),
        (f"Re: [{CASE.lower().replace('-', ' ')}]", CASE),
        (f"Re: {CASE}", None),
        ("Re: [FL-0000-000] x [other]", case_reference(0)),
        ("[FL-AAAA-AAA]", None),
    ],
)
def test_the_case_tag_stands_in_brackets_and_is_checked(subject: str, want: str | None) -> None:
    assert case_tag(subject) == want


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "WG: x", "Re: FW: x", "TR : x", "[Fwd: x]", "x (fwd)", "Пересл: x", "转发: x"]
)
def test_forwards_are_recognised(subject: str) -> None:
    assert is_forward(subject)


@pytest.mark.parametrize("subject", ["Re: x", "x", "AW: forward me", "Forward: gear"])
def test_replies_are_no_forwards(subject: str) -> None:
    assert not is_forward(subject)


def test_a_reply_carries_no_tag_of_another_case() -> None:
    assert reply_subject(f"Re: [{CASE}] Login", "FL-7K2Q-9DX") == reply_subject(f"Re: [{CASE}] Login") == "Re: Login"
