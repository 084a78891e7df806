#!/usr/bin/env bash
# Splits a folder with one model.safetensors into a sharded one, as large checkpoints are published:
#     scripts/shard.sh FOLDER OUT COUNT
# Made for files with a compact header and names without quotes or spaces, such as ours.
set -euo pipefail

(($# == 3)) || { echo "usage: scripts/shard.sh FOLDER OUT COUNT" >&2; exit 64; }
file=$1/model.safetensors out=$2 count=$3
mkdir -p "$out"
find "$1" -maxdepth 1 -type f ! -name '*.safetensors' -exec cp {} "$out/" \;

prefix=$(od -An -t u8 -N 8 "$file" | tr -d ' ')
start=$((8 + prefix))
total=$(($(wc -c <"$file") - start))

# bytes OFFSET COUNT: that part of the file. `head` closes the pipe early, and that is no failure.
bytes() { (set +o pipefail && tail -c "+$(($1 + 1))" "$file" | head -c "$2"); }

# Lines: shard (from 1), begin, end, name, the entry up to its offsets; in the order of the data.
table=$(bytes 8 "$prefix" | grep -o '"[^"]*":{"dtype":"[^"]*","shape":\[[^]]*\],"data_offsets":\[[0-9]*,[0-9]*\]}' |
    sed 's/^"\([^"]*\)":{\(.*\),"data_offsets":\[\([0-9]*\),\([0-9]*\)\]}$/\3 \4 \1 \2/' | sort -n -k 1 -k 2 |
    awk -v count="$count" -v total="$total" '{ print int($1 * count / (total + 1)) + 1, $0 }')

little_endian() {
    local value=$1 position
    for position in 1 2 3 4 5 6 7 8; do
        # shellcheck disable=SC2059
        printf "\\$(printf '%03o' $((value & 255)))"
        value=$((value >> 8))
    done
}

for ((shard = 1; shard <= count; shard++)); do
    rows=$(awk -v shard="$shard" '$1 == shard' <<<"$table")
    [[ -n $rows ]] || { echo "There are too few tensors for $count shards." >&2; exit 1; }
    first=$(head -n 1 <<<"$rows" | cut -d ' ' -f 2)
    last=$(tail -n 1 <<<"$rows" | cut -d ' ' -f 3)
    header=$(awk -v base="$first" '
        { printf "%s\"%s\":{%s,\"data_offsets\":[%.0f,%.0f]}", (NR > 1 ? "," : "{\"__metadata__\":{\"format\":\"pt\"},"), $4, $5,
          $2 - base, $3 - base }
        END { print "}" }' <<<"$rows")
    while ((${#header} % 8)); do header+=' '; done
    {
        little_endian "${#header}"
        printf '%s' "$header"
        bytes $((start + first)) $((last - first))
    } >"$out/$(printf 'model-%05d-of-%05d.safetensors' "$shard" "$count")"
done

awk -v count="$count" -v total="$total" '
    BEGIN { printf "{\"metadata\":{\"total_size\":%.0f},\"weight_map\":{", total }
    { printf "%s\"%s\":\"model-%05d-of-%05d.safetensors\"", (NR > 1 ? "," : ""), $4, $1, count }
    END { print "}}" }' <<<"$table" >"$out/model.safetensors.index.json"
