"""Settings: everything that decides a run, resolved once, printed, saved and compared."""

from __future__ import annotations

import dataclasses
from itertools import combinations
from typing import Any

from chainer_gan_anime.options import check_value, flag_name
from crawler.shared.errors import UserError

PRESET_NAMES = ("article", "upstream", "paper", "modern")
DTYPES = ("float32", "mixed16", "bfloat16")
CPU_ENGINES = ("auto", "onednn", "numpy", "chainer")
OWN_LOSS = "own"  # stands for the one loss that an algorithm such as BEGAN has
FULL_CH = 512  # of the article's nets and upstream's
# Of pretrained/efficientnet.py, and none.
FEATURE_NETWORKS = ("none", "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
_KINDS = ("color", "translation", "cutout")
AUGMENTATIONS = ("none", *(",".join(c) for k in (1, 2, 3) for c in combinations(_KINDS, k)))
SEED_LIMIT = 2**32  # NumPy's streams take no more
MAX_EPOCHS = 1e9

# Groups of flags, in the order of --help.
WHAT, NETS, LENGTH, STEP, WATCHING, MACHINE = (
    "what is trained",
    "nets",
    "length and images",
    "the training step",
    "what is watched and kept",
    "the machine",
)


def _setting(
    help: str,
    group: str,
    default: Any = dataclasses.MISSING,
    choices: tuple = (),
    low=None,
    high=None,
    watching: bool = False,
):
    """Return a dataclass field that carries its flag's help, its group and its bounds.

    ``watching`` marks what only looks at a run: it may change when the run is resumed.
    """
    metadata = dict(help=help, group=group, choices=choices, low=low, high=high, watching=watching)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """One run's settings; each field is a flag of ``experiments/train.py``.

    A preset is a row of constants (:mod:`chainer_gan_anime.algorithms.presets`), and a flag
    overrides one value of it.  What only some algorithms have lies in ``options``.
    """

    algorithm: str = _setting("what learns to draw", WHAT)
    dataset: str = _setting("a name under the data root, a folder, a zip, or sample", WHAT)
    preset: str = _setting(
        "row of constants that the flags override", WHAT, "article", PRESET_NAMES
    )
    start_from: str | None = _setting(
        "a run's folder whose nets training starts from, instead of random weights; with a "
        "multiple of its --ch they are widened",
        WHAT,
        None,
    )
    start_steady: float = _setting(
        "share of the latents, the steadiest, that the G of --start-from is narrowed to first, "
        "such as 0.3; 0 is off",
        WHAT,
        0.0,
        low=0,
        high=1,
    )
    variant: str = _setting(
        "nets of the article (A), of upstream (B), of the paper, or of MakeGirlsMoe (srresnet)",
        NETS,
        "A",
        ("A", "B", "paper", "srresnet"),
    )
    image_size: int = _setting("height and width of the images in pixels", NETS, 64, low=8)
    ch: int = _setting("channels of the widest layer", NETS, FULL_CH, low=1)
    n_hidden: int = _setting("size of the latent z", NETS, 100, low=1)
    z_distribution: str = _setting(
        "z from U(-1, 1) or N(0, 1)", NETS, "uniform", ("uniform", "normal")
    )
    epochs: float = _setting(
        "length; an epoch is ceil(images / batch size) batches",
        LENGTH,
        350,
        low=0,
        high=MAX_EPOCHS,
    )
    iterations: int | None = _setting(
        "length in iterations (G updates) instead", LENGTH, None, low=1
    )
    batch_size: int = _setting("images per batch", LENGTH, 100, low=1)
    sampling: str = _setting(
        "batches drawn with replacement, or from shuffled epochs",
        LENGTH,
        "replacement",
        ("replacement", "shuffle"),
    )
    flip: bool = _setting("mirror half of the images", LENGTH, False)
    loss: str = _setting(
        "softplus (original GAN), hinge, wasserstein; or own, of an algorithm that has one",
        STEP,
        "softplus",
        ("softplus", "hinge", "wasserstein", OWN_LOSS),
    )
    n_dis: int = _setting("steps of D per step of G", STEP, 1, low=1)
    fresh_fakes: bool = _setting(
        "D's step judges newly drawn fakes, not those of G's", STEP, False
    )
    adam_alpha_gen: float = _setting("Adam's step size for G", STEP, 1e-4, low=0)
    adam_alpha_dis: float = _setting("Adam's step size for D", STEP, 1e-4, low=0)
    adam_beta1: float = _setting("Adam's decay of the mean", STEP, 0.5, low=0, high=1)
    adam_beta2: float = _setting("Adam's decay of the variance", STEP, 0.999, low=0, high=1)
    lr_decay: float = _setting(
        "share of the run at its end over which Adam's steps fall to 0, such as 0.5; 0 is off",
        STEP,
        0.0,
        low=0,
        high=1,
    )
    augment: str = _setting(
        "what D sees is transformed, reals and fakes (DiffAugment)", STEP, "none", AUGMENTATIONS
    )
    augment_target: float = _setting(
        "mean sign of D's logits of reals that the augmentation's strength is led to, such as "
        "0.6; 0 is full strength",
        STEP,
        0.0,
        low=0,
        high=1,
    )
    r1: float = _setting("weight of the R1 penalty, such as 1; 0 is off", STEP, 0.0, low=0)
    lecam: float = _setting("weight of the LeCam penalty, such as 0.3; 0 is off", STEP, 0.0, low=0)
    feature_dis: str = _setting(
        "a second D, which judges by what a pretrained network sees (Projected GAN; needs the "
        "extra features)",
        STEP,
        "none",
        FEATURE_NETWORKS,
    )
    generator_average: float = _setting(
        "decay of an exponential average of G, such as 0.999; 0 is off", STEP, 0.0, low=0, high=1
    )
    seed: int = _setting("seed of every random stream", STEP, 0, low=0, high=SEED_LIMIT)
    log_every: int = _setting(
        "iterations per line of the log", WATCHING, 100, low=1, watching=True
    )
    preview_every: float = _setting(
        "epochs per grid of samples", WATCHING, 1, low=0, high=MAX_EPOCHS, watching=True
    )
    snapshot_every: float = _setting(
        "epochs per snapshot", WATCHING, 10, low=0, high=MAX_EPOCHS, watching=True
    )
    snapshot_minutes: float = _setting(
        "minutes after which all that --resume needs is saved in any case; 0 is off",
        WATCHING,
        15,
        low=0,
        watching=True,
    )
    evaluate_every: float = _setting(
        "epochs per scoring of 1000 samples; 0 is off (needs the extra features)",
        WATCHING,
        0,
        low=0,
        high=MAX_EPOCHS,
        watching=True,
    )
    standing: int = _setting(
        "batches of 100 latents over which the statistics of the live G are computed before it "
        "is drawn or written, such as 16 (an average's always are); 0 is off",
        WATCHING,
        0,
        low=0,
        watching=True,
    )
    tensorboard: bool = _setting(
        "write the log as TensorBoard's event files, too (needs the extra tensorboard)",
        WATCHING,
        False,
        watching=True,
    )
    keep_snapshots: int = _setting(
        "full snapshots that stay on the disk", WATCHING, 2, low=1, watching=True
    )
    sync_bn: bool = _setting(
        "batch normalisation over the whole batch of all workers, not each one's share",
        MACHINE,
        False,
    )
    dtype: str = _setting(
        "float32; mixed16: layers in half precision, the rest in single (CUDA); or bfloat16: "
        "factors of convolutions rounded to it (CPU, oneDNN)",
        MACHINE,
        "float32",
        DTYPES,
    )
    tf32: bool = _setting(
        "float32 products by TF32 tensor cores, 10 bits (CUDA, Ampere on)", MACHINE, False
    )
    # What cuDNN chooses changes no more than the rounding.
    autotune: bool = _setting(
        "let cuDNN try which algorithm is fastest", MACHINE, False, watching=True
    )
    deterministic: bool = _setting(
        "only cuDNN's deterministic algorithms", MACHINE, False, watching=True
    )
    # They differ in rounding alone; a resumed run keeps the engine that it had (Run.resume).
    cpu_engine: str = _setting(
        "what computes on a CPU: oneDNN, the NumPy kernels or (on a GPU, too) Chainer's own "
        "functions; auto is oneDNN where it is installed",
        MACHINE,
        "auto",
        CPU_ENGINES,
        watching=True,
    )
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for field in setting_fields():
            bounds = (field.metadata[key] for key in ("choices", "low", "high"))
            check_value(field.name, getattr(self, field.name), *bounds)
        if self.start_steady and self.start_from is None:
            raise UserError(
                "--start-steady narrows the G that --start-from loads: give both, or leave it out."
            )
        if self.autotune and self.deterministic:
            raise UserError(
                "--autotune lets cuDNN choose by speed and --deterministic by rule: give one."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings in use by name, the algorithm's options among them."""
        values = {field.name: getattr(self, field.name) for field in setting_fields()}
        return {
            key: value for key, value in {**values, **self.options}.items() if value is not None
        }

    def differences(self, other: Settings) -> list[str]:
        """Return one line per value in which ``other`` trains differently.

        The length may grow and the data is compared by content: the run checks both.  What only
        watches may change.
        """
        skipped = {"epochs", "iterations", "dataset"}
        skipped |= {field.name for field in setting_fields() if field.metadata["watching"]}
        mine, its = self.to_dict(), other.to_dict()
        return [
            f"{flag_name(key)}: {mine.get(key)} before, {its.get(key)} now"
            for key in {**mine, **its}
            if key not in skipped and mine.get(key) != its.get(key)
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
        return max(1, -(-round(epochs * self.batches_per_epoch(n_images)) // self.n_dis))

    def to_epochs(self, iteration: int, n_images: int) -> float:
        """Return how many epochs end with ``iteration``."""
        return iteration * self.n_dis / self.batches_per_epoch(n_images)

    def batches_per_epoch(self, n_images: int) -> int:
        """Return how many batches an epoch is: ceil(images / batch size)."""
        return -(-n_images // self.batch_size)


def setting_fields() -> list[dataclasses.Field]:
    """Return the fields of :class:`Settings` that are flags: all but ``options``."""
    return [field for field in dataclasses.fields(Settings) if field.metadata]
