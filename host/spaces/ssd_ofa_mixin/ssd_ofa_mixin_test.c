/* What ssd_ofa_mixin has beyond ofa_mixin: defaults, heads in genotypes, heads as primitives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/ofa.h"

#define SPACE                                                                                      \
    "width_choice: [2, 3], depth_choice: [1, 2], kernel_choice: [3, 5], image_size_choice: [64], " \
    "num_cell_groups: [1, 2, 2], expansions: [1, 6, 6], head_width_choice: [0.25, 0.5]"
#define PROF                                                                                       \
    "spatial_size: 64, base_channels: [8, 16, 24, 32], strides: [1, 2, 2], "                       \
    "acts: [relu, relu6, h_swish]"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    const struct awh_space_type *type;
    void *space;
    struct awh_prim_list list;
};

static void count_warning(void *context, const char *text)
{
    print_message("warning: %s\n", text);
    ++*(unsigned *)context;
}

static void fixture_init(struct fixture *f, unsigned *warnings)
{
    memset(f, 0, sizeof *f);
    *warnings = 0;
    awh_arena_init(&f->arena);
    f->diag.warn = count_warning;
    f->diag.warn_context = warnings;
    f->type = awh_space_type_find("ssd_ofa_mixin");
    assert_non_null(f->type);
}

static void fixture_release(struct fixture *f)
{
    awh_prim_list_release(&f->list);
    awh_arena_release(&f->arena);
}

static struct awh_yaml *load(struct fixture *f, const char *text)
{
    struct awh_yaml *root = NULL;
    if (text && awh_yaml_load(&f->arena, "c.yaml", text, strlen(text), &root, &f->diag))
        fail_msg("%s", f->diag.text);
    return root;
}

/* det_ofa_xavier.yaml leaves nearly everything out; nothing of it may warn. */
static void test_defaults(void **state)
{
    (void)state;
    struct fixture f;
    unsigned warnings;
    fixture_init(&f, &warnings);
    if (f.type->open(&f.arena, load(&f, "{head_width_choice: [0.5], schedule_cfg: {a: 1}}"), NULL,
                     &f.space, &f.diag))
        fail_msg("%s", f.diag.text);
    const struct awh_ofa *space = f.space;
    assert_int_equal(space->stage_count, 6);
    assert_int_equal(space->width_choice.count, 3);
    assert_int_equal(space->depth_choice.items[0], 2);
    assert_int_equal(space->image_size_choice.count, 5);
    assert_int_equal(space->heads.count, 4);
    assert_int_equal(space->heads.kernel_choice.items[0], 3);
    assert_int_equal(space->heads.width_choice.count, 1);
    assert_false(space->heads.are_primitives);
    assert_int_equal(warnings, 0);
    if (f.type->open(&f.arena, NULL, NULL, &f.space, &f.diag))
        fail_msg("%s", f.diag.text);
    space = f.space;
    assert_int_equal(space->heads.width_choice.count, 3);
    assert_int_equal(warnings, 0);
    fixture_release(&f);
}

static const struct mistake {
    const char *name, *space, *message;
} mistakes[] = {
    {"no heads", "{" SPACE ", num_head: 0}", "num_head"},
    {"too many heads", "{" SPACE ", num_head: 17}", "num_head"},
    {"head width 0", "{head_width_choice: [0]}", "head_width_choice[0]"},
    {"head kernel as text", "{" SPACE ", head_kernel_choice: [x]}", "head_kernel_choice[0]"},
    {"head_primitives is a number", "{" SPACE ", head_primitives: 1}", "head_primitives"},
    {"channels of other heads", "{" SPACE ", head_primitives: true, head_channels: [8, 8]}",
     "head_channels has 2 values, and num_head is 4"},
    {"default channels for other heads", "{" SPACE ", head_primitives: true, num_head: 3}",
     "head_channels has 4 values, and num_head is 3"},
    {"channels 0", "{" SPACE ", num_head: 1, head_primitives: true, head_channels: [0]}",
     "head_channels[0]"},
    {"activation", "{" SPACE ", head_primitives: true, head_activation: swish}",
     "head_activation: expected relu"},
    {"stages without expansions", "{num_cell_groups: [1, 2, 2, 2, 2, 2, 2]}",
     "expected one value for each of the 7"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct fixture f;
        unsigned warnings;
        print_message("row %s\n", mistakes[i].name);
        fixture_init(&f, &warnings);
        assert_true(f.type->open(&f.arena, load(&f, mistakes[i].space), NULL, &f.space, &f.diag) <
                    0);
        if (!strstr(f.diag.text, mistakes[i].message))
            fail_msg("message: %s", f.diag.text);
        fixture_release(&f);
    }
}

#define BACKBONE                                                                                   \
    "image_size=64, cell_0=1, cell_1=1, cell_2=1, cell_0_block_0=(1, 3), cell_1_block_0=(2, 3), "  \
    "cell_2_block_0=(3, 5)"

