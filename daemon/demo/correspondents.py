"""Pure. What somebody who writes to support is: a first mail, and reactions to what comes back."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from daemon.demo.clients import Client, Writing, write
from store.records import Role
from threading_.message import Address, Message

SUPPORT = Address("Tapir Support", "support@tapir.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a customer writes back after one of our mails. Each is used once."""

    after: tuple[Role, ...]  #: what we sent
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A mail that no person wrote: a template with {to}, {date}, {token}, {subject}, {message_id}, {references}."""

    after: tuple[Role, ...] = ()  #: what of ours it reacts to; () is sent at first
    envelope_sender: str = ""  #: '' is the null path of bounces and vacation programs
    template: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody who writes to support, or something."""

    address: Address
    about: str  #: who this is, for the audience
    subject: str = ""
    text: str = ""
    client: Client = Client.GMAIL
    signature: str = ""
    below: str = ""  #: an older exchange under the first mail; {day} is today
    reactions: tuple[Reaction, ...] = ()
    machines: tuple[Machine, ...] = ()

    def first(self, *, now: datetime, token: str) -> "Posting":
        """The mail that opens the exchange."""
        machine = next((one for one in self.machines if not one.after), None)
        if machine is not None:
            return _from_machine(machine, None, now=now, token=token)
        return self._posting(self.text, None, now=now, token=token)

    def react(self, role: Role, ours: Message, used: frozenset[str], *, now: datetime, token: str) -> "Posting | None":
        """What comes back for our mail `ours`, None for silence. `used` holds the texts that were said already."""
        machine = next((one for one in self.machines if role in one.after and one.template not in used), None)
        if machine is not None:
            return _from_machine(machine, ours, now=now, token=token)
        reaction = next((one for one in self.reactions if role in one.after and one.text not in used), None)
        if reaction is None:
            return None
        return self._posting(reaction.text, ours, now=now, token=token)

    def _posting(self, text: str, ours: Message | None, *, now: datetime, token: str) -> "Posting":
        writing = Writing(
            client=self.client,
            sender=self.address,
            to=SUPPORT,
            subject=self.subject,
            text=text,
            date=now,
            token=token,
            signature=self.signature,
            below=self.below.format(day=f"{now:%d %B %Y}"),
            answering=ours,
        )
        return Posting(envelope_sender=self.address.address, said=text, raw=write(writing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A mail on its way to support: what SMTP is told, and the bytes."""

    envelope_sender: str  #: '' is the null path
    said: str  #: the text or template it was made from: each is said once
    raw: bytes


def _from_machine(machine: Machine, ours: Message | None, *, now: datetime, token: str) -> Posting:
    mail = machine.template.format(
        to=f"{SUPPORT.name} <{SUPPORT.address}>",
        date=format_datetime(now),
        token=token,
        subject=ours.subject if ours else "",
        message_id=ours.message_id if ours else "",
        references=" ".join(f"<{one}>" for one in (*ours.references, ours.message_id)) if ours else "",
    )
    raw = mail.lstrip("\n").replace("\n", "\r\n").encode()
    return Posting(envelope_sender=machine.envelope_sender, said=machine.template, raw=raw)
