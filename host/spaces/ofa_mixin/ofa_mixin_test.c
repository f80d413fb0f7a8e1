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
    "num_cell_groups: [1, 2, 2], expansions: [1, 6, 6]"
#define PROF "spatial_size: 64, base_channels: [8, 16, 24, 32], strides: [1, 2, 2]"
#define ACTS "acts: [relu, relu6, h_swish]"

struct messages {
    char warnings[2048];
    unsigned count;
};

static void take_warning(void *context, const char *text)
{
    struct messages *messages = context;
    size_t used = strlen(messages->warnings);
    messages->count++;
    snprintf(messages->warnings + used, sizeof messages->warnings - used, "%s\n", text);
}

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct messages messages;
    struct awh_prim_list list;
};

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    awh_arena_init(&f->arena);
    f->diag.warn = take_warning;
    f->diag.warn_context = &f->messages;
}

static void fixture_release(struct fixture *f)
{
    awh_prim_list_release(&f->list);
    awh_arena_release(&f->arena);
}

static struct awh_yaml *load(struct fixture *f, const char *text)
{
    struct awh_yaml *root = NULL;
    if (!text)
        return NULL;
    if (awh_yaml_load(&f->arena, "c.yaml", text, strlen(text), &root, &f->diag))
        fail_msg("%s", f->diag.text);
    return root;
}

static enum aw_err list_all(struct fixture *f, const char *space_cfg, const char *mixin_cfg,
                            const char *prof_cfg)
{
    const struct awh_space_type *type = awh_space_type_find("ofa_mixin");
    void *space;
    assert_non_null(type);
    enum aw_err err =
        type->open(&f->arena, load(f, space_cfg), load(f, mixin_cfg), &space, &f->diag);
    return err ? err : type->primitives(space, load(f, prof_cfg), 3, &f->list, &f->diag);
}

