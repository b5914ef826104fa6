"""Command-line flags made from the fields of the settings."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import types
import typing
from collections.abc import Sequence
from typing import Any

from chainer_gan_anime.settings import Settings, flag_name, resolve

# Upstream's names that are not ours with underscores.
ALIASES = {
    "batch_size": ["--batchsize"],
    "image_size": ["--image-width"],
    "iterations": ["--max-iter"],
}


class FlagParser(argparse.ArgumentParser):
    """Parser that takes upstream's spelling of a flag, ``--n_dis``, for ours, ``--n-dis``."""

    def parse_known_args(self, args=None, namespace=None):
        """Parse as ``argparse`` does, which calls this for each way of parsing."""
        args = sys.argv[1:] if args is None else args
        return super().parse_known_args([_respell(argument) for argument in args], namespace)


def _respell(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    flag, *value = argument.split("=", 1)
    return "=".join([flag.replace("_", "-"), *value])


def add_settings_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each field of :class:`Settings`, and upstream's other names."""
    types_by_name = typing.get_type_hints(Settings)
    for field in dataclasses.fields(Settings):
        flags = [flag_name(field.name), *ALIASES.get(field.name, [])]
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
        type=float,
        default=argparse.SUPPRESS,
        metavar="FLOAT",
        help="Adam's step size for G and D both",
    )
    parser.add_argument(
        "--scale-alpha",
        action="store_true",
        default=argparse.SUPPRESS,
        help="scale the preset's steps up for nets of fewer channels than 512 (not SN-GAN's)",
    )


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Resolve parsed flags; what was not given comes from the preset."""
    names = {field.name for field in dataclasses.fields(Settings)} | {"adam_alpha", "scale_alpha"}
    return resolve(**{key: value for key, value in vars(arguments).items() if key in names})


def settings_for(algorithm: str, dataset: str, flags: Sequence[str]) -> Settings:
    """Resolve the settings of one of several runs that a command makes.

    Args:
        algorithm: What is trained.
        dataset: On what.
        flags: The other flags of ``experiments/train.py``; of one given twice the last holds.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_settings_flags(parser)
    return settings_from(
        parser.parse_args(["--algorithm", algorithm, "--dataset", dataset, *flags])
    )


def _plain_type(annotation: Any) -> type:
    """Return T of ``T | None``."""
    if isinstance(annotation, types.UnionType):
        return next(t for t in typing.get_args(annotation) if t is not type(None))
    return annotation
