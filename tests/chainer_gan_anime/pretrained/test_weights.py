import chainer
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.pretrained.weights import copy_weights
from crawler.shared.errors import UserError


class Net(chainer.Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.convs = chainer.ChainList(L.Convolution2D(1, 2, 3, nobias=True))
            self.bn = L.BatchNormalization(2)
            self.fc = L.Linear(2, 3)


@pytest.fixture
def state():
    shapes = {
        "convs.0.weight": (2, 1, 3, 3),
        "bn.weight": (2,),
        "bn.bias": (2,),
        "bn.running_mean": (2,),
        "bn.running_var": (2,),
        "fc.weight": (3, 2),
        "fc.bias": (3,),
    }
    random = np.random.RandomState(0)
    state = {name: random.rand(*shape).astype("f") for name, shape in shapes.items()}
    return {**state, "bn.num_batches_tracked": np.array(9), "head.weight": np.zeros(4)}


def test_every_tensor_lands_in_its_place(state):
    net = Net()
    copy_weights(net, state, "net.pth", ignore=("head.",))
    np.testing.assert_array_equal(net.convs[0].W.array, state["convs.0.weight"])
    np.testing.assert_array_equal(net.bn.gamma.array, state["bn.weight"])
    np.testing.assert_array_equal(net.bn.beta.array, state["bn.bias"])
    np.testing.assert_array_equal(net.bn.avg_mean, state["bn.running_mean"])
    np.testing.assert_array_equal(net.bn.avg_var, state["bn.running_var"])
    np.testing.assert_array_equal(net.fc.W.array, state["fc.weight"])
    np.testing.assert_array_equal(net.fc.b.array, state["fc.bias"])


def test_a_left_over_tensor_tells_another_network(state):
    with pytest.raises(UserError, match="another network.*head.weight"):
        copy_weights(Net(), state, "net.pth")


def test_a_missing_tensor_tells_another_network(state):
    del state["bn.running_var"]
    with pytest.raises(UserError, match="bn.running_var is missing"):
        copy_weights(Net(), state, "net.pth", ignore=("head.",))


def test_another_shape_tells_another_network(state):
    state["fc.weight"] = np.zeros((5, 2), "f")
    with pytest.raises(UserError, match=r"fc.weight has the shape \(5, 2\)"):
        copy_weights(Net(), state, "net.pth", ignore=("head.",))
