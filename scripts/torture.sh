#!/usr/bin/env bash
# Kills `ingot register`, `convert` and others with signal 9 at random moments, and looks at what is left each time:
#     scripts/torture.sh [MOMENTS OF EACH ACT] [SEED]
# For single, sharded and referenced inputs, and for several schemes. After a kill the catalog must list whole artifacts
# only, every file in blobs/ must be named by a row, and the next command that writes must sweep incoming/, but for what a
# conversion can go on from. In the end each damaged home finishes the work, and the exports must equal the originals byte
# for byte.
#   PARAMETERS=n   size of the generated model     KEEP=1   leave the homes where they are
set -euo pipefail
((BASH_VERSINFO[0] >= 5)) || { echo "scripts/torture.sh needs bash 5." >&2; exit 1; }

moments=${1:-20} seed=${2:-1}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/checks.sh
source "$root/scripts/checks.sh"
ingot=${INGOT:-$root/.build/release/ingot}
benchmarks=${BENCHMARKS:-$root/.build/release/ingot-benchmarks}
parameters=${PARAMETERS:-30000000}
# INPUT:COMMAND or INPUT:convert:SCHEME. Blocks, groups, packed words and nested scales are written by different code.
schemes=(nf4-dq gguf-q4_k_m mlx-affine4 gptq)
acts=(register convert remove compress collect evict repair)
declare -A cases_of=(
    [register]="single:register sharded:register referenced:register single:both"
    [convert]="single:convert:nf4-dq sharded:convert:gguf-q4_k_m referenced:convert:mlx-affine4 single:convert:gptq"
    [remove]="single:remove sharded:remove"
    [compress]="single:compress sharded:compress"
    [collect]="single:collect"
    [evict]="single:evict"
    [repair]="sharded:repair"
)
# Any other act is its name in `acts`, its inputs in `cases_of` (INPUT:ACT), and here what it runs. Its home holds the
# model and its variants (and for `repair` a rotten blob); to run it again there must do no harm. INPUT is the folder.
declare -A command_of=(
    [remove]="rm model --force"
    [compress]="compress model"
    [collect]="gc --drop-where tag<>'latest'"
    [evict]="evict model:${schemes[0]}"
    [repair]="repair --from INPUT"
)
read -ra cases <<<"${cases_of[*]}"

work=$(mktemp -d "${TMPDIR:-/tmp}/ingot-torture.XXXXXX")
tidy() {
    if [[ ${KEEP:-} == 1 ]]; then echo "Kept: $work"; else rm -rf "$work"; fi
}
trap tidy EXIT
export INGOT_HOME=$work/home
RANDOM=$seed
kills=0 finished=0 early=0 completions=0

# Every blob that some row of the catalog explains: needed by an artifact, held for a job, or about to go.
explained="SELECT digest FROM blob WHERE storage <> 'reference' UNION SELECT digest FROM job_blob
    UNION SELECT digest FROM removal"

quietly() { "$@" >"$work/output" 2>&1 || { cat "$work/output" >&2; return 1; }; }
digests_by() { rows "$1" | LC_ALL=C sort -u; }
seconds_between() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.4f", b - a }'; }
part_of() { awk -v whole="$1" -v part="$2" 'BEGIN { printf "%.4f", whole * part / 32768 }'; }

# --- inputs, and what an undisturbed run makes of them

make_inputs() {
    quietly "$benchmarks" generate --parameters "$parameters" --seed "$seed" --out "$work/single"
    "$root/scripts/shard.sh" "$work/single" "$work/sharded" 3
    cp -R "$work/single" "$work/referenced"
    # A small file of one tensor: its registration is the "next command that writes".
    printf '\101\0\0\0\0\0\0\0%-65s\7' '{"pebble":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}' \
        >"$work/pebble.safetensors"
    local input
    for input in single sharded referenced; do digests "$work/$input" >"$work/$input.sums"; done
}

# Sets `act` to the command of a case.
choose() {
    act=("$ingot" register "$work/${1%%:*}" --as model)
    [[ $1 != referenced:* ]] || act+=(--reference)
    case ${1#*:} in
    both) act+=(--to "${schemes[0]}") ;;
    convert:*) act=("$ingot" convert model --to "${1##*:}" --as "model:${1##*:}") ;;
    register) ;;
    *)
        read -ra act <<<"${command_of[${1#*:}]}"
        act=("$ingot" "${act[@]/INPUT/$work/${1%%:*}}")
        ;;
    esac
}

# fresh CASE: the home as it is before the case's command.
fresh() {
    rm -rf "$INGOT_HOME"
    case ${1#*:} in
    register | both) ;;
    convert:*) cp -R "$work/base-${1%%:*}" "$INGOT_HOME" ;;
    *) cp -R "$work/variants-${1%%:*}" "$INGOT_HOME" ;;
    esac
    [[ $1 != *:repair ]] || rot
}

