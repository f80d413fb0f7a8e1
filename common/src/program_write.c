#include "program_impl.h"

#include "aw/bytes.h"
#include "aw/crc.h"
#include "aw/mem.h"

static void write_zeros(struct aw_writer *w, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        aw_write_u8(w, 0);
}

static uint32_t arena_bytes(const struct aw_program_source *source)
{
    uint32_t end = 0;
    for (uint32_t i = 0; i < source->tensor_count; i++) {
        const struct aw_tensor *t = &source->tensors[i];
        uint32_t tensor_end = t->offset + (uint32_t)t->shape.h * t->shape.w * t->shape.c;
        end = tensor_end > end ? tensor_end : end;
    }
    return end;
}

/* A layer that cannot be planned counts nothing here; aw_program_open says what is wrong with it.
 */
static bool plan_of(const struct aw_program_source *source, const struct aw_layer *layer,
                    struct aw_plan *plan)
{
    bool two = layer->in1 != AW_NO_TENSOR;
    if (layer->in0 >= source->tensor_count || layer->out >= source->tensor_count ||
        (two && layer->in1 >= source->tensor_count))
        return false;
    return aw_layer_plan(layer, &source->tensors[layer->in0],
                         two ? &source->tensors[layer->in1] : NULL, &source->tensors[layer->out],
                         plan, NULL) == AW_OK;
}

static uint32_t weight_bytes(const struct aw_program_source *source)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < source->layer_count; i++) {
        struct aw_plan plan;
        if (plan_of(source, &source->layers[i], &plan))
            bytes += aw_weight_memory(&plan);
    }
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

static void write_header(struct aw_writer *w, const struct aw_program_source *source, uint32_t size)
{
    aw_write_u32le(w, AW_PROGRAM_MAGIC);
    aw_write_u16le(w, AW_PROGRAM_VERSION);
    aw_write_u8(w, source->weights_mode);
    aw_write_u8(w, 0);
    aw_write_u32le(w, size);
    aw_write_u16le(w, source->tensor_count);
    aw_write_u16le(w, source->layer_count);
    aw_write_u16le(w, source->table_count);
    aw_write_u16le(w, source->input);
    aw_write_u16le(w, source->output);
    aw_write_u16le(w, 0);
    aw_write_u32le(w, arena_bytes(source));
    aw_write_u32le(w, weight_bytes(source));
    aw_write_u32le(w, source->input_seed);
    aw_write_u32le(w, source->weights_size);
    write_zeros(w, AW_PROGRAM_HEADER_BYTES - AW_AT_RESERVED);
}

static void write_tensor(struct aw_writer *w, const struct aw_tensor *t)
{
    aw_write_u16le(w, t->shape.h);
    aw_write_u16le(w, t->shape.w);
    aw_write_u16le(w, t->shape.c);
    aw_write_u8(w, (uint8_t)t->pos);
    aw_write_u8(w, 0);
    aw_write_u32le(w, t->offset);
    aw_write_u32le(w, 0);
}

static void write_layer(struct aw_writer *w, const struct aw_layer *l, bool embedded,
                        uint32_t tables_at)
{
    const struct aw_op *op = aw_op_find(l->op);
    bool carries_weights = embedded && op && op->weighted;
    bool has_table = l->table_offset != AW_NO_OFFSET;
    aw_write_u8(w, l->op);
    aw_write_u8(w, l->act);
    aw_write_u16le(w, l->in0);
    aw_write_u16le(w, l->in1);
    aw_write_u16le(w, l->out);
    const uint8_t window[] = {l->kernel_h,   l->kernel_w, l->stride_h,   l->stride_w, l->dilation_h,
                              l->dilation_w, l->pad_top,  l->pad_bottom, l->pad_left, l->pad_right};
    aw_write_bytes(w, window, sizeof window);
    aw_write_u16le(w, l->groups);
    aw_write_u8(w, (uint8_t)l->w_pos);
    aw_write_u8(w, (uint8_t)l->mid_pos);
    aw_write_u8(w, l->bias_bits);
    aw_write_u8(w, l->count_include_pad);
    aw_write_u32le(w, l->seed);
    aw_write_u32le(w, carries_weights ? l->weights_offset : AW_NO_OFFSET);
    aw_write_u32le(w,
                   has_table ? tables_at + l->table_offset * AW_PROGRAM_TABLE_BYTES : AW_NO_OFFSET);
    aw_write_u16le(w, l->pad_channels);
    aw_write_u16le(w, l->start_h);
    aw_write_u16le(w, l->start_w);
    write_zeros(w, AW_PROGRAM_LAYER_BYTES - AW_AT_LAYER_RESERVED);
}

enum aw_err aw_program_write(const struct aw_program_source *source, uint8_t *bytes,
                             uint32_t capacity, uint32_t *size_out)
{
    bool embedded = source->weights_mode == AW_WEIGHTS_EMBEDDED;
    if (embedded ? !source->weights && source->weights_size > 0 : source->weights_size > 0)
        return AW_ERR_ARG;
    uint32_t tables_at = AW_PROGRAM_HEADER_BYTES + source->tensor_count * AW_PROGRAM_TENSOR_BYTES +
                         source->layer_count * AW_PROGRAM_LAYER_BYTES;
    uint64_t size = (uint64_t)tables_at + source->table_count * AW_PROGRAM_TABLE_BYTES +
                    source->weights_size + AW_CRC_BYTES;
    if (size > UINT32_MAX)
        return AW_ERR_RANGE;
    *size_out = (uint32_t)size;
    if (size > capacity)
        return AW_ERR_NO_SPACE;

    struct aw_writer w = {.bytes = bytes, .capacity = capacity};
    write_header(&w, source, (uint32_t)size);
    for (uint32_t i = 0; i < source->tensor_count; i++)
        write_tensor(&w, &source->tensors[i]);
    for (uint32_t i = 0; i < source->layer_count; i++)
        write_layer(&w, &source->layers[i], embedded, tables_at);
    for (uint32_t i = 0; i < source->table_count; i++)
        aw_write_bytes(&w, source->tables[i], AW_PROGRAM_TABLE_BYTES);
    aw_write_bytes(&w, source->weights, source->weights_size);
    aw_write_u32le(&w, aw_crc32(0, bytes, w.at));
    return w.bad || w.at != *size_out ? AW_ERR_INTERNAL : AW_OK;
}
