import json

import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.runs.records import save_settings
from chainer_gan_anime.training.replay import replay
from crawler.shared.errors import UserError


@pytest.fixture
def written(tmp_path):
    """Returns a function that writes settings to a file and returns its path."""

    def write(settings):
        save_settings(tmp_path, settings, {"data": {"images": 3}})
        return tmp_path / "settings.json"

    return write


ROWS = [(name, preset) for name, entry in ALGORITHMS.items() for preset in entry.presets]


@pytest.mark.parametrize(("algorithm", "preset"), ROWS)
@pytest.mark.parametrize("length", [{"iterations": 7}, {"epochs": 2.5}])
def test_a_file_gives_the_settings_it_was_written_from(algorithm, preset, length, written):
    settings = resolve(algorithm, "x", preset, adam_alpha_gen=3e-4, seed=5, **length)
    path = written(settings)
    assert replay(path, {}) == settings == replay(path.parent, {})


def test_what_is_given_overrides_the_file(written):
    path = written(resolve("dragan", "x", "upstream", ch=64, lam=3.0, adam_alpha_gen=3e-4))
    new = replay(path, {"dataset": "y", "ch": 32, "epochs": 4.0, "adam_alpha": 5e-4, "lam": 2.0})
    assert new == resolve(
        "dragan", "y", "upstream", ch=32, lam=2.0, epochs=4.0, iterations=None, adam_alpha=5e-4
    )
    assert replay(path, {"iterations": 9}).iterations == 9


def test_the_steps_are_scaled_from_the_presets(written):
    path = written(resolve("dcgan", "x", ch=64, adam_alpha=0.5))
    expected = resolve("dcgan", "x", ch=64, scale_alpha=True)
    assert replay(path, {"scale_alpha": True}) == expected


@pytest.mark.parametrize("before", [name for name in ALGORITHMS if name != "sngan"])
def test_another_algorithm_leaves_out_what_belonged_to_the_files(before, written):
    preset = next(iter(ALGORITHMS[before].presets))
    new = replay(written(resolve(before, "x", preset, seed=8)), {"algorithm": "sngan"})
    assert (new.algorithm, new.seed) == ("sngan", 8) and new.loss != "own"
    assert set(new.options) == {option.name for option in ALGORITHMS["sngan"].options}


def broken(**changes):
    values = resolve("sngan", "x").to_dict()
    return json.dumps({"settings": {**values, **changes}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is not the settings of a run"),
        ("{}", "is not the settings of a run"),
        (broken(colour=3), "has 'colour', which is no setting"),
        (broken(ch=8.5), "has --ch as 8.5, which is no int"),
        (broken(flip=1), "has --flip as 1, which is no bool"),
        (broken(seed=True), "has --seed as True, which is no int"),
        (broken(variant=["A"]), "--variant ['A'] is unknown"),
        (broken(ch="wide"), "is not the settings of a run"),
        (broken(algorithm="gan"), "--algorithm gan is unknown"),
        (broken(lam=5), "--lam is no option of sngan"),
    ],
)
def test_a_broken_file_is_said_in_a_sentence(text, message, tmp_path):
    path = tmp_path / "settings.json"
    path.write_text(text)
    with pytest.raises(UserError) as error:
        replay(path, {})
    assert message in str(error.value) and len(str(error.value).splitlines()) == 1


def test_a_preset_beside_it_and_no_file(tmp_path):
    with pytest.raises(UserError, match="--preset does not go with --settings"):
        replay(tmp_path, {"preset": "paper"})
    with pytest.raises(UserError, match="nowhere.json does not exist"):
        replay(tmp_path / "nowhere.json", {})
