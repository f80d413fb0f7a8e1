/* Packings against the words of docs/program.md, and programs packed for every one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../src/program_testing.h"

#define PACKED_CAPACITY 16384

static const struct {
    uint8_t id;
    const struct aw_packing *packing;
} all[] = {
#define AW_PACKING(name, number) {number, &aw_packing_##name},
#include "packings.def"
#undef AW_PACKING
};
#define ALL_COUNT (sizeof all / sizeof all[0])

static void are_found_by_name_and_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < ALL_COUNT; i++) {
        assert_int_equal(all[i].packing->id, all[i].id);
        assert_int_equal(all[i].id, i + 1);
        assert_ptr_equal(aw_packing_find(all[i].id), all[i].packing);
        assert_ptr_equal(aw_packing_find_name(all[i].packing->name), all[i].packing);
    }
    assert_null(aw_packing_find(AW_PACKING_CANONICAL));
    assert_null(aw_packing_find(AW_PACKING_END));
    assert_null(aw_packing_find_name("ref"));
    assert_null(aw_packing_find_name(""));
}

/* Weights that tell where they came from. */
static void number(int8_t *weights, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        weights[i] = (int8_t)(1 + i % 127);
}

static struct aw_plan conv_plan(uint8_t op, uint16_t in_ch, uint16_t out_ch, uint8_t kernel_w,
                                uint16_t groups)
{
    struct aw_layer layer = {.op = op,
                             .in1 = AW_NO_TENSOR,
                             .kernel_h = 1,
                             .kernel_w = kernel_w,
                             .stride_h = 1,
                             .stride_w = 1,
                             .dilation_h = 1,
                             .dilation_w = 1,
                             .groups = groups,
                             .table_offset = AW_NO_OFFSET};
    struct aw_tensor in = {.shape = {1, 8, in_ch}};
    struct aw_tensor out = {.shape = {1, (uint16_t)(9 - kernel_w), out_ch}};
    struct aw_plan plan;
    assert_int_equal(aw_layer_plan(&layer, &in, NULL, &out, &plan, NULL), AW_OK);
    return plan;
}

static void neon_orders_convolutions(void **state)
{
    (void)state;
    /* 19 channels: a block of 16, and one of 8 for the 3 that are left. Depth 5: padded to 8. */
    const struct aw_plan plan = conv_plan(AW_OP_CONV2D, 5, 19, 1, 1);
    int8_t canonical[19 * 5], packed[24 * 8], expected[24 * 8] = {0};
    number(canonical, sizeof canonical);
    for (uint32_t o = 0; o < 19; o++)
        for (uint32_t k = 0; k < 5; k++) {
            uint32_t first = o < 16 ? 0 : 16 * 8, block = o < 16 ? 16 : 8, at = o < 16 ? o : o - 16;
            expected[first + k / 2 * block * 2 + at * 2 + k % 2] = canonical[o * 5 + k];
        }
    assert_int_equal(aw_packing_bytes(&aw_packing_neon_a64, &plan), sizeof packed);
    assert_int_equal(aw_packing_bytes(&aw_packing_neon_a32, &plan), sizeof packed);
    aw_packing_pack(&aw_packing_neon_a64, &plan, canonical, packed);
    assert_memory_equal(packed, expected, sizeof packed);
    memset(packed, 1, sizeof packed);
    aw_packing_pack(&aw_packing_neon_a32, &plan, canonical, packed);
    assert_memory_equal(packed, expected, sizeof packed);
}

static void neon_orders_depthwise(void **state)
{
    (void)state;
    /* 18 channels: the last block reaches back; with 3 it does not, and is filled up. */
    const struct aw_plan wide = conv_plan(AW_OP_DWCONV2D, 18, 18, 3, 18);
    const struct aw_plan narrow = conv_plan(AW_OP_DWCONV2D, 3, 3, 3, 3);
    int8_t canonical[3 * 18], packed[3 * 32];
    number(canonical, sizeof canonical);
    static const struct {
        const struct aw_packing *packing;
        uint32_t block, starts[3];
    } rows[] = {{&aw_packing_neon_a64, 16, {0, 2}}, {&aw_packing_neon_a32, 8, {0, 8, 10}}};
    for (size_t i = 0; i < 2; i++) {
        uint32_t block = rows[i].block, blocks = (18 + block - 1) / block;
        assert_int_equal(aw_packing_bytes(rows[i].packing, &wide), 3 * blocks * block);
        aw_packing_pack(rows[i].packing, &wide, canonical, packed);
        for (uint32_t b = 0; b < blocks; b++)
            for (uint32_t tap = 0; tap < 3; tap++)
                assert_memory_equal(packed + (b * 3 + tap) * block,
                                    canonical + tap * 18 + rows[i].starts[b], block);
        assert_int_equal(aw_packing_bytes(rows[i].packing, &narrow), 3 * block);
        aw_packing_pack(rows[i].packing, &narrow, canonical, packed);
        for (uint32_t tap = 0; tap < 3; tap++)
            for (uint32_t c = 0; c < block; c++)
                assert_int_equal(packed[tap * block + c], c < 3 ? canonical[tap * 3 + c] : 0);
    }
}

