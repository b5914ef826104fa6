"""Balance: watches who is winning, D or G, and says so when the game is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import chainer
import chainer.functions as F
import numpy as np
from chainer import training
from tqdm import tqdm

from chainer_gan_anime.common.losses import NORM_EPS
from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.runs.records import read_alarms, write_alarms
from chainer_gan_anime.training.alarm import (
    COLLAPSE,
    D_ALWAYS_RIGHT,
    D_WINS_BY_LOSS,
    MESSAGES,
    GameAlarm,
    pixel_deviation,
)

N_WATCHED = 32  # fixed latents

ADVICE = {
    D_ALWAYS_RIGHT: "start anew with a smaller --adam-alpha-dis, or with more images",
    D_WINS_BY_LOSS: "start anew with a smaller --adam-alpha-dis, or with more images",
    COLLAPSE: "take a generator of before, and start anew with a smaller --adam-alpha-gen or "
    "another --algorithm",
}

_WATCHED_KEYS = ("accuracy_real", "accuracy_fake", "loss_dis", "loss_gen")


class Balance(training.Extension):
    """Feeds the alarm with every iteration, and measures the game whenever the log is written.

    What the updater reports (losses, sign accuracies) stays on the device until then, and comes
    to the host together with what is measured, in one transfer, so that no other iteration
    waits.  Measured, in a sixth of an iteration's time or less, and reported into the log:

    * gradient_norm: norm of the gradient of G's loss at an image, the mean over a batch drawn
      from fixed latents: what G has to learn from;
    * deviation: standard deviation over that batch, averaged over its pixels in [-1, 1];
    * sigma_<layer>: largest singular value of each layer of D as it acts: with spectral
      normalisation that of W / sigma, which says how well u follows W;
    * alarms: how many alarms are active.

    A new alarm is one sentence on the terminal and a line of ``alarms.jsonl`` beside the log.
    G and D are only looked at, in test mode and with latents of their own, so that training
    stays the same to the bit.

    Args:
        updater: The step; gives G, D and the loss.
        z: Fixed latents, (B, n_hidden, 1, 1), on the host.
        period: Iterations between measurements; those of a line of the log.
        report: Called with each alarm's sentence.
    """

    priority = training.extension.PRIORITY_EDITOR

    def __init__(
        self,
        updater: GANUpdater,
        z: np.ndarray,
        period: int,
        report: Callable[[str], None] = tqdm.write,
    ):
        self._updater = updater
        self._z = z
        self._period = period
        self._report = report
        self._alarm = GameAlarm()
        self._unread = []  # (iteration, watched values) since the alarm was last fed

    def initialize(self, trainer: training.Trainer) -> None:
        """Forget the alarms of iterations that a run gone back to a snapshot makes again."""
        self._run = Path(trainer.out)
        alarms = read_alarms(self._run)
        past = [alarm for alarm in alarms if alarm["iteration"] <= trainer.updater.iteration]
        if past != alarms:
            write_alarms(self._run, past)

    def __call__(self, trainer: training.Trainer) -> None:
        """Keep this iteration's values; measure and feed the alarm when it is time."""
        iteration = trainer.updater.iteration
        keys = _WATCHED_KEYS if self._updater.signs else ()
        values = [trainer.observation[key] for key in keys]
        self._unread.append((iteration, [getattr(v, "array", v) for v in values]))
        if iteration % self._period == 0:
            measured = self._feed(measure(self._updater, self._z))
            chainer.report({**measured, "alarms": len(self._alarm.active)})

    def _feed(self, measured: dict | None = None) -> dict[str, float]:
        """Feed the alarm with the kept values and bring what was measured to the host."""
        if not self._unread:
            return {}
        iterations, kept = zip(*self._unread)
        self._unread = []
        measured = measured or {}
        numbers = self._read([v for row in kept for v in row], list(measured.values()))
        n_kept = len(numbers) - len(measured)
        measured = dict(zip(measured, numbers[n_kept:]))
        rows = np.reshape(numbers[:n_kept], (len(kept), -1))
        if not self._updater.signs:  # a critic's losses and signs do not tell who wins
            rows = np.full((len(kept), len(_WATCHED_KEYS)), np.nan)
        for iteration, row in zip(iterations, rows):
            newest = measured.get("deviation") if iteration == iterations[-1] else None
            for name in self._alarm.update(iteration, *row, deviation=newest):
                self._tell(iteration, name)
        return measured

    def _read(self, kept: list, measured: list) -> list[float]:
        """Bring scalars of the device to the host in one transfer."""
        xp = self._updater.dis.xp
        parts = []
        if kept:
            parts.append(xp.stack([xp.asarray(v, np.float32) for v in kept]).astype(np.float64))
        if measured:
            parts.append(xp.stack([xp.asarray(v, np.float64) for v in measured]))
        if not parts:
            return []
        return chainer.get_device("@numpy").send(xp.concatenate(parts)).tolist()

    def _tell(self, iteration: int, name: str) -> None:
        message = f"{MESSAGES[name].rstrip('.')}; {ADVICE[name]}."
        self._report(f"Alarm at iteration {iteration}: {message}")
        alarm = {"iteration": iteration, "alarm": name, "message": message}
        write_alarms(self._run, [*read_alarms(self._run), alarm])

    def serialize(self, serializer) -> None:
        """Save or restore the alarm's state, which has then seen every iteration."""
        if isinstance(serializer, chainer.Serializer):
            self._feed()
        self._alarm.serialize(serializer["alarm"])


