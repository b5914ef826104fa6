import types

import pytest

from chainer_gan_anime.kernels.replacements import Replacements


@pytest.fixture
def owner():
    return types.ModuleType("owner", "A module with a function.")


@pytest.fixture
def replace(owner):
    """Returns a maker of replacements of ``owner.speak`` by a function that says its name."""
    owner.speak = lambda: "original"
    switches = []

    def make(name):
        when_switched = lambda on: switches.append((name, on))  # noqa: E731
        replacements = Replacements({(owner, "speak"): lambda: name}, when_switched)
        replacements.switches = switches
        return replacements

    return make


def test_installed_once_and_taken_out_once(owner, replace):
    a = replace("a")
    for _ in range(2):
        a.install()
        assert (owner.speak(), a.originals[owner, "speak"]()) == ("a", "original")
        assert a.are_installed()
    for _ in range(2):
        a.uninstall()
        assert owner.speak() == "original" and not a.are_installed()
    assert a.switches == [("a", True), ("a", False)]


def test_those_of_two_packages_nest(owner, replace):
    a, b = replace("a"), replace("b")
    with a.switched():
        with b.switched():
            assert owner.speak() == "b"
            with pytest.raises(RuntimeError, match=r"owner\.speak was replaced once more"):
                a.uninstall()
        assert owner.speak() == "a"
        with a.switched(False):
            assert owner.speak() == "original"
        assert owner.speak() == "a"
    assert owner.speak() == "original"
