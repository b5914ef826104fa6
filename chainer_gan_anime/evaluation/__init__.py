"""Judges generators: features, scores against a floor, alarms.

Each score is one short file that registers itself by name (:mod:`.registry`); importing this
package fills the registry, in the order in which tables show the scores.
"""

# isort: off
from chainer_gan_anime.evaluation import kid, fid, prdc  # noqa: F401
from chainer_gan_anime.evaluation import ms_ssim, diversity, clusters  # noqa: F401
from chainer_gan_anime.evaluation import whole_faces, borders, memorisation  # noqa: F401
