"""I/O. The story: what happens on the stage, told to people by rich."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from daemon.cli.output import foreign
from daemon.demo.correspondents import Customer
from daemon.demo.stage import Scene, totals
from daemon.following import Followed
from daemon.pipeline import Acted, Delivered, Ingested, Observed
from daemon.settings import PolicySettings
from daemon.steps.lifecycle import Event
from daemon.steps.verdicts import Action, ComposedMail
from store.records import OutboxState, Role
from threading_.message import LinkedBy, Message

WIDEST = 104  #: columns; longer lines are hard to read
INDENT = 6  #: columns by which our own mails stand to the right
BAR = 24  #: columns of the bar that shows how sure Firstline is

_DONE: Mapping[Action, tuple[str, str, str]] = {
    Action.ANSWER: ("✔", "answers", "green"),
    Action.CLARIFY: ("?", "asks back", "cyan"),
    Action.DRAFT: ("✎", "drafts for a human", "yellow"),
    Action.ESCALATE: ("➜", "hands over to a human", "yellow"),
    Action.CLOSE: ("●", "closes", "green"),
    Action.WAIT: ("…", "waits", "blue"),
    Action.RECORD: ("·", "records, a human has the case", "blue"),
    Action.IGNORE: ("–", "leaves it alone", "bright_black"),
}
_SILENT: Mapping[Event, tuple[str, str, str]] = {
    Event.NUDGE: ("…", "asks a silent customer once", "blue"),
    Event.CONFIRM: ("…", "asks whether the colleague's answer helped", "blue"),
    Event.GIVE_UP: ("●", "takes silence for content", "green"),
    Event.ASSUME: ("●", "takes silence for content", "green"),
    Event.REMIND: ("!", "reminds the queue", "yellow"),
    Event.UPDATE: ("!", "tells the customer a new time", "yellow"),
}
#: Decisions, and reasons of a hand-over, that stand on how sure Firstline is.
_SURE = frozenset({Action.ANSWER, Action.CLARIFY, Action.DRAFT, "low_confidence", "second_clarification", "check"})
_ROLES: Mapping[Role, str] = {
    Role.REPLY: "the answer",
    Role.OFFER: "the answer, with the offer of a human",
    Role.QUESTIONS: "the questions",
    Role.NOTICE: "a notice",
    Role.HANDOVER: "the hand-over",
    Role.DRAFT: "the draft",
    Role.CLOSURE: "the goodbye",
    Role.NUDGE: "a question after silence",
    Role.RELAY: "what Ann wrote",
    Role.STATUS: "a new time",
    Role.RECEIPT: "a receipt",
    Role.REMINDER: "a reminder",
    Role.REPORT: "the digest",
}


class Story(Protocol):
    """Somebody who tells what happens."""

    def opening(self, *, articles: int, customers: int, seconds: float) -> None:
        """The stage is set: `seconds` is what the model and the index took."""

    def enters(self, number: int, customer: Customer) -> None:
        """The next customer."""

    def tell(self, observed: Observed) -> None:
        """Something happened in the daemon."""

    def meanwhile(self, title: str, text: str) -> None:
        """Something that no customer does."""

    def digest(self, mail: Message) -> None:
        """The team's digest, as it lies in the queue."""

    def closing(self, scenes: Sequence[Scene], seconds: float) -> None:
        """The end, with the sums. `seconds` is the whole run."""


