#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "program_testing.h"

static const struct variant {
    void (*init)(struct fixture *f, uint8_t weights_mode);
    uint8_t mode;
    uint32_t most_flips; /* how many single bits may change in a valid program */
} variants[] = {
    {fixture_init, AW_WEIGHTS_SEEDED, 2600},
    {fixture_init, AW_WEIGHTS_EMBEDDED, 6600},
    {pools_init, AW_WEIGHTS_SEEDED, 2600},
    {pools_init, AW_WEIGHTS_EMBEDDED, 5000},
};
#define VARIANTS (sizeof variants / sizeof variants[0])

/* Offset of the tables, after the header, tensors and layers. */
static uint32_t tables_at(const struct fixture *f)
{
    return AW_PROGRAM_HEADER_BYTES + f->source.tensor_count * AW_PROGRAM_TENSOR_BYTES +
           f->source.layer_count * AW_PROGRAM_LAYER_BYTES;
}

/* One layer, byte for byte as docs/program.md says: the format is frozen by this. */
static void smallest_program_literally(void **state)
{
    (void)state;
    static const uint8_t expected[] = {
        'A',  'W',  'P',  '1',  2,    0,    0,    0, /* magic, version 2, seeded, reserved */
        148,  0,    0,    0,    2,    0,    1,    0, /* size; 2 tensors, 1 layer */
        0,    0,    0,    0,    1,    0,    0,    0, /* 0 tables, input 0, output 1, reserved */
        22,   0,    0,    0,    0,    0,    0,    0, /* arena_bytes, weight_bytes */
        4,    3,    2,    1,    0,    0,    0,    0, /* input_seed, weights_size */
        0,    0,    0,    0,    0,    0,    0,    0, /* reserved */
        0,    0,    0,    0,    0,    0,    0,    0, /* reserved */
        0,    0,    0,    0,    0,    0,    0,    0, /* reserved */
        1,    0,    2,    0,    3,    0,    5,    0, /* tensor 0: h 1, w 2, c 3, pos 5 */
        0,    0,    0,    0,    0,    0,    0,    0, /* offset 0 */
        1,    0,    2,    0,    3,    0,    0xFE, 0, /* tensor 1: pos -2 */
        16,   0,    0,    0,    0,    0,    0,    0, /* offset 16 */
        6,    1,    0,    0,    0xFF, 0xFF, 1,    0, /* act, relu, in0 0, no in1, out 1 */
        0,    0,    0,    0,    0,    0,    0,    0, 0, 0, /* window */
        0,    0,    0,    0xFE, 0,    0, /* groups, w_pos, mid_pos -2, bias_bits, reserved */
        0,    0,    0,    0,             /* seed */
        0xFF, 0xFF, 0xFF, 0xFF,          /* no weights */
        0xFF, 0xFF, 0xFF, 0xFF,          /* no table */
        0,    0,    0,    0,    0,    0,    0,    0, 0, 0, 0, 0, /* reserved */
        0,    0,    0,    0,                                     /* CRC-32, below */
    };
    const struct aw_tensor tensors[] = {
        {.shape = {.h = 1, .w = 2, .c = 3}, .pos = 5, .offset = 0},
        {.shape = {.h = 1, .w = 2, .c = 3}, .pos = -2, .offset = 16},
    };
    const struct aw_layer layer = {
        .op = AW_OP_ACT, .act = AW_ACT_RELU, .in1 = AW_NO_TENSOR, .out = 1, .mid_pos = -2, PLAIN};
    const struct aw_program_source source = {.tensors = tensors,
                                             .layers = &layer,
                                             .tensor_count = 2,
                                             .layer_count = 1,
                                             .output = 1,
                                             .input_seed = 0x01020304};
    uint8_t bytes[sizeof expected], with_crc[sizeof expected];
    uint32_t size = 0;
    memcpy(with_crc, expected, sizeof expected);
    fix_crc(with_crc, sizeof with_crc);
    assert_int_equal(aw_program_write(&source, bytes, sizeof bytes, &size), AW_OK);
    assert_int_equal(size, sizeof expected);
    assert_memory_equal(bytes, with_crc, sizeof bytes);
    struct aw_program_fault fault;
    assert_true(open_and_run(bytes, size, NULL, &fault));
}

