#!/bin/sh
# Prove the Dockerfile where there is no container engine: buildah in a chroot, on a base made by debootstrap.
# As root on Debian, after `apt-get install buildah debootstrap`. WORK is removed at the end unless KEEP=1.
set -eu
cd "$(dirname "$0")/../.."
WORK=${WORK:-/tmp/landgis-image}
CA=${CA:-/etc/ssl/certs/ca-certificates.crt}
SUITE=${SUITE:-bookworm}
STORE="--root $WORK/storage --runroot $WORK/run --storage-driver vfs"
mkdir -p "$WORK"
[ "${KEEP:-}" = 1 ] || trap 'rm -rf "$WORK"' EXIT

if [ ! -d "$WORK/base" ]; then
    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv "$SUITE" "$WORK/base.new"
    rm -rf "$WORK"/base.new/var/cache/apt/archives/*.deb "$WORK"/base.new/var/lib/apt/lists/*
    mv "$WORK/base.new" "$WORK/base"
fi
# shellcheck disable=SC2086  # STORE is a list of options
{
    from=$(buildah $STORE from scratch)
    buildah $STORE add --quiet "$from" "$WORK/base" /
    buildah $STORE commit --quiet "$from" local/base
    buildah $STORE rm "$from"
    buildah $STORE bud --isolation chroot --format docker --layers=false --build-arg BASE=localhost/local/base \
        --secret "id=ca,src=$CA" --tag landgis:latest .
    made=$(buildah $STORE from localhost/landgis:latest)
    ask() { buildah $STORE run --isolation chroot "$made" -- "$@"; }
    ask landgis --help
    ask python -c 'import os, landgis; print("version", landgis.__version__, "uid", os.getuid())'
    ask sh -c '! command -v gcc && ! command -v pip && ! test -w /opt/landgis && echo "no compiler, no pip, code not writable"'
    buildah $STORE inspect --format '{{.Docker.Config.User}} {{.Docker.Config.Healthcheck}}' "$made"
    buildah $STORE rm "$made"
}
du -sm "$WORK/storage" | cut -f1
