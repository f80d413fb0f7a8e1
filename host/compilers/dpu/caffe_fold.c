#include <math.h>
#include <string.h>

#include "compilers/dpu/caffe.h"

/* y = scale * x + shift, a channel each. */
struct affine {
    double *scale, *shift;
    size_t channels;
};

static bool affine_of(struct awh_arena *arena, const struct awh_caffe_layer *norm,
                      const struct awh_caffe_layer *scale, struct affine *out)
{
    size_t channels = norm->arrays[0].count;
    *out = (struct affine){.channels = channels};
    out->scale = awh_arena_array(arena, channels, sizeof *out->scale);
    out->shift = awh_arena_array(arena, channels, sizeof *out->shift);
    if (!out->scale || !out->shift)
        return false;
    for (size_t c = 0; c < channels; c++) {
        double factor = 1 / sqrt((double)norm->arrays[1].data[c] + (double)AWH_BATCH_NORM_EPS);
        if (scale)
            factor *= (double)scale->arrays[0].data[c];
        out->scale[c] = factor;
        out->shift[c] = -(double)norm->arrays[0].data[c] * factor;
        if (scale)
            out->shift[c] += (double)scale->arrays[1].data[c];
    }
    return true;
}

/* Weights and bias of the convolution's own, instead of borrowed ones. */
static bool own_arrays(struct awh_arena *arena, struct awh_caffe_layer *conv)
{
    for (unsigned i = 0; i < conv->array_count; i++) {
        struct awh_caffe_array *array = &conv->arrays[i];
        float *copy = awh_arena_array(arena, array->count, sizeof *copy);
        if (!copy)
            return false;
        memcpy(copy, array->data, array->count * sizeof *copy);
        array->data = copy;
    }
    return true;
}

static bool add_bias(struct awh_arena *arena, struct awh_caffe_layer *conv)
{
    if (conv->conv.bias)
        return true;
    size_t channels = (size_t)conv->conv.out_ch;
    conv->arrays[1] =
        (struct awh_caffe_array){.shape = {conv->conv.out_ch}, .dims = 1, .count = channels};
    conv->arrays[1].data = awh_arena_array(arena, channels, sizeof(float));
    conv->array_count = 2;
    conv->conv.bias = true;
    return conv->arrays[1].data != NULL;
}

static void apply(struct awh_caffe_layer *conv, const struct affine *affine)
{
    float *weights = conv->arrays[0].data, *bias = conv->arrays[1].data;
    size_t fan_in = conv->arrays[0].count / affine->channels;
    for (size_t c = 0; c < affine->channels; c++) {
        for (size_t k = 0; k < fan_in; k++)
            weights[c * fan_in + k] = (float)((double)weights[c * fan_in + k] * affine->scale[c]);
        bias[c] = (float)((double)bias[c] * affine->scale[c] + affine->shift[c]);
    }
}

/* The norm's layer becomes a depthwise convolution of ones. */
static bool become_conv(struct awh_arena *arena, struct awh_caffe_layer *norm, size_t count)
{
    int32_t channels = (int32_t)count;
    norm->type = AWH_CAFFE_CONVOLUTION;
    norm->conv = (struct awh_conv){.out_ch = channels,
                                   .kernel_h = 1,
                                   .kernel_w = 1,
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .groups = channels,
                                   .dilation = 1};
    norm->array_count = 1;
    norm->arrays[0] =
        (struct awh_caffe_array){.shape = {channels, 1, 1, 1}, .dims = 4, .count = count};
    norm->arrays[0].data = awh_arena_array(arena, count, sizeof(float));
    for (size_t c = 0; norm->arrays[0].data && c < count; c++)
        norm->arrays[0].data[c] = 1;
    return norm->arrays[0].data != NULL;
}

static void replace_reads(struct awh_caffe_net *net, int from, int to)
{
    for (size_t i = 0; i < net->layer_count; i++)
        for (int b = 0; b < 2; b++)
            if (net->layers[i].bottoms[b] == from)
                net->layers[i].bottoms[b] = to;
    if (net->output == from)
        net->output = to;
}

/* The convolution that makes a blob which one layer reads. */
static struct awh_caffe_layer *sole_conv(const struct awh_caffe_net *net, int blob)
{
    if (awh_caffe_readers(net, blob) != 1)
        return NULL;
    for (size_t i = 0; i < net->layer_count; i++)
        if (net->layers[i].top == blob)
            return net->layers[i].type == AWH_CAFFE_CONVOLUTION ? &net->layers[i] : NULL;
    return NULL;
}

static void drop(struct awh_caffe_layer *layer)
{
    layer->bottoms[0] = layer->bottoms[1] = layer->top = -1;
}

/* Folds the norm of layer `index` and the scale behind it, if there is one. */
static bool fold_norm(struct awh_arena *arena, struct awh_caffe_net *net, size_t index)
{
    struct awh_caffe_layer *norm = &net->layers[index], *scale = NULL;
    if (index + 1 < net->layer_count && norm[1].type == AWH_CAFFE_SCALE &&
        norm[1].top == norm->top && norm[1].bottoms[0] == norm->top)
        scale = &norm[1];
    struct affine affine;
    if (!affine_of(arena, norm, scale, &affine))
        return false;
    if (scale)
        drop(scale);
    struct awh_caffe_layer *conv = sole_conv(net, norm->bottoms[0]);
    if (conv) {
        replace_reads(net, norm->top, conv->top);
        drop(norm);
    } else {
        conv = norm;
        if (!become_conv(arena, norm, affine.channels))
            return false;
    }
    if (!add_bias(arena, conv))
        return false;
    apply(conv, &affine);
    return true;
}

enum aw_err awh_caffe_fold(struct awh_arena *arena, struct awh_caffe_net *net,
                           struct awh_diag *diag)
{
    bool ok = true;
    for (size_t i = 0; i < net->layer_count && ok; i++)
        if (net->layers[i].type == AWH_CAFFE_CONVOLUTION)
            ok = own_arrays(arena, &net->layers[i]);
    for (size_t i = 0; i < net->layer_count && ok; i++)
        if (net->layers[i].type == AWH_CAFFE_BATCH_NORM)
            ok = fold_norm(arena, net, i);
    if (!ok)
        return awh_fail_mem(diag);
    size_t kept = 0;
    for (size_t i = 0; i < net->layer_count; i++)
        if (net->layers[i].top >= 0)
            net->layers[kept++] = net->layers[i];
    net->layer_count = kept;
    return AW_OK;
}
