"""config.toml: the sample is the manual, and what is wrong in a file is said at once, with its line and a remedy."""

import os
import re
import tomllib
from datetime import time
from pathlib import Path
from typing import get_args, get_origin

import pytest

from daemon import config
from daemon.config import Loaded, load, secret
from daemon.errors import ConfigurationError
from daemon.settings import FlagName, Login, MailboxSettings, Section, Settings, SmtpSettings
from daemon.steps.verdicts import Flag

SAMPLE = Path(__file__).parents[2] / "config.toml"
# What a user must set; everything else in the sample is the default.
TO_SET = {
    ("mailbox", "host"),
    ("mailbox", "user"),
    ("mailbox", "password_file"),
    ("smtp", "host"),
    ("smtp", "user"),
    ("smtp", "password_file"),
}
GOOD = """
[mailbox]
address = "help@shop.example"
host = "imap.shop.example"
user = "help"
password_env = "IMAP_PASSWORD"
[smtp]
host = "smtp.shop.example"
user = "help"
password_env = "SMTP_PASSWORD"
[queue]
address = "team@shop.example"
[knowledge]
folders = ["articles"]
"""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch, tmp_path):
    for name in ("CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "articles").mkdir()


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str, *, offline: bool = False) -> list[str]:
    """What `load` finds in a file, without the folder's name."""
    with pytest.raises(ConfigurationError) as caught:
        load(written(folder, text), offline=offline)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def with_line(section: str, line: str, *, without: str = "") -> str:
    """GOOD with a line put on top of a section, and the line of another key of it taken out."""
    head, heading, rest = GOOD.partition(f"[{section}]\n")
    if without:
        rest = re.sub(rf"(?m)^{without} = .*\n", "", rest, count=1)
    return f"{head}{heading}{line}\n{rest}" if heading else f"{GOOD}[{section}]\n{line}\n"


# ── The sample ───────────────────────────────────────────────────────────────────────────────────────────────────────


def keys() -> list[tuple[str, str]]:
    return [
        (section, key)
        for section, field in Settings.model_fields.items()
        for key in getattr(field.annotation, "model_fields", {})
    ]


def documented() -> dict[tuple[str, str], str]:
    """The comment that stands over each key of the sample. Keys right below a key share its comment."""
    comments: dict[tuple[str, str], str] = {}
    section, block, fresh = "", "", False
    for line in SAMPLE.read_text().splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            section, block = header[1], ""
        elif line.startswith("#"):
            block = line[1:] if fresh else f"{block} {line[1:]}"
            fresh = False
        elif key := re.match(r"(\w+) = ", line):
            comments[section, key[1]], fresh = " ".join(block.split()), True
        else:
            block = ""
    return comments


def test_the_sample_loads_and_equals_the_defaults_except_for_what_a_user_must_set():
    settings = load(SAMPLE, offline=True).settings
    differing = {
        (section, key)
        for section, key in keys()
        if getattr(getattr(settings, section), key) != getattr(getattr(Settings(), section), key)
    }
    assert differing == TO_SET


def test_the_sample_holds_every_key_and_no_other():
    data = tomllib.loads(SAMPLE.read_text())
    assert {(section, key) for section, table in data.items() for key in table} == set(keys())


def lists() -> dict[str, set[str]]:
    """The tables that may stand several times, with their keys."""
    return {
        section: {one.alias or name for name, one in get_args(field.annotation)[0].model_fields.items()}
        for section, field in Settings.model_fields.items()
        if get_origin(field.annotation) is tuple
    }


@pytest.mark.parametrize("section", lists())
def test_the_sample_shows_every_key_of_a_table_that_may_stand_several_times(section):
    shown = re.search(rf"# \[\[{section}\]\]\n((?:# \w+ = .*\n)+)", SAMPLE.read_text())
    assert shown
    table = tomllib.loads(re.sub("(?m)^# ", "", shown[0]))[section][0]
    assert set(table) == lists()[section]
    assert Settings.model_validate({section: [table]})


