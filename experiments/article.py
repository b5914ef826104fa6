"""Make the article again: python experiments/article.py --dataset-a A --dataset-b B."""

import sys

from chainer_gan_anime.commands.article import main

if __name__ == "__main__":
    sys.exit(main())
