"""`cases list --waiting`, `cases assign`, `cases show`: who is next, with whom a case is, what was promised."""

import json
from datetime import timedelta
from pathlib import Path

from daemon.wiring import utc_now
from store.db import open_database
from store.store import FILE, Store
from tests.servers.desk import Desk, written
from tests.servers.process import firstline


async def test_the_most_urgent_come_first_then_who_has_waited_longest_and_a_case_is_assigned(tmp_path: Path) -> None:
    state, config, customers = tmp_path / "state", tmp_path / "config.toml", tmp_path / "customers.csv"
    customers.write_text("address,tier\ncarol@customer.test,gold\nno address,gold\n")
    config.write_text(
        f'[service]\nstate = "{state}"\n[[agents]]\nname = "Ann"\naddress = "ann@example.com"\n'
        '[customers]\nfile = "customers.csv"\nlate_hours = 9\n'
    )
    found = {}
    async with open_database(state / FILE, durable=False) as database:
        store = Store(database)
        desk = Desk(store, {"customers": {"file": str(customers), "high_tiers": ["gold"]}})
        desk.now = utc_now() - timedelta(hours=10)
        # Dave has waited for too long, Bob and Alice a while, Carol is a customer of a tier that counts.
        for name, hours in (("dave", 0), ("bob", 5), ("alice", 1), ("carol", 1)):
            desk.now += timedelta(hours=hours)
            text = "I want to talk to a person about my order, please."
            await desk.take(
                written(text, id_=f"{name}@mail.test", sender=f"{name}@customer.test", subject=f"Of {name}")
            )
            (acted,) = await desk.work()
            found[name] = acted.case.reference
        async with store.transaction() as tx:
            await tx.do(
                "UPDATE decision SET confidence = 0.863, unadjusted = 0.9 WHERE case_id ="
                " (SELECT id FROM cases WHERE reference = :bob)",
                bob=found["bob"],
            )
    options = ("--config", str(config))
    code, said = await firstline("cases", "list", "--waiting", "--json", *options)
    assert code == 0, said
    rows = [json.loads(line) for line in said.splitlines()]
    assert [row["case"]["reference"] for row in rows] == [found[one] for one in ("dave", "carol", "bob", "alice")]
    assert [row["priority"] for row in rows] == ["high", "high", "normal", "normal"]
    code, said = await firstline("cases", "assign", found["bob"], "ann", *options)
    assert (code, "ann@example.com" in said) == (0, True), said
    code, said = await firstline("cases", "show", found["bob"], *options)
    assert (code, "ann@example.com" in said, "a colleague answers by" in said) == (0, True, True), said
    assert "confidence 0.86, before people's verdicts 0.90" in said
    code, said = await firstline("cases", "assign", found["bob"], "Zoe", *options)
    assert (code, "there is Ann" in said) == (1, True), said
