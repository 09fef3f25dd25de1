"""Templates: the team's before ours, English where a language is missing, and every slip found before a mail is due."""

from pathlib import Path

import pytest

from daemon.edges.templates import PACKAGED, load
from daemon.errors import ConfigurationError

CLOSURE = {"greeting": "Hello", "signature": "Support", "disclosure": True, "reference": "FL-7K2Q-9DX"}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_packaged_template_is_held_to_the_same_rules_as_the_teams() -> None:
    load(str(PACKAGED))


def test_a_language_without_templates_gets_english() -> None:
    assert load("")("closure.md", "fi", CLOSURE) == load("")("closure.md", "en", CLOSURE)


def test_the_teams_template_comes_before_ours_and_only_for_its_language(tmp_path: Path) -> None:
    write(tmp_path, "de/closure.md", "{{ greeting }}, schön! ({{ language }})")
    render = load(str(tmp_path))
    assert render("closure.md", "de", CLOSURE) == "Hello, schön! (de)"
    assert render("closure.md", "de-AT", CLOSURE) == "Hello, schön! (de)"
    assert "Good to hear" in render("closure.md", "en", CLOSURE)


def test_the_team_may_replace_a_part_that_our_templates_include(tmp_path: Path) -> None:
    write(tmp_path, "en/_footer.md", "Ours is {{ reference }}.")
    assert "Ours is FL-7K2Q-9DX." in load(str(tmp_path))("closure.md", "en", CLOSURE)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        pytest.param("en/reply.md", "{{ greeting }},\n{% if answer %}\n", "line 2", id="an if without its end"),
        pytest.param("en/reply.md", "{{ greeting }},\n\n{{ customer_name }}", "line 3: nothing is called", id="a name"),
        pytest.param("en/repply.md", "Hello", "no mail of ours is called so", id="a slip in the file's name"),
        pytest.param("en/reply.md", "{{ answer | shout }}", "line 1", id="an unknown filter"),
    ],
)
def test_a_broken_template_is_refused_with_file_line_and_cause(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))
    assert str(path) in str(caught.value)
    assert says in str(caught.value)
    assert caught.value.remedy


def test_all_broken_templates_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, "en/reply.md", "{{ nobody }}")
    write(tmp_path, "de/notice.md", "{% endif %}")
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))
    assert len(caught.value.problems) == 2


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is not a folder"):
        load(str(tmp_path / "nowhere"))


def test_a_template_that_fails_only_when_filled_names_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, "en/notice.md", "{{ greeting }}\n\n{{ due.nonsense }}")
    with pytest.raises(ConfigurationError) as caught:
        load(str(tmp_path))("notice.md", "en", {"greeting": "Hello", "due": 1})
    assert f"{path}, line 3" in str(caught.value)


def test_only_html_is_escaped() -> None:
    render = load("")
    assert "Q & A" in render("closure.md", "en", {**CLOSURE, "signature": "Q & A"})
    assert "<p>x</p>" in render("mail.html", "en", {"body": "<p>x</p>"})
