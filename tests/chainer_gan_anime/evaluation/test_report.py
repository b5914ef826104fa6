import json

from chainer_gan_anime.evaluation.evaluate import Result
from chainer_gan_anime.evaluation.report import append_scores, format_table, read_scores

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


def test_lines_are_appended_and_read_back(tmp_path):
    assert read_scores(tmp_path) == []
    append_scores(tmp_path, RESULTS, [], {"iteration": 1})
    path = append_scores(tmp_path, RESULTS[:1], ["it repeats"], {"iteration": 2})
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == read_scores(tmp_path)
    assert [(line["iteration"], line.get("score")) for line in lines] == [
        (1, "kid_net_100"),
        (1, "border_mean_100"),
        (2, "kid_net_100"),
        (2, None),
    ]
    assert lines[0]["value"] == 0.0123456789 and lines[1]["floor"] is None
    assert lines[3]["alarm"] == "it repeats"
