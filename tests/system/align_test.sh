#!/usr/bin/env bash
# Alignment checking on every board: boot, load, verify and run without one unaligned access, as a wrong memory
# type would punish it on silicon. And the check bites: a build with unaligned accesses faults, reports, stops.
. "$(dirname "$0")/lib.sh"
for tool in qemu-system-aarch64 qemu-system-arm aarch64-linux-gnu-gcc arm-none-eabi-gcc; do
    command -v $tool >/dev/null || skip "$tool is not installed"
done
boards=(zcu102 zynq7000 mps2-an386 mps3-an547)
[ -f "$firmware" ] || skip "$firmware is not built (cmake --preset fw-zcu102 && cmake --build --preset fw-zcu102)"

make_nets
for board in "${boards[@]}"; do
    build_firmware "$board" "$work/$board" -DAWB_ALIGN_CHECK=ON
    "$awnas" measure "$work/results" --board "$board" --firmware "$work/$board/awnas-$board.elf" --repeats 1 \
        --out "$work/out-$board" >"$work/summary.txt" || fail "a session on $board with alignment checking"
    [ "$(grep -lr '^verified: true$' "$work/out-$board" | wc -l)" -eq "$(ls "$work/results/prof_nets" | wc -l)" ] ||
        fail "$board: not all nets are verified"
    head -1 "$work/summary.txt"
    # Kernels that these nets have no layers for.
    for layers in g24 concat pad1 slice zero pool; do
        "$awnas" bench kernels --board "$board" --firmware "$work/$board/awnas-$board.elf" --repeats 1 \
            --only $layers >/dev/null || fail "$layers on $board with alignment checking"
    done
done

# Three faults in a row without a request: reported with their registers, restarted twice, stopped.
build_firmware mps2-an386 "$work/proof" -DAWB_ALIGN_CHECK=PROOF
timeout 20 qemu-system-arm -M mps2-an386 -kernel "$work/proof/awnas-mps2-an386.elf" -display none -monitor none \
    -icount shift=7,sleep=off -serial stdio </dev/null 2>/dev/null | tr '\0\r' '\n\n' >"$work/faults" &
pid=$!
for _ in $(seq 100); do
    grep -q 'stopped' "$work/faults" && break
    sleep 0.1
done
kill "$(pgrep -f "kernel $work/proof/awnas")" 2>/dev/null || true
wait $pid || true
[ "$(grep -c '^awnas-hw fault: vector 00000003 PC [0-9a-f]* LR [0-9a-f]* CFSR 01000000 HFSR 40000000' "$work/faults")" -eq 3 ] ||
    { cat "$work/faults" >&2; fail "expected three usage faults for unaligned accesses"; }
grep 'stopped' "$work/faults"
