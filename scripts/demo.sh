#!/usr/bin/env bash
# The README's commands, in a fresh home, with the exported bytes checked. Run it with `make demo`.
#   MODEL=path   take these weights (a safetensors file or a folder) instead of fixtures/models/tiny-llama
#   KEEP=1       leave the home and the exports where they are
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/checks.sh
source "$root/scripts/checks.sh"
ingot=${INGOT:-$root/.build/release/ingot}
[[ -x $ingot ]] || { echo "There is no '$ingot'. Run 'make demo', which builds it." >&2; exit 1; }

given=${MODEL:-}
if [[ -n $given ]]; then
    [[ -e $given ]] || { echo "MODEL is '$given', and there is no such file or folder." >&2; exit 1; }
    source=$(cd "$(dirname "$given")" && pwd)/$(basename "$given")
    name=$(basename "${source%.safetensors}" | tr -c 'A-Za-z0-9._\n-' '-')
    shown=$(printf '%q' "$source")
else
    source=$root/fixtures/models/tiny-llama
    name=tiny-llama
    shown=fixtures/models/tiny-llama
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/ingot-demo.XXXXXX")
tidy() {
    if [[ ${KEEP:-} == 1 ]]; then echo "Kept: $work"; else rm -rf "$work"; fi
}
trap tidy EXIT
mkdir "$work/bin"
ln -s "$ingot" "$work/bin/ingot"
ln -s "$root/fixtures" "$work/fixtures"
export PATH="$work/bin:$PATH" INGOT_HOME="$work/home"
cd "$work"

# Prints a command as a user would type it, then runs it.
step() {
    printf '\n$ %s\n' "$1"
    eval "$1"
}

# "digest  path" of an artifact's files as the catalog has them, sorted by path.
catalogued() {
    ingot show "$1" --json | tr '\n' ' ' | grep -o '"files" *: *\[[^]]*\]' | grep -o '{[^}]*}' | sed 's#\\/#/#g' |
        sed -n 's/.*"path" *: *"\([^"]*\)".*/& \1/; s/.*"digest" *: *"\(sha256:\)\{0,1\}\([0-9a-f]\{64\}\)".*} \(.*\)/\2  \3/p' |
        LC_ALL=C sort -k 2
}

as_registered() {
    local digest path
    while read -r digest path; do
        local original=$source/$path
        [[ -d $source ]] || original=$source
        [[ $(sha256 "$original" | cut -d ' ' -f 1) == "$digest" ]] || say "$path differs from $original" || return 1
    done < <(digests plain)
    [[ -n $(find plain -name '*.safetensors') ]] || say "no weights were exported"
}

as_catalogued() {
    catalogued "$1" >"$2.catalog"
    [[ -s $2.catalog ]] || say "'ingot show $1 --json' names no file" || return 1
    diff "$2.catalog" <(digests "$2" | LC_ALL=C sort -k 2)
}

echo "A fresh home: $INGOT_HOME"
step "ingot register $shown --as $name"
started=$SECONDS
step "ingot convert $name --to nf4"
taken=$((SECONDS - started))
step "ingot convert $name --to nf4-dq"
if [[ -z $given ]]; then
    step "ingot results add $name:nf4 loss=2.81 --task heldout"
else
    step "ingot results add $name:nf4 convert_seconds=$taken --task demo"
fi
step "ingot sql \"SELECT a.name, a.tag, a.bits_per_weight, a.rel_rmse, a.stored_bytes, r.value \\
    FROM artifact_summary a LEFT JOIN result_summary r ON r.digest = a.digest ORDER BY a.stored_bytes\""
step "ingot export $name:nf4 ./out"
step "ingot export $name ./plain"

echo
check "every exported file of $name has the SHA-256 of the registered one" as_registered
check "the catalog has the SHA-256 of every exported file of $name" as_catalogued "$name" plain
check "the catalog has the SHA-256 of every exported file of $name:nf4" as_catalogued "$name:nf4" out
check "every stored byte is what its digest says" ingot verify
finish "demo" || { echo "demo failed" >&2; exit 1; }
echo "demo passed"
