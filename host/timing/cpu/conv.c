/* Convolutions: with bias, activation and, where it can be, the addition of a residual. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "timing/cpu/cpu.h"

/* A convolution while it is planned. */
struct conv {
    struct cpu_net *net;
    const struct awh_node *node;
    const struct awh_node_weights *weights;
    enum aw_act act; /* at its end */
    dnnl_memory_desc_t src, wei, plain_wei, bias, dst;
    float src_scale, dst_scale, sum_scale;
    bool sum;  /* adds what its output memory holds */
    bool real; /* int8: writes real numbers, which are quantised afterwards */
    float *weight_scales, *out_scales, *scaled_bias; /* int8: one an output channel */
};

static size_t kernel_size(const struct conv *conv)
{
    return conv->weights->weight_count / (size_t)conv->node->conv.out_ch;
}

/* Without the instruction that multiplies and adds at once, pairs of products are added in 16 bits:
 * 2 * 255 * 64 still fits. */
static float weight_max(void)
{
    switch ((int)dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41:
    case dnnl_cpu_isa_avx:
    case dnnl_cpu_isa_avx2:
    case dnnl_cpu_isa_avx512_core:
        return 64.0f;
    default:
        return 127.0f;
    }
}

static bool has_bias(const struct conv *conv)
{
    return conv->node->conv.bias || (cpu_is_int8(conv->net) && conv->node->act == AW_ACT_H_SIGMOID);
}

static enum aw_err scale_weights(struct conv *conv)
{
    size_t channels = (size_t)conv->node->conv.out_ch, size = kernel_size(conv);
    conv->weight_scales = calloc(3 * channels, sizeof(float));
    if (!conv->weight_scales)
        return awh_fail_mem(conv->net->diag);
    conv->out_scales = conv->weight_scales + channels;
    conv->scaled_bias = conv->out_scales + channels;
    for (size_t o = 0; o < channels; o++) {
        float most = 0.0f;
        for (size_t i = 0; i < size; i++)
            most = fmaxf(most, fabsf(conv->weights->weights[o * size + i]));
        float scale = most > 0.0f ? most / weight_max() : 1.0f;
        conv->weight_scales[o] = 1.0f / scale;
        conv->out_scales[o] = scale * conv->src_scale;
        float shift = conv->node->act == AW_ACT_H_SIGMOID ? 3.0f : 0.0f;
        float bias = conv->node->conv.bias ? conv->weights->bias[o] : 0.0f;
        conv->scaled_bias[o] = (bias + shift) / conv->out_scales[o];
    }
    return AW_OK;
}

/* What int8 convolutions do within their scales. h_sigmoid is clip(x / 6 + 0.5): the division goes
 * into the scales and the rest into the bias. */
static bool is_clamp(enum aw_act act)
{
    return act == AW_ACT_NONE || act == AW_ACT_RELU || act == AW_ACT_RELU6 ||
           act == AW_ACT_HARDTANH || act == AW_ACT_H_SIGMOID;
}

static double slope(const struct conv *conv)
{
    return conv->act == AW_ACT_H_SIGMOID ? 1.0 / 6.0 : 1.0;
}

/* int8: what is computed are real numbers divided by dst_scale when the activation is a clamp, else
 * real numbers, which are divided in the end. */
static dnnl_status_t int8_attr(const struct conv *conv, dnnl_primitive_attr_t attr,
                               dnnl_post_ops_t ops)
{
    size_t channels = (size_t)conv->node->conv.out_ch;
    float unit = is_clamp(conv->act) ? conv->dst_scale : 1.0f;
    float *scales = malloc(channels * sizeof *scales);
    if (!scales)
        return dnnl_out_of_memory;
    for (size_t o = 0; o < channels; o++)
        scales[o] = (float)((double)conv->out_scales[o] * slope(conv) / (double)unit);
    dnnl_status_t status =
        dnnl_primitive_attr_set_output_scales(attr, (dnnl_dim_t)channels, 1 << 1, scales);
    free(scales);
    if (!status && conv->sum)
        status = dnnl_post_ops_append_sum(ops, conv->sum_scale / unit);
    if (status)
        return status;
    switch (conv->act) {
    case AW_ACT_NONE:
        return dnnl_success;
    case AW_ACT_RELU6:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_clip, 0.0f, 6.0f / unit);
    case AW_ACT_H_SIGMOID:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_clip, 0.0f, 1.0f / unit);
    case AW_ACT_HARDTANH:
        return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_clip, -1.0f / unit,
                                            1.0f / unit);
    default:
        status = cpu_post_act(ops, conv->act);
    }
    if (!status && !is_clamp(conv->act) && !conv->real)
        status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_linear,
                                              1.0f / conv->dst_scale, 0.0f);
    return status;
}

