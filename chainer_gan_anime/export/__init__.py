"""A generator for other programs: its layers as plain numbers, and as an ONNX file."""
