"""What each lever is worth: python experiments/levers.py --dataset NAME --algorithm sngan."""

import sys

from chainer_gan_anime.commands.levers import main

if __name__ == "__main__":
    sys.exit(main())
