#include "prims/build.h"

#include <stdarg.h>
#include <stdio.h>

const struct awh_param_spec awh_no_params[] = {{.name = NULL}};

enum aw_err awh_build_end(const struct awh_build *build, int tensor, int *out_tensor)
{
    if (!build->err)
        *out_tensor = tensor;
    return build->err;
}

void awh_build_fail(struct awh_build *build, enum aw_err err, const char *format, ...)
{
    char text[256];
    va_list args;
    if (build->err)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    build->err = awh_fail(build->diag, err, "%s: %s", build->prim->type->name, text);
}

/* Evaluates `call` unless something failed before; gives `in` when there is no new tensor. */
#define APPEND(build, in, call)                                                                    \
    do {                                                                                           \
        int out = (in);                                                                            \
        if (!(build)->err)                                                                         \
            (build)->err = (call);                                                                 \
        return (build)->err ? (in) : out;                                                          \
    } while (0)

int awh_build_any_conv(struct awh_build *build, int in, struct awh_conv conv)
{
    APPEND(build, in, awh_graph_conv(build->graph, in, conv, &out, build->diag));
}

static struct awh_conv square(int32_t out_ch, int32_t kernel, int32_t stride)
{
    return (struct awh_conv){.out_ch = out_ch,
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = stride,
                             .stride_w = stride,
                             .pad_h = kernel / 2,
                             .pad_w = kernel / 2,
                             .groups = 1,
                             .dilation = 1};
}

int awh_build_conv(struct awh_build *build, int in, int32_t out_ch, int32_t kernel, int32_t stride)
{
    return awh_build_any_conv(build, in, square(out_ch, kernel, stride));
}

int awh_build_conv_bias(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                        int32_t stride)
{
    struct awh_conv conv = square(out_ch, kernel, stride);
    conv.bias = true;
    return awh_build_any_conv(build, in, conv);
}

int awh_build_group_conv(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                         int32_t stride, int32_t groups, int32_t dilation)
{
    struct awh_conv conv = square(out_ch, kernel, stride);
    conv.groups = groups;
    conv.dilation = dilation;
    conv.pad_h = conv.pad_w = dilation * (kernel / 2);
    return awh_build_any_conv(build, in, conv);
}

static int batch_norm(struct awh_build *build, int in, bool affine)
{
    APPEND(build, in, awh_graph_batch_norm(build->graph, in, affine, &out, build->diag));
}

int awh_build_bn(struct awh_build *build, int in)
{
    return batch_norm(build, in, awh_value_truth(&build->prim->affine));
}

int awh_build_bn_always(struct awh_build *build, int in)
{
    return batch_norm(build, in, true);
}

int awh_build_act(struct awh_build *build, int in, enum aw_act act)
{
    APPEND(build, in, awh_graph_act(build->graph, in, act, &out, build->diag));
}

int awh_build_add(struct awh_build *build, int a, int b)
{
    APPEND(build, a, awh_graph_add(build->graph, a, b, &out, build->diag));
}

int awh_build_concat(struct awh_build *build, int a, int b)
{
    APPEND(build, a, awh_graph_concat(build->graph, a, b, &out, build->diag));
}

static struct awh_pool square_pool(int32_t kernel, int32_t stride, int32_t pad)
{
    return (struct awh_pool){.kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = stride,
                             .stride_w = stride,
                             .pad_h = pad,
                             .pad_w = pad};
}

int awh_build_max_pool(struct awh_build *build, int in, int32_t kernel, int32_t stride, int32_t pad)
{
    APPEND(
        build, in,
        awh_graph_max_pool(build->graph, in, square_pool(kernel, stride, pad), &out, build->diag));
}

int awh_build_avg_pool(struct awh_build *build, int in, int32_t kernel, int32_t stride, int32_t pad,
                       bool count_include_pad)
{
    struct awh_pool pool = square_pool(kernel, stride, pad);
    pool.count_include_pad = count_include_pad;
    APPEND(build, in, awh_graph_avg_pool(build->graph, in, pool, &out, build->diag));
}

int awh_build_pad_top_left(struct awh_build *build, int in, int32_t top, int32_t left)
{
    APPEND(build, in,
           awh_graph_pad(build->graph, in, (struct awh_pad){.top = top, .left = left}, &out,
                         build->diag));
}

int awh_build_slice(struct awh_build *build, int in, int32_t offset, int32_t stride)
{
    struct awh_slice slice = {
        .offset_h = offset, .offset_w = offset, .stride_h = stride, .stride_w = stride};
    APPEND(build, in, awh_graph_slice(build->graph, in, slice, &out, build->diag));
}

int awh_build_zero(struct awh_build *build, int in, int32_t h, int32_t w, int32_t c)
{
    APPEND(build, in, awh_graph_zero(build->graph, in, h, w, c, &out, build->diag));
}

static int mean(struct awh_build *build, int in)
{
    APPEND(build, in, awh_graph_gap(build->graph, in, &out, build->diag));
}

static int scale_channels(struct awh_build *build, int in, int scale)
{
    APPEND(build, in, awh_graph_mul(build->graph, in, scale, &out, build->diag));
}

int awh_build_squeeze_excite(struct awh_build *build, int in, int32_t squeezed_ch)
{
    int32_t channels = awh_build_shape(build, in).c;
    int scale = mean(build, in);
    scale = awh_build_conv_bias(build, scale, squeezed_ch, 1, 1);
    scale = awh_build_act(build, scale, AW_ACT_RELU);
    scale = awh_build_conv_bias(build, scale, channels, 1, 1);
    scale = awh_build_act(build, scale, AW_ACT_H_SIGMOID);
    return scale_channels(build, in, scale);
}

int awh_build_relu_conv_bn(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                           int32_t stride)
{
    int x = awh_build_act(build, in, AW_ACT_RELU);
    x = awh_build_conv(build, x, out_ch, kernel, stride);
    return awh_build_bn(build, x);
}

int awh_build_conv_bn_act(struct awh_build *build, int in, int32_t out_ch, int32_t kernel,
                          int32_t stride, enum aw_act act)
{
    int x = awh_build_conv(build, in, out_ch, kernel, stride);
    x = awh_build_bn(build, x);
    return awh_build_act(build, x, act);
}

int awh_build_factorized_reduce(struct awh_build *build, int in)
{
    int32_t stride = build->prim->stride, c_out = build->prim->c_out;
    if (c_out % stride)
        awh_build_fail(build, AW_ERR_RANGE, "C_out (%d) must be a multiple of the stride (%d)",
                       (int)c_out, (int)stride);
    int x = awh_build_act(build, in, AW_ACT_RELU);
    struct awh_graph_tensor shape = awh_build_shape(build, x);
    int32_t more_h = shape.h % stride, more_w = shape.w % stride;
    if (more_h || more_w)
        x = awh_build_pad_top_left(build, x, more_h ? stride - more_h : 0,
                                   more_w ? stride - more_w : 0);
    int y = awh_build_conv(build, x, c_out / stride, 1, stride);
    for (int32_t offset = 1; offset < stride && !build->err; offset++) {
        int shifted = awh_build_slice(build, x, offset, 1);
        shifted = awh_build_conv(build, shifted, c_out / stride, 1, stride);
        y = awh_build_concat(build, y, shifted);
    }
    return awh_build_bn(build, y);
}

struct awh_graph_tensor awh_build_shape(const struct awh_build *build, int tensor)
{
    if (build->err)
        return (struct awh_graph_tensor){.h = 1, .w = 1, .c = 1, .producer = -1};
    return build->graph->tensors[tensor];
}
