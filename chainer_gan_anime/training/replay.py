"""Settings of an earlier run, from its settings.json, with flags given beside it."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.flags import plain_type
from chainer_gan_anime.options import flag_name
from chainer_gan_anime.runs.records import SETTINGS_NAME, read_settings_file
from chainer_gan_anime.settings import OWN_LOSS, Settings, setting_fields
from crawler.shared.errors import UserError

# What a flag given beside the file takes the place of, beside the setting of its own name.
STAND_FOR = {
    "epochs": ("iterations",),
    "adam_alpha": ("adam_alpha_gen", "adam_alpha_dis"),
    "scale_alpha": ("adam_alpha_gen", "adam_alpha_dis"),
}


def replay(path: Path, given: Mapping[str, Any]) -> Settings:
    """Return the settings that a file holds, except for what is given.

    Args:
        path: A settings.json, or a run's folder.
        given: Values by name that override the file's, as
            :func:`chainer_gan_anime.algorithms.presets.resolve` takes them.  With another
            algorithm, what only the file's algorithm has is left out.

    Raises:
        UserError: The file is missing or broken, or values do not go together.
    """
    if "preset" in given:
        raise UserError(
            "--preset does not go with --settings, whose file says every value: leave one out."
        )
    path = path / SETTINGS_NAME if path.is_dir() else path
    settings, _ = read_settings_file(path)
    values = settings.to_dict()
    _check(values, path)
    if given.get("algorithm", settings.algorithm) != settings.algorithm:
        for name in _belongings(settings):
            values.pop(name, None)
    for name in given:
        for replaced in STAND_FOR.get(name, ()):
            values.pop(replaced, None)
    return resolve(**{**values, **given})


def _belongings(settings: Settings) -> set[str]:
    """Return the names of settings that say something for their algorithm alone."""
    entry = ALGORITHMS[settings.algorithm]
    own = {option.name for option in entry.options} | set(entry.fixed)
    return own | ({"loss"} if settings.loss == OWN_LOSS else set())


def _check(values: Mapping[str, Any], path: Path) -> None:
    """Refuse names that no setting has, and values of another kind than theirs.

    Raises:
        UserError: There are such.
    """
    hints = typing.get_type_hints(Settings)
    kinds = {field.name: plain_type(hints[field.name]) for field in setting_fields()}
    kinds |= {
        option.name: option.kind for entry in ALGORITHMS.values() for option in entry.options
    }
    for name, value in values.items():
        if name not in kinds:
            raise UserError(
                f"{path} has {name!r}, which is no setting: take it out, or give the file of a "
                "run of this version."
            )
        allowed = (int, float) if kinds[name] is float else kinds[name]
        bool_for_number = isinstance(value, bool) and kinds[name] is not bool
        if bool_for_number or not isinstance(value, allowed):
            raise UserError(
                f"{path} has {flag_name(name)} as {value!r}, which is no {kinds[name].__name__}: "
                "mend the file, or give the flag and take it out there."
            )
