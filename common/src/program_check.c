/* The gate: nothing of a program is used before this has accepted all of it. */
#include "program_impl.h"

#include "aw/crc.h"
#include "aw/mem.h"
#include "aw/size.h"

static enum aw_err refuse(struct aw_program_fault *fault, enum aw_err err, const char *what)
{
    *fault = (struct aw_program_fault){.what = what, .index = -1, .is_tensor = false};
    return err;
}

static enum aw_err refuse_tensor(struct aw_program_fault *fault, uint32_t index, const char *what)
{
    *fault = (struct aw_program_fault){.what = what, .index = (int)index, .is_tensor = true};
    return AW_ERR_RANGE;
}

static enum aw_err refuse_layer(struct aw_program_fault *fault, uint32_t index, enum aw_err err,
                                const char *what)
{
    *fault = (struct aw_program_fault){.what = what, .index = (int)index, .is_tensor = false};
    return err;
}

static bool all_zero(const uint8_t *at, uint32_t n)
{
    uint8_t any = 0;
    for (uint32_t i = 0; i < n; i++)
        any |= at[i];
    return any == 0;
}

static bool over(uint32_t value, uint32_t limit)
{
    return limit != 0 && value > limit;
}

static enum aw_err check_envelope(const uint8_t *bytes, uint32_t size,
                                  const struct aw_program_limits *limits,
                                  struct aw_program_fault *fault)
{
    if (size < AW_PROGRAM_HEADER_BYTES + AW_CRC_BYTES)
        return refuse(fault, AW_ERR_FORMAT, "shorter than a header");
    if (aw_load_u32(bytes + AW_AT_MAGIC) != AW_PROGRAM_MAGIC)
        return refuse(fault, AW_ERR_FORMAT, "does not start with AWP1");
    if (aw_load_u16(bytes + AW_AT_VERSION) != AW_PROGRAM_VERSION)
        return refuse(fault, AW_ERR_VERSION, "version of the format is not 1");
    if (aw_load_u32(bytes + AW_AT_SIZE) != size)
        return refuse(fault, AW_ERR_FORMAT, "size differs from the header's (cut or extended)");
    if (over(size, limits->program_bytes))
        return refuse(fault, AW_ERR_NO_SPACE, "program is larger than the machine's memory for it");
    uint32_t body = size - AW_CRC_BYTES;
    if (aw_load_u32(bytes + body) != aw_crc32(0, bytes, body))
        return refuse(fault, AW_ERR_CRC, "CRC-32 does not match");
    return AW_OK;
}

/* Reads the header into `program` and places the sections; they fill the size exactly. */
static enum aw_err read_header(const uint8_t *bytes, uint32_t size, struct aw_program *program,
                               struct aw_program_fault *fault)
{
    *program = (struct aw_program){
        .bytes = bytes,
        .size = size,
        .weights_mode = bytes[AW_AT_WEIGHTS_MODE],
        .tensor_count = aw_load_u16(bytes + AW_AT_TENSOR_COUNT),
        .layer_count = aw_load_u16(bytes + AW_AT_LAYER_COUNT),
        .table_count = aw_load_u16(bytes + AW_AT_TABLE_COUNT),
        .input = aw_load_u16(bytes + AW_AT_INPUT),
        .output = aw_load_u16(bytes + AW_AT_OUTPUT),
        .arena_bytes = aw_load_u32(bytes + AW_AT_ARENA_BYTES),
        .weight_bytes = aw_load_u32(bytes + AW_AT_WEIGHT_BYTES),
        .input_seed = aw_load_u32(bytes + AW_AT_INPUT_SEED),
        .tensors_at = AW_PROGRAM_HEADER_BYTES,
        .crc = aw_load_u32(bytes + size - AW_CRC_BYTES),
    };
    uint32_t weights_size = aw_load_u32(bytes + AW_AT_WEIGHTS_SIZE);
    if (!all_zero(bytes + 22, 2) ||
        !all_zero(bytes + AW_AT_RESERVED, AW_PROGRAM_HEADER_BYTES - AW_AT_RESERVED))
        return refuse(fault, AW_ERR_FORMAT, "reserved bytes of the header are not 0");
    if (program->weights_mode > AW_WEIGHTS_EMBEDDED)
        return refuse(fault, AW_ERR_RANGE, "unknown weights mode");
    if (program->tensor_count > AW_PROGRAM_MAX_TENSORS)
        return refuse(fault, AW_ERR_RANGE, "more than 1024 tensors");
    if (program->layer_count == 0 || program->layer_count > AW_PROGRAM_MAX_LAYERS)
        return refuse(fault, AW_ERR_RANGE, "number of layers outside 1..1024");
    if (program->weights_mode == AW_WEIGHTS_SEEDED && weights_size != 0)
        return refuse(fault, AW_ERR_RANGE, "weight block in a program with seeded weights");
    /* Counts are 16 bits, so these sums stay below 2^25. */
    program->layers_at = program->tensors_at + program->tensor_count * AW_PROGRAM_TENSOR_BYTES;
    program->tables_at = program->layers_at + program->layer_count * AW_PROGRAM_LAYER_BYTES;
    program->weights_at = program->tables_at + program->table_count * AW_PROGRAM_TABLE_BYTES;
    uint32_t end;
    if (!aw_add_u32(program->weights_at, weights_size, &end) || end != size - AW_CRC_BYTES)
        return refuse(fault, AW_ERR_FORMAT, "sections do not fill the program exactly");
    return AW_OK;
}

