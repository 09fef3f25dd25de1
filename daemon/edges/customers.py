"""I/O. The file `customers.csv`: read when it is first needed, and again whenever it has changed."""

import asyncio
import logging
from pathlib import Path

from daemon.steps.customer import Customer
from daemon.steps.customer_table import CustomerTable, Fault, read_table

log = logging.getLogger(__name__)

#: Faults that the log names one by one; `firstline check` names them all.
_TOLD = 5


class CustomerFile:
    """Finds customers in the file. What cannot be read any more leaves the last table in use, and is told once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._table = CustomerTable({})
        self._state: tuple[int, int, int] | None = None  # of the file that the table is of
        self._unread = ""

    async def find(self, address: str) -> Customer | None:
        """The customer of that very address, else the row of its domain. The file may have changed a moment ago."""
        await self.refresh()
        return self._table.find(address)

    async def refresh(self) -> None:
        """Read the file anew where it changed."""
        try:
            found = self._path.stat()
            state = (found.st_mtime_ns, found.st_size, found.st_ino)
            if state == self._state:
                return
            table = await asyncio.to_thread(read_file, self._path)
        except (OSError, UnicodeDecodeError) as error:
            reason = said(error)
            if reason != self._unread:
                log.error("customers.csv cannot be read", extra={"path": str(self._path), "cause": reason})
            self._unread = reason
            return
        self._table, self._state, self._unread = table, state, ""
        log.info("the list of customers is read", extra={"rows": len(table.rows), "faults": len(table.faults)})
        for fault in table.faults[:_TOLD]:
            place = f"{self._path}:{fault.line}"
            log.warning("a row of the list of customers is left out", extra={"place": place, **_words(fault)})


def read_file(path: Path) -> CustomerTable:
    """The table of a file. Raises OSError and UnicodeDecodeError."""
    return read_table(path.read_bytes().decode("utf-8-sig"))


def said(error: OSError | UnicodeDecodeError) -> str:
    """Why the file cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        line = error.object[: error.start].count(b"\n") + 1
        return f"line {line} is not UTF-8"
    return (error.strerror or str(error)).lower()


def _words(fault: Fault) -> dict[str, str]:
    return {"cause": fault.what, "remedy": fault.remedy}
