"""I/O. What can be learnt from cases: what nobody could answer, what humans answered, and how far we agree with them."""

from collections.abc import Sequence
from datetime import datetime

from store.db import Reader, Row, Transaction
from store.figures import Compared, Opinion, Said, TopicRecord, Window

#: Hand-overs for want of an article.
_OPEN = "('low_confidence', 'no_knowledge', 'second_clarification')"
_MAIL = (
    "SELECT c.reference, c.customer_key, c.customer_name, c.topic, c.product, t.subject, t.text, d.record"
    " FROM decision d JOIN turn t ON t.decision_id = d.id JOIN cases c ON c.id = d.case_id"
    " WHERE d.decided_at >= :since AND d.decided_at < :until AND t.direction = 'in' AND t.handled = 1"
    " AND t.refused IS NULL AND t.kind = 'customer'"
)
#: What a customer said of the answer of ours before it, which left by itself: nothing but waiting lies between.
_WORD = (
    "SELECT n.because, n.decided_at, a.id AS decision_id FROM decision n JOIN decision a ON a.id ="
    " (SELECT max(b.id) FROM decision b WHERE b.case_id = n.case_id AND b.id < n.id AND b.action NOT IN ('wait', 'ignore'))"
    " WHERE n.because IN ('resolved', 'not_resolved') AND EXISTS (SELECT 1 FROM outbox o WHERE o.case_id = a.case_id"
    "  AND o.decision_id = a.id AND o.role IN ('reply', 'offer') AND o.state NOT IN ('stale', 'dead'))"
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

    # ── agreement ───────────────────────────────────────────────────────────────────────────────────────────────

    async def uncompared(self, reader: Reader, limit: int = 200) -> list[Row]:
        """Decisions that would have answered, beside what a human answered instead, where nobody compared them yet.

        In shadow a human's answer goes with the decision before it; elsewhere what a human made of a draft says it, or what
        they wrote to the customer without us while it waited. A row has `verdict` where there is one, `before` (ours as it
        was shown, '' where the record has it) and `after`.
        """
        shadow = await reader.all(
            "SELECT d.id AS decision_id, d.confidence, d.record, c.topic, t.id AS turn_id, t.text AS after, '' AS before,"
            " '' AS verdict FROM turn t JOIN cases c ON c.id = t.case_id JOIN decision d ON d.id ="
            " (SELECT max(l.id) FROM decision l WHERE l.case_id = t.case_id AND l.decided_at <= t.at"
            "  AND l.action NOT IN ('ignore', 'record'))"
            " WHERE t.direction = 'out' AND t.role IS NULL AND t.kind = 'agent' AND d.mode = 'shadow'"
            " AND d.action IN ('answer', 'draft')"
            " AND NOT EXISTS (SELECT 1 FROM agreement a WHERE a.decision_id = d.id) ORDER BY t.id LIMIT :limit",
            limit=limit,
        )
        drafts = await reader.all(
            "SELECT d.id AS decision_id, d.confidence, d.record, coalesce(nullif(v.topic, ''), c.topic) AS topic,"
            " NULL AS turn_id, v.after, v.before, v.verdict FROM verdict v JOIN decision d ON d.id = v.decision_id"
            " JOIN cases c ON c.id = v.case_id WHERE d.action IN ('answer', 'draft')"
            " AND NOT EXISTS (SELECT 1 FROM agreement a WHERE a.decision_id = d.id) ORDER BY v.id LIMIT :limit",
            limit=limit,
        )
        elsewhere = await reader.all(
            "SELECT d.id AS decision_id, d.confidence, d.record, c.topic, t.id AS turn_id, t.text AS after, f.text AS before,"
            " '' AS verdict FROM draft f JOIN decision d ON d.id = f.decision_id JOIN cases c ON c.id = f.case_id"
            " JOIN decision r ON r.case_id = f.case_id AND r.decided_at = f.decided_at"
            "  AND r.because IN ('answered_by_human', 'answered_directly')"
            " JOIN turn t ON t.decision_id = r.id AND t.kind = 'agent'"
            " WHERE f.state = 'rejected' AND f.agent = '' AND d.action IN ('answer', 'draft')"
            " AND NOT EXISTS (SELECT 1 FROM agreement a WHERE a.decision_id = d.id) ORDER BY t.id LIMIT :limit",
            limit=limit,
        )
        first: dict[int, Row] = {}
        for row in (*shadow, *drafts, *elsewhere):
            first.setdefault(row["decision_id"], row)
        return list(first.values())

    async def compared(self, tx: Transaction, compared: Compared, now: datetime) -> None:
        """Keep what came of a comparison. What was compared before stays."""
        await tx.do(
            "INSERT INTO agreement (decision_id, turn_id, at, topic, confidence, agrees, why, ours, theirs)"
            " VALUES (:decision_id, :turn_id, :now_at, :topic, :confidence, :agrees, :why, :ours, :theirs)"
            " ON CONFLICT (decision_id) DO NOTHING",
            decision_id=compared.decision_id,
            turn_id=compared.turn_id,
            now_at=now,
            topic=compared.topic,
            confidence=compared.confidence,
            agrees=None if compared.agrees is None else int(compared.agrees),
            why=compared.why,
            ours=compared.ours,
            theirs=compared.theirs,
        )

    async def label(self, tx: Transaction, decision_id: int, agrees: bool, by: str) -> None:
        """A person says whether the two answers agree."""
        await tx.do(
            "UPDATE agreement SET label = :label, labelled_by = :by WHERE decision_id = :id",
            label=int(agrees),
            by=by,
            id=decision_id,
        )

    async def to_label(self, reader: Reader, topic: str | None, limit: int) -> list[Compared]:
        """Pairs that no person has labelled, those first of which rules cannot tell, then the newest."""
        rows = await reader.all(
            "SELECT a.*, (SELECT t.text FROM turn t WHERE t.decision_id = a.decision_id AND t.direction = 'in'"
            "  ORDER BY t.id DESC LIMIT 1) AS asked"
            " FROM agreement a WHERE a.label IS NULL AND (:topic IS NULL OR a.topic = :topic)"
            " ORDER BY CASE WHEN a.agrees IS NULL THEN 0 ELSE 1 END, a.at DESC, a.decision_id DESC LIMIT :limit",
            topic=topic,
            limit=limit,
        )
        return [compared_from_row(row) for row in rows]

    async def topics(self, reader: Reader) -> list[TopicRecord]:
        """Each topic's record: cases, what would have been answered, and how far that agrees with humans."""
        found = {
            row["topic"]: row
            for row in await reader.all(
                "SELECT c.topic, count(DISTINCT c.id) AS cases,"
                " count(CASE WHEN d.action = 'answer' THEN 1 END) AS answers,"
                " avg(CASE WHEN d.action IN ('answer', 'draft') THEN d.confidence END) AS confidence"
                " FROM cases c JOIN decision d ON d.case_id = c.id WHERE c.merged_into IS NULL"
                " AND d.action NOT IN ('ignore', 'record') GROUP BY c.topic"
            )
        }
        agreed = {
            row["topic"]: row
            for row in await reader.all(
                "SELECT topic, count(coalesce(label, agrees)) AS compared, coalesce(sum(coalesce(label, agrees)), 0) AS agree,"
                " count(label) AS labelled, count(CASE WHEN label = agrees THEN 1 END) AS rule_right,"
                " count(CASE WHEN label IS NOT NULL AND agrees IS NOT NULL THEN 1 END) AS rule_labelled,"
                " count(CASE WHEN label IS NULL AND agrees IS NULL THEN 1 END) AS unknown FROM agreement GROUP BY topic"
            )
        }
        return [
            TopicRecord(
                topic=topic,
                cases=found.get(topic, {}).get("cases", 0),
                answers=found.get(topic, {}).get("answers", 0),
                confidence=found.get(topic, {}).get("confidence"),
                **{
                    name: agreed.get(topic, {}).get(name, 0)
                    for name in ("compared", "agree", "labelled", "rule_right", "rule_labelled", "unknown")
                },
            )
            for topic in sorted({*found, *agreed})
        ]

    async def agreement(self, reader: Reader, window: Window) -> list[tuple[str, int, int]]:
        """Topic, how many agree, how many were compared, of what was compared in the window."""
        rows = await reader.all(
            "SELECT topic, coalesce(sum(coalesce(label, agrees)), 0) AS agree, count(coalesce(label, agrees)) AS compared"
            " FROM agreement WHERE at >= :since AND at < :until GROUP BY topic ORDER BY topic",
            since=window.since,
            until=window.until,
        )
        return [(row["topic"], row["agree"], row["compared"]) for row in rows]

    async def opinions(self, reader: Reader, limit: int = 500) -> list[Opinion]:
        """What people made of our decisions to answer, the latest first, one a decision: a human of our draft or beside it,
        else its customer. What is in another language than the customer's is left out: no human sends that as it is."""
        rows = await reader.all(
            f"WITH word AS ({_WORD}) SELECT d.unadjusted, coalesce(v.verdict, CASE WHEN a.decision_id IS NULL"  # noqa: S608 - our words
            "  THEN w.because END, '') AS said, a.agrees, a.label, coalesce(v.at, a.at, w.decided_at) AS said_at"
            " FROM (SELECT decision_id AS id FROM verdict UNION SELECT decision_id FROM agreement"
            "  UNION SELECT decision_id FROM word) judged JOIN decision d ON d.id = judged.id"
            " LEFT JOIN verdict v ON v.id = (SELECT min(f.id) FROM verdict f WHERE f.decision_id = d.id)"
            " LEFT JOIN agreement a ON a.decision_id = d.id LEFT JOIN word w ON w.decision_id = d.id"
            " WHERE d.unadjusted IS NOT NULL AND d.action IN ('answer', 'draft') AND d.because <> 'language'"
            " AND (coalesce(a.label, a.agrees) IS NOT NULL OR v.verdict IN ('sent', 'edited', 'rejected')"
            "  OR (v.id IS NULL AND a.decision_id IS NULL)) ORDER BY said_at DESC, d.id DESC LIMIT :limit",
            limit=limit,
        )
        return [opinion_from_row(row) for row in rows]

    async def rate(self, tx: Transaction, turn_id: int, case_id: int, stars: int, now: datetime) -> None:
        """A customer rates the case by a mail."""
        await tx.do(
            "INSERT INTO rating (turn_id, case_id, at, stars) VALUES (:turn_id, :case_id, :now_at, :stars)"
            " ON CONFLICT (turn_id) DO NOTHING",
            turn_id=turn_id,
            case_id=case_id,
            now_at=now,
            stars=stars,
        )

    # ── suggested articles ──────────────────────────────────────────────────────────────────────────────────────

    async def unsuggested(self, reader: Reader, limit: int = 500) -> list[Row]:
        """Answers that humans approved, edited or wrote, of which nothing was made yet, oldest first, with the customer's mail
        that they answer."""
        asked = (
            " (SELECT t.text FROM turn t WHERE t.case_id = c.id AND t.direction = 'in' AND t.kind = 'customer'"
            " AND t.refused IS NULL AND t.at <= s.at ORDER BY t.id DESC LIMIT 1) AS asked"
        )
        case = " c.reference, c.customer_name, c.subject, c.topic, c.language,"
        written = await reader.all(
            f"SELECT 'turn:' || s.id AS source, s.at, s.text AS answer, 'answered' AS verdict, s.sender_name AS agent,{case}"  # noqa: S608 - our words
            f" NULL AS record,{asked} FROM turn s JOIN cases c ON c.id = s.case_id"
            " WHERE s.direction = 'out' AND s.role IS NULL AND s.kind = 'agent'"
            " AND NOT EXISTS (SELECT 1 FROM suggestion g WHERE g.source = 'turn:' || s.id) ORDER BY s.id LIMIT :limit",
            limit=limit,
        )
        judged = await reader.all(
            f"SELECT 'verdict:' || s.id AS source, s.at, s.after AS answer, s.verdict, s.agent,{case} d.record,{asked}"  # noqa: S608 - our words
            " FROM verdict s JOIN cases c ON c.id = s.case_id LEFT JOIN decision d ON d.id = s.decision_id"
            " WHERE s.after <> '' AND NOT EXISTS (SELECT 1 FROM suggestion g WHERE g.source = 'verdict:' || s.id)"
            " ORDER BY s.id LIMIT :limit",
            limit=limit,
        )
        return sorted((*written, *judged), key=lambda row: (row["at"], row["source"]))

    async def suggested(self, tx: Transaction, sources: Sequence[str], file: str, now: datetime) -> None:
        """These answers are in that file; '' for none, since they say nothing to others."""
        await tx.many(
            "INSERT INTO suggestion (source, at, file) VALUES (:source, :now_at, :file) ON CONFLICT (source) DO NOTHING",
            [{"source": source, "now_at": now, "file": file} for source in sources],
        )


def opinion_from_row(row: Row) -> Opinion:
    """The only place where a row of opinions becomes a value."""
    return Opinion(
        unadjusted=row["unadjusted"],
        said=Said(row["said"]),
        agrees=None if row["agrees"] is None else bool(row["agrees"]),
        label=None if row["label"] is None else bool(row["label"]),
    )


def compared_from_row(row: Row) -> Compared:
    """The only place where a row of `agreement` becomes a value."""
    return Compared(
        decision_id=row["decision_id"],
        turn_id=row["turn_id"],
        topic=row["topic"],
        confidence=row["confidence"],
        agrees=None if row["agrees"] is None else bool(row["agrees"]),
        why=row["why"],
        ours=row["ours"],
        theirs=row["theirs"],
        asked=row["asked"] or "",
    )
