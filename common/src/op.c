#include "aw/op.h"

#include "aw/mem.h"
#include "aw/size.h"
#include "op_impl.h"

static const struct aw_op *const ops[] = {
#define AW_OP(id, number, name) &aw_op_##name,
#include "ops.def"
#undef AW_OP
};
#define OP_COUNT (sizeof ops / sizeof ops[0])

static const char *const act_names[AW_ACT_COUNT] = {
    [AW_ACT_NONE] = "none",       [AW_ACT_RELU] = "relu",           [AW_ACT_RELU6] = "relu6",
    [AW_ACT_H_SWISH] = "h_swish", [AW_ACT_H_SIGMOID] = "h_sigmoid", [AW_ACT_SIGMOID] = "sigmoid",
    [AW_ACT_TANH] = "tanh",       [AW_ACT_HARDTANH] = "hardtanh",
};

const struct aw_op *aw_op_find(uint8_t id)
{
    for (uint32_t i = 0; i < OP_COUNT; i++)
        if (ops[i]->id == id)
            return ops[i];
    return NULL;
}

const struct aw_op *aw_op_find_name(const char *name)
{
    for (uint32_t i = 0; i < OP_COUNT; i++)
        if (strcmp(ops[i]->name, name) == 0)
            return ops[i];
    return NULL;
}

const char *aw_act_name(uint8_t act)
{
    return act < AW_ACT_COUNT ? act_names[act] : NULL;
}

/* The first fault wins: sets `why` and returns err. */
static enum aw_err refuse(const char **why, enum aw_err err, const char *text)
{
    if (why)
        *why = text;
    return err;
}

static bool pos_valid(int pos)
{
    return pos >= AW_POS_MIN && pos <= AW_POS_MAX;
}

static bool tensor_bytes(struct aw_shape shape, uint32_t *bytes_out)
{
    return shape.h > 0 && shape.w > 0 && shape.c > 0 &&
           aw_mul_u32((uint32_t)shape.h * shape.w, shape.c, bytes_out);
}

static bool same_shape(struct aw_shape a, struct aw_shape b)
{
    return a.h == b.h && a.w == b.w && a.c == b.c;
}

/* All attributes that the op does not have are 0. */
static bool others_zero(uint8_t has, const struct aw_layer *l)
{
    uint32_t set = 0;
    if (!(has & AW_HAS_KERNEL))
        set |= l->kernel_h | l->kernel_w | l->dilation_h | l->dilation_w;
    if (!(has & AW_HAS_STRIDE))
        set |= l->stride_h | l->stride_w;
    if (!(has & AW_HAS_PADDING))
        set |= l->pad_top | l->pad_bottom | l->pad_left | l->pad_right;
    if (!(has & AW_HAS_WEIGHTS))
        set |= l->groups | (uint8_t)l->w_pos | l->bias_bits | l->seed;
    if (!(has & AW_HAS_COUNT))
        set |= l->count_include_pad;
    if (!(has & AW_HAS_PAD_CHANNELS))
        set |= l->pad_channels;
    if (!(has & AW_HAS_START))
        set |= l->start_h | l->start_w;
    return set == 0;
}

static enum aw_err check_tensors(const struct aw_op *op, const struct aw_tensor *in0,
                                 const struct aw_tensor *in1, const struct aw_tensor *out,
                                 struct aw_plan *plan, const char **why)
{
    if (!in0 || !out || (in1 != NULL) != (op->inputs == 2))
        return refuse(why, AW_ERR_RANGE, "number of inputs does not fit the op");
    if ((plan->layer.in1 == AW_NO_TENSOR) != (op->inputs == 1))
        return refuse(why, AW_ERR_RANGE, "number of inputs does not fit the op");
    if (!pos_valid(in0->pos) || (in1 && !pos_valid(in1->pos)) || !pos_valid(out->pos))
        return refuse(why, AW_ERR_RANGE, "position of a tensor outside -16..24");
    plan->in0 = in0->shape;
    plan->out = out->shape;
    plan->in0_pos = in0->pos;
    plan->out_pos = out->pos;
    if (!tensor_bytes(in0->shape, &plan->in0_bytes) || !tensor_bytes(out->shape, &plan->out_bytes))
        return refuse(why, AW_ERR_RANGE, "shape of a tensor is empty or over 4 GiB");
    if (!in1)
        return AW_OK;
    plan->in1 = in1->shape;
    plan->in1_pos = in1->pos;
    if (!tensor_bytes(in1->shape, &plan->in1_bytes))
        return refuse(why, AW_ERR_RANGE, "shape of a tensor is empty or over 4 GiB");
    return AW_OK;
}

static enum aw_err check_fields(const struct aw_op *op, const struct aw_plan *plan,
                                const char **why)
{
    const struct aw_layer *layer = &plan->layer;
    if (layer->act >= AW_ACT_COUNT)
        return refuse(why, AW_ERR_UNSUPPORTED, "unknown activation");
    if (!pos_valid(layer->mid_pos))
        return refuse(why, AW_ERR_RANGE, "mid_pos outside -16..24");
    if (!aw_act_is_table(layer->act) && layer->mid_pos != plan->out_pos)
        return refuse(why, AW_ERR_RANGE, "mid_pos differs from the output without a table");
    if (!others_zero(op->has, layer))
        return refuse(why, AW_ERR_RANGE, "attributes of another op are not 0");
    if (op->weighted && !pos_valid(layer->w_pos))
        return refuse(why, AW_ERR_RANGE, "w_pos outside -16..24");
    if (layer->bias_bits > 30)
        return refuse(why, AW_ERR_RANGE, "bias_bits over 30");
    return AW_OK;
}

enum aw_err aw_layer_plan(const struct aw_layer *layer, const struct aw_tensor *in0,
                          const struct aw_tensor *in1, const struct aw_tensor *out,
                          struct aw_plan *plan_out, const char **why)
{
    const struct aw_op *op = aw_op_find(layer->op);
    if (!op)
        return refuse(why, AW_ERR_UNSUPPORTED, "unknown op");
    struct aw_plan plan;
    memset(&plan, 0, sizeof plan);
    plan.layer = *layer;
    plan.divisor = 1;
    enum aw_err err = check_tensors(op, in0, in1, out, &plan, why);
    if (err == AW_OK)
        err = check_fields(op, &plan, why);
    if (err != AW_OK)
        return err;

    struct aw_shape shape = out->shape;
    if (op->shape(layer, plan.in0, plan.in1, &shape) != AW_OK)
        return refuse(why, AW_ERR_RANGE, "attributes do not fit the shape of the inputs");
    if (!same_shape(shape, out->shape))
        return refuse(why, AW_ERR_RANGE, "shape of the output is not what the op makes");
    aw_act_limits(layer->act, layer->mid_pos, &plan.lo, &plan.hi);
    plan.table = aw_act_is_table(layer->act);
    if (op->plan(&plan) != AW_OK)
        return refuse(why, AW_ERR_RANGE, "sums or shifts could leave their integer type");
    if (plan.shift < -8 || plan.shift > 31)
        return refuse(why, AW_ERR_RANGE, "shift between positions outside -8..31");
    *plan_out = plan;
    return AW_OK;
}
