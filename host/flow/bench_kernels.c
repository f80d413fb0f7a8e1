/* bench kernels: one layer at a time on a board, verified like any net, beside what the best public
 * kernels reach. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/stats.h"
#include "flow/bench.h"
#include "flow/measure.h"
#include "program/compile.h"

#define SEED        1
#define ROWS_MAX    64
#define WARMUP      1
#define PEER_LAYERS 8

/* Instructions per MAC, padding counted: of the best public int8 kernels (CMSIS-NN, TinyEngine,
 * XNNPACK, ruy, ncnn; measured under QEMU 7.2), and what our own shall reach. In the order of the
 * first PEER_LAYERS programs below. */
static const struct cpu {
    const char *name; /* as Hello says it */
    double peer[PEER_LAYERS], target[PEER_LAYERS];
} cpus[] = {
    {"Cortex-A53",
     {0.401, 0.262, 0.231, 0.552, 0.239, 0.619, 0.457, 0.285},
     {0.36, 0.24, 0.22, 0.50, 0.22, 0.45, 0.40, 0.26}},
    {"Cortex-A9",
     {0.453, 0.346, 0.281, 0.820, 0.345, 0.863, 0.656, 0.389},
     {0.41, 0.32, 0.26, 0.70, 0.31, 0.60, 0.55, 0.34}},
    {"Cortex-M4",
     {2.44, 1.86, 1.53, 2.05, 1.76, 6.14, 4.61, 1.91},
     {1.5, 1.15, 1.05, 1.8, 1.3, 4.0, 3.2, 1.5}},
    {"Cortex-M55",
     {0.816, 0.318, 0.190, 1.36, 0.206, 2.28, 1.59, 0.479},
     {0.65, 0.27, 0.16, 1.0, 0.175, 1.2, 0.9, 0.30}},
};

/* -- The programs
 * ---------------------------------------------------------------------------------- */

enum kind {
    CONV,
    DEPTHWISE,
    GROUPED, /* groups of 3 channels, as in sep_conv_3x3_exp3 */
    MAX_POOL,
    AVG_POOL,
    GAP,
    ADD,
    H_SWISH,
    SQUEEZE_EXCITE,
    CONCAT,
    PAD,
    SLICE,
    ZERO,
};

static const struct problem {
    const char *layers[4]; /* what the layers of the program are called here */
    enum kind kind;
    int32_t size, in_ch, out_ch, kernel, stride;
    enum aw_act act;
} problems[] = {
    {{"1x1 56x56x24->144"}, CONV, 56, 24, 144, 1, 1, AW_ACT_RELU},
    {{"1x1 14x14x96->576"}, CONV, 14, 96, 576, 1, 1, AW_ACT_RELU},
    {{"1x1 7x7x960->160"}, CONV, 7, 960, 160, 1, 1, AW_ACT_RELU},
    {{"3x3s2 224x224x3->16"}, CONV, 224, 3, 16, 3, 2, AW_ACT_RELU},
    {{"3x3s1 14x14x64->64"}, CONV, 14, 64, 64, 3, 1, AW_ACT_RELU},
    {{"dw3x3 56x56x144"}, DEPTHWISE, 56, 144, 144, 3, 1, AW_ACT_RELU},
    {{"dw5x5 14x14x576"}, DEPTHWISE, 14, 576, 576, 5, 1, AW_ACT_RELU},
    {{"fc 1280->1000"}, CONV, 1, 1280, 1000, 1, 1, AW_ACT_NONE},
    {{"dw3x3s2 56x56x144"}, DEPTHWISE, 56, 144, 144, 3, 2, AW_ACT_RELU},
    {{"maxpool3x3s2 56x56x24"}, MAX_POOL, 56, 24, 24, 3, 2, AW_ACT_NONE},
    {{"avgpool3x3s1 28x28x40"}, AVG_POOL, 28, 40, 40, 3, 1, AW_ACT_NONE},
    {{"gap 7x7x960"}, GAP, 7, 960, 960, 1, 1, AW_ACT_NONE},
    {{"add 56x56x24"}, ADD, 56, 24, 24, 1, 1, AW_ACT_NONE},
    {{"h_swish 14x14x480"}, H_SWISH, 14, 480, 480, 1, 1, AW_ACT_NONE},
    {{"se-gap 14x14x480", "se-fc 480->120", "se-fc 120->480", "se-mul 14x14x480"},
     SQUEEZE_EXCITE,
     14,
     480,
     120,
     1,
     1,
     AW_ACT_NONE},
    {{"3x3s1g24 14x14x72->72"}, GROUPED, 14, 72, 72, 3, 1, AW_ACT_RELU},
    {{"concat 14x14x96+96"}, CONCAT, 14, 96, 192, 1, 1, AW_ACT_NONE},
    {{"pad1 14x14x96"}, PAD, 14, 96, 96, 1, 1, AW_ACT_NONE},
    {{"slice-s2 28x28x96"}, SLICE, 28, 96, 96, 1, 2, AW_ACT_NONE},
    {{"zero 14x14x96"}, ZERO, 14, 96, 96, 1, 1, AW_ACT_NONE},
};
#define PROBLEMS (sizeof(problems) / sizeof(problems[0]))

