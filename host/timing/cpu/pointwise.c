/* Layers that look at one element at a time: activations, batch norms, additions, products. */
#include <string.h>

#include "timing/cpu/cpu.h"

struct pass {
    dnnl_alg_kind_t kind;
    float alpha, beta;
};

#define PASSES_MAX 3

/* As few as the library needs. */
static int passes_of(enum aw_act act, struct pass passes[PASSES_MAX])
{
    switch (act) {
    case AW_ACT_RELU:
        passes[0] = (struct pass){dnnl_eltwise_relu, 0.0f, 0.0f};
        return 1;
    case AW_ACT_RELU6:
        passes[0] = (struct pass){dnnl_eltwise_clip, 0.0f, 6.0f};
        return 1;
    case AW_ACT_H_SWISH:
        passes[0] = (struct pass){dnnl_eltwise_hardswish, 0.0f, 0.0f};
        return 1;
    case AW_ACT_H_SIGMOID:
        passes[0] = (struct pass){dnnl_eltwise_linear, 1.0f / 6.0f, 0.5f};
        passes[1] = (struct pass){dnnl_eltwise_clip, 0.0f, 1.0f};
        return 2;
    case AW_ACT_SIGMOID:
        passes[0] = (struct pass){dnnl_eltwise_logistic, 0.0f, 0.0f};
        return 1;
    case AW_ACT_TANH:
        passes[0] = (struct pass){dnnl_eltwise_tanh, 0.0f, 0.0f};
        return 1;
    case AW_ACT_HARDTANH:
        passes[0] = (struct pass){dnnl_eltwise_clip, -1.0f, 1.0f};
        return 1;
    default:
        return 0;
    }
}

dnnl_status_t cpu_post_act(dnnl_post_ops_t post_ops, enum aw_act act)
{
    struct pass passes[PASSES_MAX];
    int count = passes_of(act, passes);
    dnnl_status_t status = dnnl_success;
    for (int i = 0; i < count && !status; i++)
        status = dnnl_post_ops_append_eltwise(post_ops, 1.0f, passes[i].kind, passes[i].alpha,
                                              passes[i].beta);
    return status;
}

static enum aw_err add_pass(struct cpu_net *net, struct pass pass, const struct cpu_value *from,
                            const struct cpu_value *to)
{
    dnnl_eltwise_desc_t desc;
    dnnl_primitive_desc_t pd = NULL;
    dnnl_primitive_attr_t attr = cpu_attr();
    dnnl_status_t status = attr ? dnnl_success : dnnl_out_of_memory;
    if (!status)
        status = dnnl_eltwise_forward_desc_init(&desc, dnnl_forward_inference, pass.kind, &from->md,
                                                pass.alpha, pass.beta);
    if (!status)
        status = dnnl_primitive_desc_create(&pd, &desc, attr, net->engine->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    enum aw_err err = cpu_check(net, status, "activation");
    if (err)
        return err;
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC, from), cpu_arg_of(DNNL_ARG_DST, to)};
    return cpu_add_action(net, pd, args, 2);
}

/* In real numbers: int8 goes to float and back, as the libraries that run such nets do it. */
static enum aw_err add_act_float(struct cpu_net *net, const struct awh_node *node,
                                 const struct cpu_value *from, struct cpu_value *to_out)
{
    struct pass passes[PASSES_MAX];
    int count = passes_of(node->act, passes);
    struct cpu_value real, back;
    float scale;
    dnnl_memory_desc_t md = from->md, back_md = from->md;
    md.data_type = dnnl_f32;
    back_md.data_type = cpu_type_of(net, node->out, &scale);
    enum aw_err err = cpu_value_new(net, &md, 1.0f, &real);
    if (!err)
        err = cpu_value_new(net, &back_md, scale, &back);
    if (err)
        return err;
    const struct cpu_arg in = cpu_arg_of(DNNL_ARG_FROM, from), out = cpu_arg_of(DNNL_ARG_TO, &back);
    const struct cpu_arg middle = cpu_arg_of(DNNL_ARG_TO, &real);
    err = cpu_add_reorder(net, &in, &middle, from->scale);
    for (int i = 0; i < count && !err; i++)
        err = add_pass(net, passes[i], &real, &real);
    if (!err)
        err = cpu_add_reorder(net, &middle, &out, 1.0f / scale);
    if (!err)
        *to_out = back;
    return err;
}

