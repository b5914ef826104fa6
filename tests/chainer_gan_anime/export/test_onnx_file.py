import sys

import chainer
import chainer.functions as F
import chainer.links as L
import cv2
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.export import layers
from chainer_gan_anime.export.onnx_file import write_onnx
from crawler.shared.errors import UserError

onnx = pytest.importorskip("onnx")


def disturb(net, rng):
    """Give biases and batch normalisation values that show where each belongs."""
    for link in net.links():
        if isinstance(link, L.BatchNormalization):
            size = link.avg_mean.shape
            link.avg_mean[:], link.avg_var[:] = rng.randn(*size), rng.uniform(1, 4, size)
            link.gamma.array[:] = rng.uniform(0.5, 1, size)
            link.beta.array[:] = rng.randn(*size)
        elif isinstance(link, (L.Linear, L.Convolution2D, L.Deconvolution2D)):
            if link.b is not None:
                link.b.array[:] = 0.1 * rng.randn(*link.b.shape)
            axis = 1 if isinstance(link, L.Deconvolution2D) else 0
            fan_in = link.W.size / link.W.shape[axis]
            link.W.array[:] = rng.randn(*link.W.shape) / np.sqrt(fan_in)


@pytest.fixture(params=list(registry.GENERATORS))
def gen(request, rng):
    gen = registry.GENERATORS[request.param](
        image_size=32, ch=16, n_hidden=10, z_distribution="normal", rng=rng
    )
    disturb(gen, rng)
    return gen


def draw(gen, *inputs):
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        return gen(*inputs).array


def run_opencv(path, **inputs):
    net = cv2.dnn.readNetFromONNX(str(path))
    for name, value in inputs.items():
        net.setInput(value, name)
    return net.forward()


@pytest.mark.parametrize("batch", [1, 7])
def test_opencv_draws_what_chainer_draws(gen, tmp_path, rng, batch):
    write_onnx(tmp_path / "g.onnx", gen)
    z = gen.make_hidden(batch, rng).reshape(batch, -1)
    expected = draw(gen, z)
    assert expected.std() > 0.05  # not all of one colour
    np.testing.assert_allclose(run_opencv(tmp_path / "g.onnx", z=z), expected, atol=1e-5)


@pytest.mark.parametrize("batch", [1, 7])
def test_onnxruntime_draws_what_chainer_draws(gen, tmp_path, rng, batch):
    onnxruntime = pytest.importorskip("onnxruntime")
    write_onnx(tmp_path / "g.onnx", gen)
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx")
    (found,) = session.run(["image"], {"z": (z := gen.make_hidden(batch, rng).reshape(batch, -1))})
    np.testing.assert_allclose(found, draw(gen, z), atol=1e-5)


def test_pixels_are_those_of_our_own_pictures(gen, tmp_path, rng):
    onnxruntime = pytest.importorskip("onnxruntime")
    write_onnx(tmp_path / "g.onnx", gen, pixels=True)
    session = onnxruntime.InferenceSession(tmp_path / "g.onnx")
    (found,) = session.run(None, {"z": (z := gen.make_hidden(20, rng).reshape(20, -1))})
    assert found.dtype == np.uint8
    differing = found != generate(gen, z)
    assert differing.mean() < 1e-3  # a value that lies on a rounding edge


def test_the_file_says_what_it_is(gen, tmp_path):
    write_onnx(tmp_path / "g.onnx", gen, {"iteration": 3, "run": "a run"})
    model = onnx.load(tmp_path / "g.onnx")
    onnx.checker.check_model(model, full_check=True)
    props = {prop.key: prop.value for prop in model.metadata_props}
    assert props == {"z_distribution": "normal", "iteration": "3", "run": "a run"}
    (z,), (image,) = model.graph.input, model.graph.output
    z_dims, image_dims = z.type.tensor_type.shape.dim, image.type.tensor_type.shape.dim
    assert (z.name, z_dims[0].dim_param, z_dims[1].dim_value) == ("z", "batch", 10)
    assert image.name == "image" and image_dims[0].dim_param == "batch"
    assert [dim.dim_value for dim in image_dims[1:]] == [3, 32, 32]
    assert not {node.op_type for node in model.graph.node} & {"BatchNormalization", "Cast"}
    assert [path.name for path in tmp_path.iterdir()] == ["g.onnx"]


class Residual(chainer.Chain):
    """A generator with what super-resolution nets and tags need: sums, pixels from channels."""

    z_distribution = "normal"
    n_hidden = 5

    def __init__(self, rng):
        super().__init__()
        w = chainer.initializers.Normal(0.2, rng=rng)
        with self.init_scope():
            self.l = L.Linear(5 + 3, 4 * 16, initialW=w)
            self.bn = L.BatchNormalization(4 * 16)
            self.c1 = L.Convolution2D(4, 4, 3, 1, 1, nobias=True, initialW=w)
            self.b1 = L.BatchNormalization(4)
            self.c2 = L.Convolution2D(4, 12, 3, 1, 1, initialW=w)
            self.b2 = L.BatchNormalization(3)

    def forward(self, z, tags):
        bottom = F.relu(self.bn(self.l(F.concat((z, tags)))))
        h = F.reshape(bottom, (-1, 4, 4, 4))
        h = h + self.b1(self.c1(h))
        return F.tanh(self.b2(F.depth2space(self.c2(h), 2)))


def list_residual(gen):
    found = layers.Layers({"z": 5, "tags": 3})
    h = found.relu(found.linear(found.concat(0, 1), gen.l, gen.bn))
    h = found.reshape(h, (4, 4, 4))
    h = found.add(h, found.convolution(h, gen.c1, gen.b1))
    found.tanh(found.depth_to_space(found.convolution(h, gen.c2, gen.b2), 2))
    return found


def test_sums_tags_and_pixels_from_channels(tmp_path, rng, monkeypatch):
    monkeypatch.setitem(layers.BUILDS, Residual, list_residual)
    gen = Residual(rng)
    disturb(gen, rng)
    write_onnx(tmp_path / "g.onnx", gen)
    inputs = dict(z=rng.randn(6, 5).astype("f"), tags=rng.randn(6, 3).astype("f"))
    expected = draw(gen, *inputs.values())
    assert expected.shape == (6, 3, 8, 8)
    np.testing.assert_allclose(run_opencv(tmp_path / "g.onnx", **inputs), expected, atol=1e-5)


def test_a_generator_of_an_unknown_build_is_a_bug(rng):
    with pytest.raises(TypeError, match="Residual has no entry"):
        layers.list_layers(Residual(rng))


def test_a_generator_that_computes_otherwise_is_not_taken_for_its_base(gen):
    class Other(type(gen)):
        def forward(self, z):
            return -super().forward(z)

    gen.__class__ = Other
    with pytest.raises(TypeError, match="Other has no entry"):
        layers.list_layers(gen)


def test_without_the_package_a_sentence_says_what_to_install(gen, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"pip install onnx\."):
        write_onnx(tmp_path / "g.onnx", gen)
    assert list(tmp_path.iterdir()) == []
