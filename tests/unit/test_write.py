"""What leaves is well-formed, says what it should, and cannot be broken out of."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.message import Address, Attachment, OutgoingMail
from threading_.parse import parse
from threading_.write import write

NOW = datetime(2026, 11, 20, 10, 3, tzinfo=UTC)
SUPPORT = Address("Support", "support@example.com")
ALICE = Address("Alice Archer", "alice@example.net")


def outgoing(**changes: object) -> OutgoingMail:
    values: dict[str, object] = {
        "message_id": "fl.1@example.com", "date": NOW, "sender": SUPPORT, "to": ALICE, "subject": "Re: Hello",
        "text": "Hello Alice",
    }  # fmt: skip
    return OutgoingMail(**{**values, **changes})  # type: ignore[arg-type]


def test_every_line_ends_with_crlf_and_none_is_too_long() -> None:
    raw = write(outgoing(html="<p>Grüße</p>" * 300, references=tuple(f"{n}@example.net" for n in range(200))))
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_a_file_comes_after_the_text_under_its_name_and_byte_for_byte() -> None:
    content = "Größe;1\r\n".encode()
    file = Attachment(name='Zahlen "1"; Größe.csv', content_type="text/csv", size=len(content), content=content)
    sent = message_from_bytes(write(outgoing(html="<p>Hello</p>", attachments=(file,))), policy=SMTP)
    body, attached = sent.iter_parts()
    assert (sent.get_content_type(), body.get_content_type()) == ("multipart/mixed", "multipart/alternative")
    assert attached.get_filename() == 'Zahlen "1"; Größe.csv'
    assert attached.get_payload(decode=True) == content
    assert parse(write(outgoing(attachments=(file,)))).text == "Hello Alice"


def test_the_text_comes_before_the_html() -> None:
    raw = write(outgoing(html="<p>Hello</p>"))
    message = parse(raw)
    assert message.content_type == "multipart/alternative"
    assert raw.index(b"text/plain") < raw.index(b"text/html")
    assert message.text == "Hello Alice"
    assert message.html.strip() == "<p>Hello</p>"


def test_the_original_goes_along_as_a_mail() -> None:
    original = b"From: alice@example.net\nSubject: Gr\xc3\xbc\xc3\x9fe\n\nraw 8-bit \xe4 text\n"
    message = parse(write(outgoing(attached_mail=original)))
    (attached,) = message.attachments
    assert attached.content_type == "message/rfc822"
    assert attached.content.replace(b"\r\n", b"\n").rstrip() == original.rstrip()
    assert message.text == "Hello Alice"


@pytest.mark.parametrize("original", [b"a: b\n\n\0", b"a: b\n\n" + b"x" * 2_000, b"a: b\n\nbare\rreturn\n"])
def test_an_original_that_no_server_carries_goes_as_a_file(original: bytes) -> None:
    message = parse(write(outgoing(attached_mail=original)))
    assert [(one.name, one.content_type, one.size) for one in message.attachments] == [
        ("original.eml", "application/octet-stream", len(original))
    ]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"subject": "Hi\r\nBcc: evil@example.test"}, "Subject"),
        ({"subject": "Hi\0"}, "Subject"),
        ({"to": Address("A\nBcc: x", "alice@example.net")}, "To"),
        ({"to": Address("", "alice@example.net, evil@example.test")}, "To"),
        ({"to": Address("", "alice@example.net>\r\nBcc: <evil@example.test")}, "To"),
        ({"to": Address("", "alice")}, "To"),
        ({"to": Address("", "")}, "To"),
        ({"to": Address("", "alice@exa mple.net")}, "To"),
        ({"to": Address("", "alice@a..b")}, "To"),
        ({"sender": Address("", "support@example.com\n")}, "From"),
        ({"reply_to": Address("", "a b@example.com")}, "Reply-To"),
        ({"message_id": "a@b>\r\nX: y"}, "Message-ID"),
        ({"message_id": "a b@c"}, "Message-ID"),
        ({"in_reply_to": "a@b\r\n"}, "In-Reply-To"),
        ({"references": ("a@b\n",)}, "References"),
        ({"headers": (("X-Firstline-Case", "FL\r\nBcc: x"),)}, "X-Firstline-Case"),
        ({"headers": (("Bcc", "evil@example.test"),)}, "Bcc"),
        ({"headers": (("X: y\r\nBcc", "z"),)}, "header name"),
    ],
)
def test_what_would_break_a_header_is_refused_by_name(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        write(outgoing(**changes))


def test_an_id_that_no_header_carries_does_not_keep_the_answer_back() -> None:
    message = parse(write(outgoing(in_reply_to="gr\xfc\xdfe@example.net", references=("a@b", "x" * 950 + "@b"))))
    assert message.in_reply_to == ()
    assert message.references == ("a@b",)


@pytest.mark.parametrize(
    "address", ["o'brien+tag@example.net", '"john doe"@example.net', "jürgen@example.net", "a@[192.0.2.1]"]
)
def test_unusual_addresses_are_written_as_they_are(address: str) -> None:
    assert write(outgoing(to=Address("", address))).count(f"To: {address}\r\n".encode()) == 1


def test_a_boundary_that_stands_in_the_text_does_not_end_the_part() -> None:
    first = write(outgoing(html="<p>x</p>"))
    boundary = first.split(b'boundary="')[1].split(b'"')[0].decode()
    message = parse(write(outgoing(html="<p>x</p>", text=f"--{boundary}--\nstill here")))
    assert message.text.endswith("still here")


words = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=120)
names = words.map(lambda text: " ".join(text.split()))
local = st.from_regex(r"[a-z0-9]([a-z0-9.+_-]{0,20}[a-z0-9])?", fullmatch=True).filter(lambda text: ".." not in text)
addresses = st.builds(Address, names, local.map(lambda text: f"{text}@example.net"))
ids = st.from_regex(r"[A-Za-z0-9.$!#]{1,60}@[a-z0-9.\[\]-]{1,60}", fullmatch=True)
lines = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Cf", "Zl", "Zp"]), max_size=200)


@given(words, addresses, ids, st.lists(ids, max_size=40, unique=True), st.lists(lines, max_size=6), st.booleans())
def test_what_is_written_is_read_back(
    subject: str, to: Address, one: str, references: list[str], text: list[str], html: bool
) -> None:
    body = "\n".join(text)
    mail = outgoing(
        subject=subject, to=to, message_id=one, in_reply_to=one, references=tuple(references), text=body,
        html="<p>x</p>" if html and body.strip() else None,
    )  # fmt: skip
    message = parse(write(mail))
    assert message.message_id == one
    assert message.in_reply_to == (one,)
    assert message.references == tuple(references)
    assert message.to[0].address == to.address
    assert message.to[0].name == to.name.strip("\"' ")
    assert message.subject.split() == subject.split()
    assert message.text == body.rstrip("\n").strip("\n")


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_nothing_can_add_a_header(subject: str, name: str, value: str) -> None:
    mail = outgoing(subject=subject, to=Address(name, "alice@example.net"), headers=(("X-Firstline-Note", value),))
    try:
        raw = write(mail)
    except ValueError:
        assert any(set(part) & set("\r\n\0") for part in (subject, name, value))
        return
    head = raw.split(b"\r\n\r\n")[0]
    found = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(found) == sorted(
        [b"Message-ID", b"Date", b"From", b"To", b"Subject", b"X-Firstline-Note", b"MIME-Version", b"Content-Type",
         b"Content-Transfer-Encoding"]
    )  # fmt: skip
