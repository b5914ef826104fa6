"""A TOML file of flags: what it gives stands before what the command line gives.

Keys are flags without their dashes.  Those at the top hold for every command that knows them,
those in a table, such as ``[getchu]``, for that command alone::

    contact = "you@example.org"
    data-root = "/big/disk"

    [safebooru]
    faces = 50000
    tilt = true
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from crawler.shared.errors import UserError
from crawler.shared.parser import SentenceParser

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FLAG = "--config"


def with_config(argv: Sequence[str], commands: Mapping[str, SentenceParser]) -> list[str]:
    """The command line with the flags of its configuration file put in.

    Args:
        argv: The command line without the program's name.
        commands: Each command's parser.

    Raises:
        UserError: The file cannot be read, or names a flag that its commands do not know.
    """
    argv = list(argv)
    name = next((word for word in argv if word in commands), None)
    path = _config_path(argv)
    if name is None or path is None:
        return argv
    content = _read(path)
    for key, value in content.items():
        if isinstance(value, dict) and key not in commands:
            raise UserError(f"{path}: [{key}] is no command: use one of {', '.join(commands)}.")
        if not isinstance(value, dict) and all(not _knows(c, key) for c in commands.values()):
            raise UserError(f"{path}: {key!r} is a flag of no command: see --help.")
    chosen, flags = commands[name], []
    for key, value in content.items():
        if not isinstance(value, dict) and _knows(chosen, key):
            flags += _as_flags(path, chosen, key, value)
    for key, value in content.get(name, {}).items():
        if not _knows(chosen, key):
            try:
                chosen.refuse(f"--{key}")
            except UserError as error:
                raise UserError(f"{path}, [{name}]: {error}") from error
        flags += _as_flags(path, chosen, key, value)
    at = argv.index(name) + 1
    return argv[:at] + flags + argv[at:]


def _config_path(argv: Sequence[str]) -> Path | None:
    for word, following in zip(argv, [*argv[1:], ""]):
        if word == FLAG and following:
            return Path(following)
        if word.startswith(f"{FLAG}="):
            return Path(word.partition("=")[2])
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise UserError(f"{FLAG} {path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{FLAG} {path} is not TOML ({error}): mend that place.") from error


def _knows(parser: SentenceParser, key: str) -> bool:
    return key not in ("config", "help") and f"--{key}" in parser._option_string_actions


def _as_flags(path: Path, parser: SentenceParser, key: str, value: Any) -> Iterator[str]:
    action = parser._option_string_actions[f"--{key}"]
    is_switch = isinstance(action, argparse._StoreTrueAction | argparse._StoreFalseAction)
    if isinstance(value, bool) != is_switch or not isinstance(value, (bool, int, float, str)):
        wanted = "true or false" if is_switch else "a number or a string"
        raise UserError(f"{path}: {key} is {value!r}, which is not {wanted}.")
    if is_switch:
        return iter([f"--{key}"] if value else [])
    return iter([f"--{key}={value}"])
