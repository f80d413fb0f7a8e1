/* Assembled nets against aw_nas, with candidates tried in ascending order. */
#include "golden.h"

#include "net/assemble.h"

static bool is_made(const struct awh_yaml *layer)
{
    return layer->kind == AWH_YAML_SEQ; /* a stem or glue: [type, size, C, C_out, stride] */
}

/* Nets before the first one that only has what the assembler makes: from there on aw_nas never
 * ends. */
static size_t useful_nets(const struct awh_yaml *nets)
{
    for (size_t i = 0; i < nets->list.count; i++) {
        bool useful = false;
        for (size_t k = 0; k < nets->list.items[i]->list.count; k++)
            useful = useful || !is_made(nets->list.items[i]->list.items[k]);
        if (!useful)
            return i;
    }
    return nets->list.count;
}

static void check_layer(const struct awh_yaml *layer, const struct awh_prim *prims,
                        const struct awh_prim *prim)
{
    if (!is_made(layer)) {
        assert_int_equal(awh_prim_compare(prim, &prims[layer->integer]), 0);
        return;
    }
    struct awh_yaml *const *made = layer->list.items;
    assert_string_equal(prim->type->name, made[0]->str.text);
    assert_int_equal(prim->spatial_size, made[1]->integer);
    assert_int_equal(prim->c, made[2]->integer);
    assert_int_equal(prim->c_out, made[3]->integer);
    assert_int_equal(prim->stride, made[4]->integer);
    assert_true(awh_value_truth(&prim->affine));
}

static void check_variant(const struct awh_yaml *variant, const struct awh_prim *prims,
                          size_t count)
{
    const struct awh_yaml *params = golden_get(variant, "params");
    const struct awh_yaml *nets = golden_get(variant, "nets_ascending");
    const struct awh_yaml *num_sample = golden_get(params, "num_sample");
    struct awh_assemble_cfg cfg = {
        .image_size = (int32_t)golden_int(params, "image_size"),
        .max_layers = golden_int(params, "max_layers"),
        .num_sample = num_sample->kind == AWH_YAML_INT ? num_sample->integer : 0,
        .fix_stem_layer = golden_get(params, "fix_stem_layer")->boolean,
    };
    struct awh_net_list list = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    if (awh_yaml_is_str(nets, "same"))
        nets = golden_get(variant, "nets_cpython");
    size_t useful = useful_nets(nets);
    bool ends = useful == nets->list.count;
    if (golden_get(variant, "truncated_infinite")->boolean)
        assert_false(ends);
    enum aw_err err = awh_assemble(prims, count, &cfg, &list, &diag);
    assert_int_equal(err, ends ? AW_OK : AW_ERR_RANGE);
    assert_int_equal(list.count, useful);
    for (size_t i = 0; i < useful; i++) {
        const struct awh_yaml *expected = nets->list.items[i];
        struct awh_net net;
        awh_net_list_get(&list, i, &net);
        assert_int_equal(net.count, expected->list.count);
        for (size_t k = 0; k < net.count; k++)
            check_layer(expected->list.items[k], prims, &net.prims[k]);
    }
    awh_net_list_release(&list);
}

static void test_assembled(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    size_t checked = 0;
    for (const char *const *name = golden_configs; *name; name++) {
        struct awh_arena arena;
        size_t count;
        awh_arena_init(&arena);
        const struct awh_prim *prims = golden_prims(&arena, AWNAS_SHARED_DIR, *name, &count);
        const struct awh_yaml *variants =
            golden_yaml(&arena, AWNAS_SHARED_DIR, *name, "assembled.json");
        for (size_t i = 0; i < variants->list.count; i++, checked++) {
            print_message("%s, variant %zu\n", *name, i);
            check_variant(variants->list.items[i], prims, count);
        }
        awh_arena_release(&arena);
    }
    print_message("%zu variants\n", checked);
    assert_true(checked >= 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_assembled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
