/* The GPU's kernels on the host: the same text, with the threads of a block one after the other. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "timing/cuda/fake/state.h"
#include "timing/cuda/internal.h"

static int awk_thread, awk_block;

#define AWK_DEVICE static
#include "timing/cuda/kernels_common.h"

#define AWK_EACH_THREAD for (awk_thread = 0; awk_thread < AWH_K_BLOCK; awk_thread++)
#define AWK_SYNC
#define AWK_SHARED      static
#define AWK_THREAD      awk_thread
#define AWK_BLOCK_INDEX awk_block

#define AWK_KERNEL(name)       static void run_##name##_float
#define AWK_LOAD(x, i)         (((const float *)(x))[i])
#define AWK_STORE(y, i, value) (((float *)(y))[i] = (value))
#include "timing/cuda/kernels_body.h"
#undef AWK_KERNEL
#undef AWK_LOAD
#undef AWK_STORE

#define AWK_KERNEL(name)       static void run_##name##_half
#define AWK_LOAD(x, i)         awh_half_value(((const uint16_t *)(x))[i])
#define AWK_STORE(y, i, value) (((uint16_t *)(y))[i] = awh_half_of(value))
#include "timing/cuda/kernels_body.h"

/* Kernel 2 k is number k of enum awh_cuda_kernel on floats, 2 k + 1 on halves. */
_Static_assert(FAKE_KERNELS == 2 * AWH_CUDA_KERNEL_COUNT, "two of each");

static const char *const names[AWH_CUDA_KERNEL_COUNT] = {"affine", "binary", "gap",
                                                         "pool",   "conv",   "gather"};

int fake_kernel_find(const char *name)
{
    char text[64];
    for (int k = 0; k < FAKE_KERNELS; k++) {
        snprintf(text, sizeof(text), "awh_%s_%s", names[k / 2], k % 2 ? "half" : "float");
        if (!strcmp(text, name))
            return k;
    }
    return -1;
}

bool fake_kernel_is_conv(int kernel)
{
    return kernel / 2 == AWH_CUDA_CONV;
}

size_t fake_kernel_args(int kernel)
{
    static const size_t sizes[AWH_CUDA_KERNEL_COUNT] = {
        sizeof(struct awh_k_affine), sizeof(struct awh_k_binary), sizeof(struct awh_k_gap),
        sizeof(struct awh_k_pool),   sizeof(struct awh_k_conv),   sizeof(struct awh_k_gather),
    };
    return sizes[kernel / 2];
}

/* -- Checks ------------------------------------------------------------------------------------ */

/* `count` elements of the kernel's type, or floats. */
static bool elements(int kernel, const void *pointer, long long count)
{
    return fake_memory(pointer, (size_t)count * (kernel % 2 ? 2 : 4), names[kernel / 2]);
}

static bool floats(int kernel, const void *pointer, long long count)
{
    return !pointer || fake_memory(pointer, (size_t)count * 4, names[kernel / 2]);
}

static bool distinct(int kernel, const void *x, const void *y)
{
    return x != y || fake_misuse("%s: in place", names[kernel / 2]);
}

static bool agree(int kernel, bool ok)
{
    return ok || fake_misuse("%s: sizes that do not agree", names[kernel / 2]);
}

static bool check_window(int kernel, const struct awh_k_window *o)
{
    int reach_h = (o->out_h - 1) * o->stride_h + (o->kernel_h - 1) * o->dilation;
    int reach_w = (o->out_w - 1) * o->stride_w + (o->kernel_w - 1) * o->dilation;
    return agree(kernel, reach_h < o->in_h + 2 * o->pad_h && reach_w < o->in_w + 2 * o->pad_w);
}

static bool check_conv(int kernel, const struct awh_k_conv *k)
{
    const struct awh_k_window *o = &k->window;
    return check_window(kernel, o) && distinct(kernel, k->x, k->y) &&
           agree(kernel, k->count == o->out_h * o->out_w * k->out_ch && k->in_ch % k->groups == 0 &&
                             k->out_ch % k->groups == 0) &&
           elements(kernel, k->x, (long long)o->in_h * o->in_w * k->in_ch) &&
           elements(kernel, k->weights,
                    (long long)k->out_ch * (k->in_ch / k->groups) * o->kernel_h * o->kernel_w) &&
           (!k->residual || elements(kernel, k->residual, k->count)) &&
           floats(kernel, k->bias, k->out_ch) && elements(kernel, k->y, k->count);
}

