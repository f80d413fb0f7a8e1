#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/space.h"

#define PRIM "{prim_type: conv_1x1, spatial_size: 8, C: 8, C_out: 8, stride: 1, affine: true}"
/* configs/general.yaml of aw_nas has this one; it lacks affine. */
#define STOCK                                                                                      \
    "[{\"prim_type\": \"mobilenet_v3_block\", \"C\": 16,\"C_out\": 24, \"spatial_size\": 112, "    \
    "\"expansion\": 4, \"use_se\": True, \"stride\": 2, \"kernel_size\": 3, \"activation\": "      \
    "\"relu\"}]"
#define STOCK_PRIM                                                                                 \
    "mobilenet_v3_block 112 16 24 2 true activation=relu expansion=4 kernel_size=3 use_se=true"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    const struct awh_space_type *type;
    void *space;
    struct awh_prim_list list;
};

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    awh_arena_init(&f->arena);
    f->type = awh_space_type_find("general");
    assert_non_null(f->type);
}

static void fixture_release(struct fixture *f)
{
    awh_prim_list_release(&f->list);
    awh_arena_release(&f->arena);
}

/* The sections of one file, as the flow finds them. */
static enum aw_err open_file(struct fixture *f, const char *text)
{
    struct awh_yaml *root;
    if (awh_yaml_load(&f->arena, "c.yaml", text, strlen(text), &root, &f->diag))
        fail_msg("%s", f->diag.text);
    return f->type->open(&f->arena, awh_yaml_get_set(root, "search_space_cfg"),
                         awh_yaml_get_set(root, "mixin"), &f->space, &f->diag);
}

static const struct row {
    const char *name, *file;
    size_t prims;        /* 0: an error */
    const char *message; /* or the first primitive */
} rows[] = {
    {"aw_nas's example",
     "search_space_cfg: {primitives: [[h_swish, true], [none], [avg_pool_3x3,]]}\n"
     "final_model_cfg: {genotypes: '" STOCK "'}",
     1, STOCK_PRIM},
    {"a list of maps", "{search_space_cfg: {}, final_model_cfg: {genotypes: [" PRIM ", " PRIM "]}}",
     1, "conv_1x1 8 8 8 1 true"},
    {"several nets", "{search_space_cfg: {genotypes: [[" PRIM "], '" STOCK "']}}", 2,
     "conv_1x1 8 8 8 1 true"},
    {"the mixin alone", "{mixin: {fixed_primitives: [" PRIM "]}}", 1, "conv_1x1 8 8 8 1 true"},
    {"primitives with sizes", "{search_space_cfg: {primitives: [[none], " PRIM "]}}", 1,
     "conv_1x1 8 8 8 1 true"},
    {"nothing with sizes", "{search_space_cfg: {primitives: [[none]]}}", 0,
     "c.yaml:1: search_space_cfg: the general space names no primitive with sizes: give the ones"},
    {"nothing at all", "{}", 0, "the general space names no primitive with sizes"},
    {"primitives is no list", "{search_space_cfg: {primitives: h_swish}}", 0,
     "search_space_cfg.primitives: expected a list"},
    {"an entry without a name", "{search_space_cfg: {primitives: [[1]]}}", 0,
     "search_space_cfg.primitives[0]: expected [prim_type, arguments...]"},
    {"genotypes is a number", "{search_space_cfg: {genotypes: 3}}", 0,
     "genotypes: expected a list"},
    {"a mistake in the literal", "{search_space_cfg: {genotypes: '[{}'}}", 0,
     "c.yaml:1: search_space_cfg.genotypes: character 3"},
    {"a mistake in a primitive of it",
     "{search_space_cfg: {genotypes: \"[{'prim_type': 'conv_1x1', 'C': 0}]\"}}", 0,
     "c.yaml:1: search_space_cfg.genotypes[0]"},
    {"an empty net", "{search_space_cfg: {genotypes: [[]]}}", 0, "at least one primitive"},
    {"fixed_primitives is a map", "{mixin: {fixed_primitives: {}}}", 0,
     "mixin.fixed_primitives: expected a list"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        char text[256];
        print_message("row %s\n", rows[i].name);
        fixture_init(&f);
        enum aw_err err = open_file(&f, rows[i].file);
        if (!err)
            err = f.type->primitives(f.space, NULL, 0, &f.list, &f.diag);
        if (!rows[i].prims) {
            assert_true(err < 0);
            if (!strstr(f.diag.text, rows[i].message))
                fail_msg("message: %s", f.diag.text);
        } else {
            if (err)
                fail_msg("%s", f.diag.text);
            assert_int_equal(f.list.count, rows[i].prims);
            awh_prim_format(&f.list.prims[0], text, sizeof text);
            assert_string_equal(text, rows[i].message);
        }
        fixture_release(&f);
    }
}

