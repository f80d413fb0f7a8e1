#!/usr/bin/env bash
# Programs that carry their weights: packed by the host for the board's kernel set, they give what the
# reference gives, as seeded ones do; and both count the same instructions.
. "$(dirname "$0")/lib.sh"
small_net=$build_dir/tests/fakes/small-net
[ -x "$small_net" ] || fail "$small_net is not built"

nets=$work/results/hardwares/0-dpu
mkdir -p "$nets"
"$small_net" "$nets" 0 5 seeded
"$small_net" "$nets" 1 5 embedded
cmp -s "$nets/0/0.awp" "$nets/1/1.awp" && fail "both programs are the same"

check() { # BOARD EMULATOR KERNEL_SET
    local image=$source_dir/build/fw-$1/awnas-$1.elf out=$work/$1
    if ! command -v "$2" >/dev/null || [ ! -f "$image" ]; then
        echo "not run on $1: $2 or $image is missing" >&2
        return 0
    fi
    "$awnas" measure "$work/results" --board "$1" --repeats 1 --warmup 0 --firmware "$image" \
        --out "$out" >/dev/null || fail "measure on $1"
    for net in 0 1; do
        grep -q '^verified: true$' "$out/$net/0.yaml" || fail "$1: net $net is not verified"
        grep -q "^  kernel_set: $3$" "$out/$net/0.yaml" || fail "$1: other kernels than $3"
        grep -E '^ *(ticks|block_sum_ticks):' "$out/$net/0.yaml" >"$work/ticks$net"
    done
    cmp "$work/ticks0" "$work/ticks1" || fail "$1: other ticks with embedded weights"
    ran="${ran:-} $1"
}
check zcu102 qemu-system-aarch64 neon-a64
check zynq7000 qemu-system-arm neon-a32
[ -n "${ran:-}" ] || skip "the firmware of no board with packed weights is built"
echo "packed weights:$ran"
