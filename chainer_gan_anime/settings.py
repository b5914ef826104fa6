"""Settings: everything that decides a run, resolved once, printed, saved and compared."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from chainer_gan_anime.width import FULL_CH, scaled_alphas
from crawler.errors import UserError
from crawler.files import replacing

PRESETS = ("article", "upstream", "paper")
DTYPES = ("float32", "mixed16")


def _option(
    help: str, default: Any = dataclasses.MISSING, choices: tuple = (), low=None, high=None
):
    """Return a dataclass field that carries its flag's help and its bounds."""
    metadata = dict(help=help, choices=choices, low=low, high=high)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """One run's settings; each field is a flag of ``experiments/train.py``.

    A preset is a row of constants (:data:`SHARED_PRESETS` and the algorithm's own), and a flag
    overrides one value of it.  Fields that the algorithm does not use are None.
    """

    algorithm: str = _option("dcgan, dragan or sngan")
    dataset: str = _option("a name under the data root, a folder, a zip, or sample")
    preset: str = _option("row of constants that the flags override", "article", PRESETS)
    variant: str = _option("nets: A (article), B (upstream) or paper", "A", ("A", "B", "paper"))
    image_size: int = _option("height and width of the images in pixels", 64, low=8)
    ch: int = _option("channels of the widest layer", FULL_CH, low=1)
    n_hidden: int = _option("size of the latent z", 100, low=1)
    z_distribution: str = _option("z from U(-1, 1) or N(0, 1)", "uniform", ("uniform", "normal"))
    epochs: float = _option("length; an epoch is ceil(images / batch size) batches", 350, low=0)
    iterations: int | None = _option("length in iterations (G updates) instead", None, low=1)
    batch_size: int = _option("images per batch", 100, low=1)
    sampling: str = _option(
        "batches drawn with replacement, or from shuffled epochs",
        "replacement",
        ("replacement", "shuffle"),
    )
    flip: bool = _option("mirror half of the images", False)
    loss: str = _option("softplus (original GAN) or hinge", "softplus", ("softplus", "hinge"))
    n_dis: int = _option("steps of D per step of G", 1, low=1)
    fresh_fakes: bool = _option("D's step judges newly drawn fakes, not those of G's", False)
    lam: float | None = _option("weight of DRAGAN's gradient penalty", None, low=0)
    perturb_std: str | None = _option(
        "DRAGAN's noise scaled by the deviation per pixel, or by one scalar",
        None,
        ("pixel", "scalar"),
    )
    power_iteration: str | None = _option(
        "SN-GAN's u moves once per update of D, or at every forward pass",
        None,
        ("update", "forward"),
    )
    adam_alpha_gen: float = _option("Adam's step size for G", 1e-4, low=0)
    adam_alpha_dis: float = _option("Adam's step size for D", 1e-4, low=0)
    adam_beta1: float = _option("Adam's decay of the mean", 0.5, low=0, high=1)
    adam_beta2: float = _option("Adam's decay of the variance", 0.999, low=0, high=1)
    generator_average: float = _option(
        "decay of an exponential average of G, such as 0.999; 0 is off", 0.0, low=0, high=1
    )
    seed: int = _option("seed of every random stream", 0, low=0)
    log_every: int = _option("iterations per line of the log", 100, low=1)
    preview_every: float = _option("epochs per grid of samples", 1, low=0)
    snapshot_every: float = _option("epochs per snapshot", 10, low=0)
    evaluate_every: float = _option(
        "epochs per scoring of 1000 samples; 0 is off (needs the extra features)", 0, low=0
    )
    keep_snapshots: int = _option("full snapshots that stay on the disk", 2, low=1)
    sync_bn: bool = _option(
        "batch normalisation over the whole batch of all workers, not each one's share", False
    )
    dtype: str = _option(
        "float32, or mixed16: layers in half precision, the rest in single (CUDA)",
        "float32",
        DTYPES,
    )
    tf32: bool = _option("float32 products by TF32 tensor cores, 10 bits (CUDA, Ampere on)", False)
    autotune: bool = _option("let cuDNN try which algorithm is fastest", False)
    deterministic: bool = _option("only cuDNN's deterministic algorithms", False)
    stock_kernels: bool = _option("Chainer's own CPU functions instead of the faster ones", False)

    def __post_init__(self):
        for field in dataclasses.fields(self):
            self._check(field, getattr(self, field.name))
        if self.autotune and self.deterministic:
            raise UserError(
                "--autotune lets cuDNN choose by speed and --deterministic by rule: give one."
            )

    def _check(self, field: dataclasses.Field, value: Any) -> None:
        flag = flag_name(field.name)
        choices, low, high = (field.metadata[key] for key in ("choices", "low", "high"))
        if value is None:
            return
        if choices and value not in choices:
            raise UserError(f"{flag} {value} is unknown: take one of {', '.join(choices)}.")
        # Written so that NaN fails too.
        if low is not None and not value >= low:
            raise UserError(f"{flag} {value} is too small: take at least {low}.")
        if high is not None and not value < high:
            raise UserError(f"{flag} {value} is too large: stay below {high}.")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in use by name; what the algorithm does not use is left out."""
        return {key: value for key, value in dataclasses.asdict(self).items() if value is not None}

    def differences(self, other: Settings) -> list[str]:
        """Return one line per value in which ``other`` differs, lengths and data's name aside."""
        mine, its = dataclasses.asdict(self), dataclasses.asdict(other)
        # The data is compared by content, and the length may grow: the run checks both.
        # cuDNN's choices change no more than the rounding.
        skipped = {"epochs", "iterations", "dataset", "autotune", "deterministic"}
        return [
            f"{flag_name(key)}: {mine[key]} before, {its[key]} now"
            for key in mine
            if key not in skipped and mine[key] != its[key]
        ]

    def count_iterations(self, n_images: int) -> int:
        """Return the length in iterations for a set of ``n_images`` images."""
        if self.iterations is not None:
            return self.iterations
        return self.to_iterations(self.epochs, n_images)

    def to_iterations(self, epochs: float, n_images: int) -> int:
        """Return how many iterations ``epochs`` are, at least 1.

        An iteration draws ``n_dis`` batches, so with n_dis 2 the same epochs hold half as many
        updates of G.
        """
        batches_per_epoch = -(-n_images // self.batch_size)
        return max(1, -(-round(epochs * batches_per_epoch) // self.n_dis))


def flag_name(field_name: str) -> str:
    """Return the flag of a settings field: ``n_dis`` is ``--n-dis``."""
    return "--" + field_name.replace("_", "-")


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
}


def resolve(algorithm: str, dataset: str, preset: str = "article", **given: Any) -> Settings:
    """Resolve a preset and the values given beside it into settings.

    Args:
        algorithm: Name in the registry.
        dataset: What ``--dataset`` names.
        preset: ``'article'``, ``'upstream'`` or ``'paper'``.
        **given: Fields of :class:`Settings` that override the preset; ``adam_alpha`` stands
            for both ``adam_alpha_gen`` and ``adam_alpha_dis``, and ``scale_alpha`` scales the
            preset's to the nets' width (:mod:`chainer_gan_anime.width`).

    Raises:
        UserError: A name is unknown, a value out of bounds, or an option not the algorithm's.
    """
    from chainer_gan_anime.algorithms import ALGORITHMS

    if algorithm not in ALGORITHMS:
        raise UserError(
            f"--algorithm {algorithm} is unknown: take one of {', '.join(ALGORITHMS)}."
        )
    if preset not in PRESETS:
        raise UserError(f"--preset {preset} is unknown: take one of {', '.join(PRESETS)}.")
    entry = ALGORITHMS[algorithm]
    special = {name for other in ALGORITHMS.values() for name in other.options}
    for name in special - set(entry.options):
        if given.get(name) is not None:
            raise UserError(f"{flag_name(name)} is no option of {algorithm}: leave it out.")
    values = _spread_alpha({**SHARED_PRESETS[preset], **entry.presets[preset]})
    if given.pop("scale_alpha", False):
        alphas = values["adam_alpha_gen"], values["adam_alpha_dis"]
        values |= scaled_alphas(*alphas, given.get("ch", FULL_CH), entry.normalisation)
    values |= _spread_alpha(given)
    if "epochs" in given and "iterations" not in given:
        values["iterations"] = None
    return Settings(algorithm=algorithm, dataset=dataset, preset=preset, **values)


def _spread_alpha(values: dict[str, Any]) -> dict[str, Any]:
    """Spell ``adam_alpha`` out for G and D where they are not given themselves."""
    values = dict(values)
    alpha = values.pop("adam_alpha", None)
    if alpha is not None:
        values.setdefault("adam_alpha_gen", alpha)
        values.setdefault("adam_alpha_dis", alpha)
    return values


def save(path: Path, settings: Settings, facts: dict[str, Any]) -> None:
    """Write settings.json: the settings, and facts about the data and the machine.

    Args:
        path: The file.
        settings: The run's settings.
        facts: What the run found, such as the number of images and versions.
    """
    with replacing(path, "w") as file:
        json.dump({"settings": settings.to_dict(), **facts}, file, indent=2, ensure_ascii=False)
        file.write("\n")


def load(path: Path) -> tuple[Settings, dict[str, Any]]:
    """Read settings.json; return the settings and the facts beside them.

    Raises:
        UserError: The file is missing or is not one of ours.
    """
    try:
        facts = json.loads(Path(path).read_text(encoding="utf-8"))
        return Settings(**facts.pop("settings")), facts
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: give the folder of a run.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is not a settings file of this version ({error}): "
            "give the folder of a run, or start a new one."
        ) from None
