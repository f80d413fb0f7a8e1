#!/usr/bin/env bash
# describe --sqnr: every layer of what the compiler makes, as text and as JSON; wrong uses.
. "$(dirname "$0")/lib.sh"

make_nets
net=$work/results/prof_nets/0.yaml
expect 0 "" "$awnas" describe "$net" --sqnr --inputs 20
cp "$work/out" "$work/text"
sed -n 's/^  name: //p' "$work/results/$hw/0/0.layers.yaml" >"$work/names"
awk '$1 ~ /^[0-9]+$/ { print $2 }' "$work/text" | cmp - "$work/names" || fail "the layers are not those of the program"
grep -q '^top-1 agreement  [0-9]* of 20 inputs ([0-9.]* %), in [0-9]* class' "$work/text" || fail "no agreement"
expect 0 "" "$awnas" describe "$net" --sqnr --inputs 20
cmp "$work/out" "$work/text" || fail "two runs differ"
expect 0 "" "$awnas" describe "$net" --sqnr --inputs 20 --seed 2
cmp -s "$work/out" "$work/text" && fail "--seed changed nothing"
expect 0 "" "$awnas" describe "$net" --sqnr --inputs 20 --json
python3 - "$work/out" "$work/text" "$work/names" <<'PYTHON' || fail "--json"
import json, sys
found = json.load(open(sys.argv[1]))
names = [line.strip() for line in open(sys.argv[3])]
assert [layer["name"] for layer in found["layers"]] == names
assert found["inputs"] == 20 and found["seed"] == 1 and found["classes"] >= 1
assert f"{found['top1_agreed']} of 20 inputs" in open(sys.argv[2]).read()
# 8 bits keep a small net this near to floating point.
assert all(layer["sqnr_db"] is None or 15 < layer["sqnr_db"] < 60 for layer in found["layers"])
PYTHON
expect 2 "--inputs: expected 1 to 100000" "$awnas" describe "$net" --sqnr --inputs 0
expect 2 "expected one net file" "$awnas" describe conv_3x3 10 8 8 1 true --sqnr
expect 2 "missing.yaml" "$awnas" describe "$work/missing.yaml" --sqnr
echo ok
