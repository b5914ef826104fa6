import types

from chainer_gan_anime.training import progress
from chainer_gan_anime.training.progress import Progress, Table


def make_trainer(iteration, log=()):
    updater = types.SimpleNamespace(iteration=iteration)
    report = types.SimpleNamespace(log=list(log))
    return types.SimpleNamespace(updater=updater, get_extension=lambda name: report)


def test_after_the_warm_up_the_time_left_is_told_once(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    bar = Progress(1000, 50)
    bar.initialize(make_trainer(0))
    for iteration in range(1, 30):
        now[0] = iteration  # a second each
        bar(make_trainer(iteration))
    bar.finalize()
    out = capsys.readouterr()
    # Told at second 11 with 989 iterations to go; the bar itself is silent off a terminal.
    assert out.out == "About 0:16:29 (h:mm:ss) to go, at 50 images/s.\n" and out.err == ""


def test_a_resumed_table_does_not_print_what_was_printed(capsys):
    entry = {"iteration": 1, "loss_gen": 0.5}
    table = Table(["iteration", "loss_gen"])
    trainer = make_trainer(1, [entry])
    table.initialize(trainer)
    trainer.get_extension("LogReport").log.append({"iteration": 2, "loss_gen": 0.25})
    table(trainer)
    out = capsys.readouterr().out
    assert "0.25" in out and "0.5 " not in out.replace("0.25", "") and "\033" not in out
