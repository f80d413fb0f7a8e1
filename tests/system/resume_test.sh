#!/usr/bin/env bash
# measure --resume: complete nets are kept byte for byte, missing and broken ones are measured again.
. "$(dirname "$0")/lib.sh"

make_nets
out=$work/results/$hw/prof_results
"$awnas" measure "$work/results" --board native --repeats 2 --nets 0,1 >/dev/null
cp -a "$out" "$work/before"
"$awnas" measure "$work/results" --board native --repeats 2 --resume >/dev/null
cmp "$out/0/0.yaml" "$work/before/0/0.yaml" || fail "a complete net was measured again"
[ -f "$out/2/1.yaml" ] || fail "the missing nets were not measured"
# Truncated, from another program, too few repeats: each is measured again.
head -c 100 "$work/before/0/1.yaml" >"$out/0/1.yaml"
sed -i "s/^program_crc32: .*/program_crc32: '0x00000000'/" "$out/1/0.yaml"
rm "$out/2/1.yaml"
"$awnas" measure "$work/results" --board native --repeats 2 --resume >/dev/null 2>&1
grep -q '^verified: true$' "$out/0/1.yaml" || fail "a truncated result was kept"
cmp -s "$out/0/0.yaml" "$work/before/0/0.yaml" && fail "runs of two measurements were mixed in net 0"
grep -q "0x00000000" "$out/1/0.yaml" && fail "a result of another program was kept"
[ -f "$out/2/1.yaml" ] || fail "a missing run was not measured"
echo ok
