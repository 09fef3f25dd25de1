"""Gaps and problems over a store, with the real model: like questions of several customers are one."""

from datetime import timedelta
from pathlib import Path

import pytest

from daemon.learning import Themes
from daemon.reporting import figures
from daemon.steps.digest_pages import as_text
from daemon.steps.digest_sections import sections
from kb.index import KnowledgeBase
from store.figures import Window
from store.store import open_store
from tests.servers.world import START, World, settings

QUESTIONS = (
    ("Can I use the printer outdoors when it is freezing?", "Cold"),
    ("Does the label printer work at temperatures below zero?", "Temperature"),
    ("Is it OK to run the printer in a freezer room at minus ten degrees?", "Freezer"),
    ("Which colours of labels do you sell?", "Colours"),
    ('The printer stops with "Error 42 head too hot" since firmware 2.1.0. It does not print any more.', "Broken"),
    ('Since the update to 2.1.0 the printer stops and shows "Error 42 head too hot". What can I do?', "Error"),
)


@pytest.mark.model
async def test_what_several_customers_asked_in_vain_is_one_gap(tmp_path: Path) -> None:
    async with open_store(tmp_path / "store.sqlite3", durable=False) as store:
        desk = World(store, settings(), sure=False)
        for number, (text, subject) in enumerate(QUESTIONS):
            await desk.receive(text, sender=f"Customer Nr{number} <c{number}@customer{number}.test>", subject=subject)
            await desk.act()
        articles = KnowledgeBase.open(tmp_path / "knowledge.sqlite3")
        window = Window(since=START - timedelta(days=1), until=START + timedelta(days=1))
        try:
            themes = Themes(store, articles)
            gaps, problems = await themes(window)
            told = await figures(store, settings(), desk.now.tzinfo, window, themes)
        finally:
            await articles.close()
    cold = next(gap for gap in gaps if "printer" in gap.told and "Error" not in gap.told)
    assert cold.count >= 2
    assert cold.nearest == "Clear a label jam"
    assert any("version 2.1.0 ×2" in problem.told and "Error # head too hot" in problem.told for problem in problems)
    assert cold.told in as_text("Digest", sections(told, desk.now.tzinfo))
