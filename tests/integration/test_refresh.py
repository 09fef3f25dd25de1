"""The running daemon notices changed articles by itself, and keeps what it has where they cannot be read."""

import logging
from pathlib import Path

import pytest

from daemon.settings import Settings
from tests.servers.house import eventually, running

pytestmark = pytest.mark.model


def settings(folder: Path, **knowledge: object) -> Settings:
    return Settings.model_validate(
        {
            # Nothing listens there: the articles do not wait for the mailbox.
            "mailbox": {"address": "support@example.test", "host": "127.0.0.1", "port": 9, "security": "plain"},
            "smtp": {"host": "127.0.0.1", "port": 9, "security": "plain"},
            "knowledge": {"folders": [str(folder)], "refresh_minutes": 0.005, **knowledge},
        }
    )


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if "could not be read anew" in record.message]


async def test_the_daemon_follows_its_articles_and_tells_once_where_it_cannot(tmp_path, caplog):
    caplog.set_level(logging.INFO, "daemon.app")
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "paper.md").write_text("# Paper jam\n\nPull the paper out.")
    async with running(settings(folder), tmp_path / "state", watching=False) as app:
        knowledge = app.knowledge
        assert knowledge is not None

        async def paths() -> set[str]:
            return {article.path for article in knowledge.articles()}

        async def has(*expected: str) -> bool:
            return await paths() == {*expected}

        await eventually(lambda: has("paper.md"), "the first article")
        (folder / "wifi.md").write_text("# Wi-Fi\n\nEnter the network key.")
        await eventually(lambda: has("paper.md", "wifi.md"), "the new article")

        async def is_told() -> bool:
            return bool(told(caplog))

        folder.rename(tmp_path / "unmounted")
        await eventually(is_told, "the log to say that the folder is gone")
        assert await has("paper.md", "wifi.md")
        calls = 0
        update = knowledge.update

        async def counted(*folders, **options):
            nonlocal calls
            calls += 1
            return await update(*folders, **options)

        knowledge.update = counted  # type: ignore[method-assign]

        async def again() -> bool:
            return calls >= 3

        await eventually(again, "three further tries")
        assert len(told(caplog)) == 1
        assert await has("paper.md", "wifi.md")
        assert (await knowledge.search("network key"))[0].passage.article == "wifi.md"
        (tmp_path / "unmounted").rename(folder)
        (folder / "noise.md").write_text("# Noise\n\nGrease the wheel.")
        await eventually(lambda: has("noise.md", "paper.md", "wifi.md"), "the article that came with the folder")
        assert knowledge.embed_calls >= 3


async def test_without_minutes_the_articles_are_read_at_the_start_alone(tmp_path, caplog):
    caplog.set_level(logging.INFO, "daemon.app")
    (tmp_path / "paper.md").write_text("# Paper jam\n\nPull the paper out.")
    async with running(settings(tmp_path, refresh_minutes=0), tmp_path / "state", watching=False) as app:

        async def ready() -> bool:
            return "the knowledge base is ready" in caplog.messages

        await eventually(ready, "the knowledge base")
        assert app.knowledge is not None
        assert len(app.knowledge.articles()) == 1
        assert caplog.messages.count("the articles are indexed") == 1
