"""Pure. Bytes → Message. The only file that knows mail-parser. Never raises: what cannot be read is said in the value.

mail-parser stands on the standard library's compat32 policy, which survives what `policy.default` crashes on
(peers.md F). Its header block and MIME tree are used; the text is read here, because it mixes the text of attached
mails with the mail's own (mail-servers.md §6).
"""

import email
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.generator import BytesGenerator
from email.message import Message as Part
from email.parser import BytesHeaderParser
from email.policy import Compat32, compat32
from email.utils import collapse_rfc2231_value

import mailparser

from threading_.flowed import unflow
from threading_.headers import (
    decode_bytes,
    decode_header,
    read_addresses,
    read_date,
    read_ids,
    read_return_path,
)
from threading_.html import clean_text, declared_charset, html_text
from threading_.message import Address, Attachment, Encryption, Headers, Message
from threading_.names import safe_name


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read of one mail; more of it makes the mail unreadable (product.md §9)."""

    message_bytes: int = 25_000_000
    parts: int = 200
    depth: int = 50  #: of multiparts and attached mails inside each other
    header_bytes: int = 200_000
    field_bytes: int = 20_000  #: of one header of MIME: the standard library takes quadratic time for it
    parameters: int = 10_000  #: in all headers of MIME together: it splits each of them a dozen times


_DEFAULT = Limits()
# A declaration at a line's start; each makes at most one level and at least one part.
_CONTAINER = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_LINE_END = rb"(?:\r\n|\r|\n)"
_MIME_FIELD = re.compile(
    rb"(?:^|\r)content-[a-z-]{1,40}:[^\r\n]*(?:" + _LINE_END + rb"[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY = re.compile(rb"boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_DELIMITER = re.compile(rb"(?:^|\r)--([^\r\n]{1,200})", re.MULTILINE)
_SLACK = 20  # parts of attached mails have delimiters too, and are not read
_HEADER_END = re.compile(rb"\r?\n[ \t]*\r?\n|\r\r")
_FIELD = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "resent-to")
#: Written by servers, for programs: an encoded word in them is a sender's, copied (RFC 2047 §5 allows it in comments).
_VERDICTS = frozenset({"authentication-results", "arc-authentication-results", "arc-seal"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP_TEXT = "-----BEGIN PGP MESSAGE-----"
_KEPT = "text/rfc822-headers"
_TEXTS = frozenset({"text/plain", "text/markdown", "text/enriched", "text/richtext", "text/html"})


def parse(raw: bytes, limits: Limits = _DEFAULT, *, files: bool = False) -> Message:
    """The mail as a value. Never raises. With `files` the attachments have their bytes, to be passed on unread.

    Too large, too many parts and too deep are found before the expensive work; such a mail, and one that the parser
    cannot read, keeps the headers that could be read and says in `unreadable` why.
    """
    body = _without_envelope(raw)
    refused = _over_limits(raw, body, limits)
    if refused is not None:
        return _minimal(raw, body, limits, refused)
    try:
        message, defects = _tree(body)
        found = _Found(limits, files)
        found.read(message)
        return _message(raw, message, found, defects)
    except _TooMuch as error:
        return _minimal(raw, body, limits, str(error))
    except Exception as error:
        # Both libraries have raised IndexError, LookupError, RecursionError and more on odd mail: every mail becomes a
        # Message all the same.
        return _minimal(raw, body, limits, f"the parser failed on it ({type(error).__name__})")


class _TooMuch(Exception):
    """A limit was passed."""


def _tree(body: bytes) -> tuple[Part, set[str]]:
    """The MIME tree and the names of its defects.

    mail-parser 4.8.0 itself fails on eight of the 2,851 mails at hand (a multipart whose end is missing): the tree that
    it builds on is then taken without it.
    """
    try:
        mail = mailparser.parse_from_bytes(body)
        return mail.message, {str(one) for one in mail.defects_categories}
    except Exception as error:
        return email.message_from_bytes(body, policy=compat32), {f"MailParser{type(error).__name__}"}


def _without_envelope(raw: bytes) -> bytes:
    """The mail without what mailboxes and gateways put before its first header: blank lines, a BOM, a "From " line."""
    body = raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if body[:6].lstrip(b">").startswith(b"From ") and b"\n" in body:
        return body.split(b"\n", 1)[1]
    return body


def _header_block(body: bytes) -> bytes:
    end = _HEADER_END.search(body)
    return body[: end.start()] if end else body


def _over_limits(raw: bytes, body: bytes, limits: Limits) -> str | None:
    if len(raw) > limits.message_bytes:
        return f"it is larger than {limits.message_bytes:,} bytes"
    if len(body[: limits.header_bytes + 1]) > limits.header_bytes and not _HEADER_END.search(
        body, 0, limits.header_bytes + 4
    ):
        return f"its header is longer than {limits.header_bytes:,} bytes"
    containers = 0
    for containers, _ in enumerate(_CONTAINER.finditer(body), start=1):
        if containers > limits.parts + limits.depth:
            return f"it has more than {limits.parts} parts"
    boundaries = {quoted or plain for quoted, plain in _BOUNDARY.findall(body)}
    delimiters = 0
    for delimiter in _DELIMITER.finditer(body) if boundaries else ():
        delimiters += delimiter[1].rstrip() in boundaries
        if delimiters > limits.parts * _SLACK:
            return f"it has more than {limits.parts} parts"
    parameters = 0
    for found in _MIME_FIELD.finditer(body):
        parameters += found[0].count(b";")
        if len(found[0]) > limits.field_bytes:
            return f"one of its MIME headers is longer than {limits.field_bytes:,} bytes"
        if parameters > limits.parameters:
            return f"its MIME headers have more than {limits.parameters:,} parameters"
    return None


def _minimal(raw: bytes, body: bytes, limits: Limits, reason: str) -> Message:
    """What can be said of a mail without reading its body."""
    try:
        part = BytesHeaderParser(policy=compat32).parsebytes(_header_block(body[: limits.header_bytes]) + b"\n\n")
        return _message(raw, part, _Found(limits), set(), reason)
    except Exception:  # the last resort must not fail: the digest alone still makes a record
        return Message(digest=_digest(raw), size=len(raw), message_id=None, unreadable=reason)


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _message(raw: bytes, part: Part, found: "_Found", defects: set[str], unreadable: str | None = None) -> Message:
    items = [(name.lower(), str(value)) for name, value in part.raw_items()]
    raw_values: dict[str, list[str]] = {}
    for name, value in items:
        raw_values.setdefault(name, []).append(value)
    headers = Headers(tuple((name, decode_header(value, words=name not in _VERDICTS)) for name, value in items))
    senders = _addresses(raw_values, "from")
    if not items:
        unreadable = unreadable or "it has no header"
    return Message(
        digest=_digest(raw),
        size=len(raw),
        message_id=next(iter(read_ids(headers.all("message-id")[:1])), None),
        in_reply_to=read_ids(headers.all("in-reply-to")),
        references=read_ids(headers.all("references")),
        sender=senders[0] if senders else None,
        reply_to=_addresses(raw_values, "reply-to"),
        to=_addresses(raw_values, "to"),
        cc=_addresses(raw_values, "cc"),
        delivered_to=tuple(
            dict.fromkeys(address.key for name in _DELIVERED for address in _addresses(raw_values, name))
        ),
        return_path=read_return_path(headers.get("return-path")) if "return-path" in headers else None,
        subject=headers.get("subject"),
        date=read_date(headers.get("date")),
        headers=headers,
        content_type=part.get_content_type(),
        report_type=_parameter(part, "report-type").lower() if part.get_content_subtype() == "report" else "",
        text=found.text(),
        html="\n".join(found.html),
        attachments=tuple(found.attachments),
        encryption=found.encryption,
        defects=tuple(sorted(defects | found.defects)),
        unreadable=unreadable,
    )


def _addresses(raw_values: dict[str, list[str]], name: str) -> tuple[Address, ...]:
    return read_addresses(raw_values.get(name, ()))


def _parameter(part: Part, name: str) -> str:
    """A parameter of Content-Type, decoded; '' where it is missing or broken."""
    try:
        value = part.get_param(name)
        return decode_header(collapse_rfc2231_value(value)).strip() if value is not None else ""
    except (ValueError, TypeError, IndexError, LookupError):
        return ""


@dataclass(slots=True)
class _Found:
    """What the parts of a mail hold."""

    limits: Limits
    files: bool = False
    texts: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    encryption: Encryption | None = None
    defects: set[str] = field(default_factory=set)
    parts: int = 0

    def text(self) -> str:
        return "\n\n".join(text.strip("\n") for text in self.texts if text.strip()).strip("\n")

    def read(self, part: Part, depth: int = 0) -> None:
        self.parts += 1
        if self.parts > self.limits.parts:
            raise _TooMuch(f"it has more than {self.limits.parts} parts")
        if depth > self.limits.depth:
            raise _TooMuch(f"its parts are nested deeper than {self.limits.depth}")
        _mend(part)
        main, _, sub = part.get_content_type().partition("/")
        children: list[Part] | None = part.get_payload() if part.is_multipart() else None  # type: ignore[assignment]
        if main == "multipart" and sub == "encrypted":
            self.encryption = Encryption.PGP
        if main == "multipart" and children is not None:
            if sub == "alternative":
                self._read_alternative(children, depth)
            else:
                for child in children:
                    self.read(child, depth + 1)
        elif main == "message":
            self._check_depth(part, depth)
            self._attach(part, _content(part))
        elif main == "multipart":
            self._read_broken(part, depth)
        else:
            self._read_leaf(part)

    def _check_depth(self, part: Part, depth: int) -> None:
        """Attached mails are not read, but their nesting counts: writing one down again is recursive."""
        stack = [(part, depth)]
        while stack:
            one, level = stack.pop()
            if level > self.limits.depth:
                raise _TooMuch(f"its parts are nested deeper than {self.limits.depth}")
            if one.is_multipart():
                stack += [(child, level + 1) for child in one.get_payload()]  # type: ignore[misc]

    def _read_alternative(self, children: list[Part], depth: int) -> None:
        """One text, said several times (RFC 2046 §5.1.4): the plain one where it says anything, else the HTML."""
        chosen: list[str] = []
        kept = self.texts
        for child in children:
            self.texts = []
            self.read(child, depth + 1)
            if "".join(self.texts).strip() and not "".join(chosen).strip():
                chosen = self.texts
        self.texts = kept + chosen

    def _read_broken(self, part: Part, depth: int) -> None:
        """A multipart without usable parts: its boundary is missing or never used. The payload is all there is."""
        self.defects.add("NoPartsDefect")
        data = _payload(part)
        boundary = re.match(rb"\s*--([^\r\n]{1,200})\r?\n", data)
        if boundary and depth < 3:  # the body says what the header forgot
            quoted = boundary[1].rstrip().replace(b"\\", b"").replace(b'"', b"")
            mended = email.message_from_bytes(b'Content-Type: multipart/mixed; boundary="' + quoted + b'"\n\n' + data)
            if mended.is_multipart():
                self.read(mended, depth + 1)
                return
        self.texts.append(clean_text(decode_bytes(data)))

    def _read_leaf(self, part: Part) -> None:
        kind = part.get_content_type()
        if kind in _SMIME and self.encryption is None:
            self.encryption = Encryption.SMIME  # also where it is only signed: the text is inside
        name = _file_name(part)
        disposition = part.get_content_disposition() or ""
        is_text = kind in _TEXTS and disposition != "attachment" and not (name and self._has_text())
        if not is_text or (name and kind == "text/html"):
            self._attach(part, _payload(part) if self.files or kind == _KEPT else b"")
            return
        if kind == "text/html":
            self._read_html(part)
            return
        text = clean_text(decode_bytes(_payload(part), _parameter(part, "charset")))
        if kind in ("text/enriched", "text/richtext"):
            text = re.sub(r"<param>[^<]*</param>|<[^<>]{0,100}>", "", text, flags=re.IGNORECASE)
        if _parameter(part, "format").lower() == "flowed":
            text = unflow(text, delsp=_parameter(part, "delsp").lower() == "yes")
        if text.lstrip().startswith(_PGP_TEXT):
            self.encryption = Encryption.PGP
        self.texts.append(text)

    def _has_text(self) -> bool:
        return any(text.strip() for text in self.texts) or bool(self.html)

    def _read_html(self, part: Part) -> None:
        data = _payload(part)
        html = decode_bytes(data, _parameter(part, "charset") or declared_charset(data))
        self.html.append(html)
        self.texts.append(html_text(html))

    def _attach(self, part: Part, content: bytes) -> None:
        kind = part.get_content_type()
        size = len(content) if content else _size(part)
        self.attachments.append(
            Attachment(
                name=safe_name(_file_name(part), kind, len(self.attachments) + 1),
                content_type=kind,
                size=size,
                inline=part.get_content_disposition() != "attachment" and "content-id" in part,
                content=content,
                content_id=_content_id(part),
            )
        )


def _mend(part: Part) -> None:
    """Raw 8-bit letters in the two MIME headers, decoded: the standard library makes U+FFFD of each."""
    for name, value in list(part.raw_items()):
        if name.lower() in ("content-type", "content-disposition") and not str(value).isascii():
            part.replace_header(name, decode_bytes(str(value).encode("utf-8", "surrogateescape")))


def _content_id(part: Part) -> str:
    """RFC 2392 §2: how `cid:` names the part; '' for none, or one that no header of ours could carry."""
    value = str(part.get("content-id", "")).strip().strip("<>")
    return value if re.fullmatch(r"[!-;=?-Z^-~]{1,200}", value) else ""


def _file_name(part: Part) -> str:
    try:
        name = part.get_filename()
    except (ValueError, TypeError, IndexError, LookupError):  # broken RFC 2231 continuations
        return ""
    return decode_header(name) if name else ""


def _payload(part: Part) -> bytes:
    """The part's bytes, transfer encoding undone; what is broken in it is kept as it came."""
    try:
        data = part.get_payload(decode=True)
    except (ValueError, TypeError, AssertionError, LookupError):
        data = None
    if isinstance(data, bytes):
        return data
    payload = part.get_payload()
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _size(part: Part) -> int:
    """Bytes of the part after decoding, reckoned without decoding where that is exact enough."""
    payload = part.get_payload()
    if isinstance(payload, str) and str(part.get("content-transfer-encoding", "")).strip().lower() == "base64":
        letters = len(payload) - payload.count("\n") - payload.count("\r") - payload.count("=")
        return letters * 3 // 4
    return len(_payload(part))


class _AsItCame(Compat32):
    """Headers are written as they were read: not folded anew, which takes half the time of reading the mail."""

    def fold_binary(self, name: str, value: str) -> bytes:
        return f"{name}: {value}{self.linesep}".encode("ascii", "surrogateescape")


_AS_IT_CAME = _AsItCame()


def _content(part: Part) -> bytes:
    """A part of type message/* as bytes, its own MIME header left out."""
    inner = list(_inner(part))
    if len(inner) == 1 and not inner[0].keys() and str(part.get("content-transfer-encoding", "")).lower() == "base64":
        # Against RFC 2046 §5.2.1, yet real: the attached mail is base64, and was parsed as a text.
        inner[0]["Content-Transfer-Encoding"] = "base64"
        return _payload(inner[0])
    out = io.BytesIO()
    for one in inner:
        try:
            BytesGenerator(out, mangle_from_=False, policy=_AS_IT_CAME).flatten(one)
        except (ValueError, TypeError, LookupError, AttributeError, MessageError):  # odd 8-bit headers
            out.write("\n".join(f"{name}: {value}" for name, value in one.items()).encode("utf-8", "replace"))
    return out.getvalue() or _payload(part)


def _inner(part: Part) -> Iterator[Part]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Part))
