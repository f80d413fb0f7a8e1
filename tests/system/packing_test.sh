#!/usr/bin/env bash
# Programs that carry their weights: packed by the host for the board's kernel set, before the upload or by the
# compiler, they give what the reference gives, as seeded ones do, and count the same instructions. Those of
# stage fix run too. What is packed for another board, or too large for this one, is refused in one line.
. "$(dirname "$0")/lib.sh"

cp "$work/hwobj.yaml" "$work/plain.yaml"
# compile NAME CFG: the nets in $work/NAME.
compile() {
    cp "$work/plain.yaml" "$work/hwobj.yaml"
    printf 'hardware_compilers:\n- {hardware_compiler_type: dpu, hardware_compiler_cfg: %s}\n' "$2" >>"$work/hwobj.yaml"
    "$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -r "$work/$1" >/dev/null
}
compile seeded '{}'
compile embedded '{weights: embedded}'
compile fixed '{weights: embedded, stages: [fix, program], calib_iter: 1}'
for packing in neon-a64 neon-a32 dsp mve; do
    compile $packing "{weights: embedded, packing: $packing}"
done
nets="1 3" # enough of all kernels
cmp -s "$work/embedded/$hw/0/0.awp" "$work/fixed/$hw/0/0.awp" && fail "stage fix changes nothing"

# measure BOARD RESULTS OUT
measure() {
    "$awnas" measure "$work/$2" --board "$1" "${options[@]}" --repeats 1 --warmup 0 --nets "${nets/ /,}" \
        --out "$work/$3" >/dev/null ||
        fail "measure of $2 on $1"
    for net in $nets; do
        grep -q '^verified: true$' "$work/$3/$net/0.yaml" || fail "$1, $2: net $net is not verified"
    done
}
ticks() { grep -hE '^ *(ticks|block_sum_ticks|overall_ticks):' "$@"; }

check() { # BOARD EMULATOR KERNEL_SET ANOTHER_SET
    local image=$source_dir/build/fw-$1/awnas-$1.elf out=out-$1
    if ! command -v "$2" >/dev/null || [ ! -f "$image" ]; then
        echo "not run on $1: $2 or $image is missing" >&2
        return 0
    fi
    options=(--firmware "$image")
    for kind in seeded embedded fixed "$3"; do
        measure "$1" $kind $out-$kind
    done
    grep -q "^  kernel_set: $3$" "$work/$out-seeded/1/0.yaml" || fail "$1: other kernels than $3"
    for net in $nets; do
        for kind in embedded "$3"; do
            cmp <(ticks "$work/$out-seeded/$net/0.yaml") <(ticks "$work/$out-$kind/$net/0.yaml") ||
                fail "$1, net $net: other ticks with weights that are $kind"
        done
    done
    expect 1 "weights are packed for kernel set $4, the board's is $3; compile with packing: $3" \
        "$awnas" measure "$work/$4" --board "$1" "${options[@]}" --out "$work/wrong"
    ran="${ran:-} $1"
}
options=()
for kind in embedded fixed; do
    measure native $kind out-native-$kind
done
expect 1 "weights are packed for kernel set dsp, the board's is ref; compile with packing: canonical" \
    "$awnas" measure "$work/dsp" --board native --out "$work/wrong"
check zcu102 qemu-system-aarch64 neon-a64 neon-a32
check zynq7000 qemu-system-arm neon-a32 neon-a64
check mps2-an386 qemu-system-arm dsp mve
check mps3-an547 qemu-system-arm mve dsp
[ -n "${ran:-}" ] || skip "the firmware of no board with packed weights is built"
echo "packed weights:$ran"

# A net of half a million weights: more than the program memory of a Cortex-M board, which it fits when seeded.
image=$source_dir/build/fw-mps2-an386/awnas-mps2-an386.elf
if [ -f "$image" ] && command -v qemu-system-arm >/dev/null; then
    sed 's/^  - hardware_compiler_type: dpu$/&\n    hardware_compiler_cfg: {weights: embedded}/' \
        "$source_dir/examples/ofa_128_hwobj.yaml" >"$work/large.yaml"
    "$awnas" genprof "$source_dir/examples/ofa_128.yaml" "$work/large.yaml" -r "$work/large" >/dev/null
    large=$(ls -S "$work/large/$hw"/*/*.awp | head -1)
    net=$(basename "$large" .awp)
    expect 1 "$net.awp: needs " "$awnas" measure "$work/large" --board mps2-an386 --firmware "$image" --nets "$net" \
        --out "$work/wrong"
    grep -q "bytes of program, mps2-an386 (QEMU) has 524288; .* or seeded weights" "$work/err" || fail "$(cat "$work/err")"
fi