static dnnl_status_t make_attr(const struct conv *conv, dnnl_primitive_attr_t *attr_out)
{
    dnnl_primitive_attr_t attr = cpu_attr();
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = attr ? dnnl_post_ops_create(&ops) : dnnl_out_of_memory;
    if (!status && cpu_is_int8(conv->net)) {
        status = int8_attr(conv, attr, ops);
    } else if (!status) {
        if (conv->sum)
            status = dnnl_post_ops_append_sum(ops, 1.0f);
        if (!status)
            status = cpu_post_act(ops, conv->act);
    }
    if (!status)
        status = dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    if (status)
        dnnl_primitive_attr_destroy(attr);
    else
        *attr_out = attr;
    return status;
}

/* Zeros that the last window needs after the input. */
static dnnl_dim_t pad_after(int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t pad,
                            int32_t dilation)
{
    int32_t need = (out - 1) * stride + (kernel - 1) * dilation + 1 - in - pad;
    return need > 0 ? need : 0;
}

static dnnl_status_t make_pd(const struct conv *conv, dnnl_primitive_desc_t *pd_out)
{
    const struct awh_conv *a = &conv->node->conv;
    bool bias = has_bias(conv);
    const struct awh_graph_tensor *x = &conv->net->graph->tensors[conv->node->in0];
    const struct awh_graph_tensor *z = &conv->net->graph->tensors[conv->node->out];
    const dnnl_dims_t strides = {a->stride_h, a->stride_w};
    const dnnl_dims_t dilates = {a->dilation - 1, a->dilation - 1};
    const dnnl_dims_t before = {a->pad_h, a->pad_w};
    const dnnl_dims_t after = {
        pad_after(x->h, z->h, a->kernel_h, a->stride_h, a->pad_h, a->dilation),
        pad_after(x->w, z->w, a->kernel_w, a->stride_w, a->pad_w, a->dilation)};
    dnnl_convolution_desc_t desc;
    dnnl_primitive_attr_t attr = NULL;
    /* PyTorch 1.13 asks for convolutions to train with, whatever they are for, of which the library
     * has others. */
    dnnl_prop_kind_t kind =
        cpu_is_eager(conv->net) ? dnnl_forward_training : dnnl_forward_inference;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &desc, kind, dnnl_convolution_direct, &conv->src, &conv->wei, bias ? &conv->bias : NULL,
        &conv->dst, strides, dilates, before, after);
    if (!status)
        status = make_attr(conv, &attr);
    if (!status)
        status = dnnl_primitive_desc_create(pd_out, &desc, attr, conv->net->engine->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return status;
}

static bool is_fallback(const_dnnl_primitive_desc_t pd)
{
    const char *text = cpu_implementation(pd);
    return !strncmp(text, "ref", 3) || !strncmp(text, "gemm", 4);
}

/* With the addition, written over its other operand; *pd_out NULL: it cannot be had, or only from a
 * slower implementation. */
static enum aw_err try_add(struct conv *conv, const struct awh_node *add,
                           dnnl_primitive_desc_t *pd_out)
{
    int other = add->in0 == conv->node->out ? add->in1 : add->in0;
    const struct cpu_value *value = &conv->net->values[other];
    struct conv with = *conv;
    with.sum = true;
    with.act = add->act;
    with.dst = value->md;
    with.sum_scale = value->scale;
    dnnl_data_type_t type = cpu_type_of(conv->net, add->out, &with.dst_scale);
    *pd_out = NULL;
    if (cpu_is_int8(conv->net) && (!is_clamp(add->act) || add->act == AW_ACT_H_SIGMOID))
        return AW_OK;
    if (!value->made || type != value->md.data_type)
        return AW_OK;
    dnnl_primitive_desc_t pd, plain;
    if (make_pd(&with, &pd))
        return AW_OK;
    bool worse = is_fallback(pd);
    if (worse && !make_pd(conv, &plain)) {
        worse = !is_fallback(plain);
        dnnl_primitive_desc_destroy(plain);
    }
    if (worse) {
        dnnl_primitive_desc_destroy(pd);
        return AW_OK;
    }
    *conv = with;
    *pd_out = pd;
    return AW_OK;
}

/* oneDNN's int8 convolutions for AVX2 do the first of several functions and leave the others out:
 * there what is no clamp is computed in real numbers and quantised afterwards. */
static enum aw_err choose(struct conv *conv, dnnl_primitive_desc_t *pd_out)
{
    dnnl_primitive_desc_t pd;
    dnnl_status_t status = make_pd(conv, &pd);
    bool partial = !status && cpu_is_int8(conv->net) && !is_clamp(conv->act) &&
                   !strncmp(cpu_implementation(pd), "jit_uni_int8", 12);
    if (partial) {
        dnnl_primitive_desc_destroy(pd);
        conv->real = true;
        conv->dst.data_type = dnnl_f32;
        status = make_pd(conv, &pd);
    }
    if (!status)
        *pd_out = pd;
    return cpu_check(conv->net, status, "convolution");
}