enum aw_err cpu_add_act(struct cpu_net *net, const struct awh_node *node,
                        struct cpu_value *value_inout)
{
    struct pass passes[PASSES_MAX];
    if (cpu_is_int8(net) && node->act != AW_ACT_NONE && node->act != AW_ACT_RELU)
        return add_act_float(net, node, value_inout, value_inout);
    int count = passes_of(node->act, passes);
    enum aw_err err = AW_OK;
    for (int i = 0; i < count && !err; i++)
        err = add_pass(net, passes[i], value_inout, value_inout);
    return err;
}

/* -- products and additions --------------------------------------------------------------- */

static dnnl_status_t binary_attr(const struct cpu_net *net, const struct cpu_value *a,
                                 const struct cpu_value *b, float scale, enum aw_act act,
                                 dnnl_primitive_attr_t *attr_out)
{
    dnnl_primitive_attr_t attr = cpu_attr();
    dnnl_post_ops_t ops = NULL;
    dnnl_status_t status = attr ? dnnl_post_ops_create(&ops) : dnnl_out_of_memory;
    if (!status && cpu_is_int8(net)) {
        status = dnnl_primitive_attr_set_scales(attr, DNNL_ARG_SRC_0, 1, 0, &a->scale);
        if (!status)
            status = dnnl_primitive_attr_set_scales(attr, DNNL_ARG_SRC_1, 1, 0, &b->scale);
    }
    if (!status)
        status = cpu_post_act(ops, act);
    if (!status && cpu_is_int8(net))
        status = dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_linear, 1.0f / scale, 0.0f);
    if (!status)
        status = dnnl_primitive_attr_set_post_ops(attr, ops);
    dnnl_post_ops_destroy(ops);
    if (status)
        dnnl_primitive_attr_destroy(attr);
    else
        *attr_out = attr;
    return status;
}

static dnnl_status_t binary_pd(const struct cpu_net *net, dnnl_alg_kind_t kind,
                               const struct cpu_value *a, const struct cpu_value *b,
                               const dnnl_memory_desc_t *dst, float scale, enum aw_act act,
                               dnnl_primitive_desc_t *pd_out)
{
    dnnl_binary_desc_t desc;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t status = dnnl_binary_desc_init(&desc, kind, &a->md, &b->md, dst);
    if (!status)
        status = binary_attr(net, a, b, scale, act, &attr);
    if (!status)
        status = dnnl_primitive_desc_create(pd_out, &desc, attr, net->engine->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return status;
}

/* The layout for the second operand with which the library has something better than a reference;
 * what it has already, if none is. A factor a channel is small, so that moving it costs nothing. */
static void choose_layout(const struct cpu_net *net, const struct awh_node *node,
                          dnnl_alg_kind_t kind, const struct cpu_value *a, struct cpu_value b,
                          const dnnl_memory_desc_t *dst, float scale, dnnl_memory_desc_t *md_out)
{
    static const dnnl_format_tag_t tags[] = {dnnl_format_tag_undef, dnnl_nhwc, dnnl_nChw8c,
                                             dnnl_nChw16c};
    const struct awh_graph_tensor *y = &net->graph->tensors[node->in1];
    const dnnl_dims_t dims = {1, y->c, y->h, y->w};
    *md_out = b.md;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        dnnl_primitive_desc_t pd;
        if (tags[i] != dnnl_format_tag_undef &&
            dnnl_memory_desc_init_by_tag(&b.md, 4, dims, b.md.data_type, tags[i]))
            continue;
        if (binary_pd(net, kind, a, &b, dst, scale, node->act, &pd))
            continue;
        bool slow = !strncmp(cpu_implementation(pd), "ref", 3);
        dnnl_primitive_desc_destroy(pd);
        if (slow)
            continue;
        *md_out = b.md;
        return;
    }
}

