#include "awt/loader.h"

#include "aw/mem.h"

#include "aw/size.h"

/* Weight memory while it fills. */
struct pool {
    uint8_t *bytes;
    uint32_t capacity, used;
};

/* Takes n bytes at a multiple of 16; NULL when they are not there. */
static void *pool_take(struct pool *pool, uint32_t n)
{
    uint32_t rounded, end;
    if (!aw_align16_u32(n, &rounded) || !aw_add_u32(pool->used, rounded, &end) ||
        end > pool->capacity)
        return NULL;
    void *taken = pool->bytes + pool->used;
    pool->used = end;
    return taken;
}

static enum aw_err no_weight_space(const struct pool *pool, uint32_t need, int32_t layer,
                                   struct awt_fault *fault)
{
    awt_fault_set(fault, AW_ERR_NO_SPACE, layer, "weight memory is full: ");
    awt_fault_number(fault, need);
    awt_fault_text(fault, " more bytes wanted, ");
    awt_fault_number(fault, pool->capacity - pool->used);
    awt_fault_text(fault, " of ");
    awt_fault_number(fault, pool->capacity);
    awt_fault_text(fault, " left");
    return AW_ERR_NO_SPACE;
}

/* Puts the layer's bias and its weights, in the kernel's order, into weight memory. A host may have
 * packed them already. */
static enum aw_err load_weights(struct awt_net *net, struct awt_slot *slot, int32_t layer,
                                const struct awt_kernel *kernel, const struct awb_memory *memory,
                                struct pool *pool, struct awt_fault *fault)
{
    const struct aw_plan *plan = &slot->plan;
    uint32_t bias_bytes, packed_bytes = aw_packing_bytes(awt_packing, plan);
    if (!aw_mul_u32(plan->bias_count, sizeof(int32_t), &bias_bytes))
        return awt_fault_set(fault, AW_ERR_RANGE, layer, "too many biases");
    int8_t *packed = pool_take(pool, packed_bytes);
    if (!packed)
        return no_weight_space(pool, packed_bytes, layer, fault);
    int32_t *bias = pool_take(pool, bias_bytes);
    if (!bias)
        return no_weight_space(pool, bias_bytes, layer, fault);

    if (kernel->packed && !net->program.packing) {
        /* The arena is free until the program runs. */
        if (plan->weight_count > memory->arena_bytes) {
            awt_fault_set(fault, AW_ERR_NO_SPACE, layer, "the arena is too small to pack ");
            awt_fault_number(fault, plan->weight_count);
            awt_fault_text(fault, " bytes of weights");
            return fault->code;
        }
        int8_t *canonical = (int8_t *)memory->arena;
        aw_program_weights(&net->program, plan, canonical, bias);
        aw_packing_pack(awt_packing, plan, canonical, packed);
    } else {
        aw_program_weights(&net->program, plan, packed, bias);
    }
    slot->buffers.weights = packed;
    slot->buffers.bias = plan->bias_count ? bias : NULL;
    return AW_OK;
}

/* Layers often have the same table; they share it. */
static enum aw_err load_table(struct awt_net *net, uint32_t layer, struct pool *pool,
                              struct awt_fault *fault)
{
    int8_t table[256];
    aw_program_table(&net->program, &net->slots[layer].plan, table);
    for (uint32_t i = 0; i < layer; i++) {
        if (net->slots[i].table && memcmp(net->slots[i].table, table, sizeof table) == 0) {
            net->slots[layer].table = net->slots[i].table;
            return AW_OK;
        }
    }
    int8_t *own = pool_take(pool, sizeof table);
    if (!own)
        return no_weight_space(pool, sizeof table, (int32_t)layer, fault);
    memcpy(own, table, sizeof table);
    net->slots[layer].table = own;
    return AW_OK;
}

static int8_t *tensor_at(const struct awt_net *net, const struct awb_memory *memory, uint16_t index)
{
    struct aw_tensor tensor;
    aw_program_tensor(&net->program, index, &tensor);
    return (int8_t *)memory->arena + tensor.offset;
}

