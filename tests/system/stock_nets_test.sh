#!/usr/bin/env bash
# All profiling nets of aw_nas's stock input, at full size: what the compilers export is what OpenCV's DNN
# module, the ONNX checker and protoc read, and both agree with our float reference.
. "$(dirname "$0")/lib.sh"

configs=$source_dir/../shared/configs
[ -f "$configs/ofa_lat.yaml" ] || skip "no $configs: the stock configs are not part of this project"
/usr/bin/python3 -c 'import cv2, onnx' 2>/dev/null || skip "no python3-opencv and python3-onnx (scripts/setup test)"

"$awnas" genprof "$configs/ofa_final.yaml" "$configs/ofa_lat.yaml" -r "$work/results" >/dev/null
nets=("$work"/results/prof_nets/*.yaml)
[ "${#nets[@]}" -eq 11 ] || fail "${#nets[@]} nets instead of 11"
# protoc prints models as text, some seconds a net: three of them.
for test in dpu-opencv onnx-onnx dpu-caffe_write; do
    given=("${nets[@]}")
    [ "$test" = dpu-caffe_write ] && given=("${nets[@]:0:3}")
    (cd "$work" && "$build_dir/host/compilers/host-compilers-$test-test" "${given[@]}") >"$work/log" 2>&1 ||
        { cat "$work/log" >&2; fail "$test"; }
    grep -E "agree|models|SKIP" "$work/log"
    if grep -q SKIPPED "$work/log"; then fail "$test ran nothing"; fi
done
echo ok
