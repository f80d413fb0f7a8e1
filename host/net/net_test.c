#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "net/net.h"

static char directory[] = "/tmp/awnas-net-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return awh_dir_remove(directory, NULL);
}

static enum aw_err load(struct awh_arena *arena, const char *file, const char *text,
                        struct awh_net *net, struct awh_diag *diag)
{
    char *path = awh_path_join(arena, directory, file);
    assert_int_equal(awh_file_write(path, text, strlen(text), diag), AW_OK);
    return awh_net_load(arena, path, net, diag);
}

#define STEM  "{prim_type: conv_3x3, spatial_size: 9, C: 3, C_out: 8, stride: 2, affine: true}"
#define GLUE  "{prim_type: conv_1x1, spatial_size: 5, C: 8, C_out: 16, stride: 2, affine: true}"
#define GLUE3 "{prim_type: conv_1x1, spatial_size: 5, C: 3, C_out: 16, stride: 2, affine: true}"

#define IMAGE                                                                                      \
    "{prim_type: imagenet_stem0, spatial_size: 3, C: 16, C_out: 8, stride: 1, affine: true}"

static void test_load_and_lower(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "final_model_cfg: {genotypes: [" STEM ", " GLUE "]}",
        /* aw_nas's string form */
        "final_model_cfg:\n"
        "  genotypes: \"[{'prim_type': 'conv_3x3', 'spatial_size': 9, 'C': 3, 'C_out': 8, "
        "'stride': "
        "2, 'affine': True}, {'prim_type': 'conv_1x1', 'spatial_size': 5, 'C': 8, 'C_out': 16, "
        "'stride': 2, 'affine': None}]\"\n",
    };
    for (size_t i = 0; i < 2; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_net net;
        struct awh_graph graph;
        awh_arena_init(&arena);
        assert_int_equal(load(&arena, "12.yaml", texts[i], &net, &diag), AW_OK);
        assert_string_equal(net.name, "12");
        assert_int_equal(net.count, 2);
        assert_int_equal(awh_net_lower(&net, &graph, &diag), AW_OK);
        assert_int_equal(graph.node_count, 2);
        assert_string_equal(graph.nodes[1].name, "12_conv_2");
        assert_int_equal(graph.nodes[1].prim, 1);
        assert_int_equal(graph.tensors[graph.output].h, 3);
        assert_int_equal(graph.tensors[graph.output].c, 16);
        awh_graph_release(&graph);
        awh_arena_release(&arena);
    }
}

static const struct row {
    const char *name, *file, *text, *why;
} bad_files[] = {
    {"no section", "0.yaml", "a: 1", "final_model_cfg"},
    {"no list", "0.yaml", "final_model_cfg: {a: 1}", "final_model_cfg: lacks 'genotypes'"},
    {"empty list", "0.yaml", "final_model_cfg: {genotypes: []}", "expected a list of at least one"},
    {"null list", "0.yaml", "final_model_cfg: {genotypes: null}",
     "expected a list of at least one"},
    {"bad primitive", "0.yaml", "final_model_cfg: {genotypes: [" STEM ", {prim_type: 3}]}",
     "genotypes[1].prim_type"},
    {"bad text", "0.yaml", "final_model_cfg: {genotypes: '[{'}",
     "0.yaml:1: final_model_cfg.genotypes"},
    {"a text that calls", "0.yaml", "final_model_cfg: {genotypes: '[open(1)]'}",
     "0.yaml:1: final_model_cfg.genotypes"},
    {"long name", "a-name-that-is-longer-than-thirty-nine-bytes.yaml", "a: 1", "a net's file name"},
};

static void test_bad_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_net net;
        print_message("row %s\n", bad_files[i].name);
        awh_arena_init(&arena);
        assert_true(load(&arena, bad_files[i].file, bad_files[i].text, &net, &diag) < 0);
        if (!strstr(diag.text, bad_files[i].why))
            fail_msg("message: %s", diag.text);
        awh_arena_release(&arena);
    }
}

static void test_lower_faults(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_net net;
    struct awh_graph graph;
    awh_arena_init(&arena);
    assert_int_equal(
        load(&arena, "3.yaml", "final_model_cfg: {genotypes: [" STEM ", " GLUE3 "]}", &net, &diag),
        AW_OK);
    assert_int_equal(awh_net_lower(&net, &graph, &diag), AW_ERR_RANGE);
    assert_string_equal(diag.text, "net 3: primitive 1 (conv_1x1 5 3 16 2 true): its C is 3 "
                                   "channels, but its input has 8");
    diag = (struct awh_diag){.err = AW_OK};
    assert_int_equal(
        load(&arena, "4.yaml", "final_model_cfg: {genotypes: [" GLUE ", " IMAGE "]}", &net, &diag),
        AW_OK);
    assert_int_equal(awh_net_lower(&net, &graph, &diag), AW_ERR_RANGE);
    assert_string_equal(diag.text,
                        "net 4: primitive 1 (imagenet_stem0 3 16 8 1 true): what it takes is 3 "
                        "channels, but its input has 16");
    diag = (struct awh_diag){.err = AW_OK};
    net.count = 0;
    assert_int_equal(awh_net_lower(&net, &graph, &diag), AW_ERR_ARG);
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_and_lower),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_lower_faults),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
