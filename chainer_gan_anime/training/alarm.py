"""Watches the game: tells when D has won, and when G's images become one.

Pure bookkeeping on numbers: an extension feeds it, so that it can be tested, saved and resumed
without a trainer.
"""

from __future__ import annotations

import numpy as np

ACCURACY = 0.99
PATIENCE = 500  # iterations
LOSS_DIS, LOSS_GEN = 0.02, 6.0
DEVIATION_SHARE = 0.25

D_ALWAYS_RIGHT = "d_always_right"
D_WINS_BY_LOSS = "d_wins_by_loss"
COLLAPSE = "collapse"

MESSAGES = {
    D_ALWAYS_RIGHT: f"D has told real from generated at over {ACCURACY:.0%} for {PATIENCE} "
    "iterations: G learns next to nothing from it.",
    D_WINS_BY_LOSS: f"D wins: its loss is below {LOSS_DIS} while G's is above {LOSS_GEN:g}.",
    COLLAPSE: "the images of fixed z differ by less than a quarter of what they did at best: "
    "G collapses.",
}


def pixel_deviation(images):
    """Return the standard deviation over a batch (B, C, H, W), averaged over its pixels.

    In double precision, as a scalar on the images' device.
    """
    return images.astype(np.float64).std(axis=0).mean()


class GameAlarm:
    """State machine with three alarms, fed once an iteration.

    ``d_always_right``: both sign accuracies of D over 0.99 for 500 iterations.
    ``d_wins_by_loss``: D's loss below 0.02 while G's is above 6.
    ``collapse``: the pixel deviation of a fixed-z batch below a quarter of its best.

    Losses and accuracies are smoothed exponentially first, by as many of the last iterations
    as ``window`` says, for one odd image must neither raise nor clear an alarm; nothing is
    raised before ``window`` iterations are seen.  An alarm is raised once, stays active until
    its condition has not held for ``window`` iterations, and may then be raised again.
    Collapse lasts until a batch of fixed z is drawn that refutes it.

    Args:
        window: Iterations that the smoothing reaches back, about.
    """

    _SMOOTHED = ("accuracy_real", "accuracy_fake", "loss_dis", "loss_gen")

    def __init__(self, window: int = 20):
        self._decay = 1 - 1 / window
        self._window = window
        self._n_updates = 0
        self._sums = np.zeros(len(self._SMOOTHED))
        self._right_since = -1  # iteration since which D has always been right; -1: it is not
        self._best_deviation = 0.0
        self._last_held = np.full(len(MESSAGES), -(10**9))  # iteration of each condition
        self._active = np.zeros(len(MESSAGES), bool)

    @property
    def active(self) -> tuple[str, ...]:
        """Names of the alarms whose condition holds now."""
        return tuple(name for name, on in zip(MESSAGES, self._active) if on)

    def update(
        self,
        iteration: int,
        accuracy_real: float,
        accuracy_fake: float,
        loss_dis: float,
        loss_gen: float,
        deviation: float | None = None,
    ) -> list[str]:
        """Take in one iteration.

        Args:
            iteration: Its number.  What follows may be NaN where an algorithm has no such thing;
                the alarms that read it then stay silent.
            accuracy_real: Share of real images of the batch with a positive logit.
            accuracy_fake: Share of generated images with a negative logit.
            loss_dis: D's loss, without penalties.
            loss_gen: G's loss.
            deviation: :func:`pixel_deviation` of the fixed-z batch, if it was drawn now.

        Returns:
            Names of the alarms raised by this iteration (see :data:`MESSAGES`).
        """
        observed = np.array([accuracy_real, accuracy_fake, loss_dis, loss_gen], np.float64)
        self._n_updates += 1
        self._sums = self._decay * self._sums + (1 - self._decay) * observed
        # the sums start at 0: divide by the weight that has come in so far
        smooth = self._sums / (1 - self._decay**self._n_updates)
        warm = self._n_updates >= self._window

        always_right = warm and smooth[:2].min() > ACCURACY
        if not always_right:
            self._right_since = -1
        elif self._right_since < 0:
            self._right_since = iteration
        holds = {
            D_ALWAYS_RIGHT: always_right and iteration - self._right_since >= PATIENCE,
            D_WINS_BY_LOSS: warm and smooth[2] < LOSS_DIS and smooth[3] > LOSS_GEN,
            COLLAPSE: False,
        }
        self._last_held[[holds[name] for name in MESSAGES]] = iteration
        now = iteration - self._last_held < self._window
        collapse = list(MESSAGES).index(COLLAPSE)
        now[collapse] = self._active[collapse]
        if deviation is not None:
            self._best_deviation = max(self._best_deviation, deviation)
            now[collapse] = deviation < DEVIATION_SHARE * self._best_deviation
        raised = [name for name, new in zip(MESSAGES, now & ~self._active) if new]
        self._active = now
        return raised

    def serialize(self, serializer) -> None:
        """Save or restore the state; a resumed run raises what an unbroken one would."""
        self._n_updates = int(serializer("n_updates", self._n_updates))
        self._sums = np.asarray(serializer("sums", self._sums))
        self._right_since = int(serializer("right_since", self._right_since))
        self._best_deviation = float(serializer("best_deviation", self._best_deviation))
        self._last_held = np.asarray(serializer("last_held", self._last_held))
        self._active = np.asarray(serializer("active", self._active))
