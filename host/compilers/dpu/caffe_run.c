/* Caffe's layers in float. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "compilers/dpu/caffe.h"

struct plane {
    int32_t h, w;
};

/* Columns of the output whose pixel `ox * stride + shift` lies inside a row of `in` pixels. */
static void inside(int32_t shift, int32_t stride, int32_t in, int32_t out, int32_t *first,
                   int32_t *past)
{
    *first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    *past = shift >= in ? 0 : (in - 1 - shift) / stride + 1;
    if (*past > out)
        *past = out;
}

/* out += weight * in, for one kernel tap of one pair of channels. */
static void add_tap(const struct awh_conv *conv, struct plane in, struct plane out, int32_t shift_h,
                    int32_t shift_w, float weight, const float *x, float *y)
{
    int32_t first, past;
    inside(shift_w, conv->stride_w, in.w, out.w, &first, &past);
    for (int32_t oy = 0; oy < out.h; oy++) {
        int32_t iy = oy * conv->stride_h + shift_h;
        if (iy < 0 || iy >= in.h)
            continue;
        const float *row = x + (ptrdiff_t)iy * in.w;
        float *into = y + (ptrdiff_t)oy * out.w;
        if (conv->stride_w == 1)
            for (int32_t ox = first; ox < past; ox++)
                into[ox] += weight * row[ox + shift_w];
        else
            for (int32_t ox = first; ox < past; ox++)
                into[ox] += weight * row[(ptrdiff_t)ox * conv->stride_w + shift_w];
    }
}

static void convolve(const struct awh_caffe_layer *layer, const struct awh_caffe_blob *in,
                     const struct awh_caffe_blob *out, const float *x, float *y)
{
    const struct awh_conv *conv = &layer->conv;
    struct plane from = {in->h, in->w}, to = {out->h, out->w};
    size_t in_pixels = (size_t)in->h * (size_t)in->w, pixels = (size_t)out->h * (size_t)out->w;
    int32_t group_in = in->c / conv->groups, group_out = out->c / conv->groups;
    bool flat = conv->kernel_h == 1 && conv->kernel_w == 1 && conv->stride_h == 1 &&
                conv->stride_w == 1 && conv->pad_h == 0 && conv->pad_w == 0;
    if (flat) /* one long row */
        from = to = (struct plane){1, (int32_t)pixels};
    const float *weight = layer->arrays[0].data;
    for (int32_t oc = 0; oc < out->c; oc++) {
        float *into = y + (size_t)oc * pixels;
        const float *group = x + (size_t)(oc / group_out * group_in) * in_pixels;
        float bias = conv->bias ? layer->arrays[1].data[oc] : 0;
        for (size_t i = 0; i < pixels; i++)
            into[i] = bias;
        for (int32_t ic = 0; ic < group_in; ic++)
            for (int32_t kh = 0; kh < conv->kernel_h; kh++)
                for (int32_t kw = 0; kw < conv->kernel_w; kw++)
                    add_tap(conv, from, to, kh * conv->dilation - conv->pad_h,
                            kw * conv->dilation - conv->pad_w, *weight++,
                            group + (size_t)ic * in_pixels, into);
    }
}

/* A window of Caffe's pooling: cut off at the padding behind the input, which counts for the mean,
 * then at the input. */
struct span {
    int32_t first, past;
    int32_t counted;
};

static struct span span_of(int32_t at, int32_t kernel, int32_t stride, int32_t pad, int32_t in)
{
    int32_t first = at * stride - pad, past = first + kernel;
    past = past < in + pad ? past : in + pad;
    struct span span = {.first = first, .past = past, .counted = past - first};
    span.first = first < 0 ? 0 : first;
    span.past = past < in ? past : in;
    return span;
}

static float pool_window(const float *x, int32_t w, struct span rows, struct span columns, bool max)
{
    float sum = 0, most = -FLT_MAX;
    for (int32_t r = rows.first; r < rows.past; r++)
        for (int32_t c = columns.first; c < columns.past; c++) {
            float value = x[(ptrdiff_t)r * w + c];
            sum += value;
            most = value > most ? value : most;
        }
    return max ? most : sum / (float)(rows.counted * columns.counted);
}

