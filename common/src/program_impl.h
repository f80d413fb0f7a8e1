/* Field offsets of a program (docs/program.md), shared by its reader, checker and writer. */
#ifndef AW_PROGRAM_IMPL_H
#define AW_PROGRAM_IMPL_H

#include "aw/program.h"

enum {
    AW_AT_MAGIC = 0,                       /* u32 */
    AW_AT_VERSION = 4,                     /* u16 */
    AW_AT_WEIGHTS_MODE = 6,                /* u8 */
    AW_AT_PACKING = AW_PROGRAM_PACKING_AT, /* u8 */
    AW_AT_SIZE = 8,                        /* u32, of the whole program */
    AW_AT_TENSOR_COUNT = 12,               /* u16 */
    AW_AT_LAYER_COUNT = 14,                /* u16 */
    AW_AT_TABLE_COUNT = 16,                /* u16 */
    AW_AT_INPUT = 18,                      /* u16 */
    AW_AT_OUTPUT = 20,                     /* u16 */
    AW_AT_ARENA_BYTES = 24,                /* u32 */
    AW_AT_WEIGHT_BYTES = 28,               /* u32 */
    AW_AT_INPUT_SEED = 32,                 /* u32 */
    AW_AT_WEIGHTS_SIZE = 36,               /* u32, of the embedded weight block */
    AW_AT_RESERVED = 40,                   /* to the end of the header */
    AW_AT_LAYER_OFFSET = 28,               /* u32, in a layer: of its weights */
    AW_AT_LAYER_RESERVED = 42,             /* in a layer: to its end */
    AW_CRC_BYTES = 4,
};

static inline uint16_t aw_load_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t aw_load_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Bytes from the weights of a layer to its bias in an embedded block: weights padded to 4.
 * Overflows only for plans that aw_layer_plan refuses. */
static inline uint64_t aw_bias_offset(const struct aw_packing *packing, const struct aw_plan *plan)
{
    return ((uint64_t)aw_packing_bytes(packing, plan) + 3u) & ~UINT64_C(3);
}

/* Weights and biases of a layer in the target's weight memory, each rounded up to 16. */
static inline uint64_t aw_weight_memory(const struct aw_plan *plan)
{
    return (((uint64_t)plan->weight_count + 15u) & ~UINT64_C(15)) +
           (((uint64_t)plan->bias_count * 4u + 15u) & ~UINT64_C(15));
}

/* Plans a layer of a program whose tensors lie inside bytes; tensor ids are checked. */
AW_MUST_USE enum aw_err aw_program_layer_plan(const struct aw_program *program, uint16_t index,
                                              struct aw_plan *plan_out, const char **why);

/* Reads, writes and places of one layer against all others; layers' tensor ids are valid. */
AW_MUST_USE enum aw_err aw_program_check_memory(const struct aw_program *program,
                                                struct aw_program_work *life,
                                                struct aw_program_fault *fault);

#endif
