"""Pure. What was decided about one mail, in the shape that contract.md promises to scripts and evaluations.

A key whose step does not exist yet is None.
"""

from collections.abc import Mapping
from typing import Any

from daemon.steps.routing import Routed
from daemon.steps.settle import Settled
from daemon.steps.verdicts import Cap, Checked, ComposedMail, Triage, TurnView, Understood
from kb.evidence import Evidence
from store.records import Case, Mode

Record = dict[str, Any]


def decision_record(view: TurnView, settled: Settled, cap: Cap | None, to: Routed | None = None) -> Record:
    """What is kept with a decision: everything that it stood on."""
    machine = view.newest.refused is not None
    return {
        "language": None if machine else view.triage.language,
        "triage": None if machine else triage_record(view.triage) | {"severity": view.case.severity or None},
        "questions": [] if machine else list(view.triage.questions),
        **evidence_record(view.evidence),
        "decision": settled.decision.action,
        "because": settled.decision.because,
        "why": list(settled.decision.why),
        "asked": list(settled.decision.questions),
        "check": check_record(settled.checked),
        "llm": prose_record(settled),
        "caps": {"send": cap is None, "rule": cap.rule if cap else None, "held": settled.held is not None},
        "mails": [mail_record(mail) for mail in settled.mails],
        "route": to and {"to": to.address, "agent": to.agent or None, "why": to.why},
    }


def triage_record(triage: Triage) -> Record:
    """contract.md `triage`."""
    return {
        "topic": triage.topic,
        "request": triage.request,
        "severity": None,
        "sentiment": round(triage.sentiment, 3),
        "urgency": triage.urgency,
        "priority": triage.priority,
        "flags": sorted(triage.flags),
        "outcome": triage.outcome,
    }


def evidence_record(evidence: Evidence | None) -> Record:
    """contract.md `hits`, `cited`, `confidence`; None where nothing was looked up."""
    if evidence is None:
        return {"hits": None, "cited": None, "confidence": None}
    return {
        "hits": [
            {
                "article": hit.passage.article,
                "title": hit.passage.title,
                "section": hit.passage.section,
                "url": hit.passage.url,
                "score": round(hit.score, 4),
            }
            for hit in evidence.hits
        ],
        "cited": list(dict.fromkeys(passage.article for passage in evidence.cited)),
        "confidence": round(evidence.confidence, 4),
    }


def check_record(checked: Checked | None) -> Record | None:
    """contract.md `check`."""
    if checked is None:
        return None
    return {
        "passed": checked.passed,
        "failed": [{"sentence": failure.sentence, "why": failure.why} for failure in checked.failed],
    }


def prose_record(settled: Settled) -> Record | None:
    """What a language model did for it; None where none was asked."""
    prose = settled.prose
    if prose is None:
        return None
    return {
        "used": settled.worded,
        "because": prose.because,
        "why": prose.why or None,
        "judged": prose.judged or None,
        "tokens": prose.tokens,
    }


def mail_record(composed: ComposedMail) -> Record:
    """contract.md `mails[]`."""
    mail = composed.mail
    return {
        "role": composed.role,
        "to": mail.to.address,
        "subject": mail.subject,
        "headers": {"Message-ID": f"<{mail.message_id}>", **dict(mail.headers)},
        "text": mail.text,
    }


def arrival_record(path: str, mail: Understood, case: Case) -> Record:
    """The half of a record that is known once a mail is on its case."""
    message, guarded = mail.message, mail.guarded
    forwarded, bounce = mail.new.forwarded, guarded.bounce
    return {
        "path": path,
        "message_id": message.message_id,
        "from": message.sender.address if message.sender else None,
        "subject": message.subject,
        "date": message.date,
        "kind": guarded.kind,
        "channel": case.channel,
        "guard": {"reply": guarded.reply, "rule": guarded.rule, "why": guarded.why},
        "caps": None,
        "auth": {"verdict": mail.auth.verdict, "why": mail.auth.why},
        "bounce": bounce
        and {"recipients": list(bounce.recipients), "permanent": bounce.permanent, "status": bounce.status},
        "forwarded": forwarded and {"from": forwarded.sender, "subject": forwarded.subject, "text": forwarded.text},
        "case": case.reference,
        "link": {"by": mail.link.by, "trusted": mail.link.trusted, "why": mail.link.why},
        "text": mail.new.text,
        "unreadable": message.unreadable,
    }


def whole_record(arrival: Mapping[str, Any], decision: Mapping[str, Any], mode: Mode, millis: float) -> Record:
    """contract.md's record."""
    return {**arrival, **decision, "mode": mode, "millis": round(millis, 2)}
