"""EfficientNet-Lite with random weights, for tests that have none to read."""

from __future__ import annotations

import chainer
import numpy as np

from chainer_gan_anime.pretrained import efficientnet


def random_network(name: str = "efficientnet-lite0") -> efficientnet.EfficientNetLite:
    """Returns a network with random weights and statistics that keep the signal alive."""
    random = np.random.RandomState(0)
    net = efficientnet.EfficientNetLite(name)
    for link in net.links():
        if isinstance(link, chainer.links.BatchNormalization):
            link.gamma.array[...] = random.uniform(0.5, 1.5, link.gamma.shape)
            link.beta.array[...] = random.uniform(-0.5, 1, link.beta.shape)
            link.avg_mean[...] = random.normal(0, 0.1, link.avg_mean.shape)
            link.avg_var[...] = random.uniform(0.5, 1, link.avg_var.shape)
        elif isinstance(link, chainer.links.Convolution2D):
            w = link.W.array
            w[...] = random.normal(0, (2 / w[0].size) ** 0.5, w.shape)
    return net
