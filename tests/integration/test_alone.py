"""One daemon a state folder."""

from pathlib import Path

import pytest

from daemon.edges.alone import alone
from daemon.errors import StateError


def test_a_second_daemon_on_the_same_state_folder_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(StateError, match="Another Firstline is running"), alone(tmp_path):
        pass


def test_the_folder_is_free_again_when_the_first_has_ended(tmp_path: Path) -> None:
    with alone(tmp_path):
        pass
    with alone(tmp_path):
        pass
