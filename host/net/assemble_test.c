#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "net/assemble.h"

static struct awh_prim prim(int32_t size, int32_t c, int32_t c_out, int32_t stride)
{
    struct awh_prim made;
    struct awh_diag diag = {.err = AW_OK};
    const struct awh_param params[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = "relu"}},
        {"expansion", {.kind = AWH_VALUE_INT, .integer = 2}},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 3}},
    };
    assert_int_equal(awh_prim_make("mobilenet_v2_block", size, c, c_out, stride,
                                   (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = true},
                                   params, 3, &made, &diag),
                     AW_OK);
    return made;
}

/* "conv_3x3:64,3>8/2 ...|...": nets as text. */
static void describe(const struct awh_net_list *nets, char *text, size_t capacity)
{
    *text = 0;
    for (size_t i = 0; i < nets->count; i++) {
        struct awh_net net;
        awh_net_list_get(nets, i, &net);
        for (size_t k = 0; k < net.count; k++) {
            const struct awh_prim *p = &net.prims[k];
            size_t used = strlen(text);
            const char *kind = !strcmp(p->type->name, "conv_3x3")   ? "stem"
                               : !strcmp(p->type->name, "conv_1x1") ? "glue"
                                                                    : "block";
            snprintf(text + used, capacity - used, "%s%s%d:%d>%d/%d",
                     k   ? " "
                     : i ? " | "
                         : "",
                     kind, (int)p->spatial_size, (int)p->c, (int)p->c_out, (int)p->stride);
        }
    }
}

static const struct row {
    const char *name;
    struct {
        int32_t size, c, c_out, stride;
    } prims[6];
    size_t count;
    struct awh_assemble_cfg cfg;
    const char *nets;
} rows[] = {
    {"a chain needs no glue",
     {{32, 8, 16, 2}, {16, 16, 24, 1}, {16, 24, 24, 1}},
     3,
     {64, 20, 0, true},
     "stem64:3>8/2 block32:8>16/2 block16:16>24/1 block16:24>24/1"},
    {"without stem",
     {{32, 8, 16, 2}, {16, 16, 24, 1}},
     2,
     {64, 20, 0, false},
     "block32:8>16/2 block16:16>24/1"},
    {"C 3 is left out",
     {{64, 3, 8, 2}, {32, 8, 8, 1}},
     2,
     {64, 20, 0, true},
     "stem64:3>8/2 block32:8>8/1"},
    {"glue changes the channels",
     {{32, 8, 16, 2}, {16, 40, 24, 1}},
     2,
     {64, 20, 0, true},
     "stem64:3>8/2 block32:8>16/2 glue16:16>40/1 block16:40>24/1"},
    {"glue of ratio 8",
     {{4, 8, 16, 2}},
     1,
     {64, 20, 0, true},
     "stem64:3>8/2 glue32:8>8/2 glue16:8>8/2 glue8:8>8/2 block4:8>16/2"},
    {"half to even", {{2, 8, 16, 2}}, 1, {9, 20, 0, true}, "stem9:3>8/2 glue4:8>8/2 block2:8>16/2"},
    {"max_layers does not count stem and glue",
     {{8, 8, 8, 1}, {8, 16, 8, 1}, {8, 24, 8, 1}},
     3,
     {16, 2, 0, true},
     "stem16:3>8/2 block8:8>8/1 glue8:8>16/1 block8:16>8/1 | stem16:3>24/2 block8:24>8/1"},
    {"num_sample stops",
     {{8, 8, 8, 1}, {8, 16, 8, 1}},
     2,
     {16, 1, 1, true},
     "stem16:3>8/2 block8:8>8/1"},
    {"strides are tried in ascending order",
     {{8, 8, 8, 2}, {8, 8, 8, 1}},
     2,
     {16, 20, 0, true},
     "stem16:3>8/2 block8:8>8/1 block8:8>8/2"},
    {"nothing to place", {{64, 3, 8, 2}}, 1, {64, 20, 0, true}, ""},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct awh_prim prims[6];
        struct awh_net_list nets = {.prims = NULL};
        struct awh_diag diag = {.err = AW_OK};
        char text[1024];
        print_message("row %s\n", rows[i].name);
        for (size_t k = 0; k < rows[i].count; k++)
            prims[k] = prim(rows[i].prims[k].size, rows[i].prims[k].c, rows[i].prims[k].c_out,
                            rows[i].prims[k].stride);
        assert_int_equal(awh_assemble(prims, rows[i].count, &rows[i].cfg, &nets, &diag), AW_OK);
        describe(&nets, text, sizeof text);
        assert_string_equal(text, rows[i].nets);
        awh_net_list_release(&nets);
    }
}

