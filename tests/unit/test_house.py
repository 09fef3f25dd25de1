"""The house keeps its own rules: what is pure says so and is held to it, and the command line starts in a blink."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("daemon", "threading_", "kb", "store")
# Seconds or a server's worth of code, which a command that needs none of it must not pay for.
HEAVY = ("torch", "llama_index", "imapclient", "sentence_transformers", "sklearn", "pymap", "apscheduler")
# `run` says what it does in the log; an export has its --format.
WITHOUT_JSON = ("run", "audit export")


def modules() -> dict[str, Path]:
    """Every module of the four packages by its name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def said_to_be_pure(path: Path) -> bool:
    return docstring(path).startswith("Pure.")


def is_package(path: Path) -> bool:
    return path.name == "__init__.py"


@pytest.fixture(scope="module")
def held_pure() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return next(contract["source_modules"] for contract in contracts if contract["type"] == "forbidden")


@pytest.mark.parametrize(("name", "path"), modules().items(), ids=list(modules()))
def test_each_module_begins_by_saying_whether_it_is_pure(name, path):
    assert docstring(path).split(maxsplit=1)[0] in ("Pure.", "I/O."), f"{name}: {docstring(path)[:40]!r}"


def test_each_pure_module_is_held_to_it_by_the_contract(held_pure):
    def is_held(name: str) -> bool:
        return any(name == held or name.startswith(f"{held}.") for held in held_pure)

    missing = [
        name for name, path in modules().items() if said_to_be_pure(path) and not is_package(path) and not is_held(name)
    ]
    assert not missing, f"add to the contract `pure` in pyproject.toml: {missing}"


def test_what_the_contract_holds_pure_says_so(held_pure):
    known = modules()
    assert set(held_pure) <= set(known)
    other = [
        name
        for held in held_pure
        for name, path in known.items()
        if (name == held or name.startswith(f"{held}.")) and not said_to_be_pure(path)
    ]
    assert not other


def test_a_package_file_holds_its_docstring_and_nothing_else():
    assert [
        name for name, path in modules().items() if is_package(path) and len(ast.parse(path.read_text()).body) != 1
    ] == []


def test_no_module_is_called_what_everything_could_be_called():
    vague = {"utils", "util", "common", "helpers", "helper", "base", "models", "misc"}
    assert not vague & {part for name in modules() for part in name.split(".")}


def test_the_order_of_the_daemons_rooms_names_only_what_exists_and_every_room():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract.get("containers") == ["daemon"])
    rooms = {room.strip() for layer in layers for room in layer.split("|")}
    assert rooms == {name.split(".")[1] for name in modules() if name.startswith("daemon.")}


def loaded_by(code: str) -> set[str]:
    """The top-level names of what a fresh Python has imported after `code`."""
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_command_line_loads_nothing_heavy():
    assert not loaded_by("import daemon.cli.main") & set(HEAVY)


def test_help_shows_every_command_without_loading_anything_heavy():
    code = "sys.argv = ['firstline', '--help']\nfrom daemon.cli.main import main\ntry: main()\nexcept SystemExit: pass"
    assert not loaded_by(code) & set(HEAVY)


def test_importing_all_that_is_pure_loads_no_edge():
    # The contract sees imports between our files; this sees what a library brings along.
    pure = [name for name, path in modules().items() if said_to_be_pure(path)]
    edges = {"imapclient", "aiosmtplib", "aiosqlite", "apscheduler", "llama_index", "torch"}
    assert not loaded_by(f"import {', '.join(pure)}") & edges


def test_each_command_has_a_help_with_an_example_and_json():
    from typer.main import get_command

    from daemon.cli.main import app

    def leaves(command, path=()):
        children = getattr(command, "commands", None)
        if children:
            for name, child in children.items():
                yield from leaves(child, (*path, name))
        else:
            yield " ".join(path), command

    without = []
    for name, command in leaves(get_command(app)):
        options = {option for parameter in command.params for option in parameter.opts}
        if not re.search(r"Examples?:", command.help or ""):
            without.append(f"{name}: no example in its help")
        if "--json" not in options and name not in WITHOUT_JSON:
            without.append(f"{name}: no --json")
    assert not without
