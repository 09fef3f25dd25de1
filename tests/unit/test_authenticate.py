"""Only what our own server wrote, in its place and under its name, proves a sender."""

import pytest

from daemon.settings import AuthenticationSettings
from daemon.steps.authenticate import authenticate, unproven
from daemon.steps.verdicts import Authenticated, Proof
from threading_.parse import parse

OURS = "mx.example.com"
GOOD = "mx.example.com; dmarc=pass (p=REJECT) header.from=customer.test"
PASS, FAIL, NONE = Proof.PASS, Proof.FAIL, Proof.NONE


def verdict(*fields: str, sender: str = "Alice <alice@customer.test>", server: str = OURS) -> Authenticated:
    """Of a mail with these fields on top, each an Authentication-Results unless it names itself."""
    lines = [field if field.startswith(("ARC-", "From:")) else f"Authentication-Results: {field}" for field in fields]
    raw = "\r\n".join([*lines, f"From: {sender}", "To: support@example.com", "Subject: x", "", "Hello"])
    return authenticate(parse(raw.encode()), server)


@pytest.mark.parametrize(
    ("field", "want"),
    [
        (GOOD, PASS),
        ("MX.Example.com 1; DMARC=Pass header.from=Customer.Test.", PASS),
        ("mx.example.com; dmarc = pass\r\n header.from = customer.test", PASS),
        ('"mx.example.com"; dmarc=pass header.from=customer.test', PASS),
        ("mx.example.com (a comment; with (a nested) one \\) in it); dmarc=pass header.from=customer.test", PASS),
        ("mx.example.com; spf=pass smtp.mailfrom=x@news.test; dkim=pass header.d=customer.test", PASS),
        ("mx.example.com; dkim=pass header.i=@customer.test header.s=a header.b=abc", PASS),
        ("mx.example.com; dkim/1=pass header.d=customer.test", PASS),
        ("mx.example.com; spf=pass smtp.mailfrom=alice@customer.test", PASS),
        ("mx.example.com; dmarc=none header.from=customer.test; dkim=pass header.d=customer.test", PASS),
        ("mx.example.com; dmarc=temperror header.from=customer.test; spf=pass smtp.mailfrom=customer.test", PASS),
        ("mx.example.com; dmarc=fail header.from=customer.test; dkim=pass header.d=customer.test", FAIL),
        ("mx.example.com; dmarc=pass header.from=customer.test; dmarc=fail header.from=customer.test", FAIL),
        ("mx.example.com; dmarc=pass header.from=mallory.test", FAIL),
        ("mx.example.com; spf=fail smtp.mailfrom=alice@customer.test", FAIL),
        ("mx.example.com; spf=fail smtp.mailfrom=alice@customer.test; dkim=pass header.d=customer.test", PASS),
        ("mx.example.com; spf=softfail smtp.mailfrom=alice@customer.test", NONE),
        ("mx.example.com; spf=fail smtp.mailfrom=bounces@forwarder.test", NONE),
        ("mx.example.com; none", NONE),
        ("mx.example.com", NONE),
        ("", NONE),
        (";", NONE),
    ],
)
def test_our_servers_field_is_read(field: str, want: Proof) -> None:
    assert verdict(field).verdict is want


@pytest.mark.parametrize(
    "field",
    [
        "mx.example.com.mallory.test; dmarc=pass header.from=customer.test",
        "mallory.test; dmarc=pass header.from=customer.test",
        "mx-example.com; dmarc=pass header.from=customer.test",
        "mх.example.com; dmarc=pass header.from=customer.test",  # a Cyrillic letter
        "mx.example.com 2; dmarc=pass header.from=customer.test",
        "mx.example.com 1 1; dmarc=pass header.from=customer.test",
        "mx.example.com dmarc=pass header.from=customer.test",
        "mx.example.com; dmarc=none (dmarc=pass header.from=customer.test)",
        "mx.example.com; dmarc=none (a comment; dmarc=pass header.from=customer.test)",
        "mx.example.com; dmarc=none (unclosed; dmarc=pass header.from=customer.test",
        "mx.example.com; (dmarc=fail) spf=none smtp.mailfrom=a@b.test; dmarc(=)pass",
        'mx.example.com; spf=none smtp.mailfrom="; dmarc=pass header.from=customer.test "@mallory.test',
        'mx.example.com; spf=none reason="; dmarc=pass header.from=customer.test',
        "mx.example.com; spf=none smtp.mailfrom==?utf-8?q?=3B_dmarc=3Dpass_header=2Efrom=3Dcustomer=2Etest?=@m.test",
        "mx.example.com; dmarc=bestguesspass header.from=customer.test",
        "mx.example.com; dmarc=pass",
        "mx.example.com; xdmarc=pass header.from=customer.test",
        "mx.example.com; dmarc/2=pass header.from=customer.test",
        "mx.example.com; dkim=pass header.d=mallory.test",
        "mx.example.com; dkim=pass header.d=mallory.test header.d=customer.test",
        "mx.example.com; dkim=pass header.d=mallory.test header.i=alice@customer.test",
        "mx.example.com; dkim=pass header.d=test",
        "mx.example.com; dkim=pass header.d=tomer.test",
        "mx.example.com; dkim=pass header.d=deep.customer.test",
        "mx.example.com; spf=pass smtp.mailfrom=alice@customer.test@mallory.test",
        "mx.example.com; spf=pass smtp.helo=customer.test",
    ],
)
def test_what_only_looks_like_a_pass_is_none(field: str) -> None:
    assert verdict(field).verdict is not PASS


