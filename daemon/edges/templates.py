"""I/O. The templates of our mails (Jinja2), per language: the packaged ones, and the team's own before them.

A template's name is its file's, such as `reply.md`; `en/reply.md` is the English one. Names that begin with `_` are
parts that others include. The `.md` ones are Markdown, from which compose makes the text and the HTML of a mail; the
`.html` ones are escaped automatically.
"""

from collections.abc import Mapping
from pathlib import Path
from traceback import extract_tb

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    nodes,
    select_autoescape,
)

from daemon.errors import ConfigurationError
from daemon.steps.voice import VALUES, Render

PACKAGED = Path(__file__).parent.parent / "templates"
_FALLBACK = "en"
_REMEDY = "Mend the template, or remove it from the folder of [reply] templates to use the packaged one."


def load(folder: str) -> Render:
    """A `Render` over the packaged templates and, before them, those of `folder` ('' for none).

    The language falls back to English, a template to the packaged one. Every problem of the team's templates is found
    here, at once: raises ConfigurationError with file, line and cause. `language` in a template is the one that it
    was written in, not the one asked for.
    """
    override = Path(folder).expanduser() if folder else None
    sources = [PACKAGED] if override is None else [override, PACKAGED]
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(source) for source in sources]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(enabled_extensions=("html",), default_for_string=False),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    if override is not None:
        problems = _problems(environment, override)
        if problems:
            raise ConfigurationError(problems, remedy=_REMEDY)

    def render(name: str, language: str, values: Mapping[str, object]) -> str:
        for spoken in dict.fromkeys((language, language.partition("-")[0], _FALLBACK)):
            try:
                template = environment.get_template(f"{spoken}/{name}")
            except TemplateNotFound:
                continue
            try:
                return template.render({**values, "language": spoken})
            except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
                raise ConfigurationError([_where(error, template.filename)], remedy=_REMEDY) from error
        raise ConfigurationError([f"there is no template {_FALLBACK}/{name}"], remedy=_REMEDY)

    return render


def _problems(environment: Environment, folder: Path) -> list[str]:
    if not folder.is_dir():
        return [f"[reply] templates: {folder} is not a folder"]
    ours = {path.name for path in (PACKAGED / _FALLBACK).iterdir()}
    problems: list[str] = []
    for path in sorted(folder.glob("*/*")):
        if path.suffix not in (".md", ".txt", ".html"):
            continue
        if path.name not in ours and not path.name.startswith("_"):
            problems.append(f"{path}: no mail of ours is called so; there are {', '.join(sorted(ours))}")
            continue
        try:
            tree = environment.parse(path.read_text(encoding="utf-8"), path.name, str(path))
            environment.compile(tree, path.name, str(path))
        except TemplateSyntaxError as error:
            problems.append(f"{path}, line {error.lineno}: {error.message}")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path}: {error}")
        else:
            problems.extend(_unknown(tree, path))
    return problems


def _unknown(tree: nodes.Template, path: Path) -> list[str]:
    """Names that no mail has a value for: found now, not when the first customer writes."""
    names = list(tree.find_all(nodes.Name))
    own = {name.name for name in names if name.ctx != "load"} | {macro.name for macro in tree.find_all(nodes.Macro)}
    known = VALUES | own | {"language", "loop", "range"}
    return [
        f"{path}, line {name.lineno}: nothing is called {name.name!r}; there are {', '.join(sorted(VALUES))}"
        for name in names
        if name.ctx == "load" and name.name not in known
    ]


def _where(error: Exception, filename: str | None) -> str:
    """The template's file and line at which it failed: Jinja2 puts them into the traceback."""
    frames = [frame for frame in extract_tb(error.__traceback__) if frame.filename.endswith((".md", ".txt", ".html"))]
    place = f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else str(filename)
    return f"{place}: {error}"
