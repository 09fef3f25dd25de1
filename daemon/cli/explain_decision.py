"""I/O. The second half of `firstline explain`: what the mail wants, what the articles say, what is done, what leaves."""

from rich.panel import Panel
from rich.text import Text

from daemon.cli.explained import excerpt, headline, row, rows, step
from daemon.cli.output import foreign, result
from daemon.pipeline import Acted
from daemon.settings import CapSettings
from daemon.steps.caps import limits
from daemon.steps.verdicts import Action, Triage
from kb.evidence import Evidence

_STYLES = {Action.ANSWER: "bold green", Action.IGNORE: "dim", Action.ESCALATE: "bold magenta"}
_HITS = 5


def show_wish(triage: Triage) -> None:
    """What the mail is about."""
    step("What does it want?")
    row("Wants", triage.request.replace("_", " "))
    row("Topic", triage.topic or "unknown")
    row("Language", triage.language or "unknown")
    row("Tone", f"sentiment {triage.sentiment:+.1f} of −1 to +1, urgency {triage.urgency} of 0 to 2")
    row("Priority", triage.priority)
    if triage.flags:
        row("Marks", ", ".join(sorted(flag.replace("_", " ") for flag in triage.flags)))
    if triage.outcome:
        row("Of our answer", triage.outcome.replace("_", " "))
    rows("Asks", triage.questions)
    rows("Because", triage.why)
    excerpt("Looked up", triage.query or "(nothing)")


def show_evidence(evidence: Evidence | None) -> None:
    """What the articles say."""
    step("What do the articles say?")
    if evidence is None:
        row("", "Nothing was looked up. Without --kb, or folders in the configuration, there are no articles.")
        return
    for hit in evidence.hits[:_HITS]:
        section = f" › {hit.passage.section}" if hit.passage.section else ""
        row(f"{hit.score:.3f}", f"{hit.passage.title}{section}  ({hit.passage.article})")
    row("Sure", f"{evidence.confidence:.2f} (of 100 such answers, {evidence.confidence * 100:.0f} are right)")
    rows("Because", evidence.why)


def show_caps(acted: Acted, settings: CapSettings) -> None:
    """How much has left already, against each limit."""
    step("May more mail leave?")
    sent = acted.sent
    if acted.cap is not None:
        row("Reached", f"{acted.cap.rule}: {acted.cap.why}. A person answers instead.")
    else:
        row("Verdict", "there is room under every cap" if settings.enabled else "the caps are off")
    if sent is None:
        return
    row("Address", sent.suppressed or "mail to it does not come back")
    row("Breaker", sent.breaker or "closed: our mail arrives")
    for limit in limits(sent, settings):
        row(
            f"{limit.count} of {limit.most}",
            f"{limit.words} ({limit.rule})",
            "" if limit.count >= limit.most else "dim",
        )


def show_decision(acted: Acted) -> None:
    """What is done, why, and the mails."""
    settled = acted.settled
    step("What is done?")
    headline(settled.decision.action.upper(), _STYLES.get(settled.decision.action, "bold cyan"))
    rows("Because", settled.decision.why)
    checked = settled.checked
    if checked is not None:
        row("Check", "passed" if checked.passed else "failed")
        for failure in checked.failed:
            row("", f"{failure.why}: {failure.sentence}" if failure.sentence else failure.why)
    leaves = "leaves" if settled.outgoing else f"would leave, but the mode is {acted.mode}"
    for composed in settled.mails:
        mail = composed.mail
        title = f"{composed.role} to {mail.to.address} that {leaves}"
        body = Text.assemble((f"Subject: {mail.subject}\n\n", "bold"), foreign(mail.text.strip()))
        result.print(Panel(body, title=foreign(title), title_align="left"))
    if not settled.mails:
        row("Mails", "none")
