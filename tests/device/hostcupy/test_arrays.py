"""The stand-in's arrays behave as CuPy's where it matters, and count what they do."""

import json
import pathlib
import pickle
import subprocess
import sys

import cupy
import numpy as np
import pytest

hostcupy = pytest.importorskip("tests.hostcupy", reason="not on hostcupy")
pytestmark = pytest.mark.skipif(not hasattr(cupy, "is_hostcupy"), reason="tests of the stand-in")


def device(*shape, dtype=np.float32):
    return cupy.asarray(np.random.RandomState(0).uniform(-1, 1, shape).astype(dtype))


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        np.array,
        lambda a: np.ones(3, np.float32) + a,
        lambda a: a + np.ones(3, np.float32),
        lambda a: np.zeros(3, np.float32).__setitem__(slice(None), a),
        lambda a: a.__setitem__(slice(None), np.zeros(3, np.float32)),
        lambda a: np.add(a, a, out=np.zeros(3, np.float32)),
        lambda a: cupy.sum(np.ones(3)),
        lambda a: cupy.concatenate([a, np.ones(3, np.float32)]),
    ],
)
def test_implicit_conversion_is_refused(convert):
    with pytest.raises(TypeError):
        convert(device(3))


def test_scalars_and_numpy_functions_are_taken_as_in_cupy():
    a = device(3)
    for result in (a + 1, 2 * a, a + np.float32(1), np.sqrt(a * a), np.concatenate([a, a])):
        assert isinstance(result, cupy.ndarray)
        assert result.dtype == np.float32
    np.testing.assert_allclose(np.sqrt(a * a).get(), np.abs(a.get()), rtol=1e-6)


def test_indexing_gives_views_also_of_one_element():
    a = device(2, 3)
    a[1, 2][...] = 7
    assert a[1, 2].shape == ()
    assert float(a[1, 2]) == 7


def test_reading_is_a_transfer_and_waits(counting):
    a = device(3)
    with counting() as seen:
        a.get()
        float(a[0])
        bool(a[0] > 0)
        pickle.dumps(a)
    assert (seen.d2h_calls, seen.synchronisations) == (4, 4)
    assert seen.d2h_bytes == 12 + 4 + 1 + 12
    with counting() as seen:
        assert a.shape == (3,)
        assert a.dtype == np.float32
        assert len(a) == 3
    assert (seen.d2h_calls, seen.n_launches) == (0, 0)


def test_sending_is_a_transfer(counting):
    host = np.ones((2, 3), np.float32)
    with counting() as seen:
        a = cupy.asarray(host)
        a.set(host)
        cupy.asarray(a)
    assert (seen.h2d_calls, seen.h2d_bytes) == (2, 48)
    host[:] = 0
    assert float(a.sum()) == 6  # a copy


def test_launches_are_counted_by_kind(counting):
    a = device(4, 6)
    with counting() as seen:
        a.T.reshape(3, 8)  # moves elements: a copy
        a.reshape(3, 8)  # does not
        a.sum()
        a.std(axis=0)
        a += 1
        a @ a.T
    assert seen.launches == {"cupy_copy": 1, "cupy_sum": 1, "cupy_std": 3, "cupy_add": 1}
    assert seen.gemms == {(4, 4, 6): 1}
    assert seen.gemm_flops == 2 * 4 * 4 * 6
    assert seen.n_launches == 7


def test_tensordot_equals_numpy():
    a, b = device(2, 3, 4, 5), device(6, 3, 5)
    for axes in (((1, 3), (1, 2)), ((3,), (2,)), ((3, 1), (2, 1))):
        expected = np.tensordot(a.get(), b.get(), axes)
        np.testing.assert_allclose(cupy.tensordot(a, b, axes).get(), expected, rtol=1e-5)


def test_unwritten_memory_is_not_a_number():
    assert bool(cupy.isnan(cupy.empty(3, np.float32)).all())


def test_random_streams_follow_their_seed():
    def draw():
        return cupy.random.RandomState(5).uniform(-1, 1, 4, dtype=np.float32)

    assert draw().dtype == np.float32
    np.testing.assert_array_equal(draw().get(), draw().get())


def test_a_name_that_is_not_listed_is_missing():
    with pytest.raises(AttributeError):
        _ = cupy.histogram2d


def test_real_cupy_has_every_name():
    script = pathlib.Path(__file__).with_name("real_names.py")

    def missing(names):
        result = subprocess.run(
            [sys.executable, "-W", "ignore", script],
            input=json.dumps(names),
            capture_output=True,
            text=True,
        )
        if "No module named 'cupy'" in result.stderr:
            pytest.skip("the real CuPy (cupy-cuda12x) is not installed")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    wrong = ["cupy.no_such_name", "cupy.ndarray.no_such_method", "cupy.no_such_module.name"]
    names = hostcupy.offered_names()
    assert len(names) > 200
    assert missing(names + wrong) == wrong


def test_memory_in_use_follows_the_arrays(counting):
    pool = cupy.get_default_memory_pool()
    before = pool.used_bytes()
    with counting() as seen:
        a = cupy.zeros((10, 10), np.float32)
        view = a[2:].T
        del a
        assert pool.used_bytes() - before == 400  # the view holds all of it
        b = cupy.zeros(5, np.float32)
        del view, b
    assert pool.used_bytes() == before
    assert seen.peak_bytes - before == 420
