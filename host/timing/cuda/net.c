#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing/cuda/internal.h"

/* Index of the last element plus a block: kernels count in int. */
#define COUNT_MAX ((size_t)INT32_MAX - AWH_K_BLOCK)

/* -- Loading ----------------------------------------------------------------------------------- */

static enum aw_err check_count(const struct awh_cuda_at *at, const char *what, size_t count)
{
    char where[200];
    if (count <= COUNT_MAX)
        return AW_OK;
    return awh_fail(at->diag, AW_ERR_UNSUPPORTED,
                    "%s%s of %zu values; the CUDA engine takes at most %zu",
                    awh_cuda_where(at, where), what, count, COUNT_MAX);
}

static enum aw_err alloc_tensor(struct awh_cuda_net *net, int index, const struct awh_cuda_at *at)
{
    const struct awh_graph_tensor *shape = &net->graph->tensors[index];
    struct awh_cuda_tensor *tensor = &net->tensors[index];
    tensor->count = (size_t)shape->h * (size_t)shape->w * (size_t)shape->c;
    tensor->bytes = tensor->count * awh_cuda_element(net->cuda);
    enum aw_err err = check_count(at, "a tensor", tensor->count);
    if (!err)
        err = awh_cuda_alloc(at, "a tensor", tensor->bytes, &tensor->data);
    return err;
}

static enum aw_err alloc_tensors(struct awh_cuda_net *net, const float *input,
                                 struct awh_diag *diag)
{
    const struct awh_graph *graph = net->graph;
    struct awh_cuda_at at = awh_cuda_at(net->cuda, net->name, "(input)", diag);
    struct awh_cuda_tensor *tensor = &net->tensors[graph->input];
    enum aw_err err = alloc_tensor(net, graph->input, &at);
    for (size_t i = 0; i < net->step_count && !err; i++) {
        at.layer = net->steps[i].name;
        err = alloc_tensor(net, net->steps[i].out, &at);
    }
    if (err)
        return err;
    at.layer = "(input)";
    void *packed = malloc(tensor->bytes ? tensor->bytes : 1);
    if (!packed)
        return awh_fail_mem(diag);
    awh_cuda_pack(net->cuda, &graph->tensors[graph->input], input, packed);
    err = AWH_CUDA(&at, cudaMemcpyAsync, tensor->data, packed, tensor->bytes,
                   cudaMemcpyHostToDevice, net->cuda->stream);
    if (!err)
        err = awh_cuda_sync(net->cuda, &at);
    free(packed);
    return err;
}

/* (x - mean) / sqrt(variance + eps) * gamma + beta as one multiplication and one addition. */
static enum aw_err upload_batch_norm(const struct awh_cuda_net *net, struct awh_cuda_work *work,
                                     const struct awh_node_weights *weights,
                                     const struct awh_cuda_at *at)
{
    size_t channels = (size_t)net->graph->tensors[work->out].c;
    float *scale = malloc(channels * sizeof(*scale)), *shift = malloc(channels * sizeof(*shift));
    enum aw_err err = scale && shift ? AW_OK : awh_fail_mem(at->diag);
    for (size_t c = 0; c < channels && !err; c++) {
        double gamma = work->node->affine ? (double)weights->gamma[c] : 1.0;
        double beta = work->node->affine ? (double)weights->beta[c] : 0.0;
        double s = gamma / sqrt((double)weights->variance[c] + (double)AWH_BATCH_NORM_EPS);
        scale[c] = (float)s;
        shift[c] = (float)(beta - (double)weights->mean[c] * s);
    }
    if (!err)
        err = awh_cuda_upload(net->cuda, "a batch norm", scale, channels * sizeof(*scale),
                              (void **)&work->scale, at);
    if (!err)
        err = awh_cuda_upload(net->cuda, "a batch norm", shift, channels * sizeof(*shift),
                              (void **)&work->shift, at);
    free(scale);
    free(shift);
    return err;
}

static enum aw_err open_step(struct awh_cuda_net *net, size_t index,
                             const struct awh_node_weights *weights, struct awh_diag *diag)
{
    struct awh_cuda_work *work = &net->work[index];
    const struct awh_node *node = work->node;
    struct awh_cuda_at at = awh_cuda_at(net->cuda, net->name, node->name, diag);
    if (node->op == AWH_NODE_CONV) {
        enum aw_err err = check_count(&at, "weights", weights->weight_count);
        return err ? err : awh_cuda_conv_open(net, work, weights, &at);
    }
    enum aw_err err = AW_OK;
    if (node->op == AWH_NODE_BATCH_NORM)
        err = upload_batch_norm(net, work, weights, &at);
    if (!err)
        err = awh_cuda_prepare(net, work, &at);
    if (!err)
        snprintf(net->steps[index].implementation, sizeof(net->steps[index].implementation),
                 "kernel:%s", awh_cuda_kernel_names[work->launch.kernel]);
    return err;
}

static enum aw_err open_events(struct awh_cuda_net *net, struct awh_diag *diag)
{
    struct awh_cuda_at at = awh_cuda_at(net->cuda, net->name, NULL, diag);
    /* At least two, for whole passes and tuning. */
    size_t count = 2 * net->step_count + 2;
    net->events = calloc(count, sizeof(*net->events));
    if (!net->events)
        return awh_fail_mem(diag);
    enum aw_err err = awh_cuda_events_open(net->cuda, count, net->events, &at);
    if (!err)
        net->event_count = count;
    return err;
}