static enum aw_err add_conv(struct awh_graph *graph, int in, const struct problem *problem,
                            int32_t out_ch, int *out, struct awh_diag *diag)
{
    int32_t groups = problem->kind == DEPTHWISE ? problem->in_ch
                     : problem->kind == GROUPED ? problem->in_ch / 3
                                                : 1;
    struct awh_conv conv = {.out_ch = out_ch,
                            .kernel_h = problem->kernel,
                            .kernel_w = problem->kernel,
                            .stride_h = problem->stride,
                            .stride_w = problem->stride,
                            .pad_h = problem->kernel / 2,
                            .pad_w = problem->kernel / 2,
                            .groups = groups,
                            .dilation = 1,
                            .bias = true};
    return awh_graph_conv(graph, in, conv, out, diag);
}

static enum aw_err add_se(struct awh_graph *graph, int in, const struct problem *problem, int *out,
                          struct awh_diag *diag)
{
    int tensor;
    enum aw_err err = awh_graph_gap(graph, in, &tensor, diag);
    if (!err)
        err = add_conv(graph, tensor, problem, problem->out_ch, &tensor, diag);
    if (!err)
        err = awh_graph_act(graph, tensor, AW_ACT_RELU, &tensor, diag);
    if (!err)
        err = add_conv(graph, tensor, problem, problem->in_ch, &tensor, diag);
    if (!err)
        err = awh_graph_act(graph, tensor, AW_ACT_H_SIGMOID, &tensor, diag);
    return err ? err : awh_graph_mul(graph, in, tensor, out, diag);
}

static enum aw_err add_layers(struct awh_graph *graph, const struct problem *problem,
                              struct awh_diag *diag)
{
    struct awh_pool pool = {.kernel_h = problem->kernel,
                            .kernel_w = problem->kernel,
                            .stride_h = problem->stride,
                            .stride_w = problem->stride,
                            .pad_h = problem->kernel / 2,
                            .pad_w = problem->kernel / 2};
    struct awh_slice every = {.stride_h = problem->stride, .stride_w = problem->stride};
    struct awh_pad pad = {.top = 1, .bottom = 1, .left = 1, .right = 1};
    int32_t size = problem->size;
    int in = graph->input, out = in;
    enum aw_err err = AW_ERR_INTERNAL;
    switch (problem->kind) {
    case CONV:
    case DEPTHWISE:
    case GROUPED:
        err = add_conv(graph, in, problem, problem->out_ch, &out, diag);
        if (!err)
            err = awh_graph_act(graph, out, problem->act, &out, diag);
        break;
    case MAX_POOL:
        err = awh_graph_max_pool(graph, in, pool, &out, diag);
        break;
    case AVG_POOL:
        err = awh_graph_avg_pool(graph, in, pool, &out, diag);
        break;
    case GAP:
        err = awh_graph_gap(graph, in, &out, diag);
        break;
    case ADD:
        err = awh_graph_add(graph, in, in, &out, diag);
        break;
    case H_SWISH:
        err = awh_graph_act(graph, in, AW_ACT_H_SWISH, &out, diag);
        break;
    case SQUEEZE_EXCITE:
        err = add_se(graph, in, problem, &out, diag);
        break;
    case CONCAT:
        err = awh_graph_concat(graph, in, in, &out, diag);
        break;
    case PAD:
        err = awh_graph_pad(graph, in, pad, &out, diag);
        break;
    case SLICE:
        err = awh_graph_slice(graph, in, every, &out, diag);
        break;
    case ZERO:
        err = awh_graph_zero(graph, in, size, size, problem->out_ch, &out, diag);
        break;
    }
    graph->output = out;
    return err;
}