static const struct mistake {
    const char *name, *space, *mixin, *prof, *message;
} mistakes[] = {
    {"no search_space_cfg", NULL, NULL, "{" PROF "}", "search_space_cfg is missing"},
    {"not a map", "[1]", NULL, "{" PROF "}", "c.yaml:1: (root): expected a map"},
    {"no width_choice", "{depth_choice: [1]}", NULL, "{" PROF "}",
     "c.yaml:1: (root): ofa_mixin needs 'width_choice' here (or in mixin_search_space_cfg)"},
    {"width as text", "{width_choice: [a]}", NULL, "{" PROF "}", "width_choice[0]"},
    {"width 0", "{width_choice: [2, 0]}", NULL, "{" PROF "}",
     "width_choice[1]: expected a number above"},
    {"empty choice", "{width_choice: []}", NULL, "{" PROF "}", "width_choice: expected a list"},
    {"choice is no list", "{width_choice: 3}", NULL, "{" PROF "}", "width_choice: expected a list"},
    {"depth 0", "{width_choice: [2], depth_choice: [0]}", NULL, "{" PROF "}", "depth_choice[0]"},
    {"kernel 1.5", "{width_choice: [2], depth_choice: [1], kernel_choice: [1.5]}", NULL,
     "{" PROF "}", "kernel_choice[0]"},
    {"few expansions",
     "{width_choice: [2], depth_choice: [1], kernel_choice: [3], num_cell_groups: [1, 2], "
     "expansions: [1]}",
     NULL, "{" PROF "}",
     "expansions: expected one value for each of the 2 num_cell_groups, found 1"},
    {"fixed_primitives is no list", "{" SPACE "}", "{fixed_primitives: {a: 1}}", "{" PROF "}",
     "fixed_primitives: expected a list"},
    {"fixed primitive of an unknown type", "{" SPACE "}", "{fixed_primitives: [{prim_type: vgg}]}",
     "{" PROF ", " ACTS "}", "fixed_primitives[0].prim_type: the primitive type 'vgg'"},
    {"fixed primitive without size", "{" SPACE "}", "{fixed_primitives: [{prim_type: conv_1x1}]}",
     "{" PROF ", " ACTS "}", "fixed_primitives[0]: the primitive lacks 'spatial_size'"},
    {"no prof_prims_cfg", "{" SPACE "}", NULL, NULL, "no prof_prims_cfg"},
    {"prof_prims_cfg is no map", "{" SPACE "}", NULL, "[]", "expected a map"},
    {"no base_channels", "{" SPACE "}", NULL, "{strides: [1, 2, 2]}", "base_channels"},
    {"no strides", "{" SPACE "}", NULL, "{base_channels: [8, 8, 8, 8]}", "strides"},
    {"few base_channels", "{" SPACE "}", NULL, "{base_channels: [8, 8, 8], strides: [1, 2, 2]}",
     "base_channels: expected at least 4 values"},
    {"few strides", "{" SPACE "}", NULL, "{base_channels: [8, 8, 8, 8], strides: [1, 2]}",
     "strides: expected at least 3 values"},
    {"channels 0", "{" SPACE "}", NULL, "{base_channels: [8, 0, 8, 8], strides: [1, 2, 2]}",
     "base_channels[1]: expected 1 to"},
    {"mult_ratio 0", "{" SPACE "}", NULL, "{" PROF ", mult_ratio: 0}", "mult_ratio: expected"},
    {"stride 0", "{" SPACE "}", NULL, "{base_channels: [8, 8, 8, 8], strides: [1, 0, 2]}",
     "strides[1]"},
    {"nothing left", "{" SPACE "}", NULL,
     "{spatial_size: 4, base_channels: [8, 8, 8, 8], strides: [1, 2, 9]}",
     "strides[2]: nothing is left of spatial_size 4"},
    {"no acts", "{" SPACE "}", NULL, "{" PROF "}",
     "mobilenet_v2_block needs 'activation': give 'acts'"},
    {"a null act", "{" SPACE "}", NULL, "{" PROF ", acts: [relu, null, relu]}",
     "acts[1]: mobilenet_v2_block needs 'activation'"},
    {"few acts", "{" SPACE "}", NULL, "{" PROF ", acts: [relu]}",
     "acts: expected at least 3 values"},
    {"unknown act", "{" SPACE "}", NULL, "{" PROF ", acts: [relu, swish, relu]}",
     "acts[1]: expected relu, relu6"},
    {"use_ses with v2", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", use_ses: [null, null, false]}",
     "use_ses[2]: mobilenet_v2_block does not take 'use_se': leave 'use_ses' out"},
    {"v3 without use_ses", "{" SPACE "}", NULL,
     "{" PROF ", " ACTS ", primitive_type: mobilenet_v3_block}",
     "mobilenet_v3_block needs 'use_se': give 'use_ses'"},
    {"primitive_type that is no block", "{" SPACE "}", NULL,
     "{" PROF ", " ACTS ", primitive_type: conv_1x1}",
     "primitive_type: 'conv_1x1' cannot be used here; expected mobilenet_v2_block, "
     "mobilenet_v3_block or fused_conv_block"},
    {"stem_type with parameters", "{" SPACE "}", NULL,
     "{" PROF ", " ACTS ", stem_type: mobilenet_v2_block}",
     "stem_type: 'mobilenet_v2_block' cannot be used here; expected a primitive that needs no "
     "parameters"},
    {"stale key", "{" SPACE "}", NULL, "{" PROF ", default_prim_type: mobilenet_v2_block}",
     "default_prim_type: this key is now called 'primitive_type'"},
    {"sample as text", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", sample: few}", "sample"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct fixture f;
        print_message("row %s\n", mistakes[i].name);
        fixture_init(&f);
        assert_true(list_all(&f, mistakes[i].space, mistakes[i].mixin, mistakes[i].prof) < 0);
        if (!strstr(f.diag.text, mistakes[i].message))
            fail_msg("message: %s", f.diag.text);
        fixture_release(&f);
    }
}

