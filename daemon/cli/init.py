"""I/O. `firstline init`: a few questions, then a commented config.toml that needs no editing to be tried."""

import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.options import AsJson
from daemon.cli.output import console, emit_json
from daemon.cli.providers import PROVIDERS, Provider, guess
from daemon.cli.sample import Value, filled

_SOURCES = ("password_file", "password_env", "password_command", "token_command")


def init(
    address: Annotated[str, typer.Option(help="The address customers write to.")] = "",
    provider: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"Where the mailbox is, if the address does not tell: {', '.join(PROVIDERS)}."
        ),
    ] = "",
    imap_host: Annotated[str, typer.Option(metavar="HOST", help="The IMAP server.")] = "",
    smtp_host: Annotated[str, typer.Option(metavar="HOST", help="The server that sends.")] = "",
    user: Annotated[str, typer.Option(help="The log-in name of both.")] = "",
    password_file: Annotated[str, typer.Option(metavar="FILE", help="The password is the first line of FILE.")] = "",
    password_env: Annotated[str, typer.Option(metavar="NAME", help="The password is in the variable NAME.")] = "",
    password_command: Annotated[str, typer.Option(metavar="COMMAND", help="COMMAND prints the password.")] = "",
    token_command: Annotated[str, typer.Option(metavar="COMMAND", help="COMMAND prints an OAuth2 access token.")] = "",
    queue: Annotated[str, typer.Option(metavar="ADDRESS", help="Where people read hand-overs.")] = "",
    articles: Annotated[str, typer.Option(metavar="DIR", help="The folder of your articles.")] = "",
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file to write.")] = Path(
        "config.toml"
    ),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; guess what is not given.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask a few questions and write a commented config.toml.

    It starts in shadow mode: Firstline decides and records, and sends nothing. No secret is written into the file.

    Example: firstline init

    Example: firstline init --address help@shop.example --queue team@shop.example --articles docs/help --yes
    """
    from daemon.config import mail_address, understand
    from daemon.errors import InputError

    if output.exists() and not force:
        raise InputError([f"{output} exists already"], remedy="use --force to replace it, or -o to write another")
    if provider and provider not in PROVIDERS:
        raise InputError([f"--provider {provider} is not known; there are {', '.join(PROVIDERS)}"])
    if output.absolute().parent != Path.cwd():  # paths in the file are relative to it, those typed are to here
        articles, password_file = _absolute(articles), _absolute(password_file)
    asks = not yes and sys.stdin.isatty()
    if not asks and (missing := [name for name, given in (("--address", address), ("--queue", queue)) if not given]):
        raise InputError(
            [f"{name} is needed where nobody can be asked" for name in missing],
            remedy="name it, or run `firstline init` in a terminal without --yes",
        )

    def question(text: str, given: str, fallback: str, check: Callable[[str], str] = str.strip) -> str:
        if given or not asks:
            try:
                return check(given or fallback)
            except ValueError as error:
                raise InputError([f"{text}: {error}"]) from error
        while True:
            try:
                return check(typer.prompt(text, default=fallback or None, err=True))
            except ValueError as error:
                console.print(f"  {error}", style="red", markup=False)

    address = question("The address customers write to", address, "", mail_address)
    servers = guess(address, provider)
    imap_host = question("IMAP server", imap_host, servers.imap)
    smtp_host = question("Server that sends (SMTP)", smtp_host, servers.smtp)
    user = question("Log-in name", user, address)
    given = dict(zip(_SOURCES, (password_file, password_env, password_command, token_command), strict=True))
    secret = {key: value for key, value in given.items() if value} or _source(servers, question)
    queue = question("Address where people read hand-overs", queue, "", mail_address)
    articles = question("Folder of your articles (Markdown)", articles, "articles")

    login: dict[str, Value] = {"auth": "xoauth2" if "token_command" in secret else "password", "user": user}
    login |= {key: secret.get(key, "") for key in _SOURCES}
    values: dict[tuple[str, str], Value] = {("mailbox", key): value for key, value in login.items()}
    values |= {("smtp", key): value for key, value in login.items()}
    values |= {
        ("mailbox", "address"): address,
        ("mailbox", "host"): imap_host,
        ("smtp", "host"): smtp_host,
        ("smtp", "port"): servers.smtp_port,
        ("smtp", "security"): servers.smtp_security,
        ("queue", "address"): queue,
        ("knowledge", "folders"): (articles,),
    }
    text = filled(_sample(), values)
    understand(text, output, offline=True)  # what was answered may still be impossible
    _write(output, text)
    if asks and "password_file" in secret:
        _ask_for_password(output.absolute().parent / Path(secret["password_file"]).expanduser())
    steps = _next_steps(output, servers, secret, output.absolute().parent / Path(articles).expanduser())
    if as_json:
        emit_json({"path": output, "next": steps})
        return
    console.print(f"Wrote {output}.", style="bold green", markup=False)
    for step in steps:
        console.print(f"  • {step}", markup=False, soft_wrap=True)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ""


def _source(servers: Provider, question: Callable[[str, str, str], str]) -> dict[str, str]:
    if servers.auth == "xoauth2":
        return {"token_command": question("Command that prints an OAuth2 access token", "", "firstline-token")}
    return {"password_file": question("File for the password (only you can read it)", "", "mailbox-password")}


def _ask_for_password(path: Path) -> None:
    if path.exists():
        return
    password = typer.prompt(
        f"Password, to be written to {path} (empty: I write it myself)",
        default="",
        hide_input=True,
        show_default=False,
        err=True,
    )
    if password:
        _write(path, password + "\n")


def _next_steps(output: Path, servers: Provider, secret: dict[str, str], articles: Path) -> list[str]:
    steps = []
    if servers.hint:
        steps.append(f"{servers.imap}: {servers.hint}.")
    if "password_file" in secret:
        path = output.absolute().parent / Path(secret["password_file"]).expanduser()
        if not path.exists():
            steps.append(f"Write the password into {path} and `chmod 600` it.")
    if not articles.is_dir():
        steps.append(f"Put your articles into {articles}.")
    config = "" if output == Path("config.toml") else f" --config {shlex.quote(str(output))}"
    steps.append(f"`firstline check{config}` tests everything it names.")
    steps.append(f"`firstline run{config}` starts, in shadow mode: nothing is sent until you set mode.")
    return steps


def _sample() -> str:
    """The commented sample: beside the packages in a checkout, inside `daemon` in an installed wheel."""
    package = Path(__file__).parents[1]
    shipped = package / "config.toml"
    return (shipped if shipped.exists() else package.parent / "config.toml").read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    from daemon.errors import InputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes it 0600.
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError([f"{path} cannot be written: {reason}"], remedy="choose another place by -o") from error
