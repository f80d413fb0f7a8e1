/* Layer ops: attributes, shapes, cost, and the reference kernels that define the arithmetic.
 *
 * Tensors are int8 NHWC with batch 1 and a power-of-two position (quant.h). Every op computes, per
 * output element, a wide integer, requantises it with aw_round_shift to `mid_pos`, saturates it to
 * int8, clamps it to [lo, hi] and, when the activation is a table, looks it up:
 *
 *   conv2d    acc = bias[o] + sum of in * weight over kh, kw, in_ch / groups; zero padding
 *   dwconv2d  the same with one input channel per output channel (groups == in_ch == out_ch)
 *   gap       acc = sum over h, w; scaled by 1 / (h * w) with one rounding (aw_round_div)
 *   add       both inputs to the smaller position (rounded), then their sum
 *   mul       in0 * in1, in1 is [1, 1, c] and broadcast over h, w (squeeze and excite)
 *   act       the input itself (an activation that could not be fused)
 *   maxpool   the largest of a window; padding never wins
 *   avgpool   the sum of a window, scaled by 1 / n with one rounding (aw_round_div); n counts the
 *             window's pixels: all with count_include_pad, else those inside the input
 *   concat    both inputs to the smaller position (rounded), in1's channels behind in0's
 *   pad       the input with zeros around it and in pad_channels channels behind its own
 *   slice     the input at [start_h::stride_h, start_w::stride_w]
 *   zero      0 in the shape of the output; the input only gives the place in the order
 *
 * Weights are int8 in [-127, 127] with the position `w_pos`, in canonical order: conv2d
 * [out_ch][kh][kw][in_ch / groups], dwconv2d [kh][kw][ch]. Biases are int32 at position
 * in.pos + w_pos. */
#ifndef AW_OP_H
#define AW_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/err.h"
#include "aw/quant.h"

enum aw_op_id {
#define AW_OP(id, number, name) AW_OP_##id = number,
#include "ops.def"
#undef AW_OP
};

/* Activations, fused into the op that makes the value. The numbers are part of the program format.
 */
enum aw_act {
    AW_ACT_NONE = 0,
    AW_ACT_RELU = 1,      /* clamp */
    AW_ACT_RELU6 = 2,     /* clamp */
    AW_ACT_H_SWISH = 3,   /* table; integer arithmetic makes it anywhere */
    AW_ACT_H_SIGMOID = 4, /* table; integer arithmetic makes it anywhere */
    AW_ACT_SIGMOID = 5,   /* table; made by the host, carried in the program */
    AW_ACT_TANH = 6,      /* table; made by the host, carried in the program */
    AW_ACT_HARDTANH = 7,  /* clamp to [-1, 1] */
    AW_ACT_COUNT
};

struct aw_shape {
    uint16_t h, w, c;
};

struct aw_tensor {
    struct aw_shape shape;
    int8_t pos;      /* AW_POS_MIN..AW_POS_MAX */
    uint32_t offset; /* bytes from the start of the arena, a multiple of 16 */
};

/* Index of a tensor that a layer does not have. */
#define AW_NO_TENSOR 0xFFFFu
/* Offset of a table or weight block that a layer does not carry. */
#define AW_NO_OFFSET 0xFFFFFFFFu

struct aw_layer {
    uint8_t op;        /* enum aw_op_id */
    uint8_t act;       /* enum aw_act */
    uint16_t in0, in1; /* tensor indices; in1 is AW_NO_TENSOR for ops with one input */
    uint16_t out;
    /* An op's attributes, AW_HAS_*; 0 where the op does not have them. */
    uint8_t kernel_h, kernel_w;
    uint8_t stride_h, stride_w;
    uint8_t dilation_h, dilation_w; /* 1 in pools */
    uint8_t pad_top, pad_bottom, pad_left, pad_right;
    uint16_t groups;
    int8_t w_pos;      /* position of the weights */
    int8_t mid_pos;    /* position before a table activation; otherwise equals that of out */
    uint8_t bias_bits; /* synthetic bias in [-2^bits, 2^bits); 0: no bias */
    uint8_t count_include_pad; /* avgpool: 1 divides by the whole window, 0 by its real pixels */
    uint16_t pad_channels;     /* pad: zero channels behind those of the input */
    uint16_t start_h, start_w; /* slice: first row and column that are taken */
    uint32_t seed;             /* of the synthetic weights and bias */
    uint32_t weights_offset;   /* embedded weights: offset in the program's weight block */
    uint32_t table_offset;     /* offset of a 256-byte table in the program, or AW_NO_OFFSET */
};

