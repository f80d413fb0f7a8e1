#!/usr/bin/env bash
# Plug-ins: the documented example, one with a member of every kind through the whole flow, and those
# that must be reported and skipped.
. "$(dirname "$0")/lib.sh"

command -v cc >/dev/null || skip "no C compiler (cc) to build plug-ins with"
export AWNAS_HOME=$work/home AWNAS_BOARDS_DIR=$source_dir/boards
plugins=$AWNAS_HOME/plugins
mkdir -p "$plugins" "$work/bad"
here=$source_dir/tests/system/plugins
in_tree=(-I "$source_dir/host/include" -I "$source_dir/common/include")
build() { # OUT SOURCE FLAGS...
    cc -O1 -Wall -Wextra -Wno-unused-parameter -Werror -shared -fPIC "${@:3}" "$2" -o "$1"
}

# -- The example, as its first lines say: against an installed awnas-hw, and with its own CMake.
cmake --install "$build_dir" --component plugin --prefix "$work/prefix" >/dev/null
(cd "$work" && build ghost.so "$source_dir/examples/plugin/ghost.c" -I prefix/include)
if readelf --help >/dev/null 2>&1; then
    needed=$(readelf -d "$work/ghost.so" | grep -c NEEDED || true)
    [ "$needed" -le 1 ] || fail "the example links more than libc: $(readelf -d "$work/ghost.so")"
fi
cmake -S "$source_dir/examples/plugin" -B "$work/b" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null
cmake --build "$work/b" >/dev/null
[ -f "$work/b/ghost.so" ] || fail "the example's CMake made no ghost.so"

# Wherever --plugin stands, and from the folder.
cd "$work"
for arguments in "--plugin ghost.so list prims" "list --plugin ghost.so prims" "list prims --plugin=./ghost.so"; do
    expect 0 "" "$awnas" $arguments
    grep -q "^  ghost_block  *plug-in  *activation, kernel_size=3  \[ghost 1.0, .*/ghost.so\]" "$work/out" ||
        fail "list does not say where ghost_block came from: $arguments"
done
expect 0 "" "$awnas" list prims
grep -q ghost "$work/out" && fail "ghost without its plug-in"
cp ghost.so "$plugins/"
expect 0 "" "$awnas" list readers
grep -q '^  csv_layers .*\[ghost 1.0' "$work/out" || fail "the plug-in of the folder is not there"
expect 0 "plug-in skipped: $plugins/ghost.so: a plug-in 'ghost' is already loaded" "$awnas" --plugin ghost.so list plugins
grep -q '^  ghost.so  *missing  .*already loaded' "$work/out" || fail "list plugins does not say what was skipped"
expect 2 "a plug-in 'ghost' is already loaded" "$awnas" --plugin ghost.so --plugin "$plugins/ghost.so" list
ln -s ../../ghost.so "$plugins/link.so" # the same file twice is no matter
rm "$plugins/ghost.so"
expect 0 "" "$awnas" --plugin ghost.so list plugins
[ ! -s "$work/err" ] || fail "the same file twice: $(cat "$work/err")"
rm "$plugins/link.so"

# Its primitive through the flow, on the native board.
expect 0 "" "$awnas" --plugin ghost.so describe ghost_block 32 16 32 2 true activation=relu6
grep -q 'arena  *[1-9]' "$work/out" || fail "describe: no arena"
expect 2 "C_out must be even" "$awnas" --plugin ghost.so describe ghost_block 32 16 31 2 true activation=relu6
expect 2 "unknown activation 'relux'" "$awnas" --plugin ghost.so describe ghost_block 8 16 32 2 true activation=relux
cat >ghost_hwobj.yaml <<'YAML'
mixin_search_space_type: general
prof_prims_cfg: {}
mixin_search_space_cfg:
  fixed_primitives:
    - {prim_type: ghost_block, spatial_size: 16, C: 16, C_out: 32, stride: 1, affine: true, activation: relu}
    - {prim_type: ghost_block, spatial_size: 16, C: 32, C_out: 32, stride: 2, affine: true, activation: relu6, kernel_size: 5}
