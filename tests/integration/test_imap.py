"""The watcher against real servers: every mail once, whatever the server does, and the mailbox as people expect it."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from imapclient import IMAPClient

from daemon.demo.server import MailServer
from daemon.edges.imap import Watcher
from daemon.errors import ConfigurationError
from daemon.settings import After, Authentication, LimitSettings, MailboxSettings, Security
from store.records import Fetched, MailboxChange, Position
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import Script, ScriptedImap, imap

SECONDS = 8  # a deadline, not an expectation


def mail(subject: str, body: str = "Hello.") -> bytes:
    return f"From: alice@customer.test\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()


def subject(raw: bytes) -> str:
    lines = raw.decode(errors="replace").splitlines()
    return next((line.removeprefix("Subject: ") for line in lines if line.startswith("Subject: ")), "")


@dataclass
class Store:
    """What the watcher needs of the store, in memory."""

    at: Position | None = None
    mails: dict[tuple[int, int], Fetched] = field(default_factory=dict)
    due: dict[int, MailboxChange] = field(default_factory=dict)
    failed: list[tuple[int, str]] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def position(self, mailbox: str) -> Position | None:
        return self.at

    async def note_position(self, position: Position) -> None:
        async with self.changed:
            self.at = position
            self.changed.notify_all()

    async def keep(self, mails: Sequence[Fetched], position: Position) -> None:
        for one in mails:
            self.mails.setdefault((one.uidvalidity, one.uid), one)
        await self.note_position(position)

    async def changes(self, mailbox: str, limit: int = 100) -> list[MailboxChange]:
        return list(self.due.values())[:limit]

    async def change_done(self, change_id: int) -> None:
        async with self.changed:
            del self.due[change_id]
            self.changed.notify_all()

    async def change_failed(self, change_id: int, error: str) -> None:
        async with self.changed:
            self.failed.append((change_id, error))
            self.changed.notify_all()

    @property
    def subjects(self) -> list[str]:
        return [subject(one.raw) for one in self.mails.values()]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SECONDS), self.changed:
            await self.changed.wait_for(condition)

    def want(self, kind: str, uid: int, **values: object) -> None:
        assert self.at is not None
        change = MailboxChange(
            id=len(self.due) + 1, kind=kind, mailbox="INBOX", uidvalidity=self.at.uidvalidity, uid=uid
        )
        self.due[change.id] = replace(change, **values)  # type: ignore[arg-type]  # fields by name


class AtOnce(random.Random):
    """No waiting between attempts, or hardly."""

    def uniform(self, a: float, b: float) -> float:
        return min(b, 0.01)


async def secret() -> str:
    return "secret"


@asynccontextmanager
async def watching(
    settings: MailboxSettings,
    store: Store,
    *,
    limits: LimitSettings | None = None,
    since: datetime | None = None,
    secret: Callable[[], Awaitable[str]] = secret,
    ready: bool = True,
) -> AsyncIterator[Watcher]:
    """A watcher at work; with `ready`, from the moment on when it watches."""
    watcher = Watcher(
        settings,
        limits=limits or LimitSettings(),
        secret=secret,
        store=store,
        on_mail=lambda: None,
        rng=AtOnce(),
        since=since,
    )
    watched = asyncio.Event()
    watcher.progressed = lambda: watched.set() if watcher.watching else None
    stop = asyncio.Event()
    running = asyncio.create_task(watcher.run(stop))
    try:
        if ready:
            async with asyncio.timeout(SECONDS):
                await asyncio.wait({running, asyncio.ensure_future(watched.wait())}, return_when="FIRST_COMPLETED")
        yield watcher
    finally:
        stop.set()
        async with asyncio.timeout(SECONDS):
            await running


def at(
    server: Dovecot | ScriptedImap | MailServer, user: str = "support@example.test", **values: object
) -> MailboxSettings:
    usual = {
        "host": server.host,
        "port": server.imap_port if not isinstance(server, ScriptedImap) else server.port,
        "security": Security.PLAIN,
        "user": user,
        "timeout_seconds": 5,
    }
    # model_copy does not hold the bounds, so that a test may time out after a tenth of a second.
    return MailboxSettings().model_copy(update=usual | values)


# -- on Dovecot


async def test_at_first_sight_nothing_older_is_taken_and_new_mail_is(shared_dovecot: Dovecot, user: str) -> None:
    shared_dovecot.deliver(user, mail("old"))
    store = Store()
    async with watching(at(shared_dovecot, user), store):
        assert store.at is not None
        assert store.at.last_uid == 1
        shared_dovecot.deliver(user, mail("new"))
        await store.until(lambda: store.subjects == ["new"])
    assert shared_dovecot.flags(user) == [{"\\Recent"}, {"\\Recent"}] or all(
        "\\Seen" not in flags for flags in shared_dovecot.flags(user)
    )


async def test_since_takes_older_mail(shared_dovecot: Dovecot, user: str) -> None:
    shared_dovecot.deliver(user, mail("old"))
    [received] = received_at(shared_dovecot, user)
    for since, expected in ((received - timedelta(hours=1), ["old"]), (received + timedelta(hours=1), [])):
        store = Store()
        async with watching(at(shared_dovecot, user), store, since=since):
            assert store.subjects == expected
            assert store.at is not None
            assert store.at.last_uid == 1


async def test_mail_that_came_while_nobody_watched_is_caught_up_in_order_and_once(
    shared_dovecot: Dovecot, user: str
) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store):
        pass
    expected = [f"mail {number}" for number in range(120)]
    for one in expected:
        shared_dovecot.deliver(user, mail(one))
    async with watching(at(shared_dovecot, user), store):
        assert store.subjects == expected
    # The last mail is always in `n:*`: it must not be taken again.
    async with watching(at(shared_dovecot, user), store):
        assert len(store.mails) == 120


async def test_the_time_of_arrival_is_aware_and_in_utc(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store):
        shared_dovecot.deliver(user, mail("when"))
        await store.until(lambda: bool(store.mails))
    [kept] = store.mails.values()
    assert kept.received_at == received_at(shared_dovecot, user)[0]
    assert kept.received_at.utcoffset() == timedelta(0)


def received_at(server: Dovecot, user: str) -> list[datetime]:
    with IMAPClient(server.host, server.imap_port, ssl=False) as client:
        client.login(user, "secret")
        client.select_folder("INBOX", readonly=True)
        client.normalise_times = False
        found = client.fetch(client.search("ALL"), ["INTERNALDATE"])
        return [data[b"INTERNALDATE"].astimezone(UTC) for data in found.values()]


async def test_a_mail_over_the_limit_is_kept_as_its_header_with_the_reason(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store, limits=LimitSettings(message_bytes=10_000)):
        shared_dovecot.deliver(user, mail("large", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 300))
        shared_dovecot.deliver(user, mail("small"))
        await store.until(lambda: len(store.mails) == 2)
    large, small = store.mails.values()
    assert subject(large.raw) == "large"
    assert b"yyyy" not in large.raw
    assert large.cut is not None
    assert "over the limit of 10000" in large.cut
    assert small.cut is None


async def test_a_new_uidvalidity_takes_nothing_older_and_then_goes_on(
    dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    async with watching(at(dovecot, user), store):
        dovecot.deliver(user, mail("before"))
        await store.until(lambda: store.subjects == ["before"])
    dovecot.new_uidvalidity(user, 4_000_000_000)
    async with watching(at(dovecot, user), store):
        assert store.at is not None
        assert store.at.uidvalidity == 4_000_000_000
        dovecot.deliver(user, mail("after"))
        await store.until(lambda: store.subjects == ["before", "after"])
    assert "new UIDVALIDITY" in caplog.text


async def test_a_new_uidvalidity_under_a_watching_connection_is_noticed(dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(dovecot, user, poll_seconds=0.05), store):
        dovecot.new_uidvalidity(user, 4_000_000_000)
        dovecot.kick(user)
        await store.until(lambda: store.at is not None and store.at.uidvalidity == 4_000_000_000)


async def test_marks_are_set_after_the_mail_was_stored(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store) as watcher:
        for name in ("one", "two", "three"):
            shared_dovecot.deliver(user, mail(name))
        await store.until(lambda: len(store.mails) == 3)
        store.want("mark", 1)
        store.want("mark", 2)
        store.want("answered", 2)
        watcher.wake()
        await store.until(lambda: not store.due)
    flags = [found - {"\\Recent"} for found in shared_dovecot.flags(user)]
    assert flags == [{"$Firstline"}, {"$Firstline", "\\Answered"}, set()]


async def test_marked_mails_are_moved_to_a_folder_that_is_made_for_them(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user, after=After.MOVE, move_to="Erledigt/Grüße"), store) as watcher:
        shared_dovecot.deliver(user, mail("one"))
        shared_dovecot.deliver(user, mail("two"))
        await store.until(lambda: len(store.mails) == 2)
        for kind in ("mark", "answered"):  # the answer leaves when the mail has been moved
            store.want(kind, 1)
            watcher.wake()
            await store.until(lambda: not store.due)
        shared_dovecot.deliver(user, mail("three"))
        await store.until(lambda: len(store.mails) == 3)
    assert [subject(raw) for raw in shared_dovecot.mails(user)] == ["two", "three"]
    assert [subject(raw) for raw in shared_dovecot.mails(user, "Erledigt/Grüße")] == ["one"]
    assert "\\Answered" in shared_dovecot.flags(user, "Erledigt/Grüße")[0]


async def test_left_mails_are_left(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user, after=After.LEAVE), store) as watcher:
        shared_dovecot.deliver(user, mail("one"))
        await store.until(lambda: len(store.mails) == 1)
        store.want("mark", 1)
        watcher.wake()
        await store.until(lambda: not store.due)
    assert "$Firstline" not in shared_dovecot.flags(user)[0]


async def test_a_sent_copy_is_appended_once_and_seen(shared_dovecot: Dovecot, user: str) -> None:
    store, sent = Store(), b"Message-ID: <1.abc@example.test>\r\n" + mail("our answer")
    async with watching(at(shared_dovecot, user), store) as watcher:
        for _ in range(2):
            store.want("sent_copy", 1, raw=sent, message_id="1.abc@example.test")
            watcher.wake()
            await store.until(lambda: not store.due)
        shared_dovecot.deliver(user, mail("still watching"))
        await store.until(lambda: store.subjects == ["still watching"])
    assert [subject(raw) for raw in shared_dovecot.mails(user, "Sent")] == ["our answer"]
    assert "\\Seen" in shared_dovecot.flags(user, "Sent")[0]


async def test_a_change_of_a_mail_that_is_gone_is_done(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store) as watcher:
        store.want("answered", 999)
        store.want("mark", 1, uidvalidity=5)
        watcher.wake()
        await store.until(lambda: not store.due)
    assert store.failed == []


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_mail_is_pushed_over_tls(shared_dovecot: Dovecot, user: str, security: Security) -> None:
    port = shared_dovecot.imaps_port if security is Security.TLS else shared_dovecot.imap_port
    store = Store()
    settings = at(shared_dovecot, user, host="localhost", port=port, security=security, ca_file=shared_dovecot.ca_file)
    async with watching(settings, store):
        shared_dovecot.deliver(user, mail("new"))
        await store.until(lambda: store.subjects == ["new"])


async def test_after_bye_the_watcher_is_back(shared_dovecot: Dovecot, user: str) -> None:
    store = Store()
    async with watching(at(shared_dovecot, user), store):
        for number in range(3):
            shared_dovecot.kick(user)
            shared_dovecot.deliver(user, mail(f"mail {number}"))
            await store.until(lambda: len(store.mails) == number + 1)  # noqa: B023 - awaited in the same round


async def test_a_killed_server_that_comes_back_is_found_again_and_no_mail_is_lost(
    dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = Store()
    # A server that starts may accept a connection that it never greets: that costs one time-out.
    async with watching(at(dovecot, user, timeout_seconds=1), store) as watcher:
        dovecot.deliver(user, mail("before"))
        await store.until(lambda: store.subjects == ["before"])
        dovecot.kill()
        await logged(caplog, "cannot be watched")
        assert not watcher.watching
        dovecot.start()
        dovecot.deliver(user, mail("after"))
        await store.until(lambda: store.subjects == ["before", "after"])
    assert "watched again" in caplog.text


async def test_a_server_that_hangs_is_left_and_found_again(
    dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store()
    async with watching(at(dovecot, user, timeout_seconds=0.2, poll_seconds=0.1), store):
        dovecot.freeze()
        await logged(caplog, "cannot be watched")
        dovecot.thaw()
        dovecot.deliver(user, mail("after"))
        await store.until(lambda: store.subjects == ["after"])


async def test_a_wrong_password_is_tried_again_and_said_once(
    shared_dovecot: Dovecot, user: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []
    thrice = asyncio.Event()

    async def wrong_thrice() -> str:
        tries.append("wrong" if len(tries) < 3 else "secret")
        if len(tries) == 4:
            thrice.set()
        return tries[-1]

    async with watching(at(shared_dovecot, user), Store(), secret=wrong_thrice):
        pass
    assert thrice.is_set()
    [warning] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "refuses the login" in vars(warning)["cause"]
    assert "[mailbox] user" in vars(warning)["remedy"]


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> None:
    async with asyncio.timeout(SECONDS):
        while text not in caplog.text:
            await asyncio.sleep(0.005)


# -- on pymap


@pytest.fixture
async def small_server() -> AsyncIterator[MailServer]:
    async with AsyncExitStack() as stack:
        server = MailServer({"support@example.test": "secret"}, clock=lambda: datetime.now(UTC))
        await server.start(stack)
        yield server


async def test_a_small_server_without_special_use_is_watched_marked_and_given_its_copies(
    small_server: MailServer,
) -> None:
    user, store = "support@example.test", Store()
    await small_server.deliver(user, mail("old"))
    async with watching(at(small_server), store) as watcher:
        uid = await small_server.deliver(user, mail("new"))
        await store.until(lambda: store.subjects == ["new"])
        store.want("mark", uid)
        store.want("answered", uid)
        store.want("sent_copy", uid, raw=mail("our answer"), message_id="1.abc@example.test")
        watcher.wake()
        await store.until(lambda: not store.due)
    assert await small_server.flags(user) == [frozenset(), {"$Firstline", "\\Answered"}]
    assert [subject(raw) for raw in await small_server.mails(user, "Sent")] == ["our answer"]


# -- on servers that do what no real one does when asked to


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[ScriptedImap]:
    async with AsyncExitStack() as stack:
        server = ScriptedImap(*scripts)
        await server.start(stack)
        yield server


def one_mail(uid: int = 1, fetch: list[str] | None = None) -> dict[str, list[str]]:
    """Answers of a server with one new mail."""
    raw = "Subject: it\r\n\r\nHello.\r\n"
    return {
        "UID SEARCH": [f"* SEARCH {uid}", "% OK done"],
        "UID FETCH": fetch
        or [
            f'* 1 FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "01-Nov-2026 10:00:00 +0100"'
            f" BODY[] {{{len(raw)}}}\r\n{raw})",
            "% OK done",
        ],
    }


def begun() -> Store:
    return Store(at=Position(mailbox="INBOX", uidvalidity=7, last_uid=0))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(imap(greeting="* BYE too busy"), id="BYE instead of a greeting"),
        pytest.param(imap({"LOGIN": ["DROP"]}), id="drops at login"),
        pytest.param(imap({"LOGIN": ["HANG"]}), id="hangs at login"),
        pytest.param(imap({"SELECT": ["* BYE shutting down", "DROP"]}), id="BYE at SELECT"),
        pytest.param(imap({"UID SEARCH": ["HANG"]}), id="hangs at SEARCH"),
        pytest.param(imap({"UID SEARCH": ["* SEARCH one two", "% OK done"]}), id="nonsense at SEARCH"),
        pytest.param(imap({"UID SEARCH": ["% BAD what?"]}), id="BAD at SEARCH"),
        pytest.param(imap({"IDLE": ["+ idling", "* 1 EXI", "DROP"]}), id="half a line in IDLE"),
        pytest.param(imap({"IDLE": ["+ idling", "* BYE idle for too long", "DROP"]}), id="BYE in IDLE"),
        pytest.param(imap({"IDLE": ["DROP"]}), id="drops at IDLE"),
        pytest.param(imap({"IDLE": ["% NO not now"]}), id="IDLE refused"),
        pytest.param(imap({"IDLE": ["+ idling", "* 1 EXISTS"], "DONE": ["HANG"]}), id="hangs after DONE"),
        pytest.param(imap(one_mail(fetch=["* 1 FETCH (UID 1 RFC822.SIZE 9 BODY[] {400}", "DROP"])), id="half a mail"),
    ],
)
async def test_after_any_fault_the_watcher_starts_over_and_gets_the_mail(fault: Script) -> None:
    store = begun()
    async with (
        scripted(fault, imap(one_mail())) as server,
        watching(at(server, timeout_seconds=0.1, poll_seconds=0.05), store, ready=False),
    ):
        await store.until(lambda: store.subjects == ["it"])
        assert server.connections >= 2


async def test_mail_announced_inside_other_answers_is_not_waited_for() -> None:
    """EXISTS may come with the answer to SEARCH, to DONE, or before the `+` of IDLE; IDLE does not repeat it."""
    store = begun()
    quiet = {"IDLE": ["* 1 EXISTS", "+ idling"]}
    async with scripted(imap(one_mail() | quiet)) as server, watching(at(server), store, ready=False):
        await store.until(lambda: store.subjects == ["it"])


async def test_a_mail_that_the_server_refuses_to_give_does_not_hold_up_the_others() -> None:
    store = begun()
    raw = "Subject: fine\r\n\r\nHello.\r\n"

    facts = [
        f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "01-Nov-2026 10:00:00 +0100")' for uid in (1, 2)
    ]
    body = [f"* 2 FETCH (UID 2 BODY[] {{{len(raw)}}}\r\n{raw})"]
    answers = {
        "UID SEARCH": ["* SEARCH 1 2", "% OK done"],
        "UID FETCH 1,2 (RFC822.SIZE INTERNALDATE)": [*facts, "% OK done"],
        "UID FETCH 1,2 (BODY.PEEK[])": ["% NO [SERVERBUG] index is corrupt"],
        "UID FETCH 1 (BODY.PEEK[])": ["% NO [SERVERBUG] index is corrupt"],
        "UID FETCH 2 (BODY.PEEK[])": [*body, "% OK done"],
        "UID FETCH 1 (BODY.PEEK[HEADER])": ["% NO [SERVERBUG] index is corrupt"],
    }
    async with scripted(imap(answers)) as server, watching(at(server), store):
        refused, fine = store.mails.values()
    assert (fine.uid, subject(fine.raw), fine.cut) == (2, "fine", None)
    assert (refused.uid, refused.raw) == (1, b"")
    assert refused.cut is not None
    assert "index is corrupt" in refused.cut


async def test_a_mail_that_breaks_every_connection_is_given_up_and_the_next_one_comes() -> None:
    store = begun()
    raw = "Subject: fine\r\n\r\nHello.\r\n"
    facts = {
        uid: f'* {uid} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE "01-Nov-2026 10:00:00 +0100")'
        for uid in (1, 2)
    }
    answers = {
        "UID SEARCH": ["* SEARCH 1 2", "% OK done"],
        "UID FETCH 1,2 (RFC822.SIZE INTERNALDATE)": [*facts.values(), "% OK done"],
        "UID FETCH 1 (RFC822.SIZE INTERNALDATE)": [facts[1], "% OK done"],
        "UID FETCH 2 (RFC822.SIZE INTERNALDATE)": [facts[2], "% OK done"],
        "UID FETCH 1,2 (BODY.PEEK[])": ["DROP"],
        "UID FETCH 1 (BODY.PEEK[])": ["DROP"],
        "UID FETCH 1 (BODY.PEEK[HEADER])": ["DROP"],
        "UID FETCH 2 (BODY.PEEK[])": [f"* 2 FETCH (UID 2 BODY[] {{{len(raw)}}}\r\n{raw})", "% OK done"],
    }
    async with scripted(imap(answers)) as server, watching(at(server), store, ready=False):
        await store.until(lambda: len(store.mails) == 2)
    broken, fine = store.mails.values()
    assert (fine.uid, subject(fine.raw), fine.cut) == (2, "fine", None)
    assert broken.cut is not None
    assert "broke 6 times" in broken.cut


async def test_without_idle_the_mailbox_is_polled() -> None:
    store = begun()
    later = imap({"UID SEARCH": ["* SEARCH", "% OK done"]}, capabilities="IMAP4rev1")
    async with (
        scripted(later) as server,
        watching(at(server, poll_seconds=0.02), store) as watcher,
    ):
        assert watcher.watching
        rounds = asyncio.Event()
        count = 0

        def progressed() -> None:
            nonlocal count
            count += 1
            if count > 6:
                rounds.set()

        watcher.progressed = progressed
        async with asyncio.timeout(SECONDS):
            await rounds.wait()
    assert server.connections == 1


async def test_where_keywords_are_not_kept_mails_stay_unmarked_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = begun()
    select = [
        "* 1 EXISTS",
        "* OK [UIDVALIDITY 7] v",
        "* OK [UIDNEXT 2] n",
        r"* OK [PERMANENTFLAGS (\Answered)] f",
        "% OK done",
    ]
    async with scripted(imap({"SELECT": select})) as server, watching(at(server), store) as watcher:
        for uid in (1, 2):
            store.want("mark", uid)
            watcher.wake()
            await store.until(lambda: not store.due)
    warnings = [vars(record)["cause"] for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["The server keeps no keywords of ours; mails are left unmarked"]


async def test_a_change_that_the_server_refuses_is_counted_and_the_watch_goes_on() -> None:
    store = begun()
    answers = {"UID STORE": ["% NO over quota"]}
    async with scripted(imap(answers)) as server, watching(at(server), store) as watcher:
        store.want("answered", 1)
        watcher.wake()
        await store.until(lambda: bool(store.failed))
        assert "over quota" in store.failed[0][1]
        assert server.connections == 1


async def test_a_token_is_used_for_xoauth2_and_its_refusal_is_explained(caplog: pytest.LogCaptureFixture) -> None:
    refusal = imap({"AUTHENTICATE": ["+ ", "READ", "+ eyJzdGF0dXMiOiI0MDAifQ==", "READ", "% NO AUTHENTICATE failed."]})
    async with (
        scripted(refusal) as server,
        watching(at(server, auth=Authentication.XOAUTH2), Store(), ready=False),
    ):
        await logged(caplog, "cannot be watched")
    assert "token" in vars(caplog.records[0])["remedy"]


@pytest.mark.parametrize(
    ("answer", "cause", "remedy"),
    [
        pytest.param("NO Basic authentication is disabled.", "takes no passwords", "xoauth2", id="basic auth"),
        pytest.param("NO [AUTHENTICATIONFAILED] Invalid", "refuses the login", "password", id="wrong password"),
        pytest.param("NO [ALERT] Application-specific password required", "app password", "app password", id="app"),
        pytest.param("BAD User is authenticated but not connected.", "may not use", "access", id="not connected"),
        pytest.param("NO [UNAVAILABLE] Temporary failure", "at the moment", "log", id="passes by itself"),
    ],
)
async def test_each_refused_login_has_its_cause_and_remedy(
    caplog: pytest.LogCaptureFixture, answer: str, cause: str, remedy: str
) -> None:
    async with (
        scripted(imap({"LOGIN": [f"% {answer}"]})) as server,
        watching(at(server), Store(), ready=False),
    ):
        await logged(caplog, "cannot be watched")
    assert cause in vars(caplog.records[0])["cause"]
    assert remedy in vars(caplog.records[0])["remedy"]


async def test_a_password_that_cannot_be_read_is_tried_again() -> None:
    tries: list[int] = []

    async def later() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ConfigurationError(["the password file is missing"])
        return "secret"

    async with scripted(imap()) as server, watching(at(server), Store(), secret=later) as watcher:
        assert watcher.watching


async def test_a_fault_of_the_store_ends_the_watch() -> None:
    class Broken(Store):
        async def position(self, mailbox: str) -> Position | None:
            raise RuntimeError("the disk is gone")

    async with scripted(imap()) as server:
        with pytest.raises(RuntimeError, match="the disk is gone"):
            async with watching(at(server), Broken()):
                pass


async def test_a_cancelled_watch_ends_at_once_whatever_the_server_does() -> None:
    hangs = asyncio.Event()
    async with scripted(imap({"UID SEARCH": ["HANG"]}, hangs=hangs)) as server:
        store = begun()
        watcher = Watcher(
            at(server, timeout_seconds=600),
            limits=LimitSettings(),
            secret=secret,
            store=store,
            on_mail=lambda: None,
            rng=AtOnce(),
        )
        running = asyncio.create_task(watcher.run(asyncio.Event()))
        await hangs.wait()
        running.cancel()
        async with asyncio.timeout(SECONDS):
            with pytest.raises(asyncio.CancelledError):
                await running
        assert not watcher.watching


async def test_stopping_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.edges.imap.LAST_WORDS", 0.05)
    async with scripted(imap({"UID SEARCH": ["HANG"]})) as server:
        async with asyncio.timeout(SECONDS):
            async with watching(at(server, timeout_seconds=600), begun(), ready=False):
                pass
