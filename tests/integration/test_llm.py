"""A language model words the answers: what passes the check leaves, and whatever goes wrong ends in the articles' words."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from daemon.edges.llm import LanguageModel, LlmFault
from daemon.edges.probes import probe_llm
from daemon.findings import Severity
from daemon.pipeline import Acted
from daemon.settings import Settings
from daemon.steps.prompt import Line
from daemon.steps.verdicts import Action
from store.records import Role
from store.store import Store, open_store
from tests.servers.llm import Answer, ScriptedModel, fails, says, scripted_model
from tests.servers.scripted_knowledge import PASSAGE
from tests.servers.world import ALICE, World
from threading_.parse import parse

GOOD = "1. Switch the printer off.\n2. Open the cover and pull the label out.\n3. Close the cover and switch it on."
RETOLD = (
    "Please switch the printer off first. Then open the cover and pull the label out, close the cover and switch it on."
)
LAST_STEP = "3. Close the cover and switch it on."


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "s.sqlite3", durable=False) as opened:
        yield opened


def settings(model: ScriptedModel, *, policy: dict[str, Any] | None = None, **llm: Any) -> Settings:
    return Settings.model_validate(
        {
            "policy": {"mode": "auto", "coalesce_seconds": 0, **(policy or {})},
            "llm": {"url": model.url, "model": "scripted", "timeout_seconds": 90, **llm},
        }
    )


async def answered(store: Store, configured: Settings) -> tuple[Acted, str, str]:
    """What was decided, the record's reason, and what the customer reads."""
    world = World(store, configured)
    await world.receive()
    acted = await world.act()
    await world.deliver()
    assert acted is not None
    assert acted.settled.prose is not None
    sent = world.to(ALICE)
    return acted, acted.settled.prose.because, parse(sent[-1].raw).text if sent else ""


async def llm_record(store: Store) -> dict[str, Any]:
    row = await store.reader.one("SELECT record FROM decision ORDER BY id DESC LIMIT 1")
    assert row is not None
    return dict(row["record"]["llm"])


async def test_what_the_articles_say_leaves_in_the_models_words(store: Store) -> None:
    async with scripted_model([says(RETOLD)]) as model:
        acted, because, text = await answered(store, settings(model))
    assert (acted.settled.decision.action, because) == (Action.ANSWER, "written")
    assert RETOLD in text
    assert LAST_STEP not in text
    assert PASSAGE.url in text, "the link is ours"
    assert await llm_record(store) == {
        "used": True,
        "because": "written",
        "why": None,
        "judged": None,
        "tokens": 100,
    }


async def test_the_confidence_is_that_of_the_evidence_with_and_without_a_model(store: Store, tmp_path: Path) -> None:
    async with scripted_model([says(RETOLD)]) as model:
        acted, _, _ = await answered(store, settings(model))
    async with open_store(tmp_path / "plain.sqlite3", durable=False) as other:
        world = World(other, Settings.model_validate({"policy": {"mode": "auto", "coalesce_seconds": 0}}))
        await world.receive()
        plain = await world.act()
    assert plain is not None
    assert plain.settled.prose is None
    assert plain.view.evidence is not None
    assert acted.view.evidence is not None
    assert acted.view.evidence.confidence == plain.view.evidence.confidence


FAULTS: dict[str, tuple[list[Answer], str]] = {
    "it is too slow": ([Answer(seconds=300)], "timeout"),
    "the prompt is too long for it": ([fails(400, "exceed_context_size_error")], "request"),
    "it is busy, and says nothing of when": ([fails(429), fails(429)], "busy"),
    "it is overloaded, twice": ([fails(503, retry_after="0"), fails(503, retry_after="0")], "busy"),
    "it is busy for longer than we wait": ([fails(429, retry_after="600"), says(RETOLD)], "busy"),
    "it is busy until a date": ([fails(503, retry_after="Fri, 20 Nov 2026 10:00:00 GMT"), says(RETOLD)], "busy"),
    "it refuses the key": ([fails(401)], "key"),
    "it does not know the model": ([fails(404)], "unknown"),
    "it breaks": ([fails(500)], "server"),
    "it hangs up": ([Answer(hangs_up=True)], "unreachable"),
    "it answers with no JSON": ([Answer(body="<html>welcome</html>")], "malformed"),
    "it answers with half a JSON": ([Answer(body='{"choices": [{"mess')], "malformed"),
    "it answers with another JSON": ([Answer(body='{"answer": 42}')], "malformed"),
    "it answers with no choice": ([Answer(body='{"id": "1", "choices": []}')], "malformed"),
    "what it wrote is no text": ([says({"text": "hello"})], "malformed"),
    "what it wrote is nothing": ([says("")], "no_answer"),
    "what it wrote is missing": ([says(None)], "no_answer"),
    "what it wrote is blank": ([says("  \n\n ")], "no_answer"),
    "it finds no answer": ([says("NO_ANSWER")], "no_answer"),
    "it was cut off": ([says(RETOLD, finish="length")], "unfinished"),
    "it wants to call a tool": ([says(None, finish="tool_calls")], "unfinished"),
    "it invents": ([says("Switch the printer off. Then call our hotline at 555 0100.")], "check"),
}


