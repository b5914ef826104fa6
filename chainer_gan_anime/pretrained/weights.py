"""Copies a PyTorch state_dict into a Chainer network whose links carry the same names."""

from __future__ import annotations

import chainer
import chainer.links as L
import numpy as np

from crawler.shared.errors import UserError

_ATTRIBUTES = {
    L.Convolution2D: {"W": "weight", "b": "bias"},
    L.Linear: {"W": "weight", "b": "bias"},
    L.BatchNormalization: {
        "gamma": "weight",
        "beta": "bias",
        "avg_mean": "running_mean",
        "avg_var": "running_var",
    },
}


def copy_weights(
    net: chainer.Chain, state: dict[str, np.ndarray], source: str, ignore: tuple[str, ...] = ()
) -> None:
    """Fill ``net`` with the tensors of ``state``; every tensor must find its place.

    Args:
        net: The network; a link ``net.a[0].b`` takes the tensors ``a.0.b.*``.
        state: Tensor name → array.
        source: The file's name, for the error.
        ignore: Beginnings of tensor names that the network leaves out (its classifier).

    Raises:
        UserError: A tensor is missing, left over or of another shape: the file belongs to
            another network.
    """
    rest = {
        name: array
        for name, array in state.items()
        if not name.startswith(ignore) and not name.endswith("num_batches_tracked")
    }
    for path, link in net.namedlinks(skipself=True):
        for attribute, suffix in _ATTRIBUTES.get(type(link), {}).items():
            target = getattr(link, attribute)
            if target is None:  # a convolution without bias
                continue
            name = f"{path[1:].replace('/', '.')}.{suffix}"
            array = rest.pop(name, None)
            if array is None or array.shape != target.shape:
                found = "is missing" if array is None else f"has the shape {array.shape}"
                raise UserError(
                    f"{source} is a weight file of another network than {type(net).__name__}: "
                    f"{name} {found}, {target.shape} was expected; give the right file."
                )
            values = target.array if isinstance(target, chainer.Parameter) else target
            values[...] = array
    if rest:
        raise UserError(
            f"{source} is a weight file of another network than {type(net).__name__}: it has "
            f"{len(rest)} unknown tensors, {min(rest)} among them; give the right file."
        )
