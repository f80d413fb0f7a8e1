/* What is written, read by protoc: both forms say the same, and every field has its number. */
#include "base/path.h"
#include "compilers/dpu/caffe_testing.h"
#include "compilers/dpu/fix.h"

#define FOLDER AWNAS_BINARY_DIR "/caffe_write_test.dir"
#define PROTO                                                                                      \
    "protoc -I " AWNAS_SOURCE_DIR "/host/compilers/dpu " AWNAS_SOURCE_DIR                          \
    "/host/compilers/dpu/caffe_fields.proto "

static void save(const char *name, const struct awh_str *text)
{
    char path[512];
    struct awh_diag diag = {.err = AW_OK};
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    if (awh_file_write(path, text->text, text->size, &diag))
        fail_msg("%s", diag.text);
}

static void run(const char *command)
{
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* Blobs are only in the binary form; without them the two must be equal. A field of another number
 * than in caffe_fields.proto would be printed as a number, or be missing. */
static void check(struct awh_arena *arena, const struct awh_caffe_net *net, const char *row)
{
    struct awh_str text, model;
    struct awh_diag diag = {.err = AW_OK};
    awh_str_init(&text);
    awh_str_init(&model);
    assert_int_equal(awh_caffe_prototxt(net, &text, &diag), AW_OK);
    assert_int_equal(awh_caffe_model(net, &model, &diag), AW_OK);
    save("net.prototxt", &text);
    save("net.caffemodel", &model);
    run(PROTO "--encode=caffe.NetParameter < " FOLDER "/net.prototxt > " FOLDER "/net.bin");
    run(PROTO "--decode=caffe.NetParameter < " FOLDER "/net.bin > " FOLDER "/text.txt");
    run(PROTO "--decode=caffe.NetParameter < " FOLDER "/net.caffemodel > " FOLDER "/model.txt");
    run("sed '/^  blobs {/,/^  }/d' " FOLDER "/model.txt > " FOLDER "/bare.txt");
    if (system("cmp " FOLDER "/text.txt " FOLDER "/bare.txt") != 0)
        fail_msg("%s: prototxt and caffemodel differ", row);
    char *decoded;
    size_t size, arrays = 0, numbers = 0;
    assert_int_equal(awh_file_read(arena, FOLDER "/model.txt", 1 << 26, &decoded, &size, &diag),
                     AW_OK);
    for (size_t i = 0; i < net->layer_count; i++)
        for (unsigned a = 0; a < net->layers[i].array_count; a++) {
            arrays++;
            numbers += net->layers[i].arrays[a].count;
        }
    assert_int_equal(count(decoded, "\n  blobs {\n"), arrays);
    assert_int_equal(count(decoded, "\n    data: "), numbers);
    assert_int_equal(count(decoded, "\nlayer {\n"), net->layer_count);
    for (const char *line = decoded; line; line = strchr(line + 1, '\n')) {
        const char *word = line + strspn(line, "\n ");
        if (*word >= '0' && *word <= '9')
            fail_msg("%s: a field that caffe.proto does not have: %.40s", row, word);
    }
    awh_str_release(&text);
    awh_str_release(&model);
}

static void test_protoc(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        struct caffe_shape shape;
    } rows[] = {
        {"mobilenet_v3_block", {8, 8, 8, 1}},   {"conv_7x1_1x7", {9, 8, 8, 1}},
        {"max_pool_3x3", {8, 8, 8, 2}},         {"avg_pool_3x3", {8, 8, 8, 1}},
        {"dense_block", {8, 8, 12, 1}},         {"skip_connect", {9, 8, 8, 2}},
        {"dil_conv_5x5", {9, 8, 8, 1}},         {"resnet_block_hardtanh", {8, 8, 8, 1}},
        {"resnet_block_sigmoid", {8, 8, 8, 1}}, {"tanh", {8, 8, 8, 1}},
    };
    if (system("protoc --version >/dev/null 2>&1") != 0) {
        print_message("no protoc: install protobuf-compiler (scripts/setup test)\n");
        skip();
    }
    enum aw_err err = awh_dir_remove(FOLDER, NULL);
    assert_true(err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO);
    assert_int_equal(awh_dir_make(FOLDER, NULL), AW_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct awh_net net = {.name = "a \"b\\\n", .count = 1};
        struct awh_arena arena;
        struct awh_prim prim;
        struct caffe_case it;
        struct awh_calib calib;
        struct awh_diag diag = {.err = AW_OK};
        awh_arena_init(&arena);
        caffe_prim(awh_prim_type_find(rows[i].type), &rows[i].shape, &prim);
        net.prims = &prim;
        if (!caffe_case_lower(&arena, &net, &it))
            fail_msg("%s does not lower", rows[i].type);
        for (int dialect = 0; dialect < 2; dialect++) {
            caffe_case_make(&it, (enum awh_caffe_dialect)dialect);
            check(&arena, &it.net, rows[i].type);
        }
        caffe_case_make(&it, AWH_CAFFE_XILINX);
        assert_int_equal(awh_calib_open(&arena, NULL, 3, &calib, &diag), AW_OK);
        assert_int_equal(awh_caffe_fold(&arena, &it.net, &diag), AW_OK);
        assert_int_equal(awh_fix(&arena, &it.net, &calib, 1, AWH_FIX_WEIGHT_MIN_DPU, &diag), AW_OK);
        check(&arena, &it.net, rows[i].type);
        awh_graph_release(&it.graph);
        awh_arena_release(&arena);
    }
    assert_int_equal(awh_dir_remove(FOLDER, NULL), AW_OK);
}

