/* What is written, read by protoc: both forms say the same, and every field has its number. */
#include <glob.h>

#include "base/path.h"
#include "compilers/dpu/caffe_testing.h"
#include "compilers/dpu/fix.h"
#include "program/pbwire.h"

#define FOLDER "caffe_write_test.dir" /* where it is run: system/stock_nets runs it too */
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

/* Of something that begins with a new line. Not by strstr: a sanitized one measures all of the text
 * that is left at each call, and a model has some hundred thousand numbers. */
static size_t count(const char *text, const char *what)
{
    size_t n = 0, size = strlen(what);
    for (; (text = strchr(text, '\n')); text++)
        n += !strncmp(text, what, size);
    return n;
}

/* -- Caffe's own description ---------------------------------------------------------------------
 */

/* OpenCV's DNN module carries caffe.proto, as a FileDescriptorProto: this copies that to a file for
 * protoc. False when no library has it. */
#define PUBLIC_SET FOLDER "/public.set"
#define PUBLIC     "protoc --descriptor_set_in=" PUBLIC_SET " --decode=opencv_caffe.NetParameter "

static bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
        uint8_t byte = *(*at)++;
        *out |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* All of a FileDescriptorProto's fields, 1 to 12, are messages or texts. */
static size_t descriptor_size(const uint8_t *begin, const uint8_t *end)
{
    const uint8_t *whole = begin;
    for (const uint8_t *at = begin; at < end; whole = at) {
        uint64_t tag, size;
        if (!take_varint(&at, end, &tag) || (tag & 7) != 2 || tag >> 3 < 1 || tag >> 3 > 12 ||
            !take_varint(&at, end, &size) || size > (uint64_t)(end - at))
            break;
        at += size;
    }
    return (size_t)(whole - begin);
}

static bool write_public_set(struct awh_arena *arena)
{
    static const char mark[] = "\n\x12opencv-caffe.proto";
    glob_t libraries = {.gl_pathc = 0};
    bool found = false;
    if (glob("/usr/lib/*/libopencv_dnn.so.*", 0, NULL, &libraries) != 0)
        return false;
    for (size_t i = 0; i < libraries.gl_pathc && !found; i++) {
        struct awh_diag diag = {.err = AW_OK};
        struct awh_str set;
        char *bytes;
        size_t size;
        if (awh_file_read(arena, libraries.gl_pathv[i], 1 << 28, &bytes, &size, &diag) != AW_OK)
            continue;
        const uint8_t *begin = memmem(bytes, size, mark, sizeof mark - 1);
        if (begin == NULL)
            continue;
        size_t descriptor = descriptor_size(begin, (const uint8_t *)bytes + size);
        awh_str_init(&set);
        size_t message = awh_pb_begin(&set, 1);
        awh_str_append_n(&set, (const char *)begin, descriptor);
        awh_pb_end(&set, message);
        save("public.set", &set);
        awh_str_release(&set);
        found = true;
    }
    globfree(&libraries);
    return found;
}

static bool has_public_set;

/* -- Checks -------------------------------------------------------------------------------------
 */

static char *read_all(struct awh_arena *arena, const char *path)
{
    struct awh_diag diag = {.err = AW_OK};
    char *text;
    size_t size;
    if (awh_file_read(arena, path, 1 << 28, &text, &size, &diag))
        fail_msg("%s", diag.text);
    return text;
}

/* protoc prints a field that its description does not have as a number. */
static void fail_unknown_fields(const char *decoded, const char *row)
{
    for (const char *line = decoded; line; line = strchr(line + 1, '\n')) {
        const char *word = line + strspn(line, "\n ");
        if (*word >= '0' && *word <= '9')
            fail_msg("%s: a field that caffe.proto does not have: %.40s", row, word);
    }
}

/* Caffe's own description reads the same from it, but for Xilinx's field. */
static void check_public(struct awh_arena *arena, const char *row)
{
    if (!has_public_set)
        return;
    run(PUBLIC "< " FOLDER "/net.caffemodel | sed '/^  1100 {/,/^  }/d' > " FOLDER
               "/public_bare.txt && sed '/^  fixed_param {/,/^  }/d' " FOLDER "/model.txt > " FOLDER
               "/model_bare.txt");
    fail_unknown_fields(read_all(arena, FOLDER "/public_bare.txt"), row);
    if (system("cmp " FOLDER "/public_bare.txt " FOLDER "/model_bare.txt") != 0)
        fail_msg("%s: caffe_fields.proto is not Caffe's", row);
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
    run(PROTO "--encode=caffe.NetParameter < " FOLDER "/net.prototxt > " FOLDER "/net.bin && " PROTO
              "--decode=caffe.NetParameter < " FOLDER "/net.bin > " FOLDER "/text.txt && " PROTO
              "--decode=caffe.NetParameter < " FOLDER "/net.caffemodel > " FOLDER
              "/model.txt && sed '/^  blobs {/,/^  }/d' " FOLDER "/model.txt > " FOLDER
              "/bare.txt");
    if (system("cmp " FOLDER "/text.txt " FOLDER "/bare.txt") != 0)
        fail_msg("%s: prototxt and caffemodel differ", row);
    size_t arrays = 0, numbers = 0;
    const char *decoded = read_all(arena, FOLDER "/model.txt");
    for (size_t i = 0; i < net->layer_count; i++)
        for (unsigned a = 0; a < net->layers[i].array_count; a++) {
            arrays++;
            numbers += net->layers[i].arrays[a].count;
        }
    assert_int_equal(count(decoded, "\n  blobs {\n"), arrays);
    assert_int_equal(count(decoded, "\n    data: "), numbers);
    assert_int_equal(count(decoded, "\nlayer {\n"), net->layer_count);
    fail_unknown_fields(decoded, row);
    check_public(arena, row);
    awh_str_release(&text);
    awh_str_release(&model);
}

