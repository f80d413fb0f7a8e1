#!/usr/bin/env bash
# The other emulated boards: each boots, measures verified, counts instructions exactly, and says plainly when
# it cannot.
. "$(dirname "$0")/lib.sh"
boards=(zynq7000 mps2-an386 mps3-an547)
command -v qemu-system-arm >/dev/null || skip "qemu-system-arm is not installed"
for board in "${boards[@]}"; do
    image=$source_dir/build/fw-$board/awnas-$board.elf
    [ -f "$image" ] || skip "$image is not built (cmake --preset fw-$board && cmake --build --preset fw-$board)"
    cp "$image" "$work/" # a copy, so that QEMU processes of this test are known by it
done

make_nets
ticks() { grep -hE '^ *(ticks|block_sum_ticks|overall_ticks|instructions):' "$@"; }
# measure BOARD OUT OPTIONS...: with the boards in $work/boards
measure() {
    local board=$1 out=$2
    shift 2
    "$awnas" measure "$work/results" --board "$board" --firmware "$work/awnas-$board.elf" --boards-dir "$work/boards" \
        --warmup 1 --out "$out" "$@" >"$work/summary.txt"
}
cp -a "$source_dir/boards" "$work/boards"

for board in "${boards[@]}"; do
    out=$work/$board
    measure "$board" "$out" --repeats 2 || fail "measure on $board"
    cat "$work/summary.txt"
    grep -q 'bad frames: 0' "$work/summary.txt" || fail "$board: bad frames"
    for net in $(ls "$work/results/prof_nets" | sed 's/.yaml//'); do
        for run in 0 1; do
            file=$out/$net/$run.yaml
            grep -q '^verified: true$' "$file" || fail "$file is not verified"
            grep -q '^unit: instructions$' "$file" || fail "$file: emulated ticks are called $(grep ^unit "$file")"
            grep -q '  emulated: true$' "$file" || fail "$file does not say that it was emulated"
            cmp <(ticks "$out/$net/0.yaml") <(ticks "$file") || fail "$board, net $net: run $run has other ticks"
        done
        # A layer that is timed took what it took in the verified pass, but for where the stamps' own cost falls.
        paste <(sed -n 's/^ *ticks: //p' "$file") <(sed -n 's/^ *instructions: //p' "$file") |
            awk '{ d = $1 - $2; n++ } d > 2 || d < -2 { exit 1 } END { if (n == 0) exit 1 }' ||
            fail "$board, net $net: ticks are not the instructions of the verified pass"
    done
    # Another start gives the same; so does another speed of virtual time, which only an exact count survives.
    for shift in 7 9; do
        sed "s/shift=[0-9]*,/shift=$shift,/" "$source_dir/boards/$board/board.yaml" >"$work/boards/$board/board.yaml"
        measure "$board" "$work/again" --repeats 1 --nets 0-1 || fail "measure on $board with shift=$shift"
        for net in 0 1; do
            cmp <(ticks "$out/$net/0.yaml") <(ticks "$work/again/$net/0.yaml") || fail "$board: other ticks, shift=$shift"
        done
        rm -rf "$work/again"
    done
    # Too coarse to tell instructions: the ticks are nothing but the emulator's.
    sed "s/shift=[0-9]*,/shift=4,/" "$source_dir/boards/$board/board.yaml" >"$work/boards/$board/board.yaml"
    measure "$board" "$work/again" --repeats 1 --nets 0 2>/dev/null || fail "measure on $board with shift=4"
    grep -q '^unit: timer ticks$' "$work/again/0/0.yaml" || fail "$board, shift=4: $(grep ^unit "$work/again/0/0.yaml")"
    ! grep -q 'instructions' "$work/again/0/0.yaml" || fail "$board, shift=4: instructions that nobody counted"
    rm -rf "$work/again"
    no_qemu_left "$work/awnas-$board.elf"
done

# The 32 bits of the watchdog of a Cortex-M are too few for the longest limits: its NMI counts on. Here the parts
# are of 10 ms instead of 171 s, so that passes take many of them: the same results, and a few instructions more.
firmware_build=$source_dir/build/fw-mps2-an386
part_ticks=250000
parts=-DCMAKE_C_FLAGS=-DAWB_WATCHDOG_PART_TICKS=${part_ticks}u
build_firmware mps2-an386 "$work/parts" "$parts"
"$awnas" measure "$work/results" --board mps2-an386 --repeats 1 --warmup 1 --firmware "$work/parts/awnas-mps2-an386.elf" \
    --out "$work/counted" >"$work/summary.txt" || fail "measure with a watchdog of short parts"
overall() { sed -n 's/^ *overall_ticks: //p' "$1"; }
for net in $(ls "$work/results/prof_nets" | sed 's/.yaml//'); do
    grep -q '^verified: true$' "$work/counted/$net/0.yaml" || fail "net $net is not verified with a watchdog of short parts"
    # 3.2 ticks an instruction (board.yaml).
    echo "$(overall "$work/mps2-an386/$net/0.yaml") $(overall "$work/counted/$net/0.yaml")"
done >"$work/instructions"
awk -v part=$part_ticks '{ parts += $1 * 3.2 / part; more += $2 - $1 }
    END { printf "the watchdog counted on about %d times, %.0f instructions each\n", parts, more / parts
          exit parts < 20 || more / parts < 20 || more / parts > 100 }' "$work/instructions" ||
    { cat "$work/instructions" >&2; fail "the instructions of a watchdog that counts on"; }

# A layer that never ends and one that faults: the board restarts, and its next Hello names the layer. The limit is
# one of many parts, too.
for kind in CRASH:"the CPU faulted" HANG:"the board's watchdog ended it"; do
    build_firmware mps2-an386 "$work/bad" -DAWT_FAULT_KERNEL=AW_OP_DWCONV2D -DAWT_FAULT_KIND=AWT_FAULT_${kind%%:*} \
        -DAWT_WATCHDOG_MS=2000 "$parts"
    expect 1 "${kind#*:} while " "$awnas" measure "$work/results" --board mps2-an386 --repeats 1 --nets 2 \
        --firmware "$work/bad/awnas-mps2-an386.elf" --out "$work/wrong"
    grep -E 'net 2, layer [0-9]+ \([^)]*dwconv2d/.*\(pc 0x' "$work/err" || { cat "$work/err" >&2; fail "the layer is not named"; }
done
