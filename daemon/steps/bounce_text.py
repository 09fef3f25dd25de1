"""Pure. Bounces written for people: no RFC 3464 report, only words (qmail, Exim, Exchange, Domino, providers).

The notice is what stands above the returned mail. Recipients and codes are read from the notice alone, so that the
addresses of the returned mail never count as failed; its To is the last resort where the notice names nobody.
"""

import re

from daemon.steps.bounce_report import ADDRESS, READ_LIMIT, REPLY_CODE, RETURNED_TYPES, STATUS, text_of
from threading_.message import Message

#: The line under which the returned mail begins: a ruler with these words, or the first trace header.
_RETURNED = re.compile(
    r"^[\s>]{0,8}[-_=*]{0,70}\s{0,4}(?:"
    r"(?:this|below|included|attached)\b.{0,40}\bcopy of\b.{0,40}(?:message|mail|header|body)"
    r"|(?:the )?(?:headers?|body) of (?:the|your) (?:original|message|mail)"
    r"|the following is (?:a copy|the (?:header|original|message))"
    r"|(?:original|returned|returning|unsent|undelivered|rejected|failed|non-?delivered|bounced|your original) "
    r"(?:e-?mail|message|mail)(?: (?:headers?|text|body|follows|to follow|copy|as follows|attached))?[\s.:]{0,4}[-_=*]{0,70}$"
    r"|(?:message|original|mail) (?:headers?|contents?|body|text)(?: follows?| below)?[\s.:]{0,4}[-_=*]{0,70}$"
    r"|begin forwarded message"
    r")",
    re.I,
)
_TRACE = re.compile(r"^[\s>]{0,8}(?:return-path|received|dkim-signature|x-received|message-id):", re.I)
_RETURNED_TO = re.compile(r"^[\s>]{0,8}(?:to|x-original-to):[ \t]*(.*)$", re.I)
_RETURNED_FROM = re.compile(r"^[\s>]{0,8}(?:return-path|from):[ \t]*(.*)$", re.I)

_A = f"(?P<a>{ADDRESS.pattern})"
#: Lines that name who failed; the first kind that occurs anywhere wins, so the surest stand first.
_NAMING = (
    re.compile(r'^[\s>*]{0,12}"?<?' + _A + r'>?"?\s?:'),  # qmail, Postfix, Courier, GMX
    re.compile(
        r"(?:deliver(?:ing|ed)?|send(?:ing)?|relayed?|sent|addressed|failed)\b[^<>@\r\n]{0,60}"
        r"\b(?:to|for)\b:? ?[<\"' ]{0,2}" + _A,
        re.I,
    ),
    re.compile(
        r"^[\s>*\-]{0,12}<?" + _A + r">?"
        r"(?=\s*$|\s*[\[(,;:.<]|\s+(?:on|was|is|has|<|-|failed|invalid|unknown|user|as|:))",
        re.I,
    ),
    re.compile(
        r"^[\s>*\-]{0,12}(?:recipient(?: address)?|unknown user|user|address|to|username)\s{0,3}:\s{0,8}<?" + _A, re.I
    ),
    re.compile(r"^\s{0,12}[45]\d\d (?:[45]\.\d{1,3}\.\d{1,3} )?<" + _A + r">\.\.\."),  # Sendmail 5
    re.compile(r"rcpt to\s{0,2}:\s{0,3}<?" + _A, re.I),
    re.compile(r'"emailAddress\\?"\s*:\s*\\?"' + _A),  # Amazon SES
)