static enum aw_err compile(struct awh_arena *arena, const struct problem *problem,
                           struct awh_measure_net *net_out, struct awh_diag *diag)
{
    struct awh_prim none = {.type = NULL}; /* nobody asks for the primitive of a layer here */
    struct awh_net net = {.name = "bench", .prims = &none, .count = 1};
    struct awh_graph graph;
    struct awh_compiled compiled;
    struct aw_program_fault fault = {.index = -1};
    const struct aw_program_limits no_limits = {0};
    enum aw_err err =
        awh_graph_init(&graph, "bench", problem->size, problem->size, problem->in_ch, diag);
    if (err)
        return err;
    err = add_layers(&graph, problem, diag);
    if (!err)
        err = awh_compile_graph(arena, &net, &graph, &(struct awh_compile_options){.seed = SEED},
                                &compiled, diag);
    awh_graph_release(&graph);
    if (err)
        return err;
    *net_out = (struct awh_measure_net){.name = problem->layers[0],
                                        .program_path = problem->layers[0],
                                        .bytes = compiled.program,
                                        .size = compiled.program_bytes,
                                        .layers = compiled.layers};
    /* The compiler's names lie in the graph; ours say more. */
    net_out->layers.net = problem->layers[0];
    for (size_t i = 0; i < net_out->layers.count; i++)
        net_out->layers.items[i].name = problem->layers[i];
    err = aw_program_open(net_out->bytes, net_out->size, &no_limits, &net_out->program, &fault);
    return err ? awh_fail(diag, AW_ERR_INTERNAL, "%s: %s", problem->layers[0],
                          fault.what ? fault.what : aw_err_str(err))
               : AW_OK;
}

/* -- Running them
 * ---------------------------------------------------------------------------------- */

struct bench_row {
    const char *layer;
    uint64_t macs, outputs;
    double ticks, instructions; /* NAN: unknown */
    const char *skipped;        /* why; NULL: it ran */
};

struct kernels {
    const struct awh_bench_kernels_options *options;
    struct awh_arena arena;
    struct awh_measure_options measure_options;
    struct awh_measure measure;
    const char *clock, *unit;
    const struct cpu *cpu; /* NULL: no figures of others for it */
    struct bench_row rows[ROWS_MAX];
    size_t count;
};

static double median_ticks(struct kernels *k, const struct awh_measure_runs *runs, size_t layer,
                           size_t layers)
{
    uint32_t repeats = k->measure_options.repeats;
    double *values = awh_arena_array(&k->arena, repeats, sizeof(*values));
    if (values == NULL)
        return (double)NAN;
    for (uint32_t r = 0; r < repeats; r++)
        values[r] = (double)runs->layer_ticks[r * layers + layer];
    return awh_median(values, repeats);
}

/* Rows of a program without figures; they are filled when it could run. */
static struct bench_row *add_rows(struct kernels *k, const struct problem *problem,
                                  const struct awh_measure_net *net)
{
    struct bench_row *first = &k->rows[k->count];
    for (uint16_t i = 0; i < net->program.layer_count && k->count < ROWS_MAX; i++) {
        struct aw_plan plan;
        aw_program_plan(&net->program, i, &plan);
        k->rows[k->count++] = (struct bench_row){.layer = problem->layers[i],
                                                 .macs = plan.macs,
                                                 .outputs = plan.out_bytes,
                                                 .ticks = (double)NAN,
                                                 .instructions = (double)NAN};
    }
    return first;
}

