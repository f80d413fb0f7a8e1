#!/usr/bin/env bash
# aw_nas's own six example configs, as a user would try them: each goes through genprof, or gets the message
# that docs/spaces.md documents.
. "$(dirname "$0")/lib.sh"
configs=$source_dir/../shared/configs
[ -d "$configs" ] || skip "$configs is not there"
cd "$work"
rm -rf results

# works CFG HWOBJ PRIMITIVES NETS [WARNING...]: and of warnings only these.
works() {
    expect 0 "" "$awnas" genprof "$configs/$1" "$configs/$2" -r results
    grep -q "^primitives  $3\$" "$work/out" || fail "$1 $2: not $3 primitives"
    grep -q "^nets        $4, " "$work/out" || fail "$1 $2: not $4 nets"
    [ "$(ls results/prof_nets | wc -l)" -eq "$4" ] || fail "$1 $2: not $4 files"
    local args=("${@:5}")
    [ "$(wc -l <"$work/err")" -eq "${#args[@]}" ] || { cat "$work/err" >&2; fail "$1 $2: other warnings"; }
    for text in "${args[@]}"; do
        grep -qF -- "$text" "$work/err" || { cat "$work/err" >&2; fail "$1 $2: no warning '$text'"; }
    done
    rm -rf results
}
# refused CFG HWOBJ TEXT...: one line, in which all of the texts are.
refused() {
    expect 2 "$3" "$awnas" genprof "$configs/$1" "$configs/$2" -r results
    for text in "${@:3}"; do
        grep -v warning: "$work/err" | grep -qF -- "$text" || fail "$1 $2: no '$text' in the error"
    done
    [ ! -e results ] || fail "$1 $2: something was written"
}

works ofa_final.yaml ofa_lat.yaml 92 11
works det_ofa_xavier.yaml det_ofa_hardware.yaml 92 11 \
    "'base_cfg_template' was already given in line 36; the last one counts" \
    "37 of the 92 primitives that this asks for are not profiled and will count 0"
works hardware_obj.yaml ofa_lat.yaml 92 11 \
    "'hardware_obj_type' is now hwperfmodel_type (in an objective hardware_perfmodel_type)" \
    "image_size_choice is missing"
sed 's/^mixin_search_space_type: .*/mixin_search_space_type: general/' "$configs/ofa_lat.yaml" >lat.yaml
expect 0 "" "$awnas" genprof "$configs/general.yaml" lat.yaml -r results
grep -q '^primitives  1$' "$work/out" || fail "general.yaml: not 1 primitive"
rm -rf results

expect 0 "" "$awnas" describe "$configs/general.yaml"
grep -q '^MACs  ' "$work/out" || fail "describe general.yaml"
refused general.yaml ofa_lat.yaml "general.yaml:8: search_space_cfg: ofa_mixin needs 'width_choice'" \
    "mixin_search_space_type: general"
refused ofa_final.yaml hardware_obj.yaml "hardware_obj.yaml:100: " \
    "'hardware_obj_type' is now hwperfmodel_type (in an objective hardware_perfmodel_type)" \
    "'hardware_obj_cfg' is now hwperfmodel_cfg (in an objective hardware_perfmodel_cfg)" \
    "'hardware_model_path' is now hardware_model_paths, a list" \
    "'default_prim_type' is now prof_prims_cfg.primitive_type" \
    "'preprocessors' is now hwperfmodel_cfg.preprocessors" \
    "prof_prims_cfg now has a spatial_size" "search_space_cfg now has an image_size_choice" \
    "this is no HWOBJ, which has mixin_search_space_type"
for search in ofa_final det_ofa_xavier general; do
    refused ofa_final.yaml $search.yaml "lacks 'mixin_search_space_type'; expected HWOBJ here" \
        "a search space config like this one is CFG"
done
refused ofa_lat.yaml ofa_lat.yaml "needs 'width_choice'"

# And on to a model: the stock pair, with aw_nas's old spellings; the detector's mlp is named as missing.
expect 0 "" "$awnas" genprof "$configs/ofa_final.yaml" "$configs/ofa_lat.yaml" -r results -n 2
mkdir -p profs/0 profs/1
for net in 0 1; do
    awk '$1 == "genotypes:" { on = 1; print "overall_latency: 9.0\nprimitives:"; next }
        on && /^[a-z]/ { on = 0 }
        on { sub(/^  /, ""); print }
        on && $1 == "affine:" { print "  performances: {latency: 0.5}" }' \
        "results/prof_nets/$net.yaml" >"profs/$net/0.yaml"
done
expect 0 "" "$awnas" genmodel "$configs/ofa_final.yaml" "$configs/ofa_lat.yaml" profs --result-file model.yaml
for text in "'hwobjmodel_type' is now called 'hwperfmodel_type'" \
    "'hwobjmodel_cfg' is now called 'hwperfmodel_cfg'" "'performance' is now called 'perf_name'"; do
    grep -qF -- "$text" "$work/err" || fail "no warning '$text'"
done
grep -q '^regression model of latency: 2 nets' "$work/out" || fail "no regression was fitted"
expect 0 "" "$awnas" predict model.yaml --random 3
