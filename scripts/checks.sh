# Sourced by the scripts that check the built binary: numbered checks in sentences, and digests.
# The script sets `ingot` to the binary. Each check prints one line; `finish` says how many held and ends with 1 unless all did.

held=0 broken=0 skipped=0

# check SENTENCE COMMAND…: runs the command; what it printed is shown only when it fails.
check() {
    local sentence=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if ((status == 0)); then
        held=$((held + 1))
        printf 'ok      %s\n' "$sentence"
    else
        broken=$((broken + 1))
        printf 'BROKEN  %s\n' "$sentence"
        printf '%s\n' "$output" | sed 's/^/        | /'
    fi
}

# skip SENTENCE REASON: a check that this machine does not allow.
skip() {
    skipped=$((skipped + 1))
    printf 'skipped %s (%s)\n' "$1" "$2"
}

# finish TITLE
finish() {
    local rest=''
    ((skipped == 0)) || rest=", $skipped skipped here"
    printf '%s: %d of %d checks hold%s\n' "$1" "$held" "$((held + broken))" "$rest"
    ((broken == 0))
}

# say WHAT…: fails the running check with a reason.
say() {
    printf '%s\n' "$*" >&2
    return 1
}

# sha256 FILE…: lines "digest  path", as sha256sum prints them.
sha256() {
    if command -v sha256sum >/dev/null; then sha256sum -- "$@"; else shasum -a 256 -- "$@"; fi
}

# digests FOLDER: "digest  path" of every file below it, sorted by path.
digests() {
    (cd "$1" && find . -type f | LC_ALL=C sort | while IFS= read -r file; do sha256 "${file#./}"; done)
}

# expect STATUS COMMAND…: the command must end with this status; passes its output on.
expect() {
    local wanted=$1 status=0
    shift
    "$@" || status=$?
    [[ $status == "$wanted" ]] || say "'$*' ended with $status, not $wanted"
}

# rows QUERY: what `ingot sql` answers, as CSV without the header.
rows() { "$ingot" sql --output csv --max-rows 1000000 "$1" | tail -n +2 | tr -d '\r'; }
