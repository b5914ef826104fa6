"""Adam's step sizes for nets narrower than those that the presets were made for.

Adam moves each weight by about its step size, whatever the layer's width.  With n inputs and n
outputs the moves of one update, which agree with each other, then change what the layer gives
as n does, while its random first weights give something that grows as the square root of n.  So
the same step size moves a narrow net less (Yang and Hu, arXiv:2203.03466, tune wide nets on
narrow ones by this).  Where a normalisation takes the weights' size out again, the step keeps
its effect if it grows as sqrt(512 / ch); where nothing does, as in DRAGAN's D, whose first
gradient at an image besides falls from 0.042 at ch 512 to 0.00065 at ch 64, as 512 / ch.

With spectral normalisation the steps are left alone: SN-GAN of 64 channels draws varied faces at
the article's 1e-4, and the same few faces over and over at the 2.8e-4 of that rule.
"""

from __future__ import annotations

FULL_CH = 512  # of the article and of upstream


def scaled_alphas(
    alpha_gen: float, alpha_dis: float, ch: int, normalisation: str
) -> dict[str, float]:
    """Return a preset's step sizes, scaled to nets of ``ch`` channels.

    Args:
        alpha_gen: Adam's step size for G at :data:`FULL_CH`; G has batch normalisation.
        alpha_dis: Adam's step size for D there.
        ch: Channels of the widest layer.
        normalisation: D's, as the registry names it: ``'none'``, ``'spectral'`` or ``'batch'``.

    Returns:
        ``adam_alpha_gen`` and ``adam_alpha_dis``, rounded to two digits.
    """
    ratio = 1 if normalisation == "spectral" else FULL_CH / ch
    factor_dis = ratio if normalisation == "none" else ratio**0.5
    return {
        "adam_alpha_gen": float(f"{alpha_gen * ratio**0.5:.1e}"),
        "adam_alpha_dis": float(f"{alpha_dis * factor_dis:.1e}"),
    }