static bool check_gather(int kernel, const struct awh_k_gather *k)
{
    return agree(kernel, k->count == k->out_h * k->out_w * k->out_ch &&
                             k->channels0 + k->channels1 <= k->out_ch) &&
           (k->channels0 == 0 ||
            (elements(kernel, k->x0, (long long)k->in_h * k->in_w * k->channels0) &&
             distinct(kernel, k->x0, k->y))) &&
           (k->channels1 == 0 ||
            (elements(kernel, k->x1, (long long)k->out_h * k->out_w * k->channels1) &&
             distinct(kernel, k->x1, k->y))) &&
           elements(kernel, k->y, k->count);
}

static bool check_gap(int kernel, const struct awh_k_gap *k)
{
    return agree(kernel, k->tile > 0 && AWH_K_BLOCK % k->tile == 0 &&
                             (k->tile & (k->tile - 1)) == 0 &&
                             ((k->pixel_step == 1 && k->channel_step == k->pixels) ||
                              (k->pixel_step == k->channels && k->channel_step == 1))) &&
           distinct(kernel, k->x, k->y) &&
           elements(kernel, k->x, (long long)k->pixels * k->channels) &&
           elements(kernel, k->y, k->channels);
}

bool fake_kernel_check(int kernel, unsigned blocks, const union awh_k_args *args)
{
    int count = 0;
    bool ok = false;
    switch ((enum awh_cuda_kernel)(kernel / 2)) {
    case AWH_CUDA_AFFINE:
        count = args->affine.count;
        ok = agree(kernel, args->affine.count % (args->affine.channels * args->affine.inner) == 0 ||
                               args->affine.inner == 1) &&
             elements(kernel, args->affine.x, count) && elements(kernel, args->affine.y, count) &&
             (!args->affine.residual || elements(kernel, args->affine.residual, count)) &&
             floats(kernel, args->affine.scale, args->affine.channels) &&
             floats(kernel, args->affine.shift, args->affine.channels);
        break;
    case AWH_CUDA_BINARY:
        count = args->binary.count;
        ok = distinct(kernel, args->binary.a, args->binary.y) &&
             distinct(kernel, args->binary.b, args->binary.y) &&
             elements(kernel, args->binary.a, count) && elements(kernel, args->binary.y, count) &&
             elements(kernel, args->binary.b, args->binary.mul ? args->binary.channels : count);
        break;
    case AWH_CUDA_GAP:
        count = (args->gap.channels + args->gap.tile - 1) / args->gap.tile * AWH_K_BLOCK;
        ok = check_gap(kernel, &args->gap);
        break;
    case AWH_CUDA_POOL:
        count = args->pool.count;
        ok = check_window(kernel, &args->pool.window) &&
             distinct(kernel, args->pool.x, args->pool.y) &&
             agree(kernel, count == args->pool.window.out_h * args->pool.window.out_w *
                                        args->pool.channels) &&
             elements(kernel, args->pool.x,
                      (long long)args->pool.window.in_h * args->pool.window.in_w *
                          args->pool.channels) &&
             elements(kernel, args->pool.y, count);
        break;
    case AWH_CUDA_CONV:
        count = args->conv.count;
        ok = check_conv(kernel, &args->conv);
        break;
    case AWH_CUDA_GATHER:
        count = args->gather.count;
        ok = check_gather(kernel, &args->gather);
        break;
    }
    return ok && agree(kernel, blocks == ((unsigned)count + AWH_K_BLOCK - 1) / AWH_K_BLOCK);
}

/* -- Running ----------------------------------------------------------------------------------- */

#define RUN(name, type)                                                                            \
    if (op->kernel % 2)                                                                            \
        run_##name##_half(op->args.type);                                                          \
    else                                                                                           \
        run_##name##_float(op->args.type);                                                         \
    break

void fake_kernel_run(const struct fake_op *op)
{
    for (awk_block = 0; awk_block < (int)op->blocks; awk_block++)
        switch ((enum awh_cuda_kernel)(op->kernel / 2)) {
        case AWH_CUDA_AFFINE:
            RUN(affine, affine);
        case AWH_CUDA_BINARY:
            RUN(binary, binary);
        case AWH_CUDA_GAP:
            RUN(gap, gap);
        case AWH_CUDA_POOL:
            RUN(pool, pool);
        case AWH_CUDA_CONV:
            RUN(conv, conv);
        case AWH_CUDA_GATHER:
            RUN(gather, gather);
        }
}
