#!/usr/bin/env bash
# The whole flow on the native board over TCP: genprof, measure, parse, net2primitive, genmodel, predict.
. "$(dirname "$0")/lib.sh"

make_nets
"$awnas" measure "$work/results" --board native --repeats 3 --warmup 1 >"$work/measure.txt"
nets=$(ls "$work/results/prof_nets" | wc -l)
[ "$nets" -ge 3 ] || fail "expected several nets, found $nets"
for net in $(seq 0 $((nets - 1))); do
    for run in 0 1 2; do
        file=$work/results/$hw/prof_results/$net/$run.yaml
        [ -f "$file" ] || fail "no $file"
        grep -q '^verified: true$' "$file" || fail "$file is not verified"
        grep -q '^unit: ms$' "$file" || fail "$file is not in ms"
        grep -q '  emulated: false$' "$file" || fail "$file does not say that it was not emulated"
    done
done

"$awnas" parse "$work/hwobj.yaml" "$work/results/$hw/prof_results" "$work/results/prof_prims.yaml" \
    "$work/results/$hw" --result-dir "$work/parsed" >"$work/parse.txt"
grep -q 'attributed to primitives: 100.00%' "$work/parse.txt" || fail "not all time is attributed"
"$awnas" net2primitive "$work/hwobj.yaml" "$work/results/$hw/prof_results" \
    "$work/results/prof_prims.yaml" "$work/results/$hw" --result_file "$work/table.yaml" >"$work/n2p.txt"
prims=$(grep -c '^- ' "$work/results/prof_prims.yaml")
grep -q "primitives: $prims of $prims measured" "$work/n2p.txt" || { cat "$work/n2p.txt"; fail "coverage"; }

"$awnas" genmodel "$work/cfg.yaml" "$work/hwobj.yaml" "$work/parsed" --result-file "$work/model.yaml" \
    >"$work/genmodel.txt"
grep -q 'cross-validation over' "$work/genmodel.txt" || fail "no cross-validation"
"$awnas" predict "$work/model.yaml" --random 20 --seed 7 --format csv >"$work/a.csv"
"$awnas" predict "$work/model.yaml" --random 20 --seed 7 --format csv >"$work/b.csv"
cmp "$work/a.csv" "$work/b.csv" || fail "the same seed gave other predictions"
[ "$(wc -l <"$work/a.csv")" -eq 21 ] || fail "expected 20 predictions"
# A genotype that --random printed gives the same number when it is given back.
sed -n '2s/^"\(.*\)",.*/\1/p' "$work/a.csv" >"$work/genotypes"
"$awnas" predict "$work/model.yaml" - --format csv <"$work/genotypes" | tail -n 1 >"$work/c.csv"
[ "$(sed -n 2p "$work/a.csv")" = "$(cat "$work/c.csv")" ] || fail "genotype and random disagree"

# The table model reads the one table; the regression refuses it.
sed 's/regression/table/; s/\[block_sum.*/[flatten]/' "$work/hwobj.yaml" >"$work/table_hwobj.yaml"
"$awnas" genmodel "$work/cfg.yaml" "$work/table_hwobj.yaml" "$work/table.yaml" \
    --result-file "$work/table_model.yaml" >/dev/null
expect 1 "needs runs with a whole-net figure" "$awnas" genmodel "$work/cfg.yaml" "$work/hwobj.yaml" \
    "$work/table.yaml" --result-file "$work/none.yaml"
[ ! -e "$work/none.yaml" ] || fail "a failed genmodel wrote a model"

# A model that was changed by hand is refused.
sed 's/^  intercept: .*/  intercept: 1.0/' "$work/model.yaml" >"$work/forged.yaml"
expect 1 "changed by hand or damaged" "$awnas" predict "$work/forged.yaml" --random 1
# Results of another program are refused.
"$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -c dpu -n 3 --seed 99 -r "$work/other" >/dev/null
expect 1 "measured program" "$awnas" parse "$work/hwobj.yaml" "$work/results/$hw/prof_results" \
    "$work/results/prof_prims.yaml" "$work/other/$hw" --result-dir "$work/parsed2"
[ ! -e "$work/parsed2" ] || fail "a failed parse left a directory"
echo ok
