#include "compilers/dpu/caffe_testing.h"
#include "compilers/dpu/fix.h"

static void test_position(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        float values[4];
        enum awh_fix_rounding rounding;
        int pos;
    } rows[] = {
        /* floor(log2(127.5 / 1)) = 6, where 1 is 64; at 7 it would be cut to 127. */
        {"one", {1, 0, 0, 0}, AWH_FIX_HALF_AWAY, 6},
        /* -128 / 128 just fits. */
        {"minus one", {-1, 0, 0, 0}, AWH_FIX_HALF_AWAY, 7},
        {"fine values win over one that is cut", {1, 0.00390625f, 0, 0}, AWH_FIX_HALF_AWAY, 6},
        {"equal errors: the coarsest", {0.5f, 0.25f, 0, 0}, AWH_FIX_HALF_UP, 7},
        {"large", {1000, -1000, 0, 0}, AWH_FIX_HALF_UP, -3},
        {"small", {0.001f, 0, 0, 0}, AWH_FIX_HALF_AWAY, 16},
        {"zeros", {0, 0, 0, 0}, AWH_FIX_HALF_UP, INT16_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int pos = awh_fix_position(rows[i].values, 4, rows[i].rounding);
        if (pos != rows[i].pos)
            fail_msg("%s: %d", rows[i].name, pos);
    }
}

/* By the words of the rule: five candidates from the position at which nothing overflows. Where the
 * largest value fills little more than half of the codes, a finer one is worth the cut. */
static void test_position_of_seeded_values(void **state)
{
    (void)state;
    enum { COUNT = 257 };
    float values[COUNT], fixed[COUNT];
    struct awh_diag diag = {.err = AW_OK};
    int finer = 0;
    for (uint32_t seed = 0; seed < 40; seed++) {
        assert_int_equal(awh_float_input(seed, COUNT, values, &diag), AW_OK);
        double min = 0, max = 0, least = INFINITY;
        for (int i = 0; i < COUNT; i++) {
            values[i] *= 1 + (float)seed / 40;
            min = fmin(min, (double)values[i]);
            max = fmax(max, (double)values[i]);
        }
        int start = (int)floor(log2(1 / fmax(min / -128.5, max / 127.5))), best = start;
        for (int pos = start; pos < start + 5; pos++) {
            double error = 0;
            memcpy(fixed, values, sizeof fixed);
            awh_fix_round(fixed, COUNT, pos, AWH_FIX_HALF_UP);
            for (int i = 0; i < COUNT; i++)
                error += pow((double)fixed[i] - (double)values[i], 2);
            if (error < least) {
                least = error;
                best = pos;
            }
        }
        assert_int_equal(awh_fix_position(values, COUNT, AWH_FIX_HALF_UP), best);
        finer += best > start;
    }
    assert_true(finer > 0);
}

static void test_round(void **state)
{
    (void)state;
    static const float values[] = {0.25f, -0.25f, 0.75f, -0.75f, 0.26f, 100, -100};
    static const float away[] = {0.5f, -0.5f, 1, -1, 0.5f, 63.5f, -64};
    static const float up[] = {0.5f, 0, 1, -0.5f, 0.5f, 63.5f, -64};
    enum { COUNT = sizeof values / sizeof values[0] };
    float got[COUNT];
    memcpy(got, values, sizeof got);
    awh_fix_round(got, COUNT, 1, AWH_FIX_HALF_AWAY);
    for (int i = 0; i < COUNT; i++)
        assert_true(got[i] == away[i]);
    memcpy(got, values, sizeof got);
    awh_fix_round(got, COUNT, 1, AWH_FIX_HALF_UP);
    for (int i = 0; i < COUNT; i++)
        assert_true(got[i] == up[i]);
    awh_fix_round(got, COUNT, INT16_MAX, AWH_FIX_HALF_UP);
    for (int i = 0; i < COUNT; i++)
        assert_true(got[i] == up[i]);
}

/* A net that has everything: convolutions with and without relu, a sum, a gate, a concatenation. */
static void make_net(struct awh_arena *arena, struct caffe_case *it, enum awh_caffe_dialect dialect)
{
    static const struct {
        const char *type;
        struct caffe_shape shape;
    } rows[] = {
        {"conv_3x3", {16, 3, 8, 2}},
        {"mobilenet_v3_block", {8, 8, 8, 1}},
        {"resnet_block", {8, 8, 8, 1}},
        {"dense_block", {8, 8, 12, 1}},
    };
    enum { COUNT = sizeof rows / sizeof rows[0] };
    struct awh_prim prims[COUNT];
    for (int i = 0; i < COUNT; i++)
        caffe_prim(awh_prim_type_find(rows[i].type), &rows[i].shape, &prims[i]);
    struct awh_net net = {.name = "n", .prims = prims, .count = COUNT};
    assert_true(caffe_case_lower(arena, &net, it));
    caffe_case_make(it, dialect);
}

static const struct awh_caffe_layer *maker(const struct awh_caffe_net *net, int blob)
{
    for (size_t i = 0; i < net->layer_count; i++)
        if (net->layers[i].top == blob)
            return &net->layers[i];
    fail_msg("nothing makes blob %d", blob);
    return NULL;
}

static unsigned input_count(const struct awh_caffe_layer *layer)
{
    return (layer->bottoms[0] >= 0 ? 1u : 0u) + (layer->bottoms[1] >= 0 ? 1u : 0u);
}

static int out_pos(const struct awh_caffe_layer *layer)
{
    unsigned inputs = input_count(layer);
    return layer->fix_info[2 * inputs + 1];
}

