/* Two small programs, which together have every op, and a runner that watches them; shared by the
 * program tests. Include after cmocka.h. */
#ifndef AW_PROGRAM_TESTING_H
#define AW_PROGRAM_TESTING_H

#include <stdlib.h>
#include <string.h>

#include "aw/bytes.h"
#include "aw/crc.h"
#include "aw/program.h"
#include "aw/rng.h"
#include "aw/seeded.h"

#define FIXTURE_TENSORS   7
#define FIXTURE_LAYERS    6
#define POOLS_TENSORS     10
#define POOLS_LAYERS      9
#define FIXTURE_CAPACITY  8192
#define AT_TENSOR(i, off) (AW_PROGRAM_HEADER_BYTES + (i)*AW_PROGRAM_TENSOR_BYTES + (off))
#define AT_LAYER(i, off)  (AT_TENSOR(FIXTURE_TENSORS, 0) + (i)*AW_PROGRAM_LAYER_BYTES + (off))
#define AT_TABLES         AT_LAYER(FIXTURE_LAYERS, 0)

struct fixture {
    struct aw_tensor tensors[POOLS_TENSORS];
    struct aw_layer layers[POOLS_LAYERS];
    int8_t tables[1][256];
    uint8_t weights[2048];
    struct aw_program_source source;
    uint8_t bytes[FIXTURE_CAPACITY];
    uint32_t size;
};

#define WINDOW(k, s, p)                                                                            \
    .in1 = AW_NO_TENSOR, .kernel_h = (k), .kernel_w = (k), .stride_h = (s), .stride_w = (s),       \
    .dilation_h = 1, .dilation_w = 1, .pad_top = (p), .pad_bottom = (p), .pad_left = (p),          \
    .pad_right = (p), PLAIN
#define PLAIN .weights_offset = AW_NO_OFFSET, .table_offset = AW_NO_OFFSET

/* in 8x8x3 -> conv s2 -> t1 -> dw5 h_swish -> t2 -> gap -> t3 -> 1x1 sigmoid (table) -> t4
 *                         \                     \-> mul by t4, in place -> t5 -> add t1 -> t6 */
static inline void fixture_layers(struct fixture *f)
{
    const struct aw_shape mid = {.h = 4, .w = 4, .c = 8}, one = {.h = 1, .w = 1, .c = 8};
    const struct aw_tensor tensors[FIXTURE_TENSORS] = {
        {.shape = {.h = 8, .w = 8, .c = 3}, .pos = 5, .offset = 0},
        {.shape = mid, .pos = 4, .offset = 192},
        {.shape = mid, .pos = 5, .offset = 0},
        {.shape = one, .pos = 5, .offset = 128},
        {.shape = one, .pos = 7, .offset = 144},
        {.shape = mid, .pos = 5, .offset = 0},
        {.shape = mid, .pos = 4, .offset = 320},
    };
    const struct aw_layer layers[FIXTURE_LAYERS] = {
        {.op = AW_OP_CONV2D,
         .act = AW_ACT_RELU6,
         .in0 = 0,
         .out = 1,
         WINDOW(3, 2, 1),
         .groups = 1,
         .w_pos = 7,
         .mid_pos = 4,
         .bias_bits = 9,
         .seed = 11},
        {.op = AW_OP_DWCONV2D,
         .act = AW_ACT_H_SWISH,
         .in0 = 1,
         .out = 2,
         WINDOW(5, 1, 2),
         .groups = 8,
         .w_pos = 8,
         .mid_pos = 4,
         .bias_bits = 7,
         .seed = 12},
        {.op = AW_OP_GAP, .in0 = 2, .in1 = AW_NO_TENSOR, .out = 3, .mid_pos = 5, PLAIN},
        {.op = AW_OP_CONV2D,
         .act = AW_ACT_SIGMOID,
         .in0 = 3,
         .out = 4,
         WINDOW(1, 1, 0),
         .groups = 1,
         .w_pos = 6,
         .mid_pos = 4,
         .seed = 13},
        {.op = AW_OP_MUL, .in0 = 2, .in1 = 4, .out = 5, .mid_pos = 5, PLAIN},
        {.op = AW_OP_ADD, .act = AW_ACT_RELU, .in0 = 5, .in1 = 1, .out = 6, .mid_pos = 4, PLAIN},
    };
    memcpy(f->tensors, tensors, sizeof tensors);
    memcpy(f->layers, layers, sizeof layers);
    f->layers[3].table_offset = 0;
    f->source = (struct aw_program_source){
        .tensor_count = FIXTURE_TENSORS,
        .layer_count = FIXTURE_LAYERS,
        .output = 6,
    };
}

