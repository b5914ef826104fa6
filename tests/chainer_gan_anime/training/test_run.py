import json
import os
import shutil
import signal
import threading

import chainer
import numpy as np
import pytest

from chainer_gan_anime.kernels import engines
from chainer_gan_anime.runs import npz, snapshots
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError
from crawler.shared.locks import lock_folder


@pytest.fixture
def make_run(make_settings, faces, tagged_faces, tmp_path):
    def make(out="run", faces=faces, **given):
        if given.get("algorithm") == "acgan":
            faces = tagged_faces
        given = dict(preview_every=1, snapshot_every=1) | given
        sentences = []
        device = chainer.get_device("@numpy")
        run = Run(make_settings(**given), faces, tmp_path / out, device, sentences.append)
        run.sentences = sentences
        return run

    return make


def contents(run):
    """Returns all values of a run's newest snapshot, and its log, without the clock."""
    path = snapshots.list_snapshots(run.out)[0]
    npz = SafeNpz(path)
    values = {key: npz[key] for key in npz if "elapsed_time" not in key}
    log = json.loads(str(values.pop("extensions/LogReport/_log")))
    on_disk = json.loads((run.out / "log").read_text())
    for entry in [*log, *on_disk]:
        del entry["elapsed_time"]
    assert log == on_disk
    return values, log


def assert_equal_runs(a, b):
    (values_a, log_a), (values_b, log_b) = contents(a), contents(b)
    assert log_a == log_b
    assert values_a.keys() == values_b.keys() and len(values_a) > 50
    for key, value in values_a.items():
        np.testing.assert_array_equal(value, values_b[key], err_msg=key)


CASES = [
    dict(algorithm="sngan"),
    dict(algorithm="sngan", preset="upstream", flip=True),
    dict(algorithm="dragan", n_dis=2, sampling="shuffle"),
    dict(algorithm="dcgan", generator_average=0.9),
    dict(algorithm="acgan", n_dis=2, generator_average=0.9),
    dict(algorithm="wgan_gp", n_dis=2),
    dict(algorithm="cramer", n_dis=2),
    dict(algorithm="began"),
    dict(algorithm="dfm"),
    dict(algorithm="minibatch_discrimination"),
]


@pytest.mark.parametrize("case", CASES)
def test_a_stopped_and_resumed_run_equals_an_uninterrupted_one(make_run, case):
    straight = make_run("straight", iterations=11, log_every=3, **case)
    assert straight.train()
    first = make_run("parts", iterations=11, log_every=3, **case)
    first.stop.n_iterations = 4
    first.train()
    second = make_run("parts", iterations=11, log_every=3, **case)
    assert second.resume() and second.updater.iteration == 4
    assert second.train()
    assert_equal_runs(straight, second)


def test_a_resumed_run_keeps_its_engine(make_run, monkeypatch):
    make_run(iterations=2, cpu_engine="numpy").train()
    written = json.loads((make_run().out / "settings.json").read_text())
    assert written["versions"]["cpu_engine"] == "numpy"
    monkeypatch.setattr(engines, "choose_engine", lambda name: name.replace("auto", "chainer"))
    resumed = make_run(iterations=3)
    assert resumed.engine == "chainer" and resumed.resume() and resumed.engine == "numpy"
    said = "computed by the NumPy kernels so far, and goes on by that and not by Chainer's own"
    assert any(said in sentence for sentence in resumed.sentences)
    again = make_run(iterations=3)
    again.engine = "numpy"
    assert again.resume() and not any("goes on by" in sentence for sentence in again.sentences)
    asked = make_run(iterations=3, cpu_engine="chainer")
    assert asked.resume() and asked.engine == "chainer"
    assert "computed by Chainer's own functions" in asked.describe()


def test_a_run_of_before_there_were_engines_goes_on(make_run):
    make_run(iterations=2, cpu_engine="numpy").train()
    path = make_run().out / "settings.json"
    written = json.loads(path.read_text())
    del written["settings"]["cpu_engine"], written["versions"]["cpu_engine"]
    written["settings"]["stock_kernels"] = False
    path.write_text(json.dumps(written))
    resumed = make_run(iterations=3)
    assert resumed.resume() and resumed.engine == "numpy"


