"""The documents are true: commands exist, links lead somewhere, files that are named are there, dependencies are told."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from daemon.cli.main import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
DEPENDENCIES = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
# What a distribution is called, and what is imported from it, where the two differ.
IMPORTED_AS = {
    "mail-parser": "mailparser",
    "mail-parser-reply": "mailparser_reply",
    "llama-index-embeddings-huggingface": "llama_index.embeddings.huggingface",
    "llama-index": "llama_index.core",
    "llama-index-llms-openai-like": "llama_index.llms.openai_like",
    "markdown-it-py": "markdown_it",
    "python-frontmatter": "frontmatter",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}


def read(name: str) -> str:
    return (ROOT / name).read_text()


def code(text: str) -> list[str]:
    """What stands as code: in back-ticks, and the lines of fenced blocks."""
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.S)
    rest = re.sub(r"```.*?```", "", text, flags=re.S)
    return [line for block in fenced for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", rest)


def table() -> dict[str, str]:
    """ARCHITECTURE.md's dependencies: each library, and where it says that it is imported."""
    section = read("ARCHITECTURE.md").partition("## Dependencies")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z0-9, -]+) \| (.+?) \| .+ \|$", section, re.M)
    return {name: where for names, where in rows for name in names.split(", ") if name != "library"}


@cache
def imports(path: Path) -> set[str]:
    """The dotted names that a file imports, at its top or inside its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def importers(module: str) -> set[str]:
    """The files of ours that import the module or something inside it."""
    return {
        path.relative_to(ROOT).as_posix()
        for package in ("daemon", "kb", "store", "threading_")
        for path in (ROOT / package).rglob("*.py")
        if any(name == module or name.startswith(f"{module}.") for name in imports(path))
    }


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_link_between_documents_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", read(document))
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("document", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_each_file_of_this_project_that_a_document_names_exists(document: str) -> None:
    known = "daemon|kb|store|threading_|tests|systemd|\\.ci"
    named = {
        found
        for piece in code(read(document))
        for found in re.findall(rf"(?<![\w./-])(?:{known})/[\w./-]*\w/?", piece)
        if "000N" not in found  # stands for the next number
    }
    assert named
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_command_that_a_document_names_exists_with_its_options(document: str) -> None:
    wrong = []
    for piece in code(read(document)):
        words = re.search(r"(?:^|[\s/])firstline ([a-z].*)", piece)
        if not words or piece.startswith(("ln ", "systemctl ", "journalctl ", "useradd ")):
            continue
        command = get_command(app)
        for word in words[1].split():
            children = getattr(command, "commands", {})
            if word.startswith("-"):
                options = {option for parameter in command.params for option in parameter.opts}
                if word not in options | {"--help", "--version"}:
                    wrong.append(f"{piece}: no {word}")
            elif word in children:
                command = children[word]
            elif children:
                wrong.append(f"{piece}: no {word}")
                break
    assert wrong == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_target_of_make_that_a_document_names_exists(document: str) -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", read("Makefile")))
    named = {found for piece in code(read(document)) for found in re.findall(r"^make (?:-C \S+ )?([a-z]+)", piece)}
    assert named <= targets


def test_the_table_of_dependencies_holds_each_of_them_and_no_other() -> None:
    assert set(table()) == {requirement.partition("==")[0] for requirement in DEPENDENCIES}


@pytest.mark.parametrize(("library", "where"), table().items(), ids=list(table()))
def test_a_dependency_is_imported_where_the_table_says_and_nowhere_else(library: str, where: str) -> None:
    found = importers(IMPORTED_AS.get(library, library.replace("-", "_")))
    if where.startswith("nowhere"):
        assert found == set()
        return
    places = re.findall(r"`([^`]+)`", where)
    assert [file for file in found if not file.startswith(tuple(places))] == []
    assert [place for place in places if not any(file.startswith(place) for file in found)] == []


def test_the_boundaries_of_the_sequence_are_those_that_the_page_names() -> None:
    page = set(re.findall(r"`((?:watch|ingest|act|deliver)\.[a-z]+)`", read("ARCHITECTURE.md")))
    source = "".join(read(name) for name in ("daemon/pipeline.py", "tests/acceptance/child.py"))
    assert page == set(re.findall(r'"((?:watch|ingest|act|deliver)\.[a-z]+)"', source))


def test_every_setting_that_the_readme_names_is_one() -> None:
    settings = re.findall(r"(?m)^([a-z_]+) =", read("config.toml"))
    named = [found for piece in code(read("README.md")) for found in re.findall(r"^([a-z_]+) = ", piece)]
    assert named
    assert sorted(set(named) - set(settings)) == []
