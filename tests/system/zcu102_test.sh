#!/usr/bin/env bash
# The emulated ZCU102: verified runs, ticks that repeat exactly (also with the host busy), at every exception
# level, no QEMU left behind.
. "$(dirname "$0")/lib.sh"
need_board
# A copy, so that QEMU processes of this test are known by it.
cp "$firmware" "$work/under-test.elf"
firmware=$work/under-test.elf

make_nets
out=$work/results/$hw/prof_results
ticks() { grep -hE '^ *(ticks|block_sum_ticks|overall_ticks):' "$@"; }

"$awnas" measure "$work/results" --board zcu102 --repeats 3 --warmup 1 --firmware "$firmware" \
    >"$work/summary.txt"
no_qemu_left "$firmware"
for net in $(ls "$work/results/prof_nets" | sed 's/.yaml//'); do
    for run in 0 1 2; do
        file=$out/$net/$run.yaml
        grep -q '^verified: true$' "$file" || fail "$file is not verified"
        grep -q '^unit: instructions$' "$file" || fail "$file: emulated ticks are called $(grep ^unit "$file")"
        grep -q '  emulated: true$' "$file" || fail "$file does not say that it was emulated"
        cmp <(ticks "$out/$net/0.yaml") <(ticks "$file") || fail "net $net: run $run has other ticks"
    done
    awk '$1 == "probe_effect:" && ($2 > 0.01 || $2 < -0.01) { exit 1 }' "$out/$net/0.yaml" ||
        fail "net $net: the probe effect is over 1 %"
done
cp -a "$out" "$work/first"

# Again, with both cores busy.
busy=()
for _ in 1 2; do
    sh -c 'while :; do :; done' &
    busy+=($!)
done
"$awnas" measure "$work/results" --board zcu102 --repeats 1 --warmup 0 --nets 0-2 \
    --firmware "$firmware" >/dev/null || { kill "${busy[@]}"; fail "measure with the host busy"; }
kill "${busy[@]}"
for net in 0 1 2; do
    cmp <(ticks "$work/first/$net/0.yaml") <(ticks "$out/$net/0.yaml") ||
        fail "net $net: other ticks with the host busy"
done

# The same firmware entered at EL2 and EL3.
for options in virtualization=on virtualization=on,secure=on; do
    rm -rf "$work/boards"
    cp -a "$source_dir/boards" "$work/boards"
    sed -i "s/xlnx-zcu102/xlnx-zcu102,$options/" "$work/boards/zcu102/board.yaml"
    "$awnas" measure "$work/results" --board zcu102 --boards-dir "$work/boards" --repeats 1 --nets 0 \
        --firmware "$firmware" --out "$work/el" >/dev/null || fail "measure with $options"
    cmp <(ticks "$work/first/0/0.yaml") <(ticks "$work/el/0/0.yaml") || fail "other ticks with $options"
    grep '  exception_level' "$work/el/0/0.yaml"
    rm -rf "$work/el"
done

# Over its Ethernet, which QEMU forwards to a port of this machine: the same numbers.
"$awnas" measure "$work/results" --board zcu102:tcp --repeats 1 --nets 0-1 --firmware "$firmware" \
    --out "$work/tcp" >/dev/null || fail "measure over TCP"
no_qemu_left "$firmware"
for net in 0 1; do
    cmp <(ticks "$work/first/$net/0.yaml") <(ticks "$work/tcp/$net/0.yaml") || fail "net $net: other ticks over TCP"
    grep -q 'transport: qemu-tcp' "$work/tcp/$net/0.yaml" || fail "the result does not say how the board was reached"
done

# Firmware with one deliberately wrong kernel cannot produce a latency.
command -v aarch64-linux-gnu-gcc >/dev/null || fail "no cross compiler to build the wrong kernel with"
echo 00112233445566778899aabbccddeeff >"$work/key"
build_firmware zcu102 "$work/bad" -DAWT_FAULT_KERNEL=AW_OP_DWCONV2D -DAWT_KEY_FILE="$work/key"
expect 1 "dwconv2d" "$awnas" measure "$work/results" --board zcu102 --repeats 1 --nets 2 \
    --firmware "$work/bad/awnas-zcu102.elf" --out "$work/wrong"
[ -z "$(find "$work/wrong" -name '*.yaml' 2>/dev/null)" ] || fail "a wrong kernel left a result"
grep -o 'net 2.*' "$work/err"
# It was built with a key: over the network it is asked for, and then the wrong kernel is found just the same.
bad() { "$awnas" measure "$work/results" --board zcu102:tcp --repeats 1 --nets 2 \
    --firmware "$work/bad/awnas-zcu102.elf" --out "$work/wrong" "$@"; }
expect 1 "this board wants its key" bad
expect 1 "dwconv2d" bad --key-file "$work/key"
# One that faults, and one that never ends: the board restarts and names the layer, at every exception level.
for kind in CRASH:"the CPU faulted" HANG:"the board's watchdog ended it"; do
    build_firmware zcu102 "$work/bad" -DAWT_FAULT_KERNEL=AW_OP_DWCONV2D -DAWT_KEY_FILE="$work/key" \
        -DAWT_FAULT_KIND=AWT_FAULT_${kind%%:*} -DAWT_WATCHDOG_MS=200
    for board in "$source_dir/boards" "$work/boards --no-verify"; do
        # shellcheck disable=SC2086 # two arguments
        expect 1 "${kind#*:} while " "$awnas" measure "$work/results" --board zcu102 --boards-dir $board \
            --repeats 1 --nets 2 --firmware "$work/bad/awnas-zcu102.elf" --out "$work/wrong"
        grep -E 'net 2, layer [0-9]+ \([^)]*dwconv2d/.*\(pc 0x' "$work/err" ||
            { cat "$work/err" >&2; fail "the layer is not named"; }
    done
    [ -z "$(find "$work/wrong" -name '*.yaml' 2>/dev/null)" ] || fail "a kernel that ${kind%%:*} left a result"
done

# Killed in the middle: QEMU goes, complete results stay.
"$awnas" measure "$work/results" --board zcu102 --repeats 1000 --firmware "$firmware" \
    --out "$work/killed" >/dev/null 2>&1 &
pid=$!
sleep 3
kill -TERM $pid
wait $pid && fail "a killed measure succeeded"
no_qemu_left "$firmware"
# A net's folder appears whole; what a killed process was still staging has a hidden name, which no step reads.
for dir in "$work"/killed/*/; do
    [ ! -d "$dir" ] || [ "$(find "$dir" -name '*.yaml' -size +0 | wc -l)" -eq 1000 ] || fail "$dir is incomplete"
done
cat "$work/summary.txt"
