"""What came back: who failed, for good or for now, and which mail of ours it was."""

import csv
from pathlib import Path

import pytest

from daemon.steps.bounce import read_bounce, read_notice
from daemon.steps.bounce_text import split
from store.records import Kind
from threading_.parse import parse

DATA = Path(__file__).parents[3] / "shared" / "data"
GOLD = DATA / "gold" / "bounces.csv"


def notice(text: str, subject: str = "failure notice", sender: str = "MAILER-DAEMON@mx.example.net") -> bytes:
    """A bounce in words."""
    head = f"Return-Path: <>\nFrom: {sender}\nTo: support@example.com\nSubject: {subject}\nMessage-ID: <b@mx.example.net>\n"
    return f"{head}\n{text}".encode()


def report(*groups: str, text: str = "See below.") -> bytes:
    """A bounce with delivery-status fields (RFC 3464)."""
    fields = "\n\n".join(("Reporting-MTA: dns; mx.example.net", *groups))
    return (
        "From: MAILER-DAEMON@mx.example.net\nTo: support@example.com\nSubject: Undelivered\nMessage-ID: <b@mx.example.net>\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain\n\n{text}\n\n--b\nContent-Type: message/delivery-status\n\n{fields}\n\n"
        "--b\nContent-Type: text/rfc822-headers\n\nFrom: support@example.com\nTo: bob@example.net\n"
        "Subject: Re: Printer\nReferences: <older@example.net>\nMessage-ID:\n <answer-1@example.com>\n\n--b--\n"
    ).encode()


COPY = (
    "\n\nReceived: by mx\nFrom: support@example.com\nTo: other@example.org\nMessage-ID: <answer-1@example.com>\n\nHello"
)


@pytest.mark.parametrize(
    ("text", "subject", "recipients", "status"),
    [
        pytest.param(
            "Hi. This is the qmail-send program at mx.example.net.\nI wasn't able to deliver your message to the "
            "following addresses.\n\n<bob@example.net>:\n192.0.2.7 said: 550 5.1.1 no such user\n\n"
            "<eve@example.net>:\nuser unknown\n\n--- Below this line is a copy of the message.",
            "failure notice",
            ("bob@example.net", "eve@example.net"),
            "5.1.1",
            id="qmail",
        ),
        pytest.param(
            "This message was created automatically by mail delivery software.\nThe following address(es) failed:\n\n"
            "  bob@example.net\n    host mx.example.net [192.0.2.7]: 550 Unknown user\n\n"
            "------ This is a copy of the message, including all the headers. ------",
            "Mail delivery failed: returning message to sender",
            ("bob@example.net",),
            "5.0.0",
            id="exim",
        ),
        pytest.param(
            "Your message\n\n  To: Bob\n  Subject: Re: Printer\n\ndid not reach the following recipient(s):\n\n"
            "bob@example.net on Thu, 29 Apr 2010 00:00:00 +0000\n    The recipient name is not recognized",
            "Undeliverable: Re: Printer",
            ("bob@example.net",),
            "5.0.0",
            id="exchange",
        ),
        pytest.param(
            "Your message\n\n  Subject: Re: Printer\n\nwas not delivered to:\n\n  bob@example.net\n\nbecause:\n\n"
            "  User bob (bob@example.net) not listed in Domino Directory",
            "DELIVERY FAILURE: User bob not listed in Domino Directory",
            ("bob@example.net",),
            "5.0.0",
            id="domino",
        ),
        pytest.param(
            "以下のメールアドレスへの送信に失敗しました。\nbob@example.net\n-------server message\n550 unknown user <bob@example.net>\n"
            "-------original message",
            "エラーメール",
            ("bob@example.net",),
            "5.0.0",
            id="japanese",
        ),
        pytest.param(
            "We could not deliver it. No such user.",
            "Undeliverable Mail",
            ("other@example.org",),
            "5.0.0",
            id="unnamed",
        ),
    ],
)
def test_a_bounce_in_words_tells_who_failed_and_how(
    text: str, subject: str, recipients: tuple[str, ...], status: str
) -> None:
    bounce = read_bounce(parse(notice(text + COPY, subject)))
    assert bounce is not None
    assert (bounce.recipients, bounce.status, bounce.permanent) == (recipients, status, True)
    assert bounce.original_ids == ("answer-1@example.com",)


def test_a_report_tells_each_recipient_once_and_the_address_that_we_wrote_to() -> None:
    bounce = read_bounce(
        parse(
            report(
                "Original-Recipient: rfc822;bob@example.net\nFinal-Recipient: rfc822;robert@elsewhere.example\n"
                "Action: failed\nStatus: 5.1.1",
                "Final-Recipient: rfc822;eve@example.net\nAction: failed\nStatus: 4.2.2",
                "Final-Recipient: rfc822;eve@example.net\nAction: failed\nStatus: 4.2.2",
            )
        )
    )
    assert bounce is not None
    assert bounce.recipients == ("bob@example.net", "eve@example.net")
    assert (bounce.status, bounce.permanent) == ("5.1.1", True)
    assert bounce.original_ids == ("answer-1@example.com",), "its ancestors did not fail"


