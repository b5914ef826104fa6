import cv2
import numpy as np
import pytest

from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph, _varint


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\1"), (300, b"\xac\2")]
)
def test_varints_as_the_protocol_buffer_manual_has_them(value, encoded):
    assert _varint(value) == encoded


def test_opencv_computes_what_the_graph_says():
    random = np.random.RandomState(0)
    x = random.randn(3, 2, 5, 5).astype(np.float32) * 4
    weight = random.randn(2, 1, 3, 3).astype(np.float32)
    bias = random.randn(2).astype(np.float32)
    graph = OnnxGraph((1, 2, 5, 5))
    # depthwise, stride 2, one pixel of padding behind only
    h = graph.relu6(graph.conv("input", weight, bias, stride=2, pad=(0, 1), groups=2))
    h = graph.global_average(graph.add(h, h))
    net = cv2.dnn.readNetFromONNX(np.frombuffer(graph.to_bytes(h, (1, 2, 1, 1)), np.uint8))
    net.setInput(x)

    padded = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)])
    expected = np.zeros((3, 2, 2, 2))
    for i in range(2):
        for j in range(2):
            window = padded[:, :, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            expected[:, :, i, j] = (window * weight[:, 0]).sum(axis=(2, 3)) + bias
    expected = 2 * expected.clip(0, 6).mean(axis=(2, 3), keepdims=True)
    np.testing.assert_allclose(net.forward(), expected, atol=1e-4)
