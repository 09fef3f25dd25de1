"""Pure. What the keys of decisions, mails and priorities are called in the digest."""

from daemon.steps.digest import Done

KINDS = {
    "customer": "from customers",
    "agent": "from colleagues",
    "own": "our own, come back",
    "bounce": "bounces",
    "delayed": "delayed deliveries",
    "auto_reply": "absence notes and automatic answers",
    "feedback_report": "complaint reports",
    "report": "machine reports",
    "receipt": "receipts",
    "calendar": "calendar mails",
    "list": "mailing lists",
    "bulk": "bulk mail",
    "robot": "notifications",
    "unreadable": "unreadable",
}
DONE = {
    Done.ANSWERED: "answered",
    Done.ASKED: "asked for details",
    Done.DRAFTED: "drafted for a person",
    Done.HANDED_OVER: "handed over to a person",
    Done.PASSED_ON: "passed on to the person who has the case",
    Done.CLOSED: "closed: the customer said so",
    Done.WAITING: "waiting: the customer will try it",
    Done.RATED: "rated the case",
    Done.LEFT_ALONE: "left alone: no person wrote them",
}
BECAUSE = {
    "wants_human": "asked for a person",
    "legal_or_regulated": "legal or regulated",
    "angry": "angry",
    "urgent": "urgent",
    "cancel_or_refund": "cancellation, refund, billing dispute",
    "security_incident": "security incident",
    "vulnerable": "vulnerable person or injury",
    "never_auto_topic": "topic that is never answered automatically",
    "sentiment": "bad mood",
    "not_resolved": "our answer did not help",
    "turn_cap": "enough automatic replies on the case",
    "service_request": "only staff can do it",
    "language": "other language than the articles",
    "no_knowledge": "no articles",
    "low_confidence": "no article answers surely enough",
    "none_fits": "none of what we offered was meant",
    "asks_nothing": "asks nothing",
    "second_clarification": "still unclear after a question",
    "check": "the check refused the reply",
    "duplicate_reply": "the same answer went there lately",
    "authentication": "sender not proven",
    "not_a_participant": "stranger on a case",
    "unreadable": "unreadable",
    "too_old": "too old when it was read",
    "stumbled": "a step of Firstline failed",
    "suppressed": "mail to the address failed before",
    "breaker": "too much of our mail failed",
}
PRIORITIES = ("high", "normal", "low")


ROLES = {
    "reply": "answers",
    "offer": "answers with the offer of a person",
    "questions": "questions",
    "notice": "notices that a colleague will answer",
    "closure": "closures",
    "nudge": "questions whether it is solved",
    "relay": "answers of people",
    "status": "new times",
    "handover": "hand-overs",
    "draft": "drafts",
    "receipt": "receipts to agents",
    "reminder": "reminders to the queue",
    "report": "digests",
}