def measure(updater: GANUpdater, z: np.ndarray) -> dict:
    """Return gradient_norm, deviation and every layer's sigma of now; changes nothing.

    They are scalars on the nets' device, where nothing waits for them.

    Args:
        updater: Gives G, D and the loss.
        z: Latents, (B, n_hidden, 1, 1), on the host.
    """
    gen, dis = updater.gen, updater.dis
    measured = {}
    with chainer.using_config("train", False):
        with chainer.no_backprop_mode():
            x = gen(gen.device.send(z)).array
        measured["gradient_norm"] = gradient_norm(updater.image_loss, x)
        measured["deviation"] = pixel_deviation(x)
        for path, link in sorted(dis.namedlinks(skipself=True)):
            if hasattr(link, "W"):
                measured[f"sigma_{path[1:]}"] = largest_singular_value(acting_weight(link))
    return measured


def gradient_norm(image_loss: Callable, x):
    """Return the mean norm of the gradient of each image's own loss, for images (B, 3, H, W).

    Args:
        image_loss: G's loss on images, a mean over them.
        x: The images, an array.
    """
    x = chainer.Variable(x)
    (gradient,) = chainer.grad([image_loss(x) * len(x)], [x])
    norms = F.sqrt(F.batch_l2_norm_squared(gradient) + NORM_EPS)
    return norms.array.mean()


def acting_weight(link: chainer.Link):
    """Return the weight, an array, that the link's forward pass works with."""
    for hook in link.local_link_hooks.values():
        if isinstance(hook, SpectralNormalization):
            return hook.normalize_weight(link).array
    return link.W.array


def largest_singular_value(weight):
    """Return the largest singular value of a weight (out, in, ...), as a matrix (out, in).

    By squaring M M^T, or M^T M if that is smaller, eight times, which leaves the 256th powers
    of its eigenvalues, and of those the largest alone.  Needs no start and no decomposition, so
    that it runs on a device in a few small products.
    """
    matrix = weight.reshape(len(weight), -1)
    if len(matrix) > matrix.shape[1]:
        matrix = matrix.T
    gram = matrix @ matrix.T
    power = gram
    for _ in range(8):
        power = power / power.max()  # lies on the diagonal
        power = power @ power
    square = (gram * power).sum() / power.diagonal().sum()
    return square.astype(np.float64) ** 0.5
