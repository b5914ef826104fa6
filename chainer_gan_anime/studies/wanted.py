"""What a study wants to know of each generator, and what of that is not known yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainer_gan_anime.evaluation.judge import Judge
from chainer_gan_anime.evaluation.networks.features import Extractor
from chainer_gan_anime.evaluation.scores.registry import SCORES, full_name


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Scores that a study wants of as many images through one feature network.

    A value of the same score by another network, of another count, or by another set is another
    value.

    Attributes:
        scores: Names of registered scores.
        n: Generated images.
        extractor: Feature network; None if none of the scores needs features.
        digest: Of the set to judge by, as the lines of ``scores.jsonl`` tell it; None for images
            that are no set of their own.  A line that tells none is taken.
    """

    scores: Sequence[str]
    n: int
    extractor: Extractor | None = None
    digest: str | None = None

    def full_names(self, score: str) -> dict[str, str]:
        """Return the names of a score's values by those under which they are published."""
        needs = SCORES[score].needs and self.extractor
        extractor = self.extractor.name if needs else None
        return {full_name(name, extractor, self.n): name for name in SCORES[score].names}

    @property
    def names(self) -> dict[str, str]:
        """The names of all values by those under which they are published."""
        return {full: name for s in self.scores for full, name in self.full_names(s).items()}

    def among(self, lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return those lines of a ``scores.jsonl`` that tell what is wanted."""
        names = self.names
        return [
            line
            for line in lines
            if line.get("score") in names
            and line.get("dataset_sha256", self.digest) == self.digest
        ]

    def lacking(self, lines: Iterable[dict[str, Any]]) -> tuple[str, ...]:
        """Return the scores of which these lines of a ``scores.jsonl`` tell no value."""
        known = {line["score"] for line in self.among(lines)}
        return tuple(s for s in self.scores if known.isdisjoint(self.full_names(s)))

    def make_judge(
        self,
        real: np.ndarray,
        scores: Sequence[str] | None = None,
        seed: int = 0,
        held_out: np.ndarray | None = None,
    ) -> Judge:
        """Return who judges by these real images; all that is wanted, or some of it.

        Raises:
            UserError: There are too few images.
        """
        return Judge(real, self.n, self.extractor, scores or self.scores, seed, held_out)
