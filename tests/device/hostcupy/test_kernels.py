"""The stand-in's kernels: CUDA C compiled with g++ gives what the code says."""

import cupy
import numpy as np
import pytest

pytestmark = pytest.mark.skipif(not hasattr(cupy, "is_hostcupy"), reason="tests of the stand-in")

rng = np.random.RandomState(0)
x = rng.uniform(-1, 1, (3, 4)).astype(np.float32)


def test_elementwise_broadcasts_and_converts_scalars():
    kernel = cupy.ElementwiseKernel("T a, T b, T c", "T y", "y = a * b + c", "fma3")
    y = kernel(cupy.asarray(x), cupy.asarray(x[:1]), 0.5)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.get(), x * x[:1] + np.float32(0.5), rtol=1e-6)


def test_elementwise_with_raw_arrays_and_size():
    kernel = cupy.ElementwiseKernel(
        "raw T a, int32 n", "raw T y", "y[n - 1 - i] = a[i] * a.size() + a.shape()[1]", "reverse"
    )
    y = cupy.empty(12, np.float32)
    kernel(cupy.asarray(x).T, 12, y, size=12)
    np.testing.assert_allclose(y.get()[::-1], x.T.ravel() * 12 + 3, rtol=1e-6)


def test_elementwise_writes_into_strided_outputs():
    y = cupy.zeros((4, 3), np.float32)
    cupy.ElementwiseKernel("T a", "T y", "y += 2 * a", "add_twice")(cupy.asarray(x), y.T)
    np.testing.assert_allclose(y.get(), 2 * x.T)


def test_elementwise_checks_its_arguments():
    kernel = cupy.ElementwiseKernel("T a, T b", "T y", "y = a + b", "sum2")
    a = cupy.asarray(x)
    with pytest.raises(TypeError, match="mismatched"):
        kernel(a, a.astype(np.float64))
    with pytest.raises(TypeError, match="Unsupported"):
        kernel(a, x)
    with pytest.raises(TypeError, match="Wrong number"):
        kernel(a)
    with pytest.raises(ValueError, match="undecided"):
        kernel(1.0, 2.0)
    with pytest.raises(ValueError, match="Out shape"):
        kernel(a, a, cupy.empty((1, 4), np.float32))


def test_half_precision():
    kernel = cupy.ElementwiseKernel("T a", "T y", "y = exp(a)", "exp_half")
    half = x.astype(np.float16)
    np.testing.assert_allclose(kernel(cupy.asarray(half)).get(), np.exp(half), rtol=2e-3)


@pytest.mark.parametrize(
    ("axis", "keepdims"), [(None, False), (0, True), (1, False), ((0, 1), True)]
)
def test_reduction(axis, keepdims):
    kernel = cupy.ReductionKernel("T a", "T y", "a * a", "a + b", "y = sqrt(a)", "0", "l2")
    y = kernel(cupy.asarray(x), axis=axis, keepdims=keepdims)
    expected = np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))
    assert y.shape == expected.shape
    np.testing.assert_allclose(y.get(), expected, rtol=1e-6)


def test_reduction_with_maximum():
    kernel = cupy.ReductionKernel("T a", "T y", "a", "max(a, b)", "y = a", "-1e30", "largest")
    np.testing.assert_array_equal(kernel(cupy.asarray(x), axis=1).get(), x.max(axis=1))


def test_a_launch_counts_its_operands(counting):
    kernel = cupy.ElementwiseKernel("T a, T b", "T y", "y = a + b", "sum2")
    a = cupy.asarray(x)
    with counting() as seen:
        kernel(a, a)
    assert seen.launches == {"sum2": 1}
    assert seen.kernel_bytes == 3 * x.nbytes


def test_broken_code_does_not_compile():
    kernel = cupy.ElementwiseKernel("T a", "T y", "y = a +* undeclared", "broken")
    with pytest.raises(Exception, match="undeclared"):
        kernel(cupy.asarray(x))
