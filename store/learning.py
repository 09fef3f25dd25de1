"""I/O. What can be learnt from cases: what nobody could answer, what humans answered, and how far we agree with them."""

from store.db import Reader, Row
from store.figures import Window

#: Hand-overs for want of an article.
_OPEN = "('low_confidence', 'no_knowledge', 'second_clarification')"
_MAIL = (
    "SELECT c.reference, c.customer_key, c.customer_name, c.topic, c.product, t.subject, t.text, d.record"
    " FROM decision d JOIN turn t ON t.decision_id = d.id JOIN cases c ON c.id = d.case_id"
    " WHERE d.decided_at >= :since AND d.decided_at < :until AND t.direction = 'in' AND t.handled = 1"
    " AND t.refused IS NULL AND t.kind = 'customer'"
)


class Learning:
    """One method a query."""

    async def unanswered(self, reader: Reader, window: Window) -> list[Row]:
        """Customers' mails that were handed over since no article answers surely enough, with the decision's record."""
        return await reader.all(
            f"{_MAIL} AND d.action = 'escalate' AND d.because IN {_OPEN} ORDER BY t.id",
            since=window.since,
            until=window.until,
        )

    async def decided_mails(self, reader: Reader, window: Window) -> list[Row]:
        """Every customer's mail that was decided upon, with the decision's record."""
        return await reader.all(f"{_MAIL} ORDER BY t.id", since=window.since, until=window.until)
