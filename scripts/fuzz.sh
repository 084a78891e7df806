#!/usr/bin/env bash
# Feeds one reader with made-up bytes until it fails or has had its time: scripts/fuzz.sh TARGET [CPU-SECONDS]
#
# Builds `ingot-fuzz` with libFuzzer and AddressSanitizer into .build-fuzz, beside the usual build; `TARGET` is a line of
# `ingot-fuzz list`. Starts from the small files of the target's format in fixtures/, and keeps what it learns in
# .build-fuzz/corpus/TARGET for the next run, inputs that make a reader fail in .build-fuzz/findings/TARGET.
# An input fails a reader when it crashes it, when it contradicts itself, when it takes more than a CPU second per begun
# megabyte, or when it takes more memory than 64 MB and the input's size; the closing line's peak RSS holds the fuzzer's
# own besides. `scripts/fuzz.sh TARGET FILE...` tries files. JOBS processes run at a time, each for the whole time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=.build-fuzz
binary=$build/release/ingot-fuzz

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

build_binary() {
    [[ $(uname -s) == Linux ]] || fail "make fuzz needs Linux and the libFuzzer of Swift's toolchain."
    local resources library
    resources=$("${SWIFT:-swift}" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
    library=$resources/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
    [[ -e $library ]] || fail "Swift's toolchain has no libFuzzer for this machine: $library is missing."
    INGOT_FUZZ=1 "${SWIFT:-swift}" build -c release --product ingot-fuzz --scratch-path "$build" --sanitize address \
        -Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table \
        -Xswiftc -use-ld=lld -Xlinker "$library" -Xlinker -lstdc++
}

# Copies the files to start from into a folder.
collect() {
    local folder=$build/seeds/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    while IFS= read -r file; do
        if [[ $file == fixtures/tokenizers/* ]]; then
            tokenizer_parts "$1" "${file%/*}" >"$folder/${file//\//_}"
        elif [[ $1 == quantized && $file != fixtures/hostile/* ]]; then
            # The configuration, a zero byte, the weights.
            { cat "${file%/*}"/*config.json 2>/dev/null || true; printf '\0'; cat "$file"; } >"$folder/${file//\//_}"
        else
            cp "$file" "$folder/${file//\//_}"
        fi
    done < <(seeds "$1")
}

# The files of a tokenizer's folder as one input; the targets' own files say which and in what order.
tokenizer_parts() {
    local name names=(tokenizer.json tokenizer_config.json config.json special_tokens_map.json added_tokens.json
        vocab.json merges.txt vocab.txt chat_template.jinja)
    [[ $1 == sentencepiece ]] && names=(config.json tokenizer.model)
    for name in "${names[@]}"; do
        if [[ -e $2/$name ]]; then cat "$2/$name"; fi
        if [[ $name != tokenizer.model ]]; then printf '\0'; fi
    done
}

# Small files of the format, because short inputs are tried more often.
seeds() {
    case $1 in
        safetensors) find fixtures -name '*.safetensors' -size -24k ;;
        gguf) find fixtures -name '*.gguf' -size -24k ;;
        gguf-model) find fixtures/gguf -name '*.gguf' -size -24k ;;
        pytorch) find fixtures/torch fixtures/hostile/pickle -name '*.p*' -size -48k ;;
        pickle) find fixtures/torch fixtures/hostile/pickle -name '*.pkl' -size -48k ;;
        zip) find fixtures/npz fixtures/torch fixtures/hostile/npy -name '*.[np]*[zt]' -size -24k ;;
        npz) find fixtures/npz fixtures/hostile/npy -name '*.npz' -size -48k ;;
        npy) find fixtures/npz fixtures/hostile/npy -name '*.npy' -size -48k ;;
        onnx) find fixtures/onnx -name '*.onnx' -size -48k ;;
        tokenizer) find fixtures/tokenizers -name 'tokenizer.json' ;;
        sentencepiece) find fixtures/tokenizers -name 'tokenizer.model' ;;
        imatrix) find fixtures/imatrix -type f -not -name '*.md' -not -name '*.json' -size -24k ;;
        run-log) find fixtures/runs -name '*.jsonl' -o -path '*runs/tensorboard*' -type f ;;
        trainer-state) find fixtures/runs -name 'trainer_state.json' ;;
        trackio-row) find fixtures/runs -name '*.jsonl' ;;
        results) find fixtures/results -type f ! -name '*.md' ;;
        result-sql) find fixtures/results -name '*.sql' ;;
        chunk) find fixtures/safetensors fixtures/npz -type f -size -8k ;;
        family | axes) find fixtures/architectures -name '*.json' ;;
        recipe) find Sources/Transforms/Presets -name '*.yaml' ;;
        quantized) find fixtures/quantized -name 'model.safetensors' -size -32k ;;
        json | config) find fixtures -name '*.json' -size -32k ;;
        index) find fixtures -name '*.index.json' -size -32k ;;
        card) find fixtures . -maxdepth 4 -name 'README.md' -size -32k -not -path './.build*' ;;
    esac
    if [[ -d fixtures/hostile/$1 ]]; then find "fixtures/hostile/$1" -type f -size -96k; fi
}

[[ $# -ge 1 ]] || fail "usage: scripts/fuzz.sh TARGET [CPU-SECONDS | FILE...]"
target=$1
shift
build_binary
"$binary" list | grep -qx -- "$target" ||
    fail "There is no target '$target'. There are: $("$binary" list | tr '\n' ' ')"

# Swift's own report of a crash does not go with AddressSanitizer.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=16:${ASAN_OPTIONS:-}
if [[ -n ${1:-} && -e $1 ]]; then
    exec "$binary" "$target" inf -rss_limit_mb=4096 -timeout=60 "$@"
fi
seconds=${1:-60}
corpus=$build/corpus/$target findings=$build/findings/$target
mkdir -p "$corpus" "$findings"
collect "$target"
dictionary=()
[[ -e Fuzz/Dictionaries/$target.dict ]] && dictionary=("-dict=Fuzz/Dictionaries/$target.dict")

# Feeds the reader in one process, and says what came of it.
run() {
    local number=$1 log=$build/$target.$1.log status=0
    "$binary" "$target" "$seconds" -rss_limit_mb=4096 -timeout=60 -max_len=98304 -len_control=20 -close_fd_mask=1 \
        -artifact_prefix="$findings/" ${dictionary[@]+"${dictionary[@]}"} "$corpus" "$build/seeds/$target" \
        >"$log" 2>&1 || status=$?
    if ((status)); then
        grep -aE '^(FAULT|SLOW|MEMORY):' "$log" || grep -aE 'ERROR|^ +#[0-9]' "$log" | head -n 40 || true
        fail "$target: a finding is in $findings; the whole report in $log."
    fi
    local coverage
    coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: \([0-9]*\).*/\1 edges, \2 features/p' "$log" | tail -n 1)
    echo "$target: $(grep -a '^executions' "$log" | tail -n 1), coverage ${coverage:-unknown}"
}

running=()
for ((job = 1; job <= ${JOBS:-1}; job++)); do
    run "$job" &
    running+=($!)
done
failed=0
for process in "${running[@]}"; do wait "$process" || failed=1; done
exit "$failed"
