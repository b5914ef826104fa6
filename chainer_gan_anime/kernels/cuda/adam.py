"""Adam whose step is one launch for all parameters instead of one for each."""

from __future__ import annotations

import chainer
import numpy
from chainer.backends import cuda
from chainer.optimizers.adam import AdamRule

# The same arithmetic as Chainer's own kernel (optimizers/adam.py), as a function.
STEP = """
template <class T>
__device__ void adam_step(T grad, T& param, T& m, T& v, T alpha_t, T one_minus_beta1,
                          T one_minus_beta2, T eps, T eta, T weight_decay_rate) {
    m += one_minus_beta1 * (grad - m);
    v += one_minus_beta2 * (grad * grad - v);
    param -= eta * (alpha_t * m / (sqrt(v) + eps) + weight_decay_rate * param);
}
"""
# A kernel's arguments must fit 4096 bytes on GPUs before Volta; a parameter takes 202.
MAX_JOINED = 18
CONSTANTS = "alpha_t, one_minus_beta1, one_minus_beta2, eps, eta, weight_decay_rate"


class Adam(chainer.optimizers.Adam):
    """Chainer's Adam; float32 parameters that lie on a device are all updated by one kernel.

    State, snapshots and results are those of ``chainer.optimizers.Adam``.  Parameters on the
    host, in half precision or with hooks of their own take Chainer's way.
    """

    def update(self, lossfun=None, *args, **kwargs) -> None:
        """Update the parameters by their gradients; see ``GradientMethod.update``."""
        params = list(self.target.params())
        if lossfun is not None or self.hyperparam.amsgrad or self.hyperparam.adabound:
            super().update(lossfun, *args, **kwargs)
            return
        self.reallocate_cleared_grads()
        self.check_nan_in_grads()
        self.call_hooks("pre")
        self.t += 1
        if self.is_safe_to_update():
            together = [param for param in params if _can_join(param)]
            for param in params:
                if not any(param is other for other in together):
                    param.update()
            for start in range(0, len(together), MAX_JOINED):
                with chainer.using_device(together[start].device):
                    _update_together(together[start : start + MAX_JOINED])
        self.reallocate_cleared_grads()
        self.call_hooks("post")
        self.update_loss_scale()


def _can_join(param: chainer.Parameter) -> bool:
    rule = param.update_rule
    return (
        type(rule) is AdamRule
        and rule.enabled
        and not (rule._hookable._pre_update_hooks or rule._hookable._post_update_hooks)
        and isinstance(param.array, cuda.ndarray)
        and param.dtype == numpy.float32
        and param.grad is not None
        and param._loss_scale is None
    )


def _update_together(params: list[chainer.Parameter]) -> None:
    rule = params[0].update_rule
    for param in params:
        param.update_rule.t += 1
        param.update_rule._init_states(param)
    gradients = [cuda.cupy.ascontiguousarray(param.grad) for param in params]
    sizes = [param.size for param in params]
    results = [
        array.reduced_view()
        for param in params
        for array in (param.array, param.update_rule.state["m"], param.update_rule.state["v"])
    ]
    constants = (rule.alpha_t, 1 - rule.hyperparam.beta1, 1 - rule.hyperparam.beta2)
    constants += (rule.hyperparam.eps, rule.hyperparam.eta, rule.hyperparam.weight_decay_rate)
    _kernel(len(params))(
        *constants, *sizes, *(g.reduced_view() for g in gradients), *results, size=sum(sizes)
    )


@cuda.memoize()
def _kernel(n: int):
    """Kernel over all elements of n parameters: each element finds its parameter and its place."""
    inputs = [f"T {name.strip()}" for name in CONSTANTS.split(",")]
    inputs += [f"int64 size{k}" for k in range(n)] + [f"raw T grad{k}" for k in range(n)]
    outputs = [f"raw T param{k}, raw T m{k}, raw T v{k}" for k in range(n)]
    steps = [
        f"if (j < size{k}) {{"
        f" adam_step<T>(grad{k}[j], param{k}[j], m{k}[j], v{k}[j], {CONSTANTS}); break; }}"
        f" j -= size{k};"
        for k in range(n)
    ]
    code = "ptrdiff_t j = i; do {\n" + "\n".join(steps) + "\n} while (false)"
    return cuda.cupy.ElementwiseKernel(
        ", ".join(inputs), ", ".join(outputs), code, f"adam_of_{n}", preamble=STEP
    )