static void pool(const struct awh_caffe_layer *layer, const struct awh_caffe_blob *in,
                 const struct awh_caffe_blob *out, const float *x, float *y)
{
    struct awh_conv window = layer->conv;
    if (layer->pool_global)
        window =
            (struct awh_conv){.kernel_h = in->h, .kernel_w = in->w, .stride_h = 1, .stride_w = 1};
    for (int32_t c = 0; c < out->c; c++) {
        const float *channel = x + (size_t)c * (size_t)in->h * (size_t)in->w;
        for (int32_t oy = 0; oy < out->h; oy++) {
            struct span rows = span_of(oy, window.kernel_h, window.stride_h, window.pad_h, in->h);
            for (int32_t ox = 0; ox < out->w; ox++) {
                struct span columns =
                    span_of(ox, window.kernel_w, window.stride_w, window.pad_w, in->w);
                *y++ = pool_window(channel, in->w, rows, columns, layer->pool_max);
            }
        }
    }
}

static void batch_norm(const struct awh_caffe_layer *layer, size_t pixels, const float *x, float *y)
{
    for (size_t c = 0; c < layer->arrays[0].count; c++) {
        double scale = 1 / sqrt((double)layer->arrays[1].data[c] + (double)AWH_BATCH_NORM_EPS);
        for (size_t i = c * pixels; i < (c + 1) * pixels; i++)
            y[i] = (float)(((double)x[i] - (double)layer->arrays[0].data[c]) * scale);
    }
}

/* Factors of axes [axis, axis + ...): `count` of them, each for the `inner` values behind it; all
 * over again for the axes before. */
static void scale(const struct awh_caffe_layer *layer, const struct awh_caffe_blob *in,
                  const float *x, const float *gate, float *y)
{
    const float *factors = gate ? gate : layer->arrays[0].data;
    const float *shifts = layer->array_count == 2 ? layer->arrays[1].data : NULL;
    size_t total = (size_t)in->c * (size_t)in->h * (size_t)in->w;
    size_t count = gate ? (size_t)in->c : layer->arrays[0].count;
    size_t inner = layer->axis == 2 ? 1 : (size_t)in->h * (size_t)in->w;
    for (size_t i = 0; i < total; i++) {
        size_t factor = i / inner % count;
        y[i] = x[i] * factors[factor] + (shifts ? shifts[factor] : 0);
    }
}

static void each(const struct awh_caffe_layer *layer, size_t count, const float *x, float *y)
{
    for (size_t i = 0; i < count; i++) {
        float value = x[i];
        switch (layer->type) {
        case AWH_CAFFE_RELU:
            y[i] = value > 0 ? value : 0;
            break;
        case AWH_CAFFE_RELU6:
            y[i] = value > 6 ? 6 : value > 0 ? value : 0;
            break;
        case AWH_CAFFE_POWER:
            y[i] = layer->shift + layer->scale * value;
            break;
        case AWH_CAFFE_SIGMOID:
            y[i] = 1 / (1 + expf(-value));
            break;
        default:
            y[i] = tanhf(value);
            break;
        }
    }
}

static void combine(const struct awh_caffe_layer *layer, size_t count, const float *a,
                    const float *b, float *y)
{
    for (size_t i = 0; i < count; i++)
        y[i] = layer->product ? a[i] * b[i] : a[i] + b[i];
}

void awh_caffe_run_layer(const struct awh_caffe_net *net, const struct awh_caffe_layer *layer,
                         const float *in0, const float *in1, float *out)
{
    const struct awh_caffe_blob *in = &net->blobs[layer->bottoms[0]];
    const struct awh_caffe_blob *top = &net->blobs[layer->top];
    size_t count = awh_caffe_count(net, layer->bottoms[0]);
    switch (layer->type) {
    case AWH_CAFFE_CONVOLUTION:
        convolve(layer, in, top, in0, out);
        break;
    case AWH_CAFFE_POOLING:
        pool(layer, in, top, in0, out);
        break;
    case AWH_CAFFE_BATCH_NORM:
        batch_norm(layer, (size_t)in->h * (size_t)in->w, in0, out);
        break;
    case AWH_CAFFE_SCALE:
        scale(layer, in, in0, in1, out);
        break;
    case AWH_CAFFE_ELTWISE:
        combine(layer, count, in0, in1, out);
        break;
    case AWH_CAFFE_CONCAT:
        memcpy(out + count, in1, awh_caffe_count(net, layer->bottoms[1]) * sizeof *out);
        memcpy(out, in0, count * sizeof *out);
        break;
    case AWH_CAFFE_RESHAPE:
        memcpy(out, in0, count * sizeof *out);
        break;
    case AWH_CAFFE_RELU:
    case AWH_CAFFE_RELU6:
    case AWH_CAFFE_POWER:
    case AWH_CAFFE_SIGMOID:
    case AWH_CAFFE_TANH:
        each(layer, count, in0, out);
        break;
    case AWH_CAFFE_INPUT:
        break;
    }
}
