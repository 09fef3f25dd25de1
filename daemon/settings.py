"""Pure. The shape of `config.toml`: every key, its bounds and its default. `config.py` reads the file into it.

Each default is product.md §9's. Unknown keys are refused, so that a slip of the pen is never a silent default. What
one key alone can tell stands at its type; what takes two is in disagreements.py. The file itself is the manual:
config.toml explains each key, and tests/unit/test_config.py compares it with what stands here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo

from store.records import Mode


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading takes of the machine: pydantic's validation context. Without one, as in tests, texts stay as they are."""

    address: Callable[[str], str]  #: checks an address and returns it in its usual form; ValueError
    path: Callable[[str], str]  #: '~' and what is relative, from the configuration's folder on
    credential: Callable[[str], str]  #: the same, but first in systemd's credentials


def _address(value: str, info: ValidationInfo) -> str:
    return info.context.address(value) if value and isinstance(info.context, Reader) else value


def _path(value: str, info: ValidationInfo) -> str:
    return info.context.path(value) if value and isinstance(info.context, Reader) else value


def _credential(value: str, info: ValidationInfo) -> str:
    return info.context.credential(value) if value and isinstance(info.context, Reader) else value


def _model(value: str, info: ValidationInfo) -> str:
    return _path(value, info) if value.startswith((".", "/", "~")) else value


