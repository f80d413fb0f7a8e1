/* Passes over a net, with times, and the looks that say whether the host was disturbed. */
#include <stdlib.h>
#include <time.h>

#include "timing/cpu/net.h"

#define LOOK_NS 100000.0 /* least time between looks */
#define PART_NS 250000.0 /* of a whole pass; a part is at least as long */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static enum aw_err run_steps(struct cpu_net *net, size_t first, size_t end, struct awh_diag *diag)
{
    for (size_t i = first; i < end; i++) {
        enum aw_err err = cpu_run_step(net->engine, net, i, diag);
        if (err)
            return err;
    }
    return AW_OK;
}

/* -- cold caches -------------------------------------------------------------------------- */

#if defined(__x86_64__) || defined(__i386__)
#include <emmintrin.h>
static void flush(struct cpu_net *net, const char *memory, size_t bytes)
{
    (void)net;
    for (size_t i = 0; i < bytes; i += 64)
        _mm_clflush(memory + i);
    _mm_mfence();
}
#else
/* Without an instruction for it: reads more than any cache holds. */
#define SWEEP_BYTES ((size_t)128 << 20)
static void flush(struct cpu_net *net, const char *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
    if (!net->sweep && !(net->sweep = cpu_pages_take(&net->pages, SWEEP_BYTES)))
        return;
    for (size_t i = 0; i < SWEEP_BYTES; i += 64)
        net->sweep[i]++;
}
#endif

static void flush_steps(struct cpu_net *net, size_t first, size_t end)
{
    size_t begin = net->plan[first].first;
    size_t count = net->plan[end - 1].first + net->plan[end - 1].count;
    for (size_t i = begin; i < count; i++)
        for (int a = 0; a < net->actions[i].arg_count; a++) {
            const struct cpu_arg *arg = &net->actions[i].args[a];
            flush(net, (char *)cpu_address(net, arg) - arg->byte_offset,
                  dnnl_memory_desc_get_size(&arg->md));
        }
}

/* -- passes ------------------------------------------------------------------------------- */

/* The next look judges steps from here on. */
struct looks {
    struct cpu_net *net;
    int *verdicts; /* NULL: there are none */
    size_t first;
    uint64_t last_ns;
};

static struct looks looks_begin(struct cpu_net *net, int *verdicts)
{
    struct looks looks = {.net = net, .verdicts = verdicts};
    if (verdicts)
        (void)awh_host_look(&net->engine->host);
    looks.last_ns = now_ns();
    return looks;
}

/* Judges what was done before `end`. */
static void look(struct looks *looks, size_t end)
{
    if (!looks->verdicts)
        return;
    int verdict = awh_host_look(&looks->net->engine->host);
    while (looks->first < end)
        looks->verdicts[looks->first++] = verdict;
    looks->last_ns = now_ns();
}

enum aw_err cpu_pass_layers(void *opaque_engine, void *opaque, double *step_ns, int *verdicts,
                            struct awh_diag *diag)
{
    const struct cpu_engine *engine = opaque_engine;
    struct cpu_net *net = opaque;
    struct looks looks = looks_begin(net, verdicts);
    uint64_t before = now_ns();
    for (size_t i = 0; i < net->step_count; i++) {
        if (engine->options.cold) {
            flush_steps(net, i, i + 1);
            before = now_ns();
        }
        enum aw_err err = run_steps(net, i, i + 1, diag);
        uint64_t after = now_ns();
        if (err)
            return err;
        step_ns[i] = (double)(after - before);
        before = after;
        if ((double)(after - looks.last_ns) < LOOK_NS && i + 1 < net->step_count)
            continue;
        look(&looks, i + 1);
        before = now_ns();
    }
    return AW_OK;
}

size_t cpu_parts(const void *net)
{
    return ((const struct cpu_net *)net)->part_count;
}

enum aw_err cpu_pass_whole(void *opaque_engine, void *opaque, double *part_ns, int *verdicts,
                           struct awh_diag *diag)
{
    const struct cpu_engine *engine = opaque_engine;
    struct cpu_net *net = opaque;
    if (engine->options.cold && net->step_count)
        flush_steps(net, 0, net->step_count);
    struct looks looks = looks_begin(net, verdicts);
    for (size_t part = 0, first = 0; part < net->part_count; first = net->part_ends[part++]) {
        uint64_t before = now_ns();
        enum aw_err err = run_steps(net, first, net->part_ends[part], diag);
        part_ns[part] = (double)(now_ns() - before);
        if (err)
            return err;
        look(&looks, part + 1);
    }
    return AW_OK;
}

/* By the times of a second pass: the first finds nothing in the caches. */
enum aw_err cpu_divide(struct cpu_net *net, struct awh_diag *diag)
{
    double *step_ns = calloc(net->step_count + 1, sizeof *step_ns), ns = 0.0;
    net->part_ends = calloc(net->step_count + 1, sizeof *net->part_ends);
    enum aw_err err = step_ns && net->part_ends ? AW_OK : awh_fail_mem(diag);
    for (int i = 0; i < 2 && !err; i++)
        err = cpu_pass_layers(net->engine, net, step_ns, NULL, diag);
    for (size_t i = 0; i < net->step_count && !err; i++) {
        ns += step_ns[i];
        if (ns < PART_NS && i + 1 < net->step_count)
            continue;
        net->part_ends[net->part_count++] = i + 1;
        ns = 0.0;
    }
    free(step_ns);
    return err;
}
