/* A small program that has every kind of layer, a table of its own, and work in place. */
#ifndef AWT_TEST_PROGRAM_H
#define AWT_TEST_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "aw/program.h"

#define TEST_LAYERS 8u

static const struct aw_tensor test_tensors[] = {
    {.shape = {8, 8, 3}, .pos = 5, .offset = 0},   /* 0 input */
    {.shape = {8, 8, 8}, .pos = 4, .offset = 192}, /* 1 conv, h-swish */
    {.shape = {8, 8, 8}, .pos = 4, .offset = 704}, /* 2 depthwise, relu6 */
    {.shape = {1, 1, 8}, .pos = 4, .offset = 0},   /* 3 gap, over the dead input */
    {.shape = {1, 1, 8}, .pos = 7, .offset = 16},  /* 4 1x1, h-sigmoid */
    {.shape = {8, 8, 8}, .pos = 4, .offset = 704}, /* 5 mul, in place of 2 */
    {.shape = {8, 8, 8}, .pos = 3, .offset = 192}, /* 6 1x1 */
    {.shape = {8, 8, 8}, .pos = 3, .offset = 704}, /* 7 add, in place of 5 */
    {.shape = {8, 8, 8}, .pos = 6, .offset = 704}, /* 8 tanh, in place of 7: a table */
};

#define TEST_WINDOW(k, pad)                                                                        \
    .kernel_h = (k), .kernel_w = (k), .stride_h = 1, .stride_w = 1, .dilation_h = 1,               \
    .dilation_w = 1, .pad_top = (pad), .pad_bottom = (pad), .pad_left = (pad), .pad_right = (pad), \
    .weights_offset = AW_NO_OFFSET, .table_offset = AW_NO_OFFSET

static const struct aw_layer test_layers[TEST_LAYERS] = {
    {.op = AW_OP_CONV2D,
     .act = AW_ACT_H_SWISH,
     .in0 = 0,
     .in1 = AW_NO_TENSOR,
     .out = 1,
     TEST_WINDOW(3, 1),
     .groups = 1,
     .w_pos = 9,
     .mid_pos = 4,
     .bias_bits = 12,
     .seed = 11},
    {.op = AW_OP_DWCONV2D,
     .act = AW_ACT_RELU6,
     .in0 = 1,
     .in1 = AW_NO_TENSOR,
     .out = 2,
     TEST_WINDOW(3, 1),
     .groups = 8,
     .w_pos = 8,
     .mid_pos = 4,
     .bias_bits = 10,
     .seed = 12},
    {.op = AW_OP_GAP,
     .in0 = 2,
     .in1 = AW_NO_TENSOR,
     .out = 3,
     .mid_pos = 4,
     .weights_offset = AW_NO_OFFSET,
     .table_offset = AW_NO_OFFSET},
    {.op = AW_OP_CONV2D,
     .act = AW_ACT_H_SIGMOID,
     .in0 = 3,
     .in1 = AW_NO_TENSOR,
     .out = 4,
     TEST_WINDOW(1, 0),
     .groups = 1,
     .w_pos = 7,
     .mid_pos = 4,
     .bias_bits = 8,
     .seed = 13},
    {.op = AW_OP_MUL,
     .in0 = 2,
     .in1 = 4,
     .out = 5,
     .mid_pos = 4,
     .weights_offset = AW_NO_OFFSET,
     .table_offset = AW_NO_OFFSET},
    {.op = AW_OP_CONV2D,
     .in0 = 5,
     .in1 = AW_NO_TENSOR,
     .out = 6,
     TEST_WINDOW(1, 0),
     .groups = 1,
     .w_pos = 8,
     .mid_pos = 3,
     .seed = 14},
    {.op = AW_OP_ADD,
     .in0 = 5,
     .in1 = 6,
     .out = 7,
     .mid_pos = 3,
     .weights_offset = AW_NO_OFFSET,
     .table_offset = AW_NO_OFFSET},
    {.op = AW_OP_ACT,
     .act = AW_ACT_TANH,
     .in0 = 7,
     .in1 = AW_NO_TENSOR,
     .out = 8,
     .mid_pos = 3,
     .weights_offset = AW_NO_OFFSET,
     .table_offset = 0},
};

/* Writes it and returns its size; seed changes the input. */
static inline uint32_t test_program_write(uint32_t input_seed, uint8_t *bytes, uint32_t capacity)
{
    static int8_t tables[1][256];
    for (int i = 0; i < 256; i++) /* any table does */
        tables[0][i] = (int8_t)((i - 128) / 2);
    const struct aw_program_source source = {
        .tensors = test_tensors,
        .layers = test_layers,
        .tables = (const int8_t(*)[256])tables,
        .tensor_count = sizeof test_tensors / sizeof test_tensors[0],
        .layer_count = TEST_LAYERS,
        .table_count = 1,
        .input = 0,
        .output = 8,
        .weights_mode = AW_WEIGHTS_SEEDED,
        .input_seed = input_seed,
    };
    uint32_t size = 0;
    return aw_program_write(&source, bytes, capacity, &size) == AW_OK ? size : 0;
}

/* Writes a program of one small layer, for tests that run it very often. */
static inline uint32_t test_program_write_tiny(uint8_t *bytes, uint32_t capacity)
{
    static const struct aw_tensor tensors[] = {
        {.shape = {1, 1, 16}, .pos = 4, .offset = 0},
        {.shape = {1, 1, 16}, .pos = 4, .offset = 0},
    };
    static const struct aw_layer layers[] = {
        {.op = AW_OP_ACT,
         .act = AW_ACT_RELU,
         .in0 = 0,
         .in1 = AW_NO_TENSOR,
         .out = 1,
         .mid_pos = 4,
         .weights_offset = AW_NO_OFFSET,
         .table_offset = AW_NO_OFFSET},
    };
    const struct aw_program_source source = {
        .tensors = tensors,
        .layers = layers,
        .tensor_count = 2,
        .layer_count = 1,
        .output = 1,
        .weights_mode = AW_WEIGHTS_SEEDED,
        .input_seed = 3,
    };
    uint32_t size = 0;
    return aw_program_write(&source, bytes, capacity, &size) == AW_OK ? size : 0;
}

#endif
