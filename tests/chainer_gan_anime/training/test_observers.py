import chainer
import pytest

from chainer_gan_anime.runs import snapshots
from chainer_gan_anime.training.run import Run


@pytest.fixture
def trained(make_settings, faces, tmp_path):
    """A run whose length is no multiple of its snapshots' period, and the names it wrote."""

    def train(**given):
        given = {"iterations": 5, "snapshot_every": 0.4, **given}
        settings = make_settings(preview_every=0.4, **given)
        run = Run(settings, faces, tmp_path, chainer.get_device("@numpy"), lambda text: None)
        run.train()
        return run, {path.name for path in tmp_path.iterdir()}

    return train


def test_every_second_and_the_last_iteration_is_saved(trained, tmp_path):
    _, names = trained(keep_snapshots=2)
    nets = {f"{net}_iter_{i}.npz" for net in ("gen", "dis") for i in (2, 4, 5)}
    assert {name for name in names if name.endswith(".npz")} == nets
    assert {name for name in names if name.startswith("snapshot")} == {
        "snapshot_iter_4",
        "snapshot_iter_5",
    }
    assert {"log", "loss.png", "preview.png"} <= names
    previews = sorted(path.name for path in (tmp_path / "preview").iterdir())
    assert previews == [f"iter_{i:08}.png" for i in (2, 4, 5)]


def test_by_the_clock_only_what_resume_needs_is_saved_until_the_end(trained, tmp_path):
    _, names = trained(snapshot_every=100, snapshot_minutes=1e-9)
    assert {name for name in names if name.startswith("snapshot")} == {
        "snapshot_iter_4",
        "snapshot_iter_5",
    }
    assert {name for name in names if name.endswith(".npz")} == {
        "gen_iter_5.npz",
        "dis_iter_5.npz",
    }


def test_nothing_is_written_twice(trained, monkeypatch):
    written = []
    monkeypatch.setattr(snapshots, "save", lambda path, target: written.append(path.name))
    trained(iterations=4)
    names = [(f"gen_iter_{i}.npz", f"dis_iter_{i}.npz", f"snapshot_iter_{i}") for i in (2, 4)]
    # `finish` looks for the last ones in the folder, finds none and writes them, too.
    assert written[:6] == [*names[0], *names[1]]


def test_an_average_is_saved_beside(trained):
    assert "gen_average_iter_5.npz" in trained(generator_average=0.9)[1]


def test_what_was_just_saved_is_not_saved_again(trained, tmp_path):
    run, _ = trained()
    before = (tmp_path / "snapshot_iter_5").stat().st_mtime_ns
    run.observers.finish(run.trainer)
    assert (tmp_path / "snapshot_iter_5").stat().st_mtime_ns == before


@pytest.mark.parametrize("iterations, drawn", [(4, [2, 4]), (5, [2, 4, 5])])
def test_no_picture_is_drawn_twice(trained, monkeypatch, iterations, drawn):
    loss_plots, previews = [], []
    monkeypatch.setattr(
        "chainer_gan_anime.training.loss_plot.plot_losses",
        lambda path, log, keys: loss_plots.append(log[-1]["iteration"]),
    )
    monkeypatch.setattr(
        "chainer_gan_anime.training.preview.save_png", lambda path, grid: previews.append(path)
    )
    trained(iterations=iterations, log_every=1)
    assert loss_plots == drawn
    assert [path.stem for path in previews[::2]] == [f"iter_{i:08}" for i in drawn]


def test_the_nets_beside_g_and_d_are_saved_too(trained):
    run, names = trained(algorithm="dfm")
    assert {f"{net}_iter_5.npz" for net in ("gen", "dis", "den")} <= names
    assert run.models["den"] is run.updater.extra[0]


SIGNS = {"accuracy_real", "accuracy_fake"}
CRITIC = {"critic_real", "critic_fake"}


@pytest.mark.parametrize(
    "algorithm, shown",
    [
        ("dragan", {"loss_gp", *SIGNS}),
        ("cramer", {"loss_gp", *CRITIC}),
        ("began", {"measure"}),
        ("dfm", {"loss_den", *SIGNS}),
    ],
)
def test_the_table_shows_what_the_algorithm_reports(trained, capsys, algorithm, shown):
    trained(algorithm=algorithm)
    head, *lines = capsys.readouterr().out.splitlines()
    assert set(head.split()) == {"epoch", "iteration", "loss_gen", "loss_dis", *shown}
    assert [len(line.split()) for line in lines[:5]] == [len(head.split())] * 5  # none is empty


def test_the_table_of_a_resumed_run_goes_on(trained, make_settings, faces, tmp_path, capsys):
    trained(algorithm="began")
    capsys.readouterr()
    settings = make_settings(algorithm="began", iterations=7, snapshot_every=0.4)
    run = Run(settings, faces, tmp_path, chainer.get_device("@numpy"), lambda text: None)
    assert run.resume()
    run.train()
    head, *lines = capsys.readouterr().out.splitlines()
    assert "measure" in head.split() and "critic_real" not in head.split()
    assert [line.split()[1] for line in lines[:2]] == ["6", "7"]