#: What is said of an address that does not exist, or no longer.
_BAD_ADDRESS = re.compile(
    r"(?:user|recipient|mailbox|address|account|host|domain|local part|name)\W{0,3}(?: name)? ?(?:is |was |does |has been )?"
    r"(?:un(?:known|recogni[sz]ed|available)|not (?:found|exist|recogni[sz]ed|listed|known)|doesn'?t exist|invalid|disabled|suspended|inactive)"
    r"|(?:unknown|invalid|no such|bad|unrecogni[sz]ed|nonexistent) (?:local )?(?:user|recipient|mailbox|address|account|host|domain|person)"
    r"|(?:no|not a) (?:valid )?(?:mailbox|user|account|recipients?)\b|not listed in|doesn'?t have an? .{0,60}account|no longer (?:valid|exist|on)",
    re.I,
)
#: Exim's and Zoho's words for X.4.7, delivery time expired (RFC 3463 §3.5).
_EXPIRED = re.compile(
    r"retry time(?:out)? (?:not reached|exceeded)|(?:hosts?|all) .{0,40}have been failing for a long time", re.I
)
_DELAYED = re.compile(
    r"this is a warning message only|do not need to resend|will (?:continue|keep|be|try)[^.\n]{0,40}(?:retr|try|attempt)"
    r"|delivery (?:is |has been |attempts )?(?:delayed|deferred)|message (?:is )?delayed|not yet been delivered"
    r"|warning: could not send message for past|delivery attempts will continue|noch nicht zugestellt"
    r"|still being (?:retried|attempted)|has been delayed|配送が遅れ|遅延",
    re.I,
)


def split(text: str) -> tuple[str, str]:
    """The notice and the returned mail below it ('' where none is shown). Linear in the text, which is cut first."""
    lines = text[:READ_LIMIT].splitlines()
    written = False
    for number, line in enumerate(lines):
        if written and (_TRACE.match(line) or _RETURNED.match(line)):
            return "\n".join(lines[:number]), "\n".join(lines[number:])
        written = written or bool(line.strip())
    return "\n".join(lines), ""


def recipients(message: Message) -> tuple[str, ...]:
    """Who failed, each once: X-Failed-Recipients (Exim), else whom the notice names, else the returned mail's To."""
    header = tuple(dict.fromkeys(ADDRESS.findall(message.headers.get("x-failed-recipients")[:8000])))
    if header:
        return header
    notice, returned = split(message.text)
    copies = [returned, *(text_of(p.content) for p in message.attachments if p.content_type in RETURNED_TYPES)]
    writers = {address.key for address in message.to} | {a.lower() for a in _in_headers(copies, _RETURNED_FROM)}
    lines = [line[:1000] for line in notice.splitlines() if "@" in line[:1000]]
    # Someone who writes to their own address is both writer and recipient: counted where nobody else is named.
    for excluded in (writers, set[str]()):
        for pattern in _NAMING:
            found: dict[str, str] = {}
            for match in (m for line in lines for m in pattern.finditer(line)):
                if not _is_server(match["a"]) and match["a"].lower() not in excluded:
                    found.setdefault(match["a"].lower(), match["a"])
            if found:
                return tuple(found.values())
    left = [a for a in ADDRESS.findall(notice[:8000]) if not _is_server(a) and a.lower() not in writers]
    return _in_headers(copies, _RETURNED_TO)[:1] or tuple(left[:1])


def status(message: Message) -> str | None:
    """The enhanced status code of the notice, else its reply code's class as X.0.0; None where it has neither."""
    notice, _ = split(message.text)
    found = STATUS.search(notice)
    if found:
        return found[1]
    code = REPLY_CODE.search(notice)
    if code:
        return f"{code[1][0]}.0.0"
    return "4.4.7" if _EXPIRED.search(notice[:4000]) else None


def blames_address(message: Message) -> bool:
    """Whether the words say that the address does not exist: neither its mailbox, nor its network, nor our mail."""
    notice, _ = split(message.text)
    return bool(_BAD_ADDRESS.search(f"{message.subject[:300]}\n{notice[:4000]}"))


def is_delay(message: Message) -> bool:
    """Whether the notice says that delivery is still being tried."""
    notice, _ = split(message.text)
    return bool(_DELAYED.search(f"{message.subject}\n{notice[:4000]}"))


def _in_headers(copies: list[str], header: re.Pattern[str]) -> tuple[str, ...]:
    """The addresses that these headers of the returned mail hold."""
    fields = (m[1] for copy in copies for line in copy.splitlines()[:400] if (m := header.match(line[:1000])))
    return tuple(dict.fromkeys(address for field in fields for address in ADDRESS.findall(field)))


def _is_server(address: str) -> bool:
    return address.lower().startswith(("mailer-daemon@", "postmaster@", "double-bounce@", "noreply@", "no-reply@"))
