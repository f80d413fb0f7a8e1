/* Packs the weights of a program for the kernel set of a board. */
#include "program_impl.h"

#include "aw/crc.h"
#include "aw/mem.h"
#include "aw/size.h"

static void store_u32(uint8_t *at, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

/* Bytes of a layer in the weight block; 0 without weights. */
static uint64_t block_bytes(const struct aw_packing *packing, const struct aw_plan *plan)
{
    if (plan->weight_count == 0)
        return 0;
    return aw_bias_offset(packing, plan) + UINT64_C(4) * plan->bias_count;
}

/* Bytes of the packed weight block. */
static bool packed_block_bytes(const struct aw_program *program, const struct aw_packing *packing,
                               uint32_t *bytes_out)
{
    uint64_t bytes = 0;
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(program, i, &plan);
        uint64_t block = block_bytes(packing, &plan);
        if (block > 0)
            bytes = ((bytes + 15u) & ~UINT64_C(15)) + block;
        if (bytes > UINT32_MAX - 16u)
            return false;
    }
    *bytes_out = (uint32_t)bytes;
    return true;
}

/* Copies the layer's block, its weights packed, to *at and moves on. */
static void pack_layer(const struct aw_program *program, const struct aw_packing *packing,
                       uint16_t index, uint8_t *bytes, uint32_t *at)
{
    struct aw_plan plan;
    aw_program_plan(program, index, &plan);
    uint32_t size = (uint32_t)block_bytes(packing, &plan);
    if (size == 0)
        return;
    const uint8_t *from = program->bytes + program->weights_at + plan.layer.weights_offset;
    *at = (*at + 15u) & ~15u;
    uint8_t *to = bytes + program->weights_at + *at;
    aw_packing_pack(packing, &plan, (const int8_t *)from, (int8_t *)to);
    memcpy(to + aw_bias_offset(packing, &plan), from + aw_bias_offset(NULL, &plan),
           (size_t)4 * plan.bias_count);
    store_u32(bytes + program->layers_at + index * AW_PROGRAM_LAYER_BYTES + AW_AT_LAYER_OFFSET,
              *at);
    *at += size;
}

enum aw_err aw_program_pack(const struct aw_program *program, const struct aw_packing *packing,
                            uint8_t *bytes, uint32_t capacity, uint32_t *size_out)
{
    uint32_t block, size, at = 0;
    if (program->weights_mode != AW_WEIGHTS_EMBEDDED || program->packing)
        return AW_ERR_ARG;
    if (!packed_block_bytes(program, packing, &block) ||
        !aw_add_u32(program->weights_at + AW_CRC_BYTES, block, &size))
        return AW_ERR_RANGE;
    *size_out = size;
    if (size > capacity)
        return AW_ERR_NO_SPACE;
    memcpy(bytes, program->bytes, program->weights_at);
    memset(bytes + program->weights_at, 0, block);
    for (uint16_t i = 0; i < program->layer_count; i++)
        pack_layer(program, packing, i, bytes, &at);
    bytes[AW_AT_PACKING] = packing->id;
    store_u32(bytes + AW_AT_SIZE, size);
    store_u32(bytes + AW_AT_WEIGHTS_SIZE, block);
    store_u32(bytes + size - AW_CRC_BYTES, aw_crc32(0, bytes, size - AW_CRC_BYTES));
    return AW_OK;
}
