"""Judge a run: python experiments/evaluate.py RUN --n 4000."""

import sys

from chainer_gan_anime.commands.evaluate import main

if __name__ == "__main__":
    sys.exit(main())