static void check_codes(const struct awh_caffe_array *array, int pos)
{
    if (pos == INT16_MAX)
        return;
    for (size_t i = 0; i < array->count; i++) {
        double code = ldexp((double)array->data[i], pos);
        assert_true(code == round(code) && code >= -128 && code <= 127);
    }
}

static void check_layer(const struct awh_caffe_net *net, const struct awh_caffe_layer *layer)
{
    unsigned inputs = input_count(layer);
    bool conv = layer->type == AWH_CAFFE_CONVOLUTION;
    assert_int_equal(layer->fix_count, 2 * (inputs + 1 + (conv ? layer->array_count : 0)));
    for (unsigned k = 0; k < layer->fix_count; k += 2)
        assert_int_equal(layer->fix_info[k], 8);
    for (unsigned b = 0; b < inputs; b++) {
        int pos = layer->fix_info[2 * b + 1];
        assert_int_equal(pos, out_pos(maker(net, layer->bottoms[b])));
        if (layer->type == AWH_CAFFE_CONCAT)
            assert_true(out_pos(layer) <= pos);
    }
    for (unsigned a = 0; conv && a < layer->array_count; a++)
        check_codes(&layer->arrays[a], layer->fix_info[4 + 2 * a + 1]);
    const struct awh_caffe_layer *before =
        layer->bottoms[0] < 0 ? NULL : maker(net, layer->bottoms[0]);
    if ((layer->type == AWH_CAFFE_RELU || layer->type == AWH_CAFFE_RELU6) &&
        before->type == AWH_CAFFE_CONVOLUTION && awh_caffe_readers(net, before->top) == 1)
        assert_int_equal(layer->fix_info[1], layer->fix_info[3]);
}

static void test_net(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct caffe_case it;
    struct awh_calib calib;
    struct awh_diag diag = {.err = AW_OK};
    awh_arena_init(&arena);
    make_net(&arena, &it, AWH_CAFFE_XILINX);
    unsigned seen[AWH_CAFFE_TYPE_COUNT] = {0};
    assert_int_equal(awh_calib_open(&arena, NULL, 3, &calib, &diag), AW_OK);
    assert_int_equal(awh_caffe_fold(&arena, &it.net, &diag), AW_OK);
    assert_int_equal(awh_fix(&arena, &it.net, &calib, 5, AWH_FIX_WEIGHT_MIN_DPU, &diag), AW_OK);
    for (size_t i = 0; i < it.net.layer_count; i++) {
        seen[it.net.layers[i].type]++;
        check_layer(&it.net, &it.net.layers[i]);
    }
    assert_int_equal(seen[AWH_CAFFE_BATCH_NORM], 0);
    assert_true(seen[AWH_CAFFE_CONVOLUTION] > 5 && seen[AWH_CAFFE_ELTWISE] &&
                seen[AWH_CAFFE_SCALE] && seen[AWH_CAFFE_CONCAT] && seen[AWH_CAFFE_RELU]);
    /* Rounded weights move the output a little, and not much. */
    double error = caffe_error(caffe_case_run(&it), it.expected, it.out_count);
    if (!(error > 1e-5 && error < 0.1))
        fail_msg("rounded weights move the output by %g", error);
    awh_graph_release(&it.graph);
    awh_arena_release(&arena);
}

/* Seeds give other inputs, and mostly the same positions; the same seed gives the same bytes. */
static void test_info(void **state)
{
    (void)state;
    struct awh_str info[2], text;
    for (int run = 0; run < 2; run++) {
        struct awh_arena arena;
        struct caffe_case it;
        struct awh_calib calib;
        struct awh_diag diag = {.err = AW_OK};
        awh_arena_init(&arena);
        make_net(&arena, &it, AWH_CAFFE_XILINX);
        awh_str_init(&info[run]);
        awh_str_init(&text);
        assert_int_equal(awh_calib_open(&arena, NULL, 3, &calib, &diag), AW_OK);
        assert_int_equal(awh_caffe_fold(&arena, &it.net, &diag), AW_OK);
        assert_int_equal(awh_fix(&arena, &it.net, &calib, 3, AWH_FIX_WEIGHT_MIN_DPU, &diag), AW_OK);
        assert_int_equal(awh_fix_info(&it.net, &info[run], &diag), AW_OK);
        /* The same numbers are in the prototxt. */
        assert_int_equal(awh_caffe_prototxt(&it.net, &text, &diag), AW_OK);
        assert_non_null(strstr(text.text, "  fixed_param {\n    enable: true\n    fixed_method: "
                                          "DIFF_S\n    bit_width: 8\n    fix_info: 8\n"));
        awh_str_release(&text);
        awh_graph_release(&it.graph);
        awh_arena_release(&arena);
    }
    assert_string_equal(info[0].text, info[1].text);
    /* The lines that the vendor's compiler reads: the input has one pair, a convolution four. */
    int index, first[2], conv[8], used = 0;
    assert_int_equal(
        sscanf(info[0].text, "%d blob1 %d %d\n%n", &index, &first[0], &first[1], &used), 3);
    assert_int_equal(index, 0);
    assert_int_equal(first[0], 8);
    assert_int_equal(first[1], 6); /* values in [-2, 2) */
    assert_int_equal(sscanf(info[0].text + used, "%d n_conv_1 %d %d %d %d %d %d %d %d\n", &index,
                            &conv[0], &conv[1], &conv[2], &conv[3], &conv[4], &conv[5], &conv[6],
                            &conv[7]),
                     9);
    assert_int_equal(index, 1);
    assert_int_equal(conv[1], first[1]);
    awh_str_release(&info[0]);
    awh_str_release(&info[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_position), cmocka_unit_test(test_position_of_seeded_values),
        cmocka_unit_test(test_round),    cmocka_unit_test(test_net),
        cmocka_unit_test(test_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
