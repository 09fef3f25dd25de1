"""I/O. The audit entries of every commit: inside its transaction, personal text under a fresh salt."""

import random
from collections.abc import Mapping
from datetime import datetime

from store.db import Transaction
from store.store import Store


class Auditor:
    """Appends to the chain. `rng` makes the salts, and whatever else a commit must make up."""

    def __init__(self, store: Store, rng: random.Random) -> None:
        self._store = store
        self.rng = rng

    async def append(
        self,
        tx: Transaction,
        now: datetime,
        case: str | None,
        event: str,
        details: Mapping[str, object],
        personal: Mapping[str, object] | None = None,
    ) -> None:
        """Append to the chain inside this transaction."""
        await self._store.audit.append(
            tx,
            at=now,
            case=case,
            event=event,
            details=details,
            personal=personal or {},
            salt=f"{self.rng.getrandbits(128):032x}",
        )
