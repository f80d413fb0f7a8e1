/* What the tests of the ops share: plans from few words, seeded data, and the end of every op
 * computed another way. Include after cmocka.h. */
#ifndef AW_OP_TESTING_H
#define AW_OP_TESTING_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aw/op.h"
#include "aw/rng.h"

#define TEST_GUARD 64
#define TEST_FILL  0x5A

struct op_data {
    int8_t *in0, *in1, *weights, *out; /* out is followed by TEST_GUARD bytes of TEST_FILL */
    int32_t *bias;
};

static inline struct aw_plan plan_or_fail(const struct aw_layer *layer, const struct aw_tensor *in0,
                                          const struct aw_tensor *in1, const struct aw_tensor *out)
{
    struct aw_plan plan;
    const char *why = "";
    enum aw_err err = aw_layer_plan(layer, in0, in1, out, &plan, &why);
    if (err != AW_OK)
        fail_msg("plan refused: %s (%s)", why, aw_err_str(err));
    return plan;
}

static inline void assert_refused(const struct aw_layer *layer, const struct aw_tensor *in0,
                                  const struct aw_tensor *in1, const struct aw_tensor *out,
                                  const char *expected)
{
    struct aw_plan plan;
    memset(&plan, TEST_FILL, sizeof plan);
    struct aw_plan before = plan;
    const char *why = NULL;
    assert_int_not_equal(aw_layer_plan(layer, in0, in1, out, &plan, &why), AW_OK);
    assert_non_null(why);
    assert_string_equal(why, expected);
    assert_memory_equal(&plan, &before, sizeof plan);
    assert_int_not_equal(aw_layer_plan(layer, in0, in1, out, &plan, NULL), AW_OK);
}

static inline void *alloc_or_fail(size_t n)
{
    void *p = malloc(n ? n : 1);
    assert_non_null(p);
    return p;
}

static inline struct op_data make_data(const struct aw_plan *plan, uint32_t seed)
{
    struct op_data d = {
        .in0 = alloc_or_fail(plan->in0_bytes),
        .in1 = alloc_or_fail(plan->in1_bytes),
        .weights = alloc_or_fail(plan->weight_count),
        .out = alloc_or_fail((size_t)plan->out_bytes + TEST_GUARD),
        .bias = alloc_or_fail(sizeof(int32_t) * plan->bias_count),
    };
    aw_rng_input(seed, plan->in0_bytes, d.in0);
    aw_rng_input(seed + 1, plan->in1_bytes, d.in1);
    aw_rng_weights(seed + 2, plan->weight_count, d.weights);
    if (plan->bias_count)
        aw_rng_bias(seed + 2, plan->layer.bias_bits, plan->bias_count, d.bias);
    memset(d.out, TEST_FILL, (size_t)plan->out_bytes + TEST_GUARD);
    return d;
}

static inline struct aw_buffers buffers_of(const struct aw_plan *plan, const struct op_data *d)
{
    return (struct aw_buffers){
        .in0 = d->in0,
        .in1 = plan->in1_bytes ? d->in1 : NULL,
        .weights = plan->weight_count ? d->weights : NULL,
        .bias = plan->bias_count ? d->bias : NULL,
        .out = d->out,
    };
}

static inline void run_op(const struct aw_plan *plan, const struct op_data *d)
{
    struct aw_buffers buffers = buffers_of(plan, d);
    aw_op_find(plan->layer.op)->run(plan, &buffers);
    for (uint32_t i = 0; i < TEST_GUARD; i++)
        assert_int_equal(d->out[plan->out_bytes + i], TEST_FILL);
}

static inline void free_data(struct op_data *d)
{
    free(d->in0);
    free(d->in1);
    free(d->weights);
    free(d->out);
    free(d->bias);
}

/* numerator / denominator half toward +infinity, saturated and clamped, in 128 bits. */
static inline int finish_exactly(const struct aw_plan *plan, __int128 numerator,
                                 __int128 denominator)
{
    __int128 twice = 2 * numerator + denominator, d = 2 * denominator;
    __int128 q = twice / d;
    if (twice % d < 0)
        q--;
    int value = q > 127 ? 127 : q < -128 ? -128 : (int)q;
    return value < plan->lo ? plan->lo : value > plan->hi ? plan->hi : value;
}

/* The same for value * 2^-shift. */
static inline int finish_shift_exactly(const struct aw_plan *plan, __int128 value, int shift)
{
    __int128 one = 1;
    return shift >= 0 ? finish_exactly(plan, value, one << shift)
                      : finish_exactly(plan, value * (one << -shift), 1);
}

/* The wide values, asked for instead of the output, requantise to the output of the run before. */
static inline void assert_wide_agrees(const struct aw_plan *plan, const struct op_data *d)
{
    struct aw_buffers buffers = buffers_of(plan, d);
    int32_t *wide = alloc_or_fail(sizeof(int32_t) * plan->out_bytes);
    buffers.out = NULL;
    buffers.wide = wide;
    aw_op_find(plan->layer.op)->run(plan, &buffers);
    __int128 up = (__int128)1 << (plan->shift < 0 ? -plan->shift : 0);
    __int128 down = (__int128)1 << (plan->shift > 0 ? plan->shift : 0);
    for (uint32_t i = 0; i < plan->out_bytes; i++)
        assert_int_equal(d->out[i], finish_exactly(plan, wide[i] * up, plan->divisor * down));
    free(wide);
}

/* A test's random numbers: the next one of `seed` in [first, last]. */
struct draws {
    uint32_t seed, index;
};

static inline uint32_t draw(struct draws *d, uint32_t first, uint32_t last)
{
    return first + aw_rng_word(d->seed, d->index++) % (last - first + 1);
}

static inline void assert_element(const struct aw_plan *plan, uint32_t at, int found, int expected)
{
    if (found == expected)
        return;
    char key[96];
    aw_layer_key(plan, key, sizeof key);
    fail_msg("%s: element %u is %d, expected %d", key, (unsigned)at, found, expected);
}

#endif
