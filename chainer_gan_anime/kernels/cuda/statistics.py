"""Means and variances in one launch, and what is made of them."""

from __future__ import annotations

from chainer.backends import cuda

# Count, mean and sum of squared deviations of a part of the data; two parts are merged by the
# formula of Chan, Golub and LeVeque (1979), which needs one pass and loses no digits.
MOMENTS = """
struct Moments {
    float n, mean, squares;
    __device__ Moments() : n(0), mean(0), squares(0) {}
    __device__ Moments(float x) : n(1), mean(x), squares(0) {}
    __device__ Moments(float n, float mean, float squares) : n(n), mean(mean), squares(squares) {}
};
__device__ Moments merge(const Moments& a, const Moments& b) {
    if (a.n == 0) return b;
    if (b.n == 0) return a;
    float n = a.n + b.n;
    float step = b.mean - a.mean;
    float between = step * step * (a.n * b.n / n);
    return Moments(n, a.mean + step * (b.n / n), a.squares + b.squares + between);
}
"""

# Two sums in one reduction.
TWO_SUMS = """
struct TwoSums {
    float first, second;
    __device__ TwoSums() : first(0), second(0) {}
    __device__ TwoSums(float first, float second) : first(first), second(second) {}
};
__device__ TwoSums add(const TwoSums& x, const TwoSums& y) {
    return TwoSums(x.first + y.first, x.second + y.second);
}
"""


def standard_deviation(x, axis):
    """Return the population's standard deviation along an axis, which is kept with length 1."""
    kernel = cuda.reduce(
        "T x",
        "T std",
        "Moments(x)",
        "merge(a, b)",
        "std = sqrt(a.squares / a.n)",
        "",
        "standard_deviation",
        reduce_type="Moments",
        preamble=MOMENTS,
    )
    return kernel(x, axis=axis, keepdims=True)


def perturb(x, noise, std):
    """Return x + 0.5 * noise * std; DRAGAN's x'.

    Args:
        x: Images (B, 3, H, W).
        noise: U[0, 1) of the same shape.
        std: Their deviation, of a shape that broadcasts to it.
    """
    kernel = cuda.elementwise(
        "T x, T noise, T std", "T y", "y = x + (T)0.5 * noise * std", "perturb"
    )
    return kernel(x, noise, std)


def mean_and_share_right(y, sign: int):
    """Return the mean of logits and the share with the right sign, as 0-dim arrays.

    Args:
        y: Logits (B, 1).
        sign: 1 if right ones are above 0, -1 if below.
    """
    kernel = cuda.reduce(
        "T y, int32 sign",
        "T mean, T share",
        "TwoSums(y, y * sign > 0)",
        "add(a, b)",
        "mean = a.first * _out_ind.size() / _in_ind.size(),"
        "share = a.second * _out_ind.size() / _in_ind.size()",
        "",
        "mean_and_share_right",
        reduce_type="TwoSums",
        preamble=TWO_SUMS,
    )
    return kernel(y, sign)
