"""Batch normalisation in two launches forward and two backward, instead of eight and six."""

from __future__ import annotations

from chainer.backends import cuda

from chainer_gan_anime.kernels.cuda.layout import TO_CHANNELS
from chainer_gan_anime.kernels.cuda.statistics import MOMENTS, TWO_SUMS


def _by_channel(x):
    """Return x with the channel first, the axes of its statistics, and how to expand these."""
    if x.ndim == 4:
        return x.transpose(TO_CHANNELS), (1, 2, 3), (slice(None), None, None, None)
    return x, (0,), (None, slice(None))


def _in_order(y):
    return y.transpose(TO_CHANNELS) if y.ndim == 4 else y


def normalise(x, gamma, beta, eps: float, running_mean, running_var, decay: float):
    """Normalise by the batch's statistics and move the running ones.

    Args:
        x: Images (n, c, h, w), by channel, or vectors (n, c), by unit; float32.
        gamma, beta: Scale and shift, (c,).
        eps: Added to the variance.
        running_mean, running_var: Moved in place, (c,).
        decay: Weight of their past.

    Returns:
        The normalised x; mean, variance and 1 / sqrt(variance + eps), (c,) each.
    """
    xp = cuda.cupy
    view, axes, expand = _by_channel(x)
    mean, var, inv_std = (xp.empty(gamma.shape, x.dtype) for _ in range(3))
    m = x.size // gamma.size
    cuda.reduce(
        "T x, float32 eps, float32 decay, float32 unbiased",
        "T mean, T var, T inv_std, T running_mean, T running_var",
        "Moments(x)",
        "merge(a, b)",
        "mean = a.mean, var = a.squares / a.n, inv_std = rsqrt(var + eps),"
        "running_mean = decay * running_mean + (1 - decay) * mean,"
        "running_var = decay * running_var + (1 - decay) * unbiased * var",
        "",
        "batch_statistics",
        reduce_type="Moments",
        preamble=MOMENTS,
    )(
        *(view, eps, decay, m / max(m - 1.0, 1.0)),
        *(mean, var, inv_std, running_mean, running_var),
        axis=axes,
    )
    y = cuda.elementwise(
        "T x, T mean, T inv_std, T gamma, T beta",
        "T y",
        "y = gamma * (x - mean) * inv_std + beta",
        "batch_normalise",
    )(view, mean[expand], inv_std[expand], gamma[expand], beta[expand])
    return _in_order(y), mean, var, inv_std


def gradient(x, gy, gamma, mean, inv_std):
    """Back-propagate through :func:`normalise`.

    Returns:
        Gradients of x, gamma and beta.
    """
    view, axes, expand = _by_channel(x)
    gy_view, _, _ = _by_channel(gy)
    statistics = mean[expand], inv_std[expand]
    ggamma, gbeta = cuda.reduce(
        "T x, T gy, T mean, T inv_std",
        "T ggamma, T gbeta",
        "TwoSums(gy * (x - mean) * inv_std, gy)",
        "add(a, b)",
        "ggamma = a.first, gbeta = a.second",
        "",
        "batch_normalisation_sums",
        reduce_type="TwoSums",
        preamble=TWO_SUMS,
    )(view, gy_view, *statistics, axis=axes)
    gx = cuda.elementwise(
        "T x, T gy, T mean, T inv_std, T gamma, T ggamma, T gbeta, T inv_m",
        "T gx",
        "T x_hat = (x - mean) * inv_std;"
        "gx = gamma * inv_std * (gy - (x_hat * ggamma + gbeta) * inv_m)",
        "batch_normalisation_gradient",
    )(
        *(view, gy_view, *statistics, gamma[expand], ggamma[expand], gbeta[expand]),
        gamma.size / x.size,
    )
    return _in_order(gx), ggamma, gbeta
