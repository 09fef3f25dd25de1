"""I/O. `firstline explain`: what it would do with one mail, step by step, and why."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.explain_arrival import show_case, show_guard, show_mail
from daemon.cli.explain_decision import show_caps, show_decision, show_evidence, show_wish
from daemon.cli.forecast_options import Address, InMode, forecaster, settings_for
from daemon.cli.options import AsJson, Config, KnowledgeBase, Llm
from daemon.cli.output import console, emit_json
from daemon.errors import FirstlineError
from daemon.forecast import Forecast, in_order
from daemon.mails import MailFile, read_mails
from daemon.settings import Settings
from daemon.steps.guard import Ours


def explain(
    mail: Annotated[Path, typer.Argument(metavar="MAIL", help="A mail as a file (.eml).")],
    kb: KnowledgeBase = None,
    mode: InMode = None,
    config: Config = None,
    address: Address = None,
    every_rule: Annotated[
        bool, typer.Option("--rules", help="List every rule of the guard, not only those that fired.")
    ] = False,
    llm: Llm = False,
    as_json: AsJson = False,
) -> None:
    """Explain, step by step, what it would do with this mail and why.

    Nothing is sent and no server is spoken to, save with --llm the language model. The mail's own date is the clock, and it meets an empty store: cases that
    it names are not known here.

    Example: `firstline explain mail.eml --kb articles/`
    """
    mails = in_order(list(read_mails([mail])))
    if not mails:
        raise FirstlineError(f"{mail} holds no mail.", remedy="name a file that holds one mail with its headers")
    if len(mails) > 1:
        console.print(f"{len(mails)} mails in it; explaining the first. `firstline replay` takes them all.")
    asyncio.run(_explain(mails[0][0], settings_for(config, mode, address), kb, address, as_json, every_rule, llm=llm))


async def _explain(
    mail: MailFile,
    settings: Settings,
    kb: Path | None,
    address: str | None,
    as_json: bool,
    every_rule: bool,
    *,
    llm: bool,
) -> None:
    at = in_order([mail])[0][1]
    async with forecaster(settings, kb, address, llm=llm) as forecast:
        one = await forecast.mail(mail, at)
        if as_json:
            emit_json(one.record)
        else:
            _show(one, forecast.ours, settings, every_rule=every_rule)


def _show(forecast: Forecast, ours: Ours, settings: Settings, *, every_rule: bool) -> None:
    mail, acted = forecast.ingested.mail, forecast.acted
    show_mail(mail)
    show_case(mail, forecast.ingested.case, ours)
    show_guard(mail, ours, every_rule=every_rule)
    if acted is None:
        return
    if mail.guarded.reply:
        show_wish(acted.view.triage)
        show_evidence(acted.view.evidence)
        show_caps(acted, settings.caps)
    show_decision(acted)
