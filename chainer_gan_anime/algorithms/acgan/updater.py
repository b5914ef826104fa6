"""DRAGAN with tags: G draws what it is told, and D must read it back."""

from __future__ import annotations

import chainer
import chainer.functions as F

from chainer_gan_anime.algorithms.dragan.updater import Updater as DraganUpdater
from chainer_gan_anime.common.tags import join
from chainer_gan_anime.common.updater import apply_gradients


def tag_loss(y_tags: chainer.Variable, tags) -> chainer.Variable:
    """Return L_cls: the sigmoid cross entropy, summed over tags, its mean over images.

    Summed, because the adversarial loss beside it is weighted by the number of tags; a mean
    over tags beside that weight would let the tags count that many times too little.

    Args:
        y_tags: Logits of the tags, (B, T).
        tags: What they should be, int32 (B, T) of 0 and 1.
    """
    return F.sigmoid_cross_entropy(y_tags, tags, normalize=False)  # divides by B alone


class Updater(DraganUpdater):
    """DRAGAN's step with tags; see that class for the arguments.

    L(D) = L_cls(x) + L_cls(G(z, c)) + T L_adv(D) + lam * penalty, and
    L(G) = L_cls(G(z, c)) + T L_adv(G), with T tags.  The penalty is on the gradient of the
    adversarial logit alone.  The tags c of fakes are drawn evenly, not as the data has them.

    Args:
        lam: Weight of the gradient penalty beside T times the adversarial loss: 0.5 in the
            paper; the article's nets keep DRAGAN's own balance with 10 times 34.
        tag_fakes: Whether D learns the tags of fakes too, as published.  Then it learns to read
            what G draws for a tag, right or wrong, and a young G is told that it was right.

    Reports loss_tags_gen and loss_tags_dis, the latter of reals, beside the others.

    Source: Jin et al. 2017 (MakeGirlsMoe, arXiv:1708.05509), section 4; the weights as its
    readers have them.
    """

    def __init__(
        self,
        *,
        lam: float = 0.5,
        perturb_std: str = "pixel",
        tag_fakes: bool = True,
        **kwargs,
    ):
        super().__init__(lam=lam, perturb_std=perturb_std, **kwargs)
        self.tag_fakes = tag_fakes
        self.vocabulary = self.gen.vocabulary

    def next_batch(self):
        """Return the next real images (B, 3, H, W), and keep their tags for D's step."""
        x_real, self.tags_real = super().next_batch()
        return x_real

    def draw_hidden(self, batchsize: int):
        """Draw latents with tags, float32 (B, n_hidden + T, 1, 1), and keep the tags."""
        n = batchsize * self.workers.size
        z = self.gen.make_latents(n, self.rng)
        tags = self.vocabulary.draw_evenly(n, self.rng)
        send = self.gen.device.send
        self.tags_fake = send(self.workers.share(tags).astype("int32"))
        return send(self.workers.share(join(z, tags)))

    def update_gen(self, x_real):
        """Make G's step and return the fakes it was made on, an array (B, 3, H, W)."""
        x_fake = self.gen(self.draw_hidden(len(x_real)))
        with chainer.using_config("in_recomputing", True):
            y, y_tags = self.dis.judge(x_fake)
        loss, loss_tags = self.loss.gen(y), tag_loss(y_tags, self.tags_fake)
        apply_gradients(self.get_optimizer("opt_gen"), loss_tags + len(self.vocabulary) * loss)
        chainer.report({"loss_gen": loss, "loss_tags_gen": loss_tags})
        return x_fake.array

    def update_dis(self, x_real, x_fake) -> None:
        """Make D's step on arrays (B, 3, H, W) of real and generated images."""
        y, y_tags = self.dis.judge(self.dis.xp.concatenate([x_real, x_fake]))
        y_real, y_fake = F.split_axis(y, [len(x_real)], axis=0)
        y_tags_real, y_tags_fake = F.split_axis(y_tags, [len(x_real)], axis=0)
        loss = self.loss.dis(y_real, y_fake)
        loss_real = tag_loss(y_tags_real, self.tags_real)
        watched = self.watch(y_real.array, y_fake.array)
        chainer.report({"loss_dis": loss, "loss_tags_dis": loss_real, **watched})
        loss_tags = loss_real
        if self.tag_fakes:
            loss_tags = loss_tags + tag_loss(y_tags_fake, self.tags_fake)
        weighted = loss_tags + len(self.vocabulary) * loss
        apply_gradients(self.get_optimizer("opt_dis"), weighted + self.penalty(x_real, x_fake))