static const struct good {
    const char *name, *space, *mixin, *prof;
    size_t count;
    const char *warning; /* NULL: none */
} goods[] = {
    {"plain", "{" SPACE "}", NULL, "{" PROF ", " ACTS "}", 2 + 2 * 2 * 2 * 2, NULL},
    {"null is absent", "{" SPACE ", schedule_cfg: null}", "{fixed_primitives: null}",
     "{" PROF ", " ACTS ", use_ses: null, sample: null, mult_ratio: null, stem_type: null}", 18,
     NULL},
    {"as_dict is ignored", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", as_dict: false}", 18, NULL},
    {"the whole space in the mixin", NULL, "{" SPACE "}", "{" PROF ", " ACTS "}", 18, NULL},
    {"the mixin wins", "{" SPACE "}", "{width_choice: [2]}", "{" PROF ", " ACTS "}", 10,
     "c.yaml:1: width_choice: is in search_space_cfg too (line 1); the value of "
     "mixin_search_space_cfg is used"},
    {"unknown key", "{" SPACE ", kernel_choise: [3]}", NULL, "{" PROF ", " ACTS "}", 18,
     "kernel_choice"},
    {"unknown key of prof_prims_cfg", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", stem_strid: 2}",
     18, "stem_stride"},
    {"no image_size_choice",
     "{width_choice: [2], depth_choice: [1], kernel_choice: [3], num_cell_groups: [1, 2, 2], "
     "expansions: [1, 6, 6]}",
     NULL, "{" PROF ", " ACTS "}", 6, "image_size_choice is missing"},
    {"sample keeps stem and first block", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", sample: 3}", 5,
     NULL},
    {"sample 0", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", sample: 0}", 2, NULL},
    {"sample of more than there are", "{" SPACE "}", NULL, "{" PROF ", " ACTS ", sample: 99}", 18,
     NULL},
    {"a fixed primitive twice, once known", "{" SPACE "}",
     "{fixed_primitives: [{prim_type: conv_1x1, spatial_size: '9', C: 8, C_out: 8.0, stride: true, "
     "affine: null}, {prim_type: conv_1x1, spatial_size: 9, C: 8, C_out: 8, stride: 1, affine: "
     "null}, "
     "{prim_type: conv_3x3, spatial_size: 64, C: 3, C_out: 8, stride: 2, affine: true}]}",
     "{" PROF ", " ACTS "}", 19, NULL},
};

static void test_goods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        struct fixture f;
        print_message("row %s\n", goods[i].name);
        fixture_init(&f);
        if (list_all(&f, goods[i].space, goods[i].mixin, goods[i].prof))
            fail_msg("%s", f.diag.text);
        assert_int_equal(f.list.count, goods[i].count);
        if (!goods[i].warning)
            assert_string_equal(f.messages.warnings, "");
        else if (!strstr(f.messages.warnings, goods[i].warning))
            fail_msg("warnings: %s", f.messages.warnings);
        fixture_release(&f);
    }
}

#define OPENED(f, space_out)                                                                       \
    assert_int_equal(                                                                              \
        awh_space_type_find("ofa_mixin")                                                           \
            ->open(&(f).arena, load(&(f), "{" SPACE "}"), NULL, &(space_out), &(f).diag),          \
        AW_OK)

