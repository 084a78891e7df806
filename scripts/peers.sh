#!/bin/sh
# Installs the programs that Ingot's quantizers are measured against from PyPI into a folder of their own: llama.cpp
# (built from source, some ten minutes), MLX with its CPU backend, bitsandbytes with torch, zipnn and zstandard. Prints the folder's
# Python, which 'ingot-benchmarks quantize --peers' takes:
#
#   make bench ARGS="quantize --ingot .build/release/ingot --work /tmp/bench --peers $(scripts/peers.sh)"
#
# VENV    where to install               (default .build-peers/venv)
# PYTHON  the Python to make VENV with   (default python3)
# pip's own variables hold too: PIP_INDEX_URL and PIP_EXTRA_INDEX_URL choose a smaller, CPU-only torch.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${VENV:-$here/../.build-peers/venv}

# The stamp holds the requirements that were installed; other requirements install anew.
stamp=$venv/requirements.stamp
if ! cmp -s "$here/peers/requirements.txt" "$stamp"; then
    echo "Installing llama-cpp-python, mlx, mlx-lm, bitsandbytes, torch and transformers into $venv" >&2
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/peers/requirements.txt" >&2
    cp "$here/peers/requirements.txt" "$stamp"
fi
echo "$(cd "$venv" && pwd)/bin/python"