static void reads_the_header(void **state)
{
    (void)state;
    struct fixture f;
    struct aw_program p;
    fixture_init(&f, AW_WEIGHTS_SEEDED);
    assert_int_equal(aw_program_open(f.bytes, f.size, NULL, &p, NULL), AW_OK);
    assert_int_equal(p.arena_bytes, 448);
    /* 8 * 27 -> 224 + 32, 25 * 8 -> 208 + 32, 64 */
    assert_int_equal(p.weight_bytes, 224 + 32 + 208 + 32 + 64);
    assert_int_equal(p.tables_at, AT_TABLES);
    pools_init(&f, AW_WEIGHTS_SEEDED);
    assert_int_equal(aw_program_open(f.bytes, f.size, NULL, &p, NULL), AW_OK);
    assert_int_equal(p.arena_bytes, 372);
    assert_int_equal(p.weight_bytes, 6 * 9 * 5 + 2 + 32);
}

static void reads_back_what_was_written(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct fixture f;
        variants[v].init(&f, variants[v].mode);
        struct aw_program p;
        struct aw_program_fault fault = {0};
        assert_int_equal(aw_program_open(f.bytes, f.size, NULL, &p, &fault), AW_OK);
        assert_int_equal(p.tensor_count, f.source.tensor_count);
        assert_int_equal(p.layer_count, f.source.layer_count);
        assert_int_equal(p.table_count, 1);
        assert_int_equal(p.input, 0);
        assert_int_equal(p.output, f.source.output);
        assert_int_equal(p.weights_mode, variants[v].mode);
        assert_int_equal(p.input_seed, 77);
        assert_int_equal(p.tables_at, tables_at(&f));
        assert_int_equal(p.crc, aw_crc32(0, f.bytes, f.size - 4));

        struct aw_tensor tensors[POOLS_TENSORS];
        struct aw_layer layers[POOLS_LAYERS];
        for (uint16_t i = 0; i < p.tensor_count; i++)
            aw_program_tensor(&p, i, &tensors[i]);
        for (uint16_t i = 0; i < p.layer_count; i++) {
            aw_program_layer(&p, i, &layers[i]);
            if (layers[i].table_offset != AW_NO_OFFSET) {
                assert_int_equal(layers[i].table_offset, tables_at(&f));
                layers[i].table_offset = 0;
            }
        }
        struct aw_program_source again = f.source;
        again.tensors = tensors;
        again.layers = layers;
        uint8_t bytes[FIXTURE_CAPACITY];
        uint32_t size = 0;
        assert_int_equal(aw_program_write(&again, bytes, sizeof bytes, &size), AW_OK);
        assert_int_equal(size, f.size);
        assert_memory_equal(bytes, f.bytes, size);
    }
}

