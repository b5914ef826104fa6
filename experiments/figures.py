"""Draw figures of finished runs: python experiments/figures.py article RUN RUN --out DIR."""

import sys

from chainer_gan_anime.commands.figures import main

if __name__ == "__main__":
    sys.exit(main())
