"""A topic's mode is written into config.toml by changing one line; comments and all else stay."""

import tomllib

import pytest

from daemon.cli.topic_table import with_mode

FILE = '# mine\n[policy]\nmode = "shadow" # for now\n\n[topics.printer] # the big one\n# careful\nmode = "draft"  # soon\n\n[hours]\nzone = "UTC"\n'


@pytest.mark.parametrize(
    ("text", "topic", "mode", "expected"),
    [
        ("", "printer", "auto", '\n[topics.printer]\nmode = "auto"\n'),
        ('[hours]\nzone = "UTC"', "a b/ü", "auto", '[hours]\nzone = "UTC"\n\n[topics."a b/ü"]\nmode = "auto"\n'),
        (FILE, "printer", "auto", FILE.replace('mode = "draft"', 'mode = "auto"')),
        (FILE, "store", "draft", FILE + '\n[topics.store]\nmode = "draft"\n'),
        ("[topics.'printer']\n[hours]\n", "printer", "auto", "[topics.'printer']\nmode = \"auto\"\n[hours]\n"),
        ('[topics."x]y"]', "x]y", "auto", '[topics."x]y"]\nmode = "auto"\n'),
    ],
)
def test_one_line_is_changed(text: str, topic: str, mode: str, expected: str) -> None:
    assert with_mode(text, topic, mode) == expected
    assert tomllib.loads(expected)["topics"][topic]["mode"] == mode


@pytest.mark.parametrize("text", ['topics = {printer = {mode = "draft"}}\n', 'topics.printer.mode = "draft"\n'])
def test_another_form_is_left_alone_and_told(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be changed by line"):
        with_mode(text, "printer", "auto")