def test_only_the_topmost_field_counts() -> None:
    assert verdict("mx.example.com; dmarc=fail header.from=customer.test", GOOD).verdict is FAIL
    assert verdict("mx.example.com; none", GOOD).verdict is NONE
    assert verdict("elsewhere.test; dmarc=pass header.from=customer.test", GOOD).verdict is NONE
    assert verdict(GOOD, "mx.example.com; dmarc=fail header.from=customer.test").verdict is PASS


def test_without_a_pinned_server_nobody_is_believed_or_refused() -> None:
    assert verdict(GOOD, server="").verdict is NONE
    assert verdict("mx.example.com; dmarc=fail header.from=customer.test", server="").verdict is NONE


def test_a_company_signs_for_its_departments_and_nobody_for_the_domain_above() -> None:
    assert verdict("mx.example.com; dmarc=pass header.from=customer.test", sender="a@eu.customer.test").verdict is PASS
    assert verdict("mx.example.com; dkim=pass header.d=customer.test", sender="a@eu.customer.test").verdict is PASS
    assert verdict("mx.example.com; dmarc=pass header.from=eu.customer.test").verdict is FAIL


@pytest.mark.parametrize(
    "sender", ["Alice <alice@customer.test>, m@mallory.test", '"alice@customer.test" <m@mallory.test>']
)
def test_the_sender_proven_is_the_one_that_is_read(sender: str) -> None:
    read = parse(f"From: {sender}\r\n\r\nx".encode()).sender
    assert read is not None
    other = "mallory.test" if read.domain == "customer.test" else "customer.test"
    assert verdict(f"mx.example.com; dmarc=pass header.from={other}", sender=sender).verdict is FAIL


def test_two_senders_are_none() -> None:
    assert verdict(GOOD, "From: m@mallory.test").verdict is FAIL


def test_a_domain_beyond_ascii_is_compared_in_its_ascii_form() -> None:
    field = "mx.example.com; dmarc=pass header.from=xn--bcher-kva.test"
    assert verdict(field, sender="a@b\u00fccher.test").verdict is PASS


SEALED = "ARC-Authentication-Results: i=1; mx.example.com; dmarc=pass header.from=customer.test"
BROKEN = "mx.example.com; dmarc=fail header.from=customer.test; arc=pass"


@pytest.mark.parametrize(
    ("fields", "want"),
    [
        ((BROKEN, "ARC-Seal: i=1; a=rsa-sha256; d=example.com; s=x; cv=none; b=abc", SEALED), PASS),
        ((BROKEN.replace("arc=pass", "arc=fail"), "ARC-Seal: i=1; d=example.com", SEALED), FAIL),
        ((BROKEN, "ARC-Seal: i=1; d=mallory.test", SEALED), FAIL),
        ((BROKEN, "ARC-Seal: i=2; d=example.com", SEALED), FAIL),
        ((BROKEN, "ARC-Seal: i=1; d=com", SEALED), FAIL),
        ((BROKEN, "ARC-Seal: i=1; d=mallory.test", "ARC-Seal: i=1; d=example.com", SEALED), FAIL),
        ((BROKEN, "ARC-Seal: i=1; d=example.com", SEALED.replace("mx.example", "mx.mallory")), FAIL),
        ((BROKEN, SEALED), FAIL),
        ((SEALED, "ARC-Seal: i=1; d=example.com"), NONE),
    ],
)
def test_a_forwarded_mail_passes_where_our_own_seal_holds(fields: tuple[str, ...], want: Proof) -> None:
    assert verdict(*fields).verdict is want


@pytest.mark.parametrize(
    ("settings", "refused"),
    [
        (AuthenticationSettings(), {FAIL}),
        (AuthenticationSettings.model_validate({"on_none": "escalate"}), {FAIL, NONE}),
        (AuthenticationSettings.model_validate({"on_fail": "accept"}), set()),
    ],
)
def test_the_configuration_says_who_is_let_through(settings: AuthenticationSettings, refused: set[Proof]) -> None:
    told = {one: unproven(Authenticated(verdict=one, why="so"), settings) for one in Proof}
    assert {one for one, why in told.items() if why} == refused


def test_a_megabyte_of_brackets_is_read_in_time() -> None:
    for junk in ("(" * 1_000_000, "; dmarc=" * 100_000, "\\" * 1_000_000, "a=" * 500_000):
        assert verdict(f"mx.example.com; {junk}").verdict is not PASS
