"""The scripts are the commands, under the paths that the article's readers expect."""

import importlib
import importlib.util
import pathlib

import pytest

from chainer_gan_anime.__main__ import COMMANDS

EXPERIMENTS = pathlib.Path(__file__).parents[2] / "experiments"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_script_is_its_command(name):
    spec = importlib.util.spec_from_file_location(f"{name}_script", EXPERIMENTS / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.main is importlib.import_module(f"chainer_gan_anime.commands.{name}").main