def test_the_sample_shows_every_key_of_a_topics_table():
    shown = re.search(r"# \[topics\.\"\w+\"\]\n((?:# \w+ = .*\n)+)", SAMPLE.read_text())
    assert shown
    (table,) = tomllib.loads(re.sub("(?m)^# ", "", shown[0]))["topics"].values()
    assert set(table) == set(get_args(Settings.model_fields["topics"].annotation)[1].model_fields)
    assert Settings.model_validate({"topics": {"printer": table}}).topics["printer"].mode == "auto"


def test_what_is_wrong_with_a_topic_is_told_with_its_line(tmp_path):
    (problem,) = problems(tmp_path, GOOD + '\n[topics."printer"]\nmode = "loud"\n')
    line = (GOOD + '\n[topics."printer"]\nmode').count("\n") + 1
    assert problem.startswith(f"config.toml:{line}: [topics] mode: ")
    assert "'shadow', 'draft' or 'auto'" in problem


@pytest.mark.parametrize(("section", "key"), keys())
def test_each_key_of_the_sample_has_a_comment_that_names_its_default(section, key):
    comment = documented()[section, key]
    default = getattr(getattr(Settings(), section), key)
    if "SET THIS" in comment and section in ("mailbox", "queue") and key == "address":
        return  # no default could be right
    said = re.search(r"[Dd]efault: (?!as here)(.+)", comment)
    if not said and re.search(r"Default: as here|\(default\)|[Aa]s in \[mailbox\]", comment):
        assert tomllib.loads(SAMPLE.read_text())[section][key] == (list(default) if type(default) is tuple else default)
        return
    assert said, f"[{section}] {key}: no default named in {comment!r}"
    if isinstance(default, bool):
        shown = [str(default).lower()]
    elif isinstance(default, time):
        shown = [f'"{default:%H:%M}"']
    elif isinstance(default, str):
        shown = [f'"{default}"']
    elif isinstance(default, tuple):
        shown = ["[]"] if not default else ["Monday to Friday"]
    else:
        shown = [f"{default:g}", f"{default:.2f}", f"{default / 1_000_000:g} MB"]
    assert any(re.search(rf"(?<![\w.]){re.escape(one)}(?!\d)", said[1]) for one in shown), (
        section,
        key,
        said[1],
        shown,
    )


@pytest.mark.parametrize(("section", "key"), keys())
def test_each_bound_of_a_key_stands_in_its_comment(section, key):
    kind = Settings.model_fields[section].annotation
    assert isinstance(kind, type)
    assert issubclass(kind, Section)
    comment = documented()[section, key]
    for rule in kind.model_fields[key].metadata:
        for name in ("ge", "le", "gt"):
            bound = getattr(rule, name, None)
            if bound is None or key == "port":
                continue
            if key == "draft_at" and name == "le":
                assert "to send_at" in comment
                continue
            assert re.search(rf"(?<![\d.]){re.escape(f'{bound:g}')}(?![\d])", comment), (
                f"[{section}] {key}: {name} {bound:g}"
            )


def test_the_flags_that_a_file_may_name_are_the_flags_that_triage_finds():
    assert set(get_args(FlagName.__value__ if hasattr(FlagName, "__value__") else FlagName)) == {str(f) for f in Flag}


