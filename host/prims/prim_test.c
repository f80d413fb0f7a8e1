#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "prims/prim.h"

/* Holds for every member of prims.def. */
static void test_registry(void **state)
{
    (void)state;
    const struct awh_prim_type *const *types = awh_prim_types();
    size_t count = 0;
    for (; types[count]; count++) {
        const struct awh_prim_type *type = types[count];
        size_t params = 0;
        print_message("type %s\n", type->name);
        assert_ptr_equal(awh_prim_type_find(type->name), type);
        assert_non_null(type->lower);
        assert_null(awh_prim_type_excluded(type->name));
        if (count)
            assert_true(strcmp(types[count - 1]->name, type->name) < 0);
        for (; type->params[params].name; params++)
            if (params)
                assert_true(strcmp(type->params[params - 1].name, type->params[params].name) < 0);
        assert_true(params <= AWH_PRIM_PARAMS_MAX);
    }
    assert_true(count >= 69);
    assert_null(awh_prim_type_find("nothing"));
    assert_null(awh_prim_type_find(""));
    assert_null(awh_prim_type_find("zzz"));
    assert_null(awh_prim_type_find("xnor_resnet_block"));
    assert_non_null(awh_prim_type_excluded("bireal_vgg_block"));
}

static struct awh_yaml *load(struct awh_arena *arena, const char *text)
{
    struct awh_diag diag = {.err = AW_OK};
    struct awh_yaml *root = NULL;
    enum aw_err err = awh_yaml_load(arena, "p.yaml", text, strlen(text), &root, &diag);
    if (err)
        fail_msg("%s", diag.text);
    return root;
}

#define V3      "prim_type: mobilenet_v3_block, spatial_size: 56, C: 24, C_out: 40"
#define V3_REST "affine: true, kernel_size: 3, activation: relu, use_se: false, expansion: 6"

