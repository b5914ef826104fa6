"""``anime-gan COMMAND ...``, or ``python -m chainer_gan_anime COMMAND ...``: all commands.

Each is the same code as the script of its name in ``experiments/``.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import sys

from crawler.shared.errors import UserError, exits_cleanly

PROGRAM = "anime-gan"
# Name, and what --help says of it.
COMMANDS = {
    "train": "train a GAN on a set of faces",
    "generate": "draw with a trained generator: grids, single images, strips, walks",
    "evaluate": "judge a run's generator by scores, each beside its floor",
    "figures": "draw figures of finished runs, their page, and the studio",
    "article": "make the article again, from two sets to its figures",
    "questions": "put the article's open questions to nets",
    "levers": "measure what each lever of quality is worth",
    "publish": "write a run's generators, small, with a card, to hand them on",
    "project": "find the generated face that is nearest to a picture",
    "tag": "write the tags of a set's images by a network of your own",
    "control": "score how well a run draws what its tags ask for",
}


@exits_cleanly
def main(argv: list[str] | None = None) -> int:
    """Run the command that the first argument names.

    Raises:
        UserError: There is none of that name.
    """
    arguments = sys.argv[1:] if argv is None else argv
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help"):
        print(_help())
        return 0
    if name == "--version":
        print(f"{PROGRAM} {importlib.metadata.version('chainer-gan-anime')}")
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"did you mean {near[0]}?" if near else f"take one of {', '.join(COMMANDS)}."
        raise UserError(f"{name} is no command: {hint}")
    sys.argv[0] = f"{PROGRAM} {name}"  # what the command's --help and errors call it
    return importlib.import_module(f"chainer_gan_anime.commands.{name}").main(arguments[1:])


def _help() -> str:
    lines = [f"usage: {PROGRAM} COMMAND ...", "", "commands:"]
    lines += [f"  {name:<12}{text}" for name, text in COMMANDS.items()]
    lines += ["", f"{PROGRAM} COMMAND --help lists a command's flags."]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
