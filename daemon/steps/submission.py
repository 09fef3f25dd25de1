"""Pure. What passes between us and an SMTP server as text: the mail on its way, the id it is given, reasons of refusal."""

import re

_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")

_BRACKETED_ID = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
# Postfix, Exim, Sendmail and Amazon SES: `queued as 4F1…`, `OK id=1t…`, `Ok 0102…-000000`. A word has no digit in it.
_QUEUE_ID = re.compile(
    r"(?:queued as|\bid=|^(?:\d\.\d\.\d )?ok:?) ?((?=[A-Za-z-]*\d)[A-Za-z0-9][A-Za-z0-9-]{5,}[A-Za-z0-9])",
    re.IGNORECASE,
)

# Amazon SES says it bare and writes <…@eu-west-1.amazonses.com>: threading_/ids.py `spellings` knows both.
_AMAZONS_ID = re.compile(r"[0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-\d{6}")

# What a refusal says (lower case) where not the mail is at fault but what we are to the server → remedy.
_SET_UP: tuple[tuple[tuple[str, ...], str], ...] = (
    (("starttls", "encryption required"), 'Set [smtp] security = "starttls" or "tls".'),
    (
        ("relay access denied", "relaying denied", "relay denied", "relay not permitted", "relaying not", "to relay"),
        "Log in ([smtp] auth and user), or let the server relay for this host.",
    ),
    (
        ("5.7.60", "send as", "not owned by user", "not allowed to send"),
        "Let the login of [smtp] user send as the support address and as [smtp] bounce_address.",
    ),
    (("authentication required", "5.7.57"), 'Log in: set [smtp] auth = "password" or "xoauth2".'),
)


def transparent(raw: bytes) -> bytes:
    """Return the mail as DATA carries it (RFC 5321 §4.5.2): CRLF, dots doubled at the start of lines, a lone dot last."""
    raw = _LINE_END.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    return _DOT.sub(b"..", raw) + b".\r\n"


def assigned_id(reply: str) -> str | None:
    """Return the id in the reply to the text: a Message-ID without brackets (Exchange), else the queue's, else None.

    Some servers replace our Message-ID by it: customers' replies then refer to an id that we never wrote.
    """
    found = _BRACKETED_ID.search(reply) or _QUEUE_ID.search(reply)
    return found[1] if found else None


def message_ids(assigned: str) -> tuple[str, ...]:
    """Return the Message-IDs that an assigned id means: itself where it is one, Amazon's bare form, none for a queue's."""
    return (assigned,) if "@" in assigned or _AMAZONS_ID.fullmatch(assigned) else ()


def remedy_of(refusal: str) -> str:
    """Return what to do about a refusal that is not the mail's fault but the set-up's; '' where it is the mail's."""
    text = refusal.lower()
    return next((remedy for words, remedy in _SET_UP if any(word in text for word in words)), "")


# RFC 3463 §3.2 and §3.3: the address itself is at fault, or its mailbox is switched off. Not 5.7: what a server thinks
# of one mail, or of us, says nothing of the address.
_NO_SUCH_ADDRESS = re.compile(r"\b5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b")


def names_the_recipient(refusal: str) -> bool:
    """Whether a refusal says that the address itself will take no mail, now or later."""
    return _NO_SUCH_ADDRESS.search(refusal) is not None
