"""The scores.

Each score is one short file that registers itself by name (:mod:`.registry`); importing this
package fills the registry, in the order in which tables show the scores.
"""

# isort: off
from chainer_gan_anime.evaluation.scores import kid  # noqa: F401
from chainer_gan_anime.evaluation.scores import fid  # noqa: F401
from chainer_gan_anime.evaluation.scores import prdc  # noqa: F401
from chainer_gan_anime.evaluation.scores import ms_ssim  # noqa: F401
from chainer_gan_anime.evaluation.scores import diversity  # noqa: F401
from chainer_gan_anime.evaluation.scores import clusters  # noqa: F401
from chainer_gan_anime.evaluation.scores import whole_faces  # noqa: F401
from chainer_gan_anime.evaluation.scores import spectrum  # noqa: F401
from chainer_gan_anime.evaluation.scores import borders  # noqa: F401
from chainer_gan_anime.evaluation.scores import memorisation  # noqa: F401
