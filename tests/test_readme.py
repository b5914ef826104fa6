import pathlib
import re

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import train

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_flag_of_the_train_script_is_in_the_table(capsys):
    with pytest.raises(SystemExit):
        train.parse(["--help"])
    flags = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out)) - {"--help"}
    table = set(re.findall(r"`(--[a-z][a-z0-9-]+)`", README))
    assert flags - table == set()


def test_the_python_example_runs(tmp_path, monkeypatch, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README, re.S)
    assert len([line for line in example.splitlines() if line]) == 6
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    assert capsys.readouterr().out == "(16, 64, 64, 3) uint8\n"
    assert np.asarray(Image.open("faces.png")).std() > 0


def test_every_file_that_the_readme_names_is_there():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    scripts = re.findall(r"(experiments/[\w/]+\.py)", README)
    assert links
    missing = [name for name in {*links, *scripts} if not (ROOT / name).exists()]
    assert missing == []
