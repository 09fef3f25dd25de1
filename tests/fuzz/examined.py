"""What holds for every mail, however hostile: the road of a mail through everything pure, with its promises asserted.

`fuzz_mail.py` feeds it what coverage guides it to; tests/unit/test_fuzz_findings.py feeds it the mails of tests/mails/.
"""

import email
import re
from dataclasses import replace
from datetime import timedelta

from daemon.settings import PolicySettings
from daemon.steps.guard import Ours, Seen, guard
from daemon.steps.settle import judge
from store.records import Direction, Mode, Turn
from tests.unit.example_case import CASE, NOW, VOICE, nonces, view
from threading_.graph import GraphMail, threads
from threading_.ids import sign_id
from threading_.link import link
from threading_.message import Candidate, Message, NewText
from threading_.parse import parse
from threading_.quotes import new_text
from threading_.write import is_addressable, write

OURS = Ours(
    addresses=frozenset({"support@example.com"}),
    queue=frozenset({"queue@example.com"}),
    ring=VOICE.ring,
    any_address=True,
)
ALICE = "alice@example.net"
ANSWER = "Open your profile and click Unlock. You are signed in at once, on every device that you use."
_UNSAFE = re.compile(r"[\r\n\0]")
# Every header that a mail of ours may have.
OWN_HEADERS = frozenset(
    "message-id date from to reply-to subject in-reply-to references auto-submitted x-auto-response-suppress importance x-priority"
    " x-firstline-loop mime-version content-type content-transfer-encoding".split()
)


def examine(raw: bytes) -> Message:
    """Take the mail from its bytes to the mails that answer it. Raises AssertionError where a promise is broken."""
    message = parse(raw)
    _read(message)
    guarded = guard(message, OURS, Seen())
    assert guarded.reply == (guarded.rule is None), guarded
    _linked(message)
    new = new_text(message, (ANSWER,))
    _new(message, new)
    threads([GraphMail(message.message_id or "-", message.references or message.in_reply_to[:1])])
    if guarded.reply and message.sender is not None:
        for mode in (Mode.AUTO, Mode.DRAFT):
            _answered(raw, message, new, mode)
    return message


def _read(message: Message) -> None:
    values = [message.subject, *message.referenced, message.message_id or "", *(value for _, value in message.headers)]
    addresses = [*([message.sender] if message.sender else []), *message.to, *message.cc, *message.reply_to]
    values += [part for address in addresses for part in (address.name, address.address)]
    values += [file.name for file in message.attachments]
    assert not any(_UNSAFE.search(value) for value in values), "a line break or NUL stands in a header's value"
    assert all(name == name.lower() for name, _ in message.headers)
    assert all(one and not re.search(r"[<>\s]", one) for one in message.referenced), "an id with brackets or spaces"
    assert all(file.name and "/" not in file.name for file in message.attachments)
    assert message.date is None or message.date.tzinfo is not None


def _linked(message: Message) -> None:
    candidate = Candidate(
        case=CASE.reference, customer=ALICE, participants=frozenset({ALICE}), ids=frozenset(message.referenced)
    )
    found = link(message, (candidate,), VOICE.ring)
    assert found.case is None or (message.sender is not None and message.sender.key == ALICE), "a stranger got in"


def _new(message: Message, new: NewText) -> None:
    assert bool(new.text.strip()) == bool(message.text.strip()), "the text was lost, or came from nowhere"


def _answered(raw: bytes, message: Message, new: NewText, mode: Mode) -> None:
    assert message.sender is not None
    turn = Turn(
        id=1,
        direction=Direction.IN,
        at=NOW - timedelta(minutes=4),
        sender=message.sender.address,
        sender_name=message.sender.name,
        subject=message.subject,
        text=new.text,
        kind=guard(message, OURS, Seen()).kind,
        message_id=message.message_id,
        references=message.references,
        handled=False,
        unreadable=None if is_addressable(message.sender.address) else "no answer can be addressed to its sender",
    )
    case = replace(CASE, customer=message.sender.address, customer_name=message.sender.name, subject=message.subject)
    seen = replace(view(turn, case=case), original=raw)
    settled = judge(seen, PolicySettings(mode=mode), None, VOICE, mode, nonces())
    for composed in settled.outgoing:
        sent(write(composed.mail))


def sent(raw: bytes) -> Message:
    """What holds for every mail of ours, as bytes: no header but our own, each once, none endless."""
    head = raw.split(b"\r\n\r\n", 1)[0]
    assert head.count(b"\n") == head.count(b"\r\n") == head.count(b"\r")
    names = [name.lower() for name in email.message_from_bytes(head + b"\r\n\r\n").keys()]  # noqa: SIM118 - a Message
    ours = [name for name in names if not name.startswith("x-firstline-") or name in OWN_HEADERS]
    assert set(ours) <= OWN_HEADERS, f"headers that are not ours: {sorted(set(ours) - OWN_HEADERS)}"
    assert len(names) == len(set(names)), "a header stands twice"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    message = parse(raw)
    references = re.search(rb"(?im)^references:.*(?:\r\n[ \t].*)*", head)
    assert references is None or len(references[0]) <= 1_600
    assert len(message.to) == 1
    assert not message.cc
    return message


#: A signed id of the example's case: seeds quote it.
SIGNED = sign_id(VOICE.ring, case=CASE.reference, nonce="1", domain="example.com")
