"""A command line whose mistakes are answered with one sentence and the nearest name."""

from __future__ import annotations

import argparse
import difflib
import re

from crawler.shared.errors import UserError

_UNKNOWN_CHOICE = r"argument (\S+): invalid choice: '(.*?)' \(choose from (.*)\)"


class SentenceParser(argparse.ArgumentParser):
    """``argparse`` that raises :class:`UserError` in place of printing its usage.

    Flags are never abbreviated, an unknown one is answered with the nearest known one, and so
    is an unknown command.
    """

    def __init__(self, **arguments):
        arguments.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        arguments.setdefault("allow_abbrev", False)
        super().__init__(**arguments)

    def parse_args(self, args=None, namespace=None):
        """Parse; what is left over is an error of the command that it was given to."""
        parsed, rest = self.parse_known_args(args, namespace)
        if rest:
            self._chosen(parsed).refuse(rest[0])
        return parsed

    def error(self, message: str):
        """Say what is wrong in one sentence.

        Raises:
            UserError: Always.
        """
        if names := re.match("the following arguments are required: (.*)", message):
            raise UserError(f"{names[1]} must be given: see {self.prog} --help.")
        if names := re.match(_UNKNOWN_CHOICE, message):
            known = re.findall(r"[\w-]+", names[3])
            raise UserError(f"{names[1]} {names[2]!r} is unknown: {self._hint(names[2], known)}")
        if parts := re.match("argument (.*?): invalid (?:choice: )?(.*)", message):
            raise UserError(f"{parts[1]}: {parts[2]}; see {self.prog} --help.")
        raise UserError(f"{message.removeprefix('argument ')}; see {self.prog} --help.")

    def refuse(self, argument: str):
        """Say that an argument belongs to nothing, and which flag may have been meant.

        Raises:
            UserError: Always.
        """
        if not argument.startswith("-"):
            raise UserError(f"{argument!r} belongs to no flag: see {self.prog} --help.")
        flag = argument.split("=", 1)[0]
        known = [name for name in self._option_string_actions if name.startswith("--")]
        raise UserError(f"{flag} is unknown: {self._hint(flag, known)}")

    def _hint(self, name: str, known: list[str]) -> str:
        near = difflib.get_close_matches(name, known, 1)
        return f"did you mean {near[0]}?" if near else f"see {self.prog} --help."

    def _chosen(self, parsed: argparse.Namespace) -> SentenceParser:
        """The parser of the command in ``parsed``, where there are commands."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                return action.choices.get(getattr(parsed, action.dest, None), self)
        return self
