"""I/O. Suggested articles: files in a folder that people read. Nothing here is ever indexed."""

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from daemon.steps.anonymous import anonymous
from daemon.steps.nearness import Embedding
from daemon.steps.suggestions import HumanAnswer, Suggestion, as_file, file_name, merged, suggestion, worth_suggesting
from kb.articles import read_article
from kb.clusters import clusters, nearest
from store.db import Row
from store.store import Store

#: The cosine from which two answers are one article. Nearer than for questions: two answers to like questions may differ.
SAME_ANSWER = 0.85


async def suggest(store: Store, embedding: Embedding, folder: Path, now: datetime) -> list[str]:
    """Make suggestions of what humans answered since the last time. Returns the names of the files made or added to."""
    touched: list[str] = []
    while rows := await store.learning.unsuggested(store.reader):
        answers = [_answer(row) for row in rows]
        useful = [answer for answer in answers if worth_suggesting(answer)]
        async with store.transaction() as tx:
            await store.learning.suggested(tx, [one.source for one in answers if one not in useful], "", now)
        for members in await _alike(useful, embedding):
            name = await _write(folder, suggestion(members), embedding, now)
            async with store.transaction() as tx:
                await store.learning.suggested(tx, [one.source for one in members], name, now)
            touched.append(name)
    return list(dict.fromkeys(touched))


async def _alike(answers: list[HumanAnswer], embedding: Embedding) -> list[list[HumanAnswer]]:
    """Answers that say the same together; approved ones by the article that they came from."""
    approved: dict[str, list[HumanAnswer]] = defaultdict(list)
    own = [one for one in answers if one.verdict != "sent"]
    for one in answers:
        if one.verdict == "sent":
            approved[one.article].append(one)
    groups = list(approved.values())
    if own:
        vectors = await embedding.embed([anonymous(one.answer, one.names) for one in own])
        groups += [[own[number] for number in group] for group in clusters(vectors, SAME_ANSWER)]
    return groups


async def _write(folder: Path, found: Suggestion, embedding: Embedding, now: datetime) -> str:
    """Add to the file that says the same, or make one."""
    there = _read(folder)
    name = await _same(there, found, embedding)
    if name is None:
        name = file_name(found.title, list(there))
        text = as_file(found, now.date())
    else:
        text = merged(there[name], found)
    (folder / name).write_text(text, "utf-8")
    return name


def _read(folder: Path) -> dict[str, str]:
    """The files that are there already, by name; a few small ones."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {path.name: path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.md"))}


async def _same(there: dict[str, str], found: Suggestion, embedding: Embedding) -> str | None:
    if found.article:
        wanted = f'\narticle: "{found.article}"\n'
        return next((name for name, text in there.items() if wanted in text), None)
    bodies = {name: read_article(name, text.encode()).body.strip() for name, text in there.items()}
    bodies = {name: body for name, body in bodies.items() if body}
    if not bodies:
        return None
    vectors = await embedding.embed([found.body, *bodies.values()])
    number, cosine = nearest(vectors[0], list(vectors[1:]))
    return list(bodies)[number] if cosine >= SAME_ANSWER else None


def _answer(row: Row) -> HumanAnswer:
    record = row["record"] or {}
    cited = (record.get("cited") or [""])[0]
    titles = {hit["article"]: hit["title"] for hit in record.get("hits") or []}
    return HumanAnswer(
        source=row["source"],
        at=row["at"],
        verdict=row["verdict"],
        case=row["reference"],
        names=tuple(name for name in (row["customer_name"], row["agent"]) if name and "@" not in name),
        subject=row["subject"],
        asked=row["asked"] or "",
        answer=row["answer"],
        topic=row["topic"],
        language=row["language"],
        article=cited,
        title=titles.get(cited, cited),
    )
