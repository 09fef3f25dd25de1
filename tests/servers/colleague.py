"""An agent at their mail program: answers a mail to the team, quoted below as most programs do."""

from email.message import EmailMessage
from itertools import count

from tests.servers.desk import SUPPORT
from tests.servers.world import START
from threading_.message import Message

ANN, BOB = "Ann Agent <ann@example.com>", "Bob Builder <bob@example.com>"
SERVER = "mx.example.com"
PASSED = ("Authentication-Results", f"{SERVER}; dmarc=pass header.from=example.com")
FAILED = ("Authentication-Results", f"{SERVER}; dmarc=fail header.from=example.com")
_numbers = count(1)


def answered(
    mail: Message,
    text: str,
    *,
    sender: str = ANN,
    to: str = SUPPORT,
    cc: str = "",
    headers: tuple[tuple[str, str], ...] = (PASSED,),
    quote: bool = True,
    subject: str = "",
    files: tuple[tuple[str, str, bytes], ...] = (),
) -> bytes:
    """The answer as bytes; `headers` stand on top, as a mail server puts them there."""
    made = EmailMessage()
    for name, value in headers:
        made.add_header(name, value)
    made["From"], made["To"], made["Subject"] = sender, to, subject or f"Re: {mail.subject}"
    if cc:
        made["Cc"] = cc
    made["Message-ID"] = f"<agent-{next(_numbers)}@example.com>"
    made["Date"] = START
    made["In-Reply-To"] = f"<{mail.message_id}>"
    made["References"] = " ".join(f"<{one}>" for one in (*mail.references, mail.message_id or ""))
    below = "\n".join(f"> {line}".rstrip() for line in mail.text.split("\n"))
    made.set_content(
        f"{text}\n\nOn Fri, 20 Nov 2026 at 11:00, Support <{SUPPORT}> wrote:\n{below}\n" if quote else text
    )
    for name, kind, content in files:
        maintype, _, subtype = kind.partition("/")
        made.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    return made.as_bytes()
