import chainer_gan_anime  # noqa: F401  makes Chainer importable before a test imports it
