"""When a crawl ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Goals:
    """When to end; None is never."""

    faces: int | None = None  # accepted faces in the archive
    max_items: int | None = None  # posts finished in this run
    max_bytes: int | None = None  # taken from the site in this run
    max_hours: float | None = None  # of this run

    def reached(self, n_faces: int, n_items: int, n_bytes: int, hours: float) -> str | None:
        """Say which goal is reached.

        Args:
            n_faces: Accepted faces in the archive.
            n_items: Posts finished in this run.
            n_bytes: Taken from the site in this run.
            hours: Since this run began.

        Returns:
            A sentence for the user, without its full stop; None if all are ahead.
        """
        if self.faces is not None and n_faces >= self.faces:
            return f"{self.faces} faces are reached"
        if self.max_items is not None and n_items >= self.max_items:
            return f"--max-items {self.max_items} is reached"
        if self.max_bytes is not None and n_bytes >= self.max_bytes:
            return f"--max-bytes {self.max_bytes} is reached"
        if self.max_hours is not None and hours >= self.max_hours:
            return f"--max-hours {self.max_hours:g} is reached"
        return None
