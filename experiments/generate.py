"""Draw with a trained generator: python experiments/generate.py RUN --grid 10."""

import sys

from chainer_gan_anime.commands.generate import main

if __name__ == "__main__":
    sys.exit(main())
