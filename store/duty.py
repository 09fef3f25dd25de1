"""I/O. Whose turn it is: which agent got a case last, kept over restarts."""

from collections.abc import Mapping

from store.db import Reader, Transaction

_PREFIX = "turn:"


class Duty:
    """One method a query."""

    async def turns(self, reader: Reader) -> dict[str, int]:
        """Agent (address) → number of the last case that they got in turn; the numbers grow with time."""
        rows = await reader.all("SELECT name, value FROM setting WHERE name LIKE 'turn:%'")
        return {row["name"].removeprefix(_PREFIX): int(row["value"]) for row in rows}

    async def draw(self, tx: Transaction, agent: str, turns: Mapping[str, int]) -> bool:
        """The agent gets a case. False, and nothing is written, where anybody got one since `turns` were read: then it
        may be another's turn."""
        if await self.turns(tx) != turns:
            return False
        await tx.do(
            "INSERT INTO setting (name, value) VALUES (:name, :value)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name=f"{_PREFIX}{agent}",
            value=str(max(turns.values(), default=0) + 1),
        )
        return True