static void small_sets_order_convolutions(void **state)
{
    (void)state;
    /* 3 channels: a pair, and one whose second is 0. Depth 18: padded to 20, to 32. */
    const struct aw_plan plan = conv_plan(AW_OP_CONV2D, 18, 3, 1, 1);
    static const uint32_t order[4] = {0, 2, 1, 3};
    int8_t canonical[3 * 18], packed[4 * 32], dsp[4 * 20] = {0}, mve[4 * 32] = {0};
    number(canonical, sizeof canonical);
    for (uint32_t o = 0; o < 3; o++)
        for (uint32_t k = 0; k < 18; k++) {
            dsp[o / 2 * 40 + (k / 4 * 4 + order[k % 4]) * 2 + o % 2] = canonical[o * 18 + k];
            mve[o / 2 * 64 + k / 16 * 32 + o % 2 * 16 + k % 16] = canonical[o * 18 + k];
        }
    assert_int_equal(aw_packing_bytes(&aw_packing_dsp, &plan), sizeof dsp);
    aw_packing_pack(&aw_packing_dsp, &plan, canonical, packed);
    assert_memory_equal(packed, dsp, sizeof dsp);
    memset(packed, 1, sizeof packed);
    assert_int_equal(aw_packing_bytes(&aw_packing_mve, &plan), sizeof mve);
    aw_packing_pack(&aw_packing_mve, &plan, canonical, packed);
    assert_memory_equal(packed, mve, sizeof mve);
}

static void small_sets_order_depthwise(void **state)
{
    (void)state;
    struct aw_plan plan = conv_plan(AW_OP_DWCONV2D, 6, 6, 3, 6);
    int8_t canonical[3 * 6], packed[4 * 6];
    number(canonical, sizeof canonical);
    assert_int_equal(aw_packing_bytes(&aw_packing_dsp, &plan), sizeof packed);
    aw_packing_pack(&aw_packing_dsp, &plan, canonical, packed);
    for (uint32_t c = 0; c < 6; c++)
        for (uint32_t tap = 0; tap < 4; tap++)
            assert_int_equal(packed[c * 4 + tap], tap < 3 ? canonical[tap * 6 + c] : 0);
    assert_int_equal(aw_packing_bytes(&aw_packing_mve, &plan), sizeof canonical);
    aw_packing_pack(&aw_packing_mve, &plan, canonical, packed);
    for (uint32_t c = 0; c < 6; c++)
        for (uint32_t tap = 0; tap < 3; tap++)
            assert_int_equal(packed[c * 3 + tap], canonical[tap * 6 + c]);
    /* What the kernels have no form for. */
    plan.layer.dilation_w = 2;
    assert_null(aw_packing_form_of(&aw_packing_dsp, &plan));
    assert_non_null(aw_packing_form_of(&aw_packing_mve, &plan));
    plan.layer.stride_w = 3;
    assert_null(aw_packing_form_of(&aw_packing_mve, &plan));
}

/* What the product of matrices has at (output channel, tap, input channel) of all: a weight where
 * both are of one group, else nothing. */
static int8_t dense(const struct aw_plan *plan, const int8_t *canonical, uint32_t o, uint32_t tap,
                    uint32_t i)
{
    uint32_t groups = plan->layer.groups, taps = plan->layer.kernel_w;
    uint32_t ins = plan->in0.c / groups, outs = plan->out.c / groups;
    return i / ins == o / outs ? canonical[(o * taps + tap) * ins + i % ins] : 0;
}

static uint32_t up(uint32_t n, uint32_t step)
{
    return (n + step - 1) / step * step;
}

