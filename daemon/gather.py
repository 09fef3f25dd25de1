"""I/O. Gather: everything that a step looks at, read before it decides."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from daemon.settings import CapSettings, CustomersSettings, PolicySettings
from daemon.steps import breaker
from daemon.steps.caps import Handed, Sent
from daemon.steps.customer import Customer, CustomerView, EarlierCase, OpenPromise, highest, is_late, priority
from daemon.steps.guard import LOOP_HEADER, Ours, without_tag
from daemon.steps.likeness import repeatable, trace_of
from daemon.steps.person import WITHIN, Came, sign_of_person
from daemon.steps.topic import topic
from daemon.steps.triage import triage
from daemon.steps.understand import MOST_IDS
from daemon.steps.verdicts import Cap, Guarded, Outcome, TurnView
from kb.calibrate import Calibration
from kb.evidence import Evidence, Hit, grade
from kb.glossary import in_english
from store import history as remembered
from store.db import Reader, Row
from store.records import Case, Direction, Kind, OutboxItem, Owner, StoredMail, Turn
from store.store import Store
from threading_.ids import find_references, loop_case, plus_case, read_id, spellings
from threading_.link import own_ids
from threading_.message import Candidate, Link, LinkedBy, Message
from threading_.subject import case_tag


class Knowledge(Protocol):
    """What the sequence needs of the knowledge base."""

    @property
    def calibration(self) -> Calibration:
        """What turns features into a probability."""

    async def search(self, query: str, limit: int = 10) -> tuple[Hit, ...]:
        """The passages nearest to the query, best first."""


class Customers(Protocol):
    """What the sequence needs of the team's list of customers."""

    async def find(self, address: str) -> Customer | None:
        """The row of that very address, else of its domain."""


