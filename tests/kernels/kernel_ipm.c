/* Runs the kernels of a set on eight shapes of mobile nets, each between two marker instructions at
 * which count_plugin.c tells how many instructions were executed. Prints "LAYER|MACS|LIMIT" a
 * shape; kernel_ipm.sh divides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aw/rng.h"
#include "awt/kernel.h"

#if defined(__aarch64__)
#define MARK() __asm__ volatile("mov x27, x27" ::: "memory")
#define A64    1
#else
#define MARK() __asm__ volatile("mov r9, r9" ::: "memory")
#define A64    0
#endif

/* Instructions per MAC at most: below the best public kernels that these were compared with. */
static const struct row {
    const char *name;
    uint8_t op, kernel, stride;
    uint16_t size, in_ch, out_ch;
    const char *a64_limit, *a32_limit;
} rows[] = {
    {"1x1 56x56x24->144", AW_OP_CONV2D, 1, 1, 56, 24, 144, "0.36", "0.41"},
    {"1x1 14x14x96->576", AW_OP_CONV2D, 1, 1, 14, 96, 576, "0.24", "0.32"},
    {"1x1 7x7x960->160", AW_OP_CONV2D, 1, 1, 7, 960, 160, "0.22", "0.26"},
    {"3x3s2 224x224x3->16", AW_OP_CONV2D, 3, 2, 224, 3, 16, "0.50", "0.70"},
    {"3x3s1 14x14x64->64", AW_OP_CONV2D, 3, 1, 14, 64, 64, "0.22", "0.31"},
    {"dw3x3 56x56x144", AW_OP_DWCONV2D, 3, 1, 56, 144, 144, "0.45", "0.60"},
    {"dw5x5 14x14x576", AW_OP_DWCONV2D, 5, 1, 14, 576, 576, "0.40", "0.55"},
    {"fc 1280->1000", AW_OP_CONV2D, 1, 1, 1, 1280, 1000, "0.26", "0.34"},
};

static struct aw_plan plan_of(const struct row *row)
{
    uint8_t pad = (uint8_t)(row->kernel / 2);
    uint16_t out_size = (uint16_t)((row->size - 1) / row->stride + 1);
    const struct aw_layer layer = {
        .op = row->op,
        .act = AW_ACT_RELU6,
        .in1 = AW_NO_TENSOR,
        .out = 1,
        .kernel_h = row->kernel,
        .kernel_w = row->kernel,
        .stride_h = row->stride,
        .stride_w = row->stride,
        .dilation_h = 1,
        .dilation_w = 1,
        .pad_top = pad,
        .pad_bottom = pad,
        .pad_left = pad,
        .pad_right = pad,
        .groups = row->op == AW_OP_DWCONV2D ? row->in_ch : 1,
        .w_pos = 7,
        .mid_pos = 4,
        .bias_bits = 8,
        .table_offset = AW_NO_OFFSET,
    };
    const struct aw_tensor in = {.shape = {row->size, row->size, row->in_ch}, .pos = 4};
    const struct aw_tensor out = {.shape = {out_size, out_size, row->out_ch}, .pos = 4};
    struct aw_plan plan;
    const char *why = "";
    if (aw_layer_plan(&layer, &in, NULL, &out, &plan, &why) != AW_OK) {
        fprintf(stderr, "kernel_ipm: %s: %s\n", row->name, why);
        exit(2);
    }
    return plan;
}

/* With the room that kernels may read past an end. */
static void *memory(size_t bytes)
{
    void *at = aligned_alloc(64, (bytes + 64 + 63) / 64 * 64);
    if (!at) {
        fprintf(stderr, "kernel_ipm: out of memory\n");
        exit(2);
    }
    return at;
}

static void run_row(const struct row *row)
{
    const struct aw_plan plan = plan_of(row);
    const struct awt_kernel *kernel = awt_kernel_find(&plan);
    const struct aw_packing *packing = kernel->packed ? awt_packing : NULL;
    int8_t *in = memory(plan.in0_bytes), *canonical = memory(plan.weight_count);
    int8_t *weights = memory(aw_packing_bytes(packing, &plan)), *out = memory(plan.out_bytes);
    int32_t *bias = memory(4u * plan.bias_count);
    void *scratch = kernel->scratch_bytes ? memory(kernel->scratch_bytes(&plan)) : NULL;
    aw_rng_input(1, plan.in0_bytes, in);
    aw_rng_weights(2, plan.weight_count, canonical);
    aw_rng_bias(2, 8, plan.bias_count, bias);
    aw_packing_pack(packing, &plan, canonical, weights);
    const struct aw_buffers buffers = {.in0 = in, .weights = weights, .bias = bias, .out = out};
    MARK();
    kernel->run(&plan, &buffers, scratch);
    MARK();
    printf("%s|%lu|%s\n", row->name, (unsigned long)plan.macs,
           A64 ? row->a64_limit : row->a32_limit);
    free(in);
    free(canonical);
    free(weights);
    free(out);
    free(bias);
    free(scratch);
}

int main(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        run_row(&rows[i]);
    return 0;
}