enum aw_err cpu_plan_binary(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    dnnl_alg_kind_t kind = node->op == AWH_NODE_ADD ? dnnl_binary_add : dnnl_binary_mul;
    const struct cpu_value *a = &net->values[node->in0];
    struct cpu_value b = net->values[node->in1], out;
    float scale;
    dnnl_memory_desc_t dst = a->md, want = a->md;
    dst.data_type = cpu_type_of(net, node->out, &scale);
    want.data_type = b.md.data_type;
    if (node->op == AWH_NODE_MUL)
        choose_layout(net, node, kind, a, b, &dst, scale, &want);
    enum aw_err err = cpu_want(net, index, &b, &want, b.scale, &b);
    if (!err)
        err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_value_new(net, &dst, scale, &out);
    dnnl_primitive_desc_t pd;
    if (!err)
        err = cpu_check(net, binary_pd(net, kind, a, &b, &dst, scale, node->act, &pd),
                        node->op == AWH_NODE_ADD ? "addition" : "product");
    if (err)
        return err;
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC_0, a), cpu_arg_of(DNNL_ARG_SRC_1, &b),
                                   cpu_arg_of(DNNL_ARG_DST, &out)};
    err = cpu_add_action(net, pd, args, 3);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

/* -- activations as layers ---------------------------------------------------------------- */

static enum aw_err add_times(struct cpu_net *net, const struct cpu_value *a,
                             const struct cpu_value *b, const struct cpu_value *to)
{
    dnnl_primitive_desc_t pd;
    enum aw_err err = cpu_check(
        net, binary_pd(net, dnnl_binary_mul, a, b, &a->md, 1.0f, AW_ACT_NONE, &pd), "activation");
    if (err)
        return err;
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC_0, a), cpu_arg_of(DNNL_ARG_SRC_1, b),
                                   cpu_arg_of(DNNL_ARG_DST, to)};
    return cpu_add_action(net, pd, args, 3);
}

/* As aw_nas has h_swish, x * relu6(x + 3) * (1/6), in four passes, and h_sigmoid in three: each
 * makes a result of its own, but for relu6. */
static enum aw_err add_hard(struct cpu_net *net, enum aw_act act, const struct cpu_value *in,
                            struct cpu_value *out)
{
    const struct pass add = {dnnl_eltwise_linear, 1.0f, 3.0f};
    const struct pass clip = {dnnl_eltwise_clip, 0.0f, 6.0f};
    const struct pass sixth = {dnnl_eltwise_linear, 1.0f / 6.0f, 0.0f};
    struct cpu_value sum, product;
    enum aw_err err = cpu_value_new(net, &in->md, in->scale, &sum);
    if (!err)
        err = add_pass(net, add, in, &sum);
    if (!err)
        err = add_pass(net, clip, &sum, &sum);
    product = sum;
    if (!err && act == AW_ACT_H_SWISH) {
        err = cpu_value_new(net, &in->md, in->scale, &product);
        if (!err)
            err = add_times(net, in, &sum, &product);
    }
    if (!err)
        err = cpu_value_new(net, &in->md, in->scale, out);
    return err ? err : add_pass(net, sixth, &product, out);
}

/* aw_nas's relu and relu6 work in place. */
static bool is_in_place(const struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    bool clamps =
        node->act == AW_ACT_RELU || node->act == AW_ACT_RELU6 || node->act == AW_ACT_HARDTANH;
    return clamps && node->in0 != net->graph->input && cpu_only_read_by(net, node->in0, index);
}

