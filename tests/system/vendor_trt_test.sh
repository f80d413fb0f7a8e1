#!/usr/bin/env bash
# docs/vendor-tools.md, the TensorRT walk: genprof, trtexec over models of blocks and over whole nets with
# their profiles, parse, genmodel, predict. The stand-in prints what trtexec prints.
. "$(dirname "$0")/vendor_lib.sh"

# A model of a block takes as long as the block's description says; a whole net takes 0.8 of its blocks
# and 0.1 ms. A few averages in a row are far too high.
stand_in trtexec <<'SH'
profile=false
for option; do
    case $option in
    --onnx=*) model=${option#--onnx=} ;;
    --dumpProfile) profile=true ;;
    esac
done
[ -s "$model" ]
dir=$(dirname "$model")
net=$(basename "$dir")
block_ms() { cksum <"$1" | awk '{ printf "%.6f", 0.1 + $1 % 1000 / 1000 }'; }
whole_ms() {
    for block in "$dir"/*_[0-9]*@*.yaml; do block_ms "$block"; echo; done |
        awk '{ sum += $1 } END { printf "%.6f", 0.1 + 0.8 * sum }'
}
case $model in
*_whole@*) ms=$(whole_ms) ;;
*) ms=$(block_ms "${model%.onnx}.yaml") ;;
esac
say() { echo "[03/04/2024-05:06:07] [I] $*"; }
echo "&&&& RUNNING TensorRT.trtexec # trtexec $*"
say "=== Trace details ==="
for run in $(seq 20); do
    awk -v ms="$ms" -v slow="$((run >= 7 && run <= 9))" 'BEGIN {
        t = slow ? ms * 5 : ms
        printf "[03/04/2024-05:06:07] [I] Average on 10 runs - GPU latency: %.6f ms - Host latency: " \
            "%.6f ms (end to end %.6f ms, enqueue %.6f ms)\n", t, t * 1.1, t * 1.2, t * 0.3 }'
done
if $profile; then
    # One row a fused group: a convolution with what follows it, as TensorRT names them.
    awk -v net="$net" -v truth="$truth/profile-$net" '
    function flush() { if (group != "") { row[++n] = group; owner[n] = prim_of_group; group = "" } }
    function begin(name) { flush(); group = name; prim_of_group = prim }
    function join(name) { group = group == "" ? name : group " + " name }
    BEGIN { prim = -1 }
    $1 == "-" && $2 == "names:" { flush(); prim++; next }
    $1 == "-" && NF == 2 {
        if ($2 ~ /_conv_|_pool_|_mul_/) begin($2)
        else if ($2 ~ /h_swish.*gate/) gate = $2
        else if ($2 ~ /h_swish/) join("PWN(PWN(" gate "), " $2 ")")
        else if ($2 ~ /_add_/) join($2)
        else join($2)
        last = $2
    }
    END {
        flush()
        if (net == 0) { row[1] = "__mye_stem_0"; owner[1] = 0 }
        if (net == 1) { row[n] = "__mye_tail_0"; owner[n] = 1 }
        if (net == 2) {
            sub(/ \+ .*/, "", row[2])
            row[2] = "{ForeignNode[" row[2] " + (Unnamed Layer* 7) [Shuffle]..." last "]}"
        }
        print "[03/04/2024-05:06:07] [I] === Profile (1000 iterations ) ==="
        printf "[03/04/2024-05:06:07] [I] %11s %12s %12s %9s   %s\n", "Time(ms)", "Avg.(ms)", "Median(ms)",
            "Time(%)", "Layer"
        for (i = 1; i <= n; i++) {
            t = 0.01 * (1 + i % 5)
            sum[owner[i]] += t
            line(t, row[i])
            if (i % 4 == 0) {
                line(0.002, "Reformatting CopyNode for Input Tensor 0 to " row[i])
                glue += 0.002
            }
        }
        line(0.003, "shape_call")
        glue += 0.003
        line(total, "Total")
        print "[03/04/2024-05:06:07] [I] "
        for (p = 0; p <= prim; p++) print sum[p] >truth
        print glue >(truth ".glue")
    }
    function line(t, name) {
        total += t
        printf "[03/04/2024-05:06:07] [I] %11.2f %12.4f %12.4f %9.1f   %s\n", t * 1000, t, t, 1, name
    }' "$dir/prim2names.yaml"
