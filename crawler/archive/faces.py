"""Faces of the pictures that were cut."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.archive.tables import Tables
from crawler.schema import FaceRow, ImageRow


class Faces(Tables):
    """The faces as the cutter found them."""

    def add_faces(
        self,
        image: ImageRow,
        faces: Sequence[FaceRow],
        *,
        size: tuple[int, int] | None,
        profile: str,
        detector: tuple[str, str],
        reason: str | None = None,
    ) -> None:
        """Store the faces of a picture in place of all that it had before.

        Args:
            image: The picture.
            faces: What the cutter found in it.
            size: The picture's width and height in pixels, where the cutter tells them.
            profile: How the faces were cut.
            detector: The name and the sha256 of what found them.
            reason: Why there is no face.
        """
        with self.transaction():
            self.connection.execute("DELETE FROM faces WHERE image_id = ?", (image.id,))
            for face in faces:
                self.connection.execute(
                    f"INSERT INTO faces VALUES ({', '.join('?' * 16)})",
                    (face.id, image.id, face.index, *face.box)
                    + (face.score, profile, *detector, face.tilt, face.phash)
                    + ("quarantined" if face.reason else "accepted", face.reason, face.sha256),
                )
            if size is not None:
                self.connection.execute(
                    "UPDATE images SET width = ?, height = ? WHERE id = ?", (*size, image.id)
                )
            self._set_state("images", image.id, "cut", reason)

    def n_faces(self, state: str = "accepted") -> int:
        """How many faces are in a state."""
        return self._row("SELECT count(*) FROM faces WHERE state = ?", state)[0]
