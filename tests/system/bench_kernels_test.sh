#!/usr/bin/env bash
# bench kernels: every layer is there and verified; what a board cannot hold is said; a wrong kernel is an
# error. On the emulated ZCU102, when its firmware is built, instructions per MAC repeat exactly.
. "$(dirname "$0")/lib.sh"
layers="1x1 56x56x24->144|1x1 14x14x96->576|1x1 7x7x960->160|3x3s2 224x224x3->16|3x3s1 14x14x64->64"
layers="$layers|dw3x3 56x56x144|dw5x5 14x14x576|fc 1280->1000"
# The names and MACs (padding counted) of the eight shapes, and what else must be there.
cat >"$work/check.py" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))
counted = sys.argv[2] == "instructions"
macs = [56*56*24*144, 14*14*96*576, 7*7*960*160, 112*112*9*3*16, 14*14*9*64*64, 56*56*9*144, 14*14*25*576,
        1280*1000]
names = sys.argv[3].split("|")
by_name = {row["layer"]: row for row in rows}
assert len(by_name) == len(rows), "a name twice"
assert [row["layer"] for row in rows[:8]] == names, rows[:8]
assert [row["macs"] for row in rows[:8]] == macs, rows[:8]
for kind in "maxpool", "avgpool", "gap", "add", "h_swish", "se-mul", "se-gap", "se-fc":
    assert any(name.startswith(kind) for name in by_name), kind
for row in rows:
    assert list(row) == ["layer", "macs", "ticks", "clock", "instructions_per_mac"], row
    assert row["ticks"] > 0 and isinstance(row["clock"], str) and row["clock"], row
    if counted and row["macs"]:
        assert row["instructions_per_mac"] * row["macs"] - row["ticks"] < 1, row
    else:
        assert row["instructions_per_mac"] is None, row
PY

expect 0 "" "$awnas" bench kernels --board native --repeats 1 --json
python3 "$work/check.py" "$work/out" none "$layers" || fail "the native board's JSON"
expect 0 "" "$awnas" bench kernels --board native --repeats 1 --only dw
[ "$(grep -c '^dw' "$work/out")" -eq 3 ] || fail "--only dw: expected 3 layers"
grep -q 'not cycles' "$work/out" || fail "the table does not say what IPM is"
expect 2 "--only: no layer's name contains 'dw9'" "$awnas" bench kernels --board native --only dw9
expect 2 "only one of --board" "$awnas" bench kernels --board native --tcp 127.0.0.1:1
expect 2 "found 'kernel'" "$awnas" bench kernel

# A board with 256 KiB for activations, whose depthwise kernel is wrong.
"$build_dir/awnas-native-board-badkernel" --port 0 >"$work/port" &
board=$!
trap 'kill $board 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
at=127.0.0.1:$(sed 's/.*://' "$work/port")
expect 0 "1x1 56x56x24->144 is skipped: 1x1 56x56x24->144: needs" "$awnas" bench kernels --tcp "$at" \
    --repeats 1 --only 1x1 --json
python3 -c '
import json, sys
rows = json.load(open(sys.argv[1]))
assert [row["ticks"] is None for row in rows] == [True, False, False], rows
assert rows[0]["instructions_per_mac"] is None and rows[0]["macs"] == 10838016, rows' "$work/out" ||
    fail "a skipped layer"
expect 0 "" "$awnas" bench kernels --tcp "$at" --repeats 1 --only 1x1
grep -q '^1x1 56x56x24->144 .* skipped: .* bytes of activations' "$work/out" || fail "no reason in the table"
expect 1 "dwconv2d kernel is wrong" "$awnas" bench kernels --tcp "$at" --repeats 1 --only dw5
[ ! -s "$work/out" ] || fail "a wrong kernel got figures"
kill $board

if command -v qemu-system-aarch64 >/dev/null && [ -f "$firmware" ]; then
    zcu102=("$awnas" bench kernels --board zcu102 --firmware "$firmware" --repeats 1)
    "${zcu102[@]}" --json >"$work/all.json"
    python3 "$work/check.py" "$work/all.json" instructions "$layers" || fail "the ZCU102's JSON"
    "${zcu102[@]}" --only dw --json >"$work/dw.json"
    python3 -c '
import json, sys
rows = [json.load(open(path)) for path in sys.argv[1:]]
assert [row for row in rows[0] if row["layer"].startswith("dw")] == rows[1] != [], rows' \
        "$work/all.json" "$work/dw.json" || fail "instructions do not repeat"
    "${zcu102[@]}" --only 7x7x960 >"$work/out"
    grep -q 'EMULATED; ticks of .*(instructions)' "$work/out" || fail "the table does not say emulated"
    awk '/^1x1 7x7x960->160 / { found = 1; exit !($4 > 0 && $6 == 0.231 && $8 == 0.220 && $7 > 0 && $9 > 0) }
        END { exit !found }' "$work/out" || fail "no peer and target: $(cat "$work/out")"
else
    echo "no emulated ZCU102 here: its part was left out" >&2
fi
echo ok
