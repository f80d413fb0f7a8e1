#!/usr/bin/env bash
# The command line: help, versions, exit codes, spelling mistakes, aw_nas's spellings.
. "$(dirname "$0")/lib.sh"

expect 0 "" "$awnas" --help
expect 0 "" "$awnas" --version
grep -q '^awnas-hw [0-9]' "$work/out" || fail "--version"
for command in genprof measure parse net2primitive genmodel predict bench list describe sample genotype; do
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
expect 0 "" "$awnas" sample "$work/cfg.yaml" "$work/hwobj.yaml" -n 3 --seed 5
[ "$(wc -l <"$work/out")" -eq 3 ] || fail "sample -n 3 did not print three lines"
head -n 1 "$work/out" >"$work/genotype"
expect 0 "" "$awnas" genotype "$work/cfg.yaml" "$work/hwobj.yaml" "$(cat "$work/genotype")"
grep -q 'prim_type:' "$work/out" || fail "genotype printed no primitives"
expect 2 "expected either a genotype" "$awnas" genotype "$work/cfg.yaml" "$work/hwobj.yaml"
if "$awnas" --help >/dev/full 2>"$work/err"; then
    : # usage is not worth an error
fi
"$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -r "$work/r" >/dev/full 2>"$work/err" &&
    fail "a full standard output was not noticed"
echo ok
