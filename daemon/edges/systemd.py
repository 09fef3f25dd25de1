"""I/O. What systemd wants to hear, by hand: one datagram a message (sd_notify(3)). Without systemd nothing happens."""

import logging
import socket
import time

logger = logging.getLogger(__name__)


class Notifier:
    """Tells the service manager how we are. `socket_path` is $NOTIFY_SOCKET; None: nobody listens.

    A message that cannot be delivered is logged, never raised: what systemd then does to a silent service is its
    own to decide, and killing mails in flight for the sake of a status line would be worse.
    """

    def __init__(self, socket_path: str | None) -> None:
        self._address = socket_path or ""
        if self._address and self._address[0] not in "/@":
            logger.warning("This kind of notification socket is not known", extra={"socket": self._address})
            self._address = ""

    def ready(self) -> None:
        """Say that start-up is over: `systemctl start` returns now."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """Show one line in `systemctl status`. It must hold nobody's name, address or words."""
        self._send(f"STATUS={' '.join(text.split())}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def reloading(self) -> None:
        """Say that the configuration is read anew; `ready` ends it. The time is the clock's that Type=notify-reload needs."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def watchdog(self) -> None:
        """Say that work goes forward. To be called on progress, at least every half of the watchdog's time."""
        self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        # An abstract socket's name is written with @ for the zero byte that it begins with (unix(7)).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)  # a full queue must not stop the event loop
                channel.sendto(message.encode(), address)
        except OSError as error:
            logger.warning(
                "systemd could not be told", extra={"notification": message.split("=")[0], "reason": str(error)}
            )