/* Why the board cannot hold the program; NULL: it can. */
static const char *too_large(struct kernels *k, struct awh_measure_net *net)
{
    struct awh_diag why = {0};
    k->measure.nets = net;
    k->measure.net_count = 1;
    if (awh_measure_check_limits(&k->measure, &why) == AW_OK)
        return NULL;
    why.text[strcspn(why.text, ";")] = '\0'; /* what follows is advice for measure */
    const char *text = awh_arena_strdup(&k->arena, why.text);
    return text != NULL ? text : "out of memory";
}

static enum aw_err run_problem(struct kernels *k, const struct problem *problem,
                               struct awh_diag *diag)
{
    struct awh_measure_net net;
    struct awh_measure_runs runs;
    enum aw_err err = compile(&k->arena, problem, &net, diag);
    if (err)
        return err;
    size_t layers = net.program.layer_count;
    struct bench_row *rows = add_rows(k, problem, &net);
    const char *skipped = too_large(k, &net);
    for (size_t i = 0; i < layers; i++)
        rows[i].skipped = skipped;
    if (skipped != NULL)
        return AW_OK;
    err = awh_measure_runs_init(&k->measure, &net, &k->arena, &runs, diag);
    if (!err)
        err = awh_measure_run_net(&k->measure, &net, &k->arena, &runs, diag);
    for (size_t i = 0; !err && i < layers; i++) {
        rows[i].ticks = median_ticks(k, &runs, i, layers);
        if (strcmp(k->unit, "instructions") == 0)
            rows[i].instructions = rows[i].ticks;
        else if (runs.instructions != NULL)
            rows[i].instructions = runs.instructions[i];
    }
    return err;
}

static enum aw_err run_all(struct kernels *k, struct awh_diag *diag)
{
    const struct awp_hello_reply *hello = &k->measure.session->hello;
    const char *only = k->options->only;
    enum aw_err err = awh_measure_check_selftest(&k->measure, diag);
    k->unit = awh_arena_strdup(&k->arena, hello->clock_unit);
    k->clock = awh_arena_printf(&k->arena, "%s (%s)", hello->clock_name, hello->clock_unit);
    if (!err && (k->unit == NULL || k->clock == NULL))
        err = awh_fail_mem(diag);
    for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++)
        if (strcmp(cpus[i].name, hello->cpu) == 0)
            k->cpu = &cpus[i];
    for (size_t i = 0; !err && i < PROBLEMS; i++)
        if (only == NULL || strstr(problems[i].layers[0], only) != NULL)
            err = run_problem(k, &problems[i], diag);
    if (!err && k->count == 0)
        err = awh_fail(diag, AW_ERR_ARG, "--only: no layer's name contains '%s'", only);
    return err;
}

/* -- Printing
 * -------------------------------------------------------------------------------------- */

static double per_mac(const struct bench_row *row)
{
    return row->macs > 0 ? row->instructions / (double)row->macs : (double)NAN;
}

static void print_ratio(FILE *out, double own, double other)
{
    if (isnan(own) || other <= 0)
        fprintf(out, " %9s %7s", "-", "-");
    else
        fprintf(out, " %9.3f %7.2f", other, own / other);
}

/* Figures of others for a row; NULL: there are none. */
static const double *figures(const struct kernels *k, const struct bench_row *row, bool target)
{
    for (size_t i = 0; k->cpu != NULL && i < PEER_LAYERS; i++)
        if (strcmp(problems[i].layers[0], row->layer) == 0)
            return target ? &k->cpu->target[i] : &k->cpu->peer[i];
    return NULL;
}

