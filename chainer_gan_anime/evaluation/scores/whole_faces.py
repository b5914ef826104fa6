"""How many generated images a face detector takes for faces, beside real ones."""

from __future__ import annotations

import cv2
import numpy as np

from chainer_gan_anime.evaluation.networks.resize import resize
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register
from crawler.faces.cascade import find_cascade, load_cascade
from crawler.shared.errors import UserError

_WINDOW_PX = 24  # the smallest window of the cascade
_SIZE_PX = 64  # smaller images are brought to this size
# More agreeing windows than a crawler would ask for: at 3, the usual number, the cascade finds
# 96 % of real faces and 91 % of pictures glued together of the quarters of four faces; at 10
# it finds 83 % and 63 % of them.
_MIN_NEIGHBOURS = 10


def detection_rate(images: np.ndarray, cascade: cv2.CascadeClassifier) -> float:
    """Return the share of images (N, 3, H, W) uint8 in which the cascade finds a face."""
    found = 0
    for image in images:
        if max(image.shape[1:]) < _SIZE_PX:
            image = resize(image[None], _SIZE_PX)[0].round().clip(0, 255).astype(np.uint8)
        grey = cv2.cvtColor(np.ascontiguousarray(image.transpose(1, 2, 0)), cv2.COLOR_RGB2GRAY)
        window = (_WINDOW_PX, _WINDOW_PX)
        faces = cascade.detectMultiScale(grey, 1.1, _MIN_NEIGHBOURS, minSize=window)
        found += len(faces) > 0
    return found / len(images)


@register(
    Value("whole_face_rate", "Whole faces", "high", "faces found by lbpcascade, over real ones'"),
    prepare=find_cascade,
)
def whole_face_rate(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """Share of generated images with a detected face over that of real ones; 1 is as whole.

    The detector is the article's own, nagadomi's lbpcascade_animeface.

    Raises:
        UserError: It finds no face in the real images, or the cascade cannot be had.
    """
    cascade = load_cascade(find_cascade())
    real_rate = detection_rate(real.images, cascade)
    if real_rate == 0:
        raise UserError(
            "the face detector finds no face in the real images, so whole_face_rate means "
            "nothing here; choose other scores with --scores."
        )
    return (detection_rate(fake.images, cascade) / real_rate,)
