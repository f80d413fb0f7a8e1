/* Access to a program that aw_program_open accepted. */
#include "program_impl.h"

#include "aw/bytes.h"
#include "aw/mem.h"
#include "aw/rng.h"

static struct aw_reader reader_at(const struct aw_program *program, uint32_t offset, uint32_t size)
{
    return (struct aw_reader){.bytes = program->bytes + offset, .size = size};
}

void aw_program_tensor(const struct aw_program *program, uint16_t index, struct aw_tensor *out)
{
    struct aw_reader r = reader_at(program, program->tensors_at + index * AW_PROGRAM_TENSOR_BYTES,
                                   AW_PROGRAM_TENSOR_BYTES);
    out->shape.h = aw_read_u16le(&r);
    out->shape.w = aw_read_u16le(&r);
    out->shape.c = aw_read_u16le(&r);
    out->pos = (int8_t)aw_read_u8(&r);
    (void)aw_read_u8(&r);
    out->offset = aw_read_u32le(&r);
}

void aw_program_layer(const struct aw_program *program, uint16_t index, struct aw_layer *out)
{
    struct aw_reader r = reader_at(program, program->layers_at + index * AW_PROGRAM_LAYER_BYTES,
                                   AW_PROGRAM_LAYER_BYTES);
    out->op = aw_read_u8(&r);
    out->act = aw_read_u8(&r);
    out->in0 = aw_read_u16le(&r);
    out->in1 = aw_read_u16le(&r);
    out->out = aw_read_u16le(&r);
    out->kernel_h = aw_read_u8(&r);
    out->kernel_w = aw_read_u8(&r);
    out->stride_h = aw_read_u8(&r);
    out->stride_w = aw_read_u8(&r);
    out->dilation_h = aw_read_u8(&r);
    out->dilation_w = aw_read_u8(&r);
    out->pad_top = aw_read_u8(&r);
    out->pad_bottom = aw_read_u8(&r);
    out->pad_left = aw_read_u8(&r);
    out->pad_right = aw_read_u8(&r);
    out->groups = aw_read_u16le(&r);
    out->w_pos = (int8_t)aw_read_u8(&r);
    out->mid_pos = (int8_t)aw_read_u8(&r);
    out->bias_bits = aw_read_u8(&r);
    out->count_include_pad = aw_read_u8(&r);
    out->seed = aw_read_u32le(&r);
    out->weights_offset = aw_read_u32le(&r);
    out->table_offset = aw_read_u32le(&r);
    out->pad_channels = aw_read_u16le(&r);
    out->start_h = aw_read_u16le(&r);
    out->start_w = aw_read_u16le(&r);
}

enum aw_err aw_program_layer_plan(const struct aw_program *program, uint16_t index,
                                  struct aw_plan *plan_out, const char **why)
{
    struct aw_layer layer;
    struct aw_tensor in0, in1, out;
    aw_program_layer(program, index, &layer);
    bool two = layer.in1 != AW_NO_TENSOR;
    if (layer.in0 >= program->tensor_count || layer.out >= program->tensor_count ||
        (two && layer.in1 >= program->tensor_count)) {
        *why = "tensor of the layer does not exist";
        return AW_ERR_RANGE;
    }
    aw_program_tensor(program, layer.in0, &in0);
    aw_program_tensor(program, layer.out, &out);
    if (two)
        aw_program_tensor(program, layer.in1, &in1);
    return aw_layer_plan(&layer, &in0, two ? &in1 : NULL, &out, plan_out, why);
}

void aw_program_plan(const struct aw_program *program, uint16_t index, struct aw_plan *out)
{
    const char *why;
    if (aw_program_layer_plan(program, index, out, &why) != AW_OK)
        __builtin_trap(); /* the program was not opened, or its bytes changed since */
}

void aw_program_table(const struct aw_program *program, const struct aw_plan *plan,
                      int8_t table[256])
{
    const struct aw_layer *layer = &plan->layer;
    if (layer->table_offset != AW_NO_OFFSET)
        memcpy(table, program->bytes + layer->table_offset, AW_PROGRAM_TABLE_BYTES);
    else if (aw_act_table(layer->act, layer->mid_pos, plan->out_pos, table) != AW_OK)
        __builtin_trap(); /* aw_program_open wants a table for these activations */
}

void aw_program_weights(const struct aw_program *program, const struct aw_plan *plan,
                        int8_t *weights, int32_t *bias)
{
    const struct aw_layer *layer = &plan->layer;
    if (program->weights_mode == AW_WEIGHTS_SEEDED) {
        aw_rng_weights(layer->seed, plan->weight_count, weights);
        if (plan->bias_count > 0)
            aw_rng_bias(layer->seed, layer->bias_bits, plan->bias_count, bias);
        return;
    }
    const uint8_t *at = program->bytes + program->weights_at + layer->weights_offset;
    memcpy(weights, at, aw_packing_bytes(program->packing, plan));
    at += aw_bias_offset(program->packing, plan);
    for (uint32_t i = 0; i < plan->bias_count; i++, at += 4)
        bias[i] = (int32_t)aw_load_u32(at);
}
