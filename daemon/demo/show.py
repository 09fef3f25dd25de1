"""I/O. The show: one embedded mail server, the whole daemon beside it, and customers who write to it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from daemon.app import App, build
from daemon.demo.colleague import ANN
from daemon.demo.correspondents import SUPPORT, Customer, Posting
from daemon.demo.customers import CUSTOMERS, QUEUE
from daemon.demo.second_act import DemoClock, SecondAct
from daemon.demo.server import MailServer
from daemon.demo.stage import PATIENCE_SECONDS, Stage, Witness, tokens
from daemon.demo.story import Story
from daemon.errors import InputError
from daemon.settings import (
    AgentSettings,
    KnowledgeSettings,
    MailboxSettings,
    PolicySettings,
    QueueSettings,
    Security,
    Settings,
    SmtpSettings,
    TopicSettings,
)
from store.records import Mode
from threading_.parse import parse

KNOWLEDGE = Path(__file__).parent / "knowledge"
PASSWORD = "tapir"  # noqa: S105 - of mailboxes that exist in this process alone
POLICY = PolicySettings(mode=Mode.AUTO, coalesce_seconds=0)  # nobody here sends in bursts


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What a mail client needs to look into the running demo."""

    host: str
    imap_port: int
    submission_port: int
    users: tuple[str, ...]  #: the password of all of them is PASSWORD

    def instructions(self) -> str:
        """How to connect, for people."""
        users = "\n".join(f"    {user}" for user in self.users)
        return (
            "The demo goes on running. Connect any mail client, without encryption:\n\n"
            f"    IMAP  {self.host}, port {self.imap_port}\n"
            f"    SMTP  {self.host}, port {self.submission_port}, with authentication\n\n"
            f"  The password is {PASSWORD} for each of these users:\n\n{users}\n\n"
            f"  As a customer, write to {SUPPORT.address}; as {QUEUE.address}, see what was handed over.\n"
            "  Ctrl-C ends the demo, and everything in it is gone."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A mail of the user's own, and who sends it."""

    customer: Customer
    posting: Posting


def guest(path: Path) -> Guest:
    """Read the user's own mail. Raises InputError where there is none, or where it says not whom to answer."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            [f"--mail {path}: {error.strerror}"], remedy="name a file that holds one mail, such as one saved as .eml"
        ) from error
    sender = parse(raw).sender
    if sender is None:
        raise InputError([f"--mail {path}: it has no From, so nobody could be answered"])
    customer = Customer(address=sender, about=f"your own mail, {path.name}")
    return Guest(customer=customer, posting=Posting(envelope_sender=sender.address, said="", raw=raw))


async def show(
    story: Story,
    *,
    guests: Sequence[Guest] = (),
    progress: Callable[[str], AbstractContextManager[object]],
    keep: Callable[[Open], None] | None = None,
) -> None:
    """Play every customer, then the guests. With `keep`, call it and go on running until Ctrl-C.

    `progress` is entered with a line that says what takes a while. Raises what the daemon's parts raise.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    customers = (*CUSTOMERS, *(one.customer for one in guests))
    users = {address.key: PASSWORD for address in (SUPPORT, QUEUE, ANN, *(customer.address for customer in customers))}
    stop = asyncio.Event()
    clock = DemoClock()
    async with AsyncExitStack() as stack:
        state = Path(stack.enter_context(TemporaryDirectory(prefix="firstline-demo-")))
        server = MailServer(users, clock=clock, name="mail.tapir.example")
        await server.start(stack)
        witness = Witness(story.tell)
        app = await stack.enter_async_context(
            build(
                _settings(server),
                state=state,
                imap_secret=_password,
                smtp_secret=_password,
                clock=clock,
                observe=witness,
            )
        )
        articles = len(list(KNOWLEDGE.glob("*.md")))
        with progress(f"Loading the model and indexing {articles} articles"):
            await _learn(app)
        story.opening(articles=articles, customers=len(customers), seconds=loop.time() - started)
        async with _running(app, stop):
            stage = Stage(server, witness, clock, tokens("t"))
            scenes = []
            for number, customer in enumerate(customers, 1):
                story.enters(number, customer)
                own = next((one.posting for one in guests if one.customer is customer), None)
                scenes.append(await stage.play(customer, own))
            second = SecondAct(app=app, server=server, stage=stage, witness=witness, story=story, clock=clock)
            await second.play(scenes)
            story.closing(scenes, loop.time() - started)
            if keep is not None:
                loop.add_signal_handler(signal.SIGINT, stop.set)
                keep(
                    Open(
                        host=server.host,
                        imap_port=server.imap_port,
                        submission_port=server.submission_port,
                        users=tuple(users),
                    )
                )
                await stop.wait()


def _settings(server: MailServer) -> Settings:
    return Settings(
        mailbox=MailboxSettings(
            address=SUPPORT.address,
            name=SUPPORT.name,
            user=SUPPORT.address,
            host=server.host,
            port=server.imap_port,
            security=Security.PLAIN,
        ),
        smtp=SmtpSettings(user=SUPPORT.address, host=server.host, port=server.submission_port, security=Security.PLAIN),
        queue=QueueSettings(address=QUEUE.address, name=QUEUE.name, trust_local=True, undo_seconds=0),
        agents=(AgentSettings(name=ANN.name, address=ANN.address),),
        topics={"barcodes": TopicSettings(mode=Mode.DRAFT)},
        knowledge=KnowledgeSettings(folders=(str(KNOWLEDGE),)),
        policy=POLICY,
    )


async def _password() -> str:
    return PASSWORD


async def _learn(app: App) -> None:
    """Have the articles ready before the first customer writes; the daemon's own update then finds nothing to do."""
    if app.knowledge is not None:
        await app.knowledge.load()
        await app.knowledge.update([KNOWLEDGE])


@asynccontextmanager
async def _running(app: App, stop: asyncio.Event) -> AsyncIterator[None]:
    """The daemon beside the body, from the moment that it watches the mailbox. Should it die, so does the body."""
    async with asyncio.TaskGroup() as group:
        group.create_task(app.run(stop), name="daemon")
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not app.watching:  # noqa: ASYNC110 - the watcher says it at each look, not once
                    await asyncio.sleep(0.01)
            yield
        finally:
            stop.set()
