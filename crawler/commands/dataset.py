"""build, verify, export, rebuild: what can be done with a set without asking a site."""

from __future__ import annotations

import argparse

from crawler.build import BuildSettings, build
from crawler.commands import arguments


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the verbs."""
    parser = commands.add_parser("build", help="take out near-duplicates, split, write records")
    arguments.add_place(parser)
    parser.set_defaults(run=_build)


def _build(args: argparse.Namespace) -> int:
    print(build(arguments.data_folder(args), BuildSettings()))
    return 0