static const struct row {
    const char *name, *yaml;
    const char *text; /* the primitive, or part of the message */
    enum aw_err err;
} rows[] = {
    {"plain", "{" V3 ", stride: 2, " V3_REST "}",
     "mobilenet_v3_block 56 24 40 2 true activation=relu expansion=6 kernel_size=3 use_se=false",
     AW_OK},
    {"int() of sizes",
     "{prim_type: conv_1x1, spatial_size: 56.9, C: true, C_out: ' 4_0 ', stride: '+2', affine: "
     "null}",
     "conv_1x1 56 1 40 2 null", AW_OK},
    {"other keys of our files",
     "{prim_type: conv_1x1, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: 1, names: [a], "
     "performances: {latency: 1}, count: 3}",
     "conv_1x1 5 8 8 1 1", AW_OK},
    {"null extra is dropped",
     "{prim_type: conv_1x1, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: false, extra: "
     "null}",
     "conv_1x1 5 8 8 1 false", AW_OK},
    {"not a map", "[1]", "p.yaml:1: (root): expected a primitive (a map)", AW_ERR_FORMAT},
    {"no type", "{C: 1}", "prim_type", AW_ERR_FORMAT},
    {"null type", "{prim_type: null, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: true}",
     "null 5 8 8 1 true", AW_OK},
    {"null type has no parameters",
     "{prim_type: ~, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: true, expansion: 1}",
     "null does not take 'expansion'", AW_ERR_FORMAT},
    {"null as text", "{prim_type: 'null'}",
     "p.yaml:1: prim_type: the primitive type is null, not the string 'null'", AW_ERR_UNSUPPORTED},
    {"None as text", "{prim_type: None}", "the primitive type 'None' is not known",
     AW_ERR_UNSUPPORTED},
    {"a type that is a number", "{prim_type: 3}", "prim_type", AW_ERR_FORMAT},
    {"unknown type", "{prim_type: se_modul}",
     "p.yaml:1: prim_type: the primitive type 'se_modul' is not known; did you mean 'se_module'?",
     AW_ERR_UNSUPPORTED},
    {"quite unknown type", "{prim_type: transformer_encoder}",
     "'transformer_encoder' is not known; `awnas-hw list prims`", AW_ERR_UNSUPPORTED},
    {"binarised type", "{prim_type: xnor_resnet_block}",
     "p.yaml:1: prim_type: the primitive type 'xnor_resnet_block' is not supported: binarised "
     "training simulation",
     AW_ERR_UNSUPPORTED},
    {"type that aw_nas refuses too", "{prim_type: xnor_nin}", "its constructor is broken",
     AW_ERR_UNSUPPORTED},
    {"default", "{prim_type: se_module, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: true}",
     "se_module 5 8 8 1 true reduction=4", AW_OK},
    {"null becomes the default",
     "{prim_type: se_module, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: true, reduction: "
     "null}",
     "se_module 5 8 8 1 true reduction=4", AW_OK},
    {"given instead of the default",
     "{prim_type: se_module, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: true, reduction: "
     "16}",
     "se_module 5 8 8 1 true reduction=16", AW_OK},
    {"no stride", "{" V3 ", " V3_REST "}", "lacks 'stride'", AW_ERR_FORMAT},
    {"no affine", "{prim_type: conv_1x1, spatial_size: 5, C: 8, C_out: 8, stride: 1}",
     "lacks 'affine'", AW_ERR_FORMAT},
    {"null size", "{" V3 ", stride: null, " V3_REST "}", "stride: expected an integer, found null",
     AW_ERR_FORMAT},
    {"text size", "{" V3 ", stride: 2.5x, " V3_REST "}", "stride: expected an integer",
     AW_ERR_FORMAT},
    {"text with a dangling underscore", "{" V3 ", stride: '2_', " V3_REST "}", "stride: expected",
     AW_ERR_FORMAT},
    {"infinite size", "{" V3 ", stride: .inf, " V3_REST "}", "stride: expected an integer",
     AW_ERR_FORMAT},
    {"long text size", "{" V3 ", stride: '99999999999999999999', " V3_REST "}", "stride: expected",
     AW_ERR_FORMAT},
    {"stride 0", "{" V3 ", stride: 0, " V3_REST "}", "p.yaml:1: stride: expected 1 to 255, found 0",
     AW_ERR_RANGE},
    {"negative size",
     "{prim_type: conv_1x1, spatial_size: -5, C: 8, C_out: 8, stride: 1, affine: 1}",
     "spatial_size: expected 1 to 65535, found -5", AW_ERR_RANGE},
    {"list as parameter", "{" V3 ", stride: 2, affine: true, kernel_size: [3, 3]}",
     "kernel_size: expected a number", AW_ERR_FORMAT},
    {"infinite parameter",
     "{" V3 ", stride: 2, affine: true, kernel_size: 3, activation: relu, "
     "use_se: false, expansion: .nan}",
     "expansion: expected a finite number", AW_ERR_RANGE},
    {"missing parameter", "{" V3 ", stride: 2, affine: true, kernel_size: 3, activation: relu}",
     "mobilenet_v3_block needs 'expansion'; its parameters are: activation, expansion, "
     "kernel_size, "
     "use_se",
     AW_ERR_FORMAT},
    {"extra parameter, even false",
     "{prim_type: conv_3x3, spatial_size: 5, C: 8, C_out: 8, stride: 1, affine: 1, use_se: false}",
     "use_se: conv_3x3 does not take 'use_se'; its parameters are: none", AW_ERR_FORMAT},
    {"null parameter is a missing one",
     "{" V3 ", stride: 2, affine: true, kernel_size: 3, activation: null, use_se: false, "
     "expansion: 6}",
     "needs 'activation'", AW_ERR_FORMAT},
};

static void test_from_yaml(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim prim, before;
        char text[256];
        print_message("row %s\n", rows[i].name);
        awh_arena_init(&arena);
        memset(&prim, 0x5A, sizeof prim);
        before = prim;
        assert_int_equal(awh_prim_from_yaml(load(&arena, rows[i].yaml), &prim, &diag), rows[i].err);
        if (rows[i].err) {
            if (!strstr(diag.text, rows[i].text))
                fail_msg("message: %s", diag.text);
            assert_memory_equal(&prim, &before, sizeof prim);
        } else {
            awh_prim_format(&prim, text, sizeof text);
            assert_string_equal(text, rows[i].text);
            struct awh_prim again;
            struct awh_yaml *map = awh_prim_to_yaml(&arena, &prim);
            assert_non_null(map);
            assert_int_equal(awh_prim_from_yaml(map, &again, &diag), AW_OK);
            assert_int_equal(awh_prim_compare(&prim, &again), 0);
        }
        awh_arena_release(&arena);
    }
}

