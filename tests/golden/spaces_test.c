/* Primitives and rollouts of search spaces against aw_nas. */
#include "golden.h"

#include "spaces/ofa.h"

struct config {
    const struct awh_space_type *type;
    const struct awh_yaml *prof_prims_cfg;
    void *space;
    struct awh_prim *prims; /* prims.txt */
    size_t count;
};

static void open_config(struct awh_arena *arena, const char *name, struct config *config)
{
    struct awh_diag diag = {.err = AW_OK};
    const struct awh_yaml *ss = golden_yaml(arena, AWNAS_SHARED_DIR, name, "ss.yaml");
    const struct awh_yaml *hwobj = golden_yaml(arena, AWNAS_SHARED_DIR, name, "hwobj.yaml");
    const char *type = golden_get(hwobj, "mixin_search_space_type")->str.text;
    config->type = awh_space_type_find(type);
    config->prims = golden_prims(arena, AWNAS_SHARED_DIR, name, &config->count);
    assert_non_null(config->type);
    assert_non_null(config->prims);
    config->prof_prims_cfg = golden_get(hwobj, "prof_prims_cfg");
    if (config->type->open(arena, awh_yaml_get(ss, "search_space_cfg"),
                           awh_yaml_get(hwobj, "mixin_search_space_cfg"), &config->space, &diag))
        fail_msg("%s", diag.text);
}

