#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "op_testing.h"

/* A convolution in few words; 0 for stride, dilation and groups means 1. */
struct row {
    uint16_t h, w, c, o, groups;
    uint8_t kh, kw, sh, sw, dh, dw, top, bottom, left, right;
    uint8_t act, bias_bits;
    int8_t in_pos, w_pos, out_pos;
};

static uint8_t or_one(unsigned value)
{
    return (uint8_t)(value ? value : 1);
}

static struct aw_layer layer_of(const struct row *r)
{
    return (struct aw_layer){
        .op = AW_OP_CONV2D,
        .act = r->act,
        .in1 = AW_NO_TENSOR,
        .out = 1,
        .kernel_h = r->kh,
        .kernel_w = r->kw,
        .stride_h = or_one(r->sh),
        .stride_w = or_one(r->sw),
        .dilation_h = or_one(r->dh),
        .dilation_w = or_one(r->dw),
        .pad_top = r->top,
        .pad_bottom = r->bottom,
        .pad_left = r->left,
        .pad_right = r->right,
        .groups = (uint16_t)(r->groups ? r->groups : 1),
        .w_pos = r->w_pos,
        .mid_pos = r->out_pos,
        .bias_bits = r->bias_bits,
        .seed = 9,
        .weights_offset = AW_NO_OFFSET,
        .table_offset = AW_NO_OFFSET,
    };
}

/* The output size by counting the places where the window fits. */
static uint16_t count_places(int in, int k, int s, int d, int before, int after)
{
    uint16_t n = 0;
    for (int at = -before; at + d * (k - 1) < in + after; at += s)
        n++;
    return n;
}

static struct aw_tensor out_of(const struct row *r)
{
    const struct aw_layer l = layer_of(r);
    return (struct aw_tensor){
        .shape = {.h = count_places(r->h, r->kh, l.stride_h, l.dilation_h, r->top, r->bottom),
                  .w = count_places(r->w, r->kw, l.stride_w, l.dilation_w, r->left, r->right),
                  .c = r->o},
        .pos = r->out_pos,
    };
}

static struct aw_tensor in_of(const struct row *r)
{
    return (struct aw_tensor){.shape = {.h = r->h, .w = r->w, .c = r->c}, .pos = r->in_pos};
}

/* One output element straight from the definition. */
static int64_t element(const struct aw_plan *p, const struct op_data *d, int oy, int ox, int o)
{
    const struct aw_layer *l = &p->layer;
    int group_in = p->in0.c / l->groups, group = o / (p->out.c / l->groups);
    int64_t acc = p->bias_count ? d->bias[o] : 0;
    for (int ky = 0; ky < l->kernel_h; ky++)
        for (int kx = 0; kx < l->kernel_w; kx++)
            for (int i = 0; i < group_in; i++) {
                int y = oy * l->stride_h - l->pad_top + ky * l->dilation_h;
                int x = ox * l->stride_w - l->pad_left + kx * l->dilation_w;
                if (y < 0 || y >= p->in0.h || x < 0 || x >= p->in0.w)
                    continue;
                int in = d->in0[(y * p->in0.w + x) * p->in0.c + group * group_in + i];
                int w = d->weights[((o * l->kernel_h + ky) * l->kernel_w + kx) * group_in + i];
                acc += in * w;
            }
    return acc;
}

static void check_row(const struct row *r, uint32_t seed)
{
    struct aw_layer layer = layer_of(r);
    struct aw_tensor in = in_of(r), out = out_of(r);
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
    struct op_data d = make_data(&plan, seed);
    uint64_t per_output = (uint64_t)r->kh * r->kw * (r->c / layer.groups);
    assert_int_equal(plan.weight_count, per_output * r->o);
    assert_int_equal(plan.bias_count, r->bias_bits ? r->o : 0);
    assert_true(plan.macs == per_output * plan.out_bytes);
    run_op(&plan, &d);
    assert_wide_agrees(&plan, &d);
    uint32_t at = 0;
    for (int y = 0; y < plan.out.h; y++)
        for (int x = 0; x < plan.out.w; x++)
            for (int o = 0; o < plan.out.c; o++, at++)
                assert_element(&plan, at, d.out[at],
                               finish_shift_exactly(&plan, element(&plan, &d, y, x, o),
                                                    r->in_pos + r->w_pos - r->out_pos));
    free_data(&d);
}

