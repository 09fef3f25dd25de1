"""Pure. A telephone call, logged by an agent's mail to the support address: the case is the customer's.

    Customer: alice@example.com
    Name: Alice Archer
    Phone: +44 20 7946 0000
    Subject: Stuck label
    Priority: high

    She cannot get a label out of the printer …

Only `Customer:` is needed, first; with a number in the place of the address the case is a human's. Only an agent whose
mail is proven to be theirs logs calls: a mail that only looks like one is shown to humans, and nobody gets anything.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from daemon.settings import Settings
from daemon.steps.agency import agent_of, unproven_agent
from daemon.steps.guard import Ours
from daemon.steps.intake import Form, address_in, is_ours
from daemon.steps.intake_labels import SEVERITIES
from daemon.steps.verdicts import Authenticated, Told
from threading_.message import Address, Message

_LINE = re.compile(r"^\s*(Customer|Name|Phone|Subject|Priority|Product)\s*[:：]\s*(.*)$", re.IGNORECASE)
_NUMBER = re.compile(r"[+(]?\d[\d\s()/.-]{4,}\d")


def phone_call(message: Message, auth: Authenticated, settings: Settings, ours: Ours) -> Form | None:
    """The call that the mail logs; None where it logs none. Never raises; linear in the mail."""
    agent = agent_of(message, settings)
    if agent is None or message.referenced:
        return None
    head, text = _head(message.text)
    if "customer" not in head:
        return None
    doubt = unproven_agent(message, auth, settings)
    if doubt is not None:
        why = f"it logs a call in the name of {agent.name}, but nothing was done: {doubt}"
        return Form(message=message, told=Told(channel="phone"), auth=auth, unproven=why)
    address = address_in(head["customer"])
    number = head.get("phone") or _number(head["customer"])
    name = head.get("name", "") or ("" if address or number else head["customer"])
    written = replace(
        message,
        sender=Address(name[:100], address or ""),
        reply_to=(),
        to=(),
        cc=(),
        delivered_to=(),
        subject=head.get("subject") or message.subject,
        text=text or head.get("subject") or message.subject,
        html="",
    )
    told = Told(
        channel="phone",
        phone=number[:60],
        product=head.get("product", "")[:100],
        severity=SEVERITIES.get(head.get("priority", "").casefold(), ""),
        agent=agent.address,
    )
    return Form(message=written, told=told, auth=auth, ours=address is not None and is_ours(address.lower(), ours))


def said_to_agent(form: Form, reference: str) -> str:
    """The line of the receipt."""
    sender = form.message.sender
    if form.ours:
        return "Nothing was done: the customer whom you named is one of our own addresses."
    who = " ".join(
        part for part in ((sender.name, f"<{sender.address}>" if sender.address else "") if sender else ()) if part
    )
    if sender is None or not sender.address:
        return f"{reference} is open for {who or form.told.phone}: without a mail address, so it comes to the queue."
    return f"{reference} is open for {who}. What is found for it comes to the queue, or is sent where it may be."


def _head(text: str) -> tuple[Mapping[str, str], str]:
    """(the lines on top, what stands below them)."""
    head: dict[str, str] = {}
    lines = text.strip().split("\n")
    for index, line in enumerate(lines):
        match = _LINE.match(line[:300])
        if match is None or (not head and match[1].lower() != "customer"):
            return head, "\n".join(lines[index:]).strip("\n")
        head.setdefault(match[1].lower(), match[2].strip())
    return head, ""


def _number(value: str) -> str:
    match = _NUMBER.search(value[:200])
    return match[0] if match else ""
