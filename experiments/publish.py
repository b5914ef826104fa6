"""Hand runs' generators on: python experiments/publish.py RUN [RUN ...] --out results/best."""

import sys

from chainer_gan_anime.commands.publish import main

if __name__ == "__main__":
    sys.exit(main())