/* in 6x6x4 -> maxpool -> t1 -> slice -> t3 -> concat t2, t3 -> t4 -> pad -> t5
 *         \-> avgpool -> t2
 * t5 -> conv, 2 groups -> t6 -> zero -> t7; add t6, t7 in place -> t8 -> avgpool tanh (table) -> t9
 */
static inline void pools_layers(struct fixture *f)
{
    const struct aw_shape whole = {.h = 6, .w = 6, .c = 4}, half = {.h = 3, .w = 3, .c = 4};
    const struct aw_shape conv = {.h = 4, .w = 4, .c = 6};
    const struct aw_tensor tensors[POOLS_TENSORS] = {
        {.shape = whole, .pos = 5, .offset = 0},
        {.shape = whole, .pos = 5, .offset = 144},
        {.shape = half, .pos = 6, .offset = 336},
        {.shape = half, .pos = 5, .offset = 288},
        {.shape = {.h = 3, .w = 3, .c = 8}, .pos = 5, .offset = 0},
        {.shape = {.h = 4, .w = 4, .c = 10}, .pos = 5, .offset = 144},
        {.shape = conv, .pos = 4, .offset = 0},
        {.shape = conv, .pos = 0, .offset = 96},
        {.shape = conv, .pos = 0, .offset = 0},
        {.shape = {.h = 3, .w = 3, .c = 6}, .pos = 7, .offset = 192},
    };
    const struct aw_layer layers[POOLS_LAYERS] = {
        {.op = AW_OP_MAXPOOL,
         .act = AW_ACT_RELU,
         .in0 = 0,
         .out = 1,
         WINDOW(3, 1, 1),
         .mid_pos = 5},
        {.op = AW_OP_AVGPOOL, .in0 = 0, .out = 2, WINDOW(3, 2, 1), .mid_pos = 6},
        {.op = AW_OP_SLICE,
         .in0 = 1,
         .in1 = AW_NO_TENSOR,
         .out = 3,
         .stride_h = 2,
         .stride_w = 2,
         .mid_pos = 5,
         .start_h = 1,
         .start_w = 0,
         PLAIN},
        {.op = AW_OP_CONCAT, .in0 = 2, .in1 = 3, .out = 4, .mid_pos = 5, PLAIN},
        {.op = AW_OP_PAD,
         .act = AW_ACT_HARDTANH,
         .in0 = 4,
         .in1 = AW_NO_TENSOR,
         .out = 5,
         .pad_top = 1,
         .pad_left = 1,
         .mid_pos = 5,
         .pad_channels = 2,
         PLAIN},
        {.op = AW_OP_CONV2D,
         .in0 = 5,
         .out = 6,
         WINDOW(3, 1, 1),
         .groups = 2,
         .w_pos = 7,
         .mid_pos = 4,
         .bias_bits = 8,
         .seed = 21},
        {.op = AW_OP_ZERO, .in0 = 6, .in1 = AW_NO_TENSOR, .out = 7, PLAIN},
        {.op = AW_OP_ADD, .in0 = 6, .in1 = 7, .out = 8, PLAIN},
        {.op = AW_OP_AVGPOOL,
         .act = AW_ACT_TANH,
         .in0 = 8,
         .out = 9,
         WINDOW(2, 2, 1),
         .mid_pos = 4,
         .count_include_pad = 1},
    };
    memcpy(f->tensors, tensors, sizeof tensors);
    memcpy(f->layers, layers, sizeof layers);
    f->layers[8].table_offset = 0;
    f->source = (struct aw_program_source){
        .tensor_count = POOLS_TENSORS,
        .layer_count = POOLS_LAYERS,
        .output = 9,
    };
}

