/* The name of a layer in logs, results and tests. */
#include "aw/op.h"

/* Text that never overflows and is always terminated. */
struct text {
    char *at, *end; /* end: the last byte, kept for the terminator */
};

static void put_string(struct text *t, const char *s)
{
    while (*s && t->at < t->end)
        *t->at++ = *s++;
}

static void put_number(struct text *t, const char *label, uint32_t value)
{
    char digits[11];
    char *p = digits + sizeof digits - 1;
    *p = '\0';
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_string(t, label);
    put_string(t, p);
}

/* "k3", or "k1x7" where the two directions differ. */
static void put_pair(struct text *t, const char *label, uint32_t vertical, uint32_t horizontal)
{
    put_number(t, label, vertical);
    if (vertical != horizontal)
        put_number(t, "x", horizontal);
}

static void put_shape(struct text *t, struct aw_shape shape)
{
    put_number(t, "/h", shape.h);
    put_number(t, "w", shape.w);
    put_number(t, "c", shape.c);
}

/* "p1", or top, bottom, left and right where they differ. */
static void put_padding(struct text *t, const struct aw_layer *l)
{
    put_number(t, "p", l->pad_top);
    if (l->pad_bottom != l->pad_top || l->pad_left != l->pad_top || l->pad_right != l->pad_top) {
        put_number(t, "x", l->pad_bottom);
        put_number(t, "x", l->pad_left);
        put_number(t, "x", l->pad_right);
    }
}

static void put_window(struct text *t, const struct aw_layer *l)
{
    put_pair(t, "/k", l->kernel_h, l->kernel_w);
    put_pair(t, "s", l->stride_h, l->stride_w);
    put_padding(t, l);
    if (l->dilation_h != 1 || l->dilation_w != 1)
        put_pair(t, "d", l->dilation_h, l->dilation_w);
    if (l->op == AW_OP_CONV2D && l->groups != 1)
        put_number(t, "g", l->groups);
    if (l->count_include_pad)
        put_string(t, "i");
}

/* What the input's shape does not tell. */
static void put_attributes(struct text *t, const struct aw_plan *plan)
{
    const struct aw_layer *l = &plan->layer;
    switch (l->op) {
    case AW_OP_CONV2D:
        put_number(t, "/o", plan->out.c);
        put_window(t, l);
        break;
    case AW_OP_DWCONV2D:
    case AW_OP_MAXPOOL:
    case AW_OP_AVGPOOL:
        put_window(t, l);
        break;
    case AW_OP_CONCAT:
        put_number(t, "c", plan->in1.c);
        break;
    case AW_OP_PAD:
        put_string(t, "/");
        put_padding(t, l);
        if (l->pad_channels != 0)
            put_number(t, "c", l->pad_channels);
        break;
    case AW_OP_SLICE:
        put_number(t, "/y", l->start_h);
        put_number(t, "x", l->start_w);
        put_pair(t, "s", l->stride_h, l->stride_w);
        break;
    case AW_OP_ZERO:
        put_shape(t, plan->out);
        break;
    default:
        break;
    }
}

void aw_layer_key(const struct aw_plan *plan, char *text, uint32_t capacity)
{
    if (capacity == 0)
        return;
    struct text t = {.at = text, .end = text + capacity - 1};
    const struct aw_op *op = aw_op_find(plan->layer.op);
    const char *act = aw_act_name(plan->layer.act);
    put_string(&t, op ? op->name : "?");
    put_shape(&t, plan->in0);
    put_attributes(&t, plan);
    put_string(&t, "/");
    put_string(&t, act ? act : "?");
    *t.at = '\0';
}
