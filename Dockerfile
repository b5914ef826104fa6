# The two commands of this project, anime-gan and anime-faces, on a CPU.
# No GPU is used in it.  This file has not been built where it was written.
#
#     docker build --tag anime-gan .
#     docker run --rm -v "$PWD/results:/project/results" anime-gan make demo
#     docker run --rm anime-gan anime-gan --help
FROM python:3.12-slim
# g++ is for a dependency that has no wheel for the machine, libgl1 and libglib2.0-0 for OpenCV.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends make g++ libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /project
COPY . .
RUN make .venv/installed
ENV PATH="/project/.venv/bin:$PATH"
CMD ["make", "demo"]
