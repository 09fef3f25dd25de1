"""I/O. `firstline forget`: erase a person from the store."""

import asyncio
import secrets
from pathlib import Path
from typing import Annotated

import typer

from daemon import config
from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.errors import FirstlineError
from daemon.wiring import customers_of, new_salt, utc_now
from store.forgetting import Forgotten, Person, look
from store.forgetting import forget as erase
from store.store import Store


def forget(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's mail address, exactly.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also where a mail of theirs has not left: it never will.")
    ] = False,
    config_file: Config = None,
    as_json: AsJson = False,
) -> None:
    """Erase a person: their mails, cases, name and address, and what was learnt of them. What was counted stays.

    The record of decisions still verifies. What lies in the mailbox, in the queue, in backups and in customers.csv is
    not Firstline's to erase. Another spelling with +, or another address, is another person.

    Example: `firstline forget alice@example.com`
    """
    asyncio.run(_forget(config_file, address.strip(), yes=yes, force=force, as_json=as_json))


async def _forget(config_file: Path | None, address: str, *, yes: bool, force: bool, as_json: bool) -> None:
    async with configured_store(config_file) as store:
        person = await look(store.reader, address)
        _refuse(person, force=force)
        if not as_json:
            _tell(person)
        if not yes:
            if as_json:
                raise FirstlineError("Nothing was erased: nobody was asked.", remedy="add --yes")
            if not typer.confirm("Erase all of it? It cannot be undone.", err=True):
                result.print("Nothing was erased.")
                return
        done, clean = await erased(store, person.address)
        customers = customers_of(config.load(config_file, offline=True).settings)
        listed = await customers.find(person.address) if customers else None
    in_csv = listed is not None and listed.key == person.address
    if as_json:
        emit_json({"address": address, "cases": [case.reference for case in person.cases], "erased": done.rows,
                   "suggested_articles": done.files, "left_in_audit": done.left_in_audit, "file_rewritten": clean,
                   "in_customers_file": in_csv})  # fmt: skip
        return
    rows = ", ".join(f"{count} of {table}" for table, count in done.rows.items()) or "nothing"
    result.print(foreign(f"Erased: {rows}."))
    if not clean:
        console.print("The running daemon still holds the old file open: run this again in a minute, or restart it.")
    for file in done.files:
        console.print(foreign(f"Look at the suggested article that was made of their case: {file}"))
    if done.left_in_audit:
        console.print(f"{done.left_in_audit} entries of the record name the address: an older Firstline wrote them.")
    if in_csv:
        console.print("customers.csv still has a row for them: take it out.")
    console.print("What lies in the mailbox, in Sent, in the queue and in backups is still there.")


async def erased(store: Store, address: str) -> tuple[Forgotten, bool]:
    """Erase the person. Returns what was erased, and whether nothing of it can be read in the file any more."""
    async with store.transaction() as tx:
        done = await erase(tx, address, f"forgotten-{secrets.token_hex(6)}")
        details = {"rows": dict(done.rows)}
        await store.audit.append(
            tx, at=utc_now(), case=None, event="forgotten", details=details, personal={}, salt=new_salt()
        )
    return done, await store.scrub()


def _refuse(person: Person, *, force: bool) -> None:
    if not person.mentioned:
        raise FirstlineError(
            f"Nothing of {person.address} is kept.", remedy="the address must be written exactly, with its +tag"
        )
    if person.transmitting:
        raise FirstlineError("A mail of theirs is being sent at this moment.", remedy="try again in a minute")
    if person.undelivered and not force:
        many = "1 mail" if person.undelivered == 1 else f"{person.undelivered} mails"
        raise FirstlineError(
            f"{many} about {person.address} {'has' if person.undelivered == 1 else 'have'} not left yet.",
            remedy="wait until they have, or add --force: then they never leave",
        )


def _tell(person: Person) -> None:
    cases, mails = len(person.cases), person.mails
    result.print(
        foreign(
            f"{person.address}: {cases} case{'s' if cases != 1 else ''}, {mails} mail{'s' if mails != 1 else ''}"
            + (f", some on {person.on_others} cases of others" if person.on_others else "")
        )
    )
    for case in person.open_cases:
        result.print(foreign(f"  still open: {case.reference} ({case.status}) {case.subject}"))