/* Moves the synthetic weights into a weight block. */
static inline void fixture_embed(struct fixture *f)
{
    struct aw_writer w = {.bytes = f->weights, .capacity = sizeof f->weights};
    for (uint32_t i = 0; i < f->source.layer_count; i++) {
        struct aw_layer *layer = &f->layers[i];
        struct aw_plan plan;
        int8_t weights[512];
        int32_t bias[16];
        if (!aw_op_find(layer->op)->weighted)
            continue;
        assert_int_equal(aw_layer_plan(layer, &f->tensors[layer->in0], NULL,
                                       &f->tensors[layer->out], &plan, NULL),
                         AW_OK);
        aw_seeded_weights(&plan, weights);
        if (plan.bias_count)
            aw_seeded_bias(layer, plan.bias_count, bias);
        aw_write_align(&w, 16);
        layer->weights_offset = w.at;
        layer->seed = 0;
        aw_write_bytes(&w, weights, plan.weight_count);
        aw_write_align(&w, 4);
        for (uint32_t k = 0; k < plan.bias_count; k++)
            aw_write_u32le(&w, (uint32_t)bias[k]);
    }
    assert_false(w.bad);
    f->source.weights_mode = AW_WEIGHTS_EMBEDDED;
    f->source.weights = f->weights;
    f->source.weights_size = w.at;
}

static inline void fixture_write(struct fixture *f)
{
    assert_int_equal(aw_program_write(&f->source, f->bytes, sizeof f->bytes, &f->size), AW_OK);
}

static inline void fixture_finish(struct fixture *f, uint8_t weights_mode)
{
    for (int q = -128; q < 128; q++) /* any monotone table will do */
        f->tables[0][q + 128] = (int8_t)(64 + q / 2);
    f->source.tensors = f->tensors;
    f->source.layers = f->layers;
    f->source.tables = (const int8_t(*)[256])f->tables;
    f->source.table_count = 1;
    f->source.input_seed = 77;
    if (weights_mode == AW_WEIGHTS_EMBEDDED)
        fixture_embed(f);
    fixture_write(f);
}

static inline void fixture_init(struct fixture *f, uint8_t weights_mode)
{
    memset(f, 0, sizeof *f);
    fixture_layers(f);
    fixture_finish(f, weights_mode);
}

static inline void pools_init(struct fixture *f, uint8_t weights_mode)
{
    memset(f, 0, sizeof *f);
    pools_layers(f);
    fixture_finish(f, weights_mode);
}

