import chainer
import numpy as np
import pytest

from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.evaluation.networks.feature_cache import cached_features
from chainer_gan_anime.evaluation.networks.resize import resize
from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph
from crawler.shared.errors import UserError


@pytest.fixture
def images():
    return np.random.RandomState(0).randint(0, 256, (37, 3, 16, 16)).astype(np.uint8)


@pytest.fixture
def onnx_path(tmp_path):
    """A network whose two features are the means of its first and third channel."""
    graph = OnnxGraph((1, 3, 8, 8))
    weight = np.zeros((2, 3, 1, 1), np.float32)
    weight[0, 0], weight[1, 2] = 1, 1
    h = graph.global_average(graph.conv("input", weight, np.zeros(2, np.float32)))
    (tmp_path / "means.onnx").write_bytes(graph.to_bytes(h, (1, 2, 1, 1)))
    return tmp_path / "means.onnx"


class MeanNet(chainer.Chain):
    input_size = 8

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.weight = chainer.Parameter(np.ones(1, np.float32))

    @staticmethod
    def scale(pixels):
        return pixels / np.float32(255)

    def forward(self, x):
        assert not chainer.config.train and not chainer.config.enable_backprop
        return chainer.functions.mean(x, axis=(2, 3)) * self.weight


def test_extracts_in_batches_and_in_order(images):
    extractor = features.ChainerExtractor("mean", MeanNet())
    assert extractor.batch_size < len(images)
    expected = resize(images, 8).mean(axis=(2, 3)) / 255
    np.testing.assert_allclose(features.extract(images, extractor), expected, rtol=1e-5)


def test_identity_tells_weights_and_running_statistics_apart():
    def identity(w, mean):
        net = chainer.Sequential(chainer.links.Linear(2, 2, initialW=w))
        net.append(chainer.links.BatchNormalization(2))
        net[1].avg_mean[...] = mean
        return features.ChainerExtractor("net", net).identity

    assert identity(1, 0) == identity(1, 0)
    assert len({identity(1, 0), identity(2, 0), identity(1, 3)}) == 3


def test_an_onnx_file_gets_pixels_less_mean_times_scale(images, onnx_path):
    text = f"onnx:{onnx_path}?size=8&scale=0.5&mean=10,20,30"
    got = features.extract(images, features.make_extractor(text))
    expected = (resize(images, 8).mean(axis=(2, 3))[:, [0, 2]] - [10, 30]) / 2
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_bgr_turns_the_channels_and_the_mean_stays_in_the_networks_order(images, onnx_path):
    text = f"onnx:{onnx_path}?size=8&mean=10,20,30&order=bgr"
    got = features.extract(images, features.make_extractor(text))
    expected = resize(images, 8).mean(axis=(2, 3))[:, [2, 0]] - [10, 30]
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_a_map_is_averaged_over_its_area(images, tmp_path):
    graph = OnnxGraph((1, 3, 8, 8))
    h = graph.relu6(graph.conv("input", np.eye(3, dtype="f")[..., None, None], np.zeros(3, "f")))
    (tmp_path / "map.onnx").write_bytes(graph.to_bytes(h, (1, 3, 8, 8)))
    text = f"onnx:{tmp_path / 'map.onnx'}?size=8&scale=0.01"
    got = features.extract(images, features.make_extractor(text))
    assert got.shape == (37, 3)
    expected = (resize(images, 8) / 100).clip(0, 6).mean(axis=(2, 3))
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_a_caffe_network_and_one_of_its_layers(images, tmp_path):
    layers = """
        input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
        layer { name: "mean" type: "Pooling" bottom: "data" top: "mean"
                pooling_param { pool: AVE global_pooling: true } }
        layer { name: "double" type: "Power" bottom: "mean" top: "double"
                power_param { scale: 2 } }
    """
    (tmp_path / "net.prototxt").write_text(layers)
    (tmp_path / "net.caffemodel").write_bytes(b"")  # neither layer has weights
    text = f"caffe:{tmp_path / 'net.prototxt'}+{tmp_path / 'net.caffemodel'}?size=8&order=bgr"
    means = resize(images, 8).mean(axis=(2, 3))[:, ::-1]
    whole, inside = features.make_extractor(text), features.make_extractor(f"{text}&layer=mean")
    np.testing.assert_allclose(features.extract(images, whole), 2 * means, rtol=1e-4)
    np.testing.assert_allclose(features.extract(images, inside), means, rtol=1e-4)
    assert whole.name == "net" and whole.identity != inside.identity


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resnet", "unknown features 'resnet'"),
        ("onnx:", "unknown features"),
        ("onnx:nothing.onnx", "there is no model file"),
        ("inception:nothing.pth", "there is no weight file"),
        ("onnx:{path}?size=big", "are not understood"),
        ("onnx:{path}?mean=1,2", "are not understood"),
        ("onnx:{path}?colour=1", "are not understood"),
        ("onnx:{broken}", "OpenCV cannot read"),
        ("caffe:{path}", "OpenCV cannot read"),
        ("inception:{path}", "not a PyTorch state_dict"),
    ],
)
def test_a_mistake_is_one_sentence(text, message, onnx_path, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no model at all")
    text = text.format(path=onnx_path, broken=tmp_path / "broken.onnx")
    with pytest.raises(UserError, match=message):
        features.make_extractor(text)


def test_a_network_that_refuses_the_input_is_one_sentence(images, onnx_path):
    extractor = features.make_extractor(f"onnx:{onnx_path}?size=8&layer=nowhere")
    with pytest.raises(UserError, match="does not take 8 px input"):
        features.extract(images, extractor)


class Counting:
    """An extractor that counts its calls."""

    name, identity, batch_size = "counting", "counting v1", 8

    def __init__(self):
        self.calls = 0

    def __call__(self, images):
        self.calls += 1
        return images.reshape(len(images), -1)[:, :5].astype(np.float32)


def test_the_cache_is_found_by_content_and_weights(images, tmp_path):
    extractor = Counting()
    first = cached_features(images, extractor, folder=tmp_path)
    calls = extractor.calls
    again = cached_features(images.copy(), extractor, folder=tmp_path)
    assert extractor.calls == calls == 5
    np.testing.assert_array_equal(first, again)

    changed = images.copy()
    changed[3, 0, 0, 0] ^= 1
    other = cached_features(changed, extractor, folder=tmp_path)
    assert extractor.calls == 2 * calls and (other != first).any()
    extractor.identity = "counting v2"
    cached_features(images, extractor, folder=tmp_path)
    assert extractor.calls == 3 * calls


def test_a_broken_cache_costs_time_only(images, tmp_path):
    extractor = Counting()
    first = cached_features(images, extractor, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    for content in (b"", b"broken", path.read_bytes()[:100]):
        path.write_bytes(content)
        np.testing.assert_array_equal(cached_features(images, extractor, folder=tmp_path), first)
    np.savez(path, features=np.array([{"a": "pickle"}], dtype=object))
    np.testing.assert_array_equal(cached_features(images, extractor, folder=tmp_path), first)

    (tmp_path / "file").write_text("not a folder")
    np.testing.assert_array_equal(
        cached_features(images, extractor, folder=tmp_path / "file" / "x"), first
    )
