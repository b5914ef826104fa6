"""The command line: ``python -m crawler safebooru|getchu|folder|update|status|build|...``."""

from __future__ import annotations

import argparse
import logging
import sys

from tqdm.contrib.logging import logging_redirect_tqdm

from crawler.commands import arguments, crawl, dataset, status
from crawler.database import FILE_NAME, explained_database_errors
from crawler.shared.errors import exits_cleanly


@exits_cleanly
def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: The command line without the program's name; the process's own by default.

    Returns:
        0, 2 for a mistake that the user can mend, 130 or 143 when stopped by a signal.
    """
    parser = argparse.ArgumentParser(
        prog="python -m crawler", description="Build data sets of anime faces."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    crawl.add_commands(commands)
    status.add_command(commands)
    dataset.add_commands(commands)
    args = parser.parse_args(argv)
    logging.basicConfig(
        level=logging.INFO if getattr(args, "verbose", False) else logging.WARNING,
        format="%(asctime)s %(message)s",
    )
    folder = arguments.data_folder(args)
    with logging_redirect_tqdm(), explained_database_errors(folder / FILE_NAME):
        return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