static void plans_tables_and_weights(void **state)
{
    (void)state;
    struct fixture seeded, embedded;
    struct aw_program ps, pe;
    fixture_init(&seeded, AW_WEIGHTS_SEEDED);
    fixture_init(&embedded, AW_WEIGHTS_EMBEDDED);
    assert_int_equal(aw_program_open(seeded.bytes, seeded.size, NULL, &ps, NULL), AW_OK);
    assert_int_equal(aw_program_open(embedded.bytes, embedded.size, NULL, &pe, NULL), AW_OK);
    for (uint16_t i = 0; i < FIXTURE_LAYERS; i++) {
        struct aw_plan a, b;
        aw_program_plan(&ps, i, &a);
        aw_program_plan(&pe, i, &b);
        assert_int_equal(a.out_bytes, bytes_of(&ps, a.layer.out));
        assert_int_equal(a.weight_count, b.weight_count);
        if (a.weight_count == 0)
            continue;
        int8_t wa[512], wb[512], expected[512];
        int32_t ba[16] = {0}, bb[16] = {0}, bias[16] = {0};
        aw_program_weights(&ps, &a, wa, ba);
        aw_program_weights(&pe, &b, wb, bb);
        assert_int_equal(a.layer.seed, seeded.layers[i].seed);
        aw_seeded_weights(&a, expected);
        if (a.bias_count)
            aw_seeded_bias(&a.layer, a.bias_count, bias);
        assert_memory_equal(wa, expected, a.weight_count);
        assert_memory_equal(wb, expected, a.weight_count);
        assert_memory_equal(ba, bias, sizeof bias);
        assert_memory_equal(bb, bias, sizeof bias);
    }
    struct aw_plan plan;
    int8_t table[256], made[256];
    aw_program_plan(&ps, 1, &plan);
    aw_program_table(&ps, &plan, table);
    assert_int_equal(aw_act_table(AW_ACT_H_SWISH, 4, 5, made), AW_OK);
    assert_memory_equal(table, made, 256);
    aw_program_plan(&ps, 3, &plan);
    aw_program_table(&ps, &plan, table);
    assert_memory_equal(table, seeded.tables[0], 256);
    struct aw_program_fault fault;
    assert_true(open_and_run(seeded.bytes, seeded.size, NULL, &fault));
    assert_true(open_and_run(embedded.bytes, embedded.size, NULL, &fault));
    assert_int_equal(run_apart(&ps), run_apart(&pe));
}

static void writer_needs_its_space(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct fixture f;
        variants[v].init(&f, variants[v].mode);
        uint8_t bytes[FIXTURE_CAPACITY];
        for (uint32_t capacity = 0; capacity < f.size; capacity++) {
            uint32_t size = 0;
            memset(bytes, 0x33, sizeof bytes);
            assert_int_equal(aw_program_write(&f.source, bytes, capacity, &size), AW_ERR_NO_SPACE);
            assert_int_equal(size, f.size);
            assert_int_equal(bytes[0], 0x33);
        }
        struct aw_program_source wrong = f.source;
        wrong.weights = NULL;
        wrong.weights_size = 16;
        uint32_t size = 0;
        assert_int_equal(aw_program_write(&wrong, bytes, sizeof bytes, &size), AW_ERR_ARG);
    }
}

static void refuses_every_cut(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct fixture f;
        struct aw_program_fault fault;
        variants[v].init(&f, variants[v].mode);
        for (uint32_t size = 0; size < f.size; size++) {
            assert_false(open_and_run(f.bytes, size, NULL, &fault));
            /* The same from someone who knows the size field and the CRC. */
            uint8_t bytes[FIXTURE_CAPACITY];
            memcpy(bytes, f.bytes, size);
            if (size >= AW_PROGRAM_HEADER_BYTES + 4) {
                put_le(bytes + 8, 4, size);
                fix_crc(bytes, size);
            }
            assert_false(open_and_run(bytes, size, NULL, &fault));
        }
    }
}

static void survives_every_bit_flip(void **state)
{
    (void)state;
    for (size_t v = 0; v < VARIANTS; v++) {
        struct fixture f;
        struct aw_program_fault fault;
        uint32_t opened = 0;
        variants[v].init(&f, variants[v].mode);
        for (uint32_t bit = 0; bit < 8 * f.size; bit++) {
            uint8_t mask = (uint8_t)(1u << bit % 8);
            f.bytes[bit / 8] ^= mask;
            assert_false(open_and_run(f.bytes, f.size, NULL, &fault));
            uint8_t fixed[FIXTURE_CAPACITY];
            memcpy(fixed, f.bytes, f.size);
            fix_crc(fixed, f.size);
            opened += open_and_run(fixed, f.size, NULL, &fault);
            f.bytes[bit / 8] ^= mask;
        }
        /* Seeds, the table and embedded weights may be anything; little else may change alone. */
        assert_in_range(opened, 8 * 256 + 4 * f.source.weights_size, variants[v].most_flips);
    }
}

