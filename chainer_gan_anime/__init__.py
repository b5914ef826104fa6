"""DRAGAN, SN-GAN and DCGAN for anime faces, in Chainer."""

from chainer_gan_anime import compat  # noqa: F401  first: makes Chainer importable
