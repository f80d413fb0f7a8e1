#!/usr/bin/env bash
# latency: from nets to a model on the host's own CPU, and what it refuses. No figure is judged: the host
# may be busy.
. "$(dirname "$0")/lib.sh"
export XDG_CACHE_HOME=$work/cache
if "$awnas" doctor 2>/dev/null | grep -q 'engine cpu .*built without'; then
    expect 2 "built without oneDNN: install libdnnl-dev" "$awnas" latency x.yaml -p "$work/p"
    skip "built without oneDNN"
fi
"$awnas" genprof "$work/cfg.yaml" "$work/hwobj.yaml" -r "$work/results" >/dev/null
nets=("$work"/results/prof_nets/*.yaml)
perf=$work/perf
fast=(--time-budget 0.5 --forward-time 6 -q)

# Calibration is kept between processes.
expect 0 "" "$awnas" doctor --calibrate --force
grep -q "gauge .* ns, quiet" "$work/out" || fail "doctor --calibrate prints no gauge"
ls "$work"/cache/awnas-hw/gauge-*.yaml >/dev/null || fail "no calibration was kept"
expect 0 "" "$awnas" doctor
grep -q "gauge_from: calibration" "$work/out" || fail "doctor does not use the calibration"
grep -q "^engine cpu " "$work/out" || fail "doctor lists no engine"

expect 0 "" "$awnas" latency "${nets[@]}" -p "$perf" "${fast[@]}"
for net in "${nets[@]}"; do
    name=$(basename "$net" .yaml)
    for key in block_sum_latency overall_latency 'unit: ms' 'verified: true' 'accepted_share' 'governor'; do
        grep -q "$key" "$perf/$name/0.yaml" || fail "$name/0.yaml lacks $key"
    done
    grep -q 'implementation: ' "$perf/$name.layers.yaml" || fail "no implementations"
    grep -q 'layers_over_whole: ' "$perf/$name.layers.yaml" || fail "no ratio"
    [ -f "$perf/$name/1.yaml" ] || fail "less than two runs"
    [ ! -e "$perf/$name/6.yaml" ] || fail "more runs than asked for"
done
grep -q '^unit: ms' "$perf/prof_primitive.yaml" || fail "no table"

# It is what genmodel reads, both as a directory and as a table.
expect 0 "" "$awnas" genmodel "$work/cfg.yaml" "$work/hwobj.yaml" "$perf" -o "$work/model.yaml"
expect 0 "" "$awnas" predict "$work/model.yaml" --nets "$work/results/prof_nets" --measured "$perf" --format table
grep -q 'MAPE' "$work/out" || fail "no prediction error"
sed 's/hwperfmodel_type: regression/hwperfmodel_type: table/; /preprocessors/d' "$work/hwobj.yaml" >"$work/table.yaml"
expect 0 "" "$awnas" genmodel "$work/cfg.yaml" "$work/table.yaml" "$perf/prof_primitive.yaml" -o "$work/table-model.yaml"

# --resume repeats nothing that is complete, and redoes what is not, or was measured in another way.
before=$(stat -c %i "$perf/0/0.yaml")
expect 0 "" "$awnas" latency "${nets[@]}" -p "$perf" --time-budget 0.5 --forward-time 6 --resume
grep -q "nets measured: 0, kept: ${#nets[@]}" "$work/out" || fail "resume measured again"
[ "$(stat -c %i "$perf/0/0.yaml")" = "$before" ] || fail "resume wrote again"
rm "$perf/0/1.yaml"
echo '[' >"$perf/1.layers.yaml"
expect 0 "" "$awnas" latency "${nets[@]}" -p "$perf" --time-budget 0.5 --forward-time 6 --resume
grep -q "nets measured: 2, kept: $((${#nets[@]} - 2))" "$work/out" || fail "resume kept broken nets"
expect 0 "" "$awnas" latency "${nets[0]}" -p "$perf" --time-budget 0.5 --forward-time 6 --resume --mode eager
grep -q "nets measured: 1, kept: 0" "$work/out" || fail "resume kept another mode"
for key in 'blas: ' 'new_memory_bytes: '; do
    grep -q "$key" "$perf/$(basename "${nets[0]}" .yaml).layers.yaml" || fail "eager: no $key"
done

# A run that is killed leaves complete files only.
"$awnas" latency "${nets[@]}" -p "$work/killed" --time-budget 60 --precision-target 0.01 -q 2>/dev/null &
pid=$!
sleep 1
kill -9 $pid
wait $pid 2>/dev/null || true
! find "$work/killed" -name '*.yaml' | grep -q . || fail "a killed run left results"
expect 0 "" "$awnas" latency "${nets[@]}" -p "$work/killed" "${fast[@]}" --resume
[ -f "$work/killed/prof_primitive.yaml" ] || fail "resume after a kill"

# Other ways of measuring.
expect 0 "" "$awnas" latency "${nets[0]}" -p "$work/int8" --precision int8 "${fast[@]}"
grep -q 'precision: int8' "$work/int8/0/0.yaml" || fail "int8 is not recorded"
expect 0 "" "$awnas" latency "${nets[0]}" -p "$work/cold" --cold --no-verify --time-budget 0.5 --forward-time 2
grep -q 'NOT VERIFIED' "$work/out" || fail "an unverified run does not say so"
grep -q 'caches: cold' "$work/cold/0/0.yaml" || fail "cold is not recorded"
grep -q 'verified: false' "$work/cold/0/0.yaml" || fail "unverified is not recorded"
expect 0 "" "$awnas" latency --prims "$work/results/prof_prims.yaml" -p "$work/prims" "${fast[@]}"
[ "$(grep -c '^- ' "$work/prims/prof_primitive.yaml")" = "$(grep -c '^- ' "$work/results/prof_prims.yaml")" ] ||
    fail "not every primitive was measured"

# What it says of itself.
expect 0 "" "$awnas" bench spread "$work/int8" "$work/int8"
grep -q "spread over 2 processes" "$work/out" || fail "bench spread prints no spread"
grep -q "stamped over whole passes: median" "$work/out" || fail "bench spread prints no ratio"
expect 2 "expected 2 to 16 directories" "$awnas" bench spread "$perf"
expect 2 "no <net>.layers.yaml here" "$awnas" bench spread "$work/results" "$work/results"
expect 0 "" "$awnas" bench overhead "${nets[0]}"

# Refusals: one line, and nothing is touched.
for device in -2 99 7000; do
    expect 2 "--device: there is no device $device; there are: -1: " "$awnas" latency "${nets[0]}" -p "$work/none" --device $device
done
expect 2 "--device: expected -1 (the CPU) or the number of a GPU, found 'gpu'" "$awnas" latency "${nets[0]}" -p "$work/none" --device gpu
expect 2 "--precision: expected fp32, tf32, fp16, bf16 or int8, found 'fp8'" "$awnas" latency "${nets[0]}" -p "$work/none" --precision fp8
expect 2 "--mode: expected fused or eager, found 'lazy'" "$awnas" latency "${nets[0]}" -p "$work/none" --mode lazy
expect 2 "use it with --mode fused" "$awnas" latency "${nets[0]}" -p "$work/p1" --precision int8 --mode eager
expect 2 "a CPU has fp32, bf16 and int8" "$awnas" latency "${nets[0]}" -p "$work/p2" --precision fp16
expect 2 "--threads: expected 1 to" "$awnas" latency "${nets[0]}" -p "$work/p3" --threads 4096
expect 2 "--forward-time: expected 1 to" "$awnas" latency "${nets[0]}" -p "$work/none" --forward-time 0
expect 2 "--time-budget: expected a number" "$awnas" latency "${nets[0]}" -p "$work/none" --time-budget soon
expect 2 "--precision-target: expected a number" "$awnas" latency "${nets[0]}" -p "$work/none" --precision-target 0
expect 2 "--perf-dir is required" "$awnas" latency "${nets[0]}"
expect 2 "expected nets (NET.yaml ...) or --prims FILE" "$awnas" latency -p "$work/none"
expect 2 "no-such.yaml" "$awnas" latency "$work/no-such.yaml" -p "$work/none"
expect 2 "would both be written to" "$awnas" latency "${nets[0]}" "${nets[0]}" -p "$work/none"
[ ! -e "$work/none" ] || fail "a refused run made its directory"
mkdir "$work/photos"
touch "$work/photos/cat.jpg"
expect 2 "exists and was not made by awnas-hw" "$awnas" latency "${nets[0]}" -p "$work/photos" "${fast[@]}"
