"""Which engine a resumed run goes on by."""

from __future__ import annotations

from chainer_gan_anime.kernels import engines
from crawler.shared.errors import UserError


def keep_engine(chosen: str, before: str) -> tuple[str, str | None]:
    """Choose what a run was computed by, where that can be used, so that it goes on to the bit.

    Args:
        chosen: The engine that a new run would be computed by here.
        before: The one that the run was computed by.

    Returns:
        The engine, and what to tell the user where the two differ.
    """
    chosen_name = engines.ENGINES[chosen].describe()
    try:
        kept = engines.choose_engine(before)
    except UserError:
        return chosen, (
            f"This run was computed by {before} so far, which cannot be used here: it goes on "
            f"by {chosen_name}, with other rounding."
        )
    if kept == chosen:
        return kept, None
    return kept, (
        f"This run was computed by {engines.ENGINES[kept].describe()} so far, and goes on by that "
        f"and not by {chosen_name}."
    )
