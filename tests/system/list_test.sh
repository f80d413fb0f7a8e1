#!/usr/bin/env bash
# list and describe: what there is, from where, what is missing and why; layers and memory of nets.
. "$(dirname "$0")/lib.sh"
export AWNAS_HOME=$work/nothing
cd "$work"

expect 0 "" "$awnas" list
for title in primitives "search spaces" compilers boards models readers plug-ins; do
    grep -q "^$title$" out || fail "list: no $title"
done
expect 0 "" "$awnas" list prims
# Every line of the registry, with its parameters; what is left out, with the reason.
for name in $(sed -n 's/^AWH_PRIM(\([A-Za-z0-9_]*\),.*/\1/p' "$source_dir/host/prims/prims.def"); do
    grep -q "^  $name  *built in" out || fail "list prims: no $name"
done
grep -q '^  mobilenet_v3_block  *built in  *activation, expansion, kernel_size, use_se$' out || fail "parameters"
grep -q '^  xnor_vgg_block  *missing  .*binarised' out || fail "no reason for xnor_vgg_block"
expect 0 "" env AWNAS_BOARDS_DIR="$source_dir/boards" AWNAS_FIRMWARE_DIR="$work/none" "$awnas" list boards
for board in $(sed -n 's/^AWB_BOARD(\(.*\))/\1/p' "$source_dir/boards/boards.def"); do
    grep -q "^  $board " out || fail "list boards: no $board"
done
grep -q '^  zcu102  *missing  .*\[emulated\]: .*no firmware image awnas-zcu102.elf; build it' out ||
    { cat out; fail "no word on how to get the firmware"; }
expect 0 "" env AWNAS_BOARDS_DIR="$source_dir/boards" "$awnas" list boards
grep -q '^  native  *ready' out || { cat out; fail "the native board is built, but not ready"; }
expect 0 "" "$awnas" list --json
if command -v python3 >/dev/null; then
    python3 -c 'import json, sys
d = json.load(open("out"))
assert list(d) == ["prims", "spaces", "compilers", "boards", "models", "readers", "plugins"], list(d)
assert {"name": "ofa_mixin", "state": "built in"} in d["spaces"], d["spaces"]
assert d["plugins"] == []' || fail "list --json"
fi
expect 2 "did you mean 'prims'" "$awnas" list prim

# -- describe
for name in $(sed -n 's/^AWH_PRIM(\([A-Za-z0-9_]*\),.*/\1/p' "$source_dir/host/prims/prims.def"); do
    expect 0 "" "$awnas" describe "$name"
    [ "$name" = inspect_block ] || grep -q '^for example$' out || fail "describe $name: no example"
    expect 0 "" "$awnas" describe "$name" --json
done
expect 2 "did you mean 'conv_3x3'" "$awnas" describe conv_3x4
expect 2 "binarised" "$awnas" describe xnor_vgg_block
expect 2 "expected a primitive as TYPE SIZE" "$awnas" describe conv_3x3 10
expect 2 "PRIM:1: stride" "$awnas" describe conv_3x3 10 8 8 0 true
expect 2 "nothing.yaml" "$awnas" describe nothing.yaml
expect 2 "kernel_sise" "$awnas" describe "mobilenet_v2_block 10 16 16 1 true activation=relu expansion=2 kernel_sise=3"
prim="mobilenet_v3_block 10 160 160 1 true activation=h_swish expansion=2 kernel_size=3 use_se=true"
expect 0 "" "$awnas" describe "$prim"
cp out line
expect 0 "" "$awnas" describe $prim
cmp out line || fail "one argument or many"
expect 0 "" "$awnas" describe '{"prim_type": "mobilenet_v3_block", "spatial_size": 10, "C": 160, "C_out": 160, "stride": 1,
    "affine": true, "activation": "h_swish", "expansion": 2, "kernel_size": 3, "use_se": true}'
cmp out line || fail "a line or JSON"
# By hand: C = 160, 320 in the middle, 80 in the squeeze; 10 x 10 pixels.
macs=$((160 * 320 * 100 + 320 * 9 * 100 + 320 * 80 + 80 * 320 + 320 * 160 * 100))
params=$((160 * 320 + 320 + 320 * 9 + 320 + 320 * 80 + 80 + 80 * 320 + 320 + 320 * 160 + 160))
grep -q "^MACs  *$macs$" out || fail "MACs: expected $macs"
grep -q "^parameters  *$params (" out || fail "parameters: expected $params"
grep -q '^arena  *80000 bytes at int8, the least possible$' out || fail "arena"

# A net: what describe says is what the compiler makes of it.
make_nets
for net in 0 1; do
    expect 0 "" "$awnas" describe "results/prof_nets/$net.yaml"
    layers=results/$hw/$net/$net.layers.yaml
    [ "$(grep -c '^- act:' $layers)" -eq "$(sed -n 's/^\([0-9]*\) layers, .*/\1/p' out)" ] || fail "layers of net $net"
    sed -n 's/^  key: //p' $layers >keys
    awk '$1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+_/ { print $3 }' out | cmp - keys || fail "keys of net $net"
    sed -n 's/^  bytes: //p' $layers >bytes
    awk '$1 ~ /^[0-9]+$/ && $2 ~ /^[0-9]+_/ { print $8 }' out | cmp - bytes || fail "bytes of net $net"
    for key in arena weight; do
        value=$(sed -n "s/^${key}_bytes: //p" $layers)
        grep -q "^${key}s*  *$value bytes" out || fail "$key bytes of net $net: expected $value"
    done
    grep -q "^MACs  *$(sed -n 's/^macs: //p' $layers)$" out || fail "MACs of net $net"
done
expect 2 "final_model_cfg" "$awnas" describe cfg.yaml
echo ok
