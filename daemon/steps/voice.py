"""Pure. Who speaks in our mails: addresses, tone, hours, templates; and the names that templates may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from daemon.settings import HoursSettings, ReplySettings
from threading_.ids import KeyRing
from threading_.message import Address

Render = Callable[[str, str, Mapping[str, object]], str]
"""Template name (such as `reply.md`), language, values → text. Falls back to English by itself."""

VALUES = frozenset(
    {
        "greeting",  # "Hello Alice" in the language of the mail, without the comma
        "answer",  # Markdown, from the articles
        "articles",  # those it comes from: title, url ('' where it has none)
        "questions",  # of a clarification, in order
        "rating",  # of closure.md: whether to ask for a number from 1 to 5
        "due",  # by when a person answers: a local datetime
        "today",  # whether that is today
        "signature",  # Markdown
        "disclosure",  # whether to say that this was written automatically
        "reference",  # of the case
        "body",  # of mail.html: the mail as HTML
        "block",  # of handover.txt: label and value of each line
        "headline",  # of handover.txt
        "draft",  # of handover.txt: what the customer would get, '' for none
        "conversation",  # of handover.txt: heading and text of each mail
    }
)
"""Every name that a template may use; `language` is the template's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Who speaks, and how."""

    mailbox: Address  #: From, and Reply-To of the hand-over
    envelope_sender: str
    queue: Address
    domain: str  #: of our Message-IDs
    ring: KeyRing
    reply: ReplySettings
    hours: HoursSettings
    zone: tzinfo
    render: Render
    rating: bool = False  #: closures ask for a rating
    agent: str = ""  #: name of the agent whose case it is; '' for nobody in particular
    by_mail: bool = False  #: whether agents can answer hand-overs by mail: some are named, and can be believed
