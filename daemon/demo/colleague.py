"""Pure. Ann, who works from Tapir's queue mailbox: what she answers to what Firstline hands her."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from daemon.demo.correspondents import SUPPORT, Posting
from threading_.message import Address, Message

ANN = Address("Ann Berg", "ann@tapir.example")

#: What she writes on top of a hand-over, by who the customer is. Whoever is not named waits for somebody else.
_ANSWERS = {
    "henrik@solbergfisk.example": "Hello Henrik,\n\nI am sorry that it took three mails. I have your file here and will call you at three.",
    "chiara.bellini@studiobellini.example": "Hello Chiara,\n\nyou are right, the month was charged twice. The second amount is on its way back to you.",
    "ewa.nowak@zielnik.example": "Hello Ewa,\n\nplease lift the roller with both thumbs, it takes some force. A new one is in the post today.",
}
_ELSE = (
    "Hello,\n\nwe have no program for that yet. I have noted it for our developers and will tell you when there is one."
)


def answers(handed: Message, *, now: datetime, token: str) -> Posting | None:
    """What she sends back, as her mail program quotes: one word to a draft, an answer above a hand-over, or nothing."""
    draft = handed.headers.get("x-firstline-decision") == "draft"
    customer = handed.headers.get("x-firstline-customer")
    answer = next((text for address, text in _ANSWERS.items() if address in customer), None)
    if answer is None and not draft:
        return None
    said = "#send" if draft else f"{answer}\n\nBest wishes\nAnn"
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = f"{ANN.name} <{ANN.address}>", SUPPORT.address
    mail["Subject"] = f"Re: {handed.subject}"
    mail["Date"], mail["Message-ID"] = format_datetime(now), f"<{token}@tapir.example>"
    mail["In-Reply-To"] = f"<{handed.message_id}>"
    mail["References"] = " ".join(f"<{one}>" for one in (*handed.references, handed.message_id))
    quoted = "\n".join(f"> {line}" for line in handed.text.strip().splitlines())
    mail.set_content(
        f"{said}\n\nOn {now:%a, %d %b %Y at %H:%M}, {SUPPORT.name} <{SUPPORT.address}> wrote:\n\n{quoted}\n"
    )
    return Posting(envelope_sender=ANN.address, said=said, raw=mail.as_bytes())
