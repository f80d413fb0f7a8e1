#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "aw/op.h"

static void registry(void **state)
{
    (void)state;
    static const struct {
        uint8_t id, inputs;
        bool weighted;
        const char *name;
    } rows[] = {
        {1, 1, true, "conv2d"},   {2, 1, true, "dwconv2d"}, {3, 1, false, "gap"},
        {4, 2, false, "add"},     {5, 2, false, "mul"},     {6, 1, false, "act"},
        {7, 1, false, "maxpool"}, {8, 1, false, "avgpool"}, {9, 2, false, "concat"},
        {10, 1, false, "pad"},    {11, 1, false, "slice"},  {12, 1, false, "zero"},
    };
    uint32_t found = 0;
    for (int id = 0; id < 256; id++)
        found += aw_op_find((uint8_t)id) != NULL;
    assert_int_equal(found, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct aw_op *op = aw_op_find(rows[i].id);
        assert_non_null(op);
        assert_string_equal(op->name, rows[i].name);
        assert_int_equal(op->inputs, rows[i].inputs);
        assert_int_equal(op->weighted, rows[i].weighted);
        assert_int_equal(op->weighted, (op->has & AW_HAS_WEIGHTS) != 0);
        assert_ptr_equal(aw_op_find_name(rows[i].name), op);
    }
    assert_null(aw_op_find_name("conv"));
    assert_null(aw_op_find_name(""));
}

static void activation_names(void **state)
{
    (void)state;
    assert_string_equal(aw_act_name(AW_ACT_NONE), "none");
    assert_string_equal(aw_act_name(AW_ACT_TANH), "tanh");
    for (uint8_t act = 0; act < AW_ACT_COUNT; act++)
        assert_non_null(aw_act_name(act));
    assert_null(aw_act_name(AW_ACT_COUNT));
    assert_null(aw_act_name(255));
}

static void clamp_limits(void **state)
{
    (void)state;
    static const struct {
        uint8_t act;
        int pos, lo, hi;
    } rows[] = {
        {AW_ACT_NONE, 4, -128, 127},    {AW_ACT_RELU, -16, 0, 127},     {AW_ACT_RELU, 24, 0, 127},
        {AW_ACT_RELU6, 4, 0, 96},       {AW_ACT_RELU6, 5, 0, 127},      {AW_ACT_RELU6, 24, 0, 127},
        {AW_ACT_RELU6, 0, 0, 6},        {AW_ACT_RELU6, -1, 0, 3},       {AW_ACT_RELU6, -2, 0, 2},
        {AW_ACT_RELU6, -3, 0, 1},       {AW_ACT_RELU6, -4, 0, 0},       {AW_ACT_RELU6, -16, 0, 0},
        {AW_ACT_H_SWISH, 4, -128, 127}, {AW_ACT_SIGMOID, 4, -128, 127},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int8_t lo = 55, hi = 55;
        aw_act_limits(rows[i].act, rows[i].pos, &lo, &hi);
        assert_int_equal(lo, rows[i].lo);
        assert_int_equal(hi, rows[i].hi);
    }
}

/* floor(n / d + 1/2) saturated to int8, in 128 bits. */
static int round_sat(__int128 n, __int128 d)
{
    __int128 q = (2 * n + d) / (2 * d);
    if ((2 * n + d) % (2 * d) < 0)
        q--;
    return q > 127 ? 127 : q < -128 ? -128 : (int)q;
}

static __int128 clamp(__int128 v, __int128 lo, __int128 hi)
{
    return v < lo ? lo : v > hi ? hi : v;
}

/* The activation of q * 2^-in_pos with 24 fractional bits, which hold every input exactly. */
static int exact(uint8_t act, int q, int in_pos, int out_pos)
{
    const __int128 one = (__int128)1 << 24;
    __int128 x = (__int128)q * ((__int128)1 << (24 - in_pos)), n, d;
    switch (act) {
    case AW_ACT_RELU:
        n = x > 0 ? x : 0;
        d = one;
        break;
    case AW_ACT_RELU6:
        n = clamp(x, 0, 6 * one);
        d = one;
        break;
    case AW_ACT_HARDTANH:
        n = clamp(x, -one, one);
        d = one;
        break;
    case AW_ACT_H_SIGMOID:
        n = clamp(x + 3 * one, 0, 6 * one);
        d = 6 * one;
        break;
    default:
        n = x * clamp(x + 3 * one, 0, 6 * one);
        d = 6 * one * one;
        break;
    }
    return out_pos >= 0 ? round_sat(n * ((__int128)1 << out_pos), d)
                        : round_sat(n, d * ((__int128)1 << -out_pos));
}