@pytest.mark.parametrize(("script", "because"), FAULTS.values(), ids=list(FAULTS))
async def test_whatever_goes_wrong_the_articles_words_are_sent_and_the_reason_is_kept(
    store: Store, script: list[Answer], because: str
) -> None:
    async with scripted_model(script) as model:
        seconds = 1.0 if because == "timeout" else 90.0
        acted, found, text = await answered(store, settings(model, timeout_seconds=seconds))
    assert found == because
    assert acted.settled.decision.action is Action.ANSWER
    assert LAST_STEP in text
    record = await llm_record(store)
    assert (record["used"], record["because"]) == (False, because)
    assert record["why"]
    assert any("in the articles' own words" in why for why in acted.settled.decision.why)
    entries = [entry async for entry in _decided(store)]
    assert entries[-1]["llm"] == {"used": False, "because": because, "judged": None}


async def _decided(store: Store) -> AsyncIterator[dict[str, Any]]:
    for row in await store.reader.all("SELECT details FROM audit WHERE event = 'decided' ORDER BY sequence"):
        yield row["details"]


async def test_a_busy_server_is_asked_once_more_after_the_time_it_names(store: Store) -> None:
    async with scripted_model([fails(503, retry_after="0"), says(RETOLD)]) as model:
        _, because, text = await answered(store, settings(model))
    assert because == "written"
    assert RETOLD in text
    assert len(model.asked) == 2


async def test_a_server_that_is_not_there_costs_no_answer(store: Store) -> None:
    model = ScriptedModel([], url="http://127.0.0.1:9/v1")
    _, because, text = await answered(store, settings(model))
    assert because == "unreachable"
    assert LAST_STEP in text


async def test_the_days_budget_outlives_a_restart_and_ends_with_the_day(tmp_path: Path) -> None:
    async with scripted_model([says(RETOLD, tokens=700)]) as model:
        configured = settings(model, daily_tokens=1_100)
        async with open_store(tmp_path / "s.sqlite3", durable=False) as store:
            _, because, _ = await answered(store, configured)
            assert because == "written"
            assert await store.llm.spent(store.reader, World(store, configured).now) == 700
        async with open_store(tmp_path / "s.sqlite3", durable=False) as store:
            world = World(store, configured)
            world._uid = 10
            await world.receive(sender="Bob <bob@customer.test>")
            second = await world.act()
            assert second is not None
            assert second.settled.prose is not None
            assert second.settled.prose.because == "budget"
            assert len(model.asked) == 1, "nothing was asked"
            world.now += timedelta(days=1)
            await world.receive(sender="Carl <carl@customer.test>")
            third = await world.act()
            assert third is not None
            assert third.settled.prose is not None
            assert third.settled.prose.because == "written"


async def test_articles_that_do_not_fit_the_model_are_not_sent_to_it(store: Store) -> None:
    async with scripted_model([says(RETOLD)]) as model:
        configured = settings(model, context_tokens=1024)
        world = World(store, configured)
        world.knowledge.passage_text = PASSAGE.text + "\n\nIt is done." * 400
        await world.receive()
        acted = await world.act()
    assert acted is not None
    assert acted.settled.prose is not None
    assert acted.settled.prose.because == "context"
    assert model.asked == []


