/* Putting steps on the stream, and timing them.
 *
 * Stamps are events. A pass with stamps records one before the first step and one after every step;
 * with cold caches one before and one after every step, with the flush between the steps. Event i
 * after step i - 1 so begins step i, or, cold, events 2 i and 2 i + 1 belong to step i.
 *
 * Fused passes are CUDA graphs that were captured once, with the events as nodes of the graph
 * (cudaEventRecordExternal): the device goes from step to step by itself, as in a deployed net.
 * Eager passes are put on the stream call by call, as PyTorch does: where a launch takes longer
 * than the step before it, its time shows. */
#include "base/stats.h"
#include "timing/cuda/internal.h"

#define STAMPS 33 /* events for the cost of a stamp */

enum aw_err awh_cuda_sync(const struct awh_cuda *cuda, const struct awh_cuda_at *at)
{
    return AWH_CUDA(at, cudaStreamSynchronize, cuda->stream);
}

enum aw_err awh_cuda_step(const struct awh_cuda_net *net, size_t index, struct awh_diag *diag)
{
    const struct awh_cuda_work *work = &net->work[index];
    struct awh_cuda_at at = awh_cuda_at(net->cuda, net->name, work->node->name, diag);
    if (work->conv)
        return awh_cuda_conv_run(net, work, &at);
    return awh_cuda_launch(net->cuda, &work->launch, &at);
}

/* -- Events ------------------------------------------------------------------------------------ */

enum aw_err awh_cuda_events_open(const struct awh_cuda *cuda, size_t count, cudaEvent_t *events,
                                 const struct awh_cuda_at *at)
{
    for (size_t i = 0; i < count; i++) {
        enum aw_err err = AWH_CUDA(at, cudaEventCreate, &events[i]);
        if (err) {
            awh_cuda_events_close(cuda, i, events);
            return err;
        }
    }
    return AW_OK;
}

void awh_cuda_events_close(const struct awh_cuda *cuda, size_t count, cudaEvent_t *events)
{
    for (size_t i = 0; i < count; i++)
        (void)cuda->api->cudaEventDestroy(events[i]);
}

/* `capturing`: the event becomes a node of the graph. */
static enum aw_err record(const struct awh_cuda *cuda, cudaEvent_t event, bool capturing,
                          const struct awh_cuda_at *at)
{
    return AWH_CUDA(at, cudaEventRecordWithFlags, event, cuda->stream,
                    capturing ? cudaEventRecordExternal : cudaEventRecordDefault);
}

static enum aw_err flush(const struct awh_cuda *cuda, const struct awh_cuda_at *at)
{
    if (!cuda->flush)
        return AW_OK;
    return AWH_CUDA(at, cudaMemsetAsync, cuda->flush, 0, cuda->flush_bytes, cuda->stream);
}

/* -- Passes on the stream ---------------------------------------------------------------------- */

static size_t begin_event(const struct awh_cuda_net *net, size_t step)
{
    return net->cuda->options.cold ? 2 * step : step;
}

static enum aw_err put_layers(const struct awh_cuda_net *net, bool capturing, struct awh_diag *diag)
{
    const struct awh_cuda *cuda = net->cuda;
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, NULL, diag);
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < net->step_count && !err; i++) {
        size_t begin = begin_event(net, i);
        if (cuda->options.cold)
            err = flush(cuda, &at);
        if (!err && (cuda->options.cold || i == 0))
            err = record(cuda, net->events[begin], capturing, &at);
        if (!err)
            err = awh_cuda_step(net, i, diag);
        if (!err)
            err = record(cuda, net->events[begin + 1], capturing, &at);
    }
    return err;
}

static enum aw_err put_whole(const struct awh_cuda_net *net, bool capturing, struct awh_diag *diag)
{
    const struct awh_cuda *cuda = net->cuda;
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, NULL, diag);
    enum aw_err err = flush(cuda, &at);
    if (!err)
        err = record(cuda, net->events[0], capturing, &at);
    for (size_t i = 0; i < net->step_count && !err; i++)
        err = awh_cuda_step(net, i, diag);
    if (!err)
        err = record(cuda, net->events[1], capturing, &at);
    return err;
}