static void tables_are_exact_at_every_position(void **state)
{
    (void)state;
    static const uint8_t acts[] = {AW_ACT_RELU, AW_ACT_RELU6, AW_ACT_H_SWISH, AW_ACT_H_SIGMOID,
                                   AW_ACT_HARDTANH};
    for (size_t a = 0; a < sizeof acts; a++)
        for (int in_pos = AW_POS_MIN; in_pos <= AW_POS_MAX; in_pos++)
            for (int out_pos = AW_POS_MIN; out_pos <= AW_POS_MAX; out_pos++) {
                int8_t table[256];
                assert_int_equal(aw_act_table(acts[a], in_pos, out_pos, table), AW_OK);
                for (int q = -128; q <= 127; q++)
                    if (table[q + 128] != exact(acts[a], q, in_pos, out_pos))
                        fail_msg("%s from %d to %d: %d gives %d, expected %d", aw_act_name(acts[a]),
                                 in_pos, out_pos, q, table[q + 128],
                                 exact(acts[a], q, in_pos, out_pos));
            }
}

/* Values anyone can check: x = q / 16. */
static void table_values(void **state)
{
    (void)state;
    int8_t table[256];
    assert_int_equal(aw_act_table(AW_ACT_H_SWISH, 4, 4, table), AW_OK);
    assert_int_equal(table[128 - 48], 0);  /* -3 -> 0 */
    assert_int_equal(table[128 - 24], -6); /* -1.5 -> -0.375 */
    assert_int_equal(table[128 + 16], 11); /* 1 -> 2/3 = 10.67 / 16 */
    assert_int_equal(table[128 + 48], 48); /* 3 -> 3 */
    assert_int_equal(table[128 + 127], 127);
    assert_int_equal(aw_act_table(AW_ACT_H_SIGMOID, 4, 7, table), AW_OK);
    assert_int_equal(table[128], 64);       /* 0 -> 1/2 */
    assert_int_equal(table[128 + 48], 127); /* 1 does not fit */
    assert_int_equal(table[128 - 47], 1);   /* (1/16)/6 * 128 = 1.33 */
    assert_int_equal(aw_act_table(AW_ACT_HARDTANH, 4, 5, table), AW_OK);
    assert_int_equal(table[128 - 17], -32);
    assert_int_equal(table[128 - 15], -30);
    assert_int_equal(table[128 + 127], 32);
}

