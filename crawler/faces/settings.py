"""What determines a cut face: the same settings and the same picture give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.faces.cascade import CASCADE_NAME, CASCADE_SHA256
from crawler.shared.errors import UserError


@dataclass(frozen=True)
class Profile:
    """A way to lay the cut around a detected face."""

    margin: float  # side of the cut, in sides of the detected box
    shift_up: float  # how far the cut's centre lies above the box's, in sides of the box


#: ``tight`` is the box as detected (the article's first set), ``wide`` takes the hair in
#: (its second; the 1.5 is makegirlsmoe's).
PROFILES = {"tight": Profile(1.0, 0.0), "wide": Profile(1.5, 0.08)}


@dataclass(frozen=True)
class FaceSettings:
    """Every choice that the faces depend on; crawler/faces/README.md tells where they are from.

    Raises:
        UserError: If a value makes no sense.
    """

    profile: str = "tight"  # one of PROFILES
    margin: float | None = None  # cut's side in sides of the box; None: the profile's
    size: int = 64  # side of a finished face [px]
    min_face_px: int = 64  # smallest side of a cut in the original [px]
    tilt: bool = False  # look also for heads turned by 15 and 30 degrees either way
    all_faces: bool = True  # False: only the face with the best score of each picture
    detect_long_side: int = 400  # longest side of the picture that is searched first [px]
    detect_fine_side: int = 640  # of the second search, for small faces [px]; 0: none
    min_neighbors: int = 4  # windows that must agree on an upright face
    min_neighbors_fine: int = 3  # the same in the second search
    min_neighbors_tilted: int = 5  # the same in the tilted passes
    min_sharpness: float = 200.0  # variance of the Laplacian of the finished face
    min_chroma: float = 6.0  # mean spread of R, G, B of the finished face, of 255; 0: keep grey
    max_border_share: float = 0.1  # of the cut, beyond an edge that cuts the drawing off
    max_aspect: float = 1.5  # longer by shorter side of the detected box
    max_pixels: int = 100_000_000  # of a picture; beyond that nothing is decoded
    detector: tuple[str, str] = (CASCADE_NAME, CASCADE_SHA256)  # name, sha256

    def __post_init__(self):
        if self.profile not in PROFILES:
            raise UserError(
                f"--profile {self.profile} is not known: use one of {', '.join(PROFILES)}."
            )
        if self.margin is not None and not 0.5 <= self.margin <= 4:
            raise UserError(f"--margin {self.margin:g} is not between 0.5 and 4 (1 is the box).")
        if not 8 <= self.size <= 1024:
            raise UserError(f"--size {self.size} is not between 8 and 1024 pixels.")
        if self.min_face_px < 1:
            raise UserError(f"--min-face-px {self.min_face_px} is not a positive number.")
        if self.detect_long_side < 64:
            raise UserError(
                f"--detect-long-side {self.detect_long_side} is below 64 pixels, where no face "
                "would be found: the default is 400."
            )
        if self.detect_fine_side < 0 or self.detect_fine_side > 10_000:
            raise UserError(
                f"--detect-fine-side {self.detect_fine_side} is not between 0 (one search alone) "
                "and 10000 pixels."
            )
        object.__setattr__(self, "detector", tuple(self.detector))

    @property
    def layout(self) -> Profile:
        """The profile with the margin in force."""
        profile = PROFILES[self.profile]
        return profile if self.margin is None else Profile(self.margin, profile.shift_up)
