"""Pure. The shape of `config.toml`: every key, its bounds and its default. `config.py` reads the file into it.

Each default is product.md §9's. Unknown keys are refused, so that a slip of the pen is never a silent default.
"""

from datetime import date, time
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from store.records import Mode

Port = Annotated[int, Field(ge=1, le=65535)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """A table of the file: frozen, and nothing but the keys it names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Security(StrEnum):
    """How a connection is protected."""

    TLS = "tls"  #: from the first byte
    STARTTLS = "starttls"
    PLAIN = "plain"  #: loopback and test servers


class Authentication(StrEnum):
    """How we log in."""

    PASSWORD = "password"  # noqa: S105 - the name of a method, not a secret
    XOAUTH2 = "xoauth2"
    NONE = "none"


class After(StrEnum):
    """What happens to a mail in the mailbox once it is safely stored."""

    KEYWORD = "keyword"
    MOVE = "move"
    LEAVE = "leave"


class Middle(StrEnum):
    """What happens between `draft_at` and `send_at`."""

    DRAFT = "draft"
    OFFER = "offer"


class Login(Section):
    """How to log in to a server: exactly one source of the secret, or none where `auth = "none"`."""

    auth: Authentication = Authentication.PASSWORD
    user: str = ""
    password_file: str = ""
    password_env: str = ""
    password_command: str = ""
    token_command: str = ""  #: for xoauth2: prints an access token


class MailboxSettings(Login):
    """[mailbox]: the support mailbox."""

    address: str = "support@example.com"
    name: str = "Support"
    aliases: tuple[str, ...] = ()  #: further addresses under which customers write to it
    host: str = "localhost"
    port: Port = 993
    security: Security = Security.TLS
    ca_file: str = ""
    folder: str = "INBOX"
    sent_folder: str = ""  #: '' finds the one marked \Sent
    after: After = After.KEYWORD
    keyword: str = "$Firstline"
    move_to: str = "Firstline"
    poll_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    idle_seconds: Annotated[int, Field(ge=10, le=1740)] = 300
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 30


class SmtpSettings(Login):
    """[smtp]: the server that takes our mail."""

    host: str = "localhost"
    port: Port = 587
    security: Security = Security.STARTTLS
    ca_file: str = ""
    bounce_address: str = ""  #: '' is the mailbox's own address
    connections: Annotated[int, Field(ge=1, le=20)] = 2
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    data_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 600
    evidence_copy: str = ""  #: a second envelope recipient that proves what left; '' for none


class QueueSettings(Section):
    """[queue]: where humans work."""

    address: str = "queue@example.com"
    name: str = "Support queue"


class KnowledgeSettings(Section):
    """[knowledge]: the team's articles."""

    folders: tuple[str, ...] = ()
    base_url: str = ""
    model: str = ""  #: '' is the bundled all-MiniLM-L6-v2
    max_deletion: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5


class PolicySettings(Section):
    """[policy]: what may be sent, and when a human is called."""

    mode: Mode = Mode.SHADOW
    send_at: Probability = 0.90
    draft_at: Probability = 0.70
    middle: Middle = Middle.DRAFT
    sentiment_floor: Annotated[float, Field(ge=-1.0, le=1.0)] = -0.6
    turn_cap: Annotated[int, Field(ge=0, le=20)] = 3
    clarifications: Annotated[int, Field(ge=0, le=3)] = 1
    coalesce_seconds: Annotated[float, Field(ge=0, le=600)] = 5.0
    max_age_hours: Annotated[float, Field(gt=0)] = 24.0
    valid_hours: Annotated[float, Field(gt=0)] = 4.0  #: a reply that waited longer is decided again
    never_auto: tuple[str, ...] = (
        "legal_or_regulated",
        "security_incident",
        "cancel_or_refund",
        "vulnerable",
    )
    never_auto_topics: tuple[str, ...] = ()


class CapSettings(Section):
    """[caps]: how much may leave. A cap never silences a person: the mail goes to the queue instead."""

    enabled: bool = True
    sender_per_day: Annotated[int, Field(ge=1)] = 10
    total_per_hour: Annotated[int, Field(ge=1)] = 60
    total_per_day: Annotated[int, Field(ge=1)] = 300


class LimitSettings(Section):
    """[limits]: what is read of one mail."""

    message_bytes: Annotated[int, Field(ge=10_000)] = 25_000_000
    parts: Annotated[int, Field(ge=1)] = 200
    depth: Annotated[int, Field(ge=1, le=200)] = 50


class ReplySettings(Section):
    """[reply]: the tone of our mails."""

    language: str = "en"
    greeting: str = ""
    signature: str = ""
    disclosure: bool = True
    templates: str = ""
    message_id_domain: str = ""  #: '' is the mailbox's domain


class HoursSettings(Section):
    """[hours]: when people work."""

    zone: str = ""  #: IANA name; '' is the host's
    days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    start: time = time(9, 0)
    end: time = time(17, 0)
    holidays: tuple[date, ...] = ()
    promise_hours: Annotated[float, Field(gt=0)] = 4.0


class ServiceSettings(Section):
    """[service]: the daemon itself."""

    state: str = ""  #: '' is $STATE_DIRECTORY, else /var/lib/firstline
    workers: Annotated[int, Field(ge=1, le=32)] = 4
    lease_seconds: Annotated[int, Field(ge=5)] = 120
    shutdown_seconds: Annotated[float, Field(ge=1)] = 20.0
    alert_after_minutes: Annotated[int, Field(ge=1)] = 60
    log_level: str = "INFO"


class Settings(Section):
    """The whole file."""

    mailbox: MailboxSettings = MailboxSettings()
    smtp: SmtpSettings = SmtpSettings()
    queue: QueueSettings = QueueSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    policy: PolicySettings = PolicySettings()
    caps: CapSettings = CapSettings()
    limits: LimitSettings = LimitSettings()
    reply: ReplySettings = ReplySettings()
    hours: HoursSettings = HoursSettings()
    service: ServiceSettings = ServiceSettings()
