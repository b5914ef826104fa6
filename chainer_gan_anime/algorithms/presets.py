"""Presets: rows of constants, and how they and the flags become a run's settings."""

from __future__ import annotations

from typing import Any

from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.options import check_value, flag_name
from chainer_gan_anime.settings import FULL_CH, OWN_LOSS, PRESET_NAMES, Settings
from crawler.shared.errors import UserError

# What the presets say for every algorithm.  Sources: the article and its author's scripts;
# upstream's example.sh and train.py; the papers of DCGAN, DRAGAN and SN-GAN.
SHARED_PRESETS: dict[str, dict[str, Any]] = {
    "article": dict(
        variant="A",
        n_hidden=100,
        z_distribution="uniform",
        epochs=350,
        batch_size=100,
        sampling="replacement",
    ),
    "upstream": dict(
        variant="B",
        n_hidden=128,
        z_distribution="uniform",
        iterations=100_000,
        batch_size=64,
        sampling="shuffle",
    ),
    "paper": dict(
        variant="paper",
        n_hidden=128,
        z_distribution="normal",
        iterations=100_000,
        batch_size=64,
        sampling="shuffle",
    ),
    # For narrow nets and few updates.  results/levers/README.md says what of it was measured and
    # what is taken from others.
    "modern": dict(
        variant="A",
        ch=128,
        n_hidden=128,
        z_distribution="normal",
        iterations=47_000,  # 3 million images
        batch_size=64,
        sampling="shuffle",
        flip=True,
        generator_average=0.999,
    ),
}


def resolve(algorithm: str, dataset: str, preset: str = "article", **given: Any) -> Settings:
    """Resolve a preset and the values given beside it into settings.

    Args:
        algorithm: Name in the registry.
        dataset: What ``--dataset`` names.
        preset: ``'article'``, ``'upstream'``, ``'paper'`` or ``'modern'``.
        **given: Fields of :class:`Settings` and options of the algorithm that override the
            preset; ``adam_alpha`` stands for both ``adam_alpha_gen`` and ``adam_alpha_dis``,
            and ``scale_alpha`` scales the preset's to the nets' width (:func:`scaled_alphas`).

    Raises:
        UserError: A name is unknown, a value out of bounds, or an option not the algorithm's.
    """
    check_value("algorithm", algorithm, tuple(ALGORITHMS))
    check_value("preset", preset, PRESET_NAMES)
    entry = ALGORITHMS[algorithm]
    if preset not in entry.presets:
        raise UserError(
            f"--preset {preset} has no row for {algorithm}: take one of "
            f"{', '.join(entry.presets)}."
        )
    row = {**entry.option_defaults(), **SHARED_PRESETS[preset], **entry.presets[preset]}
    values = _spread_alpha(row)
    if given.pop("scale_alpha", False):
        alphas = values["adam_alpha_gen"], values["adam_alpha_dis"]
        made_for = values.get("ch", FULL_CH)
        ch = given.get("ch", made_for)
        values |= scaled_alphas(*alphas, ch, entry.normalisation, made_for)
    check_value("adam_alpha", given.get("adam_alpha"), low=0)
    values |= _spread_alpha(given)
    if "epochs" in given and "iterations" not in given:
        values["iterations"] = None
    _check_choices(algorithm, values)
    options = {option.name: values.pop(option.name) for option in entry.options}
    for option in entry.options:
        option.check(options[option.name])
    others = {option.name for other in ALGORITHMS.values() for option in other.options}
    for name in others & values.keys():
        if values.pop(name) is not None:
            raise UserError(f"{flag_name(name)} is no option of {algorithm}: leave it out.")
    return Settings(algorithm=algorithm, dataset=dataset, preset=preset, options=options, **values)


def _check_choices(algorithm: str, values: dict[str, Any]) -> None:
    """Fill in, or refuse another value of, what the algorithm leaves no choice of."""
    entry = ALGORITHMS[algorithm]
    fixed = dict(entry.fixed)
    if entry.updater.own_loss is not None:
        fixed["loss"] = OWN_LOSS
    elif values.get("loss") == OWN_LOSS:
        raise UserError(f"--loss {OWN_LOSS}: {algorithm} has no loss of its own; leave it out.")
    for name, value in fixed.items():
        if values.setdefault(name, value) != value:
            raise UserError(
                f"{flag_name(name)} {values[name]} does not go with {algorithm}, whose step "
                f"knows {value} alone: leave it out."
            )


def _spread_alpha(values: dict[str, Any]) -> dict[str, Any]:
    """Spell ``adam_alpha`` out for G and D where they are not given themselves."""
    values = dict(values)
    alpha = values.pop("adam_alpha", None)
    if alpha is not None:
        values.setdefault("adam_alpha_gen", alpha)
        values.setdefault("adam_alpha_dis", alpha)
    return values


def scaled_alphas(
    alpha_gen: float, alpha_dis: float, ch: int, normalisation: str, made_for: int = FULL_CH
) -> dict[str, float]:
    """Return a preset's Adam step sizes, scaled to nets narrower than they were made for.

    Adam moves each weight by about its step size, whatever the layer's width.  With n inputs
    and n outputs the moves of one update, which agree with each other, then change what the
    layer gives as n does, while its random first weights give something that grows as the
    square root of n.  So the same step size moves a narrow net less (Yang and Hu,
    arXiv:2203.03466, tune wide nets on narrow ones by this).  Where a normalisation takes the
    weights' size out again, the step keeps its effect if it grows as sqrt(512 / ch); where
    nothing does, as in DRAGAN's D, whose first gradient at an image besides falls from 0.042 at
    ch 512 to 0.00065 at ch 64, as 512 / ch.

    With spectral normalisation the steps are left alone: SN-GAN of 64 channels draws varied
    faces at the article's 1e-4, and the same few faces over and over at the 2.8e-4 of that rule.

    Args:
        alpha_gen: Step size for G at ``made_for`` channels; G has batch normalisation.
        alpha_dis: Step size for D there.
        ch: Channels of the widest layer.
        normalisation: D's, as the registry names it: ``'none'``, ``'spectral'`` or ``'batch'``.
        made_for: Channels that the preset's steps are for.

    Returns:
        ``adam_alpha_gen`` and ``adam_alpha_dis``, rounded to two digits.
    """
    ratio = 1 if normalisation == "spectral" else made_for / max(ch, 1)
    factor_dis = ratio if normalisation == "none" else ratio**0.5
    return {
        "adam_alpha_gen": float(f"{alpha_gen * ratio**0.5:.1e}"),
        "adam_alpha_dis": float(f"{alpha_dis * factor_dis:.1e}"),
    }
