"""One launch for all parameters gives what Chainer's Adam gives for each."""

import chainer
import chainer.links as L
import cupy
import numpy as np
import pytest

from chainer_gan_anime.kernels.cuda.adam import Adam


def make_model():
    rng = np.random.RandomState(0)
    w = chainer.initializers.Normal(0.1, rng=rng)
    model = chainer.Sequential(
        L.Linear(3, 4, initialW=w), L.BatchNormalization(4), L.Linear(4, 2, initialW=w)
    )
    return model


def run(optimizer_class, n=4, device="@cupy:0", **arguments):
    """Parameters and moments after steps along drawn gradients."""
    model = make_model()
    model.to_device(device)
    optimizer = optimizer_class(1e-2, 0.5, 0.9, **arguments).setup(model)
    rng = np.random.RandomState(1)
    for step in range(n):
        for i, param in enumerate(model.params()):
            gradient = rng.normal(size=param.shape).astype(np.float32)
            param.grad = None if step == 2 and i == 1 else param.device.send(gradient)
        optimizer.update()
    target = chainer.serializers.DictionarySerializer()
    model.serialize(target["model"])
    optimizer.serialize(target["optimizer"])
    return target.target


@pytest.mark.parametrize(
    "arguments",
    [{}, {"weight_decay_rate": 0.1, "eta": 0.5}, {"amsgrad": True}],
    ids=["plain", "decay", "amsgrad"],
)
def test_equals_chainers(arguments):
    expected = run(chainer.optimizers.Adam, **arguments)
    seen = run(Adam, **arguments)
    assert set(seen) == set(expected)
    for name, value in expected.items():
        if value is not None:
            np.testing.assert_allclose(seen[name], value, rtol=1e-6, atol=1e-7, err_msg=name)


def test_on_the_host_it_is_chainers():
    expected = run(chainer.optimizers.Adam, device="@numpy")
    for name, value in run(Adam, device="@numpy").items():
        np.testing.assert_array_equal(value, expected[name])


def test_a_step_is_one_launch(counting):
    model = make_model()
    model.to_device("@cupy:0")
    optimizer = Adam().setup(model)
    for _ in range(2):
        for param in model.params():
            param.grad = cupy.ones_like(param.array)
        with counting() as seen:
            optimizer.update()
    assert seen.launches == {"adam_of_6": 1}
    assert (seen.h2d_calls, seen.d2h_calls) == (0, 0)


def test_many_parameters_take_several_launches(counting):
    model = chainer.Sequential(*(L.Linear(1, 1) for _ in range(12)))
    model.to_device("@cupy:0")
    optimizer = Adam(0.1).setup(model)
    before = [param.array.get() for param in model.params()]
    for param in model.params():
        param.grad = cupy.ones_like(param.array)
    with counting() as seen:
        optimizer.update()
    assert (seen.launches["adam_of_18"], seen.launches["adam_of_6"]) == (1, 1)
    for param, old in zip(model.params(), before):
        np.testing.assert_allclose(param.array.get(), old - 0.1, rtol=1e-4)


def test_hooks_of_a_parameter_are_called():
    model = make_model()
    model.to_device("@cupy:0")
    optimizer = Adam().setup(model)
    called = []
    param = model[0].W
    param.update_rule.add_hook(lambda rule, p: called.append(p), name="see")
    for p in model.params():
        p.grad = cupy.ones_like(p.array)
    before = [p.array.get() for p in model.params()]
    optimizer.update()
    assert called == [param]
    assert all((p.array.get() != b).all() for p, b in zip(model.params(), before))
