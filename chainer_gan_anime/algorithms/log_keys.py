"""What the log of a run holds: the keys that the steps and their watchers report."""

from __future__ import annotations

from typing import NamedTuple


class LogKey(NamedTuple):
    """A number of the log: what a reader calls it, and the panel of curves it belongs to."""

    label: str
    panel: str


# What every run's log may hold, in the order of tables and curves.  An algorithm's entry in the
# registry adds its own (:attr:`chainer_gan_anime.algorithms.algorithm.Algorithm.log_keys`).
LOG_KEYS = {
    "loss_gen": LogKey("G's loss", "loss"),
    "loss_dis": LogKey("D's loss", "loss"),
    "loss_gen_features": LogKey("G's loss on features", "loss"),
    "loss_dis_features": LogKey("the loss of D on features", "loss"),
    "logit_real": LogKey("D's mean logit of real", "D's mean logit"),
    "logit_fake": LogKey("D's mean logit of generated", "D's mean logit"),
    "accuracy_real": LogKey("D's share right on real", "D's share of right signs"),
    "accuracy_fake": LogKey("D's share right on generated", "D's share of right signs"),
    "critic_real": LogKey("the critic's mean on real", "the critic's mean"),
    "critic_fake": LogKey("the critic's mean on generated", "the critic's mean"),
    "r1": LogKey("R1 penalty", "what is added to D's loss"),
    "lecam": LogKey("LeCam penalty", "what is added to D's loss"),
    "augment_strength": LogKey("strength of the augmentation", "strength of the augmentation"),
    "gradient_norm": LogKey("gradient of G's loss at the image", "gradient at the image"),
    "deviation": LogKey("deviation over fixed z", "deviation over fixed z"),
}
