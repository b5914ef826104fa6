import json

import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.runs.records import (
    ALARMS_NAME,
    LOG_NAME,
    SCORES_NAME,
    SETTINGS_NAME,
    Result,
    append_scores,
    load_settings,
    read_alarms,
    read_log,
    read_scores,
    save_settings,
    write_alarms,
)
from crawler.shared.errors import UserError

RESULTS = [
    Result("kid_net_100", 0.0123456789, 0.0001, 100, 50, "net"),
    Result("border_mean_100", 0.5, None, 100, 50, None),
]


def test_settings_come_back_from_their_file(tmp_path):
    settings = resolve("dragan", "x", lam=5.0)
    save_settings(tmp_path, settings, {"data": {"images": 3}})
    loaded, facts = load_settings(tmp_path)
    assert loaded == settings and facts == {"data": {"images": 3}}


@pytest.mark.parametrize("stock, engine", [(False, "numpy"), (True, "chainer")])
def test_a_run_of_before_there_were_engines_is_read(tmp_path, stock, engine):
    values = resolve("dragan", "x").to_dict()
    del values["cpu_engine"]
    path = tmp_path / SETTINGS_NAME
    path.write_text(json.dumps({"settings": {**values, "stock_kernels": stock}}))
    loaded, _ = load_settings(tmp_path)
    assert loaded.cpu_engine == engine


@pytest.mark.parametrize("text", ["[]", '{"settings": {"nosuch": 1}}', "{}"])
def test_a_foreign_file_is_refused(tmp_path, text):
    (tmp_path / SETTINGS_NAME).write_text(text)
    with pytest.raises(UserError, match="is not the settings of a run"):
        load_settings(tmp_path)


def test_a_file_where_a_runs_folder_is_meant(tmp_path):
    net = tmp_path / "gen_iter_6.npz"
    net.touch()
    with pytest.raises(UserError, match="settings.json does not exist: give the folder of a run"):
        load_settings(net)


def test_a_torn_settings_file_is_called_damaged(tmp_path):
    (tmp_path / SETTINGS_NAME).write_text('{"settings": {')
    with pytest.raises(UserError, match="settings.json is damaged"):
        load_settings(tmp_path)


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


def test_alarms_come_back(tmp_path):
    assert read_alarms(tmp_path) == []
    write_alarms(tmp_path, [{"iteration": 3, "alarm": "x"}])
    assert read_alarms(tmp_path) == [{"iteration": 3, "alarm": "x"}]


@pytest.mark.parametrize(
    "name, read", [(LOG_NAME, read_log), (SCORES_NAME, read_scores), (ALARMS_NAME, read_alarms)]
)
def test_a_damaged_record_is_named(tmp_path, name, read):
    (tmp_path / name).write_text('{"a": ')
    with pytest.raises(UserError, match=f"{name} is damaged"):
        read(tmp_path)
