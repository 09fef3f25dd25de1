"""Pure. Who is an agent, and is this mail theirs? Only what is proven twice is obeyed (product.md §4).

By its From an agent's mail can be anybody's, and the signed id that it answers goes wherever a hand-over is forwarded to.
So both are asked for: an answer to a mail of ours to the team, sent to this very agent or to an address that the team
shares, and not too long ago; and the pass of our own server, or the operator's word that only local users can send under
these addresses.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from daemon.settings import AgentSettings, Settings
from daemon.steps.verdicts import Authenticated, Proof
from store.records import Role
from threading_.headers import read_addresses
from threading_.message import Message

#: Mails of ours that an agent may answer.
TEAM_ROLES = frozenset({Role.HANDOVER, Role.DRAFT, Role.RECEIPT, Role.REMINDER})


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKnown:
    """A mail of ours to the team that the mail answers: its id carries our signature, and the outbox has it."""

    case: str  #: the case that it is about, as it is called now
    message_id: str
    role: Role
    recipient: str  #: to whom it went, lower case
    at: datetime  #: when it was written
    turn: int = 0  #: its number among the mails of the case: what has a higher one, its reader had not seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Whether a mail is obeyed as an agent's."""

    believed: bool
    why: str  #: what proves it, or what is lacking
    agent: AgentSettings | None = None  #: whose address it bears; None for nobody's
    token: TokenKnown | None = None
    proven: bool = False  #: it is from whom it says, whatever it answers


def agency(
    message: Message, auth: Authenticated, known: TokenKnown | None, settings: Settings, now: datetime
) -> Agency:
    """Whether the mail is obeyed, and why (not). `known` is the nearest mail of ours to the team that it answers."""
    agent = agent_of(message, settings)
    if agent is None:
        return Agency(believed=False, why="its sender is none of [[agents]]", token=known)
    doubt = unproven_agent(message, auth, settings)
    why = doubt or _stale(known, agent, settings, now)
    return Agency(
        believed=why is None,
        why=why or f"{agent.name} answers a mail of ours, and {_proof(auth)}",
        agent=agent,
        token=known,
        proven=doubt is None,
    )


def agent_of(message: Message, settings: Settings) -> AgentSettings | None:
    """The agent whose address stands in From; None for anybody else, and where From names more than one."""
    if message.sender is None:
        return None
    return next((agent for agent in settings.agents if agent.address.casefold() == message.sender.key), None)


def unproven_agent(message: Message, auth: Authenticated, settings: Settings) -> str | None:
    """Why an agent's mail is not believed to be theirs; None where it is. A mail that answers nothing is judged alike."""
    fields = message.headers.all("from")
    if len(fields) > 1 or len([one for one in read_addresses(fields) if "@" in one.address]) > 1:
        return "it names more than one sender"
    if auth.verdict is Proof.FAIL:
        return auth.why
    if auth.verdict is Proof.PASS or settings.queue.trust_local:
        return None
    if not settings.authentication.authserv_id:
        return "nothing proves its sender: neither [authentication] authserv_id nor [queue] trust_local is set"
    return auth.why


def can_be_believed(settings: Settings) -> bool:
    """Whether any agent's mail can be obeyed under this configuration: what hand-overs may offer."""
    return bool(settings.agents) and bool(settings.authentication.authserv_id or settings.queue.trust_local)


def shared_addresses(settings: Settings) -> frozenset[str]:
    """The addresses that the team reads together, lower case."""
    queue = settings.queue
    shared = {queue.address, queue.fallback, *(route.address for route in settings.routes)}
    return frozenset(address.casefold() for address in shared if address)


def _stale(known: TokenKnown | None, agent: AgentSettings, settings: Settings, now: datetime) -> str | None:
    if known is None:
        return "it answers no mail of ours to the team"
    if known.role not in TEAM_ROLES:
        return "what it answers was no mail to the team"
    if known.recipient.casefold() not in {agent.address.casefold(), *shared_addresses(settings)}:
        return f"the mail that it answers went to {known.recipient}, not to {agent.address}"
    if now - known.at > timedelta(days=settings.queue.token_days):
        return f"the mail that it answers is older than {settings.queue.token_days:g} days"
    return None


def _proof(auth: Authenticated) -> str:
    return auth.why if auth.verdict is Proof.PASS else "only local users can send under that address (trust_local)"
