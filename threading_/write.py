"""Pure. OutgoingMail → bytes: RFC 5322 and MIME, CRLF, ASCII where it can be. Refuses what would break out of a header.

The header block is written here and not by the standard library, which folds long Message-IDs into encoded words and
accepts what it should refuse. `parse(write(x))` keeps ids, recipients, subject and text.
"""

import base64
import hashlib
import quopri
import re
from collections.abc import Iterator
from email.utils import format_datetime
from urllib.parse import quote

from threading_.message import Address, Attachment, OutgoingMail

_LINE = 76  #: letters a line; RFC 5322 §2.1.1 asks for at most 78
_HARD_LINE = 990  #: bytes; RFC 5322 §2.1.1 forbids more than 998
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LOCAL = re.compile(rf'{_ATEXT}+(?:\.{_ATEXT}+)*|"[ !#-\[\]-~]{{1,62}}"')
_DOMAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?|\[[A-Za-z0-9.:]{1,60}\]")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_PHRASE = re.compile(rf"(?:{_ATEXT}+)(?: {_ATEXT}+)*")
_BREAKING = re.compile("[\r\n\0]")
# What the writer itself sets; a caller who adds one of these would say it twice.
_OWN = frozenset(
    {"message-id", "date", "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "in-reply-to", "references",
     "mime-version", "content-type", "content-transfer-encoding", "content-disposition"}
)  # fmt: skip


def write(mail: OutgoingMail) -> bytes:
    """The mail as it goes over the wire.

    multipart/alternative with the text first where there is HTML, multipart/mixed with the original as message/rfc822
    and the further files where there are such. Raises ValueError that names the header, where a value holds CR, LF or
    NUL, an address is no addr-spec (RFC 5322 §3.4.1), an id is none, or a further header is one that is set here.
    """
    fields = list(_fields(mail))
    body = _entity(mail)
    lines = [_fold(name, value) for name, value in fields]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n" + body


def _fields(mail: OutgoingMail) -> Iterator[tuple[str, str]]:
    yield "Message-ID", f"<{_message_id('Message-ID', mail.message_id)}>"
    yield "Date", format_datetime(mail.date)
    yield "From", _mailbox("From", mail.sender)
    yield "To", _mailbox("To", mail.to)
    if mail.reply_to:
        yield "Reply-To", _mailbox("Reply-To", mail.reply_to)
    yield "Subject", _unstructured("Subject", mail.subject)
    if mail.in_reply_to and (known := _foreign_id("In-Reply-To", mail.in_reply_to)):
        yield "In-Reply-To", f"<{known}>"
    references = [known for one in mail.references if (known := _foreign_id("References", one))]
    if references:
        yield "References", " ".join(f"<{one}>" for one in references)
    for name, value in mail.headers:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"not a header name: {name!r}")
        if name.lower() in _OWN:
            raise ValueError(f"{name} is set from the mail's own fields")
        yield name, _unstructured(name, value)
    yield "MIME-Version", "1.0"


def _harmless(name: str, value: str) -> str:
    if _BREAKING.search(value):
        raise ValueError(f"{name} holds a line break or NUL")
    return value


def _message_id(name: str, value: str) -> str:
    _harmless(name, value)
    if not _ID.fullmatch(value):
        raise ValueError(f"{name} is not a message id")
    return value


def _foreign_id(name: str, value: str) -> str | None:
    """An id of somebody else's mail. One that RFC 5322 cannot carry (8-bit, endless) is left out: the others still
    thread, and a customer must not go without an answer for their mail program's sake."""
    return value if _ID.fullmatch(_harmless(name, value)) else None


def is_addressable(address: str) -> bool:
    """Whether a mail can be written to this address."""
    try:
        _mailbox("To", Address("", address))
    except ValueError:
        return False
    return True


def _mailbox(name: str, address: Address) -> str:
    _harmless(name, address.name)
    _harmless(name, address.address)
    local, _, domain = address.address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError as error:
            raise ValueError(f"{name} is not an address") from error
    international = all(letter > "\xa0" and letter.isprintable() for letter in local if letter > "~")
    ascii_local = re.sub(r"[^\x00-\x7f]", "x", local)  # RFC 6532: letters beyond ASCII stand where ASCII ones may
    if not (international and _LOCAL.fullmatch(ascii_local) and _DOMAIN.fullmatch(domain)) or ".." in domain:
        raise ValueError(f"{name} is not an address")
    shown = " ".join(address.name.split())
    if not shown:
        return f"<{local}@{domain}>" if name == "Return-Path" else f"{local}@{domain}"
    if _plain(shown):
        if not _PHRASE.fullmatch(shown):
            shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        shown = _encoded_words(shown, len(name) + 2)
    return f"{shown} <{local}@{domain}>"


def _plain(text: str) -> bool:
    """Whether the text may stand in a header as it is."""
    return all(" " <= letter <= "~" for letter in text) and "=?" not in text


def _unstructured(name: str, value: str) -> str:
    _harmless(name, value)
    value = " ".join(value.split()) if value.isspace() or value != value.strip() else value
    if _plain(value) and all(len(word) < _HARD_LINE - 80 for word in value.split(" ")):
        return value
    return _encoded_words(value, len(name) + 2)