/* Fields where a value near a limit is worth trying, as offsets in a layer, tensor or header. */
static uint32_t interesting(uint32_t word)
{
    static const uint32_t values[] = {
        0,          1,           2,           3,           7,   8,      16,     32,     48,
        127,        128,         192,         255,         256, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF,
        0x7FFFFFFF, 0x80000000u, 0xFFFFFFF0u, 0xFFFFFFFFu, 320, 144,    4,      5,      6};
    return values[word % (sizeof values / sizeof values[0])];
}

static void mutate(uint8_t *bytes, uint32_t size, uint32_t structure_bytes, uint32_t seed)
{
    uint32_t n = 0, count = 1 + aw_rng_word(seed, n++) % 3;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t width = 1u << aw_rng_word(seed, n++) % 3;
        /* Mostly the header, tensors and layers, where the structure is. */
        uint32_t range = aw_rng_word(seed, n++) % 8 ? structure_bytes : size - 4;
        uint32_t at = aw_rng_word(seed, n++) % (range / width) * width;
        uint32_t how = aw_rng_word(seed, n++) % 3, word = aw_rng_word(seed, n++);
        if (how == 0)
            put_le(bytes + at, width, interesting(word));
        else if (how == 1)
            bytes[at] ^= (uint8_t)(1u << word % 8);
        else
            memcpy(bytes + at, bytes + word % (range / width) * width, width);
    }
    fix_crc(bytes, size);
}

static void survives_seeded_mutations(void **state)
{
    (void)state;
    const struct aw_program_limits limits = {.arena_bytes = 1u << 16, .weight_bytes = 1u << 16};
    for (size_t v = 0; v < VARIANTS; v++) {
        uint32_t opened = 0;
        struct fixture f;
        variants[v].init(&f, variants[v].mode);
        for (uint32_t i = 0; i < 10000; i++) {
            uint8_t bytes[FIXTURE_CAPACITY];
            struct aw_program_fault fault;
            memcpy(bytes, f.bytes, f.size);
            mutate(bytes, f.size, tables_at(&f), (uint32_t)v * 10000 + i);
            opened += open_and_run(bytes, f.size, &limits, &fault);
        }
        assert_in_range(opened, 250, 7500);
    }
}

/* As many layers as fit: a chain through two places of memory. */
static void largest_counts(void **state)
{
    (void)state;
    enum { LAYERS = AW_PROGRAM_MAX_TENSORS - 1 };
    static struct aw_tensor tensors[LAYERS + 1];
    static struct aw_layer layers[LAYERS + 1];
    static uint8_t bytes[80 * 1024];
    for (uint16_t i = 0; i <= LAYERS; i++) {
        tensors[i] = (struct aw_tensor){
            .shape = {.h = 1, .w = 1, .c = 16}, .pos = 4, .offset = 16u * (i % 2)};
        layers[i] = (struct aw_layer){.op = AW_OP_ACT,
                                      .in0 = i,
                                      .in1 = AW_NO_TENSOR,
                                      .out = (uint16_t)(i + 1),
                                      .mid_pos = 4,
                                      PLAIN};
    }
    struct aw_program_source source = {.tensors = tensors,
                                       .layers = layers,
                                       .tensor_count = LAYERS + 1,
                                       .layer_count = LAYERS,
                                       .output = LAYERS};
    uint32_t size = 0;
    struct aw_program_fault fault;
    assert_int_equal(aw_program_write(&source, bytes, sizeof bytes, &size), AW_OK);
    assert_true(open_and_run(bytes, size, NULL, &fault));
    const struct aw_program_limits exact = {
        .program_bytes = size, .arena_bytes = 32, .weight_bytes = 1, .layers = LAYERS};
    assert_true(open_and_run(bytes, size, &exact, &fault));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_program_literally),
        cmocka_unit_test(reads_the_header),
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(plans_tables_and_weights),
        cmocka_unit_test(writer_needs_its_space),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(survives_every_bit_flip),
        cmocka_unit_test(survives_seeded_mutations),
        cmocka_unit_test(largest_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