/* The text itself, once. */
static void test_prototxt(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_prim prim;
    struct caffe_case it;
    struct awh_str text;
    struct awh_diag diag = {.err = AW_OK};
    awh_arena_init(&arena);
    awh_str_init(&text);
    caffe_prim(awh_prim_type_find("conv_bn_relu_3x3"), &(struct caffe_shape){8, 3, 4, 2}, &prim);
    assert_true(
        caffe_case_lower(&arena, &(struct awh_net){.name = "7", .prims = &prim, .count = 1}, &it));
    caffe_case_make(&it, AWH_CAFFE_BVLC);
    assert_int_equal(awh_caffe_prototxt(&it.net, &text, &diag), AW_OK);
    assert_string_equal(text.text, "name: \"7\"\n"
                                   "layer {\n"
                                   "  name: \"blob1\"\n"
                                   "  type: \"Input\"\n"
                                   "  top: \"blob1\"\n"
                                   "  input_param {\n"
                                   "    shape {\n"
                                   "      dim: 1\n"
                                   "      dim: 3\n"
                                   "      dim: 8\n"
                                   "      dim: 8\n"
                                   "    }\n"
                                   "  }\n"
                                   "}\n"
                                   "layer {\n"
                                   "  name: \"7_conv_1\"\n"
                                   "  type: \"Convolution\"\n"
                                   "  bottom: \"blob1\"\n"
                                   "  top: \"conv_blob1\"\n"
                                   "  convolution_param {\n"
                                   "    num_output: 4\n"
                                   "    bias_term: false\n"
                                   "    pad: 1\n"
                                   "    kernel_size: 3\n"
                                   "    group: 1\n"
                                   "    stride: 2\n"
                                   "  }\n"
                                   "}\n"
                                   "layer {\n"
                                   "  name: \"7_batch_norm_1\"\n"
                                   "  type: \"BatchNorm\"\n"
                                   "  bottom: \"conv_blob1\"\n"
                                   "  top: \"batch_norm_blob1\"\n"
                                   "  batch_norm_param {\n"
                                   "    use_global_stats: true\n"
                                   "    eps: 9.99999975e-06\n"
                                   "  }\n"
                                   "}\n"
                                   "layer {\n"
                                   "  name: \"7_bn_scale_1\"\n"
                                   "  type: \"Scale\"\n"
                                   "  bottom: \"batch_norm_blob1\"\n"
                                   "  top: \"batch_norm_blob1\"\n"
                                   "  scale_param {\n"
                                   "    axis: 1\n"
                                   "    num_axes: 1\n"
                                   "    bias_term: true\n"
                                   "  }\n"
                                   "}\n"
                                   "layer {\n"
                                   "  name: \"7_relu_1\"\n"
                                   "  type: \"ReLU\"\n"
                                   "  bottom: \"batch_norm_blob1\"\n"
                                   "  top: \"relu_blob1\"\n"
                                   "}\n");
    awh_str_release(&text);
    awh_graph_release(&it.graph);
    awh_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protoc),
        cmocka_unit_test(test_prototxt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
