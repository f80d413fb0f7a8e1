#!/usr/bin/env bash
# The command line: help, versions, exit codes, spelling mistakes, aw_nas's spellings.
. "$(dirname "$0")/lib.sh"

expect 0 "" "$awnas" --help
expect 0 "" "$awnas" --version
grep -q '^awnas-hw [0-9]' "$work/out" || fail "--version"
for command in genprof measure parse net2primitive genmodel predict bench; do
    expect 0 "" "$awnas" $command --help
    grep -q '^example:' "$work/out" || fail "$command --help has no example"
done
expect 2 "did you mean 'genprof'" "$awnas" genprofs
expect 2 "did you mean --result-dir" "$awnas" genprof a b --result-dri x
expect 2 "expected 2 arguments, found 1" "$awnas" genprof a
expect 2 "unexpected argument 'c'" "$awnas" genprof a b c
expect 2 "expected a whole number" "$awnas" genprof a b --seed x
expect 2 "--result-dir: expected DIR behind it" "$awnas" genprof a b --result-dir
expect 2 "missing.yaml" "$awnas" genprof "$work/missing.yaml" "$work/hwobj.yaml"
expect 2 "result-file is required" "$awnas" genmodel a b c
expect 0 "" "$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" --result_dir "$work/r" --num_sample 2
[ -f "$work/r/prof_nets/1.yaml" ] || fail "--num_sample 2 made no second net"
if "$awnas" --help >/dev/full 2>"$work/err"; then
    : # usage is not worth an error
fi
"$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -r "$work/r" >/dev/full 2>"$work/err" &&
    fail "a full standard output was not noticed"
echo ok
