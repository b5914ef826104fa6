"""dataset.json: the labels that NVlabs' StyleGAN reads beside the images, made from tags."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from crawler.dataset.records import Record

FILE_NAME = "dataset.json"
N_TAGS = 32
# A tag that nearly all or hardly any faces have tells a net nothing.
LEAST_SHARE, MOST_SHARE = 0.02, 0.98


def dataset_json(records: Sequence[Record], names: Sequence[str]) -> bytes | None:
    """Each image's name with a vector of 0 and 1 for the most frequent tags.

    The tags stand in the same file, in the vector's order (StyleGAN reads ``labels`` alone).

    Args:
        records: The faces.
        names: Each face's file in the archive.

    Returns:
        The file, or None where no tag tells faces apart.
    """
    of = [(record.tags or "").split() for record in records]
    counts = Counter(tag for tags in of for tag in set(tags))
    low, high = LEAST_SHARE * len(records), MOST_SHARE * len(records)
    telling = [tag for tag, n in counts.items() if low <= n <= high]
    chosen = sorted(telling, key=lambda tag: (-counts[tag], tag))[:N_TAGS]
    if not chosen:
        return None
    labels = [[name, [int(tag in tags) for tag in chosen]] for name, tags in zip(names, of)]
    return json.dumps({"labels": labels, "tags": chosen}, ensure_ascii=False).encode()