static enum aw_err load_layer(struct awt_net *net, uint16_t layer, const struct awb_memory *memory,
                              struct pool *pool, uint32_t *scratch_bytes, struct awt_fault *fault)
{
    struct awt_slot *slot = &net->slots[layer];
    memset(slot, 0, sizeof *slot);
    aw_program_plan(&net->program, layer, &slot->plan);
    const struct aw_layer *attributes = &slot->plan.layer;
    const struct awt_kernel *kernel = awt_kernel_find(&slot->plan);
    if (!kernel)
        return awt_fault_set(fault, AW_ERR_INTERNAL, layer, "no kernel, not even a reference");
    slot->run = kernel->run;
    slot->buffers.in0 = tensor_at(net, memory, attributes->in0);
    slot->buffers.in1 =
        attributes->in1 == AW_NO_TENSOR ? NULL : tensor_at(net, memory, attributes->in1);
    slot->buffers.out = tensor_at(net, memory, attributes->out);
    if (kernel->scratch_bytes) {
        uint32_t need = kernel->scratch_bytes(&slot->plan);
        *scratch_bytes = need > *scratch_bytes ? need : *scratch_bytes;
    }
    enum aw_err err = AW_OK;
    if (slot->plan.weight_count)
        err = load_weights(net, slot, layer, kernel, memory, pool, fault);
    if (err == AW_OK && slot->plan.table)
        err = load_table(net, layer, pool, fault);
    return err;
}

/* Scratch lies behind the tensors, on a cache line of its own. */
static enum aw_err place_scratch(struct awt_net *net, const struct awb_memory *memory,
                                 uint32_t scratch_bytes, struct awt_fault *fault)
{
    uint32_t at = net->program.arena_bytes, end;
    if (!aw_add_u32(at, 63u, &at) || !aw_add_u32(at & ~63u, scratch_bytes, &end) ||
        (scratch_bytes && end > memory->arena_bytes)) {
        awt_fault_set(fault, AW_ERR_NO_SPACE, AWT_NO_LAYER, "the kernels want ");
        awt_fault_number(fault, scratch_bytes);
        awt_fault_text(fault, " bytes of scratch behind an arena of ");
        awt_fault_number(fault, net->program.arena_bytes);
        awt_fault_text(fault, "; the board has ");
        awt_fault_number(fault, memory->arena_bytes);
        return fault->code;
    }
    net->scratch = scratch_bytes ? memory->arena + (at & ~63u) : NULL;
    return AW_OK;
}

static enum aw_err open_program(struct awt_net *net, const struct awb_memory *memory, uint32_t size,
                                struct awt_fault *fault)
{
    const struct aw_program_limits limits = {
        .program_bytes = memory->program_bytes,
        .arena_bytes = memory->arena_bytes,
        .weight_bytes = memory->weight_bytes,
        .layers = AWT_MAX_LAYERS,
        .packing = awt_packing,
    };
    struct aw_program_fault why = {.what = "", .index = -1};
    /* No slot is in use yet, and there is no room on the stack. */
    struct aw_program_work *work = (void *)memory->tables;
    enum aw_err err =
        aw_program_open_with(memory->program, size, &limits, work, &net->program, &why);
    if (err == AW_OK)
        return AW_OK;
    bool is_tensor = why.is_tensor && why.index >= 0;
    awt_fault_set(fault, err, is_tensor ? AWT_NO_LAYER : why.index, "");
    if (is_tensor) {
        awt_fault_text(fault, "tensor ");
        awt_fault_number(fault, (uint32_t)why.index);
        awt_fault_text(fault, ": ");
    }
    awt_fault_text(fault, why.what && *why.what ? why.what : aw_err_str(err));
    return err;
}

static void find_ends(struct awt_net *net, const struct awb_memory *memory)
{
    struct aw_tensor tensor;
    aw_program_tensor(&net->program, net->program.input, &tensor);
    net->input = (int8_t *)memory->arena + tensor.offset;
    net->input_bytes = (uint32_t)tensor.shape.h * tensor.shape.w * tensor.shape.c;
    aw_program_tensor(&net->program, net->program.output, &tensor);
    net->output = (int8_t *)memory->arena + tensor.offset;
    net->output_bytes = (uint32_t)tensor.shape.h * tensor.shape.w * tensor.shape.c;
}

void awt_net_init(struct awt_net *net, const struct awb_memory *memory)
{
    memset(net, 0, sizeof *net);
    net->slots = (void *)memory->tables;
}

enum aw_err awt_net_load(struct awt_net *net, const struct awb_memory *memory, uint32_t size,
                         struct awt_fault *fault)
{
    net->layer_count = 0;
    enum aw_err err = open_program(net, memory, size, fault);
    if (err != AW_OK)
        return err;
    struct pool pool = {.bytes = memory->weights, .capacity = memory->weight_bytes};
    uint32_t scratch_bytes = 0;
    for (uint16_t i = 0; i < net->program.layer_count; i++) {
        err = load_layer(net, i, memory, &pool, &scratch_bytes, fault);
        if (err != AW_OK)
            return err;
    }
    err = place_scratch(net, memory, scratch_bytes, fault);
    if (err != AW_OK)
        return err;
    find_ends(net, memory);
    net->weight_bytes = pool.used;
    net->layer_count = net->program.layer_count;
    return AW_OK;
}