/* -- Graphs ------------------------------------------------------------------------------------ */

/* Whatever `put` puts on the stream, as a graph. `context` is its argument. */
static enum aw_err capture(const struct awh_cuda *cuda,
                           enum aw_err (*put)(const void *context, struct awh_diag *diag),
                           const void *context, const struct awh_cuda_at *at,
                           cudaGraphExec_t *exec_out)
{
    cudaGraph_t graph = NULL;
    enum aw_err err =
        AWH_CUDA(at, cudaStreamBeginCapture, cuda->stream, cudaStreamCaptureModeThreadLocal);
    if (err)
        return err;
    err = put(context, at->diag);
    /* The stream must leave the capture in any case. */
    cudaError_t status = cuda->api->cudaStreamEndCapture(cuda->stream, &graph);
    if (!err)
        err = awh_cuda_status(at, "cudaStreamEndCapture", status);
    if (!err)
        err = AWH_CUDA(at, cudaGraphInstantiate, exec_out, graph, 0);
    if (graph)
        (void)cuda->api->cudaGraphDestroy(graph);
    return err;
}

static enum aw_err capture_layers(const void *net, struct awh_diag *diag)
{
    return put_layers(net, true, diag);
}

static enum aw_err capture_whole(const void *net, struct awh_diag *diag)
{
    return put_whole(net, true, diag);
}

enum aw_err awh_cuda_passes_open(struct awh_cuda_net *net, struct awh_diag *diag)
{
    const struct awh_cuda *cuda = net->cuda;
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, NULL, diag);
    enum aw_err err = put_layers(net, false, diag);
    if (!err)
        err = awh_cuda_sync(cuda, &at);
    if (!err && cuda->graphs)
        err = capture(cuda, capture_layers, net, &at, &net->layers);
    if (!err && cuda->graphs)
        err = capture(cuda, capture_whole, net, &at, &net->whole);
    return err;
}

void awh_cuda_passes_close(struct awh_cuda_net *net)
{
    if (net->layers)
        (void)net->cuda->api->cudaGraphExecDestroy(net->layers);
    if (net->whole)
        (void)net->cuda->api->cudaGraphExecDestroy(net->whole);
}

/* -- Timing ------------------------------------------------------------------------------------ */

static enum aw_err elapsed_ns(const struct awh_cuda_at *at, cudaEvent_t begin, cudaEvent_t end,
                              double *ns_out)
{
    float ms = 0.0f;
    enum aw_err err = AWH_CUDA(at, cudaEventElapsedTime, &ms, begin, end);
    if (!err)
        *ns_out = (double)ms * 1e6;
    return err;
}

/* Clocks and throttling are looked at around a pass: all of its times get the same verdict. */
static void look_before(struct awh_cuda *cuda, const int *verdicts)
{
    if (verdicts)
        awh_cuda_watch_begin(cuda);
}

static void look_after(struct awh_cuda *cuda, int *verdicts, size_t count)
{
    int verdict = verdicts && awh_cuda_watch_end(cuda) ? 0 : AWH_ACCEPTED;
    for (size_t i = 0; verdicts && i < count; i++)
        verdicts[i] = verdict;
}

enum aw_err awh_cuda_pass_layers(void *engine, void *net_ptr, double *step_ns, int *verdicts,
                                 struct awh_diag *diag)
{
    struct awh_cuda *cuda = engine;
    const struct awh_cuda_net *net = net_ptr;
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, NULL, diag);
    look_before(cuda, verdicts);
    enum aw_err err = net->layers ? AWH_CUDA(&at, cudaGraphLaunch, net->layers, cuda->stream)
                                  : put_layers(net, false, diag);
    if (!err)
        err = awh_cuda_sync(cuda, &at);
    for (size_t i = 0; i < net->step_count && !err; i++) {
        size_t begin = begin_event(net, i);
        err = elapsed_ns(&at, net->events[begin], net->events[begin + 1], &step_ns[i]);
    }
    if (!err)
        look_after(cuda, verdicts, net->step_count);
    return err;
}

