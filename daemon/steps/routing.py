"""Pure. Who gets a hand-over: by topic, tier and language to an address, or to the agent on duty whose turn it is.

A case keeps whom it went to: what follows goes there too. Only where that person is on leave, or is an agent no more, the
next on duty takes over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from daemon.settings import AgentSettings, RouteSettings, Settings
from daemon.steps.hours import is_open
from daemon.steps.verdicts import TurnView
from daemon.steps.voice import Voice
from store.records import Case
from threading_.message import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where the mails to the team about a case go."""

    address: str
    name: str  #: of whoever reads there, for To
    agent: str = ""  #: address of the agent whose case it is, lower case; '' for nobody in particular
    promise_hours: float  #: working hours promised to the customer
    why: str
    drawn: bool = False  #: it was this agent's turn: the next case is another's


def route(
    topic: str, tier: str, language: str, settings: Settings, now: datetime, zone: tzinfo, turn_of: Mapping[str, int]
) -> Routed:
    """Where a hand-over goes: the first of [[routes]] that fits; of its agents the one on duty who waited longest.

    `turn_of` numbers the last case that each agent (address, lower case) got, growing with time; who is missing got none.
    With nobody on duty it is the route's address, without one that of the queue.
    """
    queue, hours = settings.queue, settings.hours.promise_hours
    found = next((one for one in settings.routes if _fits(one, topic, tier, language)), None)
    if found is None:
        return Routed(address=queue.address, name=queue.name, promise_hours=hours, why="no route fits: the queue")
    hours = found.promise_hours or hours
    what = f"the route for {_conditions(found)}"
    ready = [one for one in _agents(found, settings) if on_duty(one, settings, now, zone)]
    if ready:
        agent = min(
            ready, key=lambda one: turn_of.get(one.address.casefold(), 0)
        )  # the first of equals: the file's order
        return Routed(
            address=agent.address,
            name=agent.name,
            agent=agent.address.casefold(),
            promise_hours=hours,
            why=f"{what}: {agent.name} is on duty and next in turn",
            drawn=True,
        )
    nobody = ", nobody is on duty" if found.agents else ""
    return Routed(
        address=found.address or queue.address, name=queue.name, promise_hours=hours, why=f"{what}{nobody}: its address"
    )


def routed(
    case: Case,
    topic: str,
    tier: str,
    language: str,
    settings: Settings,
    now: datetime,
    zone: tzinfo,
    turn_of: Mapping[str, int],
) -> Routed:
    """Where a mail to the team about this case goes: to whom it went before, else by `route`."""
    fresh = route(topic, tier, language, settings, now, zone, turn_of)
    if case.agent:
        agent = next((one for one in settings.agents if one.address.casefold() == case.agent.casefold()), None)
        if agent is None:
            return replace(fresh, why=f"{case.agent} is an agent no more; {fresh.why}")
        if is_away(agent, now, zone):
            return replace(fresh, why=f"{agent.name} is on leave; {fresh.why}")
        return replace(
            fresh,
            address=agent.address,
            name=agent.name,
            agent=agent.address.casefold(),
            why=f"the case is {agent.name}'s",
            drawn=False,
        )
    if case.queue and case.queue.casefold() not in {one.address.casefold() for one in settings.agents}:
        why = "where the case went before"
        return replace(fresh, address=case.queue, name=settings.queue.name, agent="", why=why, drawn=False)
    return fresh


def relieved(view: TurnView, settings: Settings, zone: tzinfo, turn_of: Mapping[str, int]) -> Routed | None:
    """Who takes the case over from an agent who is on leave or is one no more; None where nobody has to."""
    case = view.case
    tier = view.customer.tier if view.customer else ""
    to = routed(case, case.topic or "", tier, case.language or view.triage.language, settings, view.now, zone, turn_of)
    return to if case.agent and to.agent != case.agent.casefold() else None


def towards(voice: Voice, to: Routed) -> Voice:
    """The same voice, whose mails to the team go there, and which promises what is promised there."""
    hours = voice.hours.model_copy(update={"promise_hours": to.promise_hours})
    return replace(voice, queue=Address(to.name, to.address), agent=to.name if to.agent else "", hours=hours)


def on_duty(agent: AgentSettings, settings: Settings, now: datetime, zone: tzinfo) -> bool:
    """Whether the agent works at that moment (aware): by their own days and hours where they have such, else [hours]."""
    own = {"days": agent.days, "start": agent.start, "end": agent.end}
    hours = settings.hours.model_copy(update={name: value for name, value in own.items() if value})
    return not is_away(agent, now, zone) and is_open(now, hours, zone)


def is_away(agent: AgentSettings, now: datetime, zone: tzinfo) -> bool:
    """Whether it is a day of the agent's leave."""
    return now.astimezone(zone).date() in agent.away


def _fits(one: RouteSettings, topic: str, tier: str, language: str) -> bool:
    return all(
        not wanted or wanted.casefold() == given.casefold()
        for wanted, given in ((one.topic, topic), (one.tier, tier), (one.language, language))
    )


def _agents(one: RouteSettings, settings: Settings) -> list[AgentSettings]:
    by_name = {agent.name.casefold(): agent for agent in settings.agents}
    return [by_name[name.casefold()] for name in one.agents if name.casefold() in by_name]


def _conditions(one: RouteSettings) -> str:
    named = (("topic", one.topic), ("tier", one.tier), ("language", one.language))
    return ", ".join(f"{what} {value}" for what, value in named if value) or "all"