# Spoils the largest blob.
rot() {
    local blob
    blob=$(find "$INGOT_HOME/blobs" -type f -printf '%s %p\n' | sort -n | tail -1)
    chmod u+w "${blob#* }"
    echo rotten >"${blob#* }"
}

# Whether a case of this input makes this variant.
makes() {
    [[ " ${cases[*]} " == *" $1:convert:$2 "* || ($2 == "${schemes[0]}" && " ${cases[*]} " == *" $1:both "*) ]]
}

# undisturbed INPUT: keeps a home with the registered model, the digests of all artifacts and of the variants' files.
undisturbed() {
    rm -rf "$INGOT_HOME"
    choose "$1:register"
    quietly "${act[@]}"
    cp -R "$INGOT_HOME" "$work/base-$1"
    local scheme
    for scheme in "${schemes[@]}"; do
        makes "$1" "$scheme" || continue
        choose "$1:convert:$scheme"
        quietly "${act[@]}"
        quietly "$ingot" export "model:$scheme" "$work/variant"
        digests "$work/variant" >"$work/$1.$scheme-sums"
        rm -rf "$work/variant"
    done
    digests_by "SELECT digest FROM artifact_summary" >"$work/$1.artifacts"
    cp -R "$INGOT_HOME" "$work/variants-$1"
}

# --- what must hold

no_strangers() {
    digests_by "$explained" >"$work/explained"
    find "$INGOT_HOME/blobs" -type f | sed 's#.*/##; s/\.z$//' | LC_ALL=C sort -u >"$work/present"
    local strangers
    strangers=$(comm -23 "$work/present" "$work/explained")
    [[ -z $strangers ]] || say "blobs that no row names:" "$strangers"
}

# A folder that a writer had just made and was about to claim is left alone for a minute: says that it has passed.
pass_a_minute() {
    [[ ! -d $INGOT_HOME/incoming ]] ||
        find "$INGOT_HOME/incoming" -mindepth 1 -maxdepth 1 -name '.new-*' -exec touch -t 202001010000 {} +
}

nothing_incoming() {
    [[ -z $(find "$INGOT_HOME/incoming" -mindepth 1 ! -type d) ]] || say "incoming/ holds" "$(find "$INGOT_HOME/incoming")"
}

whole_artifacts() {
    "$ingot" verify || return 1
    digests_by "SELECT digest FROM artifact_summary" >"$work/listed" || return 1
    local unknown
    unknown=$(comm -23 "$work/listed" "$work/$1.artifacts")
    [[ -z $unknown ]] || say "artifacts that no undisturbed run makes:" "$unknown"
}

sound_database() {
    command -v sqlite3 >/dev/null || return 0
    [[ $(sqlite3 "$INGOT_HOME/catalog.sqlite" 'PRAGMA integrity_check; PRAGMA foreign_key_check') == ok ]] ||
        say "SQLite finds the catalog damaged"
}

# What a killed conversion can be gone on from stays: the areas that hold a journal.
no_rests() {
    local area
    for area in "$INGOT_HOME"/incoming/*/ "$INGOT_HOME"/incoming/.new-*/; do
        [[ ! -d $area || -e $area/journal ]] || [[ -z $(find "$area" -mindepth 1 ! -type d) ]] ||
            say "incoming/ holds" "$(find "$INGOT_HOME/incoming")" || return 1
    done
}

next_writer_sweeps() {
    "$ingot" register "$work/pebble.safetensors" --as pebble && no_rests && "$ingot" rm pebble
}

# after_kill INPUT CASE: everything above; what was to be mended is mended first. A home killed before its catalog was set up cannot be listed until the next
# command that writes; it holds no blob then.
after_kill() {
    [[ $2 != *:repair ]] || "${act[@]}" || return 1
    if "$ingot" ls >"$work/listing" 2>&1; then
        whole_artifacts "$1" && no_strangers || return 1
    else
        [[ -z $(find "$INGOT_HOME/blobs" -type f 2>/dev/null) ]] || { cat "$work/listing"; return 1; }
    fi
    next_writer_sweeps && no_strangers && whole_artifacts "$1" && sound_database
}

# Whether the case removes the model and it is gone; its variants have the same name under other tags.
is_gone() { [[ $1 == *:remove && -z $(rows "SELECT 1 FROM artifact_summary WHERE name = 'model' AND tag = 'latest'") ]]; }

# Whether the act that was not killed did what it should: what was removed in the kill before cannot go again.
ended_well() { ((status == 0)) || is_gone "$1"; }

