"""Tag images by a network of your own: python experiments/tag.py FOLDER --model FILE."""

import sys

from chainer_gan_anime.commands.tag import main

if __name__ == "__main__":
    sys.exit(main())
