"""Pure. The grade that a mail gets before it may leave: what it states stands in the articles, and nothing else leaves.

Deterministic and fail-closed: what cannot be shown to be supported has failed. What supports a sentence is told in
`grounding`; the template's own words are ours and are not graded, so that a mail states only what it carries.
"""

import re
from collections.abc import Sequence

from daemon.steps.claims import urls
from daemon.steps.grounding import check_text, uncovered
from daemon.steps.verdicts import Checked, ComposedMail, Failure, Similarity, TurnView
from kb.articles import Passage
from store.records import Role
from threading_.language import language

__all__ = ["check", "check_text", "supported"]

_SECRETS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{36}|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,})"), "an access key"),
    (
        re.compile(
            r"\b(?:password|passwort|mot de passe|contraseña|api key|token)\s*(?:is\b|=|:)[\s:=]*\S*\d\S*", re.I
        ),
        "a password",
    ),
    (re.compile(r"\b(?:\d[ -]?){13,19}\b"), "a card number"),
)


def check(mail: ComposedMail, view: TurnView, similarity: Similarity | None = None) -> Checked:
    """Whether a mail may leave. Hand-overs always may: they go to the team and say what the case is.

    With a `similarity`, an honest retelling of the articles may leave too; without it, their own words alone.
    """
    if mail.role is Role.HANDOVER:
        return Checked(passed=True)
    failed: list[Failure] = []
    passages = view.evidence.cited if view.evidence else ()
    if mail.role in (Role.REPLY, Role.OFFER, Role.DRAFT) and (mail.grounded or mail.role is not Role.DRAFT):
        failed += supported(mail.grounded, passages, similarity).failed
        failed += [Failure(sentence=p.title, why="the article is internal") for p in passages if not p.public]
    if mail.role in (Role.REPLY, Role.OFFER):
        failed += _foreign(mail.grounded, view.triage.language)
        told = "\n".join((mail.grounded, *(f"{passage.title}\n{passage.section}" for passage in passages)))
        failed += uncovered(view.triage.questions, told)
    known = urls(text for passage in passages for text in (passage.text, passage.url))
    shown = f"{mail.mail.text}\n{mail.mail.html or ''}"
    if mail.role is not Role.DRAFT:  # a draft shows people the whole conversation
        failed += [Failure(sentence=url, why="a link that no article has") for url in urls((shown,)) - known]
        failed += _secrets(mail.mail.text, "\n".join(passage.text for passage in passages))
        if mail.mail.to.key != view.newest.sender.lower():
            failed.append(Failure(sentence=mail.mail.to.address, why="not the sender of the newest mail"))
    return Checked(passed=not failed, failed=tuple(failed))


def supported(text: str, passages: Sequence[Passage], similarity: Similarity | None = None) -> Checked:
    """Whether the passages, with their headings, say what a text says."""
    return check_text(text, [_said_by(passage) for passage in passages], similarity=similarity)


def _said_by(passage: Passage) -> str:
    """A passage with its headings, which an answer of several passages repeats."""
    return "\n\n".join((passage.title, *passage.section.split(" > "), passage.text))


def _foreign(text: str, spoken: str) -> list[Failure]:
    """What is stated is in the customer's language, as far as either can be told."""
    found = language(text)
    if not found or not spoken or found == spoken:
        return []
    return [Failure(sentence="", why=f"the customer writes {spoken}, this is {found}")]


def _secrets(text: str, known: str) -> list[Failure]:
    found = []
    for pattern, name in _SECRETS:
        for match in pattern.finditer(text):
            if match[0] not in known and (name != "a card number" or _is_card(match[0])):
                found.append(Failure(sentence="…", why=f"looks like {name}"))
    return found


def _is_card(text: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, Luhn)."""
    digits = [int(sign) for sign in text if sign.isdigit()][::-1]
    doubled = [digit if index % 2 == 0 else sum(divmod(digit * 2, 10)) for index, digit in enumerate(digits)]
    return len(digits) >= 13 and sum(doubled) % 10 == 0
