"""``cupy.ElementwiseKernel``: the kernel's code in a loop over the elements."""

from __future__ import annotations

import ctypes
import math

import numpy as np

from tests.hostcupy import counters
from tests.hostcupy.arrays import empty_host, ndarray, wrap
from tests.hostcupy.compiler import C_TYPES, address, build, typedefs
from tests.hostcupy.signature import Argument, KernelCall, bind_types, parse, record


class ElementwiseKernel:
    """See CuPy's documentation; options that change no result are accepted and ignored."""

    def __init__(
        self,
        in_params,
        out_params,
        operation,
        name="kernel",
        reduce_dims=True,
        preamble="",
        no_return=False,
        return_tuple=False,
        doc="",
        *,
        loop_prep="",
        after_loop="",
        options=(),
    ):
        self.name = name
        self.inputs, self.outputs = parse(in_params), parse(out_params)
        self.operation, self.preamble = operation, preamble
        self.loop_prep, self.after_loop = loop_prep, after_loop
        self.no_return, self.return_tuple = no_return, return_tuple
        self.definition = (in_params, out_params, operation, preamble)
        self.options = tuple(
            (key, text)
            for key, text in (("loop_prep", loop_prep), ("after_loop", after_loop))
            if text
        )

    def __call__(self, *args, size=None, stream=None, block_size=None):
        if len(args) not in (len(self.inputs), len(self.inputs) + len(self.outputs)):
            raise TypeError(f"Wrong number of arguments for {self.name}")
        ins = args[: len(self.inputs)]
        outs = args[len(self.inputs) :]
        bound = bind_types(self.inputs, ins, self.outputs, outs)
        shape = self._loop_shape(args, size)
        if not outs:
            outs = tuple(wrap(empty_host(shape, p.dtype(bound))) for p in self.outputs)
        for parameter, out in zip(self.outputs, outs):
            if not parameter.raw and out.shape != shape:
                raise ValueError("Out shape is mismatched")
        arguments = tuple(
            Argument.of(arg, None if parameter.raw else shape)
            for parameter, arg in zip(self.inputs + self.outputs, (*ins, *outs))
        )
        record(KernelCall("elementwise", self.name, self.definition, self.options, arguments))
        self._run(ins, outs, bound, shape)
        if self.no_return:
            return None
        return outs if self.return_tuple or len(outs) != 1 else outs[0]

    def _loop_shape(self, args, size):
        shapes = [
            arg.shape
            for parameter, arg in zip(self.inputs + self.outputs, args)
            if isinstance(arg, ndarray) and not parameter.raw
        ]
        if size is not None:
            if shapes:
                raise ValueError(
                    "Specified 'size' can be used only if all of the ndarray are 'raw'."
                )
            return (size,)
        if not shapes:
            raise ValueError("Loop size is undecided.")
        return np.broadcast_shapes(*shapes)

    def _run(self, ins, outs, bound, shape):
        declared, before, within, values, results = [], [], [], [], []
        for k, (parameter, arg) in enumerate(zip(self.inputs + self.outputs, (*ins, *outs))):
            is_output = k >= len(ins)
            name, dtype = parameter.name, parameter.dtype(bound)
            c_type = C_TYPES[dtype] if is_output else f"const {C_TYPES[dtype]}"
            declared.append(f"{c_type}* p_{name}")
            if not isinstance(arg, ndarray):
                host = np.array([arg]).astype(dtype)
                before.append(f"{c_type} {name} = *p_{name};")
            elif parameter.raw:
                host = np.ascontiguousarray(arg._host).reshape(arg.shape)
                lengths = np.array((arg.size, *arg.shape), np.intp)
                declared.append(f"const ptrdiff_t* lengths_{name}")
                before.append(
                    f"CArray<{c_type}> {name}{{p_{name}, lengths_{name}[0], lengths_{name} + 1}};"
                )
            else:
                source = arg._host if is_output else np.broadcast_to(arg._host, shape)
                host = np.ascontiguousarray(source)
                within.append(f"{c_type} &{name} = p_{name}[i];")
            values.append(host)
            if isinstance(arg, ndarray) and parameter.raw:
                values.append(lengths)
            if is_output and host is not arg._host:
                results.append((arg._host, host))
        code = "\n".join(
            (
                typedefs(bound),
                self.preamble,
                f'extern "C" void kernel({", ".join(declared)}, ptrdiff_t loop_size) {{',
                "CIndexer _ind{loop_size};",
                *before,
                self.loop_prep + ";",
                "for (ptrdiff_t i = 0; i < loop_size; ++i) {",
                *within,
                self.operation + ";",
                "}",
                self.after_loop + ";",
                "}",
            )
        )
        build(code)(*map(address, values), ctypes.c_ssize_t(math.prod(shape)))
        for memory, host in results:
            memory[...] = host.reshape(memory.shape)
        counters.launch(self.name, *(a._host for a in (*ins, *outs) if isinstance(a, ndarray)))
