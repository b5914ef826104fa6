"""Score how well a run draws by tags: python experiments/control.py RUN --out results/tags."""

import sys

from chainer_gan_anime.commands.control import main

if __name__ == "__main__":
    sys.exit(main())
