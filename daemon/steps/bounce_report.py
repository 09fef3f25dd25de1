"""Pure. The machine-readable half of a bounce: delivery-status fields (RFC 3464) and the returned mail's ids.

Read by lines, not by a MIME parser: many systems write these fields into the wrong part or without a blank line
between recipients, and a mail of a megabyte must cost linear time.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from threading_.message import Message

READ_LIMIT = 65_536  #: characters of a part that are read; reports are far shorter, junk is not

ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,128}@[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,20}+")
#: The enhanced status code of a failure (RFC 3463), not a piece of an IP address or of a version.
STATUS = re.compile(r"(?<![\d.\-/v])([45]\.\d{1,2}\.\d{1,3})(?![\d]|\.\d)")
#: An SMTP reply code (RFC 5321 §4.2) where text follows it.
REPLY_CODE = re.compile(r"(?<![\d.\-#/])(?<!\d:)([45][0-5]\d)(?=[ \-#;:,)]|$)")

_ANY_STATUS = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})")
_FIELD = re.compile(r"^[>\s]{0,8}([A-Za-z][A-Za-z-]{3,40}):[ \t]*(.*)$")
_MESSAGE_ID = re.compile(r"^[ \t>]{0,8}message-id[ \t]{0,3}:\s{0,4}<([^<>\s]{1,512})>", re.I | re.M)
RETURNED_TYPES = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})


class Action(StrEnum):
    """What became of the mail (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"
    DELIVERABLE = "deliverable"  #: Postfix, asked whether an address exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One recipient of a report. `recipient` is '' where the report hides it."""

    recipient: str
    action: Action | None
    status: str | None


def is_report(message: Message) -> bool:
    """Whether the mail is built as a delivery status notification (RFC 3464 §2)."""
    if message.report_type in ("delivery-status", "global-delivery-status") or message.content_type in _REPORT_TYPES:
        return True
    return any(part.content_type in _REPORT_TYPES for part in message.attachments)


def deliveries(message: Message) -> tuple[Delivery, ...]:
    """Every recipient that the report names, each once, in its order.

    The fields are looked for in the report's parts, and in the text where the parts do not hold them.
    """
    parts = [text_of(part.content) for part in message.attachments if part.content_type in _REPORT_TYPES]
    found = _deliveries("\n\n".join(parts))
    return found or _deliveries(message.text[:READ_LIMIT])


def original_ids(message: Message) -> tuple[str, ...]:
    """Message-IDs of the returned mail, from its copy, its headers or the text below the notice, each once.

    The ids that the bounce itself answers come last: Exchange and Gmail name the failed mail there.
    """
    found: dict[str, None] = {}
    for part in message.attachments:
        if part.content_type in RETURNED_TYPES:
            first = _MESSAGE_ID.search(text_of(part.content))
            if first:
                found[first[1]] = None
    for match in _MESSAGE_ID.finditer(message.text[:READ_LIMIT]):
        found[match[1]] = None
    for identifier in (*message.in_reply_to, *message.references[-1:]):
        found[identifier] = None
    found.pop(message.message_id or "", None)
    return tuple(found)


def text_of(content: bytes) -> str:
    """A part's bytes as text; these are ASCII or UTF-8 by their RFCs, what is not is kept readable."""
    return content[:READ_LIMIT].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _deliveries(text: str) -> tuple[Delivery, ...]:
    """Split a run of report fields into recipients: a second Final-Recipient or Action starts the next one."""
    groups: list[dict[str, str]] = [{}]
    last = ""
    for line in text.splitlines():
        if last and line[:1] in (" ", "\t") and line.strip():
            groups[-1][last] += " " + line.strip()
            continue
        match = _FIELD.match(line)
        if not match:
            if not line.strip() and "action" in groups[-1]:
                groups.append({})
            last = ""
            continue
        name = match[1].lower()
        if name in ("final-recipient", "action") and name in groups[-1]:
            groups.append({})
        last = name
        groups[-1].setdefault(name, match[2].strip())
    found: dict[str, Delivery] = {}
    for number, group in enumerate(groups):
        if not {"final-recipient", "original-recipient", "x-actual-recipient"} & group.keys():
            continue
        if not {"action", "status", "diagnostic-code"} & group.keys():
            continue
        recipient = _recipient(group)
        found.setdefault(recipient.lower() or str(number), _delivery(recipient, group))
    return tuple(found.values())


def _recipient(group: dict[str, str]) -> str:
    """The address that we wrote to: the original one where it is given, since a forward's end is not ours to stop."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        match = ADDRESS.search(group.get(name, "").replace("rfc822;", " "))
        if match:
            return match[0]
    return ""


def _delivery(recipient: str, group: dict[str, str]) -> Delivery:
    word = re.match(r"[a-z]*", group.get("action", "").lower())
    action = next((a for a in Action if word and word[0] == a.value), None)
    diagnostic = group.get("diagnostic-code", "")
    status = _ANY_STATUS.search(group.get("status", "")) or STATUS.search(diagnostic)
    if status:
        return Delivery(recipient=recipient, action=action, status=status[1])
    code = REPLY_CODE.search(diagnostic)
    return Delivery(recipient=recipient, action=action, status=f"{code[1][0]}.0.0" if code else None)