# repeats CASE: the act can be done again in the damaged home; what was to go may be gone.
repeats() {
    [[ -n ${command_of[${1#*:}]:-} ]] || return 0
    choose "$1"
    "${act[@]}" || is_gone "$1"
}

# completes INPUT SCHEME CASE: the damaged home does all of the work, and exports what was put in.
completes() {
    local command
    repeats "$3" || return 1
    for command in register "convert:$2"; do
        choose "$1:$command"
        "${act[@]}" || return 1
    done
    rm -rf "$work/out" "$work/out-variant"
    "$ingot" export model "$work/out" && "$ingot" export "model:$2" "$work/out-variant" || return 1
    diff <(digests "$work/out") "$work/$1.sums" && diff <(digests "$work/out-variant") "$work/$1.$2-sums" || return 1
    whole_artifacts "$1" && no_strangers && nothing_incoming
}

unchanged_inputs() {
    local input
    for input in single sharded referenced; do diff <(digests "$work/$input") "$work/$input.sums" || return 1; done
}

# --- the moments

# signal_at SIGNAL DELAY COMMAND…: sets `status` to what the command ended with.
signal_at() {
    local signal=$1 delay=$2 process
    shift 2
    set -m # a job of its own: otherwise the shell has it ignore SIGINT
    "$@" >"$work/output" 2>&1 &
    process=$!
    set +m
    sleep "$delay"
    kill "-$signal" "$process" 2>/dev/null || true
    status=0
    wait "$process" 2>/dev/null || status=$?
}

# torment CASE COUNT
torment() {
    local input=${1%%:*} count=$2 began whole delay number scheme
    # What is finished after a registration is any variant of that input that there is to compare with.
    for scheme in "${1##*:}" "${schemes[@]}"; do
        [[ ! -e $work/$input.$scheme-sums ]] || break
    done
    fresh "$1"
    choose "$1"
    began=$EPOCHREALTIME
    quietly "${act[@]}"
    whole=$(seconds_between "$began" "$EPOCHREALTIME")
    fresh "$1"
    for ((number = 1; number <= count; number++)); do
        delay=$(part_of "$whole" $RANDOM)
        choose "$1"
        signal_at KILL "$delay" "${act[@]}"
        pass_a_minute
        if ((status == 137)); then
            kills=$((kills + 1))
            [[ -e $INGOT_HOME/catalog.sqlite ]] || early=$((early + 1))
            check "$1, killed after $delay of $whole s" after_kill "$input" "$1"
        else
            finished=$((finished + 1))
            check "$1, finished within $delay s" ended_well "$1"
        fi
        # Half of the damaged homes are killed again as they are; the others finish the work and go.
        if ((status != 137 || number == count || RANDOM % 2)); then
            completions=$((completions + 1))
            check "$1, finished in the damaged home: exports equal the originals" completes "$input" "$scheme" "$1"
            fresh "$1"
        fi
    done
}

# interrupted HOME COMMAND…: Ctrl-C in the middle ends with 130 and leaves store, catalog and target as they were.
interrupted() {
    local saved=$1 began whole part
    shift
    rm -rf "$INGOT_HOME" "$work/out"
    cp -R "$saved" "$INGOT_HOME"
    began=$EPOCHREALTIME
    "$@" || return 1
    whole=$(seconds_between "$began" "$EPOCHREALTIME")
    for part in 13000 8000 4000 20000 2000; do
        rm -rf "$INGOT_HOME" "$work/out"
        cp -R "$saved" "$INGOT_HOME"
        signal_at INT "$(part_of "$whole" $part)" "$@"
        ((status == 0)) || break
    done
    ((status == 130)) || { cat "$work/output"; say "ended with $status, not 130" || return 1; }
    [[ ! -e $work/out ]] || say "the target is there" || return 1
    diff <(cd "$saved" && find blobs incoming -type f | LC_ALL=C sort) \
        <(cd "$INGOT_HOME" && find blobs incoming -type f | LC_ALL=C sort) || say "files were left" || return 1
    "$ingot" verify
}

echo "$moments moments of each act, seed $seed, $parameters parameters"
make_inputs
quietly "$ingot" register "$work/pebble.safetensors" --as pebble
mv "$INGOT_HOME" "$work/base"
for input in single sharded referenced; do undisturbed "$input"; done
for name in "${acts[@]}"; do
    read -ra cases <<<"${cases_of[$name]}"
    for index in "${!cases[@]}"; do
        torment "${cases[index]}" $((moments * (index + 1) / ${#cases[@]} - moments * index / ${#cases[@]}))
    done
done
check "register, interrupted by Ctrl-C, leaves nothing" \
    interrupted "$work/base" "$ingot" register "$work/single" --as model
check "convert, interrupted by Ctrl-C, leaves nothing" \
    interrupted "$work/base-single" "$ingot" convert model --to "${schemes[0]}"
check "export, interrupted by Ctrl-C, leaves nothing" \
    interrupted "$work/base-single" "$ingot" export model "$work/out"
check "the inputs are as they were" unchanged_inputs
echo "kill -9: $kills killed ($early of them before there was a catalog), $finished finished first," \
    "$completions homes finished the work"
finish "torture, seed $seed"
