"""Pure. What an agent's mail is judged by, and what it does: the values around `obey`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from daemon.settings import AgentSettings
from daemon.steps.agency import Agency
from daemon.steps.agent_text import Known
from daemon.steps.guard import without_tag
from daemon.steps.lifecycle import Event
from daemon.steps.relay import newest_of_customer
from daemon.steps.verdicts import ComposedMail, TurnView
from store.records import Direction, Draft, DraftState, Judgement, Kind, Relayed, Role, Turn
from threading_.message import Message

#: Receipts to one agent within an hour: two programs that answer each other end here.
MOST_RECEIPTS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that an agent's mail is judged by."""

    view: TurnView  #: of the customer's last mail; `now`, the case and its mails
    turn: Turn  #: the agent's mail on the case
    message: Message  #: the same, with its files
    agency: Agency
    drafts: tuple[Draft, ...] = ()
    relays: tuple[Relayed, ...] = ()
    draft_mail: Message | None = None  #: the agent's mail behind the draft that is meant, with its files
    receipts: int = 0  #: to this agent within the hour

    @property
    def customer(self) -> Turn | None:
        """The customer's mail that an answer goes to; None where there is none."""
        return newest_of_customer(self.view.history)

    @property
    def seen(self) -> int:
        """The number of the last mail of the case that the agent had before them when they wrote."""
        return self.agency.token.turn if self.agency.token else 0

    @property
    def draft(self) -> Draft | None:
        """The draft that the mail is about."""
        return draft_meant(self.drafts, self.message, self.agency.agent)

    @property
    def known(self) -> Known:
        """What may stand quoted in the mail."""
        team, customer, others, notes = [], [], [], []
        for turn in self.view.history:
            if turn.id == self.turn.id:
                continue
            if turn.role is not None and not turn.role.to_customer:
                team.append(turn.text)
            elif turn.direction is Direction.IN and turn.kind is Kind.CUSTOMER and turn.trusted:
                customer.append(turn.text)
            elif turn.direction is Direction.IN and turn.sender.lower() != self.turn.sender.lower():
                notes.append(turn.text)
            else:
                others.append(turn.text)
        return Known(team=tuple(team), customer=tuple(customer), others=tuple(others), notes=tuple(notes))

    def further_addressees(self, ours: frozenset[str]) -> str:
        """Who else got the mail, '' for nobody. The queue is ours: "reply to all" puts it there by itself."""
        people = (*self.message.to, *self.message.cc)
        return ", ".join(one.address for one in people if not {one.key, without_tag(one.key)} & ours)

    @property
    def wrote_to_customer(self) -> bool:
        """Whether the customer is among the addressees, and so has the mail."""
        theirs = {self.view.case.customer.lower(), *((self.customer.sender.lower(),) if self.customer else ())}
        return any(one.key in theirs for one in (*self.message.to, *self.message.cc))

    def answered_by_another(self, agent: AgentSettings) -> Turn | None:
        """The answer of another agent that this one had not seen when they wrote; None where there is none."""
        others = [
            turn
            for turn in self.view.history
            if turn.direction is Direction.OUT
            and turn.role is Role.RELAY
            and turn.id > self.seen
            and turn.note != agent.name
        ]
        return others[-1] if others else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """What is done, together or not at all."""

    because: str  #: the command that decided, `relay` for an answer, `note`, `disbelieved`
    why: tuple[str, ...]
    events: tuple[Event, ...] = ()
    mails: tuple[ComposedMail, ...] = ()  #: to the customer first; the receipt last
    changes: Mapping[str, object] = field(default_factory=dict)  #: columns of the case: agent, topic, priority
    drafts: tuple[tuple[int, DraftState], ...] = ()  #: what became of which
    shown: tuple[int, int] | None = None  #: (draft, customer's mail that the agent is shown now)
    kept: Draft | None = None  #: an answer that waits for its agent's word
    verdict: Judgement | None = None
    take_back: Relayed | None = None
    again: bool = False  #: what the customer wrote since the last answer is to be decided again


def draft_meant(drafts: tuple[Draft, ...], message: Message, agent: AgentSettings | None) -> Draft | None:
    """The draft that the mail is about: the one that the mail it answers showed, else the newest that waits."""
    for message_id in message.referenced:
        for draft in drafts:
            if draft.message_id == message_id:
                return draft
    mine = ("", agent.name) if agent else ("",)
    waiting = [one for one in drafts if one.state is DraftState.WAITING and one.agent in mine]
    return waiting[-1] if waiting else None
