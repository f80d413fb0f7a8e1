#include "aw/seeded.h"

#include "aw/rng.h"

static void blur(int8_t *weights, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        weights[i] = (int8_t)((weights[i] * 5 >> 3) + 48);
}

/* A sum of weights fits 32 bits by far: the plan checked it with an input of -128 at each. */
static void centre(int8_t *filter, uint32_t count)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += filter[i];
    int32_t mean = (int32_t)aw_round_div(sum, (int32_t)count);
    for (uint32_t i = 0; i < count; i++) {
        int32_t weight = filter[i] - mean;
        filter[i] = (int8_t)(weight < -127 ? -127 : weight > 127 ? 127 : weight);
    }
}

void aw_seeded_weights(const struct aw_plan *plan, int8_t *weights)
{
    const struct aw_layer *layer = &plan->layer;
    aw_rng_weights(layer->seed, plan->weight_count, weights);
    if (layer->op == AW_OP_DWCONV2D) {
        blur(weights, plan->weight_count);
        return;
    }
    uint32_t fan_in = plan->weight_count / plan->out.c, ins = plan->in0.c / layer->groups;
    if (ins >= AW_SEEDED_CENTRED) {
        for (uint32_t at = 0; at < plan->weight_count; at += fan_in)
            centre(weights + at, fan_in);
    }
}

bool aw_seeded_bias_lifts(const struct aw_layer *layer)
{
    return layer->op == AW_OP_CONV2D && layer->act != AW_ACT_NONE;
}

void aw_seeded_bias(const struct aw_layer *layer, uint32_t count, int32_t *bias)
{
    aw_rng_bias(layer->seed, layer->bias_bits, count, bias);
    for (uint32_t i = 0; i < count && aw_seeded_bias_lifts(layer); i++)
        bias[i] = bias[i] < 0 ? -(bias[i] + 1) : bias[i];
}
