"""A private Dovecot on free loopback ports: real IMAP, real faults. Any user exists; the password is `secret`.

The recipe and its traps were measured on Dovecot 2.3.19; see the comments in the configuration.
"""

import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import trustme

PASSWORD = "secret"

CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
instance_name = {name}
protocols = imap lmtp {submission_protocol}
listen = 127.0.0.1, 127.0.0.2
log_path = {folder}/dovecot.log
# STARTTLS on the plain port, TLS from the first byte on the other.
ssl = yes
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
disable_plaintext_auth = {refuse_plaintext}
auth_mechanisms = plain login
auth_username_format = %Lu
first_valid_uid = 1

passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home/%d/%n allow_all_users=yes
}}
mail_location = maildir:~/Maildir

namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Archive {{
    auto = subscribe
    special_use = \\Archive
  }}
}}

# A listener without a name would be added to the default one instead of replacing it.
service imap-login {{
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
{submission}
hostname = mail.example.test
postmaster_address = postmaster@example.test
protocol imap {{
  mail_max_userip_connections = 100
}}
# Wrong passwords are refused at once: both settings are needed.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""

SUBMISSION = """
service submission-login {{
  inet_listener submission {{
    port = {submission_port}
  }}
}}
submission_relay_host = 127.0.0.1
submission_relay_port = {relay_port}
submission_relay_trusted = no
"""


def missing() -> str | None:
    """Why Dovecot cannot be used on this machine; None where it can."""
    if not shutil.which("dovecot"):
        return "Dovecot is not installed (apt-get install dovecot-imapd dovecot-lmtpd dovecot-submissiond)"
    if os.geteuid() != 0:
        return "the private Dovecot needs root, to run its mail processes as the user mail"
    return None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Dovecot:
    """One instance. `folder` must have a short path: UNIX sockets in it may have 107 characters."""

    host = "127.0.0.1"

    def __init__(
        self, folder: Path, certificates: trustme.CA, *, relay_port: int | None = None, refuse_plaintext: bool = False
    ) -> None:
        """With `relay_port` there is submission with login too, which passes mail on to that port."""
        self.folder = folder
        self.imap_port, self.imaps_port, self.lmtp_port, self.submission_port = (free_port() for _ in range(4))
        self._process: subprocess.Popen[bytes] | None = None
        folder.chmod(0o755)
        certificates.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(folder / "server.pem")
        )
        certificates.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.ca_file = str(folder / "ca.pem")
        (folder / "home").mkdir()
        shutil.chown(folder / "home", "mail", "mail")
        ports = vars(self) | {"relay_port": relay_port}
        self._configuration = folder / "dovecot.conf"
        self._configuration.write_text(
            CONFIGURATION.format(
                **ports,
                name=folder.name,
                password=PASSWORD,
                refuse_plaintext="yes" if refuse_plaintext else "no",
                submission_protocol="submission" if relay_port else "",
                submission=SUBMISSION.format(**ports) if relay_port else "",
            )
        )

    def start(self) -> None:
        """Start, and wait until it greets."""
        self._process = subprocess.Popen(
            ["dovecot", "-F", "-c", self._configuration],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(self._greets, 10, lambda: (self.folder / "dovecot.log").read_text())

    def stop(self) -> None:
        """Stop, and wait for the end: a client that comes while it goes would have its connection reset."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End every process of it at once, as a power failure would, but leave no mailbox locked.

        A process that is killed while it lists a Maildir leaves `dovecot-uidlist.lock` behind; the next Dovecot obeys
        the lock of the dead for two minutes before it overrides it, and no command in that mailbox is answered.
        """
        self._end(signal.SIGKILL)
        for lock in (self.folder / "home").rglob("dovecot-uidlist.lock"):
            lock.unlink()

    def freeze(self) -> None:
        """Let every process hang: connections stay open, nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def deliver(self, user: str, raw: bytes, sender: str = "") -> None:
        """Deliver by LMTP, from the null path unless a sender is named. When it returns, the mail is in the INBOX."""
        with smtplib.LMTP(self.host, self.lmtp_port) as lmtp:
            lmtp.sendmail(sender, [user], raw)

    def kick(self, user: str) -> None:
        """End the user's connections with BYE."""
        self.doveadm("kick", user)

    def new_uidvalidity(self, user: str, uidvalidity: int, folder: str = "INBOX") -> None:
        self.doveadm("mailbox", "update", "--uid-validity", str(uidvalidity), "-u", user, folder)

    def flags(self, user: str, folder: str = "INBOX") -> list[set[str]]:
        """The flags and keywords of the mails of a folder, in order of UID."""
        return [set(str(mail["flags"]).split()) for mail in self._fetch(user, folder, "flags")]

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails of a folder, in order of UID, with LF."""
        return [str(mail["text"]).encode() for mail in self._fetch(user, folder, "text")]

    def _fetch(self, user: str, folder: str, what: str) -> list[dict[str, object]]:
        text = self.doveadm("-f", "json", "fetch", "-u", user, what, "mailbox", folder, "all")
        found: list[dict[str, object]] = json.loads(text)
        return found

    def doveadm(self, *arguments: str) -> str:
        done = subprocess.run(
            ["doveadm", "-c", self._configuration, *arguments], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"doveadm {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def _greets(self) -> bool:
        try:
            with socket.create_connection((self.host, self.imap_port), 1) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._signal(signal.SIGCONT)
        if how is signal.SIGTERM:
            self._process.terminate()
        else:
            self._signal(how)
        self._process.wait(10)
        self._process = None
        until(lambda: not self._greets(), 10)

    def _signal(self, which: signal.Signals) -> None:
        """Signal all of its processes: they share the group of the master."""
        if self._process is not None:
            os.killpg(self._process.pid, which)


def until(condition: Callable[[], object], seconds: float, explain: Callable[[], object] = lambda: "") -> None:
    """Wait for a condition, up to a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(explain() or "the condition did not come true")
        time.sleep(0.01)
