/* What holds for every member of spaces.def, and the list of primitives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/space.h"

#define OFA                                                                                        \
    "width_choice: [2, 3], depth_choice: [1, 2, 3], kernel_choice: [3, 5], image_size_choice: "    \
    "[64], num_cell_groups: [1, 3, 2], expansions: [1, 6, 6]"
#define OFA_PROF                                                                                   \
    "{spatial_size: 64, base_channels: [8, 16, 24, 32], strides: [1, 2, 2], acts: [relu, relu6, "  \
    "h_swish], use_ses: [false, true, false], primitive_type: mobilenet_v3_block}"

/* At least one row a space. */
static const struct row {
    const char *space, *space_cfg, *mixin_cfg, *prof_cfg;
    size_t architectures; /* at least so many different ones among 50 */
} rows[] = {
    {"ofa_mixin", "{" OFA "}", NULL, OFA_PROF, 40},
    {"ssd_ofa_mixin", "{" OFA "}", NULL, OFA_PROF, 40},
    {"ssd_ofa_mixin", "{" OFA "}", "{head_primitives: true, num_head: 2, head_channels: [64, 32]}",
     OFA_PROF, 40},
    {"declared",
     "{input: {spatial_size: 32}, choices: {width: [0.5, 1.0]}, stage_choices: {depth: [1, 2, 3]}, "
     "block_choices: {kernel: [3, 5]}, stages: [{prim: {prim_type: conv_3x3, C_out: 16*width, "
     "stride: 2}}, {count: 2, repeat: depth, prim: {prim_type: mobilenet_v2_block, C_out: "
     "'[16, 32][index]', stride: 2 if first else 1, kernel_size: kernel, expansion: 2, activation: "
     "relu}}]}",
     NULL, "{}", 40},
    {"general",
     "{genotypes: [[{prim_type: conv_1x1, spatial_size: 8, C: 8, C_out: 8, stride: 1}], "
     "\"[{'prim_type': 'mobilenet_v2_block', 'spatial_size': 8, 'C': 8, 'C_out': 16, 'stride': 1, "
     "'activation': 'relu', 'expansion': 1.5, 'kernel_size': 3}]\"]}",
     NULL, "{}", 2},
};

static struct awh_yaml *load(struct awh_arena *arena, const char *text)
{
    struct awh_yaml *root = NULL;
    assert_int_equal(awh_yaml_load(arena, "space.yaml", text, strlen(text), &root, NULL), AW_OK);
    return root;
}

static bool contains(const struct awh_prim_list *list, const struct awh_prim *prim)
{
    for (size_t i = 0; i < list->count; i++)
        if (!awh_prim_compare(&list->prims[i], prim))
            return true;
    return false;
}

static void expect_equal(const struct awh_prim_list *a, const struct awh_prim_list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_int_equal(awh_prim_compare(&a->prims[i], &b->prims[i]), 0);
}

/* What the enumeration need not have: none of the rows has an odd spatial_size, where aw_nas's
 * first block differs (aw_nas-notes 28). */
static void check_stream(const struct row *row, const struct awh_space_type *type,
                         struct awh_arena *arena, const void *space, const struct awh_yaml *prof,
                         const struct awh_prim_list *all)
{
    struct awh_diag diag = {.err = AW_OK};
    char *seen[50];
    size_t different = 0;
    for (uint64_t index = 0; index < 50; index++) {
        struct awh_prim_list sampled = {.prims = NULL}, parsed = {.prims = NULL},
                             inverted = {.prims = NULL};
        char *genotype, *again;
        if (type->sample(space, prof, 7, index, &sampled, &diag) ||
            type->sample_genotype(space, arena, 7, index, &genotype, &diag) ||
            type->genotype(space, prof, genotype, &parsed, &diag) ||
            type->net_genotype(space, prof, arena, sampled.prims, sampled.count, &again, &diag) ||
            type->genotype(space, prof, again, &inverted, &diag))
            fail_msg("%s", diag.text);
        expect_equal(&sampled, &parsed);
        expect_equal(&sampled, &inverted);
        for (size_t i = 0; i < parsed.count; i++)
            assert_true(contains(all, &parsed.prims[i]));
        size_t k = 0;
        while (k < different && strcmp(seen[k], genotype))
            k++;
        if (k == different)
            seen[different++] = genotype;
        awh_prim_list_release(&sampled);
        awh_prim_list_release(&parsed);
        awh_prim_list_release(&inverted);
    }
    assert_true(different >= row->architectures);
}

