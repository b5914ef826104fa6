"""The flags that several verbs share, and how their values are read."""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
from pathlib import Path
from typing import Any

from crawler.commands.values import above_zero, n_bytes, number, positive, proxy, whole
from crawler.faces import FaceSettings
from crawler.goals import Goals
from crawler.shared.errors import UserError

DATA_ROOT_VARIABLE = "ANIME_DATA_ROOT"
KEY_VARIABLE, USER_VARIABLE = "BOORU_API_KEY", "BOORU_USER_ID"


def add_place(parser: argparse.ArgumentParser, *, name: str | None = None) -> None:
    """Which data set: a ``--name`` with a default, or else a positional name."""
    if name is None:
        parser.add_argument("name", help="the data set's name")
    else:
        parser.add_argument("--name", default=name, help="the data set's name (%(default)s)")
    parser.add_argument(
        "--data-root",
        type=Path,
        default=Path(os.environ.get(DATA_ROOT_VARIABLE) or "datasets"),
        help=f"where data sets lie (${DATA_ROOT_VARIABLE}, else ./datasets)",
    )


def add_goals(parser: argparse.ArgumentParser, *, with_faces: bool = True) -> None:
    """When to end."""
    if with_faces:
        parser.add_argument("--faces", type=positive, help="end at so many faces in the set")
    parser.add_argument("--max-items", type=positive, help="end after so many posts or titles")
    parser.add_argument("--max-bytes", type=n_bytes, help="end after so much: 500M, 2G")
    parser.add_argument("--max-hours", type=above_zero, help="end after so many hours")


def add_pace(parser: argparse.ArgumentParser) -> None:
    """How fast to ask, and in whose name."""
    parser.add_argument(
        "--contact",
        help="your mail address or web page, told to the site in the User-Agent (remembered)",
    )
    parser.add_argument(
        "--rate", type=above_zero, default=1.0, help="requests a second, at most 1 (%(default)g)"
    )
    parser.add_argument(
        "--jitter", type=number, help="up to so many seconds more between two requests, by chance"
    )
    parser.add_argument(
        "--timeout", type=above_zero, default=30.0, help="seconds to wait for a packet"
    )
    parser.add_argument(
        "--answer-timeout",
        type=above_zero,
        default=60.0,
        help="seconds for a whole answer, however slowly it drips (%(default)g)",
    )
    parser.add_argument("--proxy", type=proxy, help="http://, https:// or socks5h://host:port")
    parser.add_argument(
        "--api-key", help=f"of your account, for sites that ask for one (${KEY_VARIABLE})"
    )
    parser.add_argument("--user-id", help=f"of your account, with --api-key (${USER_VARIABLE})")
    parser.add_argument(
        "--write-pages", action="store_true", help="keep every page as it came, in pages/"
    )


def add_site(parser: argparse.ArgumentParser, base_url: str | None) -> None:
    """Where the site is; anything but the site itself is for tests and mirrors."""
    parser.add_argument("--base-url", default=base_url, help="a mirror, or a server of your own")
    parser.add_argument(
        "--allow-private",
        action="store_true",
        help="let the base URL be on this machine or the local network, and asked without "
        "--contact and at any --rate (for tests)",
    )


def add_faces(parser: argparse.ArgumentParser, *, defaults: str) -> None:
    """How faces are found and cut; what is not given stays as :func:`face_settings` is told."""
    group = parser.add_argument_group("faces", f"What is not given: {defaults}.")

    def add(flag: str, **more: Any) -> None:
        group.add_argument(flag, default=argparse.SUPPRESS, **more)

    add("--profile", help="tight: the box as found; wide: hair and all")
    add("--margin", type=float, help="side of the cut in sides of the found box")
    add("--size", type=positive, help="side of a finished face in pixels")
    add("--min-face-px", type=positive, help="smallest face taken, in the picture's pixels")
    add("--tilt", action="store_true", help="look for heads that lean, too")
    add("--best-face", action="store_false", dest="all_faces", help="one face a picture")
    add("--detect-long-side", type=positive, help="pixels of the picture that is searched first")
    add("--detect-fine-side", type=whole, help="pixels of the second search; 0: none")


def add_work(parser: argparse.ArgumentParser, *, processes: int) -> None:
    """What does not change the result."""
    parser.add_argument("--cascade", type=Path, help="lbpcascade_animeface.xml, if not found")
    parser.add_argument(
        "--processes", type=positive, default=processes, help="that find faces (%(default)s)"
    )


def add_common(parser: argparse.ArgumentParser) -> None:
    """What every verb takes."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="a TOML file of flags")
    parser.add_argument("--log-file", type=Path, metavar="FILE", help="write all messages there")
    parser.add_argument("--verbose", "-v", action="store_true", help="tell of every failure")


def api_key(args: argparse.Namespace) -> dict[str, str]:
    """What the flags or the environment say of an account; neither is stored or logged."""
    key = args.api_key or os.environ.get(KEY_VARIABLE)
    user = args.user_id or os.environ.get(USER_VARIABLE)
    return {name: value for name, value in (("api_key", key), ("user_id", user)) if value}


def data_folder(args: argparse.Namespace) -> Path:
    """The data set's folder; the name must be a plain one, as it becomes a folder's."""
    if not re.fullmatch(r"\w[\w.-]*", args.name):
        raise UserError(
            f"{args.name!r} cannot name a data set: use letters, digits, dots, dashes and "
            "underscores."
        )
    return args.data_root / args.name


def goals(args: argparse.Namespace) -> Goals:
    """The goals that the flags of :func:`add_goals` set."""
    return Goals(
        faces=getattr(args, "faces", None),
        max_items=args.max_items,
        max_bytes=args.max_bytes,
        max_hours=args.max_hours,
    )


def face_settings(args: argparse.Namespace, plain: FaceSettings) -> FaceSettings:
    """``plain`` with what the flags of :func:`add_faces` change."""
    names = {field.name for field in dataclasses.fields(FaceSettings)}
    given = {name: value for name, value in vars(args).items() if name in names}
    return dataclasses.replace(plain, **given)
