"""I/O. `firstline explain`: what it would do with one mail, step by step, and why."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from daemon.cli.forecast_options import Address, InMode, forecaster, settings_for
from daemon.cli.options import AsJson, Config, KnowledgeBase
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import FirstlineError
from daemon.forecast import Forecast, in_order
from daemon.mails import MailFile, read_mails
from daemon.settings import Settings
from daemon.steps.guard import Ours, Seen, examine
from daemon.steps.verdicts import Action, Proof
from kb.evidence import Evidence
from threading_.message import LinkedBy


def explain(
    mail: Annotated[Path, typer.Argument(metavar="MAIL", help="A mail as a file (.eml).")],
    kb: KnowledgeBase = None,
    mode: InMode = None,
    config: Config = None,
    address: Address = None,
    as_json: AsJson = False,
) -> None:
    """Explain, step by step, what it would do with this mail and why.

    Nothing is sent and no server is spoken to. The mail's own date is the clock.

    Example: `firstline explain mail.eml --kb articles/`
    """
    mails = in_order(list(read_mails([mail])))
    if not mails:
        raise FirstlineError(f"{mail} holds no mail.", remedy="name a file that holds one mail with its headers")
    if len(mails) > 1:
        console.print(f"{len(mails)} mails in it; explaining the first. `firstline replay` takes them all.")
    asyncio.run(_explain(mails[0][0], settings_for(config, mode, address), kb, address, as_json))


async def _explain(mail: MailFile, settings: Settings, kb: Path | None, address: str | None, as_json: bool) -> None:
    at = in_order([mail])[0][1]
    async with forecaster(settings, kb, address) as forecast:
        one = await forecast.mail(mail, at)
        if as_json:
            emit_json(one.record)
        else:
            _show(one, forecast.ours)


_PROOF = {Proof.PASS: "proven", Proof.FAIL: "not who it says", Proof.NONE: "unknown"}
_FOUND_BY = {
    LinkedBy.NEW: "nothing: no sign names a case of ours",
    LinkedBy.SIGNED_ID: "the id of our mail, which carries our signature",
    LinkedBy.PLUS_ADDRESS: "the address it was sent to, which carries our signature",
    LinkedBy.REFERENCE: "the ids of mails that it answers",
    LinkedBy.BODY_TOKEN: "the case's reference in its text",
    LinkedBy.SUBJECT_TAG: "the case's reference in its subject",
    LinkedBy.LINKED: "signs of another case, which it does not join",
}


def _show(forecast: Forecast, ours: Ours) -> None:
    understood, acted = forecast.ingested.mail, forecast.acted
    message, guarded = understood.message, understood.guarded
    _step("1 Read")
    _line("From", f"{message.sender.name} <{message.sender.address}>" if message.sender else "nobody")
    _line("Subject", message.subject)
    _line("Message-ID", message.message_id or "none: it is known by its content")
    for name, values in (("Odd", message.defects), ("Attached", [file.name for file in message.attachments])):
        if values:
            _line(name, ", ".join(values))
    if message.unreadable:
        _line("Unreadable", message.unreadable)
    _line("New in it", understood.new.text or "(nothing)")
    if understood.new.quoted:
        _line("Cut off", f"{len(understood.new.quoted.splitlines())} lines that it quotes")
    _step("2 Who wrote it, and on which case?")
    _line("Sender", f"{_PROOF[understood.auth.verdict]}: {understood.auth.why}")
    if understood.unproven:
        _line("", "so it joins no case, and nothing is sent to this sender")
    _line("Case", f"{forecast.ingested.case.reference}: {understood.link.why}")
    _line("Found by", _FOUND_BY[understood.link.by])
    _step("3 May it be answered?")
    rules = examine(message, ours, Seen())
    fired = [name for name, fires in rules if fires]
    _line("Kind", guarded.kind)
    _line("Guard", f"refused by {guarded.rule}: {guarded.why}" if not guarded.reply else "nothing speaks against it")
    _line("Rules", f"{len(rules)} looked at, " + (f"fired: {', '.join(fired)}" if fired else "none fired"))
    if acted is None:
        return
    if guarded.reply:
        triage = acted.view.triage
        _step("4 What is it about?")
        _line(
            "Wants", f"{triage.request} · topic {triage.topic or 'unknown'} · language {triage.language or 'unknown'}"
        )
        _line("Tone", f"sentiment {triage.sentiment:+.1f} · urgency {triage.urgency} · priority {triage.priority}")
        if triage.flags:
            _line("Flags", ", ".join(sorted(triage.flags)))
        if triage.outcome:
            _line("Of our answer", triage.outcome)
        _line("Looked up", triage.query)
        _step("5 What do the articles say?")
        _evidence(acted.view.evidence)
    _step("6 Decision")
    decision = acted.settled.decision
    style = {Action.ANSWER: "bold green", Action.IGNORE: "dim", Action.ESCALATE: "bold magenta"}
    result.print(Text(f"  {decision.action.upper()}", style=style.get(decision.action, "bold cyan")))
    for why in decision.why:
        _line("because", why)
    if acted.cap:
        _line("Cap", f"{acted.cap.rule}: {acted.cap.why}")
    checked = acted.settled.checked
    if checked is not None:
        _line("Check", "passed" if checked.passed else "; ".join(failure.why for failure in checked.failed))
    leaves = "leaves" if acted.settled.outgoing else f"would leave (mode is {acted.mode})"
    for composed in acted.settled.mails:
        mail = composed.mail
        title = f"{composed.role} that {leaves} · to {mail.to.address}"
        body = Text.assemble((f"Subject: {mail.subject}\n\n", "bold"), foreign(mail.text.strip()))
        result.print(Panel(body, title=foreign(title), title_align="left"))
    if not acted.settled.mails:
        result.print("  Nothing leaves.")


def _evidence(evidence: Evidence | None) -> None:
    if evidence is None:
        _line("", "nothing was looked up (no articles: name a folder with --kb)")
        return
    for hit in evidence.hits[:5]:
        section = f" › {hit.passage.section}" if hit.passage.section else ""
        _line(f"{hit.score:.3f}", f"{hit.passage.title}{section}  ({hit.passage.article})")
    _line("Sure", f"{evidence.confidence:.2f}")
    for why in evidence.why:
        _line("", why)


def _step(title: str) -> None:
    result.print()
    result.print(Rule(title, align="left", style="dim"))


def _line(label: str, text: str) -> None:
    body = foreign(text)
    if "\n" in text or len(text) > 200:
        indented = "\n".join(f"                 {line}" for line in text.splitlines())
        body = foreign(indented.lstrip())
    result.print(Text.assemble((f"  {label:<14} ", "bold"), body))
