"""Ids that prove themselves, and references that survive being typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.headers import read_ids
from threading_.ids import (
    KeyRing,
    SignedId,
    case_reference,
    find_reference,
    find_references,
    is_ours,
    loop_case,
    loop_token,
    plus_address,
    plus_case,
    read_id,
    sign_id,
    spellings,
    trim_references,
)

RING = KeyRing((b"k" * 32,))
CASE = case_reference(123_456_789)


def test_a_signed_id_says_its_case() -> None:
    signed = sign_id(RING, case=CASE, nonce="n0nce", domain="example.com")
    assert read_id(RING, signed) == SignedId(CASE, "n0nce")
    assert signed.partition("@")[0].islower()


def test_a_signed_id_holds_no_long_hex_word() -> None:
    signed = sign_id(RING, case=CASE, nonce="n1", domain="example.com")
    assert not re.search(r"[0-9a-f]{16}", signed)
    assert len(signed.partition("@")[0]) <= 64  # RFC 5321 §4.5.3.1.1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(str.upper, id="upper case"),
        pytest.param(lambda text: text.replace("example.com", "EXAMPLE.com"), id="domain's case"),
        pytest.param(lambda text: text.replace("example.com", "relay.example"), id="domain rewritten"),
        pytest.param(lambda text: f"<{text}>", id="brackets"),
        pytest.param(lambda text: f"{text[:30]}\r\n {text[30:]}", id="folded"),
    ],
)
def test_a_signed_id_survives_what_mail_does_to_it(change) -> None:  # type: ignore[no-untyped-def]
    signed = sign_id(RING, case=CASE, nonce="n1", domain="example.com")
    assert read_id(RING, change(signed)) == SignedId(CASE, "n1")


def test_every_changed_letter_of_a_signed_id_is_noticed() -> None:
    signed = sign_id(RING, case=CASE, nonce="n1", domain="example.com")
    local = signed.index("@")
    for place in range(3, local):
        if signed[place] != ".":
            other = "a" if signed[place] != "a" else "b"
            assert read_id(RING, signed[:place] + other + signed[place + 1 :]) is None


def test_old_keys_verify_and_strangers_keys_do_not() -> None:
    signed = sign_id(RING, case=CASE, nonce="n1", domain="example.com")
    assert read_id(KeyRing((b"new" * 10, b"k" * 32)), signed) == SignedId(CASE, "n1")
    assert read_id(KeyRing((b"new" * 10,)), signed) is None


@pytest.mark.parametrize("message_id", ["", "x", "a@b", "fl.a.b.c@d", "fl..." + "a" * 26 + "@d", "<>", "fl." * 1000])
def test_other_ids_are_not_ours(message_id: str) -> None:
    assert read_id(RING, message_id) is None


@pytest.mark.parametrize(
    ("case", "nonce", "domain"),
    [("FL 1", "n", "a.b"), ("FL-1", "n\n", "a.b"), ("FL-1", "n", "a.b>\r\nX: y"), ("", "n", "a")],
)
def test_nothing_else_can_be_signed(case: str, nonce: str, domain: str) -> None:
    with pytest.raises(ValueError, match="not a|made of"):
        sign_id(RING, case=case, nonce=nonce, domain=domain)


def test_a_key_ring_needs_keys() -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing(())
    with pytest.raises(ValueError, match="key"):
        KeyRing((b"short",))


def test_the_loop_token_is_ours_alone() -> None:
    token = loop_token(RING, CASE)
    assert is_ours(RING, f" {token.upper()} ")
    assert not is_ours(RING, token[:-1] + ("a" if token[-1] != "a" else "b"))
    assert not is_ours(KeyRing((b"other" * 8,)), token)
    assert not is_ours(RING, "yes")


def test_a_loop_token_is_no_message_id() -> None:
    compact, _, signature = loop_token(RING, CASE).partition(".")
    assert read_id(RING, f"fl.{compact}.n1.{signature}@example.com") is None


@given(st.integers(0, 2**30 - 1))
def test_a_reference_is_found_again(number: int) -> None:
    reference = case_reference(number)
    assert find_reference(reference) == reference
    assert not set(reference[2:]) & set("ILOU")
    for spelling in (reference.lower(), reference.replace("-", ""), reference.replace("-", " "), f"[{reference}]"):
        assert find_reference(f"my case {spelling}, please") == reference


@given(st.integers(0, 2**30 - 1), st.integers(3, 10), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_letter_of_a_reference_is_noticed(number: int, place: int, letter: str) -> None:
    reference = case_reference(number)
    if reference[place] in ("-", letter):
        return
    assert find_reference(reference[:place] + letter + reference[place + 1 :]) is None


@given(st.integers(0, 2**30 - 1), st.sampled_from([3, 4, 5, 8, 9]))
def test_two_swapped_letters_of_a_reference_are_noticed(number: int, place: int) -> None:
    reference = case_reference(number)
    swapped = reference[:place] + reference[place + 1] + reference[place] + reference[place + 2 :]
    assert swapped == reference or find_reference(swapped) is None


@pytest.mark.parametrize("text", ["", "FL-", "a flight to FLORIDA 123", "FL-0000-00", "reflex 1234567"])
def test_other_words_are_no_reference(text: str) -> None:
    assert find_reference(text) is None


def test_all_references_of_a_text_are_found_in_order() -> None:
    first, second = case_reference(1), case_reference(2)
    assert find_references(f"{second} and {first}, again {second}") == (second, first)


def test_references_outside_the_range_are_refused() -> None:
    with pytest.raises(ValueError, match="30 bits"):
        case_reference(2**30)


@given(st.lists(st.from_regex(r"[a-z0-9]{1,200}@example\.net", fullmatch=True), max_size=60))
def test_trimmed_references_keep_the_first_and_the_newest_and_fit(ids: list[str]) -> None:
    trimmed = trim_references(ids)
    assert len("References:" + "".join(f"\r\n <{one}>" for one in trimmed)) <= 1500
    unique = list(dict.fromkeys(ids))
    assert trimmed[:1] == tuple(unique[:1])
    assert trimmed[-1:] == tuple(unique[-1:])
    assert list(trimmed) == [one for one in unique if one in trimmed]


def test_an_endless_id_is_left_out_of_references() -> None:
    assert trim_references(["x" * 2_000, "a@b"]) == ("a@b",)


@pytest.mark.parametrize(
    ("values", "want"),
    [
        (["<a@b> <c@d>"], ("a@b", "c@d")),
        (["<a@b><c@d>\t<a@b>"], ("a@b", "c@d")),
        (["Your message of Monday <a@b>"], ("a@b",)),
        (["a@b"], ("a@b",)),
        (["(comment <x@y>"], ("x@y",)),
        ([""], ()),
        (["<>"], ()),
    ],
)
def test_ids_are_read_from_what_mail_programs_write(values: list[str], want: tuple[str, ...]) -> None:
    assert read_ids(values) == want


def test_the_loop_token_names_its_case() -> None:
    assert loop_case(RING, loop_token(RING, CASE)) == CASE
    assert loop_case(RING, loop_token(RING, CASE).replace("fl", "fk", 1)) is None


def test_a_plus_address_is_ours_alone_and_fits() -> None:
    address = plus_address(RING, CASE, "support@example.com")
    local, _, domain = address.rpartition("@")
    assert domain == "example.com"
    assert len(local) <= 64  # RFC 5321 §4.5.3.1.1
    assert plus_case(RING, address) == plus_case(RING, address.upper()) == CASE
    for forged in (
        "support@example.com",
        "support+x@example.com",
        address.replace("+fl", "+fk"),
        f"support+{loop_token(RING, CASE)}@example.com",
        plus_address(KeyRing((b"another" * 5,)), CASE, "support@example.com"),
    ):
        assert plus_case(RING, forged) is None


def test_only_amazons_ids_have_a_second_spelling() -> None:
    assert spellings("0102@eu-west-1.amazonses.com") == ("0102@eu-west-1.amazonses.com", "0102")
    assert spellings("0102@example.com") == ("0102@example.com",)
