#!/usr/bin/env bash
# The example search space at 64 x 64 pixels, on all five boards: every net that fits a board, verified, its
# layers one by one and as a whole; all boards give every layer the same output, or they would not be verified.
. "$(dirname "$0")/lib.sh"
command -v qemu-system-aarch64 >/dev/null && command -v qemu-system-arm >/dev/null ||
    skip "qemu-system-aarch64 or qemu-system-arm is not installed"
boards=(native zcu102 zynq7000 mps2-an386 mps3-an547)
for board in "${boards[@]:1}"; do
    image=$source_dir/build/fw-$board/awnas-$board.elf
    [ -f "$image" ] || skip "$image is not built (cmake --preset fw-$board && cmake --build --preset fw-$board)"
done

for file in ofa_128 ofa_128_hwobj; do
    sed 's/\b128\b\([] ]*\)$/64\1/; s/\[128\]/[64]/' "$source_dir/examples/$file.yaml" >"$work/$file.yaml"
    ! grep -qE '^[^#]*: *\[?128' "$work/$file.yaml" || fail "$file.yaml still has 128 pixels"
done
"$awnas" genprof "$work/ofa_128.yaml" "$work/ofa_128_hwobj.yaml" -c dpu -r "$work/results" >/dev/null
nets=$(ls "$work/results/prof_nets" | sed 's/.yaml//')
[ "$(echo "$nets" | wc -l)" -ge 8 ] || fail "the example space gives only $nets"

for board in "${boards[@]}"; do
    fits=0
    options=(--board "$board" --repeats 1 --warmup 0 --out "$work/out-$board")
    [ "$board" = native ] || options+=(--firmware "$source_dir/build/fw-$board/awnas-$board.elf")
    for net in $nets; do
        if ! "$awnas" measure "$work/results" "${options[@]}" --nets "$net" >/dev/null 2>"$work/err"; then
            # What does not fit is refused before it runs, in one line that says what it needs.
            grep -qE ': needs [0-9]+ .*has [0-9]+; leave it out' "$work/err" ||
                { cat "$work/err" >&2; fail "measure of net $net on $board"; }
            continue
        fi
        file=$work/out-$board/$net/0.yaml
        grep -q '^verified: true$' "$file" || fail "$board: net $net is not verified"
        awk '$1 == "block_sum_ticks:" || $1 == "overall_ticks:" { n += $2 > 0 } END { exit n != 2 }' "$file" ||
            fail "$board, net $net: not in both modes"
        fits=$((fits + 1))
    done
    echo "$board: $fits of $(echo "$nets" | wc -l) nets"
    [ $fits -ge 6 ] || fail "$board holds too few"
done
