"""I/O. Two cases become one: everything of the younger moves to the older, and its reference goes on to find that one."""

from datetime import datetime

from store.db import Transaction
from store.records import Case, CaseStatus, Mode, Owner


async def merge_cases(
    tx: Transaction, winner: Case, loser: Case, now: datetime, state: tuple[CaseStatus, Owner]
) -> None:
    """Move mails, decisions, mails on their way, ids and people of `loser` to `winner`, and close it as merged.

    `state` is where the one case then stands.

    What either case must not do, both must not: a human's case stays a human's, one opened in shadow stays silent, and
    the counters add up. The version is above both, so that no reply of before leaves without being decided again.
    """
    both = {"winner": winner.id, "loser": loser.id}
    await tx.do(
        "INSERT INTO known_id (message_id, case_id, ghost) SELECT message_id, :winner, ghost FROM known_id"
        " WHERE case_id = :loser ON CONFLICT (message_id, case_id) DO UPDATE SET ghost = 0 WHERE excluded.ghost = 0",
        **both,
    )
    await tx.do("DELETE FROM known_id WHERE case_id = :loser", loser=loser.id)
    await tx.do(
        "INSERT INTO participant (case_id, address) SELECT :winner, address FROM participant WHERE case_id = :loser"
        " ON CONFLICT DO NOTHING",
        **both,
    )
    await tx.do("DELETE FROM participant WHERE case_id = :loser", loser=loser.id)
    for table in ("turn", "decision", "outbox", "draft", "verdict"):
        await tx.do(f"UPDATE {table} SET case_id = :winner WHERE case_id = :loser", **both)  # noqa: S608 - our names
    await tx.do(
        "UPDATE cases SET status = :status, owner = :owner, mode = :mode, version = :version, updated_at = :now_at,"
        " automatic_replies = :automatic_replies, clarifications = :clarifications, noticed_at = :noticed_at,"
        " promised_at = :promised_at, queue_id = :queue_id, due_at = :due_at, since = :since, reminders = :reminders,"
        " resolution = CASE WHEN :status IN ('resolved', 'closed') THEN coalesce(resolution, :resolution) END"
        " WHERE id = :id",
        id=winner.id,
        status=state[0],
        owner=state[1],
        since=min(winner.since or winner.opened_at, loser.since or loser.opened_at),
        reminders=max(winner.reminders, loser.reminders),
        resolution=loser.resolution,
        mode=Mode.SHADOW if Mode.SHADOW in (winner.mode, loser.mode) else winner.mode,
        version=max(winner.version, loser.version) + 1,
        now_at=now,
        automatic_replies=winner.automatic_replies + loser.automatic_replies,
        clarifications=winner.clarifications + loser.clarifications,
        noticed_at=winner.noticed_at or loser.noticed_at,
        promised_at=min((one for one in (winner.promised_at, loser.promised_at) if one), default=None),
        queue_id=winner.queue_id or loser.queue_id,
        due_at=min((one for one in (winner.due_at, loser.due_at) if one), default=None),
    )
    await tx.do(
        "UPDATE cases SET status = 'closed', merged_into = :winner, due_at = NULL, follow_up_at = NULL, version = version + 1,"
        " updated_at = :now_at WHERE id = :loser",
        now_at=now,
        **both,
    )
    await tx.do("UPDATE cases SET merged_into = :winner WHERE merged_into = :loser", **both)
