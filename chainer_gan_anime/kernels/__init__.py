"""Faster code below Chainer's functions, for the CPU and for CUDA devices."""