/* Groups as bundles: 12 of 3 and 2 channels, of which 4 fit 16 channels and 2 fit 8. */
static void all_bundle_groups(void **state)
{
    (void)state;
    const struct aw_plan plan = conv_plan(AW_OP_CONV2D, 36, 24, 3, 12);
    int8_t canonical[24 * 9], packed[4096];
    number(canonical, sizeof canonical);
    static const struct {
        const struct aw_packing *packing;
        uint32_t merged, out_step, depth_step;
    } rows[] = {{&aw_packing_neon_a64, 4, 8, 4},
                {&aw_packing_neon_a32, 4, 8, 4},
                {&aw_packing_dsp, 2, 2, 4},
                {&aw_packing_mve, 4, 2, 16}};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        uint32_t ins = 3 * rows[r].merged, outs = 2 * rows[r].merged, depth = 3 * ins;
        uint32_t padded = up(depth, rows[r].depth_step);
        uint32_t bytes = up(outs, rows[r].out_step) * padded;
        assert_int_equal(aw_packing_bytes(rows[r].packing, &plan), 12 / rows[r].merged * bytes);
        memset(packed, 1, sizeof packed);
        aw_packing_pack(rows[r].packing, &plan, canonical, packed);
        for (uint32_t bundle = 0; bundle < 12 / rows[r].merged; bundle++) {
            /* The same as a layer without groups whose other weights are 0. */
            struct aw_plan alone = conv_plan(AW_OP_CONV2D, (uint16_t)ins, (uint16_t)outs, 3, 1);
            int8_t filters[8 * 36], expected[8 * 48];
            for (uint32_t at = 0; at < outs * depth; at++)
                filters[at] = dense(&plan, canonical, bundle * outs + at / depth, at % depth / ins,
                                    bundle * ins + at % ins);
            assert_int_equal(aw_packing_bytes(rows[r].packing, &alone), bytes);
            aw_packing_pack(rows[r].packing, &alone, filters, expected);
            assert_memory_equal(packed + bundle * bytes, expected, bytes);
        }
    }
}

static void leave_other_layers_canonical(void **state)
{
    (void)state;
    struct aw_plan large = conv_plan(AW_OP_CONV2D, 8, 8, 3, 1);
    struct aw_plan wide = conv_plan(AW_OP_DWCONV2D, 8, 8, 3, 8);
    int8_t canonical[8 * 3 * 8], copied[8 * 3 * 8];
    number(canonical, sizeof canonical);
    aw_packing_pack(NULL, &large, canonical, copied);
    assert_memory_equal(copied, canonical, sizeof canonical);
    assert_int_equal(aw_packing_bytes(NULL, &large), sizeof canonical);
    assert_null(aw_packing_form_of(NULL, &large));
    wide.layer.kernel_h = wide.layer.dilation_h = 255;
    wide.layer.stride_w = 255;
    for (size_t i = 0; i < ALL_COUNT; i++) {
        large.weight_count = 8 * 3 * 8;
        assert_non_null(aw_packing_form_of(all[i].packing, &large));
        large.weight_count = (UINT32_C(1) << 28) + 1;
        assert_null(aw_packing_form_of(all[i].packing, &large));
        assert_int_equal(aw_packing_bytes(all[i].packing, &large), large.weight_count);
        assert_null(aw_packing_form_of(all[i].packing, &wide));
    }
    /* 2^14 groups of one channel and one filter, bundles of 16 or 8 of them: 32 bits, or just less.
     */
    large.layer.groups = 1 << 14;
    large.in0.c = 1 << 14;
    large.out.c = 1 << 14;
    large.layer.kernel_h = large.layer.kernel_w = 128;
    large.weight_count = UINT32_C(1) << 28;
    assert_null(aw_packing_form_of(&aw_packing_neon_a64, &large));
    assert_int_equal(aw_packing_bytes(&aw_packing_dsp, &large), UINT32_C(1) << 31);
}

static struct aw_program open_fixture(const struct fixture *f)
{
    struct aw_program program;
    assert_int_equal(aw_program_open(f->bytes, f->size, NULL, &program, NULL), AW_OK);
    return program;
}

static uint32_t pack(const struct aw_program *program, const struct aw_packing *packing,
                     uint8_t bytes[PACKED_CAPACITY])
{
    uint32_t size = 0;
    assert_int_equal(aw_program_pack(program, packing, NULL, 0, &size), AW_ERR_NO_SPACE);
    assert_in_range(size, program->weights_at, PACKED_CAPACITY);
    uint32_t whole = size;
    assert_int_equal(aw_program_pack(program, packing, bytes, whole - 1, &size), AW_ERR_NO_SPACE);
    assert_int_equal(aw_program_pack(program, packing, bytes, whole, &size), AW_OK);
    assert_int_equal(size, whole);
    return size;
}

static void check_layer(const struct aw_program *own, const struct aw_program *packed, uint16_t i)
{
    struct aw_plan plan, packed_plan;
    int8_t weights[2048], expected[2048], canonical[2048];
    int32_t bias[64], own_bias[64];
    aw_program_plan(own, i, &plan);
    aw_program_plan(packed, i, &packed_plan);
    packed_plan.layer.weights_offset = plan.layer.weights_offset;
    assert_memory_equal(&plan, &packed_plan, sizeof plan);
    if (plan.weight_count == 0)
        return;
    uint32_t n = aw_packing_bytes(packed->packing, &plan);
    assert_in_range(n, 1, sizeof weights);
    aw_program_plan(packed, i, &packed_plan);
    aw_program_weights(own, &plan, canonical, own_bias);
    aw_program_weights(packed, &packed_plan, weights, bias);
    aw_packing_pack(packed->packing, &plan, canonical, expected);
    assert_memory_equal(weights, expected, n);
    assert_memory_equal(bias, own_bias, 4 * plan.bias_count);
}