def test_the_sample_itself_would_not_start_a_daemon(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        load(SAMPLE)
    assert any("[knowledge] folders" in problem for problem in caught.value.problems)


# ── What is wrong ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            with_line("mailbox", "adress = 1"),
            "config.toml:3: [mailbox] adress: there is no such key; did you mean address?",
            id="a slip of the pen",
        ),
        pytest.param(
            with_line("mailbox", "turn_cap = 1"),
            "config.toml:3: [mailbox] turn_cap: there is no such key here; did you mean the one of [policy]?",
            id="a key in the wrong section",
        ),
        pytest.param(
            GOOD + "[polcy]\nmode = 'auto'",
            "config.toml:15: [polcy]: there is no such section; did you mean policy?",
            id="an unknown section",
        ),
        pytest.param(
            with_line("mailbox", 'host = "imap.shop.example:993"', without="host"),
            "config.toml:3: [mailbox] host: 'imap.shop.example:993' is no host: only a name or an IP address, the port "
            'has its own key; the default is "localhost"',
            id="a host with a port",
        ),
        pytest.param(
            with_line("mailbox", 'host = ""', without="host"),
            'config.toml:3: [mailbox] host: is empty; the default is "localhost"',
            id="an empty host",
        ),
        pytest.param(
            with_line("mailbox", 'address = "help at shop"', without="address"),
            "config.toml:3: [mailbox] address: 'help at shop' is no mail address: an email address must have an @-sign; "
            "for example support@example.com",
            id="no address",
        ),
        pytest.param(
            with_line("mailbox", "port = 70000"),
            "config.toml:3: [mailbox] port: 70000 is not possible: at most 65535; the default is 993",
            id="out of bounds",
        ),
        pytest.param(
            with_line("mailbox", 'port = "imaps"'),
            'config.toml:3: [mailbox] port: "imaps" is not possible: it needs a whole number; the default is 993',
            id="of the wrong kind",
        ),
        pytest.param(
            with_line("policy", 'mode = "on"'),
            "config.toml:16: [policy] mode: \"on\" is not possible: one of 'shadow', 'draft' or 'auto'; the default is "
            '"shadow"',
            id="none of the choices",
        ),
        pytest.param(
            with_line("policy", "send_at = 0.6"),
            "config.toml:15: [policy] draft_at: 0.7 is above send_at = 0.6; lower draft_at to send_at or below: what is "
            "sure enough to send is sure enough for a draft",
            id="a draft surer than an answer",
        ),
        pytest.param(
            with_line("mailbox", "", without="password_env"),
            'config.toml:2: [mailbox] password_file: is not set, but auth = "password"; set exactly one of '
            "password_file, password_env, password_command",
            id="no source of the password",
        ),
        pytest.param(
            with_line("smtp", 'password_command = "pass smtp"'),
            "config.toml:7: [smtp] password_file: password_env and password_command are set; set exactly one of "
            "password_file, password_env, password_command",
            id="two sources of the password",
        ),
        pytest.param(
            with_line("smtp", 'auth = "xoauth2"', without="password_env"),
            'config.toml:7: [smtp] token_command: is not set, but auth = "xoauth2"; set a command that prints an access '
            "token",
            id="xoauth2 without a token",
        ),
        pytest.param(
            with_line("smtp", 'auth = "none"'),
            'config.toml:11: [smtp] password_env: is set, but auth = "none"; remove it, or set auth = "password"',
            id="a password that nobody wants",
        ),
        pytest.param(
            with_line("mailbox", "", without="user"),
            'config.toml:2: [mailbox] user: is not set; set the name to log in with, or auth = "none"',
            id="nobody to log in",
        ),
        pytest.param(
            with_line("smtp", 'security = "plain"'),
            'config.toml:8: [smtp] security: "plain" would send the secret readable over the network to '
            'smtp.shop.example; set "tls" or "starttls"; "plain" is for this machine alone',
            id="a password in the clear",
        ),
        pytest.param(
            with_line("mailbox", 'after = "move"\nmove_to = "INBOX"'),
            'config.toml:4: [mailbox] move_to: is empty or the watched folder itself, but after = "move"; name another '
            'folder, or set after = "keyword"',
            id="moved to where it is",
        ),
        pytest.param(
            with_line("queue", 'address = "Help@shop.example"', without="address"),
            "config.toml:12: [queue] address: is the support mailbox itself, where hand-overs would be read as mail of "
            "customers; name the address where people read hand-overs",
            id="the queue is the mailbox",
        ),
        pytest.param(
            with_line("smtp", 'evidence_copy = "team@shop.example"'),
            "config.toml:8: [smtp] evidence_copy: is the queue, where people would get a copy of every mail that leaves; "
            "name the support mailbox or one of its aliases, or '' for none",
            id="evidence for people",
        ),
        pytest.param(
            with_line("knowledge", 'folders = ["nowhere"]', without="folders"),
            "config.toml:14: [knowledge] folders: nowhere is no folder; create it, or correct the path",
            id="a folder that is not there",
        ),
        pytest.param(
            with_line("knowledge", "folders = []", without="folders"),
            "config.toml:14: [knowledge] folders: names no folder, so that there are no articles to answer from; set the "
            'folders of your articles, such as ["articles"]',
            id="no articles",
        ),
        pytest.param(
            with_line("knowledge", "reranker = true"),
            "config.toml:14: [knowledge] reranker: true is not possible: it needs a text in quotes; leave it out where it "
            "is not needed",
            id="a reranker that is switched on and not named",
        ),
        pytest.param(
            with_line("hours", 'zone = "Europe/Berln"'),
            'config.toml:16: [hours] zone: "Europe/Berln" is no time zone that this machine knows; an IANA name such as '
            "Europe/Berlin, or '' for the host's own (`apt install tzdata` if none works)",
            id="no time zone",
        ),
        pytest.param(
            with_line("hours", "start = 9"),
            'config.toml:16: [hours] start: 9 is no time of day: write it as "09:00"; the default is "09:00"',
            id="a number is no time: it would be nine seconds past midnight",
        ),
        pytest.param(
            with_line("hours", "holidays = [2026]"),
            'config.toml:16: [hours] holidays: 2026 is no date: write it as "2026-12-25"; leave it out where it is not '
            "needed",
            id="a number is no date: it would be in 1970",
        ),
        pytest.param(
            with_line("hours", 'days = ["monday"]'),
            "config.toml:16: [hours] days: \"monday\" is not possible: one of 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or "
            '\'sun\'; the default is ["mon", "tue", "wed", "thu", "fri"]',
            id="no day",
        ),
        pytest.param(
            with_line("mailbox", 'keyword = "\\\\Seen"'),
            "config.toml:3: [mailbox] keyword: '\\\\Seen' is no IMAP keyword: letters, digits and signs such as $ and - "
            'only, no spaces; the default is "$Firstline"',
            id="a system flag is no keyword",
        ),
        pytest.param(
            with_line("mailbox", 'name = "Shop\\r\\nBcc: all@shop.example"'),
            'config.toml:3: [mailbox] name: is more than one line; the default is "Support"',
            id="a name that would become a header",
        ),
        pytest.param("[mailbox", "config.toml:1: is not TOML: ", id="broken TOML"),
        pytest.param("\n\n[queue]\nname = Support\n", "config.toml:4: is not TOML: Invalid value; ", id="no quotes"),
        pytest.param("\nmailbox = 3", "config.toml:2: [mailbox]: is not a section; write [mailbox]", id="no section"),
    ],
)
def test_each_problem_names_its_line_its_key_the_cause_and_a_remedy(tmp_path, text, problem):
    found = problems(tmp_path, text)
    assert any(one.startswith(problem) for one in found), found
    if "is not" not in problem[:40]:
        assert len(found) == 1, found


