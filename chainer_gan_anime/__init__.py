"""DRAGAN, SN-GAN and more for anime faces, in Chainer; see :mod:`chainer_gan_anime.api`."""

from typing import TYPE_CHECKING

from chainer_gan_anime import compat  # noqa: F401  first: makes Chainer importable

if TYPE_CHECKING:
    from chainer_gan_anime.api import draw, load_generator, save_grid

__all__ = ["draw", "load_generator", "save_grid"]


def __getattr__(name: str):
    """Import what a notebook needs when it is asked for: no command waits for all of it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chainer_gan_anime import api

    return getattr(api, name)
