# One image for every role: `serve` (default), `migrate`, `ingest` … are arguments.
# BASE is any Debian with Python 3.11 or newer as python3; the wheels need nothing else from it.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
RUN python3 -m venv /opt/landgis && python3 -m venv /opt/build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
# A proxy's certificate or a private index may be handed in; both stay outside of the image.
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false \
    --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    if [ -s /run/ca.crt ]; then export PIP_CERT=/run/ca.crt; fi; \
    /opt/landgis/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements-build.lock
COPY pyproject.toml README.md ./
COPY landgis ./landgis
COPY sql ./sql
COPY web ./web
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --no-index --wheel-dir /src/wheel . \
    && /opt/landgis/bin/pip install --no-cache-dir --no-deps --no-index /src/wheel/*.whl \
    && /opt/landgis/bin/pip uninstall --yes pip setuptools

FROM ${BASE}
# Sheets for print are drawn here and need a font that holds Chinese.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --shell /usr/sbin/nologin --home-dir /data --create-home landgis
COPY --from=build /opt/landgis /opt/landgis
RUN install --directory --owner=landgis --group=landgis /inbox # a volume laid here is the user's, too
# What plans need compiled is kept where a read-only container can write, too.
ENV PATH=/opt/landgis/bin:$PATH \
    LANDGIS_HOME=/data \
    LANDGIS_HOST=0.0.0.0 \
    LANDGIS_PORT=8000 \
    NUMBA_CACHE_DIR=/tmp/compiled \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=4 \
    CMD ["python", "-c", "import urllib.request as ask; ask.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["landgis"]
CMD ["serve"]