def test_all_problems_of_a_file_are_told_at_once_in_the_order_of_its_lines(tmp_path):
    text = '[mailbox]\nport = 0\nfoo = 1\n[policy]\nsend_at = 0.5\nturn_cap = "three"\n[hours]\nzone = "x"\n'
    found = problems(tmp_path, text, offline=True)
    assert [one.split(":")[1] for one in found] == ["2", "3", "4", "6", "8"]


def test_a_key_that_is_wrong_by_itself_is_not_blamed_a_second_time_for_not_fitting_another(tmp_path):
    assert len(problems(tmp_path, "[policy]\nsend_at = 1.5\ndraft_at = 0.95", offline=True)) == 1


def test_a_fault_in_a_table_that_may_stand_several_times_names_the_line_of_that_table(tmp_path):
    text = '[[agents]]\nname = "Ann"\naddress = "ann@example.com"\n\n[[agents]]\nname = "Bob"\n[[intake]]\nfrom = "x"\n'
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load(path, offline=True)
    problems = [problem.removeprefix(str(path)) for problem in error.value.problems]
    assert problems[0].startswith(":5: [agents] address: is missing")
    assert problems[1].startswith(":8: [intake] from: 'x' is no mail address")


@pytest.mark.parametrize("key", ["password", "pasword_file", "token"])
def test_a_secret_in_the_wrong_place_is_refused_without_being_shown(tmp_path, key):
    found = problems(tmp_path, with_line("mailbox", f'{key} = "hunter2"', without="password_env"))
    assert found
    assert "hunter2" not in " ".join(found)


