import pytest

from crawler.shared.errors import UserError
from crawler.shared.parser import SentenceParser


@pytest.fixture
def parser():
    parser = SentenceParser(prog="x")
    commands = parser.add_subparsers(required=True, dest="command", metavar="COMMAND")
    one = commands.add_parser("crawl")
    one.add_argument("--faces", type=int)
    one.add_argument("--kind", choices=["tight", "wide"])
    one.add_argument("--out", required=True)
    return parser


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["crawl", "--out", "a", "--face", "3"], "--face is unknown: did you mean --faces?"),
        (["crawl", "--out", "a", "--zzz"], "--zzz is unknown: see x crawl --help."),
        (["crawl", "--out", "a", "b"], "'b' belongs to no flag: see x crawl --help."),
        (["crawl", "--out", "a", "--kind", "wid"], "--kind 'wid' is unknown: did you mean wide?"),
        (
            ["crawl", "--out", "a", "--faces", "x"],
            "--faces 'x' is no whole number: see x crawl --help.",
        ),
        (["crawl"], "--out must be given: see x crawl --help."),
        (["crowl"], "COMMAND 'crowl' is unknown: did you mean crawl?"),
        ([], "COMMAND must be given: see x --help."),
    ],
)
def test_mistakes_are_one_sentence(parser, argv, sentence):
    with pytest.raises(UserError) as error:
        parser.parse_args(argv)
    assert str(error.value) == sentence


def test_what_is_right_is_parsed(parser):
    args = parser.parse_args(["crawl", "--out", "a", "--faces", "3"])
    assert (args.command, args.out, args.faces) == ("crawl", "a", 3)