#: What a customer says of our answer that asks nothing of the articles.
_SETTLED = frozenset({Outcome.RESOLVED, Outcome.STOP, Outcome.ACK_PENDING, Outcome.AUTO})
#: Inside this window a second copy of a mail is a duplicate (product.md §9).
DUPLICATES_WINDOW = timedelta(days=7)
#: A sender who wrote the same within it gives no sign of a person (daemon/steps/person.py).
REPEATS_WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the store knows that matters to a mail that just came in."""

    candidates: tuple[Candidate, ...]
    our_texts: tuple[str, ...]  #: what we wrote on those cases, newest first: it may stand quoted in the mail
    proven: tuple[OutboxItem, ...]  #: uncertain mails of ours that this mail proves to have arrived
    theirs: frozenset[str] = frozenset()  #: ids of mails that came to those cases: a bounce cannot return one of them
    plus_case: str | None = None  #: the case that a plus address of ours, to which the mail came, names
    copy_of: str | None = None  #: the case of a mail of ours that came back


async def duplicate_of(store: Store, stored: StoredMail, message: Message) -> str | None:
    """Which earlier mail inside the window this one repeats."""
    since = stored.mail.received_at - DUPLICATES_WINDOW
    sender = message.sender.key if message.sender else ""
    return await store.inbox.duplicate_of(store.reader, stored, message.message_id, sender, message.digest, since)


async def arrival(store: Store, message: Message, guarded: Guarded, ours: Ours) -> Arrival:
    """The cases that a mail may belong to, by every id it names."""
    returned = guarded.bounce.original_ids if guarded.bounce else ()
    ids = tuple(dict.fromkeys((*own_ids(message), *returned, *message.referenced)))[:MOST_IDS]
    ids = tuple(dict.fromkeys(name for message_id in ids for name in spellings(message_id)))
    signed = [signed_id.case for message_id in ids if (signed_id := read_id(ours.ring, message_id)) is not None]
    addresses = (*(address.address for address in (*message.to, *message.cc)), *message.delivered_to)
    plus = next((named for address in addresses[:MOST_IDS] if (named := plus_case(ours.ring, address))), None)
    tag = case_tag(message.subject)
    guessable = [*find_references(message.text)[:5], *([tag] if tag else [])]
    ours_back = _copy_of(message, ours)
    references = dict.fromkeys((*signed, *([plus] if plus else []), *([ours_back] if ours_back else []), *guessable))
    candidates: list[Candidate] = []
    texts: list[str] = []
    theirs: set[str] = set()
    for case, candidate in await store.cases.candidates(store.reader, ids, tuple(references)):
        history = await store.cases.history(store.reader, case.id)
        subjects = frozenset({case.subject, *(turn.subject for turn in history)})
        candidates.append(replace(candidate, subjects=subjects))
        received = [turn for turn in history if turn.direction is Direction.IN and turn.kind is not Kind.OWN]
        theirs |= {turn.message_id for turn in received if turn.message_id}
        texts += [turn.text for turn in reversed(history) if turn.direction is Direction.OUT]
    proven = await store.outbox.uncertain_among(store.reader, ids)
    return Arrival(
        candidates=tuple(candidates),
        our_texts=tuple(texts),
        proven=tuple(proven),
        theirs=frozenset(theirs),
        plus_case=plus,
        copy_of=ours_back if guarded.kind is Kind.OWN else None,
    )


def _copy_of(message: Message, ours: Ours) -> str | None:
    """The case of a mail of ours that came back, by what only we can have signed: its loop header, or its own id."""
    if message.sender is None or without_tag(message.sender.key) not in ours.addresses:
        return None  # who was sent our mail has its token too
    tokens = message.headers.all(LOOP_HEADER)[:5]
    named = next((found for token in tokens if (found := loop_case(ours.ring, token))), None)
    own = read_id(ours.ring, message.message_id) if message.message_id else None
    return named or (own.case if own else None)


def tied_to_ours(guarded: Guarded, message: Message, known: Arrival) -> Link | None:
    """Where a machine's mail belongs: a bounce to the mail that failed, a second copy to the first, ours to its case.

    A copy of ours teaches its case the id that a provider gave it on the way.
    """
    returned = guarded.bounce.original_ids if guarded.bounce else ()
    names = {name for message_id in returned for name in spellings(message_id)}
    for candidate in known.candidates:
        if names & candidate.ids - candidate.ghosts - known.theirs:
            why = "it returns a mail of ours"
        elif guarded.rule == "duplicate" and message.message_id in candidate.ids - candidate.ghosts:
            why = "the case has this mail already"
        elif known.copy_of in (candidate.case, *candidate.aliases):
            why = "it is a mail of ours on that case, which came back"
        else:
            continue
        return Link(by=LinkedBy.REFERENCE, case=candidate.case, trusted=True, why=why)
    return None


async def current_turns(store: Store, reader: Reader, case: Case) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    """(the whole history, what is to be decided now). A machine's mail is decided alone, a person's mails together."""
    history = tuple(await store.cases.history(reader, case.id))
    waiting = [turn for turn in history if turn.direction is Direction.IN and not turn.handled]
    refused = next((turn for turn in waiting if turn.refused is not None), None)
    return history, (refused,) if refused is not None else tuple(waiting)


async def view(
    store: Store,
    reader: Reader,
    case: Case,
    history: tuple[Turn, ...],
    current: tuple[Turn, ...],
    *,
    now: datetime,
    default_language: str,
    customers: Customers | None = None,
    settings: CustomersSettings | None = None,
) -> TurnView:
    """The case and the mails of this turn, understood; the evidence comes later.

    With `settings`, the priority of the turn counts who the customer is and how long they have waited.
    """
    original = b""
    if current[-1].inbox_id is not None:
        stored = await store.inbox.get(current[-1].inbox_id)
        original = stored.mail.raw if stored else b""
    found = triage(current, history, default_language=case.language or default_language)
    customer = await _customer(reader, case, customers)
    if case.product and case.product.casefold() not in found.query.casefold():
        found = replace(found, query=f"{case.product}\n{found.query}".strip())
    return TurnView(
        case=case,
        history=history,
        current=current,
        triage=replace(found, priority=_priority(found.priority, case, history, current, customer, now, settings)),
        evidence=None,
        now=now,
        original=original,
        known_customer_cases=await remembered.count_earlier(reader, case.customer, case.id),
        customer=customer,
    )


def _priority(
    of_the_mail: str,
    case: Case,
    history: tuple[Turn, ...],
    current: tuple[Turn, ...],
    customer: CustomerView,
    now: datetime,
    settings: CustomersSettings | None,
) -> str:
    """The priority of this turn. What a case was found to be worth before, or a person made it, stays the least."""
    known = settings or CustomersSettings()
    found = priority(
        of_the_mail,
        severity=case.severity,
        tier="" if any(turn.unproven for turn in current) else customer.tier,
        high_tiers=known.high_tiers,
        late=is_late(customer.waiting_since, now, known.late_hours),
    )
    decided = any(turn.direction is Direction.IN and turn.handled for turn in history if turn not in current)
    return highest(found, case.priority) if decided else found


async def _customer(reader: Reader, case: Case, customers: Customers | None) -> CustomerView:
    """Who the customer of the case is to us, by their exact address."""
    listed = await customers.find(case.customer) if customers is not None and case.customer else None
    rows = await remembered.earlier_cases(reader, case.customer, case.id)
    promises = await remembered.open_promises(reader, case.customer, case.id)
    tones = await remembered.sentiments(reader, case.customer, case.id)
    return CustomerView(
        known=listed,
        history=tuple(_earlier(row) for row in rows),
        promises=tuple(OpenPromise(reference=row["reference"], until=row["promised_at"]) for row in promises),
        tone=sum(tones) / len(tones) if tones else None,
        waiting_since=await remembered.waiting_since(reader, case.id),
    )


def _earlier(row: Row) -> EarlierCase:
    by_human = bool(row["answered"]) and row["role"] in (None, "relay")
    words = " ".join((row["answer"] or "").split())[:160]
    return EarlierCase(
        reference=row["reference"],
        topic=row["topic"],
        subject=row["subject"],
        opened_at=row["opened_at"],
        at=row["updated_at"],
        status=row["status"],
        resolution=row["resolution"] or "",
        by_human=by_human,
        solved_with=(f"“{words}”" if words else "") if by_human else row["note"] or "",
    )


async def came(
    store: Store, stored: StoredMail, message: Message, guarded: Guarded, text: str, settings: CapSettings
) -> Came:
    """By what the caps count a mail that came in, whether a person must have written it, and which of ours it returns."""
    trace = trace_of(message.sender.address if message.sender else "", message.subject, text, settings.free_mail)
    received = stored.mail.received_at
    repeats = not repeatable(text) and await store.limits.came_before(store.reader, trace, received - REPEATS_WINDOW)
    person, why = sign_of_person(
        may_answer=guarded.reply,
        received=received,
        ours=await store.limits.last_sent_to(store.reader, trace.sender),
        repeats=repeats,
        lately=await store.limits.came_lately(store.reader, trace.sender, received - WITHIN),
    )
    returned = guarded.bounce.original_ids if guarded.bounce else ()
    ours = await store.limits.ours_among(store.reader, returned)
    return Came(trace=trace, person=person, why=why, repeats=repeats, returned=tuple(ours))


async def sent(store: Store, reader: Reader, turn: Turn, case: Case, now: datetime, settings: CapSettings) -> Sent:
    """What left inside the windows of the caps, as they count for an answer to this mail."""
    trace = trace_of(turn.sender, turn.subject, turn.text, settings.free_mail)
    ago = {"hour": now - timedelta(hours=1), "day": now - timedelta(days=1), "week": now - timedelta(days=7)}
    rest = timedelta(minutes=settings.breaker_rest_minutes)
    until = breaker.waits_until(await store.limits.breaker(reader), now, rest)
    return Sent(
        trace=trace,
        case=case.reference,
        suppressed=await store.limits.suppressed(reader, trace.sender, now),
        breaker=f"too much of our mail failed: nothing goes to customers until {until:%H:%M} UTC" if until else None,
        said=await store.limits.said_to(reader, trace.sender, now - DUPLICATES_WINDOW)
        if settings.enabled
        else frozenset(),
        **await store.limits.counts(reader, trace, case.id, ago),
    )


async def handed(store: Store, reader: Reader, sent: Sent, reached: Cap | None, now: datetime) -> Handed:
    """What was handed over within an hour."""
    told = reached.told if reached else ""
    return Handed(**await store.limits.handed(reader, sent.trace, told, now - timedelta(hours=1)))


async def look_up(turn: TurnView, knowledge: Knowledge | None, policy: PolicySettings) -> TurnView:
    """The view with what the articles say, and its topic. Nothing is looked up where the articles cannot change what is done."""
    nobody_asks = turn.newest.refused is not None or turn.triage.outcome in _SETTLED
    if knowledge is None or nobody_asks or turn.case.owner is Owner.HUMAN:
        return turn
    query = turn.triage.query
    if not query.strip():
        return replace(turn, evidence=Evidence(why=("there is nothing to look up",)))
    hits = await knowledge.search(query)
    evidence = grade(query, hits, knowledge.calibration, latest=turn.triage.own)
    if asked := in_english(query, turn.triage.language):
        in_other_words = await knowledge.search(asked)
        if in_other_words and in_other_words[0].score > max((hit.score for hit in hits), default=0.0):
            evidence = grade(asked, in_other_words, knowledge.calibration, latest=turn.triage.own)
            evidence = replace(evidence, why=("looked up in English, word by word", *evidence.why))
    found = turn.triage.topic or topic(evidence, sure=policy.draft_at)
    return replace(turn, evidence=evidence, triage=replace(turn.triage, topic=found))
