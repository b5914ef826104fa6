"""``cupy.fuse`` and ``cupy.memoize``."""

from __future__ import annotations

import functools

from tests.hostcupy import counters
from tests.hostcupy.arrays import unwrap


def fuse(*args, **kwargs):
    """Run the function step by step, counted as the one launch that CuPy makes of it."""
    if len(args) != 1 or not callable(args[0]):
        return lambda function: fuse(function)
    function = args[0]

    @functools.wraps(function)
    def fused(*operands):
        with counters.paused():
            result = function(*operands)
        counters.launch(f"fused_{function.__name__}", *unwrap(operands), unwrap(result))
        return result

    return fused


_memos: list[dict] = []


def memoize(for_each_device=False):
    def decorator(function):
        memo: dict = {}
        _memos.append(memo)

        @functools.wraps(function)
        def memoized(*args, **kwargs):
            key = args, frozenset(kwargs.items())
            if key not in memo:
                memo[key] = function(*args, **kwargs)
            return memo[key]

        return memoized

    return decorator


def clear_memo():
    for memo in _memos:
        memo.clear()
