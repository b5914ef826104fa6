"""Mixed precision: layers computed in float16; weights, norms, losses and steps in float32.

Chainer's own ``mixed16`` keeps the weights in float16 and hides float32 copies of them in the
optimizer's update rules, which no snapshot holds; ``chainer.grad`` does not tell the update rule
of the loss scale; and a running average of float16 weights stands still.  Here the weights stay
float32 and are cast on the way into each layer (after spectral normalisation, whose eps of 1e-12
is nothing in float16), as Micikevicius et al. 2018, "Mixed precision training", describe it.
Batch normalisation takes float16 images and keeps float32 statistics by itself.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

# DRAGAN's penalty needs the gradient of the logit at each pixel, which is about 1/100 and, in a
# young D, far less; multiplied by this it stays among float16's normal numbers (6e-5 to 65504).
GRADIENT_SCALE = 256.0


class HalfPrecision(chainer.LinkHook):
    """Link hook under which a layer computes with float16 copies of its parameters."""

    name = "HalfPrecision"

    def forward_preprocess(self, args) -> None:
        """Cast; a spectrally normalised W comes normalised, as its hook was added before."""
        link = args.link
        self._before = {name: getattr(link, name) for name in ("W", "b")}
        for name, value in self._before.items():
            if value is not None:
                setattr(link, name, F.cast(value, np.float16))

    def forward_postprocess(self, args) -> None:
        """Put back what was there, unless spectral normalisation already did."""
        for name, value in self._before.items():
            if not isinstance(getattr(args.link, name), chainer.Parameter):
                setattr(args.link, name, value)


def use_half_precision(net: chainer.Chain) -> None:
    """Make a generator's or discriminator's layers compute in float16."""
    net.compute_dtype = np.float16
    for link in net.children():
        if isinstance(link, (L.Linear, L.Convolution2D, L.Deconvolution2D)):
            link.add_hook(HalfPrecision())


def serialize_loss_scale(serializer, optimizer: chainer.Optimizer) -> None:
    """Save or restore the dynamic loss scale, which Chainer's optimizers leave out."""
    for name in ("_loss_scale", "_loss_scaling_isnan_ever"):
        setattr(optimizer, name, serializer(name[1:], getattr(optimizer, name)))