static enum aw_err read_packing(struct aw_program *program, const struct aw_program_limits *limits,
                                struct aw_program_fault *fault)
{
    uint8_t id = program->bytes[AW_AT_PACKING];
    program->packing = NULL;
    if (id == AW_PACKING_CANONICAL)
        return AW_OK;
    if (id >= AW_PACKING_END)
        return refuse(fault, AW_ERR_RANGE, "unknown packing of the weights");
    if (program->weights_mode != AW_WEIGHTS_EMBEDDED)
        return refuse(fault, AW_ERR_RANGE, "packing of a program with seeded weights");
    if (!limits->packing || limits->packing->id != id)
        return refuse(fault, AW_ERR_UNSUPPORTED, "weights are packed for another kernel set");
    program->packing = limits->packing;
    return AW_OK;
}

static enum aw_err check_tensors(const struct aw_program *program, struct aw_program_fault *fault)
{
    uint32_t arena_end = 0;
    for (uint16_t i = 0; i < program->tensor_count; i++) {
        const uint8_t *at = program->bytes + program->tensors_at + i * AW_PROGRAM_TENSOR_BYTES;
        struct aw_tensor t;
        uint32_t bytes, end;
        aw_program_tensor(program, i, &t);
        if (at[7] != 0 || !all_zero(at + 12, 4))
            return refuse_tensor(fault, i, "reserved bytes are not 0");
        if (t.shape.h == 0 || t.shape.w == 0 || t.shape.c == 0)
            return refuse_tensor(fault, i, "shape has a 0");
        if (t.pos < AW_POS_MIN || t.pos > AW_POS_MAX)
            return refuse_tensor(fault, i, "position outside -16..24");
        if (t.offset % 16 != 0)
            return refuse_tensor(fault, i, "offset is not a multiple of 16");
        if (!aw_mul_u32((uint32_t)t.shape.h * t.shape.w, t.shape.c, &bytes) ||
            !aw_add_u32(t.offset, bytes, &end) || end > program->arena_bytes)
            return refuse_tensor(fault, i, "outside the arena");
        arena_end = end > arena_end ? end : arena_end;
    }
    if (arena_end != program->arena_bytes)
        return refuse(fault, AW_ERR_RANGE, "arena_bytes is not the end of the last tensor");
    if (program->input >= program->tensor_count || program->output >= program->tensor_count)
        return refuse(fault, AW_ERR_RANGE, "input or output tensor does not exist");
    return AW_OK;
}

static enum aw_err check_table(const struct aw_program *program, uint16_t index,
                               const struct aw_plan *plan, struct aw_program_fault *fault)
{
    uint32_t offset = plan->layer.table_offset;
    bool table_needed = plan->layer.act == AW_ACT_SIGMOID || plan->layer.act == AW_ACT_TANH;
    if (offset == AW_NO_OFFSET)
        return table_needed ? refuse_layer(fault, index, AW_ERR_RANGE, "activation has no table")
                            : AW_OK;
    if (!plan->table)
        return refuse_layer(fault, index, AW_ERR_RANGE, "table for an activation without one");
    if (offset < program->tables_at || offset >= program->weights_at ||
        (offset - program->tables_at) % AW_PROGRAM_TABLE_BYTES != 0)
        return refuse_layer(fault, index, AW_ERR_RANGE, "table_offset is not that of a table");
    return AW_OK;
}

/* Values of an embedded block: kernels rely on these ranges to keep sums inside 32 bits. */
static const char *weight_values_fault(const struct aw_packing *packing, const struct aw_plan *plan,
                                       const uint8_t *at)
{
    uint32_t count = aw_packing_bytes(packing, plan);
    uint32_t bias_at = (uint32_t)aw_bias_offset(packing, plan);
    for (uint32_t i = 0; i < count; i++)
        if (at[i] == 0x80)
            return "embedded weight is -128";
    if (!all_zero(at + count, bias_at - count))
        return "padding of embedded weights is not 0";
    int64_t bound = INT64_C(1) << plan->layer.bias_bits;
    for (uint32_t i = 0; i < plan->bias_count; i++) {
        int32_t bias = (int32_t)aw_load_u32(at + bias_at + 4 * i);
        if (bias < -bound || bias >= bound)
            return "embedded bias outside [-2^bias_bits, 2^bias_bits)";
    }
    return NULL;
}