class ForPeople:
    """Panels, bars and a table; no colour where standard output is no terminal."""

    def __init__(self, console: Console, policy: PolicySettings) -> None:
        self._console = console
        self._policy = policy
        self._width = min(console.width, WIDEST)
        self._refused: dict[int, str] = {}  # why a stored mail is left alone
        self._shown: set[str] = set()  # paragraphs of our mails, so that the same end is read once

    def opening(self, *, articles: int, customers: int, seconds: float) -> None:
        """Say what is about to be seen."""
        text = Text.assemble(
            ("Tapir", "bold"),
            f" makes label printers and has {articles} help articles. {customers} mails are on their way to its support "
            "mailbox. Firstline watches that mailbox: it answers, asks back, or hands over to a human.\n\n",
            (
                "Real IMAP and SMTP, on this machine alone. Nothing below is staged but what the customers and one colleague write.\n"
                f"The model was loaded and the articles were indexed in {seconds:.1f} s.",
                "dim",
            ),
        )
        self._print(Panel(text, title=Text("firstline demo", "bold"), border_style="blue", padding=(1, 2)))

    def enters(self, number: int, customer: Customer) -> None:
        """A heading with who it is."""
        name = customer.address.name or customer.address.address
        heading = Text.assemble(
            (f" {number} · ", "bold"), foreign(name, "bold"), ("  ", ""), foreign(customer.about, "dim")
        )
        self._print(Text(), Rule(heading, align="left", style="blue", characters="━"))

    def meanwhile(self, title: str, text: str) -> None:
        """A heading, and what happens."""
        heading = Text.assemble((f" {title}", "bold"), ("  ", ""), Text(text, "dim"))
        self._print(Text(), Rule(heading, align="left", style="magenta", characters="━"))

    def digest(self, mail: Message) -> None:
        """Its text; the page and the table are named."""
        attached = Text("— as a page with charts too, and a table attached", "dim")
        body = Group(_hanging(mail.text.strip(), self._width - INDENT - 4), Text(), attached)
        panel = Panel(body, title=Text("→ the digest to the team"), title_align="left", border_style="magenta")
        self._print(Padding(panel, (0, 0, 0, INDENT)))

    def tell(self, observed: Observed) -> None:
        """A mail that came, a decision, what silence does, or a mail that left."""
        match observed:
            case Followed():
                self._followed(observed)
            case Ingested():
                self._came(observed)
            case Acted():
                self._decided(observed)
            case Delivered() if observed.state not in (OutboxState.SENT, OutboxState.STALE):
                self._print(
                    Text(f"  ! {observed.item.role} to {observed.item.recipient}: {observed.state}. ", "red")
                    + foreign(observed.delivery.response, "red")
                )

    def closing(self, scenes: Sequence[Scene], seconds: float) -> None:
        """The table and what can be said of all of it."""
        table = Table(box=None, header_style="bold", padding=(0, 1), expand=False)
        table.add_column("customer", overflow="fold")
        table.add_column("what happened")
        table.add_column("first reply", justify="right", no_wrap=True)
        for scene in scenes:
            name = foreign(scene.customer.address.name or scene.customer.address.address)
            reply = f"{scene.first_reply:.2f} s" if scene.first_reply is not None else "none"
            table.add_row(name, _acts(scene), Text(reply, "" if scene.first_reply is not None else "dim"))
        sums = Text(" · ").join(Text(f"{count} {what}") for what, count in totals(scenes).items() if count)
        twice = [scene for scene in scenes if scene.answered_twice]
        promise = Text(
            "Nobody got two automatic replies to one mail."
            if not twice
            else f"{len(twice)} of them got two automatic replies to one mail: that is a defect, please report it.",
            "green" if not twice else "bold red",
        )
        note = Text(
            f"{seconds:.1f} s in all. First reply: from the customer handing the mail to SMTP until ours had left. A real "
            "mailbox waits five seconds for more of a burst, which is off here.",
            "dim",
        )
        self._print(
            Text(),
            Panel(Group(table, Text(), sums, promise, note), title=Text("What happened", "bold"), border_style="blue"),
        )

    def _came(self, ingested: Ingested) -> None:
        mail, guarded = ingested.mail, ingested.mail.guarded
        message = mail.message
        sender = message.sender
        who = foreign((sender.name or sender.address) if sender else "somebody", "bold")
        title = Text.assemble("✉ ", who, " writes: ", foreign(message.subject or "(no subject)", "italic"))
        title.truncate(self._width - 6, overflow="ellipsis")
        body: list[RenderableType] = [foreign(mail.new.text.strip() or "(no text)")]
        left_out = len(mail.new.quoted.splitlines())
        remarks = []
        if left_out:
            remarks.append(f"{left_out} quoted lines are left out")
        if message.html and message.content_type == "text/html":
            remarks.append("HTML alone, read as text")
        if mail.link.by is not LinkedBy.NEW:
            remarks.append(mail.link.why)
        if guarded.rule:
            self._refused[ingested.stored.id] = f"this is a machine's mail ({guarded.rule}): {guarded.why}"
        if remarks:
            body.append(Text())
            body += [Text("— ", "dim") + foreign(remark, "dim") for remark in remarks]
        self._print(Panel(Group(*body), title=title, title_align="left", border_style="white"))

    def _decided(self, acted: Acted) -> None:
        decision = acted.settled.carried
        sign, words, colour = _DONE[decision.action]
        if decision.action is Action.RECORD and any(mail.role is Role.RECEIPT for mail in acted.settled.outgoing):
            sign, words, colour = "✔", "does what the colleague says", "magenta"
        self._print(
            Text.assemble("  ", (f"{sign} Firstline {words}", f"bold {colour}"), (f"   {acted.case.reference}", "dim"))
        )
        evidence = acted.view.evidence
        if evidence is not None and (decision.action in _SURE or decision.because in _SURE):
            self._print(self._bar(evidence.confidence, colour))
        refused = self._refused.get(acted.view.newest.inbox_id or 0)
        for number, why in enumerate((refused,) if refused else decision.why):
            self._print(_hanging(f"    {'because' if number == 0 else '    and'} {why}", self._width, "dim", margin=12))
        for mail in acted.settled.outgoing:
            self._print(Padding(self._mail(mail, colour), (0, 0, 0, INDENT)))
        state = acted.case.status.replace("_", " ")
        if acted.case.resolution:
            state += f", {acted.case.resolution}"
        if decision.action is not Action.IGNORE:
            self._print(Text(f"  the case is now {state}", "dim"))

    def _followed(self, followed: Followed) -> None:
        sign, words, colour = _SILENT.get(followed.event, ("…", followed.event.replace("_", " "), "blue"))
        self._print(
            Text.assemble(
                "  ", (f"{sign} Firstline {words}", f"bold {colour}"), (f"   {followed.case.reference}", "dim")
            )
        )
        for mail in followed.mails:
            self._print(Padding(self._mail(mail, colour), (0, 0, 0, INDENT)))

    def _mail(self, composed: ComposedMail, colour: str) -> Panel:
        """A mail of ours: to the customer as they see it; to the queue its summary block, the rest named."""
        mail = composed.mail
        text, _, rest = mail.text.strip().partition("\n==== The conversation")
        new, known = self._news(text.strip())
        body: list[RenderableType] = [_hanging(new, self._width - INDENT - 4)]
        if known:
            body += [Text(), Text("— and ends as a mail above does", "dim")]
        if rest:
            attached = " and, attached, the mail as it came" if mail.attached_mail else ""
            body += [Text(), Text(f"— below it: the conversation so far{attached}", "dim")]
        to = foreign(mail.to.name or mail.to.address, "bold")
        return Panel(
            Group(*body),
            title=Text.assemble("→ ", _ROLES[composed.role], " to ", to),
            title_align="left",
            border_style="bright_black" if composed.role is Role.NOTICE else colour,
        )

    def _news(self, text: str) -> tuple[str, bool]:
        """The mail without an end that was shown before, and whether there was one; greeting and first words stay."""
        paragraphs = text.split("\n\n")
        kept = len(paragraphs)
        while kept > 2 and _CASE.sub("", paragraphs[kept - 1]) in self._shown:
            kept -= 1
        self._shown.update(_CASE.sub("", paragraph) for paragraph in paragraphs)
        return "\n\n".join(paragraphs[:kept]), kept < len(paragraphs)

    def _bar(self, confidence: float, colour: str) -> Text:
        filled = round(confidence * BAR)
        mark = min(BAR - 1, round(self._policy.send_at * BAR))
        bar = Text("    sure    ", "dim")
        for column in range(BAR):
            bar.append("█" if column < filled else "│" if column == mark else "░", colour if column < filled else "dim")
        bar.append(f" {confidence:.2f}", "bold")
        bar.append(f"   it answers from {self._policy.send_at:.2f}", "dim")
        return bar

    def _print(self, *renderables: RenderableType) -> None:
        for renderable in renderables:
            self._console.print(renderable, width=self._width)


def _acts(scene: Scene) -> Text:
    done = [_DONE[acted.settled.carried.action] for acted in scene.acts]
    return Text(" → ", "dim").join(Text(words.removesuffix(" to a human"), colour) for _, words, colour in done)


_CASE = re.compile(r"FL-[0-9A-Z]{4}-[0-9A-Z]{3}")
_MARGIN = re.compile(
    r" *(?:\d+\.|[-*•>|]) +|(?:Case|Customer|Subject|Why|Topic|Summary|Tried|Best guess|Next step|Answer) +"
)


def _hanging(text: str, width: int, style: str = "", margin: int | None = None) -> Text:
    """Text whose wrapped lines stand under the text of their list item, or of their line of the summary block."""
    lines: list[str] = []
    for line in text.split("\n"):
        marker = _MARGIN.match(line)
        indent = margin if margin is not None else len(marker[0]) if marker else len(line) - len(line.lstrip())
        lines += textwrap.wrap(
            line,
            width,
            subsequent_indent=" " * indent,
            drop_whitespace=True,
            replace_whitespace=False,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    return foreign("\n".join(lines), style)
