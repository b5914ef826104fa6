"""``cupy.ReductionKernel``: map, reduce, post-map, in a loop per result."""

from __future__ import annotations

import ctypes
import math

import numpy as np

from tests.hostcupy import counters
from tests.hostcupy.arrays import empty_host, ndarray, wrap
from tests.hostcupy.compiler import C_TYPES, address, build, typedefs
from tests.hostcupy.signature import Argument, KernelCall, bind_types, parse, record


class ReductionKernel:
    """See CuPy's documentation; results are added in the order of the elements."""

    def __init__(
        self,
        in_params,
        out_params,
        map_expr,
        reduce_expr,
        post_map_expr,
        identity,
        name="reduce_kernel",
        reduce_type=None,
        reduce_dims=True,
        preamble="",
        options=(),
    ):
        self.name = name
        self.inputs, self.outputs = parse(in_params), parse(out_params)
        if any(parameter.raw for parameter in self.inputs + self.outputs):
            raise NotImplementedError("hostcupy's reductions take no raw parameters")
        self.map_expr, self.reduce_expr, self.post_map_expr = map_expr, reduce_expr, post_map_expr
        self.identity, self.reduce_type, self.preamble = identity, reduce_type, preamble
        self.definition = (
            *(in_params, out_params, map_expr, reduce_expr, post_map_expr),
            *(str(identity), reduce_type, preamble),
        )

    def __call__(self, *args, out=None, axis=None, keepdims=False, stream=None):
        ins = args[: len(self.inputs)]
        outs = args[len(self.inputs) :] or ((out,) if out is not None else ())
        bound = bind_types(self.inputs, ins, self.outputs, outs)
        shape = np.broadcast_shapes(*(a.shape for a in ins if isinstance(a, ndarray)))
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(a % len(shape) for a in axes)
        kept = tuple(a for a in range(len(shape)) if a not in axes)
        result_shape = tuple(shape[a] for a in kept)
        if not outs:
            full = tuple(1 if a in axes else n for a, n in enumerate(shape))
            allocated = full if keepdims else result_shape
            outs = tuple(wrap(empty_host(allocated, p.dtype(bound))) for p in self.outputs)
        arguments = (
            *(Argument.of(arg, shape) for arg in ins),
            *(Argument.of(arg) for arg in outs),
        )
        record(KernelCall("reduction", self.name, self.definition, (), arguments))
        self._run(ins, outs, bound, shape, kept, axes)
        return outs if len(outs) > 1 else outs[0]

    def _run(self, ins, outs, bound, shape, kept, axes):
        declared, before, within, values = [], [], [], []
        for parameter, arg in zip(self.inputs, ins):
            name, dtype = parameter.name, parameter.dtype(bound)
            c_type = f"const {C_TYPES[dtype]}"
            declared.append(f"{c_type}* p_{name}")
            if isinstance(arg, ndarray):
                order = np.broadcast_to(arg._host, shape).transpose(kept + axes)
                values.append(np.ascontiguousarray(order))
                within.append(f"{c_type} &{name} = p_{name}[o * n_reduced + r];")
            else:
                values.append(np.array([arg]).astype(dtype))
                before.append(f"{c_type} {name} = *p_{name};")
        results = []
        n_results = math.prod(shape[a] for a in kept)
        for parameter, out in zip(self.outputs, outs):
            host = out._host.reshape(n_results).copy()
            results.append(host)
            c_type = C_TYPES[parameter.dtype(bound)]
            declared.append(f"{c_type}* p_{parameter.name}")
        reduce_type = self.reduce_type or C_TYPES[self.outputs[0].dtype(bound)]
        outputs = [f"{C_TYPES[p.dtype(bound)]} &{p.name} = p_{p.name}[o];" for p in self.outputs]
        code = "\n".join(
            (
                typedefs(bound),
                self.preamble,
                f"typedef {reduce_type} reduced_t;",
                f"#define REDUCE(a, b) ({self.reduce_expr})",
                f"#define POST_MAP(a) ({self.post_map_expr})",
                f'extern "C" void kernel({", ".join(declared)},',
                "            ptrdiff_t n_results, ptrdiff_t n_reduced) {",
                "CIndexer _in_ind{n_results * n_reduced}, _out_ind{n_results};",
                *before,
                "for (ptrdiff_t o = 0; o < n_results; ++o) {",
                *outputs,
                f"reduced_t total = reduced_t({self.identity});",
                "for (ptrdiff_t r = 0; r < n_reduced; ++r) {",
                *within,
                f"reduced_t mapped = (reduced_t)({self.map_expr});",
                "total = (reduced_t)REDUCE(total, mapped);",
                "}",
                "POST_MAP(total);",
                "}}",
            )
        )
        n_reduced = math.prod(shape[a] for a in axes)
        sizes = (ctypes.c_ssize_t(n_results), ctypes.c_ssize_t(n_reduced))
        build(code)(*map(address, values + results), *sizes)
        for out, host in zip(outs, results):
            out._host[...] = host.reshape(out.shape)
        counters.launch(self.name, *(a._host for a in (*ins, *outs) if isinstance(a, ndarray)))
