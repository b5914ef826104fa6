"""Put the article's questions to nets: python experiments/questions.py --white A --wild B."""

import sys

from chainer_gan_anime.commands.questions import main

if __name__ == "__main__":
    sys.exit(main())
