/* What we export, in an importer and engine that are not ours: OpenCV's DNN module. */
#include "base/path.h"
#include "compilers/dpu/caffe_testing.h"
#include "net/net.h"

#define SCRIPT AWNAS_SOURCE_DIR "/host/compilers/dpu/opencv_forward.py"
#define FOLDER AWNAS_BINARY_DIR "/opencv_test.nets"

/* Debian's interpreter first: another one may come before it in PATH and have no module. */
static const char *python(void)
{
    static const char *const names[] = {"/usr/bin/python3", "python3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char command[128];
        snprintf(command, sizeof command, "%s -c 'import cv2' 2>/dev/null", names[i]);
        if (system(command) == 0)
            return names[i];
    }
    print_message("no python3 with OpenCV: install python3-opencv (scripts/setup test)\n");
    skip();
    return NULL;
}

/* Nets that wait for OpenCV, and what they must give. */
struct batch {
    struct awh_arena arena;
    struct awh_str paths;
    struct pending {
        char row[128];
        float *expected;
        size_t count;
    } items[2048];
    size_t count;
};

static void save(const char *path, const char *suffix, const void *bytes, size_t size)
{
    char name[512];
    struct awh_diag diag = {.err = AW_OK};
    snprintf(name, sizeof name, "%s.%s", path, suffix);
    if (awh_file_write(name, bytes, size, &diag))
        fail_msg("%s", diag.text);
}

static void add_case(struct batch *batch, const struct caffe_case *it, const char *row)
{
    char path[256];
    struct awh_str text, model;
    struct awh_diag diag = {.err = AW_OK};
    awh_str_init(&text);
    awh_str_init(&model);
    assert_true(batch->count < sizeof batch->items / sizeof batch->items[0]);
    snprintf(path, sizeof path, "%s/%zu", FOLDER, batch->count);
    if (awh_caffe_prototxt(&it->net, &text, &diag) || awh_caffe_model(&it->net, &model, &diag))
        fail_msg("%s", diag.text);
    save(path, "prototxt", text.text, text.size);
    save(path, "caffemodel", model.text, model.size);
    save(path, "input", it->input, it->in_count * sizeof(float));
    struct pending *pending = &batch->items[batch->count++];
    snprintf(pending->row, sizeof pending->row, "%s", row);
    pending->expected = it->expected;
    pending->count = it->out_count;
    awh_str_printf(&batch->paths, "%s\n", path);
    awh_str_release(&text);
    awh_str_release(&model);
}

/* Both dialects, as made and folded. Xilinx's fixed_param is not written here: OpenCV's text parser
 * refuses unknown fields. */
static void add_net(struct batch *batch, const struct awh_net *net, const char *name)
{
    static const char *const dialects[] = {"xilinx", "bvlc"};
    struct caffe_case it;
    if (!caffe_case_lower(&batch->arena, net, &it))
        return;
    for (int dialect = 0; dialect < 2; dialect++) {
        char row[96];
        struct awh_diag diag = {.err = AW_OK};
        snprintf(row, sizeof row, "%s, %s", name, dialects[dialect]);
        caffe_case_make(&it, (enum awh_caffe_dialect)dialect);
        add_case(batch, &it, row);
        assert_int_equal(awh_caffe_fold(&batch->arena, &it.net, &diag), AW_OK);
        strcat(row, ", folded");
        add_case(batch, &it, row);
    }
    awh_graph_release(&it.graph);
}

static void run(struct batch *batch, const char *interpreter)
{
    char command[1024];
    save(FOLDER "/list", "txt", batch->paths.text, batch->paths.size);
    snprintf(command, sizeof command, "%s " SCRIPT " " FOLDER "/list.txt", interpreter);
    assert_int_equal(system(command), 0);
    double largest = 0;
    for (size_t i = 0; i < batch->count; i++) {
        const struct pending *pending = &batch->items[i];
        struct awh_diag diag = {.err = AW_OK};
        char path[256], *bytes;
        size_t size;
        snprintf(path, sizeof path, "%s/%zu.output", FOLDER, i);
        if (awh_file_read(&batch->arena, path, 1 << 28, &bytes, &size, &diag))
            fail_msg("%s", diag.text);
        if (size != pending->count * sizeof(float))
            fail_msg("%s: output of %zu bytes", pending->row, size);
        float *values = awh_arena_array(&batch->arena, pending->count, sizeof *values);
        assert_non_null(values);
        memcpy(values, bytes, size);
        double error = caffe_error(values, pending->expected, pending->count);
        if (!(error < 1e-4))
            fail_msg("net %zu, %s: off by %g", i, pending->row, error);
        largest = error > largest ? error : largest;
    }
    print_message("%zu nets agree, the largest error is %.1e\n", batch->count, largest);
}