def test_the_addresses_of_the_sample_are_nobodys_and_must_be_set(tmp_path):
    found = " ".join(problems(tmp_path, "[policy]\nmode = 'auto'"))
    assert "[mailbox] address: is not set" in found
    assert "[queue] address: is not set" in found


def test_a_line_is_found_behind_texts_that_look_like_keys(tmp_path):
    text = '[reply]\nsignature = """\n[hours]\nzone = "x"\n"""\n[hours]\n"zone" = "y"\n'
    assert problems(tmp_path, text, offline=True)[0].startswith("config.toml:7: [hours] zone")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"\n# caf\xe9\n", ":2: is not UTF-8", id="latin-1"),
        pytest.param(None, "does not exist; run `firstline init`", id="missing"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path, content, what):
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert what in caught.value.problems[0]


# ── What is right ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_good_file_loads_and_its_paths_come_back_absolute(tmp_path):
    loaded = load(written(tmp_path, GOOD + '[service]\nstate = "state"\n'))
    assert loaded.settings.knowledge.folders == (str(tmp_path / "articles"),)
    assert config.state_folder(loaded.settings) == tmp_path / "state"
    assert loaded.path == tmp_path / "config.toml"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("./bge-reranker-base", "{folder}/bge-reranker-base"),
        ("/srv/bge-reranker-base", "/srv/bge-reranker-base"),
        ("BAAI/bge-reranker-base", "BAAI/bge-reranker-base"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("key", ["model", "reranker"])
def test_a_model_may_be_a_folder_beside_the_file_or_a_name(tmp_path, key, given, read):
    settings = load(written(tmp_path, with_line("knowledge", f'{key} = "{given}"'))).settings
    assert getattr(settings.knowledge, key) == read.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("line", "read"),
    [("start = 08:30:00", time(8, 30)), ('start = "8:30"', time(8, 30)), ('start = "08:30"', time(8, 30))],
)
def test_a_time_may_be_written_as_people_write_it(tmp_path, line, read):
    assert load(written(tmp_path, f"[hours]\n{line}"), offline=True).settings.hours.start == read


def test_a_file_of_a_windows_editor_is_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_bytes("\ufeff[reply]\r\nlanguage = 'de'\r\n".encode())
    assert load(path, offline=True).settings.reply.language == "de"


@pytest.mark.parametrize("address", ["help@localhost", "help@intranet.local", "help@bücher.example", "o'neil@x.test"])
def test_addresses_of_internal_and_foreign_hosts_are_addresses(tmp_path, address):
    load(written(tmp_path, f'[mailbox]\naddress = "{address}"'), offline=True)


def test_offline_a_file_needs_no_log_in_and_none_at_all_means_the_defaults(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "PLACES", (tmp_path / "config.toml",))
    assert load(None, offline=True) == Loaded(Settings(), None) == config.defaults()
    path = written(tmp_path, "[policy]\nmode = 'auto'")
    assert load(None, offline=True).path == path


