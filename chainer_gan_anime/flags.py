"""Command-line flags made from the fields of the settings."""

from __future__ import annotations

import argparse
import dataclasses
import types
import typing
from typing import Any

from chainer_gan_anime.settings import Settings, flag_name, resolve

# Upstream's spellings that are not a field's name with underscores.
ALIASES = {
    "batch_size": ["--batchsize"],
    "image_size": ["--image_width"],
    "iterations": ["--max_iter"],
}


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each field of :class:`Settings`; upstream's spellings work beside ours."""
    types_by_name = typing.get_type_hints(Settings)
    for field in dataclasses.fields(Settings):
        flags = [flag_name(field.name), *ALIASES.get(field.name, [])]
        if "_" in field.name:
            flags.append("--" + field.name)
        kind = _plain_type(types_by_name[field.name])
        arguments: dict[str, Any] = dict(
            dest=field.name, default=argparse.SUPPRESS, help=field.metadata["help"]
        )
        if kind is bool:
            arguments["action"] = argparse.BooleanOptionalAction
        else:
            arguments["type"] = kind
            arguments["metavar"] = "|".join(field.metadata["choices"]) or kind.__name__.upper()
        if field.default is dataclasses.MISSING:
            arguments["required"] = True
        parser.add_argument(*flags, **arguments)
    parser.add_argument(
        "--adam-alpha",
        "--adam_alpha",
        type=float,
        default=argparse.SUPPRESS,
        metavar="FLOAT",
        help="Adam's step size for G and D both",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Resolve parsed flags; what was not given comes from the preset."""
    names = {field.name for field in dataclasses.fields(Settings)} | {"adam_alpha"}
    return resolve(**{key: value for key, value in vars(arguments).items() if key in names})


def _plain_type(annotation: Any) -> type:
    """Return T of ``T | None``."""
    if isinstance(annotation, types.UnionType):
        return next(t for t in typing.get_args(annotation) if t is not type(None))
    return annotation