static void check_primitives(struct awh_arena *arena, const struct config *config, const char *name)
{
    struct awh_prim_list list = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    char *text = golden_text(arena, AWNAS_SHARED_DIR, name, "prims.txt"), *line;
    if (config->type->primitives(config->space, config->prof_prims_cfg, 0, &list, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(list.count, config->count);
    for (size_t i = 0; i < list.count; i++) {
        char ours[256];
        line = strsep(&text, "\n");
        awh_prim_format(&list.prims[i], ours, sizeof ours);
        assert_string_equal(ours, line);
    }
    struct awh_yaml *seq = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < list.count; i++)
        assert_true(awh_yaml_push(arena, seq, awh_prim_to_yaml(arena, &list.prims[i])));
    struct awh_str dump;
    awh_str_init(&dump);
    assert_int_equal(awh_yaml_dump(seq, &dump, &diag), AW_OK);
    assert_string_equal(dump.text, golden_text(arena, AWNAS_SHARED_DIR, name, "prims.yaml"));
    awh_str_release(&dump);
    awh_prim_list_release(&list);
}

static void load_heads(const struct awh_yaml *node, struct awh_ofa_arch *arch)
{
    const struct awh_yaml *width = awh_yaml_get(node, "head_width"),
                          *kernel = awh_yaml_get(node, "head_kernel");
    for (; width && arch->head_count < width->list.count; arch->head_count++) {
        unsigned i = arch->head_count;
        assert_int_equal(awh_value_from_yaml(width->list.items[i], &arch->head_width[i], NULL),
                         AW_OK);
        arch->head_kernel[i] = (int32_t)kernel->list.items[i]->integer;
    }
}

static void load_arch(const struct awh_yaml *node, struct awh_ofa_arch *arch)
{
    const struct awh_yaml *depth = golden_get(node, "depth"), *width = golden_get(node, "width"),
                          *kernel = golden_get(node, "kernel");
    memset(arch, 0, sizeof *arch);
    arch->image_size = (int32_t)golden_int(node, "image_size");
    arch->stage_count = (unsigned)depth->list.count;
    for (unsigned i = 0; i < arch->stage_count; i++) {
        const struct awh_yaml *widths = width->list.items[i], *kernels = kernel->list.items[i];
        arch->depth[i] = (int32_t)depth->list.items[i]->integer;
        arch->width_count[i] = (unsigned)widths->list.count;
        arch->kernel_count[i] = (unsigned)kernels->list.count;
        for (unsigned k = 0; k < arch->width_count[i]; k++)
            assert_int_equal(awh_value_from_yaml(widths->list.items[k], &arch->width[i][k], NULL),
                             AW_OK);
        for (unsigned k = 0; k < arch->kernel_count[i]; k++)
            arch->kernel[i][k] = (int32_t)kernels->list.items[k]->integer;
    }
    load_heads(node, arch);
}

static void check_list(struct awh_arena *arena, const struct config *config,
                       const struct awh_yaml *root, const struct awh_yaml *rollout,
                       const struct awh_prim_list *list)
{
    const struct awh_yaml *ids = golden_get(rollout, "prims"),
                          *extra = golden_get(root, "pool_extra");
    assert_int_equal(list->count, ids->list.count);
    for (size_t i = 0; i < list->count; i++) {
        size_t id = (size_t)ids->list.items[i]->integer;
        struct awh_prim expected;
        if (id < config->count)
            expected = config->prims[id];
        else
            golden_prim(arena, extra->list.items[id - config->count]->str.text, &expected);
        assert_int_equal(awh_prim_compare(&list->prims[i], &expected), 0);
    }
}

/* Our inverse: the primitives of a rollout lead to a genotype that has them. */
static void check_inverse(struct awh_arena *arena, const struct config *config,
                          const struct awh_prim_list *list)
{
    struct awh_prim_list again = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    char *genotype;
    if (config->type->net_genotype(config->space, config->prof_prims_cfg, arena, list->prims,
                                   list->count, &genotype, &diag) ||
        config->type->genotype(config->space, config->prof_prims_cfg, genotype, &again, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(again.count, list->count);
    for (size_t i = 0; i < list->count; i++)
        assert_int_equal(awh_prim_compare(&list->prims[i], &again.prims[i]), 0);
    awh_prim_list_release(&again);
}

static size_t check_rollouts(struct awh_arena *arena, const struct config *config, const char *name)
{
    static struct awh_ofa_arch arch; /* large */
    const struct awh_yaml *root = golden_yaml(arena, AWNAS_SHARED_DIR, name, "rollouts.json");
    const struct awh_yaml *rollouts = golden_get(root, "rollouts");
    struct awh_ofa_prof prof;
    struct awh_diag diag = {.err = AW_OK};
    size_t genotypes = 0;
    assert_int_equal(golden_int(root, "n_canonical"), config->count);
    assert_int_equal(awh_ofa_prof_read(config->space, config->prof_prims_cfg, &prof, &diag), AW_OK);
    for (size_t i = 0; i < rollouts->list.count; i++) {
        const struct awh_yaml *rollout = rollouts->list.items[i];
        const struct awh_yaml *genotype = awh_yaml_get_set(rollout, "genotype");
        struct awh_prim_list list = {.prims = NULL};
        load_arch(golden_get(rollout, "arch"), &arch);
        if (awh_ofa_arch_primitives(config->space, &prof, &arch, &list, &diag))
            fail_msg("%s", diag.text);
        check_list(arena, config, root, rollout, &list);
        check_inverse(arena, config, &list);
        awh_prim_list_release(&list);
        if (!genotype)
            continue;
        genotypes++;
        assert_string_equal(awh_ofa_genotype_format(arena, &arch), genotype->str.text);
        if (config->type->genotype(config->space, config->prof_prims_cfg, genotype->str.text, &list,
                                   &diag))
            fail_msg("%s", diag.text);
        check_list(arena, config, root, rollout, &list);
        awh_prim_list_release(&list);
    }
    print_message("%s: %zu rollouts, %zu genotypes\n", name, rollouts->list.count, genotypes);
    return rollouts->list.count;
}

static void test_configs(void **state)
{
    (void)state;
    golden_need(AWNAS_SHARED_DIR);
    for (const char *const *name = golden_configs; *name; name++) {
        struct awh_arena arena;
        struct config config;
        awh_arena_init(&arena);
        open_config(&arena, *name, &config);
        check_primitives(&arena, &config, *name);
        assert_int_equal(check_rollouts(&arena, &config, *name), 200);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_configs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
