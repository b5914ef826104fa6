"""The one error class that speaks to the user, and the frame that prints it.

A mistake that a user can mend (a wrong flag, an empty folder, a full disk) is raised as
:class:`UserError` with one sentence: what was wrong, what was expected, what to do next.
Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake that the user can mend; its text is one sentence for the terminal."""


def exits_cleanly(main: Callable[..., int | None]) -> Callable[..., int]:
    """Wrap a command's ``main`` so that it answers users' mistakes with exit code 2.

    Args:
        main: The command; what it returns is its exit code (None means 0).

    Returns:
        The wrapped function.  :class:`UserError` prints ``error: <sentence>`` on standard
        error and gives 2, and so do a disk that is full and a file without rights; Ctrl-C
        gives 130; every other exception passes through with its traceback.
    """

    @functools.wraps(main)
    def wrapped(*args, **kwargs) -> int:
        try:
            code = main(*args, **kwargs) or 0
            sys.stdout.flush()  # here, where a reader that has gone is answered
            return code
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except BrokenPipeError:  # as `| head` does: nobody reads on
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 128 + 13
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and error.filename:
                print(
                    f"error: {error.filename} may not be read or written ({error.strerror}): "
                    "give another place, or its rights.",
                    file=sys.stderr,
                )
                return 2
            if error.errno == errno.EFBIG:
                print(
                    f"error: {error.filename or 'a file'} may not grow any further (a limit on "
                    "the size of files, see `ulimit -f`): raise it, then run the command again.",
                    file=sys.stderr,
                )
                return 2
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            place = f" while writing {error.filename}" if error.filename else ""
            print(
                f"error: the disk is full{place}; what was finished before is whole: "
                "make room and run the same command again.",
                file=sys.stderr,
            )
            return 2
        except KeyboardInterrupt:
            print("stopped.", file=sys.stderr)
            return 130

    return wrapped
