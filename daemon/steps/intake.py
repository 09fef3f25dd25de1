"""Pure. A form of a portal arrives as a robot's mail: whose it is, and the mail that the customer would have written.

Only where an [[intake]] rule names the form's address, and only where our own server does not say that the mail is not
from there. The customer's address is what somebody typed: so a form opens a case of its own, whatever it mentions, and
joins none.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from daemon.settings import IntakeSettings, Settings
from daemon.steps.guard import Ours, without_tag
from daemon.steps.intake_labels import KNOWN, SEVERITIES
from daemon.steps.verdicts import Authenticated, Proof, Told
from threading_.html import html_text
from threading_.message import Address, Message
from threading_.write import is_addressable

_LONGEST = 300  #: characters of a line in which a label is looked for
_LABEL = re.compile(r"^[\s>*_#•·-]*([^:：|=\t]{1,80}?)[\s*_]*(?:[:：|=\t]+[\s*_]*|\s{2,}|$)(.*)$", re.DOTALL)
_RUBBISH = re.compile(
    r"\((?:required|optional|erforderlich|pflichtfeld|obligatoire|obligatorio|obbligatorio|obrigatório|verplicht)\)|[*?¿!\[\]]"
)
_ADDRESS = re.compile(r"[^\s@<>\[\](),;:\"]+@[^\s@<>\[\](),;:\"]+\.[^\s@<>\[\](),;:\"]*[^\s@<>\[\](),;:.\"]")
_END = re.compile(r"^\s*(?:--\s*|[-_=*]{5,}\s*)$")  # what the form's own software writes stands below


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that a rule claims."""

    message: Message  #: as the customer would have written it
    told: Told
    auth: Authenticated  #: of the form's own mail
    unproven: str | None = None  #: why it is not believed to be the form's; it is shown to a human alone
    ours: bool = False  #: it names one of our own addresses as the customer's: a loop


@dataclass(slots=True)
class _Fields:
    """What was read so far."""

    values: dict[str, list[str]] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    text: list[str] = field(default_factory=list)


def intake(message: Message, auth: Authenticated, settings: Settings, ours: Ours) -> Form | None:
    """The form that the mail is; None where no rule claims it. Never raises; linear in the mail."""
    rule = _rule(message, settings.intake)
    if rule is None or auth.verdict is Proof.FAIL:
        return None
    pinned = settings.authentication.authserv_id
    doubt = (
        f"{pinned} does not prove that the form sent it: {auth.why}"
        if pinned and auth.verdict is not Proof.PASS
        else None
    )
    return _form(message, rule, auth, doubt, ours)


def _rule(message: Message, rules: tuple[IntakeSettings, ...]) -> IntakeSettings | None:
    if message.sender is None:
        return None
    key = message.sender.key
    return next(
        (one for one in rules if one.sender.lower() == key and re.search(one.subject, message.subject[:500])), None
    )


def _form(message: Message, rule: IntakeSettings, auth: Authenticated, doubt: str | None, ours: Ours) -> Form:
    labels = {**KNOWN, **{_plain(label): kind for label, kind in rule.fields.items()}}
    found = _read(message.text, labels)
    if not found.values.get("customer") and message.html:
        found = _read(html_text(message.html), labels)
    customer = _customer(found, message, rule)
    name = " ".join(found.values.get("name", ()))[:100] or (customer.name if customer else "")
    subject = next(iter(found.values.get("subject", ())), "") or message.subject
    severity = next(iter(found.values.get("severity", ())), "")
    written = replace(
        message,
        sender=Address(name, customer.address if customer else ""),
        reply_to=(),
        to=(),
        cc=(),
        delivered_to=(),
        in_reply_to=(),
        references=(),
        subject=" ".join(subject.split()),
        text="\n".join(found.text).strip("\n") or message.text,
        html="",
    )
    told = Told(
        channel="portal",
        phone=next(iter(found.values.get("phone", ())), "")[:60],
        product=next(iter(found.values.get("product", ())), "")[:100],
        severity=SEVERITIES.get(
            _plain(severity), SEVERITIES.get(_plain(re.split(r"[\s,(–-]", severity.strip())[0]), "")
        ),
    )
    return Form(
        message=written, told=told, auth=auth, unproven=doubt, ours=customer is not None and is_ours(customer.key, ours)
    )


def is_ours(key: str, ours: Ours) -> bool:
    """Whether the address is the mailbox's, the queue's or an agent's: nobody whom a case can be of."""
    plain = without_tag(key)
    return bool({key, plain} & (ours.addresses | ours.queue | ours.agents))


def address_in(value: str) -> str | None:
    """The one address that the text names; None where it names none, or several."""
    found = {one.lower(): one for one in _ADDRESS.findall(value[:1000].replace("mailto:", " "))}
    address = next(iter(found.values()), "") if len(found) == 1 else ""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}" if address and is_addressable(f"{local}@{domain.lower()}") else None


def _customer(found: _Fields, message: Message, rule: IntakeSettings) -> Address | None:
    """Who filled it in: the one address under its label, else the one that answers are asked to. Two are nobody's."""
    typed = found.values.get("customer", [])
    if typed:
        address = address_in(" ".join(typed))
        return Address("", address) if address else None
    others = [one for one in message.reply_to if one.key != rule.sender.lower()]
    return others[0] if len(others) == 1 and is_addressable(others[0].address) else None


def _read(text: str, labels: Mapping[str, str]) -> _Fields:
    found = _Fields()
    waiting = ""  # the kind whose value stands on the next line
    for line in text.split("\n"):
        if _END.match(line) and found.text:
            break
        started = _start(line, labels, found)
        if started is not None:
            kind, rest = started
            waiting = ""
            if kind == "text":
                found.values.setdefault("text", [])
                found.text += [rest] if rest else []
            elif rest:
                found.values.setdefault(kind, []).append(rest)
            else:
                waiting = kind
        elif waiting and line.strip():
            found.values.setdefault(waiting, []).append(line.strip())
            waiting = ""
        elif "text" in found.values and not waiting:
            found.text.append(line.rstrip())
    return found


def _start(line: str, labels: Mapping[str, str], found: _Fields) -> tuple[str, str] | None:
    """(the kind, what stands beside it) where a field begins that was not read before. A label counts once: in what
    the customer wrote it is a word like any other; a second address, though, makes the form nobody's."""
    match = _LABEL.match(line[:_LONGEST])
    label = _plain(match[1]) if match else ""
    kind = labels.get(label)
    if match is None or kind is None:
        return None
    once = kind not in ("customer", "name")
    if label in found.labels and kind != "customer" or once and kind != "ignore" and kind in found.values:
        return None
    found.labels.add(label)
    return kind, (match[2] + line[_LONGEST:]).strip()


def _plain(label: str) -> str:
    return " ".join(_RUBBISH.sub(" ", label.casefold()).split()).strip(" .:-")


def rows(form: Form) -> Iterator[tuple[str, str]]:
    """What was read, for people."""
    yield "Customer", form.message.sender.address if form.message.sender else ""
    yield "Product", form.told.product
    yield "Severity", form.told.severity
    yield "Phone", form.told.phone