def _given(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _host(value: str) -> str:
    _given(value)
    try:
        ip_address(value)
    except ValueError:
        if not re.fullmatch(r"[A-Za-z0-9._-]+", value):
            raise ValueError(f"{value!r} is no host: only a name or an IP address, the port has its own key") from None
    return value


def _keyword(value: str) -> str:
    # RFC 9051 flag-keyword: an atom; a backslash in front would make it a system flag.
    if not re.fullmatch(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+", value):
        raise ValueError(f"{value!r} is no IMAP keyword: letters, digits and signs such as $ and - only, no spaces")
    return value


def _link(value: str) -> str:
    if value and not re.fullmatch(r"https?://\S+", value):
        raise ValueError(f"{value!r} is no web address: it begins with https://")
    return value


def _domain(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", value):
        raise ValueError(f"{value!r} is no domain name, such as example.com")
    return value


def _one_line(value: str) -> str:
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("is more than one line")  # it would end up in a header
    return value


def _clock(value: object) -> object:
    if isinstance(value, int | float):  # pydantic would take 9 for nine seconds past midnight
        raise ValueError(f'{value!r} is no time of day: write it as "09:00"')
    if isinstance(value, str) and re.fullmatch(r"\d:\d\d", value):
        return f"0{value}"
    return value


def _calendar(value: object) -> object:
    if isinstance(value, int | float):  # pydantic would take it for seconds since 1970
        raise ValueError(f'{value!r} is no date: write it as "2026-12-25"')
    return value


Port = Annotated[int, Field(ge=1, le=65535)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
MailAddress = Annotated[str, AfterValidator(_given), AfterValidator(_address)]
OptionalAddress = Annotated[str, AfterValidator(_address)]  #: '' for none
LocalPath = Annotated[str, AfterValidator(_path)]
CredentialPath = Annotated[str, AfterValidator(_credential)]
Host = Annotated[str, AfterValidator(_host)]
Line = Annotated[str, AfterValidator(_one_line)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
#: What a human must know of a mail: daemon/steps/verdicts.py `Flag`, which stands above this file.
FlagName = Literal[
    "wants_human",
    "legal_or_regulated",
    "angry",
    "urgent",
    "cancel_or_refund",
    "security_incident",
    "vulnerable",
]
#: What a field of a form is.
FieldName = Literal["customer", "name", "product", "severity", "subject", "text", "phone", "ignore"]
Clock = Annotated[time, BeforeValidator(_clock)]
Holiday = Annotated[date, BeforeValidator(_calendar)]


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
    user: Line = ""
    password_file: CredentialPath = ""
    password_env: str = ""
    password_command: str = ""
    token_command: str = ""  #: for xoauth2: prints an access token


class MailboxSettings(Login):
    """[mailbox]: the support mailbox."""

    address: MailAddress = "support@example.com"
    name: Line = "Support"
    aliases: tuple[MailAddress, ...] = ()  #: further addresses under which customers write to it
    host: Host = "localhost"
    port: Port = 993
    security: Security = Security.TLS
    ca_file: LocalPath = ""
    folder: Annotated[str, AfterValidator(_given)] = "INBOX"
    sent_folder: str = ""  #: '' finds the one marked \Sent
    watch_sent: bool = True  #: what people answer from there is noticed
    after: After = After.KEYWORD
    keyword: Annotated[str, AfterValidator(_keyword)] = "$Firstline"
    move_to: str = "Firstline"
    poll_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    idle_seconds: Annotated[int, Field(ge=10, le=1740)] = 300
    timeout_seconds: Annotated[int, Field(ge=1, le=600)] = 20


class SmtpSettings(Login):
    """[smtp]: the server that takes our mail."""

    host: Host = "localhost"
    port: Port = 587
    security: Security = Security.STARTTLS
    ca_file: LocalPath = ""
    bounce_address: OptionalAddress = ""  #: '' is the mailbox's own address
    connections: Annotated[int, Field(ge=1, le=20)] = 2
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 60
    uncertain_minutes: Annotated[float, Field(ge=0)] = (
        60.0  #: how long evidence may settle an uncertain mail before a human is told
    )
    data_timeout_seconds: Annotated[int, Field(ge=1, le=3600)] = 600
    evidence_copy: OptionalAddress = ""  #: a second envelope recipient that proves what left; '' for none


class QueueSettings(Section):
    """[queue]: where humans work, and who is obeyed there (product.md §4)."""

    address: MailAddress = "queue@example.com"
    name: Line = "Support queue"
    fallback: OptionalAddress = ""  #: where hand-overs go that bounce or stay unanswered; '' for none
    trust_local: bool = False  #: only local users can send as agents: no Authentication-Results needed
    token_days: Annotated[float, Field(gt=0)] = 30.0  #: how long a mail of ours may be answered with a command
    undo_seconds: Annotated[float, Field(ge=0, le=3600)] = 120.0  #: what a human sends waits so long for `#undo`


class AgentSettings(Section):
    """[[agents]]: a person who answers customers."""

    name: Annotated[str, AfterValidator(_given), AfterValidator(_one_line)]
    address: MailAddress
    days: tuple[Day, ...] = ()  #: on duty; empty: those of [hours]
    start: Clock | None = None  #: None: that of [hours]
    end: Clock | None = None
    away: tuple[Holiday, ...] = ()  #: days of leave


class RouteSettings(Section):
    """[[routes]]: which hand-overs go where; the first that fits. An empty condition fits everything."""

    topic: str = ""
    tier: str = ""
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] = ""
    address: OptionalAddress = ""  #: '' is the queue's
    agents: tuple[str, ...] = ()  #: names of [[agents]]: in turn, those on duty
    promise_hours: Annotated[float, Field(gt=0)] | None = None  #: None: that of [hours]


class FollowUpSettings(Section):
    """[follow_up]: what happens when nobody writes (product.md §5)."""

    enabled: bool = True
    nudge_days: Annotated[float, Field(gt=0)] = 3.0  #: of a customer's silence
    close_days: Annotated[float, Field(gt=0)] = 7.0  #: of a customer's silence, the nudge within
    remind_at: Annotated[float, Field(ge=0.0, le=1.0)] = 0.75  #: share of the promised time after which the queue hears


class DigestSettings(Section):
    """[digest]: what the team is told of each day and week (product.md §5)."""

    daily: bool = True
    weekly: bool = True  #: on Mondays
    at: Clock = time(8, 0)  #: in the zone of [hours]
    to: OptionalAddress = ""  #: '' is the queue's address


class LearningSettings(Section):
    """[learning]: what is made of humans' answers (product.md §2, §5)."""

    promote_at: Probability = 0.8  #: agreement that a topic's shadow record must surely have
    folder: LocalPath = ""  #: of suggested articles; '' is `suggestions` in the state folder


class RatingSettings(Section):
    """[rating]: customers rate a solved case by a number."""

    enabled: bool = False


class CustomersSettings(Section):
    """[customers]: the team's own list of customers (product.md §5)."""

    file: LocalPath = ""  #: '' for none
    high_tiers: tuple[str, ...] = ()  #: their cases are one step higher in priority
    late_hours: Annotated[float, Field(gt=0)] = 8.0  #: who waits longer is one step higher in priority


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return value


class IntakeSettings(Section):
    """[[intake]]: a form of a portal, which arrives as mail (product.md §6)."""

    sender: Annotated[MailAddress, Field(alias="from")]  #: the form's own address, in From
    subject: Annotated[str, AfterValidator(_pattern)] = ""  #: regular expression that is found in the subject
    fields: dict[str, FieldName] = {}  #: label in the form → what stands beside it; beside those that are known


class KnowledgeSettings(Section):
    """[knowledge]: the team's articles."""

    folders: tuple[LocalPath, ...] = ()
    base_url: Annotated[str, AfterValidator(_link)] = ""
    model: Annotated[str, AfterValidator(_model)] = ""  #: '' is the bundled all-MiniLM-L6-v2
    reranker: Annotated[str, AfterValidator(_model)] = ""  #: '' is none
    max_deletion: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    refresh_minutes: Annotated[float, Field(ge=0.0, le=1440.0)] = 10.0  #: 0: at the start only


class LlmSettings(Section):
    """[llm]: a language model that words the answers; '' as `url`: none, the articles' own words are sent."""

    url: Annotated[str, AfterValidator(_link)] = ""  #: of an OpenAI-compatible server, mostly ending in /v1
    model: Line = ""
    key_file: CredentialPath = ""
    key_env: str = ""
    key_command: str = ""
    timeout_seconds: Annotated[float, Field(ge=1, le=300)] = 30.0  #: for one mail in all, with retry and judge
    context_tokens: Annotated[int, Field(ge=1024)] = 8192
    daily_tokens: Annotated[int, Field(ge=0)] = 500_000  #: prompts and replies, a day in UTC
    judge: bool = False  #: it also says whether the articles answer; it can only lower a decision


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
    never_auto: tuple[FlagName, ...] = (
        "legal_or_regulated",
        "security_incident",
        "cancel_or_refund",
        "vulnerable",
    )
    never_auto_topics: tuple[str, ...] = ()
    phone_answers: bool = False  #: whether the answer to a call that an agent logged may leave by itself


class TopicSettings(Section):
    """[topics.NAME]: what goes for the cases of one topic."""

    mode: Mode | None = None  #: None: that of [policy]


class Unproven(StrEnum):
    """What happens to a mail whose sender is not proven."""

    ESCALATE = "escalate"
    ACCEPT = "accept"


def _server_name(value: str) -> str:
    if value and not re.fullmatch(r"[A-Za-z0-9._:-]+", value):
        raise ValueError(f"{value!r} is no name of a server, such as mx.example.com")
    return value


class AuthenticationSettings(Section):
    """[authentication]: who says whether a mail is from whom it says, and what follows."""

    authserv_id: Annotated[str, AfterValidator(_server_name)] = ""  #: RFC 8601 §2.5; '' believes nobody
    on_fail: Unproven = Unproven.ESCALATE
    on_none: Unproven = Unproven.ACCEPT


class ThreadSettings(Section):
    """[threads]: how long a case takes further mails."""

    reopen_days: Annotated[float, Field(ge=0)] = 14.0  #: of a resolved case
    old_days: Annotated[float, Field(gt=0)] = 90.0  #: of any case on which nothing happened


class CapSettings(Section):
    """[caps]: how much may leave. A cap never silences a person: the mail goes to the queue instead."""

    enabled: bool = True
    in_a_row: Annotated[int, Field(ge=1)] = 3
    sender_per_day: Annotated[int, Field(ge=1)] = 10
    domain_per_hour: Annotated[int, Field(ge=1)] = 20
    free_mail: tuple[Annotated[str, AfterValidator(_domain)], ...] = ()  #: further hosts exempt from domain_per_hour
    similar_per_hour: Annotated[int, Field(ge=1)] = 5
    reopened_per_week: Annotated[int, Field(ge=1)] = 3
    total_per_hour: Annotated[int, Field(ge=1)] = 60
    total_per_day: Annotated[int, Field(ge=1)] = 300
    handovers_per_sender: Annotated[int, Field(ge=1)] = 10  #: an hour; what is beyond comes as a list
    handovers_per_hour: Annotated[int, Field(ge=1)] = 60
    suppress_days: Annotated[int, Field(ge=0)] = 60
    breaker_percent: Annotated[int, Field(ge=1, le=100)] = 20
    breaker_rest_minutes: Annotated[float, Field(gt=0)] = 30.0


class LimitSettings(Section):
    """[limits]: what is read of one mail."""

    message_bytes: Annotated[int, Field(ge=10_000)] = 25_000_000
    parts: Annotated[int, Field(ge=1)] = 200
    depth: Annotated[int, Field(ge=1, le=200)] = 50
    header_bytes: Annotated[int, Field(ge=10_000)] = 200_000


class ReplySettings(Section):
    """[reply]: the tone of our mails."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"  #: ISO 639-1
    greeting: str = ""
    signature: str = ""
    disclosure: bool = True
    templates: LocalPath = ""
    message_id_domain: Annotated[str, AfterValidator(_domain)] = ""  #: '' is the mailbox's domain
    plus_addressing: bool = False  #: Reply-To is support+<signed case>@…


class HoursSettings(Section):
    """[hours]: when people work."""

    zone: str = ""  #: IANA name; '' is the host's
    days: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri")
    start: Clock = time(9, 0)
    end: Clock = time(17, 0)
    holidays: tuple[Holiday, ...] = ()
    promise_hours: Annotated[float, Field(gt=0)] = 4.0


class ServiceSettings(Section):
    """[service]: the daemon itself."""

    state: LocalPath = ""  #: '' is $STATE_DIRECTORY, else /var/lib/firstline
    workers: Annotated[int, Field(ge=1, le=32)] = 4
    lease_seconds: Annotated[int, Field(ge=5)] = 120
    shutdown_seconds: Annotated[float, Field(ge=1)] = 20.0
    alert_after_minutes: Annotated[int, Field(ge=1)] = 60
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class Settings(Section):
    """The whole file."""

    mailbox: MailboxSettings = MailboxSettings()
    smtp: SmtpSettings = SmtpSettings()
    queue: QueueSettings = QueueSettings()
    agents: tuple[AgentSettings, ...] = ()
    routes: tuple[RouteSettings, ...] = ()
    follow_up: FollowUpSettings = FollowUpSettings()
    digest: DigestSettings = DigestSettings()
    learning: LearningSettings = LearningSettings()
    rating: RatingSettings = RatingSettings()
    customers: CustomersSettings = CustomersSettings()
    intake: tuple[IntakeSettings, ...] = ()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    llm: LlmSettings = LlmSettings()
    policy: PolicySettings = PolicySettings()
    topics: dict[Annotated[str, AfterValidator(_given)], TopicSettings] = {}
    authentication: AuthenticationSettings = AuthenticationSettings()
    threads: ThreadSettings = ThreadSettings()
    caps: CapSettings = CapSettings()
    limits: LimitSettings = LimitSettings()
    reply: ReplySettings = ReplySettings()
    hours: HoursSettings = HoursSettings()
    service: ServiceSettings = ServiceSettings()