static void equals_definition(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.h = 1, .w = 1, .c = 1, .o = 1, .kh = 1, .kw = 1, .in_pos = 4, .w_pos = 4, .out_pos = 4},
        {.h = 5,
         .w = 7,
         .c = 24,
         .o = 10,
         .kh = 1,
         .kw = 1,
         .act = AW_ACT_RELU6,
         .bias_bits = 12,
         .in_pos = 5,
         .w_pos = 7,
         .out_pos = 3},
        {.h = 9,
         .w = 8,
         .c = 3,
         .o = 16,
         .kh = 3,
         .kw = 3,
         .sh = 2,
         .sw = 2,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1,
         .act = AW_ACT_RELU,
         .bias_bits = 10,
         .in_pos = 6,
         .w_pos = 6,
         .out_pos = 4},
        {.h = 6,
         .w = 6,
         .c = 17,
         .o = 5,
         .kh = 3,
         .kw = 3,
         .top = 1,
         .bottom = 1,
         .left = 1,
         .right = 1,
         .bias_bits = 14,
         .in_pos = 5,
         .w_pos = 8,
         .out_pos = 2},
        {.h = 6,
         .w = 5,
         .c = 8,
         .o = 12,
         .groups = 4,
         .kh = 3,
         .kw = 2,
         .top = 2,
         .left = 1,
         .bias_bits = 5,
         .in_pos = 3,
         .w_pos = 8,
         .out_pos = 1},
        {.h = 11,
         .w = 9,
         .c = 6,
         .o = 4,
         .groups = 2,
         .kh = 3,
         .kw = 3,
         .dh = 2,
         .dw = 3,
         .top = 2,
         .bottom = 2,
         .left = 3,
         .right = 3,
         .in_pos = 7,
         .w_pos = 7,
         .out_pos = 5},
        {.h = 7,
         .w = 9,
         .c = 4,
         .o = 4,
         .kh = 1,
         .kw = 7,
         .sw = 2,
         .left = 3,
         .right = 3,
         .in_pos = 5,
         .w_pos = 6,
         .out_pos = 4},
        {.h = 9,
         .w = 4,
         .c = 5,
         .o = 3,
         .kh = 3,
         .kw = 3,
         .dh = 3,
         .top = 6,
         .bottom = 6,
         .left = 2,
         .right = 2,
         .in_pos = 5,
         .w_pos = 6,
         .out_pos = 3},
        /* Windows whose taps all lie in the padding. */
        {.h = 1,
         .w = 1,
         .c = 2,
         .o = 2,
         .kh = 2,
         .kw = 2,
         .dh = 3,
         .dw = 3,
         .top = 3,
         .bottom = 3,
         .left = 3,
         .right = 3,
         .bias_bits = 6,
         .in_pos = 4,
         .w_pos = 4,
         .out_pos = 4},
        /* Shift limits: 31 and -8. */
        {.h = 3,
         .w = 3,
         .c = 40,
         .o = 4,
         .kh = 3,
         .kw = 3,
         .bias_bits = 30,
         .in_pos = 20,
         .w_pos = 15,
         .out_pos = 4},
        {.h = 3, .w = 3, .c = 2, .o = 4, .kh = 1, .kw = 1, .in_pos = -4, .w_pos = 4, .out_pos = 8},
    };
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (uint32_t seed = 1; seed < 4; seed++)
            check_row(&rows[i], seed * 100 + i);
}

static void equals_definition_on_seeded_shapes(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 400; seed++) {
        uint32_t n = 0;
#define PICK(lo, hi) ((lo) + aw_rng_word(seed, n++) % ((hi) - (lo) + 1u))
        uint16_t groups = (uint16_t)(PICK(0, 2) ? 1 : PICK(1, 3));
        struct row r = {
            .groups = groups,
            .c = (uint16_t)(groups * PICK(1, 20)),
            .o = (uint16_t)(groups * PICK(1, 6)),
            .kh = (uint8_t)PICK(1, 4),
            .kw = (uint8_t)PICK(1, 4),
            .sh = (uint8_t)PICK(1, 3),
            .sw = (uint8_t)PICK(1, 3),
            .dh = (uint8_t)PICK(1, 2),
            .dw = (uint8_t)PICK(1, 2),
            .act = (uint8_t)PICK(0, 2),
            .bias_bits = (uint8_t)PICK(0, 12),
            .in_pos = (int8_t)PICK(0, 8),
            .w_pos = (int8_t)PICK(0, 9),
        };
        r.out_pos = (int8_t)(r.in_pos + r.w_pos - (int)PICK(2, 12));
        uint32_t window_h = r.dh * (r.kh - 1u) + 1, window_w = r.dw * (r.kw - 1u) + 1;
        r.top = (uint8_t)PICK(0, window_h - 1);
        r.bottom = (uint8_t)PICK(0, window_h - 1);
        r.left = (uint8_t)PICK(0, window_w - 1);
        r.right = (uint8_t)PICK(0, window_w - 1);
        r.h = (uint16_t)(window_h + PICK(0, 5));
        r.w = (uint16_t)(window_w + PICK(0, 5));
#undef PICK
        check_row(&r, seed);
    }
}

