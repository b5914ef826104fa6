"""Train a GAN: python experiments/train.py --algorithm sngan --dataset getchu."""

import sys

from chainer_gan_anime.commands.train import main

if __name__ == "__main__":
    sys.exit(main())