static void test_random(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(open_file(&f, "{mixin: {fixed_primitives: [" PRIM "]}}"), AW_OK);
    assert_true(f.type->sample(f.space, NULL, 1, 0, &f.list, &f.diag) < 0);
    assert_non_null(strstr(f.diag.text, "no random architectures: give some in"));
    f.diag = (struct awh_diag){.err = AW_OK};
    assert_int_equal(open_file(&f, "{search_space_cfg: {genotypes: [[" PRIM "], '" STOCK "']}}"),
                     AW_OK);
    size_t seen[2] = {0};
    for (uint64_t index = 0; index < 100; index++) {
        assert_int_equal(f.type->sample(f.space, NULL, 1, index, &f.list, &f.diag), AW_OK);
        assert_int_equal(f.list.count, 1);
        seen[f.list.prims[0].stride - 1]++;
        f.list.count = 0;
    }
    assert_true(seen[0] > 20 && seen[1] > 20);
    fixture_release(&f);
}

static const struct genotype {
    const char *name, *text, *message; /* NULL: good */
} genotypes[] = {
    {"good", STOCK, NULL},
    {"a list too deep", "[" STOCK "]", "genotype: [0]: expected a primitive (a map)"},
    {"no list", "1", "genotype: (root): expected a list of primitives, found 1"},
    {"no literal", "[open('x')]", "genotype: character 1"},
    {"unknown type", "[{'prim_type': 'vgg'}]", "genotype: [0].prim_type"},
    {"a text of nowhere",
     "[{'prim_type': 'mobilenet_v2_block', 'C': 16, 'C_out': 24, 'spatial_size': 112, 'expansion': "
     "4, 'stride': 2, 'kernel_size': 3, 'activation': 'swish'}]",
     "primitive 0 has a text that is no activation"},
};

/* The texts of a primitive must not be those of the string that it was read from. */
static void test_genotypes(void **state)
{
    (void)state;
    struct fixture f;
    char text[256];
    fixture_init(&f);
    assert_int_equal(open_file(&f, "{}"), AW_OK);
    for (size_t i = 0; i < sizeof genotypes / sizeof *genotypes; i++) {
        struct awh_diag diag = {.err = AW_OK};
        char *copy = strdup(genotypes[i].text);
        assert_non_null(copy);
        print_message("row %s\n", genotypes[i].name);
        f.list.count = 0;
        enum aw_err err = f.type->genotype(f.space, NULL, copy, &f.list, &diag);
        free(copy);
        if (genotypes[i].message) {
            assert_true(err < 0);
            if (!strstr(diag.text, genotypes[i].message))
                fail_msg("message: %s", diag.text);
            continue;
        }
        if (err)
            fail_msg("%s", diag.text);
        awh_prim_format(&f.list.prims[0], text, sizeof text);
        assert_string_equal(text, STOCK_PRIM);
    }
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_random),
                                       cmocka_unit_test(test_genotypes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
