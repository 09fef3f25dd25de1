"""I/O. pymap as an IMAP server for loopback: mailboxes in memory, clear-text passwords, no TLS."""

import asyncio
from argparse import Namespace
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, suppress
from datetime import datetime

from proxyprotocol.noop import ProxyProtocolNoop
from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Identity, Login
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxData, MailboxSet, Message
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Flag, Recent, Wildcard, get_system_flags
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

Changed = Callable[[], Awaitable[None]]


class ImapServer:
    """Users with their folders. `changed` is awaited after every mail that arrives in any of them."""

    def __init__(self, host: str, changed: Changed) -> None:
        self._host = host
        self._changed = changed
        self._config = _Config(host)
        self._login = Login(self._config)

    async def add_user(self, address: str, password: str, folders: Iterable[str]) -> None:
        """A user with an INBOX and further folders. `address`, in lower case, is the login."""
        mailboxes = _Mailboxes(self._changed)
        for folder in folders:
            await mailboxes.add_mailbox(folder)
        self._config.set_cache[address] = (mailboxes, FilterSet())
        identity = Identity(address, self._login, None, frozenset())
        await identity.set(UserMetadata(self._config, address, password=password))

    async def start(self, stack: AsyncExitStack) -> int:
        """Open a free port and return it. The stack closes it, and every connection that is still open."""
        connections = _Connections(IMAPServer(self._login, self._config))
        server = await asyncio.start_server(connections, self._host, 0)
        stack.push_async_callback(connections.close)
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    async def append(self, user: str, raw: bytes, folder: str, when: datetime) -> int:
        """Put a mail into a folder and return its UID; `when` is its INTERNALDATE. KeyError for an unknown user or folder."""
        mailbox = await self._mailbox(user, folder)
        return (await mailbox.append(AppendMessage(raw, when, frozenset()), recent=True)).uid

    async def mails(self, user: str, folder: str) -> list[bytes]:
        """The raw mails of a folder, in order of arrival."""
        return [await _raw(message) async for message in (await self._mailbox(user, folder)).messages()]

    async def flags(self, user: str, folder: str) -> list[frozenset[str]]:
        """The flags and keywords of the mails of a folder, in order of arrival."""
        mailbox = await self._mailbox(user, folder)
        return [frozenset(str(flag) for flag in message.permanent_flags) async for message in mailbox.messages()]

    async def _mailbox(self, user: str, folder: str) -> MailboxData:
        mailboxes, _ = self._config.set_cache[user.lower()]
        return await mailboxes.get_mailbox(folder)


class _Config(Config):
    """pymap's settings without TLS, thread pool, and the look-up of this machine's name for the greeting."""

    def __init__(self, host: str) -> None:
        super().__init__(
            Namespace(),
            host=host,
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            invalid_user_sleep=0.0,
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            proxy_protocol=ProxyProtocolNoop(),
        )

    @property
    def greeting(self) -> bytes:
        return b"Firstline demo ready"


class _Mailbox(MailboxData):
    """pymap's mailbox, which keeps keywords such as $Firstline too (its own keeps system flags alone) and tells of mail."""

    notify: Changed

    @property
    def permanent_flags(self) -> frozenset[Flag]:
        return (get_system_flags() - {Recent}) | {Wildcard}

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Message:
        message = await super().append(append_msg, recent=recent)
        await self.notify()
        return message


class _Mailboxes(MailboxSet):
    """pymap's folders of one user, each a `_Mailbox`."""

    def __init__(self, notify: Changed) -> None:
        super().__init__()
        self._notify = notify
        self._inbox = self._new()

    def _new(self) -> _Mailbox:
        mailbox = _Mailbox(self._content_cache, self._thread_cache)
        mailbox.notify = self._notify
        return mailbox

    async def add_mailbox(self, name: str) -> ObjectId:
        await super().add_mailbox(name)
        async with self._set_lock.write_lock():
            self._set[name] = mailbox = self._new()
        return mailbox.mailbox_id


class _Connections:
    """asyncio's callback for IMAP connections; knows those that are open, since closing a port leaves them be."""

    def __init__(self, server: IMAPServer) -> None:
        self._server = server
        self._open: set[asyncio.Task[None]] = set()

    def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="demo-imap")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # the client left in the middle of an answer: how many a connection ends
            await self._server(reader, writer, SocketInfoLocal(writer))

    async def close(self) -> None:
        open_now = tuple(self._open)
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


async def _raw(message: Message) -> bytes:
    return bytes((await message.load_content(FetchRequirement.CONTENT)).get_body())