static const struct genotype {
    const char *name, *text, *message; /* NULL: good */
} genotypes[] = {
    {"good", BACKBONE ", head_0=(0.25, 3), head_1=(0.5, 3), head_2=(0.5, 3), head_3=(0.25, 3)",
     NULL},
    {"no heads", BACKBONE, "lacks head_0"},
    {"one missing", BACKBONE ", head_0=(0.25, 3), head_1=(0.5, 3), head_3=(0.25, 3)",
     "lacks head_2"},
    {"one too many", "head_4=(0.25, 3)", "a head that the search space does not have"},
    {"twice", "head_0=(0.25, 3), head_0=(0.25, 3)", "given before"},
    {"no pair", "head_0=3", "expected (width, kernel)"},
    {"no value", "head_0", "expected '='"},
};

static void test_genotypes(void **state)
{
    (void)state;
    struct fixture f;
    unsigned warnings;
    fixture_init(&f, &warnings);
    assert_int_equal(f.type->open(&f.arena, load(&f, "{" SPACE "}"), NULL, &f.space, &f.diag),
                     AW_OK);
    for (size_t i = 0; i < sizeof genotypes / sizeof *genotypes; i++) {
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim_list list = {.prims = NULL};
        print_message("row %s\n", genotypes[i].name);
        enum aw_err err =
            f.type->genotype(f.space, load(&f, "{" PROF "}"), genotypes[i].text, &list, &diag);
        assert_int_equal(err == AW_OK, genotypes[i].message == NULL);
        if (err && !strstr(diag.text, genotypes[i].message))
            fail_msg("message: %s", diag.text);
        if (!err)
            assert_int_equal(list.count, 4); /* heads cost nothing in aw_nas */
        awh_prim_list_release(&list);
    }
    fixture_release(&f);
}

static void expect_prim(const struct awh_prim *prim, const char *text)
{
    char ours[256];
    awh_prim_format(prim, ours, sizeof ours);
    assert_string_equal(ours, text);
}

/* Without and with the convolution that a MobileNetV3 backbone ends with. */
static void test_head_primitives(void **state)
{
    (void)state;
    static const struct {
        const char *prof;
        size_t conv_prims;
        const char *first;
    } rows[] = {
        {"{" PROF "}", 0,
         "mobilenet_v2_block 8 32 512 2 true activation=relu expansion=0.25 kernel_size=3"},
        {"{spatial_size: 64, base_channels: [8, 16, 24, 32, 96, 128], strides: [1, 2, 2], acts: "
         "[relu, relu6, h_swish], use_ses: [false, true, true], primitive_type: "
         "mobilenet_v3_block}",
         2, "mobilenet_v2_block 8 96 512 2 true activation=relu expansion=0.25 kernel_size=3"},
    };
    static const char genotype[] =
        BACKBONE ", head_0=(0.25, 3), head_1=(0.5, 3), head_2=(0.5, 3), head_3=(0.25, 3)";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        unsigned warnings;
        struct awh_prim_list with = {.prims = NULL}, all = {.prims = NULL};
        char *again;
        fixture_init(&f, &warnings);
        const struct awh_yaml *prof = load(&f, rows[i].prof);
        if (f.type->open(&f.arena, load(&f, "{" SPACE "}"), NULL, &f.space, &f.diag) ||
            f.type->primitives(f.space, prof, 0, &f.list, &f.diag) ||
            f.type->open(&f.arena, load(&f, "{" SPACE "}"), load(&f, "{head_primitives: true}"),
                         &f.space, &f.diag) ||
            f.type->primitives(f.space, prof, 0, &all, &f.diag) ||
            f.type->genotype(f.space, prof, genotype, &with, &f.diag) ||
            f.type->net_genotype(f.space, prof, &f.arena, with.prims, with.count, &again, &f.diag))
            fail_msg("%s", f.diag.text);
        assert_int_equal(all.count, f.list.count + rows[i].conv_prims + 4 * 2);
        size_t at = 4 + rows[i].conv_prims;
        assert_int_equal(with.count, at + 4);
        if (rows[i].conv_prims) {
            expect_prim(&with.prims[4], "conv_1x1 8 32 96 1 true");
            expect_prim(&with.prims[5], "h_swish 8 96 96 1 true");
        }
        expect_prim(&with.prims[at], rows[i].first);
        expect_prim(&with.prims[at + 1],
                    "mobilenet_v2_block 4 512 256 2 true activation=relu expansion=0.5 "
                    "kernel_size=3");
        expect_prim(&with.prims[at + 3],
                    "mobilenet_v2_block 1 256 128 2 true activation=relu expansion=0.25 "
                    "kernel_size=3");
        assert_non_null(strstr(again, "head_0=(0.25, 3), head_1=(0.5, 3)"));
        /* The last head is of the wrong width, then missing. */
        with.prims[with.count - 1].params[1].value.real = 0.75;
        assert_int_equal(
            f.type->net_genotype(f.space, prof, &f.arena, with.prims, with.count, &again, &f.diag),
            AW_ERR_MISMATCH);
        assert_non_null(strstr(f.diag.text, "expansion=0.75"));
        awh_prim_list_release(&with);
        awh_prim_list_release(&all);
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_genotypes), cmocka_unit_test(test_head_primitives)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
