"""The adversarial losses and the penalty on D's gradient, as pure functions of logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import chainer
import chainer.functions as F
from chainer import Variable

from chainer_gan_anime.common.mixed_precision import GRADIENT_SCALE


class Loss(NamedTuple):
    """A pair of losses; each is a mean over the batch, a scalar variable."""

    dis: Callable[[Variable, Variable], Variable]  # (logits of reals, logits of fakes)
    gen: Callable[[Variable], Variable]  # (logits of fakes)
    signs: bool = True  # whether a logit above 0 says real


def softplus_loss_dis(y_real: Variable, y_fake: Variable) -> Variable:
    """Discriminator's loss of the original GAN: mean softplus(-D(x)) + mean softplus(D(G(z))).

    Args:
        y_real: Logits of real images, (B, 1).
        y_fake: Logits of generated images, (B, 1).

    Source: Goodfellow et al. 2014, eq. 1, written on logits as in upstream's updaters.
    """
    return F.average(F.softplus(-y_real)) + F.average(F.softplus(y_fake))


def softplus_loss_gen(y_fake: Variable) -> Variable:
    """Generator's non-saturating loss: mean softplus(-D(G(z))), from logits (B, 1)."""
    return F.average(F.softplus(-y_fake))


def hinge_loss_dis(y_real: Variable, y_fake: Variable) -> Variable:
    """Discriminator's hinge loss: mean max(0, 1 - D(x)) + mean max(0, 1 + D(G(z))).

    Source: Miyato et al. 2018 (SN-GAN), eq. 16.
    """
    return F.average(F.relu(1 - y_real)) + F.average(F.relu(1 + y_fake))


def hinge_loss_gen(y_fake: Variable) -> Variable:
    """Generator's part of the hinge loss: -mean D(G(z)) (SN-GAN, eq. 17)."""
    return -F.average(y_fake)


def wasserstein_loss_dis(y_real: Variable, y_fake: Variable) -> Variable:
    """Critic's loss: mean D(G(z)) - mean D(x), an estimate of the distance with minus sign.

    Source: Arjovsky et al. 2017 (WGAN), algorithm 1; upstream's wgan_gp/updater.py.
    """
    return F.average(y_fake) - F.average(y_real)


LOSSES = {
    "softplus": Loss(softplus_loss_dis, softplus_loss_gen),
    "hinge": Loss(hinge_loss_dis, hinge_loss_gen),
    # G's part is the hinge loss's: -mean D(G(z)).
    "wasserstein": Loss(wasserstein_loss_dis, hinge_loss_gen, signs=False),
}

# Keeps the square root of an exactly zero gradient differentiable (upstream: NaN).
NORM_EPS = 1e-12


def gradient_at(x: Variable, y: Variable, half: bool = False) -> Variable:
    """Return the gradient of D's summed outputs at each image; it has a gradient itself.

    Args:
        x: Images (B, 3, H, W), as D was given them.
        y: What D made of them, (B, 1).
        half: Whether D's layers compute in half precision, where it is scaled on the way.
    """
    y = F.sum(y)
    if not half:
        return chainer.grad([y], [x], enable_double_backprop=True)[0]
    return chainer.grad([GRADIENT_SCALE * y], [x], enable_double_backprop=True)[0] / GRADIENT_SCALE


def gradient_penalty(gradient: Variable, lam: float) -> Variable:
    """Penalty on the norm of D's gradient at each image: lam * mean((|g|_2 - 1)^2).

    Args:
        gradient: Gradient of the logit with respect to the image, (B, C, H, W).
        lam: Weight of the penalty, the paper's lambda.

    Source: Kodali et al. 2017 (DRAGAN), section 2.3; the norm is over all of C, H and W.
    """
    norm = F.sqrt(F.batch_l2_norm_squared(gradient) + NORM_EPS)
    return lam * F.average((norm - 1) ** 2)
