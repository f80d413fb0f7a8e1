/* The parameters that stage fix rounded, for the program: what the board runs is what
 * deploy.caffemodel holds. */
#include <math.h>

#include "compilers/dpu/fix.h"
#include "compilers/dpu/stages.h"

/* Of parameters that are all 0: any is exact. */
#define POS_OF_ZEROS 7

/* Pairs of width and position in fix_info: input, output, weights, bias. */
#define WEIGHTS_POS_AT 5
#define BIAS_POS_AT    7

static int8_t code_of(float value, int pos)
{
    return (int8_t)lround(ldexp((double)value, pos));
}

static int pos_of(int32_t info)
{
    return info == AWH_FIX_POS_OF_ZEROS ? POS_OF_ZEROS : info;
}

/* From [out][in][kh][kw] to [out][kh][kw][in]; where `depthwise`, to [kh][kw][out]. */
static void order_weights(const struct awh_caffe_array *array, bool depthwise, int pos,
                          int8_t *codes)
{
    size_t out_ch = (size_t)array->shape[0], ins = (size_t)array->shape[1];
    size_t taps = (size_t)(array->shape[2] * array->shape[3]);
    for (size_t o = 0; o < out_ch; o++)
        for (size_t i = 0; i < ins; i++)
            for (size_t tap = 0; tap < taps; tap++) {
                size_t to = depthwise ? tap * out_ch + o : (o * taps + tap) * ins + i;
                codes[to] = code_of(array->data[(o * ins + i) * taps + tap], pos);
            }
}

static enum aw_err give_layer(struct awh_arena *arena, const struct awh_caffe_layer *layer,
                              const char *name, struct awh_given *out, struct awh_diag *diag)
{
    const struct awh_caffe_array *weights = &layer->arrays[0], *bias = &layer->arrays[1];
    int32_t in_ch = (int32_t)weights->shape[1] * layer->conv.groups;
    bool depthwise =
        layer->conv.groups > 1 && layer->conv.groups == in_ch && layer->conv.out_ch == in_ch;
    struct awh_given given = {.layer = name,
                              .weight_count = weights->count,
                              .weights_pos = pos_of(layer->fix_info[WEIGHTS_POS_AT])};
    int8_t *codes = awh_arena_array(arena, weights->count, sizeof(*codes));
    int8_t *bias_codes = NULL;
    if (!codes)
        return awh_fail_mem(diag);
    order_weights(weights, depthwise, given.weights_pos, codes);
    if (layer->conv.bias) {
        given.bias_pos = pos_of(layer->fix_info[BIAS_POS_AT]);
        bias_codes = awh_arena_array(arena, bias->count, sizeof(*bias_codes));
        if (!bias_codes)
            return awh_fail_mem(diag);
        for (size_t c = 0; c < bias->count; c++)
            bias_codes[c] = code_of(bias->data[c], given.bias_pos);
    }
    given.weights = codes;
    given.bias = bias_codes;
    *out = given;
    return AW_OK;
}

enum aw_err awh_dpu_given(const struct awh_dpu_job *job, const struct awh_caffe_net *fixed,
                          struct awh_given_list *out, struct awh_diag *diag)
{
    struct awh_given *items = awh_arena_array(job->arena, fixed->layer_count, sizeof(*items));
    size_t count = 0;
    if (!items)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < fixed->layer_count; i++) {
        const struct awh_caffe_layer *layer = &fixed->layers[i];
        if (layer->type != AWH_CAFFE_CONVOLUTION)
            continue;
        /* Others that Caffe has to compute as convolutions are no layers with weights here. */
        const struct awh_node *node = &job->graph->nodes[layer->node];
        if (node->op != AWH_NODE_CONV && node->op != AWH_NODE_BATCH_NORM)
            continue;
        enum aw_err err = give_layer(job->arena, layer, node->name, &items[count++], diag);
        if (err)
            return err;
    }
    *out = (struct awh_given_list){.items = items, .count = count};
    return AW_OK;
}