static void rounds_half_up_and_saturates(void **state)
{
    (void)state;
    /* 1x1x1 with weight 1: the output is the requantised input. */
    static const struct {
        int in, shift, expected;
    } rows[] = {{3, 1, 2},     {1, 1, 1},      {-1, 1, 0},      {-3, 1, -1},     {-5, 1, -2},
                {7, 2, 2},     {6, 2, 2},      {5, 2, 1},       {-6, 2, -1},     {-7, 2, -2},
                {127, 0, 127}, {100, -1, 127}, {-65, -1, -128}, {-64, -1, -128}, {63, -1, 126},
                {-128, 8, 0},  {127, 8, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row r = {.h = 1,
                        .w = 1,
                        .c = 1,
                        .o = 1,
                        .kh = 1,
                        .kw = 1,
                        .in_pos = 4,
                        .out_pos = (int8_t)(4 - rows[i].shift)};
        struct aw_layer layer = layer_of(&r);
        struct aw_tensor in = in_of(&r), out = out_of(&r);
        struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out);
        int8_t input = (int8_t)rows[i].in, weight = 1, output = 0;
        struct aw_buffers b = {.in0 = &input, .weights = &weight, .out = &output};
        aw_op_find(AW_OP_CONV2D)->run(&plan, &b);
        assert_int_equal(output, rows[i].expected);
    }
}

/* The largest sum that a plan accepts, and the first that it refuses. */
static void accumulator_bound(void **state)
{
    (void)state;
    struct row r = {.h = 1,
                    .w = 1,
                    .c = 33026,
                    .o = 1,
                    .kh = 2,
                    .kw = 2,
                    .bottom = 1,
                    .right = 1,
                    .in_pos = 10,
                    .w_pos = 10,
                    .out_pos = -4};
    struct aw_layer layer = layer_of(&r);
    struct aw_tensor in = in_of(&r), out = out_of(&r);
    struct aw_plan plan = plan_or_fail(&layer, &in, NULL, &out); /* 4 * 33026 * 16256 < 2^31 */
    struct op_data d = make_data(&plan, 1);
    memset(d.in0, -128, plan.in0_bytes);
    memset(d.weights, -127, plan.weight_count);
    run_op(&plan, &d);
    assert_int_equal(d.out[0], finish_shift_exactly(&plan, INT64_C(33026) * 16256, 24));
    free_data(&d);
    layer.bias_bits = 17;
    assert_refused(&layer, &in, NULL, &out, "sums or shifts could leave their integer type");
    layer.bias_bits = 0;
    in.shape.c = 33027;
    assert_refused(&layer, &in, NULL, &out, "sums or shifts could leave their integer type");
}

static void refuses(void **state)
{
    (void)state;
    static const struct row good = {.h = 8,
                                    .w = 8,
                                    .c = 4,
                                    .o = 6,
                                    .groups = 2,
                                    .kh = 3,
                                    .kw = 3,
                                    .top = 1,
                                    .bottom = 1,
                                    .left = 1,
                                    .right = 1,
                                    .in_pos = 5,
                                    .w_pos = 7,
                                    .out_pos = 4};
    static const char fit[] = "attributes do not fit the shape of the inputs";
    struct aw_tensor in = in_of(&good), out = out_of(&good);
    struct aw_layer l;
#define REFUSED(change, why)                                                                       \
    do {                                                                                           \
        l = layer_of(&good);                                                                       \
        change;                                                                                    \
        assert_refused(&l, &in, NULL, &out, why);                                                  \
    } while (0)
    REFUSED(l.kernel_h = 0, fit);
    REFUSED(l.kernel_w = 0, fit);
    REFUSED(l.stride_h = 0, fit);
    REFUSED(l.stride_w = 0, fit);
    REFUSED(l.dilation_h = 0, fit);
    REFUSED(l.dilation_w = 0, fit);
    REFUSED(l.groups = 0, fit);
    REFUSED(l.groups = 3, fit); /* divides the outputs only */
    REFUSED(l.groups = 4, fit); /* divides the inputs only */
    REFUSED(l.pad_top = 3, fit);
    REFUSED(l.pad_right = 3, fit);
    REFUSED(l.kernel_h = 11, fit);
    REFUSED(l.dilation_w = 5, fit);
    REFUSED(l.stride_h = 2, "shape of the output is not what the op makes");
    REFUSED(l.pad_left = 0, "shape of the output is not what the op makes");
    REFUSED(l.w_pos = 25, "w_pos outside -16..24");
    REFUSED(l.w_pos = -17, "w_pos outside -16..24");
    REFUSED(l.w_pos = -10, "shift between positions outside -8..31");
    REFUSED(l.mid_pos = 5, "mid_pos differs from the output without a table");
    REFUSED(l.bias_bits = 31, "bias_bits over 30");
    REFUSED(l.act = AW_ACT_COUNT, "unknown activation");
    REFUSED(l.op = 0, "unknown op");
    REFUSED(l.op = 200, "unknown op");
    REFUSED(l.in1 = 0, "number of inputs does not fit the op");
#undef REFUSED
    l = layer_of(&good);
    assert_refused(&l, &in, &in, &out, "number of inputs does not fit the op");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_definition),
        cmocka_unit_test(equals_definition_on_seeded_shapes),
        cmocka_unit_test(rounds_half_up_and_saturates),
        cmocka_unit_test(accumulator_bound),
        cmocka_unit_test(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
