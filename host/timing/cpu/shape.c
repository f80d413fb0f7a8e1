/* Pooling, and layers that only move values: concat, pad, slice, zero. */
#include <string.h>

#include "timing/cpu/cpu.h"

/* -- pooling ------------------------------------------------------------------------------ */

static struct awh_pool pool_of(const struct cpu_net *net, const struct awh_node *node)
{
    if (node->op != AWH_NODE_GAP)
        return node->pool;
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    return (struct awh_pool){.kernel_h = x->h, .kernel_w = x->w, .stride_h = 1, .stride_w = 1};
}

static dnnl_dim_t pad_after(int32_t in, int32_t out, int32_t kernel, int32_t stride, int32_t pad)
{
    int32_t need = (out - 1) * stride + kernel - in - pad;
    return need > 0 ? need : 0;
}

static enum aw_err pool_pd(struct cpu_net *net, const struct awh_node *node,
                           const struct cpu_value *in, const dnnl_memory_desc_t *dst,
                           dnnl_primitive_desc_t *pd_out)
{
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    struct awh_pool pool = pool_of(net, node);
    const dnnl_dims_t strides = {pool.stride_h, pool.stride_w};
    const dnnl_dims_t kernel = {pool.kernel_h, pool.kernel_w};
    const dnnl_dims_t before = {pool.pad_h, pool.pad_w};
    const dnnl_dims_t after = {pad_after(x->h, z->h, pool.kernel_h, pool.stride_h, pool.pad_h),
                               pad_after(x->w, z->w, pool.kernel_w, pool.stride_w, pool.pad_w)};
    dnnl_alg_kind_t kind = node->op == AWH_NODE_MAX_POOL ? dnnl_pooling_max
                           : pool.count_include_pad      ? dnnl_pooling_avg_include_padding
                                                         : dnnl_pooling_avg_exclude_padding;
    dnnl_pooling_desc_t desc;
    dnnl_primitive_attr_t attr = cpu_attr();
    dnnl_status_t status = attr ? dnnl_success : dnnl_out_of_memory;
    if (!status)
        status = dnnl_pooling_forward_desc_init(&desc, dnnl_forward_inference, kind, &in->md, dst,
                                                strides, kernel, before, after);
    if (!status)
        status = dnnl_primitive_desc_create(pd_out, &desc, attr, net->engine->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return cpu_check(net, status, "pooling");
}

enum aw_err cpu_plan_pool(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct cpu_value *in = &net->values[node->in0];
    dnnl_memory_desc_t dst = cpu_md(net, node->out, in->md.data_type, cpu_tag(net));
    dnnl_primitive_desc_t pd;
    struct cpu_value out;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = pool_pd(net, node, in, &dst, &pd);
    if (err)
        return err;
    err =
        cpu_value_new(net, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0), in->scale, &out);
    if (err) {
        dnnl_primitive_desc_destroy(pd);
        return err;
    }
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC, in), cpu_arg_of(DNNL_ARG_DST, &out)};
    err = cpu_add_action(net, pd, args, 2);
    if (!err)
        err = cpu_add_act(net, node, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

/* -- moving ------------------------------------------------------------------------------- */

/* Blocked layouts cannot be cut anywhere: nhwc can, and is what most layers read anyway. */
static dnnl_format_tag_t plain_tag(const struct cpu_net *net)
{
    return net->engine->options.mode == AWH_TIMING_EAGER ? dnnl_nchw : dnnl_nhwc;
}

/* `from` into the part of `to` that begins at `at` (n, c, h, w). */
static enum aw_err copy_into(struct cpu_net *net, const struct cpu_arg *from,
                             const struct cpu_value *to, const dnnl_dims_t at, float scale)
{
    struct cpu_arg part = cpu_arg_of(DNNL_ARG_TO, to);
    enum aw_err err = cpu_check(
        net, dnnl_memory_desc_init_submemory(&part.md, &to->md, from->md.dims, at), "copy");
    return err ? err : cpu_add_reorder(net, from, &part, scale);
}

static enum aw_err concat_pd(struct cpu_net *net, const struct cpu_value *a,
                             const struct cpu_value *b, dnnl_primitive_desc_t *pd_out)
{
    const dnnl_memory_desc_t sources[] = {a->md, b->md};
    dnnl_primitive_attr_t attr = cpu_attr();
    dnnl_status_t status = attr ? dnnl_success : dnnl_out_of_memory;
    if (!status) /* no destination: the library's choice */
        status = dnnl_concat_primitive_desc_create(pd_out, NULL, 2, 1, sources, attr,
                                                   net->engine->engine);
    dnnl_primitive_attr_destroy(attr);
    return cpu_check(net, status, "concat");
}

static enum aw_err concat_call(struct cpu_net *net, const struct cpu_value *a,
                               const struct cpu_value *b, struct cpu_value *out)
{
    dnnl_primitive_desc_t pd;
    enum aw_err err = concat_pd(net, a, b, &pd);
    if (err)
        return err;
    err = cpu_value_new(net, dnnl_primitive_desc_query_md(pd, dnnl_query_dst_md, 0), a->scale, out);
    if (err) {
        dnnl_primitive_desc_destroy(pd);
        return err;
    }
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_MULTIPLE_SRC, a),
                                   cpu_arg_of(DNNL_ARG_MULTIPLE_SRC + 1, b),
                                   cpu_arg_of(DNNL_ARG_DST, out)};
    return cpu_add_action(net, pd, args, 3);
}

