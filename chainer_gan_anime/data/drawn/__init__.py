"""Drawn anime-like faces: pictures that are free to share and there at once."""

from chainer_gan_anime.data.drawn.faces import draw_face, draw_faces
from chainer_gan_anime.data.drawn.tags import tag_faces

__all__ = ["draw_face", "draw_faces", "tag_faces"]
