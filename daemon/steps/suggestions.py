"""Pure. What people answered → suggested articles: files that a person reads, mends and moves, and that nothing indexes.

Each says of itself that it is a draft, so that even one that was moved unread is sent to no customer. Personal data is
taken out by rule (daemon/steps/anonymous.py); what is mostly that says nothing to others and is left out.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daemon.steps.anonymous import anonymous
from daemon.steps.claims import content
from daemon.steps.sentences import asks, questions_of, sentences, without_courtesies
from threading_.subject import base_subject

#: Words that tell something, which an answer must have to be worth an article, and the share of them that may have been taken out.
_TELLING, _MASKED = 8, 0.15
_QUESTIONS = 12  #: questions that one file keeps
_MASK = re.compile(r"\[(?:name|address|number|case)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanAnswer:
    """An answer that a person approved, edited or wrote."""

    source: str
    at: datetime
    verdict: str  #: `sent` | `edited` | `rejected` | `answered`
    case: str
    names: tuple[str, ...]  #: of customer and agent
    subject: str
    asked: str  #: the customer's mail
    answer: str
    topic: str = ""
    language: str = ""
    article: str = ""  #: path of the article that an approved answer came from
    title: str = ""  #: its title


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A suggested article, or questions that an article there is should list."""

    title: str
    questions: tuple[str, ...]
    cases: tuple[str, ...]
    body: str
    topic: str = ""
    language: str = ""
    article: str = ""  #: path of the article that should list the questions; '' where it is a new one


def worth_suggesting(answer: HumanAnswer) -> bool:
    """Whether others could learn from it: it states enough, and is not mostly about one customer."""
    if answer.verdict == "sent":
        return bool(answer.article and _question(answer))
    text = anonymous(answer.answer, answer.names)
    stated = [one for one in sentences(text) if not asks(one)]
    words = sum(len(content(one)) for one in stated)
    masked = len(_MASK.findall(text))
    return words >= _TELLING and masked <= _MASKED * words


def suggestion(members: Sequence[HumanAnswer]) -> Suggestion:
    """One of answers that say the same; the first is the one whose words stand."""
    first = members[0]
    questions = tuple(dict.fromkeys(question for one in members if (question := _question(one))))[:_QUESTIONS]
    topics = Counter(one.topic for one in members if one.topic)
    approved = first.verdict == "sent"
    title = first.title if approved else _title(first, questions)
    body = (
        f"People approved answers from this article to these questions: add them to the `questions:` of {first.article}."
        if approved
        else anonymous(first.answer, first.names)
    )
    return Suggestion(
        title=title,
        questions=questions,
        cases=tuple(dict.fromkeys(one.case for one in members)),
        body=body,
        topic=topics.most_common(1)[0][0] if topics else "",
        language=first.language,
        article=first.article if approved else "",
    )


def as_file(found: Suggestion, made: date) -> str:
    """The file: front matter that the knowledge base understands, and keeps from customers."""
    lines = [
        "---",
        "# Suggested by Firstline from what people answered. Read it, mend it, take `draft` and `status` out, and move it",
        "# into a folder of [knowledge]. Look for names and numbers that rules did not find.",
        f"title: {_text(found.title)}",
        "status: suggested",
        "draft: true",
        f"made: {made.isoformat()}",
    ]
    lines += [f"topic: {_text(found.topic)}"] if found.topic else []
    lines += [f"language: {found.language}"] if found.language else []
    lines += [f"article: {_text(found.article)}"] if found.article else []
    lines += ["questions:", *(f"  - {_text(question)}" for question in found.questions)] if found.questions else []
    lines += ["cases:", *(f"  - {case}" for case in found.cases), "---", "", found.body.strip(), ""]
    return "\n".join(lines)


def merged(file: str, further: Suggestion) -> str:
    """The file with the questions and cases of further answers that say the same. Its words, which a person may have mended
    by now, stay; a file whose lists are gone stays as it is."""
    for name, items in (("questions", map(_text, further.questions)), ("cases", further.cases)):
        heading = f"\n{name}:\n"
        head, found, tail = file.partition(heading)
        if found:
            new = "".join(f"  - {item}\n" for item in items if f"  - {item}\n" not in file)
            file = f"{head}{heading}{new}{tail}"
    return file


def file_name(title: str, taken: Sequence[str]) -> str:
    """A name for the file that no other has."""
    stem = re.sub(r"[^\w]+", "-", title.lower()).strip("-")[:60].strip("-") or "suggestion"
    number, name = 1, f"{stem}.md"
    while name in taken:
        number += 1
        name = f"{stem}-{number}.md"
    return name


def _question(answer: HumanAnswer) -> str:
    """What the customer asked, in one line and without personal data."""
    found = questions_of(without_courtesies(answer.asked))
    said = next(iter(found), "") or base_subject(answer.subject)
    return " ".join(anonymous(said, answer.names).split())[:300]


def _title(answer: HumanAnswer, questions: Sequence[str]) -> str:
    subject = " ".join(anonymous(base_subject(answer.subject), answer.names).split())
    return (subject if len(subject.split()) >= 3 else next(iter(questions), "") or subject or "An answer")[:120]


def _text(text: str) -> str:
    """A text as YAML takes it, whatever is in it: JSON's strings are YAML's too."""
    return json.dumps(text, ensure_ascii=False)
