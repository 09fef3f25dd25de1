"""The servers and certificates that tests share."""

import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from shutil import rmtree
from uuid import uuid4

import pytest
import trustme

from tests.servers.dovecot import Dovecot, missing
from tests.servers.smtp import SmtpServer


@pytest.fixture(scope="session")
def certificates() -> trustme.CA:
    """A certificate authority that nobody trusts unless told to."""
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(certificates: trustme.CA) -> ssl.SSLContext:
    """The TLS of a server called localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def ca_file(certificates: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file that makes a client trust `certificates`."""
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    certificates.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder with a short path, for UNIX sockets."""
    folder = Path(tempfile.mkdtemp(prefix="fl-"))
    yield folder
    rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_dovecot(certificates: trustme.CA) -> Iterator[Dovecot]:
    """One Dovecot for all tests that do not harm it. Each takes a `user` of its own."""
    if reason := missing():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="fl-"))
    server = Dovecot(folder, certificates)
    server.start()
    yield server
    server.kill()
    rmtree(folder, ignore_errors=True)


@pytest.fixture
def dovecot(certificates: trustme.CA, short_folder: Path) -> Iterator[Dovecot]:
    """A Dovecot of the test's own, to be killed, frozen and the like."""
    if reason := missing():
        pytest.skip(reason)
    server = Dovecot(short_folder, certificates)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def user() -> str:
    """A mailbox that nobody has used before."""
    return f"{uuid4().hex[:12]}@example.test"


@pytest.fixture
async def smtp_server() -> AsyncIterator[SmtpServer]:
    """An SMTP server without login and TLS, which fails when told to."""
    async with AsyncExitStack() as stack:
        server = SmtpServer()
        await server.start()
        stack.push_async_callback(server.stop)
        yield server
