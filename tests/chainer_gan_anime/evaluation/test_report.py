from chainer_gan_anime.evaluation.report import format_table
from chainer_gan_anime.runs.records import Result

RESULTS = [
    Result("kid_net_100", 0.0123456789, 0.0001, 100, 50, "net"),
    Result("border_mean_100", 0.5, None, 100, 50, None),
]


def test_the_table_is_aligned_and_says_everything():
    header, first, second = format_table(RESULTS).splitlines()
    assert header.split() == ["score", "value", "floor", "n", "floor", "n", "extractor"]
    assert first.split() == ["kid_net_100", "0.012346", "0.0001", "100", "50", "net"]
    assert second.split() == ["border_mean_100", "0.5", "-", "100", "50", "-"]
    assert header.index("extractor") == first.rindex("net") == second.rindex("-")
