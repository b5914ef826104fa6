"""Nets that know tags: G draws by them, D reads them back with a second head."""

from __future__ import annotations

import json
from collections.abc import Sequence

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common import net, srresnet
from chainer_gan_anime.common.tags import Vocabulary, join


class Tagged:
    """Makes a generator draw by tags: its input is z (n_hidden), then the tags as -1 and 1.

    The vocabulary is part of the net, and so of every file that holds it.

    Args:
        vocabulary: The tags.
        n_hidden: Size of the latent z alone.
        **arguments: The generator's.
    """

    def __init__(self, vocabulary: Vocabulary, n_hidden: int, **arguments):
        super().__init__(n_hidden=n_hidden + len(vocabulary), **arguments)
        self.n_hidden = n_hidden
        self.vocabulary = vocabulary
        # As numbers, because a snapshot holds nothing else.
        text = json.dumps(vocabulary.to_dict()).encode()
        self.add_persistent("tags", np.frombuffer(text, np.uint8).copy())

    def make_hidden(self, batchsize: int, rng: np.random.RandomState | None = None) -> np.ndarray:
        """Draw z and, as often as the data has them, tags: float32 (B, n_hidden + T, 1, 1)."""
        return self.make_asked(batchsize, self.rng if rng is None else rng, ())

    def make_asked(
        self, batchsize: int, rng: np.random.RandomState, asked: Sequence[str]
    ) -> np.ndarray:
        """Draw as :meth:`make_hidden` from the same stream, but all with the tags asked for.

        Raises:
            UserError: A tag is unknown, or two exclude each other.
        """
        z = self.make_latents(batchsize, rng)
        return join(z, self.vocabulary.draw_as_in_data(batchsize, rng, asked))

    def make_latents(self, batchsize: int, rng: np.random.RandomState) -> np.ndarray:
        """Draw z alone, float32 (B, n_hidden, 1, 1)."""
        return super().make_hidden(batchsize, rng)


def read_vocabulary(tags: np.ndarray) -> Vocabulary:
    """Return the vocabulary in the entry ``tags`` of a generator's file."""
    return Vocabulary.from_dict(json.loads(tags.tobytes()))


class TagHead:
    """Gives a discriminator a second linear layer, ``l_tags``, on the same features.

    Called as any discriminator it gives the adversarial logit alone, so whatever asks only for
    that (the gradient penalty, the watchers) does not touch the tags.

    Args:
        vocabulary: The tags.
        rng: Stream of the first weights.
        **arguments: The discriminator's.
    """

    def __init__(self, vocabulary: Vocabulary, rng: np.random.RandomState, **arguments):
        super().__init__(rng=rng, **arguments)
        w = chainer.initializers.Normal(net.WEIGHT_STD, rng=rng)
        with self.init_scope():
            self.l_tags = L.Linear(self.l4.W.shape[1], len(vocabulary), initialW=w)

    def judge(self, x) -> tuple[chainer.Variable, chainer.Variable]:
        """Judge images (B, 3, H, W): the logits (B, 1), and those of their tags (B, T)."""
        h = self.features(x)
        dtype = self.l4.W.dtype
        return F.cast(self.l4(h), dtype), F.cast(self.l_tags(h), dtype)


class ArticleGenerator(Tagged, net.ArticleGenerator):
    """Variant A's, by tags."""


class DCGANGenerator(Tagged, net.DCGANGenerator):
    """Variant B's, by tags."""


class SRResNetGenerator(Tagged, srresnet.SRResNetGenerator):
    """MakeGirlsMoe's, by tags."""


class ArticleDiscriminator(TagHead, net.ArticleDiscriminator):
    """Variant A's, with tags."""


class WGANDiscriminator(TagHead, net.WGANDiscriminator):
    """Variant B's, with tags."""


class PaperDiscriminator(TagHead, net.PaperDiscriminator):
    """The SN-GAN paper's, with tags."""


class SRResNetDiscriminator(TagHead, srresnet.SRResNetDiscriminator):
    """MakeGirlsMoe's, with tags."""


GENERATORS = {
    "A": ArticleGenerator,
    "B": DCGANGenerator,
    "paper": DCGANGenerator,
    "srresnet": SRResNetGenerator,
}
DISCRIMINATORS = {
    "A": ArticleDiscriminator,
    "B": WGANDiscriminator,
    "paper": PaperDiscriminator,
    "srresnet": SRResNetDiscriminator,
}