def _encoded_words(text: str, used: int) -> str:
    """RFC 2047 words of UTF-8, each under 75 letters and with whole characters only (§5.3)."""
    words: list[str] = []
    chunk = b""
    room = max(12, (_LINE - used - len("=?utf-8?b??=")) // 4 * 3)
    for letter in text:
        data = letter.encode("utf-8", "replace")
        if len(chunk) + len(data) > room:
            words.append(_word(chunk))
            chunk, room = b"", 45
        chunk += data
    return " ".join([*words, _word(chunk)])


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="


def _fold(name: str, value: str) -> str:
    """The header line, folded at spaces (RFC 5322 §2.2.3); a run of spaces is kept whole."""
    out: list[str] = []
    line = f"{name}:"
    for word in re.findall(r" *[^ ]+", f" {value}" if value else ""):
        if len(line) + len(word) > _LINE and line != f"{name}:":
            out.append(line)
            line = ""
        line += word
    out.append(line)
    return "\r\n".join(out)


def _entity(mail: OutgoingMail) -> bytes:
    """The body with its own MIME header, which ends the mail's header block."""
    seed = mail.message_id
    body = _text_part("plain", mail.text)
    shown = [each for each in mail.attachments if mail.html is not None and each.inline and each.content_id]
    if mail.html is not None:
        page = _text_part("html", mail.html)
        if shown:  # RFC 2387: what the page shows stands beside it
            page = _multipart("related", [page, *map(_file_part, shown)], seed, ' type="text/html";')
        body = _multipart("alternative", [body, page], seed)
    files = [] if mail.attached_mail is None else [_mail_part(mail.attached_mail)]
    files += [_file_part(each) for each in mail.attachments if each not in shown]
    return _multipart("mixed", [body, *files], seed) if files else body


def _text_part(subtype: str, text: str) -> bytes:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").rstrip("\n") + "\n"
    data = text.encode("utf-8", "replace")
    lines = data.split(b"\n")
    if data.isascii() and all(len(line) <= _HARD_LINE and line == line.rstrip() for line in lines):
        return _part(f"text/{subtype}; charset=us-ascii", "7bit", data.replace(b"\n", b"\r\n"))
    if sum(byte > 127 for byte in data) * 3 > len(data):  # quoted-printable would treble it
        encoded = base64.encodebytes(data.replace(b"\n", b"\r\n"))
        return _part(f"text/{subtype}; charset=utf-8", "base64", encoded.replace(b"\n", b"\r\n"))
    encoded = quopri.encodestring(data)
    return _part(f"text/{subtype}; charset=utf-8", "quoted-printable", encoded.replace(b"\n", b"\r\n"))


def _mail_part(raw: bytes) -> bytes:
    """The original as it came. RFC 2046 §5.2.1 allows it no transfer encoding; one that no mail server would carry
    in clear (NUL, bare CR, endless lines) goes as a file."""
    data = re.sub(rb"\r?\n", b"\r\n", raw)
    disposition = 'attachment; filename="original.eml"'
    if b"\0" in data or b"\r" in data.replace(b"\r\n", b"") or any(len(one) > 998 for one in data.split(b"\r\n")):
        encoded = base64.encodebytes(raw).replace(b"\n", b"\r\n")
        return _part('application/octet-stream; name="original.eml"', "base64", encoded, disposition)
    return _part("message/rfc822", "7bit" if data.isascii() else "8bit", data, disposition)


def _file_part(attachment: Attachment) -> bytes:
    """A file, in base64 whatever it holds."""
    kind = attachment.content_type if _TYPE.fullmatch(attachment.content_type) else "application/octet-stream"
    if kind.startswith(("message/", "multipart/")):
        kind = "application/octet-stream"  # RFC 2046 §5 allows these no base64
    if re.fullmatch(r"[A-Za-z0-9 ._-]{1,100}", attachment.name):
        disposition = f'attachment; filename="{attachment.name}"'
    else:  # RFC 2231 §4
        disposition = f"attachment;\r\n filename*=utf-8''{quote(attachment.name[:60], safe='', errors='replace')}"
    if attachment.inline and attachment.content_id:
        identity = _message_id("Content-ID", attachment.content_id)
        disposition = f"{disposition.replace('attachment', 'inline', 1)}\r\nContent-ID: <{identity}>"
    encoded = base64.encodebytes(attachment.content).replace(b"\n", b"\r\n")
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return _part(kind + charset, "base64", encoded, disposition)


def _part(content_type: str, encoding: str, body: bytes, disposition: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    if disposition:
        head += f"Content-Disposition: {disposition}\r\n"
    return head.encode() + b"\r\n" + body


def _multipart(subtype: str, parts: list[bytes], seed: str, parameter: str = "") -> bytes:
    inner = b"\r\n".join(parts)
    number = 0
    while True:
        # From the mail itself: the same mail is the same bytes, and what stands in a part cannot end it.
        digest = hashlib.sha256(f"{seed}|{subtype}|{number}".encode() + inner).hexdigest()[:20]
        boundary = f"=_{subtype}_{digest}"
        if boundary.encode() not in inner:
            break
        number += 1
    mark = b"--" + boundary.encode()
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
    eight_bit = not inner.isascii()
    head = f'Content-Type: multipart/{subtype};{parameter}\r\n boundary="{boundary}"\r\n'
    if eight_bit:
        head += "Content-Transfer-Encoding: 8bit\r\n"
    return head.encode() + b"\r\n" + body + mark + b"--\r\n"
