/* A plug-in for awnas-hw with a primitive of its own, GhostNet's block, and a reader of timings in
 * CSV.
 *
 *   cc -O2 -Wall -shared -fPIC -I PREFIX/include ghost.c -o ghost.so
 *   awnas-hw --plugin ./ghost.so list prims
 *
 * In a source tree of awnas-hw PREFIX/include is host/include and common/include. */
#include <awnashw/plugin.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct awh_host *host; /* everything that we may call of awnas-hw */

/* -- The primitive ------------------------------------------------------------------------------
 *
 * ghost_block: half of the channels come from a 1x1 convolution, the other half from a cheap
 * depthwise one on the first half ("GhostNet: More Features from Cheap Operations"). */

static enum aw_err conv_bn_act(struct awh_graph *graph, int in, struct awh_conv conv,
                               const char *act, int *out, struct awh_diag *diag)
{
    enum aw_err err = host->graph_conv(graph, in, conv, out, diag);
    if (!err)
        err = host->graph_batch_norm(graph, *out, true, out, diag);
    if (!err)
        err = host->graph_act(graph, *out, act, out, diag);
    return err;
}

static enum aw_err lower_ghost(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    const struct awh_value *activation = host->prim_param(prim, "activation");
    double kernel = host->value_number(host->prim_param(prim, "kernel_size"));
    int primary, cheap, joined;
    enum aw_err err;
    /* What a primitive may hold is only known here: its values are whatever a config said. */
    if (prim->c_out % 2 != 0)
        return host->fail(diag, AW_ERR_RANGE, "C_out must be even, found %d", (int)prim->c_out);
    if (!(kernel >= 1 && kernel <= 15) || fmod(kernel, 2) != 1)
        return host->fail(diag, AW_ERR_RANGE, "kernel_size must be odd, from 1 to 15");
    if (activation->kind != AWH_VALUE_STR)
        return host->fail(diag, AW_ERR_RANGE, "activation must be a name such as relu");

    int32_t half = prim->c_out / 2, k = (int32_t)kernel;
    struct awh_conv pointwise = {.out_ch = half,
                                 .kernel_h = 1,
                                 .kernel_w = 1,
                                 .stride_h = prim->stride,
                                 .stride_w = prim->stride,
                                 .groups = 1,
                                 .dilation = 1};
    struct awh_conv depthwise = {.out_ch = half,
                                 .kernel_h = k,
                                 .kernel_w = k,
                                 .stride_h = 1,
                                 .stride_w = 1,
                                 .pad_h = k / 2,
                                 .pad_w = k / 2,
                                 .groups = half,
                                 .dilation = 1};
    if ((err = conv_bn_act(graph, in, pointwise, activation->text, &primary, diag)) ||
        (err = conv_bn_act(graph, primary, depthwise, activation->text, &cheap, diag)) ||
        (err = host->graph_concat(graph, primary, cheap, &joined, diag)))
        return err;
    *out_tensor = joined; /* outputs are set on success only */
    return AW_OK;
}

static const struct awh_param_spec ghost_params[] = {
    {.name = "activation"}, /* required */
    {.name = "kernel_size",
     .has_default = true,
     .default_value = {.kind = AWH_VALUE_INT, .integer = 3}},
    {.name = NULL}};

static const struct awh_prim_type ghost_block = {
    .name = "ghost_block", .params = ghost_params, .lower = lower_ghost};

/* -- The reader ---------------------------------------------------------------------------------
 *
 * Timings of one run as a table: a first line "layer,ms", then a layer a line. */

#define LAYERS_MAX 4096

#define MAX_LAYERS 10000

static const char header[] = "layer,ms\n";

static bool detect_csv(const char *text, size_t size)
{
    return size >= strlen(header) && strncmp(text, header, strlen(header)) == 0;
}

static enum aw_err read_line(const struct awh_log *log, uint32_t line, char *text,
                             struct awh_layer_time *layer_out, struct awh_diag *diag)
{
    char *comma = strrchr(text, ','), *end = NULL;
    double ms = comma ? strtod(comma + 1, &end) : -1.0;
    if (!comma || comma == text || end == comma + 1 || *end != '\0' || !(ms >= 0 && ms < 1e9))
        return host->fail(diag, AW_ERR_FORMAT, "%s:%u: expected NAME,MILLISECONDS, found '%s'",
                          log->path, (unsigned)line, text);
    *comma = '\0';
    *layer_out = (struct awh_layer_time){.name = text, .value = ms, .line = line};
    return AW_OK;
}

/* A layer a line; the run is handed over at the end of the file. */
static enum aw_err read_csv(const struct awh_log *log, struct awh_diag *diag)
{
    static struct awh_layer_time layers[MAX_LAYERS];
    struct awh_layer_run run = {.layers = layers, .overall = NAN, .unit = "ms", .line = 1};
    char text[256];
    uint32_t line = 0;
    while (fgets(text, sizeof text, log->stream)) {
        text[strcspn(text, "\r\n")] = '\0';
        if (++line == 1)
            continue; /* the header */
        if (run.layer_count == MAX_LAYERS)
            return host->fail(diag, AW_ERR_RANGE, "%s:%u: expected at most %d layers", log->path,
                              (unsigned)line, MAX_LAYERS);
        enum aw_err err = read_line(log, line, text, &layers[run.layer_count], diag);
        if (err)
            return err;
        layers[run.layer_count].name = host->arena_strdup(log->arena, layers[run.layer_count].name);
        if (!layers[run.layer_count].name)
            return host->fail_mem(diag);
        run.layer_count++;
    }
    if (run.layer_count == 0)
        return host->fail(diag, AW_ERR_FORMAT, "%s: holds no layers", log->path);
    return log->take(log->context, &run, diag);
}

static const struct awh_reader_type csv_layers = {
    .name = "csv_layers", .detect = detect_csv, .read = read_csv};

/* -- The plug-in --------------------------------------------------------------------------------
 */

static enum aw_err init(const struct awh_host *given, struct awh_registrar *registrar,
                        struct awh_diag *diag)
{
    host = given;
    enum aw_err err = host->register_prim(registrar, &ghost_block, diag);
    if (!err)
        err = host->register_reader(registrar, &csv_layers, diag);
    return err;
}

AWH_PLUGIN("ghost", "1.0", init);
