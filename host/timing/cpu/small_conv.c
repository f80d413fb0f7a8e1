/* Eager convolutions of few values. PyTorch 1.13 gives those with an input of 20,480 values or less
 * (batch 1, not grouped, a kernel of at most 3 in one direction, more than one thread allowed) not
 * to oneDNN but multiplies matrices with the BLAS that is installed
 * (aten/src/ATen/native/Convolution.cpp, use_mkldnn). What that takes is the BLAS's: Debian's
 * reference takes 15 times what oneDNN does. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "timing/cpu/cpu.h"

#define INPUT_VALUES_MAX 20480

/* BLAS, level 3: Fortran, columns first. */
void sgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k,
            const float *alpha, const float *a, const int *lda, const float *b, const int *ldb,
            const float *beta, float *c, const int *ldc);
/* OpenBLAS has threads of its own, and does not know ours. */
void openblas_set_num_threads(int threads) __attribute__((weak));

void cpu_blas_open(unsigned threads)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads((int)threads);
}

const char *cpu_blas_path(char path[PATH_MAX])
{
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, "sgemm_");
    if (!symbol || !dladdr(symbol, &info) || !info.dli_fname || !realpath(info.dli_fname, path))
        return "unknown";
    return path;
}

bool cpu_is_small_conv(const struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    return cpu_is_eager(net) && net->engine->options.precision == AWH_PRECISION_FP32 &&
           node->conv.groups == 1 && (node->conv.kernel_h <= 3 || node->conv.kernel_w <= 3) &&
           (size_t)x->h * (size_t)x->w * (size_t)x->c <= INPUT_VALUES_MAX;
}

/* Its windows are the pixels of its input. */
static bool is_pointwise(const struct awh_conv *a)
{
    return a->kernel_h == 1 && a->kernel_w == 1 && a->stride_h == 1 && a->stride_w == 1 &&
           !a->pad_h && !a->pad_w;
}

static size_t depth_of(const struct cpu_net *net, const struct awh_node *node)
{
    return (size_t)net->graph->tensors[node->in0].c * (size_t)node->conv.kernel_h *
           (size_t)node->conv.kernel_w;
}

/* A line of the matrix: one value of all windows. */
static void unfold_line(const struct cpu_net *net, const struct awh_node *node, const float *plane,
                        int32_t kernel_h, int32_t kernel_w, float *to)
{
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    const struct awh_conv *a = &node->conv;
    for (int32_t h = 0; h < z->h; h++) {
        int32_t from_h = h * a->stride_h - a->pad_h + kernel_h * a->dilation;
        for (int32_t w = 0; w < z->w; w++) {
            int32_t from_w = w * a->stride_w - a->pad_w + kernel_w * a->dilation;
            bool inside = from_h >= 0 && from_h < x->h && from_w >= 0 && from_w < x->w;
            *to++ = inside ? plane[(size_t)from_h * (size_t)x->w + (size_t)from_w] : 0.0f;
        }
    }
}

void cpu_unfold(const struct cpu_net *net, const struct awh_node *node, const float *from,
                float *to)
{
    const struct awh_graph_tensor *x = &net->graph->tensors[node->in0];
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    size_t in_plane = (size_t)x->h * (size_t)x->w, out_plane = (size_t)z->h * (size_t)z->w;
    for (int32_t c = 0; c < x->c; c++)
        for (int32_t h = 0; h < node->conv.kernel_h; h++)
            for (int32_t w = 0; w < node->conv.kernel_w; w++, to += out_plane)
                unfold_line(net, node, from + (size_t)c * in_plane, h, w, to);
}

void cpu_multiply(const struct cpu_net *net, const struct awh_node *node, const float *columns,
                  const float *weights, const float *bias, float *to)
{
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    const int plane = z->h * z->w, channels = z->c, depth = (int)depth_of(net, node);
    const float alpha = 1.0f, beta = bias ? 1.0f : 0.0f;
    for (int c = 0; bias && c < channels; c++)
        for (int i = 0; i < plane; i++)
            to[(size_t)c * (size_t)plane + (size_t)i] = bias[c];
    sgemm_("N", "N", &plane, &channels, &depth, &alpha, columns, &plane, weights, &depth, &beta, to,
           &plane);
}

/* The windows of its input, as columns of a matrix. */
static enum aw_err add_columns(struct cpu_net *net, size_t index, struct cpu_value *value_inout)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct awh_graph_tensor *z = &net->graph->tensors[node->out];
    const dnnl_dims_t dims = {1, (dnnl_dim_t)depth_of(net, node), z->h, z->w};
    dnnl_memory_desc_t md;
    struct cpu_value columns;
    enum aw_err err = cpu_check(
        net, dnnl_memory_desc_init_by_tag(&md, 4, dims, dnnl_f32, dnnl_nchw), "convolution");
    if (!err)
        err = cpu_value_new(net, &md, 1.0f, &columns);
    if (err)
        return err;
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC, value_inout),
                                   cpu_arg_of(DNNL_ARG_DST, &columns)};
    *value_inout = columns;
    return cpu_add_own(net, CPU_UNFOLD, node, args, 2, "unfold");
}

enum aw_err cpu_plan_small_conv(struct cpu_net *net, size_t index)
{
    const struct awh_node *node = &net->graph->nodes[index];
    const struct awh_node_weights *weights = &net->load->weights->nodes[index];
    const dnnl_dims_t wei_dims = {node->conv.out_ch, (dnnl_dim_t)depth_of(net, node)};
    const dnnl_dims_t bias_dims = {node->conv.out_ch};
    dnnl_memory_desc_t wei, bias, md = cpu_md(net, node->out, dnnl_f32, dnnl_nchw);
    dnnl_memory_desc_t in_md = cpu_md(net, node->in0, dnnl_f32, dnnl_nchw);
    struct cpu_value in, out;
    void *memory[2] = {NULL, NULL};
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&wei, 2, wei_dims, dnnl_f32, dnnl_ab);
    if (!status)
        status = dnnl_memory_desc_init_by_tag(&bias, 1, bias_dims, dnnl_f32, dnnl_a);
    enum aw_err err = cpu_check(net, status, "convolution");
    if (!err)
        err = cpu_step_begin(net, index, node->out);
    if (!err)
        err = cpu_want(net, index, &net->values[node->in0], &in_md, 1.0f, &in);
    if (!err && !is_pointwise(&node->conv))
        err = add_columns(net, index, &in);
    if (!err)
        err = cpu_value_new(net, &md, 1.0f, &out);
    if (!err)
        err = cpu_constant(net, weights->weights, &wei, &wei, NULL, &memory[0]);
    if (!err && node->conv.bias)
        err = cpu_constant(net, weights->bias, &bias, &bias, NULL, &memory[1]);
    if (err)
        return err;
    const struct cpu_arg args[] = {cpu_arg_of(DNNL_ARG_SRC, &in), cpu_arg_of(DNNL_ARG_DST, &out),
                                   cpu_arg_fixed(DNNL_ARG_WEIGHTS, &wei, memory[0]),
                                   cpu_arg_fixed(DNNL_ARG_BIAS, &bias, memory[1])};
    err = cpu_add_own(net, CPU_MULTIPLY, node, args, node->conv.bias ? 4 : 3, "BLAS sgemm");
    if (!err)
        cpu_step_end(net, &out);
    return err;
}
