"""Paths between latents: spherical and linear interpolation, and a closed walk."""

from __future__ import annotations

import numpy as np


def lerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Interpolate linearly: (1 - t) a + t b.

    Args:
        a: Latent (n_hidden,).
        b: Latent (n_hidden,).
        t: Positions in [0, 1], (T,).

    Returns:
        float32 (T, n_hidden).
    """
    t = np.asarray(t)[:, None]
    return ((1 - t) * a + t * b).astype(np.float32)


def slerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Interpolate along the great circle, with the length going linearly.

    A straight line between two latents passes nearer the origin than latents ever lie; this
    does not (White 2016, "Sampling generative networks").  Arguments and result as of
    :func:`lerp`; (nearly) parallel latents fall back to it.
    """
    length_a, length_b = np.linalg.norm(a), np.linalg.norm(b)
    cosine = np.clip(np.dot(a, b) / (length_a * length_b), -1, 1)
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-6:
        return lerp(a, b, t)
    t = np.asarray(t)[:, None]
    direction = (
        np.sin((1 - t) * angle) * (a / length_a) + np.sin(t * angle) * (b / length_b)
    ) / np.sin(angle)
    return (((1 - t) * length_a + t * length_b) * direction).astype(np.float32)


PATHS = {"spherical": slerp, "linear": lerp}


def walk(stops: np.ndarray, steps_per_leg: int, path=slerp) -> np.ndarray:
    """Return latents along a closed walk through ``stops``.

    Args:
        stops: Latents (S, n_hidden); the walk returns to the first.
        steps_per_leg: Latents from one stop to before the next.
        path: :func:`slerp` or :func:`lerp`.

    Returns:
        float32 (S * steps_per_leg, n_hidden).
    """
    t = np.arange(steps_per_leg) / steps_per_leg
    return np.concatenate([path(a, b, t) for a, b in zip(stops, np.roll(stops, -1, axis=0))])
