"""I/O. What the language model cost on each day, in tokens."""

from datetime import UTC, datetime

from store.db import Reader, Transaction


class LlmDays:
    """Tokens a day, in UTC."""

    async def spent(self, reader: Reader, now: datetime) -> int:
        """What this day has cost so far, with what is reserved for calls that go on."""
        row = await reader.one("SELECT tokens FROM llm_day WHERE day = :day", day=_day(now))
        return int(row["tokens"]) if row else 0

    async def reserve(self, tx: Transaction, now: datetime, tokens: int, budget: int) -> bool:
        """Count what a call may cost at most, before it is made; False, and nothing counted, beyond the budget."""
        if await self.spent(tx, now) + tokens > budget:
            return False
        await self.correct(tx, now, tokens)
        return True

    async def correct(self, tx: Transaction, now: datetime, tokens: int) -> None:
        """Add tokens to the day, or with a negative number give them back."""
        await tx.do(
            "INSERT INTO llm_day (day, tokens) VALUES (:day, :tokens)"
            " ON CONFLICT (day) DO UPDATE SET tokens = llm_day.tokens + excluded.tokens",
            day=_day(now),
            tokens=tokens,
        )


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()