profiling_net_cfg:
  image_size: 32
  base_cfg_template: {final_model_type: general_final_model, final_model_cfg: {}}
YAML
echo 'search_space_cfg: {}' >ghost_cfg.yaml
expect 2 "ghost_block" "$awnas" genprof ghost_cfg.yaml ghost_hwobj.yaml -r g
expect 0 "" "$awnas" --plugin ghost.so genprof ghost_cfg.yaml ghost_hwobj.yaml -c dpu -r g
expect 0 "" "$awnas" --plugin ghost.so measure g --board native --repeats 2 --warmup 0
grep -q '^verified: true$' g/$hw/prof_results/0/0.yaml || fail "a net of ghost blocks was not verified"

# Its reader: our own timings as CSV give the same table.
mkdir -p csv/0
{
    echo layer,ms
    awk '$1 == "latency:" { ms = $2 } $1 == "name:" { print $2 "," ms }' g/$hw/prof_results/0/0.yaml
} >csv/0/0.yaml
[ "$(wc -l <csv/0/0.yaml)" -gt 4 ] || { cat g/$hw/prof_results/0/0.yaml; fail "no timings"; }
expect 0 "" "$awnas" --plugin ghost.so net2primitive ghost_hwobj.yaml csv g/prof_prims.yaml g/$hw --result-file table.yaml
grep -q 'primitives: 2 of 2 measured' "$work/out" || fail "the reader's timings were not attributed"
sed -i '2s/,.*/,fast/' csv/0/0.yaml
expect 2 "csv/0/0.yaml:2: expected NAME,MILLISECONDS" "$awnas" --plugin ghost.so net2primitive ghost_hwobj.yaml \
    csv g/prof_prims.yaml g/$hw --result-file table2.yaml

# -- Every kind.
build "$plugins/all.so" "$here/all.c" "${in_tree[@]}"
cat >cfg.yaml <<'YAML'
search_space_cfg: {width: 16, max_depth: 3}
YAML
cat >hwobj.yaml <<'YAML'
mixin_search_space_type: towers
mixin_search_space_cfg: {}
prof_prims_cfg: {}
hwperfmodel_type: mean
hwperfmodel_cfg: {}
profiling_net_cfg:
  image_size: 32
  base_cfg_template: {final_model_type: general_final_model, final_model_cfg: {}}
YAML
expect 0 "" "$awnas" genprof cfg.yaml hwobj.yaml -c dpu -c listing -n 6 -r r
[ "$(grep -c '^- ' r/prof_prims.yaml)" -eq 2 ] || fail "expected two primitives"
grep -q 'op: batch_norm' r/hardwares/1-listing/0/0.listing.yaml || fail "the compiler's listing"
expect 0 "" "$awnas" measure r --hardware 0-dpu --board native --repeats 2 --warmup 0
expect 0 "" "$awnas" parse hwobj.yaml r/$hw/prof_results r/prof_prims.yaml r/$hw --result-dir p
expect 0 "" "$awnas" genmodel cfg.yaml hwobj.yaml p --result-file model.yaml
expect 0 "" "$awnas" predict model.yaml --random 3 --seed 1 --format csv
[ "$(wc -l <"$work/out")" -eq 4 ] || fail "expected 3 predictions"
grep -q 'depth=' "$work/out" || fail "no genotype of the plug-in's space"
echo "depth=2" >genotypes
expect 0 "" "$awnas" predict model.yaml - --format csv <genotypes
echo "depth=9" >genotypes
expect 2 "expected depth=1 to depth=3" "$awnas" predict model.yaml --genotypes genotypes
for kind in prims:plain_block spaces:towers compilers:listing readers:one_line models:mean; do
    expect 0 "" "$awnas" list "${kind%:*}" --json
    grep -q "\"name\": \"${kind#*:}\", \"state\": \"plug-in\"" "$work/out" || fail "list ${kind%:*}"
