"""I/O. The language model in the commands that forecast: asked only where `--llm` says so."""

from functools import partial

from daemon import config
from daemon.errors import ConfigurationError
from daemon.settings import Settings
from daemon.wiring import wording_of
from daemon.wording import Embedding, Wording


def wording_for(settings: Settings, embedding: Embedding, asked: bool) -> Wording | None:
    """Who words the answers of a forecast, None without `--llm`. What it costs is not counted as the daemon's.

    Raises ConfigurationError where `--llm` is given and no model configured.
    """
    if not asked:
        return None
    wording = wording_of(settings, partial(config.llm_key, settings.llm), embedding)
    if wording is None:
        raise ConfigurationError(
            ["--llm: no language model is configured"], remedy="set [llm] url and model in config.toml"
        )
    return wording
