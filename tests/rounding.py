"""Which values of a net follow rounding alone, and so are not compared."""

import re
from collections.abc import Container


def follows_rounding(key: str, state: Container[str]) -> bool:
    """Whether it is the bias of a layer before batch normalisation, or follows from it.

    The gradient of such a bias is zero but for rounding, of which Adam makes steps of either
    sign; the normalisation's mean moves with it, and the net does not change.

    Args:
        key: A value's name, such as ``l0/b``, with the net's before it or without.
        state: All names.
    """
    found = re.fullmatch(r"(.*?)(?:d?c|l|bn)(\d\w*)/(?:b|avg_mean)", key)
    if found is None:
        return False
    net, layer = found.groups()
    has_bias = any(f"{net}{kind}{layer}/b" in state for kind in ("c", "dc", "l"))
    return has_bias and f"{net}bn{layer}/avg_mean" in state
