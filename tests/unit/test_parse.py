"""Every mail becomes a Message: odd ones too, dangerous ones without harm."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.message import Address, Encryption
from threading_.parse import Limits, parse

MAILS = Path(__file__).parent.parent / "mails"
DATA = Path(__file__).parents[3] / "shared" / "data" / "mail"


def mail(*header: str, body: str | bytes = "Hello") -> bytes:
    data = body if isinstance(body, bytes) else body.encode()
    return "\r\n".join(header).encode() + b"\r\n\r\n" + data


def test_a_plain_mail_is_read_whole() -> None:
    message = parse((MAILS / "plain.eml").read_bytes())
    assert message.message_id == "m1@example.net"
    assert message.sender == Address("Alice Archer", "alice@example.net")
    assert message.to == (Address("Support", "support@example.com"),)
    assert message.subject == "I cannot sign in"
    assert message.date == datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
    assert message.text == "Since the upgrade I cannot sign in.\n\nAlice"
    assert message.unreadable is None
    assert message.return_path is None


@pytest.mark.parametrize(
    ("header", "want"),
    [
        pytest.param("Message-ID: <[83c4]@microsoft.com]>", "[83c4]@microsoft.com]", id="Exchange's brackets"),
        pytest.param("Message-ID: <a@\r\n b>", "a@b", id="folded inside"),
        pytest.param("Message-ID: a@b", "a@b", id="no brackets"),
        pytest.param("MESSAGE-ID:<a@b> (comment)", "a@b", id="upper case, comment"),
        pytest.param("Message-ID:", None, id="empty"),
        pytest.param("X-Other: 1", None, id="missing"),
    ],
)
def test_odd_message_ids_survive(header: str, want: str | None) -> None:
    assert parse(mail(header, "From: a@example.net")).message_id == want


@pytest.mark.parametrize(
    "header",
    ["Content-Type: text/plain; name*", "To: (c):", 'To: "', "Content-Type: text/plain; charset=cp-850", "Date: ??"],
)
def test_headers_that_crash_the_modern_policy_are_read(header: str) -> None:
    message = parse(mail("From: a@example.net", header, body="body"))
    assert message.unreadable is None
    assert message.text == "body"


def test_no_decoded_header_holds_a_line_break() -> None:
    message = parse(mail("From: a@example.net", "Subject: =?utf-8?q?hi=0D=0ABcc:_evil@example.test=00?="))
    assert message.subject == "hi  Bcc: evil@example.test"
    assert "bcc" not in message.headers


def test_encoded_words_that_cut_a_letter_in_two_are_joined() -> None:
    message = parse(
        mail("From: a@example.net", "Subject: =?utf-8?b?R3LDvMOf?= =?utf-8?q?e_=C3?=\r\n =?utf-8?q?=BC?= x")
    )
    assert message.subject == "Grüße ü x"


def test_repeated_headers_are_all_kept_in_order() -> None:
    message = parse(mail("From: a@example.net", "Auto-Submitted: no", "auto-submitted: auto-replied"))
    assert message.headers.all("auto-submitted") == ("no", "auto-replied")


@pytest.mark.parametrize(
    ("header", "want"),
    [
        ("Return-Path: <>", ""),
        ("Return-Path: <bounce@example.net>", "bounce@example.net"),
        ("return-path:<Bounce@example.net>", "Bounce@example.net"),
        ("X-Other: 1", None),
    ],
)
def test_the_null_path_is_told_from_a_missing_one(header: str, want: str | None) -> None:
    assert parse(mail("From: a@example.net", header)).return_path == want


@pytest.mark.parametrize(
    ("charset", "body", "want"),
    [
        pytest.param("utf-8", "Grüße".encode(), "Grüße", id="as said"),
        pytest.param("us-ascii", "Grüße".encode(), "Grüße", id="ascii that is not"),
        pytest.param("iso-8859-1", "“Grüße” €".encode("cp1252"), "“Grüße” €", id="Latin-1 that is Windows-1252"),
        pytest.param("x-unknown", "Grüße".encode("latin-1"), "Grüße", id="unknown name"),
        pytest.param("", "Grüße".encode("latin-1"), "Grüße", id="none named"),
        pytest.param("utf-8", "Grüße".encode("latin-1"), "Gr", id="wrong name"),
        pytest.param("iso-2022-jp", "パスワード".encode("iso-2022-jp"), "パスワード", id="Japanese"),
        pytest.param("ks_c_5601-1987", "비밀번호".encode("cp949"), "비밀번호", id="Korean by an old name"),
        pytest.param("zip", b"plain", "plain", id="a codec that is no charset"),
        pytest.param("punycode", b"plain-", "plain-", id="a codec that takes quadratic time"),
    ],
)
def test_charsets_fall_back_until_something_is_readable(charset: str, body: bytes, want: str) -> None:
    raw = mail("From: a@example.net", f"Content-Type: text/plain; charset={charset}", body=body)
    assert want in parse(raw).text


def test_the_text_of_an_attached_mail_is_not_the_mails_own() -> None:
    message = parse((MAILS / "attached-mail.eml").read_bytes())
    assert message.text == "Please see the attached mail."
    (attached,) = message.attachments
    assert attached.content_type == "message/rfc822"
    assert parse(attached.content).subject == "The inner one"
    assert "secret inner text" in parse(attached.content).text


def test_a_delivery_report_keeps_its_machine_readable_parts() -> None:
    message = parse((MAILS / "bounce.eml").read_bytes())
    assert message.report_type == "delivery-status"
    assert message.text == "The mail could not be delivered."
    status, headers = message.attachments
    assert b"Status: 5.1.1" in status.content
    assert b"Message-ID: <ours@example.com>" in headers.content
    assert message.return_path == ""


def test_html_alone_becomes_text_without_what_is_hidden() -> None:
    message = parse((MAILS / "hidden-html.eml").read_bytes())
    assert "I was charged twice" in message.text
    assert "- order 17\n- order 18" in message.text
    assert "ignore" not in message.text.lower()
    assert "\u200b" not in message.text
    assert "\u202e" not in message.text


def test_of_an_alternative_the_plain_text_counts() -> None:
    message = parse((MAILS / "alternative.eml").read_bytes())
    assert message.text == "plain words"
    assert "<b>html</b>" in message.html


def test_flowed_paragraphs_are_whole_again() -> None:
    raw = mail(
        "From: a@example.net",
        "Content-Type: text/plain; format=flowed",
        body="> quoted \r\n> text\r\nmy long \r\nline\r\n\r\n-- \r\nAlice\r\n",
    )
    assert parse(raw).text == "> quoted text\nmy long line\n\n-- \nAlice"


def test_encrypted_mail_is_recognised() -> None:
    pgp = mail("From: a@example.net", "Content-Type: text/plain", body="-----BEGIN PGP MESSAGE-----\r\n\r\nabc\r\n")
    smime = mail("From: a@example.net", "Content-Type: application/pkcs7-mime; smime-type=enveloped-data", body="abc")
    mime = mail(
        "From: a@example.net",
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
        body="--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n",
    )
    assert [parse(one).encryption for one in (pgp, smime, mime)] == [Encryption.PGP, Encryption.SMIME, Encryption.PGP]


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("photo\u202egnp.exe", "photognp.exe"),
        ("CON.txt", "_CON.txt"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
        ("...", "part-1.bin"),
    ],
)
def test_names_of_attachments_are_safe(name: str, want: str) -> None:
    raw = mail(
        "From: a@example.net",
        "Content-Type: application/octet-stream",
        f'Content-Disposition: attachment; filename="{name}"'.replace("\\", "\\\\"),
    )
    assert parse(raw).attachments[0].name == want


@pytest.mark.parametrize(
    ("raw", "limits", "reason"),
    [
        pytest.param(mail("From: a@b", body="x" * 200), Limits(message_bytes=100), "larger than", id="size"),
        pytest.param(mail("From: a@b", "X: " + "x" * 300), Limits(header_bytes=200), "header is longer", id="header"),
        pytest.param(
            mail("From: a@b", "Content-Type: multipart/mixed; boundary=b", body="--b\r\n\r\nx\r\n" * 30 + "--b--"),
            Limits(parts=20),
            "more than 20 parts",
            id="parts",
        ),
        pytest.param(
            b"From: a@b\r\n"
            + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(20)),
            Limits(depth=10),
            "deeper than 10",
            id="depth",
        ),
        pytest.param(b"From: a@b\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 5_000, Limits(), "parts", id="bomb"),
        pytest.param(b"", Limits(), "no header", id="empty"),
        pytest.param(b"\x00\xff" * 50, Limits(), "no header", id="rubbish"),
    ],
)
def test_what_is_over_a_limit_is_unreadable_and_says_why(raw: bytes, limits: Limits, reason: str) -> None:
    message = parse(raw, limits)
    assert message.unreadable is not None
    assert reason in message.unreadable
    if raw.startswith(b"From"):
        assert message.sender == Address("", "a@b")


def test_a_multipart_whose_header_forgot_the_boundary_is_read() -> None:
    raw = mail(
        "From: a@b", "Content-Type: multipart/mixed", body="--xyz\r\nContent-Type: text/plain\r\n\r\nHi\r\n--xyz--"
    )
    assert parse(raw).text == "Hi"


def test_the_envelope_line_of_an_mbox_is_no_header() -> None:
    assert parse(b"From a@b Fri Feb 22 17:06:23 2008\nSubject: x\n\nbody").subject == "x"


def test_recipients_of_the_envelope_are_collected() -> None:
    raw = mail("From: a@b", "Delivered-To: Support+x@Example.com", "X-Original-To: <help@example.com>")
    assert parse(raw).delivered_to == ("support+x@example.com", "help@example.com")


@given(st.binary(max_size=2_000))
def test_no_bytes_raise(raw: bytes) -> None:
    assert parse(raw).size == len(raw)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["From", "To", "Content-Type", "Date", "Message-ID", "References", "Subject", "Return-Path"]
            ),
            st.text(max_size=80).map(lambda text: text.replace("\n", " ").replace("\r", " ")),
        ),
        max_size=8,
    ),
    st.binary(max_size=300),
)
def test_no_header_raises_and_none_keeps_a_line_break(fields: list[tuple[str, str]], body: bytes) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8", "surrogatepass") + b"\r\n" + body
    for _, value in parse(raw).headers:
        assert not set(value) & set("\r\n\0")


@pytest.mark.skipif(not DATA.is_dir(), reason="the mails to measure on are not beside this checkout")
def test_every_mail_of_the_corpora_is_read_without_an_exception() -> None:
    files = sorted(path for path in DATA.rglob("*") if path.is_file())
    failed = [str(path) for path in files if "parser failed" in (parse(path.read_bytes()).unreadable or "")]
    assert files
    assert failed == []


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        (b'"alice\r\n Bcc: evil@evil.test"@customer.test', None),
        (b'"x <evil@evil.test>" <alice@customer.test>', "alice@customer.test"),
        (b'"evil@evil.test x" alice@customer.test', "alice@customer.test"),
        (b'"alice@customer.test"', "alice@customer.test"),
        (b"\0, <alice@customer.test>", "alice@customer.test"),
    ],
)
def test_what_stands_in_quotes_is_nobody_s_address(value: bytes, sender: str | None) -> None:
    found = parse(b"From: " + value + b"\r\n\r\nHello\r\n").sender
    assert (found.address if found else None) == sender


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 10_000, "more than 200 parts"),
        (b"Content-Type: a/b" + b";" * 30_000 + b"\n\nx", "longer than 20,000 bytes"),
        (b"\n" + b"Content-Type: a/b" + b";" * 30_000 + b"\n\nx", "longer than 20,000 bytes"),
        (b"\n" + (b"Content-Type: a/b" + b";" * 3_000 + b"\n\n") * 4, "more than 10,000 parameters"),
    ],
)
def test_what_would_take_minutes_is_refused_before_it_is_read(head: bytes, why: str) -> None:
    message = parse(b"From: a@b\nSubject: x\n" + head)
    assert why in (message.unreadable or "")
    assert message.subject == "x"