def test_an_engine_that_is_gone_is_told(make_run, monkeypatch):
    make_run(iterations=2, cpu_engine="numpy").train()

    def choose(name):
        if name == "numpy":
            raise UserError("it is gone")
        return "chainer"

    monkeypatch.setattr(engines, "choose_engine", choose)
    resumed = make_run(iterations=3)
    assert resumed.resume() and resumed.engine == "chainer"
    assert any("computed by numpy so far" in sentence for sentence in resumed.sentences)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("algorithm", ["sngan", "dragan"])
def test_onednn_resumes_to_the_bit(make_run, algorithm, dtype):
    try:
        assert engines.choose_engine("onednn")
        if dtype == "bfloat16":
            engines.check_bfloat16("onednn")
    except UserError as error:
        pytest.skip(str(error))
    case = dict(algorithm=algorithm, cpu_engine="onednn", dtype=dtype, iterations=6)
    straight = make_run("straight", **case)
    straight.train()
    first = make_run("parts", **case)
    first.stop.n_iterations = 3
    first.train()
    second = make_run("parts", **case)
    assert second.resume() and second.train()
    assert_equal_runs(straight, second)
    others = make_run("numpy", **{**case, "cpu_engine": "numpy", "dtype": "float32"})
    others.train()
    weights = [contents(run)[0] for run in (straight, others)]
    differ = {k for k in weights[0] if k.endswith("/W") and (weights[0][k] != weights[1][k]).any()}
    assert differ  # it was not the NumPy kernels that computed


def test_previews_and_snapshots_change_nothing(make_run):
    often = make_run("often", iterations=10, preview_every=0.2, snapshot_every=0.4, log_every=5)
    often.train()
    rarely = make_run("rarely", iterations=10, preview_every=9, snapshot_every=9, log_every=5)
    rarely.train()
    assert len(list((often.out / "preview").iterdir())) == 10
    assert len(list((rarely.out / "preview").iterdir())) == 1
    values_often, log_often = contents(often)
    values_rarely, log_rarely = contents(rarely)
    assert log_often == log_rarely
    for key in values_often:
        # What counts the looking itself may differ, the training may not.
        if key.startswith("updater/"):
            np.testing.assert_array_equal(values_often[key], values_rarely[key], err_msg=key)


def test_two_do_not_train_in_one_folder(make_run):
    run = make_run(iterations=2)
    run.out.mkdir(parents=True)
    other = lock_folder(run.out, "training.lock", "training")
    with pytest.raises(UserError, match="another training is writing"):
        run.train()
    assert [path.name for path in run.out.iterdir()] == ["training.lock"]
    other.close()
    assert run.train()


def test_what_a_run_writes(make_run):
    run = make_run(iterations=10, keep_snapshots=1)
    run.train()
    names = {path.name for path in run.out.iterdir()}
    assert names == {
        "settings.json",
        "training.lock",
        "log",
        "loss.png",
        "preview",
        "preview.png",
        "snapshot_iter_10",
        *(f"{net}_iter_{i}.npz" for net in ("gen", "dis") for i in (5, 10)),
    }
    latest = (run.out / "preview.png").read_bytes()
    assert latest == (run.out / "preview" / "iter_00000010.png").read_bytes()
    facts = json.loads((run.out / "settings.json").read_text())
    assert facts["iterations"] == 10 and facts["data"]["images"] == 40
    assert len(json.loads((run.out / "log").read_text())) == 10


def test_the_same_latents_are_shown_through_the_whole_run(make_run):
    first = make_run("a", iterations=2)
    z = first.observers.preview._z.copy()
    first.train()
    resumed = make_run("a", iterations=4)
    resumed.resume()
    np.testing.assert_array_equal(resumed.observers.preview._z, z)


def test_a_torn_snapshot_is_passed_over_with_a_word(make_run):
    run = make_run(iterations=10)
    run.train()
    newest = run.out / "snapshot_iter_10"
    newest.write_bytes(newest.read_bytes()[:-500])
    resumed = make_run(iterations=10)
    assert resumed.resume() and resumed.updater.iteration == 5
    assert any(
        sentence.startswith("Passing over snapshot_iter_10") for sentence in resumed.sentences
    )


