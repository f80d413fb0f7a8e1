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

static void leave_other_layers_canonical(void **state)
{
    (void)state;
    const struct aw_plan groups = conv_plan(AW_OP_CONV2D, 8, 8, 3, 2);
    int8_t canonical[8 * 3 * 4], packed[8 * 3 * 4];
    number(canonical, sizeof canonical);
    for (size_t i = 0; i < 2; i++) {
        assert_null(aw_packing_form_of(all[i].packing, &groups));
        assert_int_equal(aw_packing_bytes(all[i].packing, &groups), sizeof canonical);
        aw_packing_pack(all[i].packing, &groups, canonical, packed);
        assert_memory_equal(packed, canonical, sizeof canonical);
    }
    assert_null(aw_packing_form_of(NULL, &groups));
    assert_int_equal(aw_packing_bytes(NULL, &groups), sizeof canonical);
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
        cmocka_unit_test(leave_other_layers_canonical),
        cmocka_unit_test(programs_keep_all_but_the_order),
        cmocka_unit_test(only_embedded_programs_are_packed),
        cmocka_unit_test(survive_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
