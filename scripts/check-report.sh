#!/usr/bin/env bash
# Opens a report in headless Chromium: the page shows, by day and by night, at a phone's width and on paper, and makes no
# request and no complaint. Without Chromium these checks are skipped, and those of the file itself remain.
#
# INGOT     the binary                       (default .build/release/ingot)
# CHROMIUM  the browser                      (default: chromium, chromium-browser or google-chrome, if there is one)
# PICTURES  a folder that keeps the pictures (default: they are removed)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=scripts/checks.sh
source "$root/scripts/checks.sh"
ingot=${INGOT:-$root/.build/release/ingot}
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}

work=$(mktemp -d "${TMPDIR:-/tmp}/ingot-report.XXXXXX")
trap 'rm -rf "$work"' EXIT
export INGOT_HOME=$work/home
pictures=${PICTURES:-$work/pictures}
mkdir -p "$pictures"

# A model whose card would like to run something, three variants, and results of two.
prepare() {
    cp -r "$root/fixtures/models/tiny-llama" "$work/model"
    printf -- '---\nlicense: apache-2.0\nbase_model: someone/base\n---\n# Tiny <script>document.title="run"</script>\n%s\n' \
        '<img src="https://example.invalid/a.png" onerror="document.title=1">' >"$work/model/README.md"
    "$ingot" register "$work/model" --as someone/tiny
    for scheme in nf4 q4_k_m affine4; do "$ingot" convert someone/tiny --to "$scheme"; done
    "$ingot" results add someone/tiny acc=0.31 --task hellaswag
    "$ingot" results add someone/tiny:nf4 acc=0.29 'x<script>alert(1)</script>=1' --task hellaswag
    for name in someone/tiny someone/tiny:nf4 someone/tiny:q4_k_m; do "$ingot" report "$name" -o "$work"; done
}

# Addresses that a reader would follow by itself.
loads_nothing() {
    ! grep -nE '(src|href|action|data)="[^#"]|url\(|@import|<script|<link|<iframe' "$work"/*.html
}

browse() {
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --disable-background-networking \
        --user-data-dir="$work/profile" "$@" 2>&1
}

# picture NAME FLAG…: a picture of the variant's page; what the page complains of fails.
picture() {
    local file=$pictures/$1.png output
    shift
    output=$(browse --enable-logging=stderr --screenshot="$file" "$@" "file://$work/someone-tiny-nf4.html")
    [[ -s $file ]] || say "there is no picture: $output"
    ! grep -i 'CONSOLE' <<<"$output" || say "the page complains"
    # A page of one color has a few hundred bytes.
    (($(wc -c <"$file") > 20000)) || say "the picture has $(wc -c <"$file") bytes, which is about nothing"
}

night_differs() { ! cmp -s "$pictures/day.png" "$pictures/night.png"; }

# The page after all that would run has run: its title is still its own.
runs_nothing() {
    browse --dump-dom "file://$work/someone-tiny-nf4.html" | grep -q '<title>someone/tiny:nf4: report</title>'
}

# Addresses in the log of the network, but for those of the page's file and of the browser's own pages.
requests_nothing() {
    browse --log-net-log="$work/net.json" --dump-dom "file://$work/someone-tiny-nf4.html" >/dev/null
    [[ -s $work/net.json ]] || say "there is no log of the network"
    ! grep -oE '"url":"https?://[^"]*example[^"]*"' "$work/net.json"
}

prints() {
    browse --no-pdf-header-footer --print-to-pdf="$pictures/paper.pdf" "file://$work/someone-tiny-nf4.html"
    [[ $(head -c 5 "$pictures/paper.pdf") == %PDF- ]]
}

check 'reports are written' prepare
check 'a page names nothing to load' loads_nothing
if [[ -n $browser ]]; then
    check 'the page shows by day' picture day --window-size=1200,3600
    check 'the page shows by night' picture night --window-size=1200,3600 --blink-settings=preferredColorScheme=0
    check 'day and night differ' night_differs
    check "the page shows at a phone's width" picture phone --window-size=500,3600
    check 'nothing of a card or a name runs' runs_nothing
    check 'the page makes no request' requests_nothing
    check 'the page prints' prints
else
    skip 'the page in a browser' 'no Chromium here; set CHROMIUM'
fi
finish 'reports'
