# Sourced by the system tests: `awnas` under test, a scratch folder, and checks that say what failed.
set -euo pipefail
source_dir=$1
build_dir=$2
shift 2
awnas=$build_dir/awnas-hw
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Emulated firmware is built by its own preset; a build that lacks it skips, and says so.
firmware=${AWNAS_TEST_FIRMWARE:-$source_dir/build/fw-zcu102/awnas-zcu102.elf}
firmware_build=$(dirname "$firmware")

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
skip() {
    echo "SKIPPED: $*" >&2
    exit 77
}
need_board() {
    command -v qemu-system-aarch64 >/dev/null || skip "qemu-system-aarch64 is not installed"
    [ -f "$firmware" ] || skip "$firmware is not built (cmake --preset fw-zcu102 && cmake --build --preset fw-zcu102)"
}
# build_firmware BOARD DIR OPTIONS...: with the fetched sources of the firmware under test.
build_firmware() {
    local board=$1 dir=$2 cache toolchain name option
    shift 2
    cache=$firmware_build/CMakeCache.txt
    toolchain=$(sed -n 's/^set(AWB_TOOLCHAIN \(.*\))/\1/p' "$source_dir/boards/$board/board.cmake")
    for option in nanopb:NANOPB_SRC_ROOT_FOLDER lwip:LWIP_DIR; do
        name=$(sed -n "s/^AWNAS_SOURCES_${option%:*}:INTERNAL=//p" "$cache")
        set -- "$@" "-D${option#*:}=$name"
    done
    { cmake -S "$source_dir" -B "$dir" -G Ninja -DAWNAS_BOARD="$board" \
        -DCMAKE_TOOLCHAIN_FILE="$source_dir/$toolchain" "$@" && cmake --build "$dir"; } >"$dir.log" 2>&1 ||
        { tail -20 "$dir.log" >&2; fail "the build of $board with $*"; }
}
# expect CODE TEXT COMMAND...: the exit code, and TEXT in its one line of standard error.
expect() {
    local code=$1 text=$2 got=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
    if [ "$got" -ne "$code" ]; then
        cat "$work/out" "$work/err" >&2
        fail "exit $got instead of $code: $*"
    fi
    if [ -n "$text" ] && ! grep -qF -- "$text" "$work/err"; then
        cat "$work/err" >&2
        fail "no '$text' in the error of: $*"
    fi
    if [ "$code" -ne 0 ] && [ "$(grep -cv 'warning:' "$work/err")" -ne 1 ]; then
        cat "$work/err" >&2
        fail "expected exactly one line of error from: $*"
    fi
}
no_qemu_left() {
    sleep 0.2
    if pgrep -f "qemu-system-aarch64.*$1" >/dev/null; then
        fail "a QEMU process was left behind"
    fi
}
# A small space: compiled nets in $work/results (train) in about a second.
cat >"$work/cfg.yaml" <<'YAML'
search_space_cfg:
  num_cell_groups: [1, 2, 2]
  expansions: [1, 4, 4]
  kernel_choice: [3, 5]
  width_choice: [2, 3]
  depth_choice: [1, 2]
  image_size_choice: [32]
YAML
cat >"$work/hwobj.yaml" <<'YAML'
mixin_search_space_type: ofa_mixin
mixin_search_space_cfg: {}
prof_prims_cfg:
  spatial_size: 32
  base_channels: [8, 8, 16, 24]
  strides: [1, 2, 2]
  acts: [relu, relu6, h_swish]
  use_ses: [false, false, true]
  primitive_type: mobilenet_v3_block
hwperfmodel_type: regression
hwperfmodel_cfg:
  preprocessors: [block_sum, remove_anomaly, flatten, extract_sum_features]
  tolerance_std: 1000.0 # the native board is timed on a busy machine: keep every run
profiling_net_cfg:
  image_size: 32
  max_layers: 4
  base_cfg_template: {final_model_type: general_final_model, final_model_cfg: {}}
YAML
make_nets() {
    "$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -c dpu -r "$work/results" "$@" >/dev/null
}
hw=hardwares/0-dpu