/* Groups of attributes; an op has some and wants the others 0. */
enum aw_has {
    AW_HAS_KERNEL = 1,  /* kernel_h, kernel_w, dilation_h, dilation_w */
    AW_HAS_STRIDE = 2,  /* stride_h, stride_w */
    AW_HAS_PADDING = 4, /* pad_top, pad_bottom, pad_left, pad_right */
    AW_HAS_WEIGHTS = 8, /* groups, w_pos, bias_bits, seed */
    AW_HAS_COUNT = 16,  /* count_include_pad */
    AW_HAS_PAD_CHANNELS = 32,
    AW_HAS_START = 64, /* start_h, start_w */
    AW_HAS_WINDOW = AW_HAS_KERNEL | AW_HAS_STRIDE | AW_HAS_PADDING,
};

/* A layer after validation: everything that a kernel needs. */
struct aw_plan {
    struct aw_layer layer;
    struct aw_shape in0, in1, out; /* in1 all 0 where there is none */
    int8_t in0_pos, in1_pos, out_pos;
    int8_t shift;  /* right shift of the wide value: position of acc - mid_pos, -8..31 */
    int8_t lo, hi; /* clamp at mid_pos */
    bool table;    /* a 256-entry table follows the clamp */
    /* Of the wide value: h * w of gap; of avgpool the least common multiple of n, at most 2^24, to
     * which its sums are enlarged (by divisor / n); else 1. */
    uint32_t divisor;
    uint32_t in0_bytes, in1_bytes, out_bytes;
    uint32_t weight_count; /* int8 */
    uint32_t bias_count;   /* int32 */
    uint64_t macs;         /* multiply-accumulates of convolutions, padding counted; else 0 */
};

/* What a kernel reads and writes. Pointers to tensors are 16-byte aligned. `out` may equal `in0`
 * exactly for ops that work in place, and overlaps nothing otherwise. */
struct aw_buffers {
    const int8_t *in0;
    const int8_t *in1;     /* NULL where the op has one input */
    const int8_t *weights; /* NULL where the op has none; order: canonical for the references,
                              the kernel's own packing for an optimised kernel */
    const int32_t *bias;   /* NULL: no bias */
    int8_t *out;
    int32_t *wide; /* not NULL (references only): out_bytes wide integers are stored here, in the
                      order of `out`, instead of requantising them into `out`; plan->divisor
                      says what gap and avgpool still divide by. Calibration needs them; sums of
                      gap must fit. */
};

struct aw_op {
    uint8_t id;
    uint8_t inputs; /* 1 or 2 */
    uint8_t has;    /* AW_HAS_*: the attributes that it uses */
    bool weighted;
    bool in_place;    /* `out` may be exactly in0 (add, mul, act) */
    const char *name; /* "conv2d" */
    /* Output shape of the op; AW_ERR_RANGE when attributes and inputs do not fit. conv2d cannot
     * know its number of filters: set out->c before the call. zero takes any shape: set all of
     * `out`. The other ops ignore what `out` holds. */
    enum aw_err (*shape)(const struct aw_layer *layer, struct aw_shape in0, struct aw_shape in1,
                         struct aw_shape *out);
    /* Fills the op's own part of a plan (shift, weight_count, bias_count, macs, a divisor that is
     * not 1) whose shapes, positions and layer are set; checks that accumulators cannot overflow.
     */
    enum aw_err (*plan)(struct aw_plan *plan);
    /* The reference: everything but the table. Cannot fail. */
    void (*run)(const struct aw_plan *plan, const struct aw_buffers *buffers);
};

/* NULL for an unknown id or name. */
const struct aw_op *aw_op_find(uint8_t id);
const struct aw_op *aw_op_find_name(const char *name);

/* Validates a layer against its tensors and sizes it. in1 is NULL for ops with one input.
 * `why` (may be NULL) gets a constant text that says what is wrong. */
AW_MUST_USE enum aw_err aw_layer_plan(const struct aw_layer *layer, const struct aw_tensor *in0,
                                      const struct aw_tensor *in1, const struct aw_tensor *out,
                                      struct aw_plan *plan_out, const char **why);

/* "none", "relu", ...; NULL for an unknown activation. */
const char *aw_act_name(uint8_t act);

/* True when the activation goes through a 256-entry table. */
bool aw_act_is_table(uint8_t act);

/* Clamp limits of an activation at position `pos`. */
void aw_act_limits(uint8_t act, int pos, int8_t *lo, int8_t *hi);

/* Fills table[q + 128] for q in [-128, 127] at in_pos with the activation at out_pos, rounded half
 * toward +infinity, saturated. relu, relu6, hardtanh, h-swish and h-sigmoid are exact in integers;
 * AW_ERR_UNSUPPORTED for the others, whose tables the host makes. */
AW_MUST_USE enum aw_err aw_act_table(uint8_t act, int in_pos, int out_pos, int8_t table[256]);

/* data[i] = table[data[i] + 128] in place. */
void aw_table_apply(const int8_t table[256], int8_t *data, uint32_t n);

/* Canonical name of a layer in logs and tests, such as conv2d/h32w32c16/o64/k3s2p1/relu6; always
 * terminated, cut when `capacity` is too small. */
void aw_layer_key(const struct aw_plan *plan, char *text, uint32_t capacity);

#endif