static void hardtanh_limits(void **state)
{
    (void)state;
    static const struct {
        int pos, lo, hi;
    } rows[] = {{0, -1, 1},     {4, -16, 16},    {6, -64, 64},
                {7, -128, 127}, {24, -128, 127}, {-1, 0, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int8_t lo, hi;
        aw_act_limits(AW_ACT_HARDTANH, rows[i].pos, &lo, &hi);
        assert_int_equal(lo, rows[i].lo);
        assert_int_equal(hi, rows[i].hi);
    }
    assert_false(aw_act_is_table(AW_ACT_HARDTANH));
}

static void table_refusals(void **state)
{
    (void)state;
    int8_t table[256];
    static const uint8_t acts[] = {AW_ACT_NONE, AW_ACT_SIGMOID, AW_ACT_TANH, AW_ACT_COUNT, 255};
    for (size_t i = 0; i < sizeof acts; i++)
        assert_int_equal(aw_act_table(acts[i], 4, 4, table), AW_ERR_UNSUPPORTED);
    assert_int_equal(aw_act_table(AW_ACT_RELU, AW_POS_MIN - 1, 4, table), AW_ERR_RANGE);
    assert_int_equal(aw_act_table(AW_ACT_RELU, AW_POS_MAX + 1, 4, table), AW_ERR_RANGE);
    assert_int_equal(aw_act_table(AW_ACT_RELU, 4, AW_POS_MIN - 1, table), AW_ERR_RANGE);
    assert_int_equal(aw_act_table(AW_ACT_RELU, 4, AW_POS_MAX + 1, table), AW_ERR_RANGE);
}

static void table_apply(void **state)
{
    (void)state;
    int8_t table[256], data[258];
    for (int i = 0; i < 256; i++) {
        table[i] = (int8_t)(i * 7 - 90);
        data[i] = (int8_t)(i - 128);
    }
    data[256] = data[257] = 33;
    aw_table_apply(table, data, 256);
    assert_memory_equal(data, table, 256);
    assert_int_equal(data[256], 33);
}

struct key_row {
    const char *key;
    struct aw_layer layer;
    struct aw_shape in0, out;
};

#define WINDOW(k, s, p)                                                                            \
    .kernel_h = (k), .kernel_w = (k), .stride_h = (s), .stride_w = (s), .dilation_h = 1,           \
    .dilation_w = 1, .pad_top = (p), .pad_bottom = (p), .pad_left = (p), .pad_right = (p)

static const struct key_row key_rows[] = {
    {"conv2d/h32w32c16/o64/k3s2p1/relu6",
     {.op = 1, .act = AW_ACT_RELU6, WINDOW(3, 2, 1), .groups = 1},
     {32, 32, 16},
     {16, 16, 64}},
    {"conv2d/h8w9c4/o6/k1x7s1x2p0x0x3x3/none",
     {.op = 1,
      .kernel_h = 1,
      .kernel_w = 7,
      .stride_h = 1,
      .stride_w = 2,
      .dilation_h = 1,
      .dilation_w = 1,
      .pad_left = 3,
      .pad_right = 3,
      .groups = 1},
     {8, 9, 4},
     {8, 5, 6}},
    {"conv2d/h8w8c4/o6/k3s1p1d2g2/relu",
     {.op = 1,
      .act = AW_ACT_RELU,
      .kernel_h = 3,
      .kernel_w = 3,
      .stride_h = 1,
      .stride_w = 1,
      .dilation_h = 2,
      .dilation_w = 2,
      .pad_top = 1,
      .pad_bottom = 1,
      .pad_left = 1,
      .pad_right = 1,
      .groups = 2},
     {8, 8, 4},
     {6, 6, 6}},
    {"dwconv2d/h56w56c144/k5s1p2/h_swish",
     {.op = 2, .act = AW_ACT_H_SWISH, WINDOW(5, 1, 2), .groups = 144},
     {56, 56, 144},
     {56, 56, 144}},
    {"gap/h7w7c96/none", {.op = 3}, {7, 7, 96}, {1, 1, 96}},
    {"add/h14w14c64/none", {.op = 4}, {14, 14, 64}, {14, 14, 64}},
    {"mul/h14w14c65535/h_sigmoid", {.op = 5, .act = AW_ACT_H_SIGMOID}, {14, 14, 65535}, {0}},
    {"act/h1w1c1/tanh", {.op = 6, .act = AW_ACT_TANH}, {1, 1, 1}, {1, 1, 1}},
    {"maxpool/h9w8c16/k2s2p0/none", {.op = 7, WINDOW(2, 2, 0)}, {9, 8, 16}, {4, 4, 16}},
    {"avgpool/h9w8c16/k3s1p1/none", {.op = 8, WINDOW(3, 1, 1)}, {9, 8, 16}, {9, 8, 16}},
    {"avgpool/h9w8c16/k3s1p1i/relu",
     {.op = 8, .act = AW_ACT_RELU, WINDOW(3, 1, 1), .count_include_pad = 1},
     {9, 8, 16},
     {9, 8, 16}},
    {"concat/h9w8c16c24/none", {.op = 9}, {9, 8, 16}, {9, 8, 40}},
    {"pad/h9w8c16/p1x0x1x0/none", {.op = 10, .pad_top = 1, .pad_left = 1}, {9, 8, 16}, {0}},
    {"pad/h9w8c16/p0c65519/none", {.op = 10, .pad_channels = 65519}, {9, 8, 16}, {0}},
    {"slice/h9w8c16/y1x0s2x1/none",
     {.op = 11, .stride_h = 2, .stride_w = 1, .start_h = 1},
     {9, 8, 16},
     {4, 8, 16}},
    {"zero/h9w8c16/h5w4c32/none", {.op = 12}, {9, 8, 16}, {5, 4, 32}},
};

static void layer_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
        const struct key_row *row = &key_rows[i];
        struct aw_plan plan = {.layer = row->layer, .in0 = row->in0, .out = row->out};
        plan.in1.c = (uint16_t)(row->out.c - row->in0.c); /* of concat */
        char text[128];
        aw_layer_key(&plan, text, sizeof text);
        assert_string_equal(text, row->key);
        size_t whole = strlen(row->key);
        for (uint32_t capacity = 0; capacity <= whole + 1; capacity++) {
            memset(text, '#', sizeof text);
            aw_layer_key(&plan, text, capacity);
            size_t kept = capacity == 0 ? 0 : capacity - 1;
            assert_memory_equal(text, row->key, kept);
            if (capacity > 0)
                assert_int_equal(text[kept], '\0');
            assert_int_equal(text[capacity], '#');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registry),       cmocka_unit_test(activation_names),
        cmocka_unit_test(clamp_limits),   cmocka_unit_test(tables_are_exact_at_every_position),
        cmocka_unit_test(table_values),   cmocka_unit_test(hardtanh_limits),
        cmocka_unit_test(table_refusals), cmocka_unit_test(table_apply),
        cmocka_unit_test(layer_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
