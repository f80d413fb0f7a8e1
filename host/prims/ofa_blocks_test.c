#include "prims/testing.h"

#define TEXT(t)   ((struct awh_value){.kind = AWH_VALUE_STR, .text = (t)})
#define INT(i)    ((struct awh_value){.kind = AWH_VALUE_INT, .integer = (i)})
#define REAL(r)   ((struct awh_value){.kind = AWH_VALUE_FLOAT, .real = (r)})
#define BOOL(b)   ((struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = (b)})
#define NOTHING() ((struct awh_value){.kind = AWH_VALUE_NULL})

static enum aw_err make(struct awh_prim *prim, const char *type, int32_t c, int32_t c_out,
                        int32_t stride, struct awh_value act, struct awh_value expansion,
                        struct awh_value kernel, struct awh_value use_se, struct awh_diag *diag)
{
    struct awh_param params[] = {
        {"use_se", use_se}, {"activation", act}, {"kernel_size", kernel}, {"expansion", expansion}};
    return awh_prim_make(type, 14, c, c_out, stride, BOOL(true), params, 4, prim, diag);
}

static const struct row {
    const char *name, *type;
    int32_t c, c_out, stride;
    struct awh_value act, expansion, kernel, use_se;
    const char *layers; /* NULL: refused with `why` */
    const char *why;
} rows[] = {
    {"v2 expands and adds", "mobilenet_v2_block", 16, 16, 1, TEXT("relu6"), INT(6), INT(5),
     NOTHING(), "c96k1s1 bn! relu6 c96k5s1g96 bn! relu6 c16k1s1 bn! add@8,0", NULL},
    {"v2 of stride 2 does not add", "mobilenet_v2_block", 16, 16, 2, TEXT("relu"), INT(2), INT(3),
     NOTHING(), "c32k1s1 bn! relu c32k3s2g32 bn! relu c16k1s1 bn!", NULL},
    {"expansion 1.0 has no first convolution", "mobilenet_v2_block", 16, 24, 1, TEXT("relu"),
     REAL(1.0), INT(3), NOTHING(), "c16k3s1g16 bn! relu c24k1s1 bn!", NULL},
    {"a fractional expansion", "mobilenet_v2_block", 16, 24, 1, TEXT("tanh"), REAL(2.5), INT(3),
     NOTHING(), "c40k1s1 bn! tanh c40k3s1g40 bn! tanh c24k1s1 bn!", NULL},
    {"v3 with SE", "mobilenet_v3_block", 16, 24, 1, TEXT("h_swish"), INT(6), INT(3), BOOL(true),
     "c96k1s1 bn! h_swish c96k3s1g96 bn! h_swish gap c24k1s1+b relu c96k1s1+b h_sigmoid mul@6,11 "
     "c24k1s1 bn!",
     NULL},
    {"v3 without SE", "mobilenet_v3_block", 16, 24, 1, TEXT("relu"), INT(1), INT(3), INT(0),
     "c16k3s1g16 bn! relu c24k1s1 bn!", NULL},
    {"fused keeps its convolution at expansion 1", "fused_conv_block", 16, 16, 1, TEXT("relu"),
     INT(1), INT(3), NOTHING(), "c16k3s1 bn! relu c16k1s1 bn! add@5,0", NULL},
    {"fused with C that is no multiple of 8", "fused_conv_block", 12, 16, 1, TEXT("relu"), INT(1),
     INT(3), NOTHING(), "c16k3s1 bn! relu c16k1s1 bn!", NULL},
    {"identity activation", "fused_conv_block", 8, 16, 2, TEXT("identity"), INT(1), INT(3),
     NOTHING(), "c8k3s2 bn! c16k1s1 bn!", NULL},
    {"expansion 1, C 12", "mobilenet_v2_block", 12, 16, 1, TEXT("relu"), INT(1), INT(3), NOTHING(),
     NULL, "C must be a multiple of 8"},
    {"unknown activation", "mobilenet_v2_block", 16, 16, 1, TEXT("gelu"), INT(6), INT(3), NOTHING(),
     NULL, "activation must be one of"},
    {"activation none", "mobilenet_v2_block", 16, 16, 1, TEXT("none"), INT(6), INT(3), NOTHING(),
     NULL, "activation must be one of"},
    {"kernel 0", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"), INT(6), INT(0), NOTHING(), NULL,
     "kernel_size must be"},
    {"kernel 2.5", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"), INT(6), REAL(2.5), NOTHING(),
     NULL, "kernel_size must be"},
    {"kernel as text", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"), INT(6), TEXT("3"), NOTHING(),
     NULL, "kernel_size must be"},
    {"expansion 0", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"), INT(0), INT(3), NOTHING(), NULL,
     "expansion must be"},
    {"huge expansion", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"), INT(5000), INT(3), NOTHING(),
     NULL, "expansion must be"},
    {"an even kernel does not fit the shortcut", "mobilenet_v2_block", 16, 16, 1, TEXT("relu"),
     INT(2), INT(2), NOTHING(), NULL, "add_1: inputs 15x15x16 and 14x14x16"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct awh_diag diag = {.err = AW_OK};
        struct awh_graph graph;
        struct awh_prim prim;
        char text[512];
        int out = -1;
        print_message("row %s\n", row->name);
        assert_int_equal(make(&prim, row->type, row->c, row->c_out, row->stride, row->act,
                              row->expansion, row->kernel, row->use_se, &diag),
                         AW_OK);
        assert_int_equal(awh_graph_init(&graph, "n", 14, 14, row->c, &diag), AW_OK);
        enum aw_err err = prim.type->lower(&graph, &prim, graph.input, &out, &diag);
        if (row->layers) {
            assert_int_equal(err, AW_OK);
            describe_layers(&graph, text, sizeof text);
            assert_string_equal(text, row->layers);
            assert_int_equal(graph.tensors[out].h, 14 / row->stride);
            assert_int_equal(graph.tensors[out].c, row->c_out);
        } else {
            assert_int_equal(err, AW_ERR_RANGE);
            assert_non_null(strstr(diag.text, row->why));
        }
        awh_graph_release(&graph);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
