"""Networks trained elsewhere: their architecture in Chainer, and how their weights are read."""
