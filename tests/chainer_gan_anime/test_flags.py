import pytest

from chainer_gan_anime.flags import FlagParser, add_settings_flags, check_seed, settings_from
from crawler.shared.errors import UserError


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
    with pytest.raises(UserError, match="--dataset must be given"):
        parse("--algorithm sngan")


@pytest.mark.parametrize(
    "text, sentence",
    [
        (
            "--algorithm sngan --dataset x --adam-apha 1",
            "--adam-apha is unknown: did you mean --adam-alpha",
        ),
        ("--algorithm sngan --dataset x --zzzz", "--zzzz is unknown: see"),
        ("--algorithm sngan --dataset x extra", "'extra' belongs to no flag"),
        ("--algorithm sngan --dataset x --ch many", "--ch 'many' is no whole number: see"),
        ("--algorithm sngan --dataset", "--dataset: expected one argument; see"),
        ("--algorithm sgan --dataset x", "--algorithm sgan is unknown: take one of "),
    ],
)
def test_mistakes_are_answered_in_one_sentence(parse, text, sentence):
    with pytest.raises(UserError, match=sentence) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_help_groups_the_flags_and_gives_defaults(capsys):
    parser = FlagParser()
    add_settings_flags(parser)
    text = parser.format_help()
    words = " ".join(text.split())
    assert "the training step:" in text and "options of single algorithms:" in text
    assert "height and width of the images in pixels (default: 64)" in words
    assert "--sampling replacement|shuffle" in words and "(default: preset)" in words
    assert "DRAGAN, WGAN-GP, Cramér GAN, ACGAN: weight of the gradient penalty" in words


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_out_of_range_are_refused(seed):
    check_seed(2**32 - 1)
    with pytest.raises(UserError, match=f"--seed {seed} is out of range"):
        check_seed(seed)
