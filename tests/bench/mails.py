"""I/O. The customers' mails: those of the demo, and the labelled ones of the data set where it lies beside the checkout."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from daemon.demo.customers import CUSTOMERS
from daemon.demo.show import KNOWLEDGE
from tests.bench.systems import SUPPORT

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "kb"


@dataclass(frozen=True, slots=True)
class Questions:
    """Texts that customers write, and the articles that they are about."""

    name: str
    texts: tuple[tuple[str, str], ...]  #: subject and body
    articles: Path


def demo() -> Questions:
    """What the people of `firstline demo` ask first."""
    texts = tuple((customer.subject, customer.text) for customer in CUSTOMERS if customer.text)
    return Questions("the demo's customers and articles", texts, KNOWLEDGE)


def labelled() -> Questions | None:
    """The 160 mails about Arduino and its help centre; None where the data is not at hand."""
    mails, articles = DATA / "arduino-mails" / "mails.jsonl", DATA / "arduino-help-center" / "content"
    if not mails.is_file() or not articles.is_dir():
        return None
    rows = [json.loads(line) for line in mails.read_text("utf-8").splitlines()]
    texts = tuple((row["subject"], row["body"]) for row in rows)
    return Questions(f"{len(rows)} labelled mails and Arduino's help centre", texts, articles)


def address(number: int) -> str:
    """The address of one of the customers."""
    return f"customer{number}@customer{number}.example"


def mail(questions: Questions, number: int) -> bytes:
    """The mail of that customer: a text of the set, in turn, signed by its sender, so that no two are alike."""
    subject, body = questions.texts[number % len(questions.texts)]
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Customer {number} <{address(number)}>"
    message["To"] = SUPPORT
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<bench-{number}@customer{number}.example>"
    message.set_content(f"{body}\n\n-- \nCustomer {number}\n")
    return message.as_bytes()