static inline void put_le(uint8_t *at, uint32_t width, uint32_t value)
{
    for (uint32_t i = 0; i < width; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static inline void fix_crc(uint8_t *bytes, uint32_t size)
{
    put_le(bytes + size - 4, 4, aw_crc32(0, bytes, size - 4));
}

/* Runs layer i with all tensors at base(tensor). */
static inline void run_layer(const struct aw_program *p, uint16_t i, int8_t *const *tensors)
{
    struct aw_plan plan;
    aw_program_plan(p, i, &plan);
    int8_t *weights = malloc(plan.weight_count + 1u);
    int32_t *bias = malloc(4u * plan.bias_count + 1u);
    assert_non_null(weights);
    assert_non_null(bias);
    struct aw_buffers b = {.in0 = tensors[plan.layer.in0], .out = tensors[plan.layer.out]};
    if (plan.in1_bytes)
        b.in1 = tensors[plan.layer.in1];
    if (plan.weight_count) {
        aw_program_weights(p, &plan, weights, bias);
        b.weights = weights;
        b.bias = plan.bias_count ? bias : NULL;
    }
    aw_op_find(plan.layer.op)->run(&plan, &b);
    if (plan.table) {
        int8_t table[256];
        aw_program_table(p, &plan, table);
        aw_table_apply(table, b.out, plan.out_bytes);
    }
    free(weights);
    free(bias);
}

static inline uint32_t bytes_of(const struct aw_program *p, uint16_t tensor)
{
    struct aw_tensor t;
    aw_program_tensor(p, tensor, &t);
    return (uint32_t)t.shape.h * t.shape.w * t.shape.c;
}

/* CRC of the output with every tensor in memory of its own: what the program means. */
static inline uint32_t run_apart(const struct aw_program *p)
{
    int8_t *tensors[AW_PROGRAM_MAX_TENSORS] = {0};
    for (uint16_t t = 0; t < p->tensor_count; t++) {
        tensors[t] = malloc(bytes_of(p, t));
        assert_non_null(tensors[t]);
    }
    aw_rng_input(p->input_seed, bytes_of(p, p->input), tensors[p->input]);
    for (uint16_t i = 0; i < p->layer_count; i++)
        run_layer(p, i, tensors);
    uint32_t crc = aw_crc32(0, tensors[p->output], bytes_of(p, p->output));
    for (uint16_t t = 0; t < p->tensor_count; t++)
        free(tensors[t]);
    return crc;
}

/* The same in an arena of exactly arena_bytes between guards; each layer may change its output
 * only. */
static inline uint32_t run_in_arena(const struct aw_program *p)
{
    enum { GUARD = 256 };
    size_t size = (size_t)p->arena_bytes + 2 * GUARD;
    uint8_t *memory = malloc(size), *before = malloc(size);
    assert_non_null(memory);
    assert_non_null(before);
    memset(memory, 0xA5, size);
    int8_t *tensors[AW_PROGRAM_MAX_TENSORS] = {0};
    for (uint16_t t = 0; t < p->tensor_count; t++) {
        struct aw_tensor tensor;
        aw_program_tensor(p, t, &tensor);
        tensors[t] = (int8_t *)memory + GUARD + tensor.offset;
    }
    aw_rng_input(p->input_seed, bytes_of(p, p->input), tensors[p->input]);
    for (uint16_t i = 0; i < p->layer_count; i++) {
        struct aw_layer layer;
        aw_program_layer(p, i, &layer);
        memcpy(before, memory, size);
        run_layer(p, i, tensors);
        size_t first = (size_t)((uint8_t *)tensors[layer.out] - memory);
        size_t end = first + bytes_of(p, layer.out);
        assert_memory_equal(memory, before, first);
        assert_memory_equal(memory + end, before + end, size - end);
    }
    uint32_t crc = aw_crc32(0, tensors[p->output], bytes_of(p, p->output));
    free(memory);
    free(before);
    return crc;
}

/* Opens a copy of exactly `size` bytes, so that a sanitizer sees any read outside. What opens must
 * run, without touching anything outside, and mean the same in its arena as apart. */
static inline bool open_and_run(const uint8_t *bytes, uint32_t size,
                                const struct aw_program_limits *limits,
                                struct aw_program_fault *fault)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    struct aw_program program, untouched;
    memset(&program, 0x77, sizeof program);
    untouched = program;
    *fault = (struct aw_program_fault){0};
    bool opened = aw_program_open(copy, size, limits, &program, fault) == AW_OK;
    if (opened) {
        assert_null(fault->what);
        assert_int_equal(run_in_arena(&program), run_apart(&program));
    } else {
        assert_non_null(fault->what);
        assert_memory_equal(&program, &untouched, sizeof program);
    }
    free(copy);
    return opened;
}

#endif
