# Sourced by the tests that walk through docs/vendor-tools.md, with stand-ins for the vendor's programs.
. "$(dirname "$0")/lib.sh"

page=$source_dir/docs/vendor-tools.md
walk=$work/walk
bin=$work/bin
mkdir -p "$walk" "$bin" "$work/truth"
ln -s "$awnas" "$bin/awnas-hw"
ln -s "$source_dir/examples" "$walk/examples"
export truth=$work/truth

# stand_in NAME <<'SH': a program in PATH.
stand_in() {
    { echo '#!/usr/bin/env bash'; echo 'set -euo pipefail'; cat; } >"$bin/$1"
    chmod +x "$bin/$1"
}

# run_page WALK: every command of the page's blocks ```sh WALK, in their order, in one shell.
run_page() {
    awk -v open="\`\`\`sh $1" '$0 == open { on = 1; next } $0 == "```" { on = 0 } on' "$page" \
        >"$work/steps.sh"
    [ "$(grep -c '^awnas-hw ' "$work/steps.sh")" -ge "$2" ] || fail "the page has too few steps for $1"
    (cd "$walk" && PATH=$bin:$PATH bash -euxo pipefail "$work/steps.sh") >"$work/out" 2>"$work/err" || {
        cat "$work/out" "$work/err" >&2
        fail "a step of docs/vendor-tools.md for $1 failed"
    }
}

# latencies FILE: of the primitives of one result, a line each.
latencies() {
    awk '/^primitives:/ { on = 1 } /^[^-p ]/ { on = 0 } on && $1 == "latency:" { print $2 }' "$1"
}

# same_numbers NAME A B: the same numbers line by line, up to rounding.
same_numbers() {
    paste -d ' ' "$2" "$3" | awk -v name="$1" '
        function abs(x) { return x < 0 ? -x : x }
        NF != 2 || abs($1 - $2) > 1e-9 * abs($2) { print name ": line " NR ": " $0; bad = 1 }
        END { exit bad || NR == 0 }' >&2 || fail "$1: other numbers"
}
