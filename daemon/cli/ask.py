"""I/O. `firstline ask`: try the knowledge base."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markdown import Markdown
from rich.panel import Panel

from daemon import config as configuration
from daemon.asking import Asked, Asker
from daemon.cli.language_model import wording_for
from daemon.cli.options import AsJson, Config, KnowledgeBase, Llm
from daemon.cli.output import emit_json, foreign, result
from daemon.errors import KnowledgeBaseError
from daemon.record import check_record, evidence_record, prose_record
from daemon.settings import Settings

if TYPE_CHECKING:
    from kb.index import KnowledgeBase as OpenKnowledgeBase


def ask(
    question: Annotated[str, typer.Argument(help="What a customer would write.")],
    kb: KnowledgeBase = None,
    config: Config = None,
    llm: Llm = False,
    as_json: AsJson = False,
) -> None:
    """Ask the knowledge base what a customer would ask, and see what would be answered, and how sure it is.

    Example: `firstline ask "how do I reset my password?" --kb articles/`
    """
    settings = configuration.load(config, offline=True).settings
    asyncio.run(_ask(question, settings, kb, llm, as_json))


async def articles_for(settings: Settings, folder: Path | None) -> "OpenKnowledgeBase":
    """Open the articles of `folder`, else the configured ones. Raises KnowledgeBaseError where there are none."""
    from daemon.cli.knowledge import open_folders

    folders = [folder] if folder else [Path(name) for name in settings.knowledge.folders]
    if not folders:
        raise KnowledgeBaseError(
            "No articles are named.", remedy="name their folder with --kb DIR, or in [knowledge] folders of config.toml"
        )
    return await open_folders(folders, settings.knowledge)


async def _ask(question: str, settings: Settings, folder: Path | None, llm: bool, as_json: bool) -> None:
    knowledge = await articles_for(settings, folder)
    try:
        asked = await Asker(knowledge, settings, wording_for(settings, knowledge, llm)).ask(question)
    finally:
        await knowledge.close()
    if as_json:
        emit_json(
            {
                "question": question,
                **evidence_record(asked.evidence),
                "decision": asked.settled.decision.action,
                "why": list(asked.settled.decision.why),
                "answer": asked.answer,
                "llm": prose_record(asked.settled),
                "check": check_record(asked.settled.checked),
            }
        )
    else:
        _show(asked)


def _show(asked: Asked) -> None:
    evidence, decision = asked.evidence, asked.settled.decision
    for hit in evidence.hits[:5]:
        section = f" › {hit.passage.section}" if hit.passage.section else ""
        internal = "" if hit.passage.public else "  [internal]"
        result.print(
            foreign(f"{hit.score:.3f}  {hit.passage.title}{section}  ({hit.passage.article}){internal}"), soft_wrap=True
        )
    if evidence.answer:
        title = foreign(f"{evidence.cited[0].title} · confidence {evidence.confidence:.2f}")
        body = Markdown(foreign(asked.answer).plain, hyperlinks=False)
        result.print(Panel(body, title=title, title_align="left"))
    result.print(foreign(f"{decision.action.upper()}: {decision.why[0] if decision.why else ''}", "bold"))
    for why in decision.why[1:]:
        result.print(foreign(f"  {why}"))