static enum aw_err add_act_eager(struct cpu_net *net, size_t index, const struct cpu_value *in,
                                 struct cpu_value *out)
{
    const struct awh_node *node = &net->graph->nodes[index];
    struct pass passes[PASSES_MAX];
    enum aw_err err = AW_OK;
    if (node->act == AW_ACT_H_SWISH || node->act == AW_ACT_H_SIGMOID)
        return add_hard(net, node->act, in, out);
    if (is_in_place(net, index))
        *out = *in;
    else
        err = cpu_value_new(net, &in->md, in->scale, out);
    int count = passes_of(node->act, passes);
    for (int i = 0; i < count && !err; i++)
        err = add_pass(net, passes[i], i ? out : in, out);
    return err;
}

static enum aw_err add_act_fused(struct cpu_net *net, size_t index, const struct cpu_value *in,
                                 struct cpu_value *out)
{
    const struct awh_node *node = &net->graph->nodes[index];
    struct pass passes[PASSES_MAX];
    if (cpu_is_int8(net) && node->act != AW_ACT_RELU)
        return add_act_float(net, node, in, out);
    int count = passes_of(node->act, passes);
    enum aw_err err = cpu_value_new(net, &in->md, in->scale, out);
    for (int i = 0; i < count && !err; i++)
        err = add_pass(net, passes[i], i ? out : in, out);
    return err;
}

enum aw_err cpu_plan_act(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct cpu_value *in = &net->values[node->in0];
    struct cpu_value out;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_is_eager(net) ? add_act_eager(net, index, in, &out)
                                : add_act_fused(net, index, in, &out);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}

/* -- batch norms -------------------------------------------------------------------------- */

static enum aw_err batch_norm_pd(struct cpu_net *net, const struct awh_node *node,
                                 const struct cpu_value *in, dnnl_primitive_desc_t *pd_out)
{
    dnnl_batch_normalization_desc_t desc;
    dnnl_primitive_attr_t attr = cpu_attr();
    unsigned flags = dnnl_use_global_stats;
    if (node->affine)
        flags |= dnnl_use_scale | dnnl_use_shift;
    dnnl_status_t status = attr ? dnnl_success : dnnl_out_of_memory;
    if (!status)
        status = dnnl_batch_normalization_forward_desc_init(&desc, dnnl_forward_inference, &in->md,
                                                            AWH_BATCH_NORM_EPS, flags);
    if (!status)
        status = dnnl_primitive_desc_create(pd_out, &desc, attr, net->engine->engine, NULL);
    dnnl_primitive_attr_destroy(attr);
    return cpu_check(net, status, "batch norm");
}

enum aw_err cpu_plan_batch_norm(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct awh_node_weights *weights = &net->load->weights->nodes[index];
    const struct cpu_value *in = &net->values[node->in0];
    const float *vectors[] = {weights->mean, weights->variance, weights->gamma, weights->beta};
    static const int roles[] = {DNNL_ARG_MEAN, DNNL_ARG_VARIANCE, DNNL_ARG_SCALE, DNNL_ARG_SHIFT};
    const dnnl_dims_t dims = {net->graph->tensors[node->in0].c};
    dnnl_memory_desc_t vector;
    struct cpu_arg args[6];
    struct cpu_value out;
    int count = 0;
    enum aw_err err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_check(net, dnnl_memory_desc_init_by_tag(&vector, 1, dims, dnnl_f32, dnnl_x),
                        "batch norm");
    if (!err)
        err = cpu_value_new(net, &in->md, in->scale, &out);
    if (err)
        return err;
    args[count++] = cpu_arg_of(DNNL_ARG_SRC, in);
    args[count++] = cpu_arg_of(DNNL_ARG_DST, &out);
    for (size_t i = 0; i < (node->affine ? 4u : 2u) && !err; i++) {
        void *memory;
        err = cpu_constant(net, vectors[i], &vector, &vector, NULL, &memory);
        if (!err)
            args[count++] = cpu_arg_fixed(roles[i], &vector, memory);
    }
    dnnl_primitive_desc_t pd;
    if (!err)
        err = batch_norm_pd(net, node, in, &pd);
    if (!err)
        err = cpu_add_action(net, pd, args, count);
    if (!err)
        cpu_step_end(net, &out);
    return err;
}
