"""`firstline init`: the sample with values put in, and nothing overwritten."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.cli.main import app
from daemon.cli.providers import guess
from daemon.cli.sample import filled
from daemon.config import load
from daemon.errors import ConfigurationError

SAMPLE = Path(__file__).parents[2] / "config.toml"
GIVEN = ("init", "--address", "help@gmail.com", "--queue", "team@shop.example", "--yes")


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*words: str):
    return CliRunner().invoke(app, words)


def test_what_init_writes_loads_once_the_articles_are_there(tmp_path):
    assert run(*GIVEN).exit_code == 0
    (tmp_path / "articles").mkdir()
    settings = load(Path("config.toml")).settings
    assert (settings.mailbox.address, settings.mailbox.host) == ("help@gmail.com", "imap.gmail.com")
    assert (settings.smtp.host, settings.smtp.port, settings.smtp.user) == ("smtp.gmail.com", 587, "help@gmail.com")
    assert settings.queue.address == "team@shop.example"
    assert settings.mailbox.password_file == settings.smtp.password_file == str(tmp_path / "mailbox-password")


def test_the_file_is_the_sample_with_its_comments_and_only_its_owner_can_read_it():
    assert run(*GIVEN).exit_code == 0
    text = Path("config.toml").read_text()
    assert "SET THIS" not in text
    assert text.count("\n#") == SAMPLE.read_text().count("\n#") - 1  # the line that explains SET THIS
    assert stat.S_IMODE(Path("config.toml").stat().st_mode) == 0o600


def test_a_file_that_exists_is_replaced_only_by_force():
    Path("config.toml").write_text("# mine\n")
    assert isinstance(run(*GIVEN).exception, ConfigurationError)
    assert Path("config.toml").read_text() == "# mine\n"
    assert run(*GIVEN, "--force").exit_code == 0
    assert "help@gmail.com" in Path("config.toml").read_text()


def test_answers_that_cannot_be_are_said_and_nothing_is_written():
    refused = run(*GIVEN, "--imap-host", "imap.gmail.com:993").exception
    assert isinstance(refused, ConfigurationError)
    assert "[mailbox] host" in refused.problems[0]
    assert list(Path().iterdir()) == []


def test_without_a_terminal_what_cannot_be_guessed_must_be_given():
    refused = run("init").exception
    assert isinstance(refused, ConfigurationError)
    assert [problem.split()[0] for problem in refused.problems] == ["--address", "--queue"]


def test_the_next_steps_come_as_json_and_name_what_is_missing(tmp_path):
    answer = run(*GIVEN, "--json", "-o", "conf/config.toml", "--articles", "docs")
    value = json.loads(answer.stdout)
    assert value["path"] == "conf/config.toml"
    assert any(str(tmp_path / "docs") in step for step in value["next"])  # typed here, not beside the file
    assert any("app password" in step for step in value["next"])


@pytest.mark.parametrize(
    ("source", "auth", "key"),
    [
        (("--password-env", "MAIL_PASSWORD"), "password", "password_env"),
        (("--password-command", "pass show mail"), "password", "password_command"),
        (("--token-command", "oauth2 token"), "xoauth2", "token_command"),
    ],
)
def test_each_source_of_the_secret_can_be_chosen(tmp_path, source, auth, key):
    assert run(*GIVEN, *source).exit_code == 0
    (tmp_path / "articles").mkdir()
    settings = load(Path("config.toml")).settings
    assert settings.mailbox.auth == settings.smtp.auth == auth
    assert getattr(settings.smtp, key) == source[1]


@pytest.mark.parametrize(
    ("address", "provider", "host"),
    [
        ("a@gmail.com", "", "imap.gmail.com"),
        ("a@Outlook.com", "", "outlook.office365.com"),
        ("a@fastmail.com", "", "imap.fastmail.com"),
        ("a@shop.example", "gmail", "imap.gmail.com"),
        ("a@shop.example", "", "imap.shop.example"),
    ],
)
def test_servers_are_guessed_from_the_address_or_the_named_provider(address, provider, host):
    assert guess(address, provider).imap == host


def test_values_are_written_as_toml_whatever_they_hold():
    text = filled(SAMPLE.read_text(), {("mailbox", "name"): 'The "Shop" \\ Süd\n'})
    assert 'name = "The \\"Shop\\" \\\\ Süd\\n"' in text


def test_a_key_that_the_sample_does_not_hold_is_a_mistake_of_ours():
    with pytest.raises(KeyError):
        filled(SAMPLE.read_text(), {("mailbox", "colour"): "red"})
