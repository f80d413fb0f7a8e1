#!/usr/bin/env bash
# size: every part of the firmware is counted, the sums are those of the image, and a budget that is exceeded is
# an error.
. "$(dirname "$0")/lib.sh"
expect 2 "did you mean 'zcu102'" "$awnas" size --board zcu120
expect 2 "native: is no firmware of its own" "$awnas" size --board native
[ -f "$firmware" ] || skip "$firmware is not built (cmake --preset fw-zcu102 && cmake --build --preset fw-zcu102)"
[ -f "${firmware%.elf}.map" ] || skip "${firmware%.elf}.map is not there"

"$awnas" size --firmware "$firmware" | tee "$work/table"
"$awnas" size --firmware "$firmware" --json >"$work/size.json"
readelf -SW "$firmware" >"$work/sections"
python3 - "$work/size.json" "$work/sections" <<'PY' || fail "size --json"
import json, re, sys
size = json.load(open(sys.argv[1]))
text = 0
for line in open(sys.argv[2]):
    part = re.match(r"\s*\[ *\d+\] (\S+)\s+(\S+)\s+\S+ \S+ (\S+) \S+\s+(\S+)", line)
    if part and "A" in part[4] and "W" not in part[4]:
        text += int(part[3], 16)
parts = {name: count for name, count in size["text_bytes"].items() if name != "total"}
assert size["text_bytes"]["total"] == text, (size["text_bytes"], text)
# What is between the parts is padding; merged strings may count twice.
assert -512 < text - sum(parts.values()) < 0.1 * text, (parts, text)
for name in "session and runner", "framing", "programs", "messages", "nanopb", "kernels", "layer ops", "board":
    assert parts[name] > 500, (name, parts)
assert parts.get("other", 0) == 0, parts
ram = size["static_ram_bytes"]
assert ram["total"] == sum(count for name, count in ram.items() if name != "total") > 0, ram
assert size["stack"]["path"][0].startswith("awt_main "), size["stack"]
assert size["stack"]["bytes"] == sum(int(step.split()[1]) for step in size["stack"]["path"]), size["stack"]
runtime = sum(parts[name] for name in ("session and runner", "framing", "messages", "nanopb", "programs"))
assert size["budget"]["runtime_text_bytes"]["found"] == runtime, size["budget"]
assert not any(budget["over"] for budget in size["budget"].values()), size["budget"]
PY

# A budget that is too small, and what is no budget.
cp -r "$source_dir/boards" "$work/boards"
budget=$work/boards/zcu102/budget.yaml
size=("$awnas" size --boards-dir "$work/boards" --firmware "$firmware")
printf 'total_text_bytes: 1000\nstack_bytes: 100\nstatic_ram_bytes: 100000000\n' >"$budget"
expect 1 "zcu102: 2 of 4 budgets are exceeded" "${size[@]}"
grep -q 'zcu102: total_text_bytes: [0-9]* are over the budget of 1000' "$work/err" || fail "text is not named"
grep -q 'zcu102: stack_bytes: [0-9]* are over the budget of 100$' "$work/err" || fail "the stack is not named"
grep -q '^total_text_bytes .* OVER$' "$work/out" || fail "the table does not say OVER"
grep -q '^runtime_text_bytes .* no budget$' "$work/out" || fail "the table does not say 'no budget'"
echo 'stack_bytes: many' >"$budget"
expect 2 "budget.yaml:1: stack_bytes" "${size[@]}"
rm "$budget"
expect 2 "budget.yaml: the board has no budget" "${size[@]}"
cp "$source_dir/boards/zcu102/budget.yaml" "$budget"

# Not an image, and a build folder that is not complete.
echo no >"$work/x.elf"
expect 2 "x.elf: not an ELF file" "$awnas" size --firmware "$work/x.elf"
cp "$firmware" "$work/fw.elf"
expect 2 "fw.map" "$awnas" size --firmware "$work/fw.elf"
cp "${firmware%.elf}.map" "$work/fw.map"
expect 2 ".c.ci: missing; compile the firmware with -fcallgraph-info=su" "$awnas" size --firmware "$work/fw.elf"
echo ok
