import errno

import pytest

from crawler.shared.errors import UserError, exits_cleanly


@pytest.mark.parametrize(
    "raised, code, message",
    [
        (UserError("do this"), 2, "error: do this\n"),
        (
            OSError(errno.ENOSPC, "No space", "a.npz"),
            2,
            "error: the disk is full while writing a.npz",
        ),
        (
            OSError(errno.EACCES, "denied", "a.npz"),
            2,
            "error: a.npz may not be read or written (denied)",
        ),
        (KeyboardInterrupt(), 130, "stopped.\n"),
    ],
)
def test_users_mistakes_are_a_sentence_and_a_code(capsys, raised, code, message):
    @exits_cleanly
    def main():
        raise raised

    assert main() == code
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize("bug", [ValueError("bug"), OSError(errno.EACCES, "denied")])
def test_bugs_keep_their_traceback(bug):
    @exits_cleanly
    def main():
        raise bug

    with pytest.raises(type(bug)):
        main()


def test_success_is_zero():
    assert exits_cleanly(lambda: None)() == 0 and exits_cleanly(lambda: 3)() == 3