@pytest.mark.parametrize(
    ("said", "action"),
    [
        (says("yes"), Action.ANSWER),
        (says("Yes."), Action.ANSWER),
        (says("no"), Action.DRAFT),
        (says("No, they do not."), Action.DRAFT),
        (says("yes and no"), Action.DRAFT),
        (says("yes, and you must send it"), Action.DRAFT),
        (says(""), Action.DRAFT),
        (fails(500), Action.DRAFT),
    ],
)
async def test_a_judge_lowers_what_it_does_not_affirm(store: Store, said: Answer, action: Action) -> None:
    def script(asked: dict[str, Any]) -> Answer:
        return said if "yes or no" in asked["messages"][0]["content"] else says(RETOLD)

    async with scripted_model(script) as model:
        acted, _, text = await answered(store, settings(model, judge=True))
    assert acted.settled.decision.action is action
    if action is Action.DRAFT:
        assert acted.settled.decision.because == "judge"
        assert RETOLD not in text, "the customer gets the notice alone"


async def test_a_judge_raises_nothing(store: Store) -> None:
    async with scripted_model([says("yes")]) as model:
        configured = settings(model, judge=True)
        world = World(store, configured, sure=False)
        await world.receive()
        acted = await world.act()
    assert acted is not None
    assert acted.settled.decision.action is Action.ESCALATE
    assert model.asked == []


async def test_a_draft_for_a_person_is_held_to_the_check_as_well(store: Store) -> None:
    async with scripted_model([says("Call our hotline at 555 0100."), says(RETOLD)]) as model:
        configured = settings(model, policy={"mode": "draft"})
        world = World(store, configured)
        for sender, expected in (("Bob <bob@customer.test>", LAST_STEP), ("Carl <carl@customer.test>", RETOLD)):
            await world.receive(sender=sender)
            acted = await world.act()
            assert acted is not None
            (draft,) = [mail for mail in acted.settled.outgoing if mail.role is Role.DRAFT]
            assert expected in draft.mail.text
            assert "555" not in draft.mail.text


async def test_nobody_is_told_the_same_twice_in_other_words(store: Store) -> None:
    async with scripted_model([says(RETOLD), says(GOOD)]) as model:
        world = World(store, settings(model))
        decided = []
        for subject in ("Stuck label", "Another matter"):
            await world.receive(subject=subject)
            acted = await world.act()
            await world.deliver()
            assert acted is not None
            decided.append(acted.settled.decision.because)
            world.now += timedelta(hours=1)
    assert decided == ["confident", "duplicate_reply"]


async def test_the_key_is_sent_and_found_in_no_record(tmp_path: Path) -> None:
    async def key() -> str:
        return "sk-secret-4711"

    async with scripted_model([says("hello")]) as model:
        found = await probe_llm(settings(model).llm, key)
        assert [one.severity for one in found] == [Severity.OK]
        assert set(model.keys) == {"Bearer sk-secret-4711"}
        assert "4711" not in str(found)


@pytest.mark.parametrize(
    ("script", "models", "severity", "words"),
    [
        ([says("hello")], ("scripted",), Severity.OK, "answers"),
        ([says("hello")], ("other",), Severity.WARNING, "other"),
        ([says("hello")], (), Severity.OK, "answers"),
        ([fails(404)], ("other",), Severity.FAILED, "does not know"),
        ([fails(401)], (), Severity.FAILED, "key"),
        ([Answer(seconds=300)], (), Severity.FAILED, "within"),
        ([Answer(body="hello")], (), Severity.FAILED, "no answer"),
    ],
)
async def test_check_says_what_is_wrong_with_the_model_and_what_to_do(
    script: list[Answer], models: tuple[str, ...], severity: Severity, words: str
) -> None:
    async def no_key() -> str:
        return ""

    async with scripted_model(script, models=models) as model:
        (found,) = await probe_llm(settings(model, timeout_seconds=1 if script[0].seconds else 90).llm, no_key)
    assert found.severity is severity
    assert words in found.message
    assert severity is Severity.OK or found.remedy


async def test_check_says_nothing_where_no_model_is_configured() -> None:
    async def no_key() -> str:
        return ""

    assert await probe_llm(Settings().llm, no_key) == []


async def test_a_question_that_is_given_up_ends_in_time() -> None:
    async def no_key() -> str:
        return ""

    async with scripted_model([Answer(seconds=300)]) as model:
        with pytest.raises(LlmFault, match="did not answer"):
            await LanguageModel(settings(model).llm, no_key).complete([Line("user", "?")], reply_tokens=5, seconds=0.2)