def test_a_recipient_that_was_reached_did_not_fail() -> None:
    bounce = read_bounce(
        parse(
            report(
                "Final-Recipient: rfc822;eve@example.net\nAction: delivered\nStatus: 2.0.0",
                "Final-Recipient: rfc822;bob@example.net\nAction: failed\nStatus: 5.1.1",
            )
        )
    )
    assert bounce is not None
    assert bounce.recipients == ("bob@example.net",)


@pytest.mark.parametrize(
    ("fields", "kind", "permanent"),
    [
        pytest.param("Action: failed\nStatus: 5.1.1", Kind.BOUNCE, True, id="no such user"),
        pytest.param("Action: failed\nStatus: 4.4.1", Kind.BOUNCE, False, id="gave up on a network"),
        pytest.param("Action: failed\nStatus: 5.2.2", Kind.BOUNCE, False, id="full mailbox"),
        pytest.param("Action: failed\nDiagnostic-Code: smtp; 550 no", Kind.BOUNCE, False, id="reply code alone"),
        pytest.param("Action: failed\nStatus: 5.7.1", Kind.BOUNCE, False, id="their policy"),
        pytest.param("Action: failed\nStatus: 5.4.4", Kind.BOUNCE, True, id="no such domain"),
        pytest.param("Action: delayed\nStatus: 4.4.1", Kind.DELAYED, False, id="delayed"),
        pytest.param("Action: delivered\nStatus: 2.0.0", Kind.RECEIPT, False, id="delivered"),
        pytest.param("Action: relayed\nStatus: 2.0.0", Kind.RECEIPT, False, id="relayed"),
    ],
)
def test_the_action_says_whether_it_failed_is_delayed_or_arrived(fields: str, kind: Kind, permanent: bool) -> None:
    message = parse(report(f"Final-Recipient: rfc822;bob@example.net\n{fields}"))
    found = read_notice(message)
    assert found is not None
    assert (found.kind, found.bounce.permanent) == (kind, permanent)
    assert (read_bounce(message) is None) == (kind is Kind.RECEIPT)


def test_a_delay_in_words_is_not_a_failure() -> None:
    found = read_notice(
        parse(
            notice(
                "THIS IS A WARNING MESSAGE ONLY.\nYOU DO NOT NEED TO RESEND YOUR MESSAGE.\n\n"
                "Delivery to the following recipient has been delayed:\n\n     bob@example.net\n",
                "Delivery Status Notification (Delay)",
            )
        )
    )
    assert found is not None
    assert (found.kind, found.bounce.status, found.bounce.permanent) == (Kind.DELAYED, "4.0.0", False)
    assert found.bounce.recipients == ("bob@example.net",)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            notice(
                "Hello,\n\nmy mail to you could not be delivered, what now?\n", "Mail to you", "alice@example.org"
            ).replace(b"<>", b"<alice@example.org>"),
            id="a person's own words",
        ),
        pytest.param(
            notice(
                "What does this mean?\n\n-------- Forwarded Message --------\nSubject: Undelivered Mail\n\n"
                "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n",
                "Fwd: Undelivered Mail Returned to Sender",
                "alice@example.org",
            ).replace(b"<>", b"<alice@example.org>"),
            id="a person who asks about a bounce",
        ),
        pytest.param(
            notice("Your parcel could not be delivered.", "Your parcel", "no-reply@shop.example.net").replace(
                b"<>", b"<x@shop.example.net>"
            ),
            id="a robot's parcel",
        ),
    ],
)
def test_words_alone_make_no_bounce_of_a_senders_mail(raw: bytes) -> None:
    assert read_bounce(parse(raw)) is None


def test_the_returned_mail_is_no_part_of_the_notice() -> None:
    above, below = split("It failed.\n\n----- Original message -----\nFrom: support@example.com\n")
    assert above.strip() == "It failed."
    assert "support@example.com" in below


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param("a@" * 500_000, id="ats"),
        pytest.param("<" * 1_000_000, id="brackets"),
        pytest.param("Final-Recipient: rfc822;a@b.c\nAction: failed\n" * 20_000, id="recipients"),
        pytest.param("x" * 1_000_000, id="one word"),
        pytest.param("-" * 1_000_000, id="a ruler"),
        pytest.param("5.1." * 250_000, id="codes"),
        pytest.param("delivered to " * 80_000, id="deliveries"),
    ],
)
def test_a_megabyte_of_junk_is_read_up_to_its_limit(junk: str) -> None:
    found = read_notice(parse(notice(junk)))
    assert found is None or len(found.bounce.recipients) <= 2


@pytest.mark.skipif(not GOLD.exists(), reason="the shared data is not beside this checkout")
def test_recipients_and_class_of_status_are_right_for_nineteen_of_twenty_real_bounces() -> None:
    rows = [row for row in csv.DictReader(GOLD.read_text().splitlines()) if row["status"].strip()]
    recipients = status = 0
    for row in rows:
        bounce = read_bounce(parse((DATA / "mail" / row["path"]).read_bytes()))
        if bounce:
            recipients += len(bounce.recipients) == int(row["recipients"])
            status += (bounce.status or " ")[0] in {word[0] for word in row["status"].split()}
    assert recipients >= 0.95 * len(rows)
    assert status >= 0.95 * len(rows)
