/* Lifetimes: no layer may destroy what a later layer, or the layer itself, still reads. */
#include "program_impl.h"

#include "aw/mem.h"

/* Times: 0 is the net's input, layer i runs at i + 1, the net's output is read after all. */
#define NEVER     0xFFFFu /* written: not yet; last_read is 0 then */
#define AFTER_ALL 0xFFFEu

struct span {
    uint32_t first, end;
};

static struct span span_of(const struct aw_program *program, uint16_t index)
{
    struct aw_tensor t;
    aw_program_tensor(program, index, &t);
    uint32_t bytes = (uint32_t)t.shape.h * t.shape.w * t.shape.c;
    return (struct span){.first = t.offset, .end = t.offset + bytes};
}

static void refuse(struct aw_program_fault *fault, uint32_t index, bool is_tensor, const char *what)
{
    *fault = (struct aw_program_fault){.what = what, .index = (int)index, .is_tensor = is_tensor};
}

/* Fills both tables; every tensor is written once, before any layer reads it. */
static enum aw_err follow(const struct aw_program *program, struct aw_program_work *life,
                          struct aw_program_fault *fault)
{
    memset(life->written, 0xFF, sizeof life->written);
    memset(life->last_read, 0, sizeof life->last_read);
    life->written[program->input] = 0;
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_layer layer;
        uint16_t now = (uint16_t)(i + 1);
        aw_program_layer(program, i, &layer);
        if (life->written[layer.in0] == NEVER ||
            (layer.in1 != AW_NO_TENSOR && life->written[layer.in1] == NEVER)) {
            refuse(fault, i, false, "reads a tensor that nothing has written");
            return AW_ERR_RANGE;
        }
        if (life->written[layer.out] != NEVER) {
            refuse(fault, i, false, "writes a tensor that is written already");
            return AW_ERR_RANGE;
        }
        life->last_read[layer.in0] = now;
        if (layer.in1 != AW_NO_TENSOR)
            life->last_read[layer.in1] = now;
        life->written[layer.out] = now;
    }
    life->last_read[program->output] = AFTER_ALL;
    for (uint16_t t = 0; t < program->tensor_count; t++)
        if (life->written[t] == NEVER) {
            refuse(fault, t, true, "never written");
            return AW_ERR_RANGE;
        }
    if (program->output == program->input) {
        refuse(fault, program->output, true, "is the net's input and its output");
        return AW_ERR_RANGE;
    }
    return AW_OK;
}

static bool destroys(const struct aw_program *program, const struct aw_program_work *life,
                     uint16_t now, const struct aw_layer *layer)
{
    const struct aw_op *op = aw_op_find(layer->op);
    struct span out = span_of(program, layer->out);
    for (uint16_t t = 0; t < program->tensor_count; t++) {
        if (life->written[t] >= now || life->last_read[t] < now)
            continue;
        struct span other = span_of(program, t);
        if (other.first >= out.end || other.end <= out.first)
            continue;
        bool in_place = op->in_place && t == layer->in0 && life->last_read[t] == now &&
                        other.first == out.first && other.end == out.end;
        if (!in_place)
            return true;
    }
    return false;
}

enum aw_err aw_program_check_memory(const struct aw_program *program, struct aw_program_work *life,
                                    struct aw_program_fault *fault)
{
    enum aw_err err = follow(program, life, fault);
    for (uint16_t i = 0; err == AW_OK && i < program->layer_count; i++) {
        struct aw_layer layer;
        aw_program_layer(program, i, &layer);
        if (destroys(program, life, (uint16_t)(i + 1), &layer)) {
            refuse(fault, i, false, "output overlaps a tensor that is still to be read");
            err = AW_ERR_RANGE;
        }
    }
    return err;
}