def test_changed_settings_are_refused_and_listed(make_run, faces):
    make_run(iterations=2).train()
    changed = make_run(iterations=2, batch_size=4, adam_alpha=2e-4)
    with pytest.raises(UserError) as caught:
        changed.resume()
    for difference in (
        "--batch-size: 8 before, 4 now",
        "--adam-alpha-gen: 0.0001 before, 0.0002 now",
        "--adam-alpha-dis: 0.0001 before, 0.0002 now",
    ):
        assert difference in str(caught.value)
    assert "--seed" not in str(caught.value)
    with pytest.raises(UserError, match="length: 2 iterations before, 1 now"):
        make_run(iterations=1).resume()
    import dataclasses

    other = dataclasses.replace(faces, digest="digest of others")
    with pytest.raises(UserError, match="images: sha256 digest of noise before"):
        make_run(iterations=2, faces=other).resume()


def test_a_longer_run_goes_on(make_run):
    make_run(iterations=2).train()
    longer = make_run(epochs=1)
    assert longer.resume()
    assert longer.train() and longer.updater.iteration == 5


def test_resume_without_a_snapshot_starts_from_the_beginning(make_run):
    run = make_run()
    assert not run.resume()
    assert "starting from the beginning" in run.sentences[0]


def test_an_earlier_run_is_not_overwritten(make_run):
    make_run(iterations=1).train()
    with pytest.raises(UserError, match="already holds a run .snapshot_iter_1.: add --resume"):
        make_run(iterations=1).refuse_overwriting()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops(make_run, number):
    run = make_run(iterations=10_000, snapshot_every=1000, preview_every=1000, log_every=1000)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), number))
    timer.start()
    assert not run.train()
    timer.join()
    done = run.updater.iteration
    assert 0 < done < 10_000
    assert [path.name for path in snapshots.list_snapshots(run.out)] == [f"snapshot_iter_{done}"]
    assert any(f"Stopped by {signal.Signals(number).name}" in s for s in run.sentences)
    assert signal.getsignal(number) is not run.stop._ask


def test_a_nan_stops_the_run_and_names_the_last_good_snapshot(make_run):
    run = make_run(iterations=10, adam_alpha=1e-3)

    @chainer.training.make_extension(trigger=(7, "iteration"))
    def poison(trainer):
        run.dis.l4.W.array[:] = np.nan

    run.trainer.extend(poison)
    with pytest.raises(UserError, match=r"at iteration 8.*snapshot_iter_5"):
        run.train()
    assert not (run.out / "snapshot_iter_10").exists()


def test_a_snapshot_of_nan_parameters_is_never_taken(make_run):
    run = make_run(iterations=10)

    @chainer.training.make_extension(trigger=(10, "iteration"))
    def poison(trainer):
        run.gen.l0.W.array[0, 0] = np.inf

    run.trainer.extend(poison, priority=1000)
    with pytest.raises(UserError, match="ArticleGenerator/l0/W is no number"):
        run.train()
    assert not (run.out / "snapshot_iter_10").exists()


def test_a_full_disk_stops_the_run_and_names_the_last_good_snapshot(make_run, monkeypatch):
    run = make_run(iterations=10)
    save = npz.save

    def full_after_five(path, target):
        if run.updater.iteration > 5:
            raise OSError(28, "No space left on device", str(path))
        save(path, target)

    monkeypatch.setattr(snapshots, "save", full_after_five)
    with pytest.raises(UserError, match=r"No space left.*last good snapshot is .*snapshot_iter_5"):
        run.train()


def test_fewer_images_than_a_batch(make_run):
    with pytest.raises(UserError, match="holds 40 images, fewer than a batch of 41"):
        make_run(batch_size=41)


