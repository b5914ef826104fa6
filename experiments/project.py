"""Find the faces nearest to pictures: python experiments/project.py RUN PICTURE --cut wide."""

import sys

from chainer_gan_anime.commands.project import main

if __name__ == "__main__":
    sys.exit(main())