static const struct genotype {
    const char *name, *text;
    const char *blocks; /* number of primitives in order of stages, NULL: an error */
    const char *message;
} genotypes[] = {
    {"plain",
     "image_size=64, cell_0=1, cell_1=2, cell_2=1, cell_0_block_0=(1, 3), cell_1_block_0=(2, 3), "
     "cell_1_block_1=(3, 5), cell_2_block_0=(2, 5), cell_2_block_1=(3, 3)",
     "3: 1/3 2/3 3/5 2/5", NULL},
    {"blanks, quotes, no image_size, any order",
     " 'cell_2' : 1,cell_1=1 ,\tcell_0= 1,cell_0_block_0 =( 1.0 ,3 ) , cell_1_block_0=[2.5,\n3], "
     "\"cell_2_block_0\"=('2', True),",
     "3: 1.0/3 2.5/3 2/1", NULL},
    {"quoted as a whole",
     "\"cell_0=1, cell_1=1, cell_2=1, cell_0_block_0=(1, 3), "
     "cell_1_block_0=(2, 3), cell_2_block_0=(2, 3)\"",
     "3: 1/3 2/3 2/3", NULL},
    {"as a named tuple prints",
     " OFAGenotype(cell_0=1, cell_1=1, cell_2=1, cell_0_block_0=(1, 3), cell_1_block_0=(2, 3,), "
     "cell_2_block_0=(2, 3),) ",
     "3: 1/3 2/3 2/3", NULL},
    {"as a dict prints",
     "{'cell_0': 1, 'cell_1': 1, 'cell_2': 1, 'cell_0_block_0': (1, 3), 'cell_1_block_0': (2, 3), "
     "'cell_2_block_0': (2, 3)}",
     "3: 1/3 2/3 2/3", NULL},
    {"open call", "dict(cell_0=1", NULL, "expected ',' or ')'"},
    {"open dict", "{'cell_0': 1)", NULL, "expected ',' or '}'"},
    {"behind a call", "dict(cell_0=1) cell_1=1", NULL, "expected ',' or the end"},
    {"empty", "", NULL, "character 0"},
    {"other words", "__import__('os')", NULL, "character 12 ('os')'): expected image_size"},
    {"cell too many", "cell_3=1", NULL, "a cell that the search space does not have"},
    {"huge cell", "cell_99999999999999999999=1", NULL, "a cell that"},
    {"depth above num_cell_groups", "cell_0=2", NULL, "expected a whole number from 1 to 1"},
    {"depth 0", "cell_1=0", NULL, "expected a whole number from 1 to 2"},
    {"block too many", "cell_1_block_2=(1, 3)", NULL, "a block beyond num_cell_groups"},
    {"twice", "cell_1=1, cell_1=2", NULL, "this key was given before"},
    {"no value", "cell_1", NULL, "expected '='"},
    {"no tuple", "cell_1_block_0=3", NULL, "expected (width, kernel)"},
    {"one of two", "cell_1_block_0=(3)", NULL, "expected ', kernel'"},
    {"open tuple", "cell_1_block_0=(3, 3", NULL, "expected a closing bracket"},
    {"mixed brackets", "cell_1_block_0=(3, 3]", NULL, "expected a closing bracket"},
    {"width 0", "cell_1_block_0=(False, 3)", NULL, "the width before this must be"},
    {"width nan", "cell_1_block_0=(nan, 3)", NULL, "expected a number"},
    {"long number", "cell_1=11111111111111111111111111111111111111111111111111", NULL,
     "expected a number"},
    {"kernel 0", "cell_1_block_0=(3, 0)", NULL, "expected a whole number from 1 to 255"},
    {"no comma", "cell_0=1 cell_1=1", NULL, "expected ',' or the end"},
    {"a depth is missing", "cell_0=1, cell_1=1, cell_0_block_0=(1, 3), cell_1_block_0=(2, 3)", NULL,
     "genotype: lacks cell_2"},
    {"a block is missing",
     "cell_0=1, cell_1=2, cell_2=1, cell_0_block_0=(1, 3), cell_1_block_0=(2, 3), "
     "cell_2_block_0=(2, 3)",
     NULL, "genotype: lacks cell_1_block_1, as cell_1=2"},
};

static void test_genotypes(void **state)
{
    (void)state;
    static struct awh_ofa_arch arch; /* large */
    struct fixture f;
    void *space;
    fixture_init(&f);
    OPENED(f, space);
    for (size_t i = 0; i < sizeof genotypes / sizeof *genotypes; i++) {
        struct awh_diag diag = {.err = AW_OK};
        char text[256];
        print_message("row %s\n", genotypes[i].name);
        enum aw_err err = awh_ofa_genotype_parse(space, genotypes[i].text, &arch, &diag);
        if (!genotypes[i].blocks) {
            assert_int_equal(err, AW_ERR_FORMAT);
            if (!strstr(diag.text, genotypes[i].message))
                fail_msg("message: %s", diag.text);
            continue;
        }
        if (err)
            fail_msg("%s", diag.text);
        snprintf(text, sizeof text, "%u:", arch.stage_count);
        for (unsigned stage = 0; stage < arch.stage_count; stage++)
            for (unsigned k = 0; k < (unsigned)arch.depth[stage]; k++) {
                char width[32];
                size_t used = strlen(text);
                awh_value_format(&arch.width[stage][k], width, sizeof width);
                snprintf(text + used, sizeof text - used, " %s/%d", width,
                         (int)arch.kernel[stage][k]);
            }
        assert_string_equal(text, genotypes[i].blocks);
    }
    fixture_release(&f);
}

