"""What all parts of the archive lean on: facts, states and failures."""

from __future__ import annotations

import json
import time
from typing import Any

from crawler.database import Database


class Tables(Database):
    """Small facts, and the columns that several tables share."""

    def fact(self, key: str, default: Any = None) -> Any:
        """A small thing worth keeping, such as the settings or the site's total."""
        row = self._row("SELECT value FROM facts WHERE key = ?", key)
        return default if row is None else json.loads(row[0])

    def set_fact(self, key: str, value: Any) -> None:
        """Keep a small thing; it must be JSON."""
        self.connection.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)",
            (key, json.dumps(value, ensure_ascii=False, sort_keys=True)),
        )

    def _set_state(self, table: str, row_id: int, state: str, reason: str | None) -> None:
        self.connection.execute(
            f"UPDATE {table} SET state = ?, reason = ? WHERE id = ?", (state, reason, row_id)
        )

    def _add_failure(self, url: str, reason: str, **of: int) -> None:
        self.connection.execute(
            "INSERT INTO failures VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (url) DO UPDATE "
            "SET reason = excluded.reason, tries = tries + 1, last = excluded.last",
            (url, of.get("page_id"), of.get("image_id"), reason, time.time()),
        )

    def _forget_failure(self, url: str) -> None:
        self.connection.execute("DELETE FROM failures WHERE url = ?", (url,))
