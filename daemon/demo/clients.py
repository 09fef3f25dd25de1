"""Pure. How mail programs write: each with its own headers, its own way to quote and its own place for the new text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from html import escape

from threading_.message import Address, Message


class Client(StrEnum):
    """A mail program."""

    GMAIL = "gmail"  #: text and HTML, new text above, "On … wrote:"
    OUTLOOK = "outlook"  #: HTML alone, new text above, the old header block instead of quote marks
    IPHONE = "iphone"  #: text, new text above, "Sent from my iPhone"
    THUNDERBIRD = "thunderbird"  #: flowed text, new text below the quote, a signature behind "-- "


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A mail that a person is about to send."""

    client: Client
    sender: Address
    to: Address
    subject: str
    text: str
    date: datetime
    token: str  #: what makes the Message-ID unique: letters and digits
    signature: str = ""
    below: str = ""  #: an older exchange that stands under the text as this person's program shows it
    answering: Message | None = None


def write(writing: Writing) -> bytes:
    """The mail as the program sends it: RFC 5322 bytes, ready for SMTP."""
    mail = EmailMessage(policy=SMTP)
    old = writing.answering
    mail["From"] = _address(writing.sender)
    mail["To"] = _address(writing.to)
    mail["Subject"] = _reply_subject(old.subject) if old else writing.subject
    mail["Date"] = format_datetime(writing.date)
    mail["Message-ID"] = f"<{_MESSAGE_IDS[writing.client](writing)}>"
    if old is not None and old.message_id:
        mail["In-Reply-To"] = f"<{old.message_id}>"
        mail["References"] = " ".join(f"<{one}>" for one in (*old.references, old.message_id))
    _BODIES[writing.client](mail, writing)
    return mail.as_bytes()


def _gmail(mail: EmailMessage, writing: Writing) -> None:
    plain, html = _signed(writing), _paragraphs(_signed(writing), "div")
    if writing.answering is not None:
        said = f"On {_day(writing.date)} at {writing.date:%H:%M}, {writing.to.name} <\n{writing.to.address}> wrote:"
        plain += f"\n\n{said}\n\n{_marked(writing.answering.text)}"
        html += (
            f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(said)}<br></div>'
            '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204)">'
            f"{_paragraphs(writing.answering.text, 'div')}</blockquote></div>"
        )
    mail.set_content(plain, cte="quoted-printable")
    mail.add_alternative(f'<div dir="ltr">{html}</div>', subtype="html", cte="quoted-printable")


def _outlook(mail: EmailMessage, writing: Writing) -> None:
    mail["Thread-Topic"] = mail["Subject"].removeprefix("RE: ")
    mail["Accept-Language"] = "en-GB, de-DE"
    mail["X-MS-Has-Attach"] = ""
    below = writing.below
    if writing.answering is not None:
        below = (
            f"From: {writing.to.name} <{writing.to.address}>\nSent: {writing.date:%d %B %Y %H:%M}\n"
            f"To: {writing.sender.name} <{writing.sender.address}>\nSubject: {writing.answering.subject}\n\n"
            + writing.answering.text
        )
    block = '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
    quoted = f'<div id="appendonsend"></div>{block}{_paragraphs(below, "p")}</div>' if below else ""
    mail.set_content(
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        "<style>p.MsoNormal{margin:0cm;font-size:11.0pt;font-family:Calibri}</style></head>"
        f'<body lang="EN-GB"><div class="WordSection1">{_paragraphs(_signed(writing), "p")}{quoted}</div></body></html>',
        subtype="html",
        cte="base64",
    )


def _iphone(mail: EmailMessage, writing: Writing) -> None:
    mail["X-Mailer"] = "iPhone Mail (22B83)"
    text = f"{writing.text}\n\nSent from my iPhone"
    if writing.answering is not None:
        said = f"On {writing.date:%d %b %Y}, at {writing.date:%H:%M}, {writing.to.name} <{writing.to.address}> wrote:"
        text += f"\n\n> {said}\n> \n{_marked(writing.answering.text)}"
    mail.set_content(text, cte="quoted-printable")


def _thunderbird(mail: EmailMessage, writing: Writing) -> None:
    mail["User-Agent"] = "Mozilla Thunderbird"
    mail["Content-Language"] = "en-GB"
    text = writing.text
    if writing.answering is not None:
        said = f"On {writing.date:%d/%m/%Y %H:%M}, {writing.to.name} wrote:"
        text = f"{said}\n{_marked(writing.answering.text)}\n\n{text}"
    if writing.signature:
        text += f"\n\n-- \n{writing.signature}"
    mail.set_content(text, cte="8bit")
    mail.set_param("format", "flowed")


_BODIES: Mapping[Client, Callable[[EmailMessage, Writing], None]] = {
    Client.GMAIL: _gmail,
    Client.OUTLOOK: _outlook,
    Client.IPHONE: _iphone,
    Client.THUNDERBIRD: _thunderbird,
}

_MESSAGE_IDS: Mapping[Client, Callable[[Writing], str]] = {
    Client.GMAIL: lambda writing: f"CA+{writing.token}@mail.gmail.com",
    Client.OUTLOOK: lambda writing: f"DB9PR04MB{writing.token}@DB9PR04MB8236.eurprd04.prod.outlook.com",
    Client.IPHONE: lambda writing: f"{writing.token.upper()}@{writing.sender.domain}",
    Client.THUNDERBIRD: lambda writing: f"{writing.token}@{writing.sender.domain}",
}


def _address(address: Address) -> str:
    return f"{address.name} <{address.address}>" if address.name else address.address


def _reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _signed(writing: Writing) -> str:
    return f"{writing.text}\n\n{writing.signature}" if writing.signature else writing.text


def _day(date: datetime) -> str:
    return f"{date:%a}, {date.day} {date:%b %Y}"


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _paragraphs(text: str, tag: str) -> str:
    css = ' class="MsoNormal"' if tag == "p" else ""
    lines = (escape(line) or ("&nbsp;" if tag == "p" else "<br>") for line in text.splitlines())
    return "".join(f"<{tag}{css}>{line}</{tag}>" for line in lines)
