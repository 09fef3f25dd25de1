"""I/O. `firstline topics`: each topic's record beside what humans answered, what it takes to promote it, and promoting it."""

import asyncio
import os
import stat
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table

from daemon import config as configuration
from daemon.cli.kb_learnt import open_articles
from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.cli.state import configured_store
from daemon.cli.topic_table import with_mode
from daemon.errors import ConfigurationError, FirstlineError
from daemon.settings import Settings
from daemon.steps import learnt as learning
from daemon.steps.agreement import Standing, in_words, worth
from daemon.steps.learnt import Learnt
from daemon.wiring import new_salt, utc_now
from store.figures import Compared, TopicRecord
from store.records import Mode
from store.store import Store

app = typer.Typer(
    help="Each topic's record beside what humans answered, and what it takes to promote it.",
    invoke_without_command=True,
)

#: Pairs that are labelled at one sitting.
_SAMPLE = 20


@app.callback()
def topics(
    context: typer.Context,
    label: Annotated[
        bool, typer.Option("--label", help="Say of a sample, pair by pair, whether the two agree.")
    ] = False,
    topic: Annotated[str | None, typer.Option(show_default=False, help="Label pairs of this topic alone.")] = None,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who labels: it stands beside each label.")] = "person",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show each topic's record: cases, what would have been answered, how sure, and how often that agrees with what humans
    really answered; and what it would take to let the topic answer by itself. Below it stands how people's verdicts, of all
    topics, moved the confidence that the daemon answers by.

    Answers agree where the human links or names an article that ours comes from, or states what ours states. With --label
    a person says it of a sample, with one key each: y, n, s for skip, q for quit. What a person says goes before the rules.

    Example: `firstline topics --label --topic printer`
    """
    if context.invoked_subcommand is not None:
        return
    settings = configuration.load(config, offline=True).settings
    if label:
        asyncio.run(_label(config, settings, topic, by, as_json))
        return
    records, moved = asyncio.run(_records(config, settings))
    if as_json:
        for record in records:
            emit_json(_shape(record, settings) | {"verdicts": replace(moved, now=round(moved.now, 4))})
        return
    if not records:
        result.print("No cases yet.")
        return
    table = Table("topic", "mode", "cases", "would answer", "sure", "agreement (90 %)", "to answer by itself")
    for record in records:
        found = worth(record.agree, record.compared, settings.learning.promote_at)
        agreement = f"{found.low:.0%} to {found.high:.0%}" if found.low is not None and found.high is not None else ""
        needs = in_words(found) + (f"; {record.unknown} to label" if record.unknown else "")
        table.add_row(
            foreign(record.topic or "(none)"),
            _mode(settings, record.topic),
            str(record.cases),
            str(record.answers),
            f"{record.confidence:.2f}" if record.confidence is not None else "",
            agreement,
            needs,
        )
    result.print(table)
    if moved.count:
        result.print(learning.in_words(moved))
    labelled, right = sum(r.rule_labelled for r in records), sum(r.rule_right for r in records)
    if labelled:
        console.print(f"Where a person labelled, the rules had said the same of {right} of {labelled} pairs.")
    if any(worth(r.agree, r.compared, settings.learning.promote_at).standing is Standing.EARNED for r in records):
        console.print("`firstline topics promote NAME` lets a topic answer by itself.")


def _mode(settings: Settings, topic: str) -> Mode:
    own = settings.topics.get(topic)
    return own.mode if own is not None and own.mode is not None else settings.policy.mode


def _shape(record: TopicRecord, settings: Settings) -> dict[str, object]:
    found = worth(record.agree, record.compared, settings.learning.promote_at)
    return {
        "topic": record.topic,
        "mode": _mode(settings, record.topic),
        "cases": record.cases,
        "answers": record.answers,
        "confidence": None if record.confidence is None else round(record.confidence, 4),
        "compared": record.compared,
        "agree": record.agree,
        "interval": None if found.low is None or found.high is None else [round(found.low, 4), round(found.high, 4)],
        "labelled": record.labelled,
        "unknown": record.unknown,
        "standing": found.standing,
        "missing": found.missing,
        "missing_at_this_rate": found.at_this_rate,
    }


async def _records(config: Path | None, settings: Settings) -> tuple[list[TopicRecord], Learnt]:
    """Each topic's record, and what all verdicts make of the confidence that an answer is sent from."""
    from daemon.agreeing import people_made_of_ours

    async with configured_store(config) as store:
        await _compare(store, settings)
        found = await people_made_of_ours(store)
        return await store.learning.topics(store.reader), learning.learnt(found, settings.policy.send_at)


async def _compare(store: Store, settings: Settings) -> None:
    """Compare what nobody compared yet; the model is loaded only where something is."""
    from daemon.agreeing import compare_all

    if not await store.learning.uncompared(store.reader, limit=1):
        return
    articles = open_articles(settings)
    try:
        await compare_all(store, utc_now(), articles)
    finally:
        await articles.close()


# ── labelling ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _label(config: Path | None, settings: Settings, topic: str | None, by: str, as_json: bool) -> None:
    async with configured_store(config) as store:
        await _compare(store, settings)
        pairs = await store.learning.to_label(store.reader, topic, _SAMPLE)
        if as_json:  # for programs that label elsewhere
            for pair in pairs:
                emit_json(pair)
            return
        if not pairs:
            result.print("Nothing to label: each pair has a label, or no human has answered yet.")
            return
        done = 0
        for number, pair in enumerate(pairs, 1):
            _show_pair(pair, number, len(pairs))
            answer = await asyncio.to_thread(_key)
            if answer == "q":
                break
            if answer in ("y", "n"):
                async with store.transaction() as tx:
                    await store.learning.label(tx, pair.decision_id, answer == "y", by)
                done += 1
        result.print(f"{done} labelled. `firstline topics` shows the record.")


def _show_pair(pair: Compared, number: int, count: int) -> None:
    result.print(f"\n{number} of {count} · {pair.topic or 'no topic'}", style="bold")
    for title, text in (
        ("The customer", pair.asked),
        ("We would have sent", pair.ours),
        ("The human answered", pair.theirs),
    ):
        result.print(Panel(foreign(text.strip() or "(nothing)"), title=title, title_align="left"))
    result.print("Would ours have done as well? y, n, s to skip, q to quit: ", end="")


def _key() -> str:
    """One key at a terminal, one line of what is piped in; the end of it quits."""
    if sys.stdin.isatty():
        answer = typer.getchar().lower()
        result.print(answer)
    else:
        line = sys.stdin.readline()
        answer = line.strip().lower()[:1] if line else "q"
    return answer


# ── promoting ────────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command("promote")
def promote(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The topic, as `firstline topics` shows it.")],
    to: Annotated[Mode, typer.Option(help="The mode that its cases get from now on.")] = Mode.AUTO,
    anyway: Annotated[bool, typer.Option("--anyway", help="Though its record has not earned it.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let a topic answer by itself: write its mode into the configuration, every other line left as it is.

    It holds for cases that are opened after the daemon was told to read its configuration anew.

    Example: `firstline topics promote printer`
    """
    loaded = configuration.load(config, offline=True)
    if loaded.path is None:
        raise ConfigurationError(["There is no configuration to write into."], remedy="name one by --config")
    record = next((one for one in asyncio.run(_records(config, loaded.settings))[0] if one.topic == name), None)
    if record is None:
        raise FirstlineError(f"There is no case of a topic {name}.", remedy="`firstline topics` lists the topics")
    found = worth(record.agree, record.compared, loaded.settings.learning.promote_at)
    if to is Mode.AUTO and found.standing is not Standing.EARNED and not anyway:
        raise FirstlineError(
            f"{name} has not earned it: {in_words(found)}.", remedy="wait, label a sample, or say --anyway"
        )
    text = loaded.path.read_text("utf-8-sig")
    try:
        changed = with_mode(text, name, to)
    except ValueError as error:
        raise ConfigurationError([f"{loaded.path}: {error}"], remedy=f'set mode = "{to}" there by hand') from error
    configuration.understand(changed, loaded.path, offline=True)  # raises where it would not load
    _replace(loaded.path, changed)
    asyncio.run(_note(config, name, to, record))
    if as_json:
        emit_json({"topic": name, "mode": to, "file": loaded.path})
    else:
        result.print(foreign(f"{name}: mode = {to}, written into {loaded.path}."))
        result.print("`systemctl reload firstline` makes the daemon read it. Cases that began in shadow stay silent.")


async def _note(config: Path | None, topic: str, to: Mode, record: TopicRecord) -> None:
    details = {"topic": topic, "mode": to, "agree": record.agree, "compared": record.compared}
    async with configured_store(config) as store, store.transaction() as tx:
        await store.audit.append(
            tx, at=utc_now(), case=None, event="promoted", details=details, personal={}, salt=new_salt()
        )


def _replace(path: Path, text: str) -> None:
    """Put the text in the file's place at once, with its owner and its mode: nobody reads half a configuration."""
    target = path.resolve()  # a link to the file stays one
    try:
        was = target.stat()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), stat.S_IMODE(was.st_mode))
                if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(file.fileno(), was.st_uid, was.st_gid)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            [f"{path}: {error.strerror or error}"], remedy="let the user who promotes write there"
        ) from error
