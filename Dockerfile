# syntax=docker/dockerfile:1.7
# Targets: cpu (the default) and gpu. Both install the pinned requirements; only TensorFlow differs.
ARG PYTHON=3.11.15-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_CACHE_DIR=/var/cache/pip
RUN python -m venv /opt/countersign
ENV PATH=/opt/countersign/bin:$PATH
WORKDIR /source

FROM build AS build-cpu
COPY requirements.txt ./
RUN --mount=type=cache,target=/var/cache/pip pip install --requirement requirements.txt
COPY . ./
RUN pip install --no-deps --no-build-isolation .

FROM build AS build-gpu
COPY requirements-gpu.txt ./
RUN --mount=type=cache,target=/var/cache/pip pip install --requirement requirements-gpu.txt
COPY . ./
RUN pip install --no-deps --no-build-isolation .

FROM python:${PYTHON} AS runtime
RUN groupadd --gid 10001 countersign && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp countersign
# The root file system may be read-only: everything that is written goes to /tmp.
ENV PATH=/opt/countersign/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /tmp
USER 10001:10001
EXPOSE 9100
ENTRYPOINT ["countersign"]
CMD ["--help"]

FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=build-gpu /opt/countersign /opt/countersign

FROM runtime AS cpu
COPY --from=build-cpu /opt/countersign /opt/countersign