def test_without_a_file_the_daemon_is_told_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "PLACES", (tmp_path / "config.toml",))
    with pytest.raises(ConfigurationError) as caught:
        load(None)
    assert "firstline init" in caught.value.remedy


# ── The environment and the secrets ──────────────────────────────────────────────────────────────────────────────────


def test_state_is_where_the_file_else_systemd_says(monkeypatch):
    assert config.state_folder(Settings()) == Path("/var/lib/firstline")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two")
    assert config.state_folder(Settings()) == Path("/var/lib/one")


def test_the_cache_follows_the_desktops_convention(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert config.cache_folder() == tmp_path / "firstline"


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [
        pytest.param("30000000", "", 30.0, id="for whoever it reaches"),
        pytest.param("30000000", "ours", 30.0, id="for us"),
        pytest.param("30000000", "1", None, id="for another process"),
        pytest.param("", "", None, id="none"),
        pytest.param("0", "", None, id="switched off"),
        pytest.param("soon", "", None, id="garbled"),
    ],
)
def test_the_watchdog_is_ours_only_when_it_names_us(monkeypatch, microseconds, process, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if process == "ours" else process)
    assert config.watchdog_seconds() == seconds


@pytest.mark.parametrize("kind", [MailboxSettings, SmtpSettings])
async def test_each_source_of_a_password_gives_its_first_line(tmp_path, monkeypatch, kind: type[Login]):
    (tmp_path / "password").write_text("hunter two\r\nsecond line\n")
    (tmp_path / "password").chmod(0o600)
    monkeypatch.setenv("THE_PASSWORD", "hunter two")
    for source in (
        {"password_file": str(tmp_path / "password")},
        {"password_env": "THE_PASSWORD"},
        {"password_command": f"cat '{tmp_path / 'password'}'"},
        {"auth": "xoauth2", "token_command": "echo 'hunter two'"},
    ):
        assert await secret(kind.model_validate(source)) == "hunter two"
    assert await secret(kind.model_validate({"auth": "none"})) == ""


def test_a_password_file_is_first_looked_for_among_systemds_credentials(tmp_path, monkeypatch):
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "imap").write_text("x")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    text = "[mailbox]\npassword_file = 'imap'\n[smtp]\npassword_file = 'smtp'\n"
    settings = load(written(tmp_path, text), offline=True).settings
    assert settings.mailbox.password_file == str(credentials / "imap")
    assert settings.smtp.password_file == str(tmp_path / "smtp")


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param({"password_file": "/nonexistent/imap"}, "no such file", id="missing file"),
        pytest.param({"password_file": "/dev/null"}, "is empty", id="empty file"),
        pytest.param({"password_env": "NOT_SET_AT_ALL"}, "is empty or not set", id="unset variable"),
        pytest.param({"password_command": "false"}, "false ended with code 1", id="failing command"),
        pytest.param(
            {"password_command": "sh -c 'echo locked >&2; exit 3'"}, "code 3: locked", id="complaining command"
        ),
        pytest.param({"password_command": "no-such-command"}, "cannot be started", id="missing command"),
        pytest.param({"password_command": "echo 'x"}, "is no command line", id="an open quote"),
        pytest.param({"password_command": "true"}, "is empty", id="silent command"),
        pytest.param({}, "there is no source of the secret", id="no source"),
    ],
)
async def test_a_secret_that_cannot_be_had_names_its_source_and_a_remedy(source, what):
    with pytest.raises(ConfigurationError) as caught:
        await secret(MailboxSettings.model_validate(source))
    assert what in caught.value.problems[0]
    assert caught.value.problems[0].startswith("[mailbox] ")
    assert ";" in caught.value.problems[0]


async def test_a_password_file_that_everybody_can_read_is_warned_of_without_its_content(tmp_path, caplog):
    path = tmp_path / "password"
    path.write_text("hunter2")
    path.chmod(0o644)
    assert await secret(MailboxSettings(password_file=str(path))) == "hunter2"
    assert "chmod 600" in caplog.text
    assert "hunter2" not in caplog.text
