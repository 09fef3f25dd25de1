"""I/O. `firstline check`: everything the daemon will need, each thing with cause and remedy."""

import asyncio
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from daemon import config
from daemon.cli.options import AsJson, Config
from daemon.cli.output import console, emit_json, foreign, result
from daemon.errors import ConfigurationError
from daemon.findings import Finding, Severity
from daemon.settings import KnowledgeSettings, Settings
from daemon.wiring import utc_now
from threading_.ids import KeyRing, case_reference, plus_address

_MARKS = {Severity.OK: ("✓", "green"), Severity.WARNING: ("!", "yellow"), Severity.FAILED: ("✗", "bold red")}


def check(
    config_file: Config = None,
    no_kb: Annotated[bool, typer.Option("--no-kb", help="Leave the knowledge base and its model out.")] = False,
    as_json: AsJson = False,
) -> None:
    """Test everything the daemon will need, and say for each what is wrong and what to do.

    Mailbox, sending, certificates, log-ins, folders, queue address, articles, models, clock, disk. Nothing is sent.
    Exit code 0: it can run; 1: something failed; 2: the configuration is wrong.

    Example: `firstline check --config /etc/firstline/config.toml`
    """
    try:
        loaded = config.load(config_file)
    except ConfigurationError as error:
        problems = [_finding("Configuration", Severity.FAILED, problem, error.remedy) for problem in error.problems]
        _show(problems, as_json)
        sys.exit(2)
    findings = [_finding("Configuration", Severity.OK, f"{loaded.path} is right")]
    with console.status("Looking at the servers…"):
        findings += asyncio.run(_look(loaded.settings, loaded.path, with_knowledge=not no_kb))
    _show(findings, as_json)
    sys.exit(1 if any(finding.severity is Severity.FAILED for finding in findings) else 0)


async def _look(settings: Settings, path: Path | None, *, with_knowledge: bool) -> list[Finding]:
    from daemon.edges.probes import probe_clock, probe_imap, probe_llm, probe_sending, probe_smtp, probe_state

    state = config.state_folder(settings)
    imap, smtp, llm = await asyncio.gather(
        probe_imap(settings.mailbox, partial(config.secret, settings.mailbox)),
        probe_smtp(
            settings.smtp,
            partial(config.secret, settings.smtp),
            sender=settings.smtp.bounce_address or settings.mailbox.address,
            recipient=settings.queue.address,
            what="the queue",
        ),
        probe_llm(settings.llm, partial(config.llm_key, settings.llm)),
    )
    if settings.reply.plus_addressing:
        # With a key of its own: nobody must be able to keep the address.
        address = plus_address(KeyRing((secrets.token_bytes(32),)), case_reference(0), settings.mailbox.address)
        smtp += await probe_smtp(
            settings.smtp,
            partial(config.secret, settings.smtp),
            sender=settings.smtp.bounce_address or settings.mailbox.address,
            recipient=address,
            what="plus addressing: the address",
        )
    knowledge = _knowledge(settings.knowledge) if with_knowledge else []
    customers = _customers(settings.customers.file)
    clock = probe_clock(utc_now(), state, *([path] if path else []), Path(__file__))
    sending = await probe_sending(state, utc_now(), timedelta(minutes=settings.caps.breaker_rest_minutes))
    return [*probe_state(state), clock, *imap, *smtp, *sending, *customers, *knowledge, *llm]


def _customers(file: str) -> list[Finding]:
    """Read the list of customers: every row that is left out, with its line and what to do."""
    from daemon.edges.customers import read_file, said

    name = "Customers"
    if not file:
        return []
    try:
        table = read_file(Path(file))
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Save it as UTF-8 where the daemon's user may read it, or correct [customers] file."
        return [_finding(name, Severity.FAILED, f"{file} cannot be read: {said(error)}", remedy)]
    faults = [
        _finding(name, Severity.WARNING, f"{file}:{fault.line}: {fault.what}", fault.remedy) for fault in table.faults
    ]
    return faults or [_finding(name, Severity.OK, f"{len(table.rows)} in {file}")]


def _knowledge(settings: KnowledgeSettings) -> list[Finding]:
    """Look for the articles, and whether the model's files are the right ones (90 MB are read, nothing is loaded)."""
    from kb.errors import KnowledgeBaseError
    from kb.folder import scan
    from kb.model import find_model
    from kb.reranker import find_reranker

    found: list[Finding] = []
    name = "Articles"
    try:
        count = sum(1 for _ in scan([Path(folder) for folder in settings.folders]))
        if count:
            found.append(_finding(name, Severity.OK, f"{count} in {', '.join(settings.folders)}"))
        else:
            message = f"the knowledge base is empty: no article in {', '.join(settings.folders) or 'no folder'}"
            remedy = "Put articles there (.md, .html, .rst, .txt, .csv), or correct [knowledge] folders; until then nothing is answered."
            found.append(_finding(name, Severity.FAILED, message, remedy))
        name = "Model"
        model = find_model(settings.model)
        found.append(_finding(name, Severity.OK, f"{model.identity.split()[0]} is whole ({model.folder})"))
        name = "Reranker"
        if settings.reranker:
            found.append(
                _finding(
                    name, Severity.OK, f"{settings.reranker} is a cross-encoder ({find_reranker(settings.reranker)})"
                )
            )
    except KnowledgeBaseError as error:
        found.append(_finding(name, Severity.FAILED, error.message, error.remedy))
    return found


def _finding(name: str, severity: Severity, message: str, remedy: str = "") -> Finding:
    return Finding(name=name, severity=severity, message=message, remedy=remedy)


def _show(findings: Sequence[Finding], as_json: bool) -> None:
    failed = sum(finding.severity is Severity.FAILED for finding in findings)
    if as_json:
        emit_json({"ok": failed == 0, "findings": [asdict(finding) for finding in findings]})
        return
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark, style = _MARKS[finding.severity]
        line = Text(f"{mark} ", style=style) + Text(finding.name.ljust(width + 2), style="bold")
        result.print(line + foreign(finding.message), soft_wrap=True)
        if finding.remedy:
            result.print(Text(" " * (width + 4) + "→ ", style="green") + foreign(finding.remedy), soft_wrap=True)
    warned = sum(finding.severity is Severity.WARNING for finding in findings)
    if failed:
        result.print(Text(f"{failed} failed: mend that, then check again.", style="bold red"))
    elif warned:
        result.print(Text(f"It can run; {warned} to know about.", style="yellow"))
    else:
        result.print(Text("All is well: `firstline run`.", style="green"))