/* Shapes and types; layouts are the library's choice. */
static enum aw_err describe(struct conv *conv)
{
    const struct awh_conv *a = &conv->node->conv;
    struct cpu_net *net = conv->net;
    const struct cpu_value *in = &net->values[conv->node->in0];
    dnnl_dim_t in_ch = net->graph->tensors[conv->node->in0].c / a->groups;
    dnnl_dim_t out_ch = a->out_ch / a->groups;
    bool grouped = a->groups > 1;
    const dnnl_dims_t dims = {out_ch, in_ch, a->kernel_h, a->kernel_w};
    const dnnl_dims_t group_dims = {a->groups, out_ch, in_ch, a->kernel_h, a->kernel_w};
    const dnnl_dims_t bias_dims = {a->out_ch};
    dnnl_data_type_t type = in->md.data_type;
    dnnl_data_type_t wei_type = cpu_is_int8(net) ? dnnl_s8 : type;
    conv->src_scale = in->scale;
    conv->src = cpu_md(net, conv->node->in0, type, dnnl_format_tag_any);
    conv->dst = cpu_md(net, conv->node->out, cpu_type_of(net, conv->node->out, &conv->dst_scale),
                       dnnl_format_tag_any);
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(
        &conv->wei, grouped ? 5 : 4, grouped ? group_dims : dims, wei_type, dnnl_format_tag_any);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&conv->plain_wei, grouped ? 5 : 4,
                                              grouped ? group_dims : dims, dnnl_f32,
                                              grouped ? dnnl_goihw : dnnl_oihw);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&conv->bias, 1, bias_dims, dnnl_f32, dnnl_x);
    enum aw_err err = cpu_check(net, status, "convolution");
    return err || !cpu_is_int8(net) ? err : scale_weights(conv);
}

/* Frameworks that execute layer by layer keep weights as they were saved, and bring them into the
 * library's layout whenever they are used. */
static enum aw_err add_eager_weights(struct conv *conv, const dnnl_memory_desc_t *wei,
                                     struct cpu_arg *arg_out)
{
    struct cpu_net *net = conv->net;
    dnnl_memory_desc_t plain = conv->plain_wei;
    struct cpu_value used;
    void *memory;
    plain.data_type = wei->data_type;
    enum aw_err err =
        cpu_constant(net, conv->weights->weights, &conv->plain_wei, &plain, NULL, &memory);
    if (!err && dnnl_memory_desc_equal(&plain, wei)) {
        *arg_out = cpu_arg_fixed(DNNL_ARG_WEIGHTS, &plain, memory);
        return AW_OK;
    }
    if (!err)
        err = cpu_value_new(net, wei, 1.0f, &used);
    if (err)
        return err;
    const struct cpu_arg from = cpu_arg_fixed(DNNL_ARG_FROM, &plain, memory);
    *arg_out = cpu_arg_of(DNNL_ARG_WEIGHTS, &used);
    return cpu_add_reorder(net, &from, arg_out, 1.0f);
}

static enum aw_err add_weights(struct conv *conv, const dnnl_memory_desc_t *wei,
                               struct cpu_arg *arg_out)
{
    const struct awh_conv *a = &conv->node->conv;
    const struct cpu_scales scales = {
        .values = conv->weight_scales,
        .count = (size_t)a->out_ch,
        .mask = a->groups > 1 ? 3 : 1, /* group and channel are dimensions 0 and 1 */
    };
    void *memory;
    if (cpu_is_eager(conv->net))
        return add_eager_weights(conv, wei, arg_out);
    enum aw_err err = cpu_constant(conv->net, conv->weights->weights, &conv->plain_wei, wei,
                                   conv->weight_scales ? &scales : NULL, &memory);
    if (!err)
        *arg_out = cpu_arg_fixed(DNNL_ARG_WEIGHTS, wei, memory);
    return err;
}

static enum aw_err add_constants(struct conv *conv, const_dnnl_primitive_desc_t pd,
                                 struct cpu_arg *args, int *count)
{
    void *memory;
    enum aw_err err = add_weights(conv, dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0),
                                  &args[(*count)++]);
    if (err || !has_bias(conv))
        return err;
    const float *bias = conv->scaled_bias ? conv->scaled_bias : conv->weights->bias;
    err = cpu_constant(conv->net, bias, &conv->bias, &conv->bias, NULL, &memory);
    if (!err)
        args[(*count)++] = cpu_arg_fixed(DNNL_ARG_BIAS, &conv->bias, memory);
    return err;
}

