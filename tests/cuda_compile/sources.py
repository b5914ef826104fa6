"""CUDA sources of recorded kernel calls, by the code generator of the installed CuPy.

CuPy generates a kernel's source from its definition and from dtypes, dimensions and contiguity
of the arguments.  Its generator is reached here as CuPy itself reaches it just before a launch,
so no device and no driver is needed.  The names beginning with ``_`` are CuPy's private ones;
they are the same in 13.6 and 14.2.
"""

from __future__ import annotations

import cupy
import numpy as np
from cupy._core import _carray, _kernel, _reduction, _scalar, core
from cupy.cuda import compiler

ARRAY, INDEXER, SCALAR = 1, 2, 3
BLOCK_SIZE = 512


def _array_info(dtype, ndim, c_contiguous):
    return _kernel._ArgInfo(ARRAY, cupy.ndarray, np.dtype(dtype), ndim, c_contiguous, True)


def _scalar_info(dtype):
    return _kernel._ArgInfo(SCALAR, _scalar.CScalar, np.dtype(dtype), 0, True, True)


def _indexer_info(ndim):
    return _kernel._ArgInfo(INDEXER, _carray.Indexer, None, ndim, True, True)


def _given_dtypes(arguments):
    return tuple(a["dtype"] and np.dtype(a["dtype"]) for a in arguments)


def _elementwise_source(call: dict) -> str:
    in_params, out_params, operation, preamble = call["definition"]
    options = dict(call["options"])
    kernel = cupy.ElementwiseKernel(
        in_params, out_params, operation, call["name"], preamble=preamble, **options
    )
    arguments = call["arguments"]
    given = _given_dtypes(arguments)
    in_types, out_types, type_map = kernel._decide_params_type(
        given[: kernel.nin], given[kernel.nin :]
    )
    looped = [a for a, p in zip(arguments, kernel.params) if a["dtype"] and not p.raw]
    # CuPy joins dimensions where it can; arrays without gaps always become one-dimensional.
    joined = all(a["c_contiguous"] for a in looped)
    ndim = 1 if joined else max(a["ndim"] for a in looped)
    infos = [
        _scalar_info(dtype)
        if a["dtype"] is None
        else _array_info(dtype, a["ndim"] if p.raw else ndim, a["c_contiguous"])
        for a, p, dtype in zip(arguments, kernel.params, (*in_types, *out_types))
    ]
    return _kernel._get_elementwise_kernel_code(
        (*infos, _indexer_info(ndim)),
        type_map,
        kernel.params,
        kernel.operation,
        kernel.name,
        kernel.preamble,
        **kernel.kwargs,
    )


def _reduction_source(call: dict) -> str:
    in_params, out_params, mapped, reduced, post, identity, reduce_type, preamble = call[
        "definition"
    ]
    kernel = cupy.ReductionKernel(
        in_params,
        out_params,
        mapped,
        reduced,
        post,
        identity,
        call["name"],
        reduce_type,
        preamble=preamble,
    )
    arguments = call["arguments"]
    given = _given_dtypes(arguments)
    in_types, out_types, type_map = _kernel._decide_params_type(
        kernel.in_params, kernel.out_params, given[: kernel.nin], given[kernel.nin :]
    )
    ndim = max(a["ndim"] for a in arguments)
    infos = [
        _scalar_info(dtype)
        if a["dtype"] is None
        else _array_info(dtype, a["ndim"], a["c_contiguous"])
        for a, dtype in zip(arguments, in_types)
    ]
    infos += [_array_info(dtype, 1, True) for dtype in out_types]
    infos += [_indexer_info(ndim), _indexer_info(1), _scalar_info(np.int32)]
    return _reduction._ReductionKernel_get_cached_function_code(
        kernel.nin,
        kernel.nout,
        kernel._params,
        tuple(infos),
        type_map,
        kernel.name,
        BLOCK_SIZE,
        kernel.reduce_type,
        kernel.identity,
        mapped,
        reduced,
        post,
        preamble,
        (),
    )


def source(call: dict) -> str:
    """The CUDA source that CuPy would compile for a recorded call."""
    generate = {"elementwise": _elementwise_source, "reduction": _reduction_source}
    return "typedef int IndexT;\n" + generate[call["kind"]](call)


class _Intercepted(Exception):
    pass


def compile_to_cubin(code: str, architecture: str) -> bytes:
    """Compile a source with the headers and options that CuPy gives it.

    Args:
        code: What :func:`source` returned.
        architecture: Compute capability without the dot, such as ``'90'``.

    Raises:
        cupy.cuda.compiler.CompileException: NVRTC refused the source.
    """
    seen = []

    def intercept(full_source, options, *args, **kwargs):
        seen.extend((full_source, options))
        raise _Intercepted

    # What comes next in CuPy loads the result, for which a driver is needed.
    original = compiler._compile_module_with_cache
    compiler._compile_module_with_cache = intercept
    try:
        core.compile_with_cache(code, ())
    except _Intercepted:
        pass
    finally:
        compiler._compile_module_with_cache = original
    full_source, options = seen
    # CuPy's own function for this asks the driver for the device's number.
    program = compiler._NVRTCProgram(full_source, "kernel.cu", method="cubin")
    device_options = (
        "-ftz=true",
        f"-arch=sm_{architecture}",
        "--device-as-default-execution-space",
    )
    cubin, _ = program.compile((*options, *device_options))
    return cubin
