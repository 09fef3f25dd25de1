"""I/O. The first half of `firstline explain`: what the mail is, who wrote it, on which case, whether it may be answered."""

from collections.abc import Iterator

from daemon.cli.explained import excerpt, row, rows, step
from daemon.steps.guard import RULES, Ours, Seen, examine
from daemon.steps.verdicts import Proof, Understood
from store.records import Case
from threading_.html import html_text
from threading_.ids import find_references, plus_case, read_id
from threading_.message import LinkedBy, Message, NewText
from threading_.subject import case_tag

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

# Defects, by the names that the parsers give them.
_ODD = {
    "CloseBoundaryNotFoundDefect": "its last part does not end",
    "StartBoundaryNotFoundDefect": "its parts do not begin",
    "NoPartsDefect": "its parts are missing",
    "NoBoundaryInMultipartDefect": "it does not say where its parts begin",
    "MultipartInvariantViolationDefect": "its parts are missing",
    "InvalidBase64PaddingDefect": "a part is coded wrongly",
    "InvalidBase64CharactersDefect": "a part is coded wrongly",
    "InvalidBase64LengthDefect": "a part is coded wrongly",
    "DateHeaderDefect": "its date is wrong",
    "MissingHeaderBodySeparatorDefect": "nothing stands between header and text",
    "FirstHeaderLineIsContinuationDefect": "its first header line is none",
    "MisplacedEnvelopeHeaderDefect": "a line of the envelope stands in its header",
    "InvalidMultipartContentTransferEncodingDefect": "its parts are coded twice",
}


def show_mail(mail: Understood) -> None:
    """What was read, and what of it is new."""
    message = mail.message
    step("What does it say?")
    row("From", f"{message.sender.name} <{message.sender.address}>".strip() if message.sender else "nobody")
    row("To", ", ".join(address.address for address in (*message.to, *message.cc)[:5]) or "nobody whom it names")
    row("Subject", message.subject or "(none)")
    row("Date", f"{message.date:%a %d %b %Y %H:%M} UTC" if message.date else "none, or nonsense")
    row("Message-ID", message.message_id or "none: it is known by its content")
    if message.unreadable:
        row("Unreadable", f"{message.unreadable}: the original is kept, and a person looks at it")
    if message.encryption:
        row("Encrypted", f"{message.encryption}: a person reads it")
    if message.defects:
        odd = dict.fromkeys(_ODD.get(name, name) for name in message.defects)
        row("Odd", f"{', '.join(odd)}; read all the same")
    rows("Attached", (f"{one.name} ({one.content_type}, {_size(one.size)}), not opened" for one in message.attachments))
    _show_new(mail.new, message.html)


def _show_new(new: NewText, html: str) -> None:
    excerpt("New in it", new.text or "(nothing)")
    if new.quoted:
        count = len(new.quoted.splitlines())
        excerpt("Quoted", f"{count} {'line' if count == 1 else 'lines'}, cut off: it is an older mail", "dim")
        excerpt("", new.quoted.split("\n\n", 1)[0], "dim")
    if new.signature:
        excerpt("Signature", new.signature, "dim")
    if new.forwarded is not None:
        row(
            "Passed on",
            f"a mail of {new.forwarded.sender or 'somebody unnamed'}: {new.forwarded.subject or '(no subject)'}",
        )
        excerpt("", new.forwarded.text, "dim")
    if html:
        seen = set(html_text(html).split("\n"))
        unseen = [line for line in html_text(html, hidden=True).split("\n") if line.strip() and line not in seen]
        if unseen:
            excerpt("Hidden", "left out, since no reader can see it:\n" + "\n".join(unseen), "dim")


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1_000 else f"{count / 1_000:,.0f} kB"


def show_case(mail: Understood, case: Case, ours: Ours) -> None:
    """Who wrote it, and each way by which a case may be found, with what it said."""
    step("Who wrote it, and on which case?")
    row("Sender", f"{_PROOF[mail.auth.verdict]}: {mail.auth.why}")
    if mail.unproven:
        row("", f"{mail.unproven}: so it joins no case, and nothing is sent to this sender")
    for label, said in ways(mail.message, ours):
        row(label, said)
    row("Case", f"{case.reference}: {mail.link.why}")
    row("Found by", _FOUND_BY[mail.link.by])


def ways(message: Message, ours: Ours) -> Iterator[tuple[str, str]]:
    """Each way to a case in the order of trust, and what the mail says by it: names for people, not yet looked up."""
    signed = [named.case for one in message.referenced if (named := read_id(ours.ring, one)) is not None]
    count = len(message.referenced)
    mails = "one earlier mail" if count == 1 else f"{count} earlier mails" if count else "no earlier mail"
    yield "Signed id", _names(signed, f"it answers {mails}" + (", by no id that we signed" if count else ""))
    addresses = [address.address for address in (*message.to, *message.cc)] + list(message.delivered_to)
    plus = [found for one in addresses[:60] if (found := plus_case(ours.ring, one)) is not None]
    yield "Plus address", _names(plus, "it was sent to no address of a case")
    yield "References", f"it names {mails}" + (f": {', '.join(message.referenced[:3])}" if count else "")
    yield "In its text", _names(list(find_references(message.text)[:5]), "no case's reference")
    tag = case_tag(message.subject)
    yield "In its subject", _names([tag] if tag else [], "no case's reference")


def _names(cases: list[str], nothing: str) -> str:
    return f"names {', '.join(dict.fromkeys(cases))}" if cases else nothing


def show_guard(mail: Understood, ours: Ours, *, every_rule: bool) -> None:
    """What kind of mail it is, and which of the guard's rules fired."""
    guarded = mail.guarded
    step("Is it a person's, so that it may be answered?")
    row("Kind", guarded.kind.replace("_", " "))
    row("Verdict", "nothing speaks against an answer" if guarded.reply else f"no answer: {guarded.why}")
    fired = {name for name, fires in examine(mail.message, ours, Seen(form=mail.told.channel == "portal")) if fires}
    if guarded.rule:
        fired.add(guarded.rule)
    count = f"{len(fired)} of {len(RULES)} fired" if fired else f"none of {len(RULES)} fired"
    row("Rules", count + ("" if every_rule else "; --rules lists them all"))
    for rule in RULES:
        if rule.name in fired:
            decided = " – this one decided" if rule.name == guarded.rule else ""
            row("✗ fired", f"{rule.name}: {rule.why} [{rule.source}]{decided}")
        elif every_rule:
            row("· not so", f"{rule.name}: {rule.why} [{rule.source}]", "dim")
    bounce = guarded.bounce
    if bounce is not None:
        row("Returned from", ", ".join(bounce.recipients) or "an address that it does not name")
        lasts = "for good" if bounce.permanent else "for now"
        row("", f"{lasts}, status {bounce.status or 'unknown'}")
        row("Returned mail", ", ".join(bounce.original_ids[:3]) or "it does not say which")