static struct batch *begin(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    assert_non_null(batch);
    awh_arena_init(&batch->arena);
    awh_str_init(&batch->paths);
    enum aw_err err = awh_dir_remove(FOLDER, NULL);
    assert_true(err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO);
    assert_int_equal(awh_dir_make(FOLDER, NULL), AW_OK);
    return batch;
}

static void end(struct batch *batch)
{
    assert_int_equal(awh_dir_remove(FOLDER, NULL), AW_OK);
    awh_str_release(&batch->paths);
    awh_arena_release(&batch->arena);
    free(batch);
}

static void test_primitives(void **state)
{
    (void)state;
    const char *interpreter = python();
    struct batch *batch = begin();
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        size_t before = batch->count;
        for (size_t s = 0; s < CAFFE_SHAPE_COUNT && batch->count < before + 8; s++) {
            struct awh_prim prim;
            char name[64];
            caffe_prim(*type, &caffe_shapes[s], &prim);
            snprintf(name, sizeof name, "%s, shape %zu", (*type)->name, s);
            add_net(batch, &(struct awh_net){.name = "0", .prims = &prim, .count = 1}, name);
        }
        if (batch->count == before && !caffe_has_no_layers(*type))
            fail_msg("%s: no shape suits it", (*type)->name);
    }
    run(batch, interpreter);
    end(batch);
}

/* A mobile net of the size that search spaces have, at half of the usual resolution. */
static void test_stock_net(void **state)
{
    (void)state;
    static const struct {
        int32_t size, c, c_out, stride, expansion, kernel;
        const char *act;
        bool se;
    } rows[] = {
        {112, 3, 16, 2, 0, 0, NULL, false},      {56, 16, 16, 1, 1, 3, "relu", false},
        {56, 16, 24, 2, 4, 3, "relu", false},    {28, 24, 24, 1, 3, 3, "relu", false},
        {28, 24, 40, 2, 3, 5, "relu", true},     {14, 40, 40, 1, 3, 5, "relu", true},
        {14, 40, 80, 2, 6, 3, "h_swish", false}, {7, 80, 80, 1, 4, 3, "h_swish", false},
        {7, 80, 112, 1, 6, 3, "h_swish", true},  {7, 112, 112, 1, 6, 7, "h_swish", true},
        {7, 112, 160, 2, 6, 5, "h_swish", true}, {4, 160, 160, 1, 6, 5, "h_swish", true},
        {4, 160, 160, 1, 6, 5, "h_swish", true},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    const char *interpreter = python();
    struct batch *batch = begin();
    struct awh_prim prims[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        struct awh_diag diag = {.err = AW_OK};
        struct awh_param params[] = {
            {"activation", {.kind = AWH_VALUE_STR, .text = rows[i].act ? rows[i].act : "h_swish"}},
            {"expansion", {.kind = AWH_VALUE_INT, .integer = rows[i].expansion}},
            {"kernel_size", {.kind = AWH_VALUE_INT, .integer = rows[i].kernel}},
            {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = rows[i].se}},
        };
        struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
        if (awh_prim_make(rows[i].act ? "mobilenet_v3_block" : "conv_3x3", rows[i].size, rows[i].c,
                          rows[i].c_out, rows[i].stride, affine, params, rows[i].act ? 4 : 0,
                          &prims[i], &diag))
            fail_msg("%s", diag.text);
    }
    add_net(batch, &(struct awh_net){.name = "0", .prims = prims, .count = COUNT}, "stock");
    assert_int_equal(batch->count, 4);
    run(batch, interpreter);
    end(batch);
}

/* Nets of the command line, as tests/system/stock_nets_test.sh has them. */
static char **net_paths;

static void test_given_nets(void **state)
{
    (void)state;
    const char *interpreter = python();
    for (char **path = net_paths; *path; path++) {
        struct batch *batch = begin();
        struct awh_diag diag = {.err = AW_OK};
        struct awh_net net;
        if (awh_net_load(&batch->arena, *path, &net, &diag))
            fail_msg("%s", diag.text);
        print_message("%s: ", net.name);
        add_net(batch, &net, net.name);
        assert_int_equal(batch->count, 4);
        run(batch, interpreter);
        end(batch);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest given[] = {cmocka_unit_test(test_given_nets)};
    net_paths = argv + 1;
    if (argc > 1)
        return cmocka_run_group_tests(given, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
        cmocka_unit_test(test_stock_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
