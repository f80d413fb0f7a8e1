#!/usr/bin/env bash
# bench genprof --curve prints its rows and stays within the memory bound; times are printed, not judged.
. "$(dirname "$0")/lib.sh"

expect 2 "expected at least 1000" "$awnas" bench genprof --curve --up-to 10
"$awnas" bench genprof --curve --up-to 10000 >"$work/curve"
cat "$work/curve"
mb=$(awk '$1 == 1762 && NF == 6 { print int($5) }' "$work/curve")
[ -n "$mb" ] || fail "no row of 1,762 primitives"
sanitized=$(grep -c __asan_init "$awnas" || true)
[ "$sanitized" -gt 0 ] || [ "$mb" -le 30 ] || fail "$mb MB for 1,762 primitives"
grep -q 'CPU time grew' "$work/curve" || fail "no line on the growth"
echo ok
