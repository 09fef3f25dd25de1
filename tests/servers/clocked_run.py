"""`firstline` with a scripted knowledge base, by a clock that a test sets: the file FIRSTLINE_CLOCK names holds seconds ahead.

Its one article answers only who names the model of their printer: others are asked for it.
"""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from servers import scripted_knowledge

import daemon.wiring

AHEAD = Path(os.environ["FIRSTLINE_CLOCK"])


def clock() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(AHEAD.read_text()))


daemon.wiring.utc_now = clock  # before anything takes it from there
scripted_knowledge.PASSAGE = replace(scripted_knowledge.PASSAGE, needs=("model: One, Go",))

import servers.scripted_run  # noqa: E402, F401 - runs the command line