/* Every prefix of a genotype is refused or read, and never read beyond its end (sanitizers watch).
 */
static void test_genotype_cuts(void **state)
{
    (void)state;
    static struct awh_ofa_arch arch;
    struct fixture f;
    void *space;
    const char *whole = genotypes[0].text;
    fixture_init(&f);
    OPENED(f, space);
    for (size_t n = 0; n < strlen(whole); n++) {
        char *cut = strndup(whole, n);
        assert_non_null(cut);
        struct awh_diag diag = {.err = AW_OK};
        enum aw_err err = awh_ofa_genotype_parse(space, cut, &arch, &diag);
        assert_true(err == AW_OK || err == AW_ERR_FORMAT);
        assert_int_equal(err == AW_OK, diag.text[0] == 0);
        free(cut);
    }
    fixture_release(&f);
}

/* numpy's rule: one float among the choices makes every width a float; expansions clip. */
static void test_sampled_widths(void **state)
{
    (void)state;
    static struct awh_ofa_arch arch;
    static const struct {
        const char *name, *widths, *expansions;
        enum awh_value_kind first, second;
        double most;
    } rows[] = {
        {"integers", "[2, 9]", "[1, 6]", AWH_VALUE_INT, AWH_VALUE_INT, 6},
        {"a float choice", "[1.5, 9]", "[1, 6]", AWH_VALUE_FLOAT, AWH_VALUE_FLOAT, 6},
        {"a float bound", "[2, 9]", "[1, 6.0]", AWH_VALUE_INT, AWH_VALUE_FLOAT, 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        char text[512];
        void *space;
        double most = 0;
        print_message("row %s\n", rows[i].name);
        fixture_init(&f);
        snprintf(
            text, sizeof text,
            "{width_choice: %s, depth_choice: [9], kernel_choice: [5], image_size_choice: [64], "
            "num_cell_groups: [2, 3], expansions: %s}",
            rows[i].widths, rows[i].expansions);
        assert_int_equal(
            awh_space_type_find("ofa_mixin")->open(&f.arena, load(&f, text), NULL, &space, &f.diag),
            AW_OK);
        for (uint64_t index = 0; index < 20; index++) {
            awh_ofa_sample(space, 5, index, &arch);
            assert_int_equal(arch.depth[0], 2);
            assert_int_equal(arch.depth[1], 3);
            assert_int_equal(arch.kernel_count[0], 1); /* and so one block, like aw_nas */
            assert_int_equal(arch.kernel[0][0], 3);
            assert_int_equal(arch.kernel[1][2], 5);
            assert_int_equal(arch.width[0][1].kind, rows[i].first);
            assert_true(awh_value_number(&arch.width[0][1]) == 1);
            for (unsigned k = 0; k < 3; k++) {
                assert_int_equal(arch.width[1][k].kind, rows[i].second);
                if (awh_value_number(&arch.width[1][k]) > most)
                    most = awh_value_number(&arch.width[1][k]);
            }
        }
        assert_true(most == rows[i].most);
        fixture_release(&f);
    }
}

static void test_stream_is_seeded(void **state)
{
    (void)state;
    struct fixture f;
    void *space;
    char *a, *b, *c;
    const struct awh_space_type *type = awh_space_type_find("ofa_mixin");
    fixture_init(&f);
    OPENED(f, space);
    size_t equal = 0;
    for (uint64_t index = 0; index < 30; index++) {
        assert_int_equal(type->sample_genotype(space, &f.arena, 1, index, &a, NULL), AW_OK);
        assert_int_equal(type->sample_genotype(space, &f.arena, 1, index, &b, NULL), AW_OK);
        assert_int_equal(type->sample_genotype(space, &f.arena, 2, index, &c, NULL), AW_OK);
        assert_string_equal(a, b);
        equal += !strcmp(a, c);
    }
    assert_true(equal < 10);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),       cmocka_unit_test(test_goods),
        cmocka_unit_test(test_genotypes),      cmocka_unit_test(test_genotype_cuts),
        cmocka_unit_test(test_sampled_widths), cmocka_unit_test(test_stream_is_seeded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
