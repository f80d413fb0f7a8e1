/* What holds for every member of spaces.def, and the list of primitives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/space.h"

static const char space_cfg[] = "{width_choice: [2, 3], depth_choice: [1, 2, 3], kernel_choice: "
                                "[3, 5], image_size_choice: [64], "
                                "num_cell_groups: [1, 3, 2], expansions: [1, 6, 6]}";
static const char prof_cfg[] = "{spatial_size: 64, base_channels: [8, 16, 24, 32], strides: [1, 2, "
                               "2], acts: [relu, relu6, h_swish], "
                               "use_ses: [false, true, false], primitive_type: mobilenet_v3_block}";

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

static void check_stream(const struct awh_space_type *type, struct awh_arena *arena,
                         const void *space, const struct awh_yaml *prof,
                         const struct awh_prim_list *all)
{
    struct awh_diag diag = {.err = AW_OK};
    size_t differing = 0;
    char *first = NULL;
    for (uint64_t index = 0; index < 50; index++) {
        struct awh_prim_list sampled = {.prims = NULL}, parsed = {.prims = NULL};
        char *genotype;
        assert_int_equal(type->sample(space, prof, 7, index, &sampled, &diag), AW_OK);
        assert_int_equal(type->sample_genotype(space, arena, 7, index, &genotype, &diag), AW_OK);
        if (type->genotype(space, prof, genotype, &parsed, &diag))
            fail_msg("%s: %s", genotype, diag.text);
        assert_int_equal(parsed.count, sampled.count);
        for (size_t i = 0; i < parsed.count; i++) {
            assert_int_equal(awh_prim_compare(&parsed.prims[i], &sampled.prims[i]), 0);
            assert_true(contains(all, &parsed.prims[i]));
        }
        if (!first)
            first = genotype;
        differing += strcmp(first, genotype) != 0;
        awh_prim_list_release(&sampled);
        awh_prim_list_release(&parsed);
    }
    assert_true(differing > 40);
}

static void test_conformance(void **state)
{
    (void)state;
    for (const struct awh_space_type *const *types = awh_space_types(); *types; types++) {
        const struct awh_space_type *type = *types;
        struct awh_arena arena;
        struct awh_prim_list all = {.prims = NULL};
        struct awh_diag diag = {.err = AW_OK};
        void *space;
        print_message("space %s\n", type->name);
        assert_ptr_equal(awh_space_type_find(type->name), type);
        awh_arena_init(&arena);
        const struct awh_yaml *prof = load(&arena, prof_cfg);
        if (type->open(&arena, load(&arena, space_cfg), NULL, &space, &diag) ||
            type->primitives(space, prof, 1, &all, &diag))
            fail_msg("%s", diag.text);
        assert_true(all.count > 1);
        for (size_t i = 0; i < all.count; i++) {
            struct awh_prim again;
            if (i)
                assert_true(awh_prim_compare(&all.prims[i - 1], &all.prims[i]) < 0);
            assert_int_equal(
                awh_prim_from_yaml(awh_prim_to_yaml(&arena, &all.prims[i]), &again, &diag), AW_OK);
            assert_int_equal(awh_prim_compare(&all.prims[i], &again), 0);
        }
        check_stream(type, &arena, space, prof, &all);
        awh_prim_list_release(&all);
        awh_arena_release(&arena);
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
