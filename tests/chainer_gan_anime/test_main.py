import subprocess
import sys

import pytest

from chainer_gan_anime.__main__ import COMMANDS, main


def test_help_lists_every_command(capsys):
    assert main([]) == 0 and main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name, capsys):
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert f"anime-gan {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, sentence",
    [(["trian"], "did you mean train?"), (["zzz"], "take one of train, generate")],
)
def test_an_unknown_command_is_answered_in_one_sentence(arguments, sentence, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("anime-gan 0.")


def test_the_module_runs_as_the_command_does():
    command = [sys.executable, "-m", "chainer_gan_anime", "train", "--algoritm", "sngan"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 2 and result.stderr.startswith("error: ")