/* The step: what is read as the library wants it, the convolution, in eager mode back to nchw. */
static enum aw_err add_step(struct conv *conv, size_t index, dnnl_primitive_desc_t pd)
{
    struct cpu_net *net = conv->net;
    const struct awh_node *add = conv->sum ? &net->graph->nodes[net->fused_add[index]] : NULL;
    bool eager = cpu_is_eager(net);
    int out_tensor = add ? add->out : conv->node->out;
    const dnnl_memory_desc_t *dst = dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0);
    struct cpu_value in, out;
    struct cpu_arg args[4];
    int count = 0;
    enum aw_err err = eager ? cpu_step_begin(net, index, out_tensor) : AW_OK;
    if (!err)
        err =
            cpu_want(net, index, &net->values[conv->node->in0],
                     dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0), conv->src_scale, &in);
    if (!err && !eager)
        err = cpu_step_begin(net, index, out_tensor);
    if (!err && add) {
        out = net->values[add->in0 == conv->node->out ? add->in1 : add->in0];
        out.scale = conv->dst_scale;
        net->steps[net->step_count - 1].node_count = 2;
        net->plan[net->step_count - 1].nodes[1] = (size_t)net->fused_add[index];
        net->skip[net->fused_add[index]] = true;
    } else if (!err) {
        err = cpu_value_new(net, dst, conv->real ? 1.0f : conv->dst_scale, &out);
    }
    if (!err) {
        args[count++] = cpu_arg_of(DNNL_ARG_SRC, &in);
        args[count++] = cpu_arg_of(DNNL_ARG_DST, &out);
        err = add_constants(conv, pd, args, &count);
    }
    if (err) {
        dnnl_primitive_desc_destroy(pd);
        return err;
    }
    err = cpu_add_action(net, pd, args, count);
    if (!err && conv->real) {
        dnnl_memory_desc_t md = out.md;
        float scale;
        md.data_type = cpu_type_of(net, out_tensor, &scale);
        err = cpu_want(net, index, &out, &md, scale, &out);
    }
    if (!err && eager) {
        dnnl_memory_desc_t plain = cpu_md(net, out_tensor, out.md.data_type, dnnl_nchw);
        err = cpu_want(net, index, &out, &plain, out.scale, &out);
    }
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

enum aw_err cpu_plan_conv(struct cpu_net *net, size_t index)
{
    struct conv conv = {.net = net,
                        .node = &net->graph->nodes[index],
                        .weights = &net->load->weights->nodes[index]};
    dnnl_primitive_desc_t pd = NULL;
    enum aw_err err = describe(&conv);
    conv.act = conv.node->act;
    if (!err && net->fused_add[index] >= 0)
        err = try_add(&conv, &net->graph->nodes[net->fused_add[index]], &pd);
    if (!err && !pd)
        err = choose(&conv, &pd);
    if (!err)
        err = add_step(&conv, index, pd);
    free(conv.weight_scales);
    return err;
}

/* -- which convolutions add ------------------------------------------------------------------ */

/* The addition's other operand is dead when this convolution runs: every other reader ran
 * before, and it is made before. */
static bool may_overwrite(const struct cpu_net *net, int tensor, size_t conv, size_t add)
{
    const struct awh_graph *graph = net->graph;
    if (tensor == graph->input || tensor == graph->output ||
        graph->tensors[tensor].producer >= (int)conv)
        return false;
    for (size_t i = conv; i < graph->node_count; i++)
        if (i != add && (graph->nodes[i].in0 == tensor || graph->nodes[i].in1 == tensor))
            return false;
    return true;
}

bool cpu_only_read_by(const struct cpu_net *net, int tensor, size_t reader)
{
    const struct awh_graph *graph = net->graph;
    if (tensor == graph->output)
        return false;
    for (size_t i = 0; i < graph->node_count; i++)
        if (i != reader && (graph->nodes[i].in0 == tensor || graph->nodes[i].in1 == tensor))
            return false;
    return true;
}

void cpu_find_fused_adds(struct cpu_net *net)
{
    const struct awh_graph *graph = net->graph;
    for (size_t i = 0; i < graph->node_count; i++)
        net->fused_add[i] = -1;
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *add = &graph->nodes[i];
        if (add->op != AWH_NODE_ADD || add->in0 == add->in1)
            continue;
        int a = graph->tensors[add->in0].producer, b = graph->tensors[add->in1].producer;
        int late = a > b ? a : b;
        if (late < 0 || graph->nodes[late].op != AWH_NODE_CONV ||
            graph->nodes[late].act != AW_ACT_NONE || net->fused_add[late] >= 0)
            continue;
        int made = graph->nodes[late].out, other = add->in0 == made ? add->in1 : add->in0;
        if (cpu_only_read_by(net, made, i) && may_overwrite(net, other, (size_t)late, i))
            net->fused_add[late] = (int)i;
    }
}
