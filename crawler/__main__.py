"""The command line: ``anime-faces``, or ``python -m crawler``, and a verb."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from crawler.commands import arguments, crawl, dataset, status
from crawler.commands.config import with_config
from crawler.database import FILE_NAME, explained_database_errors
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.parser import SentenceParser

DISTRIBUTION, SCRIPT = "chainer-gan-anime", "anime-faces"
_FORMAT = "%(asctime)s %(message)s"


@exits_cleanly
def main(argv: list[str] | None = None) -> int:
    """Run one verb.

    Args:
        argv: The command line without the program's name; the process's own by default.

    Returns:
        0, 2 for a mistake that the user can mend, 130 or 143 when stopped by a signal.
    """
    is_script = Path(sys.argv[0]).stem == SCRIPT
    parser = SentenceParser(
        prog=SCRIPT if is_script else "python -m crawler",
        description="Build data sets of anime faces.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    crawl.add_commands(commands)
    status.add_command(commands)
    dataset.add_commands(commands)
    for command in commands.choices.values():
        arguments.add_common(command)
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(with_config(argv, commands.choices))
    folder = arguments.data_folder(args)
    with _logging(args), explained_database_errors(folder / FILE_NAME):
        return args.run(args)


def _version() -> str:
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


@contextmanager
def _logging(args) -> Iterator[None]:
    """Messages to the terminal, and all of them to --log-file."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if args.log_file is not None:
        try:
            handlers.append(logging.FileHandler(args.log_file, encoding="utf-8"))
        except OSError as error:
            raise UserError(
                f"--log-file {args.log_file} cannot be written ({error.strerror})."
            ) from error
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    # It would write whole addresses, with what is secret in them.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    try:
        with logging_redirect_tqdm():
            for handler in root.handlers:  # tqdm has put one of its own in the terminal's place
                if not isinstance(handler, logging.FileHandler):
                    handler.setLevel(logging.INFO if args.verbose else logging.WARNING)
            yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


if __name__ == "__main__":
    sys.exit(main())
