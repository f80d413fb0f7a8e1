#include "program/embed.h"

#include <stdlib.h>
#include <string.h>

#include "aw/bytes.h"
#include "aw/seeded.h"
#include "aw/size.h"

static enum aw_err plan_of(const struct awh_quantised *program, uint16_t index,
                           struct aw_plan *plan, struct awh_diag *diag)
{
    const struct aw_layer *layer = &program->layers[index];
    const struct aw_tensor *in1 = layer->in1 == AW_NO_TENSOR ? NULL : &program->tensors[layer->in1];
    const char *why = NULL;
    enum aw_err err = aw_layer_plan(layer, &program->tensors[layer->in0], in1,
                                    &program->tensors[layer->out], plan, &why);
    return err ? awh_fail(diag, err, "layer %u: %s", index, why ? why : aw_err_str(err)) : AW_OK;
}

enum aw_err awh_embed_seeded(struct awh_arena *arena, struct awh_quantised *program,
                             struct awh_diag *diag)
{
    if (program->parameters)
        return AW_OK;
    struct awh_parameters *parameters =
        awh_arena_array(arena, program->layer_count, sizeof(*parameters));
    if (!parameters)
        return awh_fail_mem(diag);
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_plan plan;
        enum aw_err err = plan_of(program, i, &plan, diag);
        if (err)
            return err;
        int8_t *weights = awh_arena_array(arena, plan.weight_count, sizeof(*weights));
        int32_t *bias = awh_arena_array(arena, plan.bias_count, sizeof(*bias));
        if (!weights || !bias)
            return awh_fail_mem(diag);
        if (plan.weight_count > 0)
            aw_seeded_weights(&plan, weights);
        if (plan.bias_count > 0)
            aw_seeded_bias(&plan.layer, plan.bias_count, bias);
        parameters[i] = (struct awh_parameters){.weights = weights, .bias = bias};
    }
    program->parameters = parameters;
    return AW_OK;
}

/* Bytes of the weight block, or false when they leave 32 bits. */
static bool block_bytes(const struct aw_plan *plans, uint16_t count, uint32_t *bytes_out)
{
    uint32_t bytes = 0;
    for (uint16_t i = 0; i < count; i++) {
        uint32_t weights, bias;
        if (!aw_align16_u32(plans[i].weight_count, &weights) ||
            !aw_mul_u32(plans[i].bias_count, 4, &bias) || !aw_align16_u32(bias, &bias) ||
            !aw_add_u32(bytes, weights, &bytes) || !aw_add_u32(bytes, bias, &bytes))
            return false;
    }
    *bytes_out = bytes;
    return true;
}

static void write_layer(struct aw_writer *w, const struct aw_plan *plan,
                        const struct awh_parameters *parameters, struct aw_layer *layer)
{
    if (plan->weight_count == 0)
        return;
    aw_write_align(w, 16);
    layer->weights_offset = w->at;
    layer->seed = 0;
    aw_write_bytes(w, parameters->weights, plan->weight_count);
    aw_write_align(w, 4);
    for (uint32_t i = 0; i < plan->bias_count; i++)
        aw_write_u32le(w, (uint32_t)parameters->bias[i]);
}

enum aw_err awh_embed(struct awh_arena *arena, const char *net, const struct awh_quantised *program,
                      struct awh_embedded *out, struct awh_diag *diag)
{
    uint16_t count = program->layer_count;
    uint32_t capacity;
    struct aw_plan *plans = awh_arena_array(arena, count, sizeof(*plans));
    struct aw_layer *layers = awh_arena_array(arena, count, sizeof(*layers));
    if (!plans || !layers)
        return awh_fail_mem(diag);
    for (uint16_t i = 0; i < count; i++) {
        enum aw_err err = plan_of(program, i, &plans[i], diag);
        if (err)
            return err;
    }
    if (!block_bytes(plans, count, &capacity))
        return awh_fail(diag, AW_ERR_RANGE, "net %s: its weights are over 4 GiB; leave them seeded",
                        net);
    struct aw_writer w = {.bytes = awh_arena_alloc(arena, (size_t)capacity + 1),
                          .capacity = capacity};
    if (!w.bytes)
        return awh_fail_mem(diag);
    for (uint16_t i = 0; i < count; i++) {
        layers[i] = program->layers[i];
        write_layer(&w, &plans[i], &program->parameters[i], &layers[i]);
    }
    if (w.bad)
        return awh_fail(diag, AW_ERR_INTERNAL, "net %s: its weights do not fit their block", net);
    *out = (struct awh_embedded){.layers = layers, .weights = w.bytes, .weights_size = w.at};
    return AW_OK;
}

/* What a place in packed weights holds is one of the canonical weights or nothing. Which one is
 * asked of the packing itself: it packs the numbers of the places, one digit at a time, where no
 * digit is 0. */
#define DIGITS 255u

static void find_places(const struct aw_packing *packing, const struct aw_plan *plan,
                        uint32_t packed_count, uint8_t *digits, uint8_t *packed, uint32_t *places)
{
    uint64_t unit = 1;
    do {
        for (uint32_t i = 0; i < plan->weight_count; i++)
            digits[i] = (uint8_t)(i / unit % DIGITS + 1);
        aw_packing_pack(packing, plan, (const int8_t *)digits, (int8_t *)packed);
        for (uint32_t i = 0; i < packed_count; i++)
            places[i] =
                packed[i] == 0 ? UINT32_MAX : (uint32_t)(places[i] + (packed[i] - 1u) * unit);
        unit *= DIGITS;
    } while (unit < plan->weight_count);
}

enum aw_err awh_unpack_weights(const struct aw_packing *packing, const struct aw_plan *plan,
                               const int8_t *packed, int8_t *canonical, struct awh_diag *diag)
{
    uint32_t packed_count = aw_packing_bytes(packing, plan);
    uint8_t *digits = malloc((size_t)plan->weight_count + 1);
    /* Packings may write whole vectors: aligned as they want it. */
    uint8_t *again = aligned_alloc(16, ((size_t)packed_count + 31) / 16 * 16);
    uint32_t *places = calloc((size_t)packed_count + 1, sizeof(*places));
    enum aw_err err = digits && again && places ? AW_OK : awh_fail_mem(diag);
    if (!err) {
        find_places(packing, plan, packed_count, digits, again, places);
        for (uint32_t i = 0; i < packed_count; i++)
            if (places[i] != UINT32_MAX)
                canonical[places[i]] = packed[i];
        aw_packing_pack(packing, plan, canonical, (int8_t *)again);
        if (memcmp(again, packed, packed_count) != 0)
            err = awh_fail(diag, AW_ERR_FORMAT,
                           "weights are not in the order of packing %s; compile the net again",
                           packing->name);
    }
    free(digits);
    free(again);
    free(places);
    return err;
}
