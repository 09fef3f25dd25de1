"""Pure. Header values: from what is on the wire to what can be read, compared and shown. Nothing here ever raises."""

import base64
import binascii
import codecs
import email.utils
import quopri
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from threading_.message import Address

# RFC 2047 §2. Real mailers put spaces into the text of a Q word, so that only "?" ends it.
_ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_FOLD = re.compile(r"\r?\n[ \t]*|\r")
# C0, DEL, C1, line separators: none may reach a log, a header or a terminal.
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_BRACKETED = re.compile(r"<([^<>]{1,998})>")
_BARE_ID = re.compile(r"[^\s<>(),;:\"]{1,500}@[^\s<>(),;:\"]{1,500}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE_ADDRESS = re.compile(r"[^\s<>(),;:\"\[\]]{1,320}@[^\s<>(),;:\"]{1,320}")

# Names that mailers use for charsets that Python knows under others.
_CHARSETS = {
    "ansi": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252", "iso-8859-1": "cp1252", "iso_8859-1": "cp1252",
    "latin1": "cp1252", "latin-1": "cp1252", "x-mac-roman": "mac_roman", "macintosh": "mac_roman",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "iso-8859-9": "cp1254", "iso-8859-11": "cp874",
    "windows-874": "cp874", "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "x-windows-949": "cp949", "shift_jis": "cp932",
    "shift-jis": "cp932", "x-sjis": "cp932", "sjis": "cp932", "big5": "cp950", "x-x-big5": "cp950",
    "unicode-1-1-utf-7": "utf-7", "unicode-1-1-utf-8": "utf-8", "utf8mb4": "utf-8", "x-utf-8": "utf-8",
    "iso-2022-jp": "iso2022_jp_ext", "koi8": "koi8-r", "x-user-defined": "cp1252",
}  # fmt: skip
# Codecs that are no charsets of mail; punycode and idna take quadratic time on what a stranger sends.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"})


def charset_codec(name: str) -> str:
    """Python's name of a charset that a mail names; '' where it knows none."""
    name = name.strip().strip("'\"").lower()
    if any(not " " <= letter <= "~" for letter in name):  # lookup raises on NUL and friends
        return ""
    for guess in (_CHARSETS.get(name, name), re.sub(r"^(?:x-|charset=)|(?<=^cp)-", "", name).replace("_", "-")):
        try:
            codec = codecs.lookup(guess)
        except LookupError:
            continue
        # Some codecs turn bytes into bytes (zip, hex): a mail that names one must not have it run.
        if getattr(codec, "_is_text_encoding", True) and codec.name not in _NO_CHARSETS:
            return codec.name
    return ""


def decode_bytes(data: bytes, charset: str = "") -> str:
    """Text of bytes by the charset named, else by what they can be: UTF-8, ISO-2022-JP, Windows-1252. Never raises.

    A charset that does not fit its bytes is wrong more often than the bytes are (mail-servers.md §6), hence UTF-8 is
    tried before anything is replaced by U+FFFD.
    """
    named = charset_codec(charset) if charset else ""
    guesses = [named] if named and named != "cp1252" else []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        guesses.insert(0, "utf-16")
    if b"\x1b$" in data and not guesses:
        guesses.append("iso2022_jp_ext")
    guesses.append("utf-8")
    for guess in guesses:
        try:
            return data.decode(guess)
        except (UnicodeError, ValueError):  # some codecs raise plain ValueError
            continue
    try:
        return data.decode(named or "cp1252", "replace")
    except (UnicodeError, ValueError):
        return data.decode("latin-1")


def decode_header(value: str, *, words: bool = True) -> str:
    """A header value as a person reads it: unfolded, RFC 2047 words decoded, free of CR, LF, NUL and other controls.

    `value` is as the standard library's compat32 policy holds it: 8-bit bytes as surrogates. Without `words` an encoded
    word stays as it came: where a machine's verdict is read, a sender's `=?utf-8?q?=3B_dmarc=3Dpass?=` must not become one.
    """
    try:
        data = value.encode("ascii", "surrogateescape")
    except UnicodeError:
        text = value.encode("utf-8", "replace").decode("utf-8")
    else:
        text = decode_bytes(data)
    text = _FOLD.sub(" ", text)
    if words and "=?" in text:
        text = _decode_words(text)
    return _CONTROL.sub(" ", text).strip()


def _decode_words(text: str) -> str:
    """RFC 2047 §6.2: white space between two encoded words is not shown; words of one charset are decoded as one,
    because mailers cut multi-byte letters in the middle."""
    out: list[str] = []
    pending: list[bytes] = []
    charset = ""
    end = 0

    def flush() -> None:
        if pending:
            out.append(decode_bytes(b"".join(pending), charset))
            pending.clear()

    for word in _ENCODED_WORD.finditer(text):
        between = text[end : word.start()]
        after_word = end > 0
        if not (after_word and not between.strip()):
            flush()
            out.append(between)
        if pending and word[1].lower() != charset:
            flush()
        charset = word[1].lower()
        pending.append(_word_bytes(word[2], word[3]))
        end = word.end()
    flush()
    out.append(text[end:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        return quopri.decodestring(data.replace(b"_", b"=20"), header=False)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return base64.b64decode(data[: len(data) // 4 * 4])


def read_ids(values: Iterable[str]) -> tuple[str, ...]:
    """The message ids in decoded header values, in order, each once, without brackets and folding white space.

    Tolerant where real mail is (peers.md F): `<[83c4]@microsoft.com]>`, words around the id, an id without brackets.
    """
    found: list[str] = []
    for value in values:
        ids = ["".join(inner.split()) for inner in _BRACKETED.findall(value)]
        if not any(ids):
            ids = _BARE_ID.findall(value)
        found += [one for one in ids if one]
    return tuple(dict.fromkeys(found))


def read_addresses(values: Sequence[str]) -> tuple[Address, ...]:
    """Every mailbox in raw (not yet decoded) values of an address header; groups are flattened (RFC 5322 §3.4)."""
    found: list[Address] = []
    for value in values:
        plain = _FOLD.sub(" ", value)
        try:
            pairs = email.utils.getaddresses([plain])
        except (RecursionError, IndexError, ValueError, TypeError):  # cpython#148518 and thousands of "("
            pairs = []
        read = [_address(name, address) for name, address in pairs if address and " " not in address]
        if not any("@" in one.address for one in read):
            # An encoded word may hold the whole `Name <address>`, and unquoted commas or colons break the grammar.
            read = [_address("", bare) for bare in _bare_addresses(decode_header(plain))] or read
        found += [one for one in read if one.address]
    return tuple(found)


def _bare_addresses(value: str) -> list[str]:
    """What looks like an address. What stands in quotes is a name: `"a@b c"@d` is a mail of d's, never of b's."""
    outside = _QUOTED.sub("", value)
    return _BARE_ADDRESS.findall(outside if "@" in outside else value)


def _address(name: str, address: str) -> Address:
    local, at, domain = decode_header(address).replace(" ", "").strip("<>").rpartition("@")
    return Address(decode_header(name).strip("\"' "), f"{local}{at}{domain.lower()}" if at else domain)


def read_return_path(value: str) -> str:
    """The envelope sender of a Return-Path value: '' is the null path `<>` (RFC 5321 §4.5.5)."""
    inner = re.search(r"<([^<>]*)>", value)
    return (inner[1] if inner else value).strip()


def read_date(value: str) -> datetime | None:
    """The time of a Date value in UTC; None where it is nonsense. `-0000` counts as UTC (RFC 5322 §3.3)."""
    try:
        date = email.utils.parsedate_to_datetime(value)
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.year >= 1970 else None
