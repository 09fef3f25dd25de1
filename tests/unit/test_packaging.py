"""What is shipped, pinned and started: the distribution, its versions, the unit, the set-up."""

import importlib
import os
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

from daemon.cli import init

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
UNIT = ROOT / "systemd" / "firstline.service"


def requirements() -> list[str]:
    # What fuzzing needs is installed by `make fuzz` alone.
    return [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]


@pytest.mark.parametrize("name", ["daemon", "threading_", "kb", "store"])
def test_the_names_of_the_packages_resolve_inside_this_project(name):
    # Other distributions use daemon, kb and store too: in a shared environment theirs could win.
    assert Path(str(importlib.import_module(name).__file__)).is_relative_to(ROOT)


def test_the_wheel_holds_the_four_packages_and_the_sample_configuration():
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["daemon", "threading_", "kb", "store"]
    assert wheel["force-include"] == {"config.toml": "daemon/config.toml"}
    assert init._sample() == (ROOT / "config.toml").read_text()


def test_the_command_is_called_firstline():
    (command,) = entry_points(group="console_scripts", name="firstline")
    assert command.value == "daemon.cli.main:main"
    assert version("firstline") == PROJECT["project"]["version"]


@pytest.mark.parametrize("requirement", requirements())
def test_each_dependency_is_pinned_to_what_was_tested(requirement):
    name, _, pin = requirement.partition("==")
    assert pin, f"{name} has no exact version"
    assert version(name).split("+")[0] == pin


def test_the_libraries_of_libraries_are_pinned_too_and_agree():
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    pins = dict(line.lower().split("==") for line in lines if not line.startswith("#"))
    for requirement in requirements():
        name, _, pin = requirement.lower().partition("==")
        if name != "torch":  # its build differs from machine to machine
            assert pins[name] == pin, "run `make pins`"
    assert "torch" not in pins
    assert not [name for name in pins if name.startswith(("nvidia", "triton", "cuda"))]


@pytest.mark.parametrize("name", ["run", "setup", "dovecot", "pins"])
def test_each_script_is_executable_and_is_shell(name):
    script = ROOT / ".ci" / name
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


def test_the_license_is_mit_of_the_authors():
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n\nCopyright (c) 2026 The Firstline authors\n")
    assert PROJECT["project"]["license"] == "MIT"


# ── systemd ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def unit() -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        if match := re.match(r"(\w+)=(.*)", line):
            values.setdefault(match[1], []).append(match[2])
    return values


def analyze(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine (apt install systemd)")
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", UNIT.read_text()))  # ours is not in /opt here
    return subprocess.run(["systemd-analyze", *words, copy], capture_output=True, text=True, check=False)


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path):
    verified = analyze(tmp_path, "verify")
    # An unknown key is only said, not failed for.
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_systemd_holds_the_unit_for_well_protected(tmp_path):
    security = analyze(tmp_path, "security", "--offline=yes", "--no-pager")
    exposure = re.search(r"Overall exposure level for firstline\.service: ([\d.]+)", security.stdout)
    assert exposure, security.stderr
    assert float(exposure[1]) < 2.0


def test_the_unit_restarts_what_can_be_cured_by_it_and_lets_work_in_hand_end():
    from daemon.settings import Settings

    values = unit()
    assert values["Type"] == ["notify"]
    assert values["Restart"] == ["on-failure"]
    assert values["RestartPreventExitStatus"] == ["2"]  # output.fail's code for a faulty configuration
    assert int(values["TimeoutStopSec"][0]) > Settings().service.shutdown_seconds
    assert int(values["WatchdogSec"][0]) > 0
    assert "MemoryDenyWriteExecute" not in values  # torch makes machine code while it runs


def test_the_credentials_of_the_unit_are_those_that_the_sample_names():
    names = {value.split(":")[0] for value in unit()["LoadCredential"]}
    sample = tomllib.loads((ROOT / "config.toml").read_text())
    assert names == {sample["mailbox"]["password_file"], sample["smtp"]["password_file"]}
