"""I/O. The story for programs: JSON lines."""

from collections.abc import Sequence

from daemon.cli.output import emit_json
from daemon.demo.correspondents import Customer
from daemon.demo.stage import Scene, totals
from daemon.following import Followed
from daemon.pipeline import Acted, Delivered, Ingested, Observed
from daemon.record import arrival_record, decision_record
from threading_.message import Message


class ForPrograms:
    """One JSON object a line: `event` is opening, mail, decision, meanwhile, silence, digest, left or closing."""

    def opening(self, *, articles: int, customers: int, seconds: float) -> None:
        """What the stage holds."""
        emit_json(
            {"event": "opening", "articles": articles, "customers": customers, "index_seconds": round(seconds, 2)}
        )

    def enters(self, number: int, customer: Customer) -> None:
        """Nothing: each mail says who wrote it."""

    def meanwhile(self, title: str, text: str) -> None:
        """One event: what happens, and by how much the clock was set forward."""
        emit_json({"event": "meanwhile", "title": title, "text": text})

    def digest(self, mail: Message) -> None:
        """One event: its subject and text."""
        emit_json({"event": "digest", "subject": mail.subject, "text": mail.text})

    def tell(self, observed: Observed) -> None:
        """One event, in the shapes of the documented record where it has one."""
        match observed:
            case Ingested():
                emit_json({"event": "mail", **arrival_record("", observed.mail, observed.case)})
            case Acted():
                record = decision_record(observed.view, observed.settled, observed.cap)
                case = {
                    "case": observed.case.reference,
                    "answers": observed.view.newest.message_id,
                    "status": observed.case.status,
                    "resolution": observed.case.resolution,
                }
                emit_json({"event": "decision", **case, **record, "mode": observed.mode})
            case Followed():
                emit_json(
                    {
                        "event": "silence",
                        "case": observed.case.reference,
                        "did": observed.event,
                        "mails": [{"role": mail.role, "to": mail.mail.to.address} for mail in observed.mails],
                        "status": observed.case.status,
                        "resolution": observed.case.resolution,
                    }
                )
            case Delivered():
                item = observed.item
                emit_json(
                    {
                        "event": "left",
                        "role": item.role,
                        "to": item.recipient,
                        "message_id": item.message_id,
                        "state": observed.state,
                    }
                )

    def closing(self, scenes: Sequence[Scene], seconds: float) -> None:
        """One row a customer, and the sums."""
        rows = [
            {
                "customer": scene.customer.address.address,
                "decisions": [acted.settled.decision.action for acted in scene.acts],
                "received": scene.mails_to_customer,
                "left_alone": len(scene.left_alone),
                "first_reply_seconds": scene.first_reply and round(scene.first_reply, 3),
                "answered_twice": scene.answered_twice,
            }
            for scene in scenes
        ]
        emit_json({"event": "closing", "customers": rows, "totals": totals(scenes), "seconds": round(seconds, 2)})
