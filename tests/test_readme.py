import importlib.util
import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_flag_of_the_train_script_is_in_the_table(capsys):
    spec = importlib.util.spec_from_file_location("train", ROOT / "experiments" / "train.py")
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    try:
        train.parse(["--help"])
    except SystemExit:
        flags = set(re.findall(r"--[a-z][a-z0-9-]+", capsys.readouterr().out)) - {"--help"}
    table = set(re.findall(r"`(--[a-z][a-z0-9-]+)`", README))
    assert flags - table == set()


def test_every_file_that_the_readme_names_is_there():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    scripts = re.findall(r"python (experiments/\w+\.py)", README)
    assert links and scripts
    missing = [name for name in {*links, *scripts} if not (ROOT / name).exists()]
    assert missing == []