static enum aw_err check_weights(const struct aw_program *program, uint16_t index,
                                 const struct aw_plan *plan, struct aw_program_fault *fault)
{
    uint32_t offset = plan->layer.weights_offset;
    bool carried = program->weights_mode == AW_WEIGHTS_EMBEDDED && plan->weight_count > 0;
    if (!carried)
        return offset == AW_NO_OFFSET ? AW_OK
                                      : refuse_layer(fault, index, AW_ERR_RANGE,
                                                     "weights_offset of a layer without a block");
    if (plan->layer.seed != 0)
        return refuse_layer(fault, index, AW_ERR_RANGE, "seed of a layer with embedded weights");
    uint64_t end = offset + aw_bias_offset(program->packing, plan) + UINT64_C(4) * plan->bias_count;
    if (offset % 16 != 0 || end > program->size - AW_CRC_BYTES - program->weights_at)
        return refuse_layer(fault, index, AW_ERR_RANGE, "weights outside the weight block");
    const char *what =
        weight_values_fault(program->packing, plan, program->bytes + program->weights_at + offset);
    return what ? refuse_layer(fault, index, AW_ERR_RANGE, what) : AW_OK;
}

static enum aw_err check_layers(const struct aw_program *program, struct aw_program_fault *fault)
{
    uint64_t weight_bytes = 0;
    for (uint16_t i = 0; i < program->layer_count; i++) {
        const uint8_t *at = program->bytes + program->layers_at + i * AW_PROGRAM_LAYER_BYTES;
        if (!all_zero(at + AW_AT_LAYER_RESERVED, AW_PROGRAM_LAYER_BYTES - AW_AT_LAYER_RESERVED))
            return refuse_layer(fault, i, AW_ERR_FORMAT, "reserved bytes are not 0");
        struct aw_plan plan;
        const char *why = NULL;
        enum aw_err err = aw_program_layer_plan(program, i, &plan, &why);
        if (err != AW_OK)
            return refuse_layer(fault, i, err, why);
        err = check_table(program, i, &plan, fault);
        if (err == AW_OK)
            err = check_weights(program, i, &plan, fault);
        if (err != AW_OK)
            return err;
        weight_bytes += aw_weight_memory(&plan);
    }
    if (weight_bytes != program->weight_bytes)
        return refuse(fault, AW_ERR_RANGE, "weight_bytes is not the sum over the layers");
    return AW_OK;
}

enum aw_err aw_program_open_with(const uint8_t *bytes, uint32_t size,
                                 const struct aw_program_limits *limits,
                                 struct aw_program_work *work, struct aw_program *program_out,
                                 struct aw_program_fault *fault)
{
    static const struct aw_program_limits no_limits;
    struct aw_program_fault ignored;
    struct aw_program program;
    if (!fault)
        fault = &ignored;
    if (!limits)
        limits = &no_limits;
    enum aw_err err = check_envelope(bytes, size, limits, fault);
    if (err == AW_OK)
        err = read_header(bytes, size, &program, fault);
    if (err == AW_OK)
        err = read_packing(&program, limits, fault);
    if (err != AW_OK)
        return err;
    if (over(program.layer_count, limits->layers))
        return refuse(fault, AW_ERR_NO_SPACE, "more layers than the machine has records for");
    if (over(program.arena_bytes, limits->arena_bytes))
        return refuse(fault, AW_ERR_NO_SPACE, "arena is larger than the machine's");
    if (over(program.weight_bytes, limits->weight_bytes))
        return refuse(fault, AW_ERR_NO_SPACE, "weights are larger than the machine's memory");
    err = check_tensors(&program, fault);
    if (err == AW_OK)
        err = check_layers(&program, fault);
    if (err == AW_OK)
        err = aw_program_check_memory(&program, work, fault);
    if (err == AW_OK)
        *program_out = program;
    return err;
}

#if __STDC_HOSTED__ /* who has a stack of a few kilobytes uses the other */

enum aw_err aw_program_open(const uint8_t *bytes, uint32_t size,
                            const struct aw_program_limits *limits, struct aw_program *program_out,
                            struct aw_program_fault *fault)
{
    struct aw_program_work work;
    return aw_program_open_with(bytes, size, limits, &work, program_out, fault);
}

#endif