static void programs_keep_all_but_the_order(void **state)
{
    (void)state;
    void (*const inits[])(struct fixture *, uint8_t) = {fixture_init, pools_init};
    for (size_t n = 0; n < 2 * ALL_COUNT; n++) {
        static struct fixture f;
        _Alignas(16) static uint8_t bytes[PACKED_CAPACITY];
        const struct aw_packing *packing = all[n / 2].packing;
        inits[n % 2](&f, AW_WEIGHTS_EMBEDDED);
        struct aw_program own = open_fixture(&f), packed;
        uint32_t size = pack(&own, packing, bytes);
        struct aw_program_fault fault;
        const struct aw_program_limits limits = {.packing = packing};
        assert_int_equal(aw_program_open(bytes, size, &limits, &packed, &fault), AW_OK);
        assert_ptr_equal(packed.packing, packing);
        assert_int_equal(packed.weight_bytes, own.weight_bytes);
        assert_int_not_equal(packed.crc, own.crc);
        for (uint16_t i = 0; i < own.layer_count; i++)
            check_layer(&own, &packed, i);
        for (size_t other = 0; other <= ALL_COUNT; other++) {
            const struct aw_program_limits others = {
                .packing = other < ALL_COUNT ? all[other].packing : NULL};
            if (others.packing == packing)
                continue;
            assert_int_equal(aw_program_open(bytes, size, &others, &packed, &fault),
                             AW_ERR_UNSUPPORTED);
            assert_string_equal(fault.what, "weights are packed for another kernel set");
        }
        assert_int_equal(aw_program_pack(&packed, packing, bytes, size, &size), AW_ERR_ARG);
    }
}

static void only_embedded_programs_are_packed(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t bytes[16] = {0};
    uint32_t size = 5;
    fixture_init(&f, AW_WEIGHTS_SEEDED);
    struct aw_program program = open_fixture(&f);
    assert_int_equal(aw_program_pack(&program, all[0].packing, bytes, sizeof bytes, &size),
                     AW_ERR_ARG);
    assert_int_equal(size, 5);
}

/* Every byte of a packed program changed, with a CRC that is right: opened or refused, and what is
 * opened can be loaded; the memory is exactly as large as the program. */
static void survive_every_byte(void **state)
{
    (void)state;
    for (size_t n = 0; n < ALL_COUNT; n++) {
        static struct fixture f;
        _Alignas(16) static uint8_t bytes[PACKED_CAPACITY];
        fixture_init(&f, AW_WEIGHTS_EMBEDDED);
        struct aw_program own = open_fixture(&f);
        uint32_t size = pack(&own, all[n].packing, bytes);
        uint8_t *copy = malloc(size);
        assert_non_null(copy);
        const struct aw_program_limits limits = {.packing = all[n].packing};
        for (uint32_t at = 0; at < size - 4; at++)
            for (uint32_t value = 1; value < 256; value *= 2) {
                struct aw_program program;
                memcpy(copy, bytes, size);
                copy[at] ^= (uint8_t)value;
                fix_crc(copy, size);
                if (aw_program_open(copy, size, &limits, &program, NULL) != AW_OK)
                    continue;
                for (uint16_t i = 0; i < program.layer_count; i++) {
                    struct aw_plan plan;
                    aw_program_plan(&program, i, &plan);
                    if (plan.weight_count == 0)
                        continue;
                    int8_t *weights = malloc(aw_packing_bytes(program.packing, &plan));
                    int32_t *bias = malloc(4u * plan.bias_count + 1u);
                    assert_non_null(weights);
                    assert_non_null(bias);
                    aw_program_weights(&program, &plan, weights, bias);
                    free(weights);
                    free(bias);
                }
            }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_found_by_name_and_number),
        cmocka_unit_test(neon_orders_convolutions),
        cmocka_unit_test(neon_orders_depthwise),
        cmocka_unit_test(small_sets_order_convolutions),
        cmocka_unit_test(small_sets_order_depthwise),
        cmocka_unit_test(all_bundle_groups),
        cmocka_unit_test(leave_other_layers_canonical),
        cmocka_unit_test(programs_keep_all_but_the_order),
        cmocka_unit_test(only_embedded_programs_are_packed),
        cmocka_unit_test(survive_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
