import pytest

from chainer_gan_anime.flags import FlagParser, add_settings_flags, settings_from


@pytest.fixture
def parse():
    parser = FlagParser()
    add_settings_flags(parser)
    return lambda text: settings_from(parser.parse_args(text.split()))


def test_only_what_is_given_overrides_the_preset(parse):
    settings = parse("--algorithm sngan --dataset x --preset upstream --ch 64")
    assert (settings.ch, settings.batch_size, settings.n_hidden) == (64, 64, 128)


def test_upstreams_spellings_are_the_same_flags(parse):
    ours = "--batch-size 7 --n-dis 2 --lam 3 --adam-alpha 0.1 --adam-beta1 0.2 --adam-beta2 0.3"
    theirs = "--batchsize 7 --n_dis 2 --lam 3 --adam_alpha 0.1 --adam_beta1 0.2 --adam_beta2 0.3"
    start = "--algorithm dragan --dataset x "
    assert parse(start + ours) == parse(start + theirs)
    assert parse(start + ours).adam_alpha_dis == 0.1


def test_upstreams_other_names(parse):
    settings = parse("--algorithm sngan --dataset a_b --max_iter=9 --image_width 32")
    assert (settings.iterations, settings.image_size, settings.dataset) == (9, 32, "a_b")


def test_switches_have_two_positions(parse):
    start = "--algorithm sngan --dataset x --preset upstream "
    assert parse(start).fresh_fakes and not parse(start + "--no-fresh-fakes").fresh_fakes
    assert parse(start + "--flip").flip


def test_algorithm_and_dataset_are_required(parse):
    with pytest.raises(SystemExit) as caught:
        parse("--algorithm sngan")
    assert caught.value.code == 2
