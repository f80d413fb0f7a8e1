#!/usr/bin/env bash
# The command line against aw_nas: genmodel on its own YAML tree of measured runs, then predict on genotype
# strings; predictions equal to 1e-9.
set -euo pipefail
awnas=$1
shared=$2
if [ ! -d "$shared/golden" ]; then
    echo "SKIPPED: $shared/golden is not there" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for config in d01_stock_v3_300 d02_v2_224 d03_fused_192_mult075 d04_v3_160_mult125_short d09_cifar32_stem1_v3; do
    golden=$shared/golden/$config
    tar -xzf "$golden/profs.tar.gz" -C "$work"
    "$awnas" genmodel "$golden/ss.yaml" "$golden/hwobj.yaml" "$work/profs" --result-file "$work/model.yaml" \
        >/dev/null 2>"$work/err" || { cat "$work/err" >&2; exit 1; }
    python3 -c '
import json, sys
for rollout in json.load(open(sys.argv[1]))["rollouts"][:5]:
    print(rollout["genotype"])' "$golden/rollouts.json" >"$work/genotypes"
    "$awnas" predict "$work/model.yaml" --genotypes "$work/genotypes" --format jsonl \
        >"$work/predictions" 2>"$work/err"
    python3 -c '
import json, sys
model = json.load(open(sys.argv[1]))["regression_remove_anomaly"]
rows = [json.loads(line) for line in open(sys.argv[2])]
assert len(rows) == 5, rows
for row, value, missing in zip(rows, model["predictions"], model["missing_per_rollout"]):
    assert abs(row["latency"] - value) <= 1e-9 * abs(value), (row["latency"], value)
    assert row["missing"] == missing, (row, missing)
print(sys.argv[3] + ": 5 predictions equal")' "$golden/models.json" "$work/predictions" "$config"
    rm -rf "$work/profs"
done
