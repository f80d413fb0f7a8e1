#include "awt/selftest.h"

#include "aw/crc.h"
#include "aw/mem.h"
#include "aw/op.h"
#include "aw/rng.h"
#include "awt/kernel.h"

/* Where a case keeps its bytes, as offsets into the arena; packed weights and bias lie in weight
 * memory. Inputs are followed by room for the loads of vector kernels. */
enum {
    INPUT_AT = 0,
    OUTPUT_AT = 512,
    CANONICAL_AT = 1024,
    SCRATCH_AT = 2048,
    BIAS_AT = 0,
    PACKED_AT = 256,
    NEED_BYTES = 4096,
};

/* One small layer, and the CRC-32 of its output as written down, not computed by code of ours: made
 * with an independent program from the definitions in op.h and rng.h. */
struct kernel_case {
    struct aw_layer layer;
    struct aw_shape in, out;
    int8_t out_pos;
    uint32_t input_seed, crc;
};

static const struct kernel_case kernel_cases[] = {
    {
        .layer = {.op = AW_OP_CONV2D,
                  .in1 = AW_NO_TENSOR,
                  .kernel_h = 1,
                  .kernel_w = 1,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 1,
                  .dilation_w = 1,
                  .groups = 1,
                  .mid_pos = -9,
                  .bias_bits = 8,
                  .seed = 1,
                  .table_offset = AW_NO_OFFSET},
        .in = {2, 2, 16},
        .out = {2, 2, 8},
        .out_pos = -9,
        .input_seed = 101,
        .crc = 0xd296ebde,
    },
    {
        .layer = {.op = AW_OP_CONV2D,
                  .act = AW_ACT_RELU6,
                  .in1 = AW_NO_TENSOR,
                  .kernel_h = 3,
                  .kernel_w = 3,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 1,
                  .dilation_w = 1,
                  .pad_top = 1,
                  .pad_bottom = 1,
                  .pad_left = 1,
                  .pad_right = 1,
                  .groups = 1,
                  .w_pos = 11,
                  .mid_pos = 1,
                  .bias_bits = 12,
                  .seed = 2,
                  .table_offset = AW_NO_OFFSET},
        .in = {4, 4, 8},
        .out = {4, 4, 8},
        .out_pos = 1,
        .input_seed = 102,
        .crc = 0xf63f3f7e,
    },
    {
        .layer = {.op = AW_OP_DWCONV2D,
                  .act = AW_ACT_RELU,
                  .in1 = AW_NO_TENSOR,
                  .kernel_h = 3,
                  .kernel_w = 3,
                  .stride_h = 1,
                  .stride_w = 1,
                  .dilation_h = 1,
                  .dilation_w = 1,
                  .pad_top = 1,
                  .pad_bottom = 1,
                  .pad_left = 1,
                  .pad_right = 1,
                  .groups = 16,
                  .w_pos = 9,
                  .bias_bits = 10,
                  .seed = 3,
                  .table_offset = AW_NO_OFFSET},
        .in = {4, 4, 16},
        .out = {4, 4, 16},
        .input_seed = 103,
        .crc = 0x1ee8d243,
    },
};

static enum aw_err run_case(const struct kernel_case *test, const struct awb_memory *memory)
{
    struct aw_tensor in = {.shape = test->in}, out = {.shape = test->out, .pos = test->out_pos};
    struct aw_plan plan;
    if (aw_layer_plan(&test->layer, &in, NULL, &out, &plan, NULL) != AW_OK)
        return AW_ERR_MISMATCH;
    const struct awt_kernel *kernel = awt_kernel_find(&plan);
    if (!kernel)
        return AW_ERR_MISMATCH;
    uint32_t packed_bytes = aw_packing_bytes(awt_packing, &plan);
    uint32_t scratch_bytes = kernel->scratch_bytes ? kernel->scratch_bytes(&plan) : 0;
    if (SCRATCH_AT + scratch_bytes > memory->arena_bytes ||
        PACKED_AT + packed_bytes > memory->weight_bytes)
        return AW_ERR_NO_SPACE;

    int8_t *arena = (int8_t *)memory->arena;
    int8_t *packed = (int8_t *)memory->weights + PACKED_AT;
    int32_t *bias = (int32_t *)(void *)(memory->weights + BIAS_AT);
    int8_t *canonical = kernel->packed ? arena + CANONICAL_AT : packed;
    aw_rng_input(test->input_seed, plan.in0_bytes, arena + INPUT_AT);
    aw_rng_weights(test->layer.seed, plan.weight_count, canonical);
    aw_rng_bias(test->layer.seed, test->layer.bias_bits, plan.bias_count, bias);
    if (kernel->packed)
        aw_packing_pack(awt_packing, &plan, canonical, packed);
    memset(arena + OUTPUT_AT, 0, plan.out_bytes);
    struct aw_buffers buffers = {
        .in0 = arena + INPUT_AT, .weights = packed, .bias = bias, .out = arena + OUTPUT_AT};
    kernel->run(&plan, &buffers, scratch_bytes ? arena + SCRATCH_AT : NULL);
    return aw_crc32(0, arena + OUTPUT_AT, plan.out_bytes) == test->crc ? AW_OK : AW_ERR_MISMATCH;
}

enum aw_err awt_selftest(const struct awb_memory *memory)
{
    if (aw_crc32(0, "123456789", 9) != 0xcbf43926u)
        return AW_ERR_CRC;
    if (aw_rng_word(1, 0) != 0x514e28b7u || aw_rng_word(0x12345678u, 1000) != 0x9aabb687u)
        return AW_ERR_NUMERIC;
    if (memory->arena_bytes < NEED_BYTES || memory->weight_bytes < NEED_BYTES)
        return AW_ERR_NO_SPACE;
    for (uint32_t i = 0; i < sizeof kernel_cases / sizeof kernel_cases[0]; i++) {
        enum aw_err err = run_case(&kernel_cases[i], memory);
        if (err != AW_OK)
            return err;
    }
    return AW_OK;
}