static void print_table(const struct kernels *k, FILE *out)
{
    const struct awp_hello_reply *hello = &k->measure.session->hello;
    fprintf(out, "board %s, cpu %s, kernel set %s%s; ticks of %s\n", hello->board, hello->cpu,
            hello->kernel_set, hello->emulated ? ", EMULATED" : "", k->clock);
    fprintf(out, "%-22s %10s %12s %10s %8s %9s %7s %9s %7s\n", "layer", "MACs", "ticks",
            "instr/out", "IPM", "peer IPM", "own/it", "target", "own/it");
    for (size_t i = 0; i < k->count; i++) {
        const struct bench_row *row = &k->rows[i];
        const double *peer = figures(k, row, false), *target = figures(k, row, true);
        fprintf(out, "%-22s %10" PRIu64, row->layer, row->macs);
        if (row->skipped != NULL) {
            fprintf(out, " skipped: %s\n", row->skipped);
            continue;
        }
        fprintf(out, " %12.0f", row->ticks);
        if (isnan(row->instructions))
            fprintf(out, " %10s", "-");
        else
            fprintf(out, " %10.3f", row->instructions / (double)row->outputs);
        if (isnan(per_mac(row)))
            fprintf(out, " %8s", "-");
        else
            fprintf(out, " %8.4f", per_mac(row));
        print_ratio(out, per_mac(row), peer != NULL ? *peer : 0);
        print_ratio(out, per_mac(row), target != NULL ? *target : 0);
        fputc('\n', out);
    }
    fputs("Every layer was verified bit by bit. IPM: instructions per multiply-accumulate, padding "
          "counted. It is\na proxy that repeats exactly, not cycles: no cache, no memory and no "
          "pipeline is in it.\n",
          out);
}

static struct awh_yaml *number(struct awh_arena *arena, double value)
{
    if (isnan(value))
        return awh_yaml_new_null(arena);
    return value == floor(value) && value < 1e15 ? awh_yaml_new_int(arena, (int64_t)value)
                                                 : awh_yaml_new_real(arena, value);
}

static enum aw_err print_json(struct kernels *k, FILE *out, struct awh_diag *diag)
{
    struct awh_arena *a = &k->arena;
    struct awh_yaml *list = awh_yaml_new_seq(a);
    for (size_t i = 0; i < k->count; i++) {
        const struct bench_row *row = &k->rows[i];
        struct awh_yaml *map = awh_yaml_new_map(a);
        double ipm = per_mac(row);
        if (row->skipped != NULL)
            awh_warn(diag, "%s is skipped: %s", row->layer, row->skipped);
        if (!awh_yaml_set(a, map, "layer", awh_yaml_new_str(a, row->layer)) ||
            !awh_yaml_set(a, map, "macs", awh_yaml_new_int(a, (int64_t)row->macs)) ||
            !awh_yaml_set(a, map, "ticks", number(a, row->ticks)) ||
            !awh_yaml_set(a, map, "clock", awh_yaml_new_str(a, k->clock)) ||
            !awh_yaml_set(a, map, "instructions_per_mac",
                          isnan(ipm) ? awh_yaml_new_null(a) : awh_yaml_new_real(a, ipm)) ||
            !awh_yaml_push(a, list, map))
            return awh_fail_mem(diag);
    }
    return awh_json_print(list, out, diag);
}

static enum aw_err with_session(struct kernels *k, FILE *out, struct awh_diag *diag)
{
    struct awh_link link = {0};
    struct awh_session session = {0};
    enum aw_err err = awh_measure_open(&k->measure_options, &link, &session, diag);
    if (err)
        return err;
    k->measure.session = &session;
    k->measure.transport = link.transport;
    k->measure.where = link.where;
    awh_progress_begin(&k->measure.progress, -1, true, "bench kernels", 0, 1);
    err = run_all(k, diag);
    awh_progress_end(&k->measure.progress);
    if (!err && k->options->json)
        err = print_json(k, out, diag);
    else if (!err)
        print_table(k, out);
    awh_session_close(&session);
    awh_link_close(&link);
    return err;
}

enum aw_err awh_bench_kernels(const struct awh_bench_kernels_options *options, FILE *out,
                              struct awh_diag *diag)
{
    struct kernels k = {
        .options = options,
        .measure_options = {.board = options->board,
                            .serial = options->serial,
                            .tcp = options->tcp,
                            .key_path = options->key_path,
                            .boards_dir = options->boards_dir,
                            .firmware = options->firmware,
                            .repeats = options->repeats,
                            .warmup = WARMUP,
                            .quiet = true},
    };
    k.measure.options = &k.measure_options;
    enum aw_err err = awh_measure_check_options(&k.measure_options, diag);
    if (err)
        return err;
    awh_arena_init(&k.arena);
    awh_arena_init(&k.measure.arena);
    err = with_session(&k, out, diag);
    awh_arena_release(&k.measure.arena);
    awh_arena_release(&k.arena);
    return err;
}