static void test_unplaced(void **state)
{
    (void)state;
    struct awh_prim prims[] = {prim(113, 8, 8, 1), prim(112, 16, 16, 1), prim(114, 24, 8, 1),
                               prim(113, 32, 8, 1), prim(113, 40, 8, 1)};
    const struct awh_assemble_cfg cfg = {225, 20, 0, true};
    struct awh_net_list nets = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    assert_int_equal(awh_assemble(prims, 5, &cfg, &nets, &diag), AW_ERR_RANGE);
    assert_int_equal(nets.count, 1); /* what could be made stays */
    assert_int_equal(nets.prim_count, nets.ends[0]);
    assert_string_equal(
        diag.text, "4 of 5 primitives fit into no net, as their spatial_size is above 112, half of "
                   "profiling_net_cfg.image_size 225: mobilenet_v2_block 113 8 8 1 true "
                   "activation=relu expansion=2 "
                   "kernel_size=3; mobilenet_v2_block 114 24 8 1 true activation=relu expansion=2 "
                   "kernel_size=3; "
                   "mobilenet_v2_block 113 32 8 1 true activation=relu expansion=2 kernel_size=3; "
                   "...; an image_size "
                   "of 228 would do");
    awh_net_list_release(&nets);
}

struct warnings {
    unsigned count;
    char last[1024];
};

static void take_warning(void *context, const char *text)
{
    struct warnings *warnings = context;
    warnings->count++;
    snprintf(warnings->last, sizeof warnings->last, "%s", text);
}

static void test_check_sizes(void **state)
{
    (void)state;
    struct warnings warnings = {.count = 0};
    struct awh_diag diag = {.err = AW_OK, .warn = take_warning, .warn_context = &warnings};
    struct awh_net_list nets = {.prims = NULL};
    const struct awh_assemble_cfg cfg = {64, 20, 0, true};
    struct awh_prim fits[] = {prim(4, 8, 8, 1)}, off[] = {prim(10, 8, 8, 1)};
    assert_int_equal(awh_assemble(fits, 1, &cfg, &nets, &diag), AW_OK);
    awh_net_list_check_sizes(&nets, NULL, 0, &diag);
    assert_int_equal(warnings.count, 0);
    assert_int_equal(awh_assemble(off, 1, &cfg, &nets, &diag), AW_OK); /* 32 to 10: 16 */
    awh_net_list_check_sizes(&nets, NULL, 0, &diag);
    assert_int_equal(warnings.count, 1);
    assert_non_null(strstr(warnings.last, "net 1, primitive 2"));
    assert_non_null(strstr(warnings.last, "runs on 16x16"));
    awh_net_list_check_sizes(&nets, fits, 1, &diag); /* the misplaced one was not asked for */
    assert_int_equal(warnings.count, 1);
    awh_net_list_check_sizes(&nets, off, 1, &diag);
    assert_int_equal(warnings.count, 2);
    awh_net_list_release(&nets);
}

/* Would take hours if candidates were searched one by one. */
static void test_many(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct awh_prim *prims = calloc(N, sizeof *prims);
    const struct awh_assemble_cfg cfg = {1024, 20, 0, true};
    struct awh_net_list nets = {.prims = NULL};
    struct awh_diag diag = {.err = AW_OK};
    struct awh_prim base = prim(1, 8, 8, 1);
    size_t placed = 0;
    assert_non_null(prims);
    for (int i = 0; i < N; i++) {
        prims[i] = base;
        prims[i].spatial_size = 1 + i % 512;
        prims[i].c = 8 + 8 * (i / 512 % 97);
        prims[i].c_out = 8 + 8 * (i % 89);
        prims[i].stride = 1 + i % 2;
    }
    clock_t begin = clock();
    assert_int_equal(awh_assemble(prims, N, &cfg, &nets, &diag), AW_OK);
    double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    for (size_t i = 0; i < nets.prim_count; i++)
        placed += nets.prims[i].type == base.type;
    assert_int_equal(placed, N);
    print_message("%d primitives, %zu nets: %.2f s of CPU\n", N, nets.count, seconds);
    assert_true(seconds < 20); /* generous: sanitizers, busy machines */
    awh_net_list_release(&nets);
    free(prims);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_unplaced),
        cmocka_unit_test(test_check_sizes),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
