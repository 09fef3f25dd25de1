"""Pure. The team's list of customers as a table: CSV with a header row, by address or by domain.

One bad row harms only itself: it is told with its line and its remedy, and the rest holds.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from daemon.steps.customer import Customer
from threading_.message import address_key

COLUMNS = ("address", "domain", "name", "tier", "region", "plan", "products", "note")
_DOMAIN = re.compile(r"[^\s@.]+(?:\.[^\s@.]+)+")
_ADDRESS = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_MOST = 1_000_000  # rows: more is no list of customers


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row, or with the file."""

    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class CustomerTable:
    """Who is who: by the exact address first, else by the domain behind it."""

    rows: Mapping[str, Customer]
    faults: tuple[Fault, ...] = ()

    def find(self, address: str) -> Customer | None:
        """The row of that very address, else that of its domain; a domain's row says nothing of those below it."""
        key = address_key(address)
        return self.rows.get(key) or self.rows.get(f"@{key.rpartition('@')[2]}") if "@" in key else None


def read_table(text: str) -> CustomerTable:
    """The table of a file's text. Separated by commas or semicolons, whichever the header row has. Never raises."""
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    lines = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    rows: dict[str, Customer] = {}
    faults: list[Fault] = []
    try:
        names = [name.strip().casefold() for name in next(lines, [])]
        faults += _header(names)
        if "address" in names or "domain" in names:
            for cells in islice(lines, _MOST):
                faults += _row(lines.line_num, names, cells, rows)
    except csv.Error as error:
        faults.append(Fault(lines.line_num, f"is no CSV ({error})", "quote what holds the separator or a line's end"))
    return CustomerTable(rows, tuple(faults))


def _header(names: list[str]) -> Iterator[Fault]:
    if "address" not in names and "domain" not in names:
        yield Fault(1, "names neither the column address nor domain", f"begin with a row such as {','.join(COLUMNS)}")
        return
    for name in names:
        if name not in COLUMNS:
            yield Fault(1, f"there is no column {name!r}, it is not read", f"the columns are {', '.join(COLUMNS)}")
        elif names.count(name) > 1 and names.index(name) == len(names) - 1 - names[::-1].index(name):
            yield Fault(1, f"the column {name} stands there twice", "take one out")


def _row(line: int, names: list[str], cells: list[str], rows: dict[str, Customer]) -> Iterator[Fault]:
    if not any(cell.strip() for cell in cells):
        return
    if len(cells) > len(names):
        yield Fault(
            line, f"has {len(cells)} cells, the header has {len(names)}", "quote the cell that holds the separator"
        )
        return
    values = {name: " ".join(cell.split()) for name, cell in zip(names, cells, strict=False)}
    address, domain = values.get("address", ""), values.get("domain", "").removeprefix("@").lower()
    if address and not _ADDRESS.fullmatch(address):
        yield Fault(line, f"{address!r} is no mail address", "write it as alice@example.com, or leave the row out")
        return
    if not address and not _DOMAIN.fullmatch(domain):
        what = f"{domain!r} is no domain" if domain else "names neither address nor domain"
        yield Fault(line, what, "write an address such as alice@example.com or a domain such as example.com")
        return
    key = address_key(address) if address else f"@{domain}"
    if key in rows:
        yield Fault(line, f"{address or domain} stands there twice", "the first row holds; take one out")
        return
    rows[key] = Customer(
        key=key,
        **{name: values.get(name, "") for name in ("name", "tier", "region", "plan", "note")},
        products=tuple(part for one in re.split(r"[|/+]|,|;", values.get("products", "")) if (part := one.strip())),
    )
