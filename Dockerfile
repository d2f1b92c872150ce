# docker build -t quantsig .
# docker build -t quantsig --build-arg BASE=nvidia/cuda:12.8.1-base-ubuntu24.04 .
# docker run --rm -v "$PWD:/work" --user "$(id -u)" quantsig demo      (with --gpus all on CUDA)
#
# BASE is what the environment runs on, anything with glibc 2.34 or newer. PyPI's torch brings
# its CUDA libraries with it and runs without a GPU, too.
ARG BASE=debian:bookworm-slim

FROM python:3.12-slim-bookworm AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/quantsig \
    UV_PYTHON_INSTALL_DIR=/opt/python \
    UV_COMPILE_BYTECODE=1
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /source
COPY pyproject.toml uv.lock README.md LICENSE NOTICE ./
COPY api api
COPY backtest backtest
COPY cli cli
COPY data data
COPY reports reports
COPY signals signals
RUN uv sync --locked --no-dev --no-editable --managed-python --python 3.12 --no-cache

FROM ${BASE} AS run
RUN useradd --create-home --uid 10001 quantsig \
    && mkdir /work && chown quantsig /work
COPY --from=build /opt/python /opt/python
COPY --from=build /opt/quantsig /opt/quantsig
# Compiled charts are kept where any user may write.
ENV PATH=/opt/quantsig/bin:$PATH NUMBA_CACHE_DIR=/tmp/numba
USER 10001
WORKDIR /work
ENTRYPOINT ["quantsig"]
CMD ["--help"]
