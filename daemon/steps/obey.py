"""Pure. What an agent's mail does: the commands and the answer in it → events, mails, what is kept. One mail, one commit.

What the agent had not seen yet when they wrote is told to them before anything goes out: that a colleague was first, that
the customer wrote again. What they had seen is what stood before the mail of ours that they answer.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.settings import AgentSettings, Settings
from daemon.steps.agency import shared_addresses
from daemon.steps.agent_text import Written, for_customer, written
from daemon.steps.commands import ALL, Command, Wanted, wanted
from daemon.steps.compose import compose
from daemon.steps.desk import MOST_RECEIPTS, Desk, Obeyed
from daemon.steps.grounding import check_text
from daemon.steps.lifecycle import Event, Stage, stage_of
from daemon.steps.receipt import receipt
from daemon.steps.relay import approved, carried, relay
from daemon.steps.verdicts import Action, ComposedMail, Decision
from daemon.steps.voice import Voice
from store.records import Draft, DraftState, Judgement, Relayed, Role, Turn
from threading_.message import Address
from threading_.write import is_addressable


def obey(desk: Desk, settings: Settings, voice: Voice, nonces: Iterator[str]) -> Obeyed:
    """What the mail does. Never raises; a mail that is not believed does nothing but be told of."""
    return _Obeying(desk, settings, voice, nonces).done()


class _Obeying:
    """One mail of an agent's being worked through."""

    def __init__(self, desk: Desk, settings: Settings, voice: Voice, nonces: Iterator[str]) -> None:
        self.desk, self.settings, self.voice, self.nonces = desk, settings, voice, nonces
        self.view, self.case, self.agency = desk.view, desk.view.case, desk.agency
        self.customer = desk.customer
        self.draft = desk.draft
        self.seen = desk.seen
        self.lines: list[str] = []
        self.done_so_far = Obeyed(because="note", why=())

    def done(self) -> Obeyed:
        agent = self.agency.agent
        if agent is None:
            return Obeyed(because="agent", why=("a mail from the human queue: noted, not passed on",))
        if self.desk.wrote_to_customer and self.agency.proven:
            return self._answered_directly(agent)
        if not self.agency.believed:
            return self._disbelieved(agent)
        if self.desk.message.encryption or self.desk.message.unreadable:
            return self._told("unclear", "Nothing was done: your mail is encrypted or cannot be read.")
        found = written(self.desk.message, self.desk.known)
        asked = wanted(found.text)
        if asked.wrong:
            return self._told("misunderstood", f"Nothing was done: {asked.wrong}")
        text_counts = bool(asked.text) or not asked.instructions
        if found.problem and (text_counts or Command.EDIT in asked.commands):
            return self._told("unclear", f"Nothing was done: {found.problem}.")
        return self._carry_out(agent, asked, found)

    # ── the whole mail ──────────────────────────────────────────────────────────────────────────────────────────

    def _carry_out(self, agent: AgentSettings, asked: Wanted, found: Written) -> Obeyed:
        if Command.UNDO in asked.commands:
            self._undo(agent)
        for instruction in asked.instructions:
            if instruction.command in (Command.SEND, Command.EDIT, Command.UNDO, Command.NOTE):
                continue
            refused = self._command(agent, instruction.command, instruction.argument)
            if refused:
                return self._told("misunderstood", f"Nothing was done: {refused}")
        speaks = asked.commands & {Command.SEND, Command.EDIT} or asked.text
        if speaks:
            before = self.done_so_far
            self.done_so_far = replace(before, because="note", events=(), changes={})
            problem = self._speak(agent, asked, found)
            if problem:
                kept = self.done_so_far
                return self._told(kept.because if kept.kept or kept.shown else "unclear", problem)
            self._after(before)
        if asked.note:
            self.lines.append("Noted; the customer does not see it.")
        if not self.lines:
            self.lines.append(f"Nothing was done: your mail holds neither text nor a command. There are: {ALL}")
        return self._finished(self.desk.agency.why)

    def _speak(self, agent: AgentSettings, asked: Wanted, found: Written) -> str | None:
        """The answer to the customer. Returns why it does not go out."""
        token = self.agency.token
        role = token.role if token else Role.HANDOVER
        draft = self.draft
        text = asked.text
        if Command.SEND in asked.commands and draft is not None:
            if text:
                self.lines.append("Your text beside #send was kept as a note.")
            return self._send(agent, draft)
        if Command.SEND in asked.commands and not text:
            return (
                "Nothing was sent: there is no draft on this case. Answer the hand-over with the text for the customer."
            )
        if Command.EDIT in asked.commands:
            if not text:
                return "Nothing was sent: write the changed text below #edit."
            return self._relay(agent, text, found, draft=draft, edit=True)
        waits = draft is not None and draft.state is DraftState.WAITING
        if role is Role.DRAFT or (role is Role.REMINDER and waits):
            self._do(because="note")
            self.lines.append(
                "Noted; the customer does not see it. #send sends the draft as it stands, #edit and a text below it sends that."
            )
            return None
        if role is Role.RECEIPT:
            self._do(because="note")
            self.lines.append(
                "Noted; the customer does not see it. To send a text, answer the hand-over, or begin with #edit."
            )
            return None
        return self._relay(agent, text, found, draft=draft, force=Command.SEND in asked.commands)

    # ── what goes to the customer ───────────────────────────────────────────────────────────────────────────────

    def _relay(
        self,
        agent: AgentSettings,
        text: str,
        found: Written,
        *,
        draft: Draft | None,
        edit: bool = False,
        force: bool = False,
    ) -> str | None:
        if others := self.desk.further_addressees(self._own() | shared_addresses(self.settings)):
            return f"Nothing was sent: your mail went to {others} too. Answer to {self.voice.mailbox.address} alone."
        if self.customer is None or not is_addressable(self.customer.sender):
            return "Nothing was sent: there is no customer on this case whom an answer could be addressed to."
        words, changed = for_customer(text, self._private(), self.voice.mailbox.address)
        if not words.strip():
            return "Nothing was sent: nothing remains of your mail that is for the customer."
        files, left = carried(self.desk.message, words)
        composed = relay(
            self.case,
            self.customer,
            self.voice,
            text=words,
            files=files,
            agent=agent.name,
            nonce=next(self.nonces),
            view=self.view,
        )
        first = None if force else self.desk.answered_by_another(agent)
        if first is not None:
            return self._keep(agent, composed, first)
        waiting = [one for one in self.desk.drafts if one.state is DraftState.WAITING and one.agent in ("", agent.name)]
        ours = [one for one in waiting if not one.agent]
        shown = draft if draft in ours else ours[-1] if ours else None
        edited = edit and shown is not None
        self._do(
            because="edit" if edit else "relay",
            mails=(composed,),
            drafts=tuple(
                (one.id, DraftState.EDITED if edited and one is shown else DraftState.REJECTED) for one in waiting
            ),
            verdict=Judgement(
                verdict="edited" if edited else "rejected" if shown is not None else "answered",
                before=shown.text if shown is not None else "",
                after=words,
                decision_id=shown.decision_id if shown is not None else None,
            ),
        )
        self._sent(agent, composed)
        self.lines += [f"{remark[0].upper()}{remark[1:]}." for remark in (*found.remarks, *changed)]
        if left:
            self.lines.append(f"Not passed on: {', '.join(left)}.")
        if edited:
            self._warn(words)
        return None

    def _send(self, agent: AgentSettings, draft: Draft) -> str | None:
        if draft.state is not DraftState.WAITING:
            sent = [one for one in self.desk.relays if one.created_at >= draft.at]
            by = f" by {sent[-1].agent} at {self._at(sent[-1].created_at)}" if sent else ""
            what = {DraftState.SENT: "was sent", DraftState.EDITED: "was sent with changes"}.get(
                draft.state, "is out of date: it was answered otherwise"
            )
            return f"Nothing was sent: this draft {what}{by}."
        if others := self.desk.further_addressees(self._own() | shared_addresses(self.settings)):
            return f"Nothing was sent: your mail went to {others} too. Answer to {self.voice.mailbox.address} alone."
        newest = self.customer.id if self.customer else 0
        if newest > max(draft.turn_id, self.seen) and self.customer is not None:
            self._do(because="send", shown=(draft.id, newest))
            return (
                "Nothing was sent: the customer wrote again after the draft was made. #send once more sends it all the same,"
                f" #edit and a text below it sends that. The customer wrote:\n\n{self.customer.text.strip()}"
            )
        first = None if draft.agent else self.desk.answered_by_another(agent)
        if first is not None and max(draft.turn_id, self.seen) < first.id:
            self._do(because="send", shown=(draft.id, max(newest, first.id)))
            return f"Nothing was sent: {self._who_answered(first)}. #send once more sends the draft all the same."
        files = carried(self.desk.draft_mail, _pictures(draft.html or ""))[0] if self.desk.draft_mail else ()
        composed = approved(
            self.case, draft, self.voice, files=files, agent=agent.name, nonce=next(self.nonces), view=self.view
        )
        kind = "answered" if draft.agent else "sent"
        self._do(
            because="send",
            mails=(composed,),
            drafts=((draft.id, DraftState.SENT),),
            verdict=Judgement(
                verdict=kind,
                before="" if draft.agent else draft.text,
                after=draft.text,
                decision_id=draft.decision_id,
            ),
        )
        self._sent(agent, composed)
        return None

    def _keep(self, agent: AgentSettings, composed: ComposedMail, first: Turn) -> str:
        """A second agent's answer waits for their word."""
        mail = composed.mail
        self._do(
            because="second",
            kept=Draft(
                case_id=self.case.id,
                message_id="",  # of the receipt, which is written last
                at=self.view.now,
                recipient=mail.to.address,
                recipient_name=mail.to.name,
                subject=mail.subject,
                text=mail.text.strip(),
                html=mail.html,
                in_reply_to=mail.in_reply_to,
                references=mail.references,
                turn_id=max(first.id, self.customer.id if self.customer else 0),
                agent=agent.name,
                inbox_id=self.desk.turn.inbox_id,
            ),
        )
        return f"Nothing was sent: {self._who_answered(first)}. Answer this mail with #send to send yours nevertheless."

    def _sent(self, agent: AgentSettings, composed: ComposedMail) -> None:
        """The case is the agent's, and they learn until when it can be taken back."""
        self._do(events=(Event.REPLIED,), changes=_belongs_to(agent))
        seconds = self.settings.queue.undo_seconds
        files = len(composed.mail.attachments)
        with_files = f" with {files} file{'s' if files > 1 else ''}" if files else ""
        until = self._at(self.view.now + timedelta(seconds=seconds), exact=True)
        until = f"; it leaves at {until}, #undo before that takes it back" if seconds else ""
        self.lines.insert(0, f"Sent to {composed.mail.to.address}{with_files}{until}.")

    def _undo(self, agent: AgentSettings) -> None:
        mine = [one for one in self.desk.relays if one.agent == agent.name]
        last = mine[-1] if mine else None
        if last is None:
            self._do(because="undo")
            self.lines.append("Nothing was taken back: you sent nothing on this case.")
        elif not last.waits:
            self._do(because="undo")
            at = self._at(last.created_at + timedelta(seconds=self.settings.queue.undo_seconds))
            self.lines.append(f"Nothing was taken back: the mail has left already, about {at}.")
        else:
            self._do(because="undo", take_back=last, events=(Event.UNDONE,))
            self.lines.append("Taken back: the customer does not get it. The case waits for you again.")

    def _warn(self, text: str) -> None:
        """What a person changed goes out as they wrote it; that no article says it is only told."""
        evidence = self.view.evidence
        passages = [passage.text for passage in evidence.cited] if evidence else []
        if not passages:
            return
        failed = check_text(text, passages).failed
        if failed:
            self.lines.append(f"No article says: {failed[0].sentence[:120] or failed[0].why}")

    # ── the other commands ──────────────────────────────────────────────────────────────────────────────────────

    def _command(self, agent: AgentSettings, command: Command, argument: str) -> str | None:
        """Do it. Returns why it cannot be done."""
        stage = stage_of(self.case)
        match command:
            case Command.CLOSE:
                self._do(because="close", events=(Event.ENDED,), drafts=self._rejected())
                closed = stage in (Stage.SETTLED, Stage.RESOLVED, Stage.CLOSED)
                self.lines.append("The case was closed already." if closed else "Closed.")
            case Command.REOPEN:
                over = stage in (Stage.SETTLED, Stage.RESOLVED, Stage.CLOSED)
                self._do(because="reopen", events=(Event.REOPENED,), changes=_belongs_to(agent))
                self.lines.append("Open again; it is yours." if over else "The case is open.")
            case Command.TAKE:
                self._do(because="take", events=(Event.TAKEN,), changes=_belongs_to(agent))
                self.lines.append("The case is yours.")
            case Command.ASSIGN:
                found = [one for one in self.settings.agents if one.name.casefold() == argument.casefold()]
                if not found:
                    names = ", ".join(one.name for one in self.settings.agents)
                    return f"there is no agent {argument[:60]}. There are: {names}"
                self._do(because="assign", events=(Event.TAKEN,), changes=_belongs_to(found[0]))
                self._hand_to(found[0], agent)
                self.lines.append(f"The case is {found[0].name}'s; they were told.")
            case Command.TOPIC:
                self._do(because="topic", changes={"topic": " ".join(argument.split())[:80]})
                self.lines.append(f"The topic is {' '.join(argument.split())[:80]}.")
            case Command.PRIORITY:
                self._do(because="priority", changes={"priority": argument.lower()})
                self.lines.append(f"The priority is {argument.lower()}.")
            case Command.SPAM:
                self._do(because="spam", events=(Event.SPAM,), drafts=self._rejected())
                self.lines.append("Closed as spam.")
            case Command.LEARN:
                self._do(because="learn")
                self.lines.append("Marked: the last answer on this case is to become an article.")
            case Command.AUTO:
                self._do(because="auto", events=(Event.GIVEN_BACK,), changes={"agent": ""}, again=True)
                self.lines.append("Firstline has the case again and answers what the customer writes.")
            case _:
                pass
        return None

    def _hand_to(self, agent: AgentSettings, by: AgentSettings) -> None:
        """The one who has the case now gets the whole of it."""
        if self.customer is None:
            return
        why = (f"{by.name} gave it to {agent.name}",)
        decision = Decision(action=Action.ESCALATE, because="assigned", why=why, quiet=True)
        voice = replace(self.voice, queue=Address(agent.name, agent.address), agent=agent.name)
        told = compose(self.view, decision, voice, self.nonces)
        self._do(mails=tuple(mail for mail in told if mail.role is Role.HANDOVER))

    def _rejected(self) -> tuple[tuple[int, DraftState], ...]:
        return tuple((one.id, DraftState.REJECTED) for one in self.desk.drafts if one.state is DraftState.WAITING)

    # ── not obeyed ──────────────────────────────────────────────────────────────────────────────────────────────

    def _disbelieved(self, agent: AgentSettings) -> Obeyed:
        """The team hears of it; whoever wrote it does not, since it may be anybody."""
        line = f"A mail under the address of {agent.name} was not obeyed and nothing of it was passed on: {self.agency.why}."
        told = receipt(
            self.case,
            self.voice,
            to=self.voice.queue,
            lines=(line,),
            answers=None,
            nonce=next(self.nonces),
            now=self.view.now,
        )
        return Obeyed(because="disbelieved", why=(self.agency.why,), mails=(told,))

    def _answered_directly(self, agent: AgentSettings) -> Obeyed:
        """The customer is among the addressees: they have the answer, and Firstline is silent."""
        self._do(
            because="answered_directly",
            events=(Event.REPLIED,),
            changes=_belongs_to(agent),
            drafts=self._rejected(),
        )
        self.lines.append("You wrote to the customer yourself: the case counts as answered, nothing was sent.")
        return self._finished("the customer is among the addressees")

    # ── small parts ─────────────────────────────────────────────────────────────────────────────────────────────

    def _do(
        self,
        *,
        because: str = "",
        events: tuple[Event, ...] = (),
        mails: tuple[ComposedMail, ...] = (),
        changes: Mapping[str, object] | None = None,
        drafts: tuple[tuple[int, DraftState], ...] = (),
        shown: tuple[int, int] | None = None,
        kept: Draft | None = None,
        verdict: Judgement | None = None,
        take_back: Relayed | None = None,
        again: bool = False,
    ) -> None:
        """Add to what is done. The first reason given is that of the whole."""
        had = self.done_so_far
        self.done_so_far = replace(
            had,
            because=had.because if had.because != "note" else because or had.because,
            events=(*had.events, *events),
            mails=(*had.mails, *mails),
            changes={**had.changes, **(changes or {})},
            drafts=(*had.drafts, *drafts),
            shown=shown or had.shown,
            kept=kept or had.kept,
            verdict=verdict or had.verdict,
            take_back=take_back or had.take_back,
            again=again or had.again,
        )

    def _after(self, before: Obeyed) -> None:
        """What was said goes first; then what the commands beside it do: `#close` closes the case that was answered."""
        had = self.done_so_far
        keeps = {key: value for key, value in before.changes.items() if value != ""}
        self.done_so_far = replace(had, events=(*had.events, *before.events), changes={**had.changes, **keeps})

    def _finished(self, why: str) -> Obeyed:
        told = self._receipt()
        return replace(self.done_so_far, why=(*self.lines, why), mails=(*self.done_so_far.mails, *told))

    def _told(self, because: str, line: str) -> Obeyed:
        """Nothing is done but that the agent hears why; what waits for their word waits under this receipt."""
        self.lines = [line]
        told = self._receipt()
        kept = self.done_so_far.kept
        if kept is not None and told:
            kept = replace(kept, message_id=told[0].mail.message_id)
        return Obeyed(
            because=because, why=(line,), mails=told, kept=kept if told else None, shown=self.done_so_far.shown
        )

    def _receipt(self) -> tuple[ComposedMail, ...]:
        agent = self.agency.agent
        if agent is None or self.desk.receipts >= MOST_RECEIPTS:
            return ()
        told = receipt(
            self.case,
            self.voice,
            to=Address(agent.name, agent.address),
            lines=self.lines,
            answers=self.desk.message,
            nonce=next(self.nonces),
            now=self.view.now,
        )
        return (told,)

    def _private(self) -> frozenset[str]:
        return shared_addresses(self.settings) | {agent.address.casefold() for agent in self.settings.agents}

    def _own(self) -> frozenset[str]:
        mailbox = self.settings.mailbox
        return frozenset(address.casefold() for address in (mailbox.address, *mailbox.aliases))

    def _who_answered(self, turn: Turn) -> str:
        return f"{turn.note or 'a colleague'} answered at {self._at(turn.at)}"

    def _at(self, at: datetime, *, exact: bool = False) -> str:
        local = at.astimezone(self.voice.zone)
        return local.strftime("%H:%M:%S" if exact else "%H:%M")


def _belongs_to(agent: AgentSettings) -> dict[str, object]:
    """Whose case it is, and where the mails about it go from now on."""
    return {"agent": agent.address.casefold(), "queue": agent.address}


def _pictures(page: str) -> str:
    """The pictures of a page as the words show them."""
    return " ".join(f"[{part.split(chr(34))[0]}]" for part in page.split('src="')[1:])
