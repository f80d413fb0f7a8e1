#!/usr/bin/env bash
# docs/vendor-tools.md, the DPU walk: genprof, dnnc, N2Cube's profile, parse, genmodel, predict. The
# stand-ins take their layers from the files that genprof made and print what the real programs print.
. "$(dirname "$0")/vendor_lib.sh"

# The nodes of a kernel are the layers that remain once the DPU's compiler has fused the others.
stand_in dnnc <<'SH'
while [ $# -gt 0 ]; do
    case $1 in
    --prototxt) prototxt=$2; shift 2 ;;
    --caffemodel) caffemodel=$2; shift 2 ;;
    --output_dir) output_dir=$2; shift 2 ;;
    --dcf) dcf=$2; shift 2 ;;
    --net_name) net=$2; shift 2 ;;
    --mode) mode=$2; shift 2 ;;
    *) shift ;;
    esac
done
[ -s "$caffemodel" ] && [ -f "$dcf" ] && [ "$mode" = debug ]
awk '$1 == "name:" { name = $2 } $1 == "type:" && $2 ~ /Convolution|Pooling|Eltwise/ { print name }' \
    "$prototxt" | tr -d '"' >"$output_dir/dpu_${net}_0.elf"
SH

# Tables as N2Cube prints them, between other output. Every seventh run something disturbed the board.
# The truth: what the blocks of the net took, by the names that genprof wrote.
stand_in run_net <<'SH'
elf=$(echo "$1"/dpu_*_0.elf)
net=$(basename "$elf" _0.elf)
net=${net#dpu_}
echo "[DNNDK] kernel $net loaded"
awk -v net="$net" -v runs="$2" '
function rule(   i, text) { for (i = 0; i < 101; i++) text = text "="; print text }
{ name[++n] = $1; ms[n] = 0.011 * (1 + n % 7) }
END {
    for (run = 0; run < runs; run++) {
        rule()
        printf "[DNNDK] Performance profile - DPU Kernel \"%s\" DPU Task \"%s-0\"\n", net, net
        rule()
        printf "%4s %30s %13s %7s %11s %10s %11s %7s\n", "ID", "NodeName", "Workload(MOP)", "Mem(MB)",
            "RunTime(ms)", "Perf(GOPS)", "Utilization", "MB/S"
        all = mem = 0
        for (i = 1; i <= n; i++) {
            t = run % 7 == 3 ? ms[i] * 9 : ms[i]
            printf "%4d %30s %13.3f %7.2f %11.3f %10.1f %11.1f%% %7.1f\n", i, name[i], 2.5, 0.25, t,
                2.5 / t, 2.5 / t / 12.29, 250 / t
            all += t
            mem += 0.25
        }
        printf "\n%35s\n", "Total Nodes In Avg:"
        printf "%35s %13.3f %7.2f %11.3f %10.1f %11.1f%% %7.1f\n", "All", 2.5 * n, mem * 1.048576, all,
            2.5 * n / all, 2.5 * n / all / 12.29, mem * 1000 / all
        rule()
        print "done with image", run
    }
}' "$elf"
awk 'FNR == NR { ms[$1] = 0.011 * (1 + FNR % 7); next }
    $1 == "-" && $2 == "names:" { if (any) print sum; sum = 0; any = 1 }
    $1 == "-" && $2 in ms { sum += ms[$2]; delete ms[$2] }
    END { print sum; for (name in ms) { print "no block has " name; exit 1 } }' \
    "$elf" "$1"/../pytorch_to_caffe/*_prim2names.yaml >"$truth/$net"
SH

touch "$walk/zcu102.dcf"
run_page dpu 5
grep -q '^primitives .* + glue 0 + unattributed 0 = ' "$work/out" || fail "not all time is attributed"
nets=0
for dir in "$walk"/results/hardwares/0-dpu/*/; do
    net=$(basename "$dir")
    nets=$((nets + 1))
    [ "$(ls "$walk/parsed/$net")" = 0.yaml ] || fail "net $net: expected one result of all tables"
    latencies "$walk/parsed/$net/0.yaml" >"$work/found"
    same_numbers "net $net" "$work/found" "$truth/$net"
done
[ "$nets" -ge 3 ] || fail "expected several nets, found $nets"
prims=$(grep -c '^- ' "$walk/results/prof_prims.yaml")
grep -q "primitives: $prims of $prims measured" "$work/out" || fail "some block was not measured"
grep -q '^unit: MiB$' "$walk/memory.yaml" || fail "the memory table is not in MiB"
grep -q '^attributed: 1.0$' "$walk/memory.yaml" || fail "not all memory is attributed"
[ "$(grep -c '^"image_size' "$work/out")" -eq 5 ] || fail "expected five predictions"

# Each table by itself, and the disturbed ones with it.
cd "$walk"
"$awnas" parse examples/dpu_hwobj.yaml logs results/prof_prims.yaml results/hardwares/0-dpu \
    --outliers none --result-dir each >/dev/null
[ "$(ls each/0 | wc -l)" -eq 50 ] || fail "--outliers none: expected a result a table"
# With 6 W while the nets ran, by a clock that is 16 hours ahead, the energies are 6 times the latencies.
for dir in results/hardwares/0-dpu/*/; do
    echo "$(basename "$dir") 2020-11-19 05:17:44.539692 2020-11-19 05:17:50.736078"
done >times.txt
printf '%s\n' 'Thu Nov 19 21:17:43 2020,9000000,1' 'Thu Nov 19 21:17:45 2020,5900000,1' \
    'Thu Nov 19 21:17:50 2020,6100000,1' 'Thu Nov 19 21:17:51 2020,1000000,1' >datalog.csv
energy=(parse examples/dpu_hwobj.yaml logs results/prof_prims.yaml results/hardwares/0-dpu
    --hwobj-type energy --power datalog.csv --times times.txt)
expect 1 "16 h ahead of theirs" "$awnas" "${energy[@]}" --result-dir energy
"$awnas" "${energy[@]}" --power-shift 16 --result-dir energy >"$work/out"
grep -q ' mJ, all that was read$' "$work/out" || fail "energies are not in mJ"
awk '$1 == "block_sum_energy:" { print $2 }' energy/0/0.yaml >"$work/found"
awk '$1 == "block_sum_latency:" { print 6 * $2 }' parsed/0/0.yaml >"$work/expected"
awk 'NR == FNR { a = $1; next } { exit a - $1 > 1e-4 || $1 - a > 1e-4 }' "$work/found" "$work/expected" ||
    fail "energy is not power times time"
# A log of 100 MB, in one pass and in bounded memory.
mkdir big
for ((i = $(stat -c %s logs/0.txt); i < 100 << 20; i += $(stat -c %s logs/0.txt))); do cat logs/0.txt; done >big/0.txt
[ "$(stat -c %s big/0.txt)" -ge $((99 << 20)) ] || fail "no big log"
sanitized=$(grep -c __asan_init "$awnas" || true) # it reserves terabytes of addresses
(
    [ "$sanitized" -gt 0 ] || ulimit -v $((96 << 10))
    expect 0 "no log of $((nets - 1)) of the nets in" "$awnas" parse examples/dpu_hwobj.yaml big \
        results/prof_prims.yaml results/hardwares/0-dpu --result-dir big_parsed
)
rm big/0.txt
grep -q '^block_sum_latency: ' big_parsed/0/0.yaml || fail "no result of the big log"
# A log of a net that was never compiled, and one whose layers are another net's.
cp -r logs other
mv other/0.txt other/77.txt
expect 0 "77.txt: no net in" "$awnas" parse examples/dpu_hwobj.yaml other results/prof_prims.yaml \
    results/hardwares/0-dpu --result-dir other_parsed
cp logs/1.txt other/0.txt
expect 0 "belongs to no primitive" "$awnas" parse examples/dpu_hwobj.yaml other results/prof_prims.yaml \
    results/hardwares/0-dpu --result-dir other_parsed
# A cut name that fits several blocks is an error that lists them; names.yaml settles it.
mkdir cut
awk '{ sub(/ 0_conv_[0-9]+ /, " 0_conv_* ") } !done { print } /All/ { done = 1 }' logs/0.txt >cut/0.txt
expect 1 "may be any of 0_conv_" "$awnas" parse examples/dpu_hwobj.yaml cut results/prof_prims.yaml \
    results/hardwares/0-dpu --result-dir cut_parsed
[ ! -e cut_parsed ] || fail "a failed parse left a directory"
echo '"0_conv_*": 2' >cut.yaml
"$awnas" parse examples/dpu_hwobj.yaml cut results/prof_prims.yaml results/hardwares/0-dpu \
    --names cut.yaml --result-dir cut_parsed >"$work/out"
grep -q ' + unattributed 0 = ' "$work/out" || fail "names.yaml did not settle all names"
echo ok