/* Convolutions are tried with what they will really have: the net's tensors and workspace. */
static enum aw_err tune(struct awh_cuda_net *net, struct awh_diag *diag)
{
    struct awh_cuda_at at = awh_cuda_at(net->cuda, net->name, NULL, diag);
    enum aw_err err = AW_OK;
    if (net->workspace_bytes > 0)
        err = awh_cuda_alloc(&at, "the convolutions' workspace", net->workspace_bytes,
                             &net->workspace);
    for (size_t i = 0; i < net->step_count && !err; i++) {
        at.layer = net->work[i].node->name;
        if (net->work[i].conv)
            err = awh_cuda_way_choose(net, &net->work[i], &net->steps[i], &at);
    }
    return err;
}

static enum aw_err alloc_host(struct awh_cuda_net *net, struct awh_diag *diag)
{
    size_t nodes = net->graph->node_count;
    net->tensors = calloc(net->graph->tensor_count, sizeof(*net->tensors));
    net->work = calloc(nodes + 1, sizeof(*net->work));
    net->steps = calloc(nodes + 1, sizeof(*net->steps));
    net->nodes = calloc(nodes + 1, sizeof(*net->nodes));
    if (!net->tensors || !net->work || !net->steps || !net->nodes)
        return awh_fail_mem(diag);
    return AW_OK;
}

static enum aw_err load_net(struct awh_cuda_net *net, const struct awh_engine_load *load,
                            struct awh_diag *diag)
{
    enum aw_err err = alloc_host(net, diag);
    if (!err)
        err = awh_cuda_plan(net, diag);
    if (!err)
        err = alloc_tensors(net, load->input, diag);
    for (size_t i = 0; i < net->step_count && !err; i++)
        err = open_step(net, i, &load->weights->nodes[net->steps[i].nodes[0]], diag);
    if (!err)
        err = open_events(net, diag);
    if (!err)
        err = tune(net, diag);
    if (!err)
        err = awh_cuda_passes_open(net, diag);
    return err;
}

enum aw_err awh_cuda_load(void *engine, const struct awh_engine_load *load, void **net_out,
                          struct awh_diag *diag)
{
    if (load->weights->node_count != load->graph->node_count)
        return awh_fail(diag, AW_ERR_ARG, "net %s: parameters of %zu layers for %zu",
                        load->graph->net, load->weights->node_count, load->graph->node_count);
    struct awh_cuda_net *net = calloc(1, sizeof(*net));
    if (!net)
        return awh_fail_mem(diag);
    net->cuda = engine;
    net->graph = load->graph;
    snprintf(net->name, sizeof(net->name), "%s", load->graph->net);
    enum aw_err err = load_net(net, load, diag);
    if (err)
        awh_cuda_unload(engine, net);
    else
        *net_out = net;
    return err;
}

void awh_cuda_unload(void *engine, void *net_ptr)
{
    const struct awh_cuda *cuda = engine;
    struct awh_cuda_net *net = net_ptr;
    if (!net)
        return;
    /* Nothing that still runs may lose its memory. */
    (void)cuda->api->cudaStreamSynchronize(cuda->stream);
    awh_cuda_passes_close(net);
    awh_cuda_events_close(cuda, net->event_count, net->events);
    for (size_t i = 0; i < net->step_count; i++) {
        awh_cuda_conv_close(cuda, net->work[i].conv);
        if (net->work[i].scale)
            (void)cuda->api->cudaFree(net->work[i].scale);
        if (net->work[i].shift)
            (void)cuda->api->cudaFree(net->work[i].shift);
    }
    for (size_t t = 0; net->tensors && t < net->graph->tensor_count; t++)
        if (net->tensors[t].data)
            (void)cuda->api->cudaFree(net->tensors[t].data);
    if (net->workspace)
        (void)cuda->api->cudaFree(net->workspace);
    free(net->events);
    free(net->tensors);
    free(net->work);
    free(net->steps);
    free(net->nodes);
    free(net);
}

/* -- Steps ------------------------------------------------------------------------------------- */

const struct awh_step *awh_cuda_steps(const void *net_ptr, size_t *count_out)
{
    const struct awh_cuda_net *net = net_ptr;
    *count_out = net->step_count;
    return net->steps;
}

enum aw_err awh_cuda_run_step(void *engine, void *net_ptr, size_t index, struct awh_diag *diag)
{
    const struct awh_cuda_net *net = net_ptr;
    struct awh_cuda_at at = awh_cuda_at(engine, net->name, net->work[index].node->name, diag);
    enum aw_err err = awh_cuda_step(net, index, diag);
    return err ? err : awh_cuda_sync(engine, &at);
}

enum aw_err awh_cuda_read(void *engine, void *net_ptr, size_t step, float *values,
                          struct awh_diag *diag)
{
    const struct awh_cuda *cuda = engine;
    const struct awh_cuda_net *net = net_ptr;
    int out = net->steps[step].out;
    const struct awh_cuda_tensor *tensor = &net->tensors[out];
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, net->steps[step].name, diag);
    void *packed = malloc(tensor->bytes ? tensor->bytes : 1);
    if (!packed)
        return awh_fail_mem(diag);
    enum aw_err err = AWH_CUDA(&at, cudaMemcpyAsync, packed, tensor->data, tensor->bytes,
                               cudaMemcpyDeviceToHost, cuda->stream);
    if (!err)
        err = awh_cuda_sync(cuda, &at);
    if (!err)
        awh_cuda_unpack(cuda, &net->graph->tensors[out], packed, values);
    free(packed);
    return err;
}