def test_the_averaged_generator_is_the_average(make_run):
    run = make_run(iterations=3, generator_average=0.75)
    seen = [run.gen.l0.W.array.copy()]

    @chainer.training.make_extension(trigger=(1, "iteration"))
    def record(trainer):
        seen.append(run.gen.l0.W.array.copy())

    run.trainer.extend(record)
    run.train()
    expected = seen[0]
    for t, weight in enumerate(seen[1:]):
        decay = min(0.75, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * weight
    npz = SafeNpz(run.out / "gen_average_iter_3.npz")
    np.testing.assert_allclose(npz["l0/W"], expected, rtol=1e-5, atol=1e-7)


def test_the_description_counts_epochs_and_updates(make_run):
    text = make_run(algorithm="dragan", n_dis=2, epochs=5).describe()
    assert "40 images from noise" in text and "13 iterations" in text and "26 of D" in text


def test_what_a_killed_run_left_half_written_is_removed_and_told(make_run):
    run = make_run(iterations=1)
    left = run.out / "snapshot_iter_9.999999999-0a1b2c3d.part"
    run.out.mkdir()
    left.write_bytes(b"half")
    run.train()
    assert not left.exists()
    assert "Removed 1 half-written file(s) of a killed process." in run.sentences
    assert list(run.out.rglob("*.part")) == []


def test_a_run_starts_from_the_nets_of_another(make_run):
    first = make_run("first", iterations=3, generator_average=0.9)
    first.train()
    given = dict(iterations=2, generator_average=0.9, start_from=str(first.out), seed=7)
    run = make_run("second", **given)
    for mine, its in ((run.gen, first.gen), (run.dis, first.dis)):
        for (name, param), (_, before) in zip(mine.namedparams(), its.namedparams()):
            np.testing.assert_array_equal(param.array, before.array, err_msg=name)
    average = run.trainer.get_extension("GeneratorAverage").average
    np.testing.assert_array_equal(average.l0.W.array, first.gen.l0.W.array)
    assert "starts from the nets of first, iteration 3" in run.describe()
    run.train()
    assert not np.array_equal(run.gen.l0.W.array, first.gen.l0.W.array)
    facts = json.loads((run.out / "settings.json").read_text())
    assert facts["start"]["run"] == "first" and facts["start"]["iteration"] == 3
    # What it started from is no longer needed, and not forgotten.
    shutil.rmtree(first.out)
    longer = make_run("second", **given | dict(iterations=4))
    assert longer.resume() and longer.train()
    assert json.loads((run.out / "settings.json").read_text())["start"] == facts["start"]


def test_a_wider_run_starts_from_another_and_goes_on_exactly(make_run):
    first = make_run("first", iterations=2)
    first.train()
    given = dict(start_from=str(first.out), ch=2 * first.settings.ch)
    run = make_run("wide", iterations=4, **given)
    assert f"iteration 2, widened from {first.settings.ch} channels" in run.describe()
    run.train()
    make_run("parts", iterations=2, **given).train()
    longer = make_run("parts", iterations=4, **given)
    assert longer.resume()
    longer.train()
    assert_equal_runs(run, longer)


def test_a_narrowed_run_goes_on_exactly(make_run):
    first = make_run("first", iterations=2)
    first.train()
    given = dict(start_from=str(first.out), start_steady=0.3)
    run = make_run("narrow", iterations=4, **given)
    assert "iteration 2, narrowed to the steadiest 0.3 of its latents" in run.describe()
    run.train()
    make_run("parts", iterations=2, **given).train()
    longer = make_run("parts", iterations=4, **given)
    assert longer.resume()
    longer.train()
    assert_equal_runs(run, longer)


def test_a_run_started_from_another_is_its_own(make_run):
    first = make_run("first", iterations=2)
    first.train()
    runs = [make_run(name, iterations=2, start_from=str(first.out)) for name in ("a", "b")]
    for run in runs:
        run.train()
    assert_equal_runs(*runs)
    with pytest.raises(UserError, match="is also where this run would write"):
        make_run("empty", iterations=2, start_from=str(first.out.parent / "empty"))


def test_resuming_without_what_it_started_from_is_refused(make_run):
    first = make_run("first", iterations=1)
    first.train()
    make_run("second", iterations=1, start_from=str(first.out)).train()
    with pytest.raises(UserError, match="--start-from: .*first before, None now"):
        make_run("second", iterations=2).resume()