/* Both dialects, as made, folded, and with positions. */
static bool check_net(const struct awh_net *net, const char *row)
{
    struct awh_arena arena;
    struct caffe_case it;
    struct awh_calib calib;
    struct awh_diag diag = {.err = AW_OK};
    awh_arena_init(&arena);
    bool lowers = caffe_case_lower(&arena, net, &it);
    for (int dialect = 0; lowers && dialect < 2; dialect++) {
        caffe_case_make(&it, (enum awh_caffe_dialect)dialect);
        check(&arena, &it.net, row);
        assert_int_equal(awh_calib_open(&arena, NULL, 3, &calib, &diag), AW_OK);
        assert_int_equal(awh_caffe_fold(&arena, &it.net, &diag), AW_OK);
        assert_int_equal(awh_fix(&arena, &it.net, &calib, 1, AWH_FIX_WEIGHT_MIN_DPU, &diag), AW_OK);
        check(&arena, &it.net, row);
    }
    if (lowers)
        awh_graph_release(&it.graph);
    awh_arena_release(&arena);
    return lowers;
}

static void begin(void)
{
    struct awh_arena arena;
    if (system("protoc --version >/dev/null 2>&1") != 0) {
        print_message("no protoc: install protobuf-compiler (scripts/setup test)\n");
        skip();
    }
    enum aw_err err = awh_dir_remove(FOLDER, NULL);
    assert_true(err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO);
    assert_int_equal(awh_dir_make(FOLDER, NULL), AW_OK);
    awh_arena_init(&arena);
    has_public_set = write_public_set(&arena);
    awh_arena_release(&arena);
    if (!has_public_set)
        print_message(
            "no libopencv_dnn with caffe.proto in it (python3-opencv, scripts/setup test): "
            "only caffe_fields.proto is used\n");
}

/* Every family; `shapes` of those that suit it. */
static void check_families(unsigned shapes)
{
    unsigned nets = 0;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        unsigned found = 0;
        for (size_t s = 0; s < CAFFE_SHAPE_COUNT && found < shapes; s++) {
            struct awh_prim prim;
            caffe_prim(*type, &caffe_shapes[s], &prim);
            found += check_net(&(struct awh_net){.name = "0", .prims = &prim, .count = 1},
                               (*type)->name);
        }
        if (found == 0 && !caffe_has_no_layers(*type))
            fail_msg("%s: no shape suits it", (*type)->name);
        nets += found;
    }
    print_message("the models of %u nets are read%s\n", nets,
                  has_public_set ? ", by Caffe's own caffe.proto too" : "");
}

static void test_protoc(void **state)
{
    (void)state;
    struct awh_prim prim;
    begin();
    check_families(1);
    caffe_prim(awh_prim_type_find("tanh"), &(struct caffe_shape){8, 8, 8, 1}, &prim);
    assert_true(check_net(&(struct awh_net){.name = "a \"b\\\n", .prims = &prim, .count = 1},
                          "a name with marks"));
    assert_int_equal(awh_dir_remove(FOLDER, NULL), AW_OK);
}

/* Nets of the command line, as tests/system/stock_nets_test.sh has them. */
static char **net_paths;

static void test_given_nets(void **state)
{
    (void)state;
    size_t nets = 0;
    begin();
    for (char **path = net_paths; *path; path++, nets++) {
        struct awh_arena arena;
        struct awh_diag diag = {.err = AW_OK};
        struct awh_net net;
        awh_arena_init(&arena);
        if (awh_net_load(&arena, *path, &net, &diag))
            fail_msg("%s", diag.text);
        assert_true(check_net(&net, net.name));
        awh_arena_release(&arena);
    }
    print_message("the models of %zu nets are read%s\n", nets,
                  has_public_set ? ", by Caffe's own caffe.proto too" : "");
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

int main(int argc, char **argv)
{
    const struct CMUnitTest given[] = {cmocka_unit_test(test_given_nets)};
    net_paths = argv + 1;
    if (argc > 1)
        return cmocka_run_group_tests(given, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protoc),
        cmocka_unit_test(test_prototxt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