/* int8: operands of different scales are converted while they are copied. */
static enum aw_err concat_scaled(struct cpu_net *net, const struct awh_node *node,
                                 const struct cpu_value *a, const struct cpu_value *b,
                                 struct cpu_value *out)
{
    float scale;
    dnnl_data_type_t type = cpu_type_of(net, node->out, &scale);
    dnnl_memory_desc_t md = cpu_md(net, node->out, type, plain_tag(net));
    const dnnl_dims_t first = {0}, second = {0, a->md.dims[1]};
    const struct cpu_arg from_a = cpu_arg_of(DNNL_ARG_FROM, a);
    const struct cpu_arg from_b = cpu_arg_of(DNNL_ARG_FROM, b);
    enum aw_err err = cpu_value_new(net, &md, scale, out);
    if (!err)
        err = copy_into(net, &from_a, out, first, a->scale / scale);
    return err ? err : copy_into(net, &from_b, out, second, b->scale / scale);
}

enum aw_err cpu_plan_concat(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct cpu_value *a = &net->values[node->in0], *b = &net->values[node->in1];
    struct cpu_value out;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err =
            cpu_is_int8(net) ? concat_scaled(net, node, a, b, &out) : concat_call(net, a, b, &out);
    if (!err)
        err = cpu_add_act(net, node, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

enum aw_err cpu_plan_pad(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct cpu_value *in = &net->values[node->in0];
    dnnl_memory_desc_t md = cpu_md(net, node->out, in->md.data_type, plain_tag(net));
    const dnnl_dims_t at = {0, 0, node->pad.top, node->pad.left};
    const struct cpu_arg from = cpu_arg_of(DNNL_ARG_FROM, in);
    struct cpu_value out;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_value_new(net, &md, in->scale, &out);
    if (!err)
        err = cpu_add_clear(net, &out);
    if (!err)
        err = copy_into(net, &from, &out, at, 1.0f);
    if (!err)
        err = cpu_add_act(net, node, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

/* Every stride-th pixel, as a view of its own on the same memory. */
static enum aw_err slice_view(struct cpu_net *net, const struct awh_node *node,
                              const struct cpu_value *in, struct cpu_arg *view)
{
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    const struct awh_slice *slice = &node->slice;
    const dnnl_dim_t *strides = in->md.format_desc.blocking.strides;
    const dnnl_dims_t dims = {1, z->c, z->h, z->w};
    const dnnl_dims_t steps = {strides[0], strides[1], strides[2] * slice->stride_h,
                               strides[3] * slice->stride_w};
    *view = cpu_arg_of(DNNL_ARG_FROM, in);
    view->byte_offset = (size_t)(strides[2] * slice->offset_h + strides[3] * slice->offset_w) *
                        dnnl_data_type_size(in->md.data_type);
    return cpu_check(net,
                     dnnl_memory_desc_init_by_strides(&view->md, 4, dims, in->md.data_type, steps),
                     "slice");
}

static enum aw_err gather_slice(struct cpu_net *net, const struct awh_node *node,
                                const struct cpu_value *from, const struct cpu_value *to)
{
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    const struct cpu_gather gather = {
        .element_bytes = dnnl_data_type_size(from->md.data_type),
        .channels = (size_t)z->c,
        .out_h = (size_t)z->h,
        .out_w = (size_t)z->w,
        .in_h = (size_t)x->h,
        .in_w = (size_t)x->w,
        .offset_h = (size_t)node->slice.offset_h,
        .offset_w = (size_t)node->slice.offset_w,
        .stride_h = (size_t)node->slice.stride_h,
        .stride_w = (size_t)node->slice.stride_w,
    };
    return cpu_add_gather(net, &gather, from, to);
}

static enum aw_err view_slice(struct cpu_net *net, const struct awh_node *node,
                              const struct cpu_value *from, const struct cpu_value *to)
{
    struct cpu_arg view;
    enum aw_err err = slice_view(net, node, from, &view);
    const struct cpu_arg arg = cpu_arg_of(DNNL_ARG_TO, to);
    return err ? err : cpu_add_reorder(net, &view, &arg, 1.0f);
}

enum aw_err cpu_plan_slice(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct cpu_value *in = &net->values[node->in0];
    dnnl_data_type_t type = in->md.data_type;
    dnnl_memory_desc_t in_md = cpu_md(net, node->in0, type, plain_tag(net));
    dnnl_memory_desc_t md = cpu_md(net, node->out, type, plain_tag(net));
    struct cpu_value plain, out;
    bool eager = net->engine->options.mode == AWH_TIMING_EAGER;
    enum aw_err err = cpu_want(net, index, in, &in_md, in->scale, &plain);
    if (!err)
        err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_value_new(net, &md, in->scale, &out);
    if (!err)
        err = eager ? gather_slice(net, node, &plain, &out) : view_slice(net, node, &plain, &out);
    if (!err)
        err = cpu_add_act(net, node, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

enum aw_err cpu_plan_zero(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    float scale;
    dnnl_data_type_t type = cpu_type_of(net, node->out, &scale);
    dnnl_memory_desc_t md = cpu_md(net, node->out, type, plain_tag(net));
    struct cpu_value out;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_value_new(net, &md, scale, &out);
    if (!err)
        err = cpu_add_clear(net, &out);
    if (!err)
        err = cpu_add_act(net, node, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}
