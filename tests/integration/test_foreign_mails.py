"""A mail in a language that the model does not know finds the article all the same, and nothing English is sent to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from daemon import config as configuration
from daemon.asking import Asker
from daemon.steps.verdicts import Action
from kb.index import KnowledgeBase

DEMO = Path(__file__).parents[2] / "daemon" / "demo" / "knowledge"
GERMAN = {
    "papier.md": "# Papierstau beheben\n\nÖffnen Sie die hintere Klappe und ziehen Sie das Papier langsam heraus.",
    "rechnung.md": "# Eine Rechnung finden\n\nAlle Rechnungen liegen in Ihrem Konto unter **Bestellungen**.",
}


@pytest.fixture
async def knowledge(tmp_path: Path) -> AsyncIterator[KnowledgeBase]:
    opened = KnowledgeBase.open(tmp_path / "kb.sqlite3")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("text", "article"),
    [
        ("Guten Tag,\n\nwo finde ich die Rechnung zu meinem Abonnement?\n\nViele Grüße", "plans-and-invoices.md"),
        ("Bonjour,\n\ncomment puis-je mettre à jour le logiciel de l'imprimante ?\n\nMerci", "update-firmware.md"),
        ("Hola:\n\nla impresora tiene papel atascado, ¿cómo lo saco?\n\nGracias", "paper-jam.md"),
    ],
)
async def test_it_is_looked_up_in_english_words_too(knowledge: KnowledgeBase, text: str, article: str) -> None:
    await knowledge.update([DEMO])
    asked = await Asker(knowledge, configuration.defaults().settings).ask(text)
    assert asked.evidence.hits[0].passage.article == article
    assert asked.evidence.why[0] == "looked up in English, word by word"
    assert asked.settled.decision.action in {Action.DRAFT, Action.ESCALATE}


async def test_articles_in_the_mails_own_language_are_nearer(knowledge: KnowledgeBase, tmp_path: Path) -> None:
    for name, text in GERMAN.items():
        (tmp_path / "artikel").mkdir(exist_ok=True)
        (tmp_path / "artikel" / name).write_text(text, "utf-8")
    await knowledge.update([tmp_path / "artikel"])
    asked = await Asker(knowledge, configuration.defaults().settings).ask(
        "Guten Tag,\n\nwo finde ich die Rechnung zu meiner Bestellung?\n\nViele Grüße"
    )
    assert asked.evidence.hits[0].passage.article == "rechnung.md"
    assert "looked up in English, word by word" not in asked.evidence.why
