#!/usr/bin/env bash
# kernel_ipm.sh PLUGIN PROGRAM EMULATOR...: instructions per MAC of every shape of kernel_ipm.c, and whether
# that is within its limit. They are executed instructions, not cycles.
set -euo pipefail
plugin=$1
program=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$("$1" --version | sed -n '1s/.*version \([0-9]*\)\..*/\1/p')
if [ "${version:-0}" -lt 4 ] || [ "$version" -gt 8 ]; then
    echo "SKIP: $1 is version ${version:-unknown}; the interface of plugins that count_plugin.c has ends with 8" >&2
    exit 77
fi
"$@" -plugin "$plugin,out=$work/counts" "$program" >"$work/rows"
paste -d'|' "$work/rows" <(paste -d'|' - - <"$work/counts") | awk -F'|' '
NF != 5 { print "kernel_ipm: a shape without its two counts: " $0; bad = 1; next }
{
    ipm = ($5 - $4) / $2
    printf "%-20s %.4f instructions per MAC, limit %s%s\n", $1, ipm, $3, (ipm > $3 ? ": ABOVE" : "")
    bad = bad || (ipm > $3)
    rows++
}
END { exit (bad || rows == 0) }'