else
    echo "$ms" >"$truth/$(basename "$model" .onnx)"
fi
echo "&&&& PASSED TensorRT.trtexec # trtexec $*"
SH

run_page trt 6
hw=results/hardwares/0-tensorrt
nets=0
for dir in "$walk/$hw"/*/; do
    net=$(basename "$dir")
    nets=$((nets + 1))
    result=$walk/parsed/$net/$net.yaml
    # Blocks stand in the order of the net, their models in that of their numbers: sort both.
    latencies "$result" | sort -n >"$work/found"
    cat "$truth"/0-tensorrt-"$net"_[0-9]*@* | sort -n >"$work/expected"
    same_numbers "net $net" "$work/found" "$work/expected"
    awk '$1 == "overall_latency:" { print $2 }' "$result" >"$work/found"
    same_numbers "net $net, whole" "$work/found" "$(echo "$truth"/0-tensorrt-"$net"_whole@*)"
done
[ "$nets" -ge 3 ] || fail "expected several nets, found $nets"

# The regression found what the stand-in did.
awk '$1 == "coef:" { print $2 } $1 == "intercept:" { print $2 }' "$walk/model.yaml" |
    awk 'NR == 1 { bad = $1 < 0.7999 || $1 > 0.8001 } NR == 2 { bad = bad || $1 < 0.0999 || $1 > 0.1001 }
        END { exit bad || NR != 2 }' || fail "the model is $(grep -A3 '^regression' "$walk/model.yaml")"
[ "$(grep -c '^"image_size' "$work/out")" -eq 5 ] || fail "expected five predictions"

# The profiles: what names.yaml does not tell is unattributed at first, nothing afterwards.
grep '^primitives .* = ' "$work/out" >"$work/sums"
[ "$(wc -l <"$work/sums")" -eq 3 ] || fail "expected three sums"
sed -n 2p "$work/sums" | grep -q 'unattributed 0 ' && fail "unknown names were attributed"
grep -q "layer '__mye_stem_0' (0.02 ms) belongs to no primitive" "$work/err" ||
    fail "no warning of an unknown name"
sed -n 3p "$work/sums" | grep -q 'unattributed 0 ' || fail "names.yaml left names over"
cd "$walk"
"$awnas" parse examples/tensorrt_hwobj.yaml profiles results/prof_prims.yaml "$hw" --names names.yaml \
    --result-dir layers >/dev/null
for dir in "$hw"/*/; do
    net=$(basename "$dir")
    latencies "layers/$net/0.yaml" >"$work/found"
    same_numbers "net $net, layers" "$work/found" "$truth/profile-$net"
    awk '$1 == "glue_latency:" { print $2 }' "layers/$net/0.yaml" >"$work/found"
    same_numbers "net $net, glue" "$work/found" "$truth/profile-$net.glue"
done

# aw_nas's own logs and results: its histogram gives its figures.
golden=$source_dir/../shared/golden/common/xavier_parse.tar.gz
if [ -f "$golden" ]; then
    tar xzf "$golden" -C "$work"
    cp "$work"/xavier_parse/compiled/0/*_whole@*.yaml "$work/prims.yaml"
    "$awnas" parse examples/tensorrt_hwobj.yaml "$work/xavier_parse/results" "$work/prims.yaml" \
        "$work/xavier_parse/compiled" --outliers histogram --result-dir "$work/xavier" >/dev/null
    for net in 0 1 2; do
        for part in latency: overall_latency:; do
            for file in "$work/xavier/$net/$net.yaml" "$work/xavier_parse/expected/$net/$net.yaml"; do
                awk -v part="$part" '$1 == part { print $2 }' "$file" | sort -n
            done | awk '{ all[NR] = $1 } END { for (i = 1; i <= NR / 2; i++) print all[i], all[i + NR / 2] }' \
                >"$work/pairs"
            cut -d ' ' -f 1 "$work/pairs" >"$work/found"
            cut -d ' ' -f 2 "$work/pairs" >"$work/expected"
            same_numbers "aw_nas's net $net, $part" "$work/found" "$work/expected"
        done
    done
else
    echo "aw_nas's own logs are not there: $golden" >&2
fi
echo ok