static const struct pair {
    const char *name, *a, *b;
    int order;
} pairs[] = {
    {"6 and 6.0", "expansion: 6, use_se: true", "expansion: 6.0, use_se: true", 0},
    {"true and 1", "expansion: 6, use_se: true", "expansion: 6, use_se: 1.0", 0},
    {"2 and 10 as numbers", "expansion: 2, use_se: true", "expansion: 10, use_se: true", -1},
    {"1.5 and 2", "expansion: 1.5, use_se: true", "expansion: 2, use_se: true", -1},
    {"2 and 1.5", "expansion: 2, use_se: true", "expansion: 1.5, use_se: true", 1},
    {"-2 and -1.5", "expansion: -2, use_se: true", "expansion: -1.5, use_se: true", -1},
    {"beyond double precision", "expansion: 9007199254740993, use_se: true",
     "expansion: 9007199254740992.0, use_se: true", 1},
    {"number and text", "expansion: 6, use_se: true", "expansion: six, use_se: true", -1},
    {"false and true", "expansion: 6, use_se: false", "expansion: 6, use_se: true", -1},
};

static void test_compare(void **state)
{
    (void)state;
    struct awh_arena arena;
    awh_arena_init(&arena);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct awh_diag diag = {.err = AW_OK};
        struct awh_prim prim[2];
        const char *const rest[2] = {pairs[i].a, pairs[i].b};
        print_message("row %s\n", pairs[i].name);
        for (int k = 0; k < 2; k++) {
            char text[256];
            snprintf(text, sizeof text,
                     "{" V3 ", stride: 1, affine: true, kernel_size: 3, activation: relu, %s}",
                     rest[k]);
            assert_int_equal(awh_prim_from_yaml(load(&arena, text), &prim[k], &diag), AW_OK);
        }
        int order = awh_prim_compare(&prim[0], &prim[1]);
        assert_int_equal((order > 0) - (order < 0), pairs[i].order);
        order = awh_prim_compare(&prim[1], &prim[0]);
        assert_int_equal((order > 0) - (order < 0), -pairs[i].order);
        assert_int_equal(awh_prim_hash(&prim[0]) == awh_prim_hash(&prim[1]), pairs[i].order == 0);
    }
    awh_arena_release(&arena);
}

static void test_make_divisible(void **state)
{
    (void)state;
    static const struct {
        double v;
        int32_t result;
    } cases[] = {{0.75, 8}, {12, 16},   {20, 24},       {32, 32},          {-3, 8},
                 {-100, 8}, {10.4, 16}, {0.9 * 40, 40}, {1e300, INT32_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(awh_make_divisible(cases[i].v, 8), cases[i].result);
}

static void test_make(void **state)
{
    (void)state;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_prim prim;
    const struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    const struct awh_param odd[] = {{"kernel_size", {.kind = AWH_VALUE_INT, .integer = 3}}};
    assert_int_equal(awh_prim_make("conv_9x9", 1, 1, 1, 1, affine, NULL, 0, &prim, &diag),
                     AW_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "conv_9x9"));
    diag = (struct awh_diag){.err = AW_OK};
    assert_int_equal(awh_prim_make("conv_3x3", 1, 1, 1, 1, affine, odd, 1, &prim, &diag),
                     AW_ERR_FORMAT);
    assert_string_equal(diag.text,
                        "conv_3x3: kernel_size: conv_3x3 does not take 'kernel_size'; its "
                        "parameters are: none");
}

/* Must be the last test: what is added stays. */
static void test_add(void **state)
{
    (void)state;
    static struct awh_prim_type added[200];
    static char names[200][16];
    struct awh_diag diag = {.err = AW_OK};
    size_t count = 0, before = 0;
    while (awh_prim_types()[before])
        before++;
    added[0] = *awh_prim_type_find("relu");
    assert_int_equal(awh_prim_type_add(&added[0], &diag), AW_ERR_EXISTS);
    added[0].name = "xnor_nin";
    assert_int_equal(awh_prim_type_add(&added[0], NULL), AW_ERR_EXISTS);
    for (; count < 200; count++) {
        snprintf(names[count], sizeof names[count], "a_%zu", 999 - count);
        added[count] = added[0];
        added[count].name = names[count];
        if (awh_prim_type_add(&added[count], NULL))
            break;
    }
    assert_in_range(count, 16, 199);
    assert_int_equal(awh_prim_type_add(&added[count], NULL), AW_ERR_NO_SPACE);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(awh_prim_type_find(names[i]), &added[i]);
        assert_ptr_equal(awh_prim_types()[before + i], &added[i]);
    }
    assert_int_equal(awh_prim_type_add(&added[1], NULL), AW_ERR_EXISTS);
    assert_null(awh_prim_type_find(names[count]));
    assert_non_null(awh_prim_type_find("conv_3x3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_registry),       cmocka_unit_test(test_from_yaml),
        cmocka_unit_test(test_compare),        cmocka_unit_test(test_make),
        cmocka_unit_test(test_make_divisible), cmocka_unit_test(test_add),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
