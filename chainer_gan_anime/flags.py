"""Command-line flags: the settings' own, those that many commands share, and their errors."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import types
import typing
from collections.abc import Sequence
from typing import Any

from chainer_gan_anime.algorithms.presets import SHARED_PRESETS, resolve
from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.options import Option, flag_name
from chainer_gan_anime.settings import SEED_LIMIT, STEP, Settings, setting_fields
from crawler.shared.errors import UserError
from crawler.shared.parser import SentenceParser

# Upstream's names that are not ours with underscores.
ALIASES = {
    "batch_size": ["--batchsize"],
    "image_size": ["--image-width"],
    "iterations": ["--max-iter"],
}
# Stand for several settings, or change what a preset gives.
COMPOSITE = ("adam_alpha", "scale_alpha")


class FlagParser(SentenceParser):
    """Parser whose errors are one sentence, and that takes upstream's ``--n_dis`` for ``--n-dis``.

    An unknown flag is answered with the nearest known one.
    """

    def parse_known_args(self, args=None, namespace=None):
        """Parse as ``argparse`` does, which calls this for each way of parsing."""
        args = sys.argv[1:] if args is None else args
        return super().parse_known_args([_respell(argument) for argument in args], namespace)


def _respell(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    flag, *value = argument.split("=", 1)
    return "=".join([flag.replace("_", "-"), *value])


def add_settings_flags(parser: argparse.ArgumentParser, all_required: bool = True) -> None:
    """Add a flag for each setting and each algorithm's option, and upstream's other names.

    Args:
        parser: Gets them.
        all_required: Whether what has no default must be given; if not, the caller sees to it.
    """
    groups: dict[str, argparse._ArgumentGroup] = {}
    kinds = typing.get_type_hints(Settings)
    of_presets = _names_in_presets()
    for field in setting_fields():
        group = field.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        required = field.default is dataclasses.MISSING
        default = "preset" if field.name in of_presets else field.default
        choices = tuple(ALGORITHMS) if field.name == "algorithm" else field.metadata["choices"]
        _add_flag(
            groups[group],
            Option(field.name, field.metadata["help"], plain_type(kinds[field.name]), choices),
            None if required else default,
            required and all_required,
        )
    step = groups[STEP]
    _add_flag(step, Option("adam_alpha", "Adam's step size for G and D both"), "preset")
    step.add_argument(
        "--scale-alpha",
        action="store_true",
        default=argparse.SUPPRESS,
        help="scale the preset's steps up for nets of fewer channels than 512 (not SN-GAN's)",
    )
    special = parser.add_argument_group("options of single algorithms")
    owners: dict[Option, list[str]] = {}
    for entry in ALGORITHMS.values():
        for option in entry.options:
            owners.setdefault(option, []).append(entry.title)
    for option, titles in owners.items():
        named = dataclasses.replace(option, help=f"{', '.join(titles)}: {option.help}")
        _add_flag(special, named, "preset")


def _names_in_presets() -> set[str]:
    rows = [*SHARED_PRESETS.values()]
    rows += [row for entry in ALGORITHMS.values() for row in entry.presets.values()]
    return {name for row in rows for name in row} | {"adam_alpha_gen", "adam_alpha_dis"}


def _add_flag(group, option: Option, default: Any = None, required: bool = False) -> None:
    """Add one flag; what is not given stays out of the parsed arguments."""
    flags = [flag_name(option.name), *ALIASES.get(option.name, [])]
    text = option.help if default is None else f"{option.help} (default: {_said(default)})"
    arguments: dict[str, Any] = dict(
        dest=option.name, default=argparse.SUPPRESS, help=text.replace("%", "%%")
    )
    if option.kind is bool:
        arguments["action"] = argparse.BooleanOptionalAction
    else:
        arguments["type"] = option.kind
        arguments["metavar"] = "|".join(option.choices) or option.kind.__name__.upper()
    if required:
        arguments["required"] = True
    group.add_argument(*flags, **arguments)


def _said(default: Any) -> str:
    return {True: "on", False: "off"}[default] if isinstance(default, bool) else f"{default}"


def settings_from(arguments: argparse.Namespace) -> Settings:
    """Resolve parsed flags; what was not given comes from the preset."""
    return resolve(**given_settings(arguments))


def given_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings among parsed flags that were given, by name."""
    names = {field.name for field in setting_fields()} | set(COMPOSITE)
    names |= {option.name for entry in ALGORITHMS.values() for option in entry.options}
    return {key: value for key, value in vars(arguments).items() if key in names}


def settings_for(algorithm: str, dataset: str, flags: Sequence[str]) -> Settings:
    """Resolve the settings of one of several runs that a command makes.

    Args:
        algorithm: What is trained.
        dataset: On what.
        flags: The other flags of ``experiments/train.py``; of one given twice the last holds.
    """
    parser = FlagParser()
    add_settings_flags(parser)
    return settings_from(
        parser.parse_args(["--algorithm", algorithm, "--dataset", dataset, *flags])
    )


def add_gpu_flag(parser) -> None:
    """Add ``--gpu``, as :func:`chainer_gan_anime.training.place.choose_device` takes it."""
    parser.add_argument(
        "--gpu", "-g", type=int, help="CUDA device; -1 is the CPU (default: 0 if there is one)"
    )


def add_data_root_flag(parser) -> None:
    """Add ``--data-root``, as :func:`chainer_gan_anime.data.dataset.find_dataset` takes it."""
    parser.add_argument(
        "--data-root",
        metavar="FOLDER",
        help="folder of named sets (default: $ANIME_DATA_ROOT, else datasets)",
    )


def add_live_flag(parser) -> None:
    """Add ``--live``, as :func:`chainer_gan_anime.runs.checkpoints.list_checkpoints` takes it."""
    parser.add_argument(
        "--live",
        action="store_true",
        help="the generators that training left, even if the run keeps averages of them",
    )


def add_seed_flag(parser, flag: str = "--seed", help: str = "seed of the latents") -> None:
    """Add a flag that takes a seed of NumPy's streams."""
    parser.add_argument(flag, type=int, default=0, help=help)


def check_seed(seed: int, flag: str = "--seed") -> None:
    """Refuse a seed that NumPy's streams do not take.

    Raises:
        UserError: It is out of range.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise UserError(f"{flag} {seed} is out of range: take one from 0 to {SEED_LIMIT - 1}.")


def check_at_least(arguments: argparse.Namespace, low: int, *names: str) -> None:
    """Refuse flags, by their names in the parsed arguments, that are below ``low``.

    Raises:
        UserError: One of them is given and too small.
    """
    for name in names:
        value = getattr(arguments, name)
        if value is not None and value < low:
            raise UserError(f"{flag_name(name)} {value} is too small: take at least {low}.")


def plain_type(annotation: Any) -> type:
    """Return T of ``T | None``, of an annotation of :class:`Settings`."""
    if isinstance(annotation, types.UnionType):
        return next(t for t in typing.get_args(annotation) if t is not type(None))
    return annotation
