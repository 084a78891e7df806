#!/usr/bin/env bash
# One home for a family of models with three variants each, compressed and with relatives as differences: how much smaller
# is it than the files, does every file come back, and what of it is mended when bits flip?
#     scripts/family.sh NAME=PATH[=BASE]...
# PATH is a folder or file of weights; BASE is the NAME before it that it was fine-tuned from. Then one random bit is
# flipped in FLIPS random blobs (default 100): `verify` must name each of them, and `repair` mend each from PATH, or by
# deriving a variant again. Exits with 1 when a check fails.
#   FLIPS=n   how many blobs     SEED=n   which bits     VARIANTS=n   how many of SCHEMES to make of each model
set -euo pipefail

flips=${FLIPS:-100} seed=${SEED:-1} variants=${VARIANTS:-3}
read -ra schemes <<<"${SCHEMES:-nf4-dq q4_k_m affine4 nf4 bnb-int8}"
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/checks.sh
source "$root/scripts/checks.sh"
ingot=${INGOT:-$root/.build/release/ingot}
work=$(mktemp -d "${TMPDIR:-/tmp}/ingot-family.XXXXXX")
trap 'rm -rf "$work"' EXIT
export INGOT_HOME=$work/home
[[ $# -gt 0 ]] || { echo "usage: scripts/family.sh NAME=PATH[=BASE]..." >&2; exit 2; }

gigabytes() { awk -v bytes="$1" 'BEGIN { printf "%.3f GB", bytes / 1e9 }'; }
byte_count() { find "$1" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }'; }

# --- the family

names=() sources=()
for entry in "$@"; do
    IFS== read -r name path base <<<"$entry"
    "$ingot" register "$path" --as "$name" --quiet >/dev/null
    if [[ -n $base ]]; then
        "$ingot" compress "$name" --base "$base" --effort max --quiet >/dev/null
    else
        "$ingot" compress "$name" --effort max --quiet >/dev/null
    fi
    names+=("$name") sources+=("$path")
    made=0
    for scheme in "${schemes[@]}"; do
        ((made < variants)) || break
        # Not every scheme goes with every architecture.
        if "$ingot" convert "$name" --to "$scheme" --as "$name:$scheme" --requantize --quiet >/dev/null \
            2>"$work/refusal"; then
            "$ingot" compress "$name:$scheme" --effort max --quiet >/dev/null
            names+=("$name:$scheme") sources+=("")
            made=$((made + 1))
        else
            echo "  $name has no $scheme: $(tail -n 1 "$work/refusal")"
        fi
    done
    check "$name has $variants variants" test "$made" -eq "$variants"
done
files=$(rows "SELECT sum(logical_bytes) FROM (SELECT DISTINCT digest, logical_bytes FROM artifact_summary)")
stored=$(byte_count "$INGOT_HOME/blobs")
whole=$(byte_count "$INGOT_HOME")
echo "${#names[@]} artifacts: files $(gigabytes "$files"), blobs $(gigabytes "$stored"), the whole home $(gigabytes "$whole")," \
    "$(awk -v a="$whole" -v b="$files" 'BEGIN { printf "%.1f %% of the files", 100 * a / b }')"

# --- every file comes back

# Digests of what is exported, beside those of the source, or of the catalog for what has no files elsewhere.
exported_as_was() {
    local name=$1 source=$2 wanted
    rm -rf "$work/out"
    "$ingot" export "$name" "$work/out" --quiet || return 1
    wanted=$(rows "SELECT digest || '  ' || path FROM file_summary WHERE artifact = '$name' ORDER BY path")
    [[ -n $wanted ]] || return 1
    if [[ -d $work/out ]]; then
        (cd "$work/out" && sha256sum --check --quiet --strict <<<"$wanted") || return 1
        [[ $(find "$work/out" -type f | wc -l) -eq $(wc -l <<<"$wanted") ]] || return 1
    else
        [[ $(sha256sum <"$work/out" | cut -d' ' -f1) == "${wanted%% *}" ]] || return 1
    fi
    if [[ -f $source ]]; then
        cmp -s "$source" "$(find "$work/out" -type f)"
    elif [[ -n $source ]]; then
        diff -rq -x ".*" "$work/out" "$source" >/dev/null
    fi
}
for index in "${!names[@]}"; do
    check "${names[index]} exports byte for byte" exported_as_was "${names[index]}" "${sources[index]}"
done

# --- bits flip

RANDOM=$seed
mapfile -t blobs < <(find "$INGOT_HOME/blobs" -type f | LC_ALL=C sort |
    shuf --random-source=<(while :; do echo "$seed"; done) -n "$flips")
for blob in "${blobs[@]}"; do
    size=$(stat -c %s "$blob")
    offset=$(((RANDOM * 32768 + RANDOM) % size)) bit=$((1 << RANDOM % 8))
    byte=$(od -An -tu1 -j "$offset" -N 1 "$blob")
    chmod u+w "$blob"
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((byte ^ bit)))" | dd of="$blob" bs=1 seek="$offset" conv=notrunc status=none
    chmod u-w "$blob"
    basename "$blob" .z
done | LC_ALL=C sort >"$work/flipped"
code=0
"$ingot" verify --quiet --json >"$work/verify.json" || code=$?
check "verify exits with 1" test "$code" -eq 1
grep -o '"blob": *"[0-9a-f]*"' "$work/verify.json" | grep -o '[0-9a-f]\{64\}' | LC_ALL=C sort -u >"$work/named"
echo "${#blobs[@]} blobs with one bit flipped; verify names $(wc -l <"$work/named")"
check "verify names every blob with a flipped bit" test -z "$(LC_ALL=C comm -23 "$work/flipped" "$work/named")"
# A blob that is kept as the difference from a damaged one cannot be read either.
extra=$(LC_ALL=C comm -13 "$work/flipped" "$work/named" | wc -l)
echo "  of the others that it names, $extra are differences from a damaged one"
from=()
for source in "${sources[@]}"; do [[ -z $source ]] || from+=(--from "$source"); done
code=0
"$ingot" repair --all "${from[@]}" --quiet >"$work/repair" || code=$?
cat "$work/repair"
check "repair mends each" test "$code" -eq 0
check "verify finds nothing any more" "$ingot" verify --quiet
for index in "${!names[@]}"; do
    check "${names[index]} exports byte for byte again" exported_as_was "${names[index]}" "${sources[index]}"
done
finish "a family of models"
