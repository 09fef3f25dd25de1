"""I/O. `firstline threads`: which mails belong together, by the reference graph alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from daemon.cli.options import AsJson
from daemon.cli.output import emit_json, foreign, result
from daemon.mails import read_mails
from threading_.graph import GraphMail
from threading_.graph import threads as group
from threading_.parse import parse


def threads(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Mails, mboxes, Maildirs or folders of them.")],
    as_json: AsJson = False,
) -> None:
    """Group mails into conversations by their Message-ID, References and In-Reply-To alone.

    What a mail server's THREAD=REFS shows: who may write on a case, its age and its topic come after.
    A mail without a Message-ID is named by its file.

    Example: `firstline threads inbox.mbox`
    """
    subjects: dict[str, str] = {}
    groups = group(_graph(paths, subjects))
    if as_json:
        for ids in groups:
            emit_json({"case": ids[0], "messages": ids})
        return
    table = Table("Mails", "Subject", "First id", box=None)
    for ids in sorted(groups, key=len, reverse=True):
        table.add_row(str(len(ids)), foreign(subjects[ids[0]]), foreign(ids[0]))
    result.print(table)
    result.print(f"{len(subjects)} mails in {len(groups)} conversations")


def _graph(paths: list[Path], subjects: dict[str, str]) -> Iterator[GraphMail]:
    for mail in read_mails(paths):
        message = parse(mail.raw)
        name = message.message_id or mail.path
        subjects.setdefault(name, message.subject)
        # RFC 5256 §4, REFERENCES (1): In-Reply-To counts where References names nothing, and its first id alone.
        yield GraphMail(name, message.references or message.in_reply_to[:1])