/* A CUDA graph is one part. */
size_t awh_cuda_parts(const void *net)
{
    (void)net;
    return 1;
}

enum aw_err awh_cuda_pass_whole(void *engine, void *net_ptr, double *total_ns, int *verdicts,
                                struct awh_diag *diag)
{
    struct awh_cuda *cuda = engine;
    const struct awh_cuda_net *net = net_ptr;
    struct awh_cuda_at at = awh_cuda_at(cuda, net->name, NULL, diag);
    look_before(cuda, verdicts);
    enum aw_err err = net->whole ? AWH_CUDA(&at, cudaGraphLaunch, net->whole, cuda->stream)
                                 : put_whole(net, false, diag);
    if (!err)
        err = awh_cuda_sync(cuda, &at);
    if (!err)
        err = elapsed_ns(&at, net->events[0], net->events[1], total_ns);
    if (!err)
        look_after(cuda, verdicts, 1);
    return err;
}

/* -- The cost of a stamp ----------------------------------------------------------------------- */

struct stamps {
    const struct awh_cuda *cuda;
    cudaEvent_t events[STAMPS];
    bool capturing;
};

static enum aw_err put_stamps(const void *context, struct awh_diag *diag)
{
    const struct stamps *stamps = context;
    struct awh_cuda_at at = awh_cuda_at(stamps->cuda, NULL, NULL, diag);
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < STAMPS && !err; i++)
        err = record(stamps->cuda, stamps->events[i], stamps->capturing, &at);
    return err;
}

static enum aw_err median_gap(const struct stamps *stamps, const struct awh_cuda_at *at,
                              double *ns_out)
{
    double gaps[STAMPS - 1];
    for (size_t i = 0; i + 1 < STAMPS; i++) {
        enum aw_err err = elapsed_ns(at, stamps->events[i], stamps->events[i + 1], &gaps[i]);
        if (err)
            return err;
    }
    *ns_out = awh_median(gaps, STAMPS - 1);
    return AW_OK;
}

/* Twice, since the first time is of a device that just wakes up. */
static enum aw_err run_stamps(struct awh_cuda *cuda, struct stamps *stamps,
                              const struct awh_cuda_at *at)
{
    cudaGraphExec_t exec = NULL;
    enum aw_err err = put_stamps(stamps, at->diag);
    if (!err)
        err = awh_cuda_sync(cuda, at);
    if (!err && cuda->graphs) {
        stamps->capturing = true;
        err = capture(cuda, put_stamps, stamps, at, &exec);
    }
    for (int run = 0; run < 2 && !err; run++) {
        err =
            exec ? AWH_CUDA(at, cudaGraphLaunch, exec, cuda->stream) : put_stamps(stamps, at->diag);
        if (!err)
            err = awh_cuda_sync(cuda, at);
    }
    if (!err)
        err = median_gap(stamps, at, &cuda->stamp_ns);
    if (exec)
        (void)cuda->api->cudaGraphExecDestroy(exec);
    return err;
}

enum aw_err awh_cuda_measure_stamp(struct awh_cuda *cuda, struct awh_diag *diag)
{
    struct awh_cuda_at at = awh_cuda_at(cuda, NULL, NULL, diag);
    struct stamps stamps = {.cuda = cuda};
    enum aw_err err = awh_cuda_events_open(cuda, STAMPS, stamps.events, &at);
    if (err)
        return err;
    err = run_stamps(cuda, &stamps, &at);
    awh_cuda_events_close(cuda, STAMPS, stamps.events);
    return err;
}