/* A list that no architecture has: refused, or a genotype of its own (general). */
static void check_foreign(const struct awh_space_type *type, struct awh_arena *arena,
                          const void *space, const struct awh_yaml *prof)
{
    struct awh_diag diag = {.err = AW_OK};
    struct awh_prim_list list = {.prims = NULL}, parsed = {.prims = NULL};
    char *genotype;
    if (type->sample(space, prof, 1, 0, &list, &diag))
        fail_msg("%s", diag.text);
    list.prims[list.count - 1].c_out += 8;
    enum aw_err err =
        type->net_genotype(space, prof, arena, list.prims, list.count, &genotype, &diag);
    if (err) {
        char text[256];
        awh_prim_format(&list.prims[list.count - 1], text, sizeof text);
        assert_int_equal(err, AW_ERR_MISMATCH);
        assert_non_null(strstr(diag.text, text));
    } else {
        assert_int_equal(type->genotype(space, prof, genotype, &parsed, &diag), AW_OK);
        expect_equal(&list, &parsed);
    }
    awh_prim_list_release(&list);
    awh_prim_list_release(&parsed);
}

static void check_row(const struct row *row)
{
    const struct awh_space_type *type = awh_space_type_find(row->space);
    struct awh_arena arena;
    struct awh_prim_list all = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    void *space;
    assert_non_null(type);
    awh_arena_init(&arena);
    const struct awh_yaml *prof = load(&arena, row->prof_cfg);
    const struct awh_yaml *mixin = row->mixin_cfg ? load(&arena, row->mixin_cfg) : NULL;
    if (type->open(&arena, load(&arena, row->space_cfg), mixin, &space, &diag) ||
        type->primitives(space, prof, 1, &all, &diag))
        fail_msg("%s", diag.text);
    assert_true(all.count > 1);
    for (size_t i = 0; i < all.count; i++) {
        struct awh_prim again;
        if (i)
            assert_true(awh_prim_compare(&all.prims[i - 1], &all.prims[i]) < 0);
        assert_int_equal(awh_prim_from_yaml(awh_prim_to_yaml(&arena, &all.prims[i]), &again, &diag),
                         AW_OK);
        assert_int_equal(awh_prim_compare(&all.prims[i], &again), 0);
    }
    check_stream(row, type, &arena, space, prof, &all);
    check_foreign(type, &arena, space, prof);
    awh_prim_list_release(&all);
    awh_arena_release(&arena);
}

static void test_conformance(void **state)
{
    (void)state;
    for (const struct awh_space_type *const *types = awh_space_types(); *types; types++) {
        size_t count = 0;
        assert_ptr_equal(awh_space_type_find((*types)->name), *types);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (!strcmp(rows[i].space, (*types)->name)) {
                print_message("space %s, row %zu\n", rows[i].space, i);
                check_row(&rows[i]);
                count++;
            }
        if (!count)
            fail_msg("the space %s has no row in this test", (*types)->name);
    }
    assert_null(awh_space_type_find("nothing"));
}

/* 6, 6.0 and true, 1 are one primitive; which of them stays does not depend on the order. */
static void test_canonical(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{prim_type: mobilenet_v3_block, spatial_size: 8, C: 8, C_out: 8, stride: 1, affine: true, "
        "kernel_size: 3, activation: relu, use_se: true, expansion: 6}",
        "{prim_type: mobilenet_v3_block, spatial_size: 8, C: 8, C_out: 8, stride: 1, affine: 1, "
        "kernel_size: 3.0, activation: relu, use_se: 1, expansion: 6.0}",
        "{prim_type: conv_1x1, spatial_size: 80, C: 8, C_out: 8, stride: 1, affine: true}",
    };
    static const int orders[][3] = {{0, 1, 2}, {1, 0, 2}, {2, 1, 0}, {1, 2, 0}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct awh_arena arena;
        struct awh_prim_list list = {.prims = NULL};
        char text[256];
        awh_arena_init(&arena);
        awh_prim_list_canonical(&list);
        assert_int_equal(list.count, 0);
        for (size_t k = 0; k < 3; k++) {
            struct awh_prim prim;
            assert_int_equal(awh_prim_from_yaml(load(&arena, texts[orders[i][k]]), &prim, NULL),
                             AW_OK);
            assert_int_equal(awh_prim_list_add(&list, &prim, NULL), AW_OK);
        }
        awh_prim_list_canonical(&list);
        assert_int_equal(list.count, 2);
        awh_prim_format(&list.prims[0], text, sizeof text);
        assert_string_equal(text, "conv_1x1 80 8 8 1 true");
        awh_prim_format(&list.prims[1], text, sizeof text);
        assert_string_equal(text, "mobilenet_v3_block 8 8 8 1 true activation=relu expansion=6 "
                                  "kernel_size=3 use_se=true");
        awh_prim_list_release(&list);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_conformance),
                                       cmocka_unit_test(test_canonical)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