done
rm "$plugins/all.so"
expect 2 "unknown search space 'towers'" "$awnas" genprof cfg.yaml hwobj.yaml -r r2
expect 2 "" "$awnas" predict model.yaml --random 1 # the model's kind and space are unknown now

# -- What cannot be loaded: an error of exit code 2 when it was asked for, else a warning, and nothing
# of it stays.
declare -A why=(
    [WRONG_ABI]="made for version" [WRONG_LAYOUT]="another awnashw/plugin.h"
    [WRONG_SIZE]="another awnashw/plugin.h" [NEWER_HOST]="newer awnas-hw"
    [NO_SYMBOL]="does not export awnashw_plugin" [UNDEFINED]="undefined symbol"
    [NO_NAME]="lacks a name" [DUPLICATE]="there is a primitive type 'conv_3x3' already"
    [EXCLUDED]="there is a primitive type 'xnor_nin' already"
    [TWICE]="there is a primitive type 'stowaway' already" [NO_LOWER]="lacks a function"
    [UNSORTED]="must be sorted" [FAILS]="needs a licence and a dongle"
    [FAILS_MUTE]="without a message" [IGNORES]="conv_3x3"
    [CRASHES]="the plug-in " [EXITS]="ends the program" [HANGS]="does not finish loading")
refuse() { # NAME: bad/NAME.so with why[NAME]
    expect 2 "${why[$1]}" "$awnas" --plugin "bad/$1.so" list prims
    mkdir -p "home-$1/plugins"
    cp "bad/$1.so" "home-$1/plugins/"
    AWNAS_HOME=$work/home-$1 expect 0 "plug-in skipped: " "$awnas" list prims
    grep -q stowaway "$work/out" && fail "$1 left a primitive behind"
    [ "$(grep -c 'warning: plug-in skipped' "$work/err")" -eq 1 ] && [ "$(wc -l <"$work/err")" -eq 1 ] ||
        { cat "$work/err"; fail "$1: expected one line of warning"; }
}
for name in "${!why[@]}"; do
    build "bad/$name.so" "$here/bad.c" "${in_tree[@]}" -Wno-unused -DBAD_CASE="$name" -DCASE_"$name"=1
    [ "$name" = HANGS ] || refuse "$name"
done
# Takes the seconds that a plug-in is given.
(timeout 60 "$awnas" --plugin bad/HANGS.so list >hang.out 2>hang.err && touch hang.loaded) &
hang=$!

# Files that are no shared objects, or damaged ones.
head -c 100 ghost.so >bad/short.so
head -c $(($(stat -c %s ghost.so) / 2)) ghost.so >bad/half.so
: >bad/empty.so
echo "not an ELF file" >bad/text.so
cp ghost.so bad/other.so && printf '\x28\x00' | dd of=bad/other.so bs=1 seek=18 conv=notrunc status=none # ARM
for name in short half empty text other; do
    why[$name]=bad/$name.so
    refuse "$name"
done
expect 2 "no such plug-in" "$awnas" --plugin bad/none.so list
expect 2 "no regular file" "$awnas" --plugin bad list
expect 2 "expected FILE behind it" "$awnas" list --plugin
# Damage at 40 places: loaded or refused, never a crash, one line at most.
size=$(stat -c %s ghost.so)
for i in $(seq 0 39); do
    cp ghost.so bad/damaged.so
    printf '\xa5\x5a\xff\x13' | dd of=bad/damaged.so bs=1 seek=$((i * (size - 4) / 39)) conv=notrunc status=none
    code=0
    "$awnas" --plugin bad/damaged.so list spaces >/dev/null 2>err || code=$?
    [ $code -eq 0 ] || { [ $code -eq 2 ] && [ "$(wc -l <err)" -eq 1 ]; } ||
        { cat err; fail "damage at $((i * (size - 4) / 39)): exit $code"; }
done
wait $hang || true
[ ! -e hang.loaded ] && grep -q "${why[HANGS]}" hang.err || { cat hang.err; fail "a plug-in that hangs"; }
echo ok
