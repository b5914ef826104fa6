import chainer
import numpy as np
import pytest

from chainer_gan_anime.pretrained.inception import FIDInception, load
from crawler.shared.errors import UserError


@pytest.fixture(scope="module")
def net():
    """The network with random weights; offsets that make padding visible to the poolings."""
    random = np.random.RandomState(0)
    net = FIDInception()
    for link in net.links():
        if isinstance(link, chainer.links.BatchNormalization):
            link.gamma.array[...] = random.uniform(0.5, 1.5, link.gamma.shape)
            link.beta.array[...] = random.uniform(-0.2, 0.5, link.beta.shape)
            link.avg_mean[...] = random.normal(0, 0.2, link.avg_mean.shape)
            link.avg_var[...] = random.uniform(0.5, 1.5, link.avg_var.shape)
        elif isinstance(link, chainer.links.Convolution2D):
            w = link.W.array
            w[...] = random.normal(0, (2 / w[0].size) ** 0.5, w.shape)
    return net


def state_of(net):
    """The network's tensors under torch's names."""
    names = {"W": "weight", "gamma": "weight", "beta": "bias"}
    state = {}
    for path, parameter in net.namedparams():
        link, _, attribute = path[1:].replace("/", ".").rpartition(".")
        state[f"{link}.{names[attribute]}"] = parameter.array
    for path, link in net.namedlinks():
        if isinstance(link, chainer.links.BatchNormalization):
            name = path[1:].replace("/", ".")
            state[f"{name}.running_mean"] = link.avg_mean
            state[f"{name}.running_var"] = link.avg_var
            state[f"{name}.num_batches_tracked"] = np.array(0)
    state["fc.weight"], state["fc.bias"] = np.zeros((1008, 2048), "f"), np.zeros(1008, "f")
    return state


def torch_features(state, x):
    """pytorch-fid's network in torch.nn.functional."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    functional = torch.nn.functional
    state = {name: torch.as_tensor(array) for name, array in state.items()}

    def conv(h, name, stride=1, padding=0):
        h = functional.conv2d(h, state[f"{name}.conv.weight"], None, stride, padding)
        bn = [state[f"{name}.bn.{s}"] for s in ("running_mean", "running_var", "weight", "bias")]
        return functional.relu(functional.batch_norm(h, *bn, training=False, eps=0.001))

    def average(h):
        return functional.avg_pool2d(h, 3, 1, 1, count_include_pad=False)

    def block_a(h, m):
        five = conv(conv(h, f"{m}.branch5x5_1"), f"{m}.branch5x5_2", padding=2)
        three = conv(h, f"{m}.branch3x3dbl_1")
        three = conv(three, f"{m}.branch3x3dbl_2", padding=1)
        three = conv(three, f"{m}.branch3x3dbl_3", padding=1)
        pooled = conv(average(h), f"{m}.branch_pool")
        return torch.cat([conv(h, f"{m}.branch1x1"), five, three, pooled], 1)

    def block_b(h, m):
        three = conv(conv(h, f"{m}.branch3x3dbl_1"), f"{m}.branch3x3dbl_2", padding=1)
        three = conv(three, f"{m}.branch3x3dbl_3", 2)
        return torch.cat([conv(h, f"{m}.branch3x3", 2), three, functional.max_pool2d(h, 3, 2)], 1)

    def block_c(h, m):
        seven = conv(h, f"{m}.branch7x7_1")
        seven = conv(seven, f"{m}.branch7x7_2", padding=(0, 3))
        seven = conv(seven, f"{m}.branch7x7_3", padding=(3, 0))
        double = conv(h, f"{m}.branch7x7dbl_1")
        for i, padding in ((2, (3, 0)), (3, (0, 3)), (4, (3, 0)), (5, (0, 3))):
            double = conv(double, f"{m}.branch7x7dbl_{i}", padding=padding)
        pooled = conv(average(h), f"{m}.branch_pool")
        return torch.cat([conv(h, f"{m}.branch1x1"), seven, double, pooled], 1)

    def block_d(h, m):
        three = conv(conv(h, f"{m}.branch3x3_1"), f"{m}.branch3x3_2", 2)
        seven = conv(conv(h, f"{m}.branch7x7x3_1"), f"{m}.branch7x7x3_2", padding=(0, 3))
        seven = conv(seven, f"{m}.branch7x7x3_3", padding=(3, 0))
        seven = conv(seven, f"{m}.branch7x7x3_4", 2)
        return torch.cat([three, seven, functional.max_pool2d(h, 3, 2)], 1)

    def block_e(h, m, pool):
        three = conv(h, f"{m}.branch3x3_1")
        double = conv(conv(h, f"{m}.branch3x3dbl_1"), f"{m}.branch3x3dbl_2", padding=1)
        parts = [conv(h, f"{m}.branch1x1")]
        for stem, name in ((three, "branch3x3_2"), (double, "branch3x3dbl_3")):
            parts.append(conv(stem, f"{m}.{name}a", padding=(0, 1)))
            parts.append(conv(stem, f"{m}.{name}b", padding=(1, 0)))
        return torch.cat([*parts, conv(pool(h), f"{m}.branch_pool")], 1)

    h = conv(torch.as_tensor(x), "Conv2d_1a_3x3", 2)
    h = conv(conv(h, "Conv2d_2a_3x3"), "Conv2d_2b_3x3", padding=1)
    h = conv(functional.max_pool2d(h, 3, 2), "Conv2d_3b_1x1")
    h = functional.max_pool2d(conv(h, "Conv2d_4a_3x3"), 3, 2)
    for m in ("Mixed_5b", "Mixed_5c", "Mixed_5d"):
        h = block_a(h, m)
    h = block_b(h, "Mixed_6a")
    for m in ("Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"):
        h = block_c(h, m)
    h = block_e(block_d(h, "Mixed_7a"), "Mixed_7b", average)
    h = block_e(h, "Mixed_7c", lambda h: functional.max_pool2d(h, 3, 1, 1))
    return h.mean(dim=(2, 3)).numpy()


def test_equals_torch_on_random_weights(net):
    pixels = np.random.RandomState(1).randint(0, 256, (1, 3, 299, 299)).astype(np.float32)
    x = FIDInception.scale(pixels)
    expected = torch_features(state_of(net), x)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        features = net(x).array
    assert features.shape == (1, 2048)
    np.testing.assert_allclose(features, expected, atol=1e-4 * expected.max())
    assert expected.std() > 0.01 * expected.max() > 0


def test_loads_a_file_with_the_names_of_pt_inception(net, tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    state = {name: torch.as_tensor(array) for name, array in state_of(net).items()}
    torch.save(state, tmp_path / "pt_inception.pth")
    loaded = state_of(load(tmp_path / "pt_inception.pth"))
    for name, array in state_of(net).items():
        np.testing.assert_array_equal(loaded[name], array)

    del state["Mixed_7c.branch_pool.bn.running_var"]
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(UserError, match="another network.*running_var is missing"):
        load(tmp_path / "other.pth")


def test_scale_spans_minus_one_to_one():
    np.testing.assert_allclose(FIDInception.scale(np.array([0, 255], "f")), [-1, 1])
