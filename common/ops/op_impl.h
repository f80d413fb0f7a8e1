/* What the op folders and op.c share. */
#ifndef AW_OP_IMPL_H
#define AW_OP_IMPL_H

#include "aw/op.h"

#define AW_OP(id, number, name) extern const struct aw_op aw_op_##name;
#include "ops.def"
#undef AW_OP

/* Taps [first, end) of a convolution window that lie inside the input; never end < first. */
struct aw_taps {
    uint32_t first, end;
};

/* origin: input index of tap 0, negative inside the padding. */
static inline struct aw_taps aw_conv_taps(int32_t origin, uint32_t dilation, uint32_t kernel,
                                          uint32_t extent)
{
    uint32_t first = origin < 0 ? ((uint32_t)-origin + dilation - 1) / dilation : 0;
    int32_t room = (int32_t)extent - origin;
    uint32_t end = room > 0 ? ((uint32_t)room + dilation - 1) / dilation : 0;
    end = end < kernel ? end : kernel;
    return (struct aw_taps){.first = first < end ? first : end, .end = end};
}

/* Height and width that a convolution's window attributes make of `in`; AW_ERR_RANGE when an
 * attribute is 0, the padding reaches the window's extent or the window does not fit. */
enum aw_err aw_conv_window(const struct aw_layer *layer, struct aw_shape in, uint16_t *h_out,
                           uint16_t *w_out);

/* Shape of a pool: that of a convolution's window without dilation, so that every window holds at
 * least one pixel of the input. */
enum aw_err aw_pool_shape(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape *out);

/* Rows and columns of the input under the window of one output pixel; never empty. */
struct aw_window {
    uint32_t y_first, y_end, x_first, x_end;
};

struct aw_window aw_pool_window(const struct aw_plan *plan, uint32_t oy, uint32_t ox);

/* The position that both inputs of add and concat are brought to. */
static inline int aw_smaller_pos(const struct aw_plan *plan)
{
    return plan->in0_pos < plan->in1_pos ? plan->in0_pos : plan->in1_pos;
}

/* Sets the shift from there; AW_ERR_RANGE when the inputs are too far apart. */
enum aw_err aw_align_plan(struct aw_plan *plan);

/* Sets shift, weight_count, bias_count and macs of a convolution with `products` terms a sum;
 * AW_ERR_RANGE when a sum of these with the bias could leave 32 bits. */
enum aw_err aw_conv_plan(struct aw_plan *plan, uint32_t products);

/* Requantises, saturates and clamps; the end of every reference. */
static inline int8_t aw_finish(const struct aw_plan *plan, int64_t at_mid_pos)
{
    int8_t q = aw_sat8(at_mid_pos);
    return q < plan->lo ? plan->lo : q > plan->hi ? plan->hi : q;
}

/* Output element `at`, of a wide value at the accumulator's position. */
static inline void aw_store(const struct aw_plan *plan, const struct aw_buffers *buffers,
                            uint32_t at, int64_t wide)
{
    if (buffers->wide)
        buffers->wide[at] = (int32_t)wide;
    else
        buffers->out[at] = aw_finish(plan, aw_round_shift(wide, plan->shift));
}

/* The same for a value that is still to be divided by plan->divisor, with one rounding: the shift
 * goes into the numerator or the denominator. */
static inline void aw_store_mean(const struct aw_plan *plan, const struct aw_buffers *buffers,
                                 uint32_t at, int64_t wide)
{
    int64_t scale = plan->shift < 0 ? INT64_C(1) << -plan->shift : 1;
    int64_t divisor = (int64_t)plan->divisor << (plan->shift > 0 ? plan->shift : 0);
    if (buffers->wide)
        buffers->wide[at] = (int32_t)wide;
    else
        buffers->out[at] = aw_finish(plan, aw_round_div(wide * scale, divisor));
}

#endif
