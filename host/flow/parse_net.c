/* The logs of one net. What a log is good for depends on what is in it:
 *
 *   layers     each run gives the time of every layer
 *   samples    of the whole net (trtexec's averages), or of one primitive when the log was made
 *              with the model of one; then the primitives' models are all that counts
 *
 * Our own results stay one result a run; of a vendor's logs, all runs become one result, unless
 * --outliers none. */
#include "flow/parse.h"

#include <math.h>
#include <string.h>

/* -- Reading --------------------------------------------------------------------------------------
 */

static enum aw_err add_run(struct parser *p, struct parse_runs *runs,
                           const struct awh_layer_run *run, const char *path, const char *file)
{
    if (runs->count == runs->capacity) { /* the old arrays stay in the arena until the end */
        struct parse_runs grown = {.count = runs->count,
                                   .capacity = runs->capacity < 8 ? 8 : 2 * runs->capacity};
        grown.items = awh_arena_array(&p->scratch, grown.capacity, sizeof(*grown.items));
        grown.paths = awh_arena_array(&p->scratch, grown.capacity, sizeof(*grown.paths));
        grown.files = awh_arena_array(&p->scratch, grown.capacity, sizeof(*grown.files));
        if (grown.items == NULL || grown.paths == NULL || grown.files == NULL)
            return awh_fail_mem(p->diag);
        for (size_t i = 0; i < runs->count; i++) {
            grown.items[i] = runs->items[i];
            grown.paths[i] = runs->paths[i];
            grown.files[i] = runs->files[i];
        }
        *runs = grown;
    }
    runs->items[runs->count] = run;
    runs->paths[runs->count] = path;
    runs->files[runs->count++] = file;
    return AW_OK;
}

static bool has_overall(const struct awh_layer_run *run)
{
    return run->sample_count > 0 || !isnan(run->overall);
}

/* Where a run belongs; NULL: it says nothing of what is asked for. A run that lacks layers would
 * make primitives too fast; the reader has warned of it. */
static struct parse_runs *place_run(struct parse_net *net, const struct awh_layer_run *run,
                                    const struct parse_model *model)
{
    const char *perf = run->perf != NULL ? run->perf : "latency";
    const char *wanted = net->p->options->perf_name;
    bool energy = strcmp(wanted, "energy") == 0;
    if (run->section != NULL || run->warmup || run->incomplete)
        return NULL;
    if (energy && strcmp(perf, "power") == 0 && has_overall(run))
        return &net->power;
    if (strcmp(perf, wanted) != 0 && !(energy && strcmp(perf, "latency") == 0))
        return NULL;
    if (run->layer_count == 0 && !has_overall(run))
        return NULL;
    /* The names of its layers are those of another net: that of the one primitive. */
    if (model != NULL && !model->whole)
        return &net->models[model - net->map.models];
    return run->layer_count > 0 ? &net->layers : &net->whole;
}

static enum aw_err check_program(struct parse_net *net, const struct parse_log *log,
                                 const struct awh_layer_run *run)
{
    if (run->program_crc32 == NULL || strcmp(run->program_crc32, net->map.program_crc32) == 0)
        return AW_OK;
    return awh_fail(net->p->diag, AW_ERR_MISMATCH,
                    "%s: measured program %s, but %s holds program %s; measure again or give the "
                    "folder that was measured",
                    log->path, run->program_crc32, net->p->options->prim_to_ops,
                    net->map.program_crc32[0] != '\0' ? net->map.program_crc32 : "(none)");
}

/* Ours stay one result a run, a tool's become one: they do not go together. */
static enum aw_err note_source(struct parse_net *net, const struct parse_log *log,
                               const struct awh_layer_run *run)
{
    *(run->program_crc32 != NULL ? &net->own : &net->tool) = log->path;
    if (net->own == NULL || net->tool == NULL)
        return AW_OK;
    return awh_fail(net->p->diag, AW_ERR_MISMATCH,
                    "net %s: %s is of measure, %s of another tool; keep them in different folders",
                    net->map.net, net->own, net->tool);
}

static enum aw_err read_log(struct parse_net *net, const struct parse_log *log)
{
    struct awh_layer_runs found;
    const struct parse_model *model = awh_parse_map_model(&net->map, log->file);
    enum aw_err err = awh_reader_read(&net->p->scratch, log->path, &found, net->p->diag);
    size_t used = 0;
    for (size_t i = 0; err == AW_OK && i < found.count; i++) {
        const struct awh_layer_run *run = &found.runs[i];
        struct parse_runs *runs = place_run(net, run, model);
        if (runs == NULL)
            continue;
        used++;
        err = runs == &net->power ? AW_OK : note_source(net, log, run);
        if (err == AW_OK)
            err = check_program(net, log, run);
        if (err == AW_OK)
            err = add_run(net->p, runs, run, log->path, log->file);
    }
    if (err == AW_OK && used == 0)
        awh_warn(net->p->diag, "%s: no %s in it; it is left out", log->path,
                 net->p->options->perf_name);
    return err;
}

/* -- Energies or times ----------------------------------------------------------------------------
 */

static bool is_time(const struct awh_layer_run *run)
{
    return run->perf == NULL || strcmp(run->perf, "latency") == 0;
}

/* Times are only of use for energies where no log has energies. */
static void drop_times(struct parse_runs *runs)
{
    size_t kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        if (is_time(runs->items[i]))
            continue;
        runs->items[kept] = runs->items[i];
        runs->paths[kept] = runs->paths[i];
        runs->files[kept++] = runs->files[i];
    }
    if (kept > 0)
        runs->count = kept;
}

static bool wants_energy(const struct parse_net *net)
{
    return strcmp(net->p->options->perf_name, "energy") == 0;
}

static void prefer_energy(struct parse_net *net)
{
    if (!wants_energy(net))
        return;
    drop_times(&net->layers);
    drop_times(&net->whole);
    for (size_t i = 0; i < net->map.model_count; i++)
        drop_times(&net->models[i]);
}

/* -- Results
 * ---------------------------------------------------------------------------------------- */

/* Figures of other hardware, or of other kernels on it, do not compare. */
static enum aw_err check_device(const struct parse_net *net, const struct awh_yaml *device)
{
    static const char *const keys[] = {"board", "cpu", "kernel_set"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const struct awh_yaml *before = awh_yaml_get_set(net->p->device, keys[i]);
        const struct awh_yaml *now = awh_yaml_get_set(device, keys[i]);
        if (before == NULL || now == NULL || awh_yaml_equal(before, now))
            continue;
        char old[80], new[80];
        return awh_fail(net->p->diag, AW_ERR_MISMATCH,
                        "net %s: the %s of one of its results is %s, that of those before it %s; "
                        "different devices cannot be mixed",
                        net->map.net, keys[i], awh_yaml_describe(now, new, sizeof(new)),
                        awh_yaml_describe(before, old, sizeof(old)));
    }
    return AW_OK;
}

static void add_sums(struct parse_sums *into, const struct parse_sums *sums)
{
    into->prims += sums->prims;
    into->glue += sums->glue;
    into->unattributed += sums->unattributed;
    into->spans += sums->spans;
    into->total += sums->total;
}

static enum aw_err give_result(struct parse_net *net, const char *file, struct parse_result *result)
{
    struct parser *p = net->p;
    enum aw_err err = awh_parse_energy(net, result);
    if (err != AW_OK)
        return err;
    if (isinf(result->overall) || isinf(result->sums.total))
        return awh_fail(p->diag, AW_ERR_RANGE, "net %s: its times are too large to add up",
                        net->map.net);
    if (!p->any_result) {
        p->unit = awh_arena_strdup(&p->arena, result->unit);
        if (p->unit == NULL)
            return awh_fail_mem(p->diag);
        p->device = result->device;
        p->verified = result->verified;
        p->any_result = true;
    }
    p->verified = p->verified && result->verified;
    if ((err = check_device(net, result->device)) != AW_OK)
        return err;
    if (strcmp(p->unit, result->unit) != 0)
        return awh_fail(p->diag, AW_ERR_MISMATCH,
                        "net %s: its unit is %s, that of the nets before it %s; different devices "
                        "cannot be mixed",
                        net->map.net, result->unit, p->unit);
    add_sums(&p->sums, &result->sums);
    p->runs++;
    err = awh_parse_table_add(p, result);
    return err == AW_OK && p->staged ? awh_parse_write(p, net->map.net, file, result) : err;
}

/* Totals that the logs themselves print, for the summary. */
static enum aw_err note_totals(struct parser *p, const struct parse_runs *runs)
{
    for (size_t i = 0; i < runs->count; i++) {
        const struct awh_layer_run *run = runs->items[i];
        const char *unit;
        double scale = awh_parse_scale(run->unit, &unit), sum = 0;
        p->logged_runs++;
        for (size_t f = 0; f < run->figure_count; f++) {
            if (strcmp(run->figures[f].name, AWH_LAYERS_TOTAL) != 0)
                continue;
            if (p->totals_unit == NULL &&
                (p->totals_unit = awh_arena_strdup(&p->arena, unit)) == NULL)
                return awh_fail_mem(p->diag);
            for (size_t n = 0; n < run->layer_count; n++)
                sum += run->layers[n].value;
            p->totals++;
            p->totals_said += run->figures[f].value * scale;
            p->totals_found += sum * scale;
            break;
        }
    }
    return AW_OK;
}

static enum aw_err give_runs(struct parse_net *net, const struct parse_runs *runs,
                             const struct parse_kinds *kinds, const char *file)
{
    struct parse_result result;
    enum awh_outliers method = net->own != NULL ? AWH_OUTLIERS_NONE : net->p->outliers;
    enum aw_err err = awh_parse_rows(net->p, &net->map, runs, method, &result);
    if (err == AW_OK)
        err = awh_parse_overall(net, runs, kinds, &result);
    if (err == AW_OK)
        err = note_totals(net->p, runs);
    if (err != AW_OK)
        return err;
    result.times = wants_energy(net) && is_time(runs->items[0]);
    result.device = runs->items[0]->device;
    return give_result(net, file, &result);
}

/* How often the kernel that ran least did; warns when another one ran more often. */
static enum aw_err count_passes(struct parse_net *net, const struct parse_kinds *kinds,
                                size_t *passes_out)
{
    const struct parse_runs *runs = &net->layers;
    size_t least = SIZE_MAX, most = 0;
    size_t *counts = awh_arena_array(&net->p->scratch, kinds->count, sizeof(*counts));
    if (counts == NULL)
        return awh_fail_mem(net->p->diag);
    for (size_t i = 0; i < runs->count; i++)
        counts[kinds->of_run[i]]++;
    for (size_t k = 0; k < kinds->count; k++) {
        least = counts[k] < least ? counts[k] : least;
        most = counts[k] > most ? counts[k] : most;
    }
    if (least < most)
        awh_warn(net->p->diag,
                 "net %s: one of its %zu kernels has %zu tables, another one %zu; the first %zu "
                 "of each are used",
                 net->map.net, kinds->count, least, most, least);
    *passes_out = least;
    return AW_OK;
}

/* The nth run of each kernel are the nth pass of the net. Results of a vendor's logs are numbered;
 * ours keep the names of their files. */
static enum aw_err give_each_pass(struct parse_net *net, const struct parse_kinds *kinds)
{
    struct parser *p = net->p;
    size_t parts = kinds->count > 1 ? kinds->count : 1, passes = net->layers.count;
    enum aw_err err = parts > 1 ? count_passes(net, kinds, &passes) : AW_OK;
    size_t *next =
        awh_arena_array(&p->scratch, parts, sizeof(*next)); /* of a kind: where to look */
    size_t *order = awh_arena_array(&p->scratch, parts, sizeof(*order));
    if (err == AW_OK && (next == NULL || order == NULL))
        err = awh_fail_mem(p->diag);
    for (size_t pass = 0; pass < passes && err == AW_OK; pass++) {
        struct parse_runs runs = {.items = NULL};
        char number[40];
        for (size_t k = 0; k < parts && err == AW_OK; k++) {
            size_t i = next[k];
            while (parts > 1 && kinds->of_run[i] != k)
                i++;
            next[k] = i + 1;
            order[k] = k;
            err =
                add_run(p, &runs, net->layers.items[i], net->layers.paths[i], net->layers.files[i]);
        }
        snprintf(number, sizeof(number), "%zu.yaml", pass);
        if (err == AW_OK)
            err = give_runs(net, &runs, &(struct parse_kinds){.of_run = order, .count = parts},
                            net->own != NULL ? runs.files[0] : number);
    }
    return err;
}

/* The figure of one model's logs goes to its primitive. */
static enum aw_err add_model(struct parse_net *net, size_t m, struct parse_result *result)
{
    struct parser *p = net->p;
    const struct parse_model *model = &net->map.models[m];
    const struct parse_runs *runs = &net->models[m];
    const char *unit = "";
    size_t count;
    double value;
    enum aw_err err = awh_parse_figure(p, runs, PARSE_LAYERS, &value, &count, &unit);
    if (err == AW_OK && count == 0 && !model->whole)
        awh_warn(p->diag, "net %s: no log of %s; its primitive is not measured", net->map.net,
                 model->stem);
    if (err != AW_OK || count == 0)
        return err;
    bool times = wants_energy(net) && is_time(runs->items[0]);
    if (result->unit != NULL && (strcmp(result->unit, unit) != 0 || result->times != times))
        return awh_fail(p->diag, AW_ERR_MISMATCH,
                        "%s: has %s in %s, the logs of the net's other primitives have %s in %s; "
                        "they cannot be mixed",
                        runs->paths[0], runs->items[0]->perf, unit,
                        result->times == times ? runs->items[0]->perf
                        : times                ? "energy"
                                               : "latency",
                        result->unit);
    result->unit = unit;
    result->times = times;
    result->perfs[model->prim] = value;
    result->counts[model->prim] = count;
    result->sums.prims += value;
    result->sums.total += value;
    if (result->device == NULL)
        result->device = runs->items[0]->device;
    p->logged_runs += runs->count;
    return AW_OK;
}

/* A log for each primitive: its figure is the primitive's. */
static enum aw_err give_models(struct parse_net *net)
{
    struct parser *p = net->p;
    struct parse_kinds kinds = {.count = 1};
    struct parse_result result = {
        .prims = net->map.prims, .prim_count = net->map.prim_count, .overall = (double)NAN};
    result.perfs = awh_arena_array(&p->scratch, result.prim_count, sizeof(*result.perfs));
    result.counts = awh_arena_array(&p->scratch, result.prim_count, sizeof(*result.counts));
    if (result.perfs == NULL || result.counts == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < result.prim_count; i++)
        result.perfs[i] = (double)NAN;
    for (size_t i = 0; i < net->map.model_count; i++) {
        enum aw_err err = add_model(net, i, &result);
        if (err != AW_OK)
            return err;
    }
    enum aw_err err = awh_parse_overall(net, &net->layers, &kinds, &result);
    if (err != AW_OK)
        return err;
    char *file = awh_arena_printf(&p->scratch, "%s.yaml", net->map.net); /* as aw_nas calls it */
    return file == NULL ? awh_fail_mem(p->diag) : give_result(net, file, &result);
}

static enum aw_err give_all(struct parse_net *net)
{
    size_t used_models = 0;
    struct parse_kinds kinds;
    for (size_t i = 0; i < net->map.model_count; i++)
        used_models += net->models[i].count > 0;
    if (used_models > 0)
        return give_models(net);
    if (net->layers.count == 0) {
        if (net->whole.count > 0)
            awh_warn(
                net->p->diag,
                "net %s: its logs have the %s of the whole net but not of layers; measure with "
                "the tool's profile of layers, or a model of each primitive",
                net->map.net, net->p->options->perf_name);
        return AW_OK;
    }
    enum aw_err err = awh_parse_kinds(net->p, net->map.net, &net->layers, &kinds);
    if (err != AW_OK)
        return err;
    if (net->own != NULL || net->p->outliers == AWH_OUTLIERS_NONE)
        return give_each_pass(net, &kinds);
    return give_runs(net, &net->layers, &kinds, "0.yaml");
}

static enum aw_err parse_logs(struct parse_net *net, const struct parse_log *logs, size_t count)
{
    struct parser *p = net->p;
    enum aw_err err = awh_parse_map_load(p, logs[0].net, &net->map);
    if (err != AW_OK)
        return err;
    net->models = awh_arena_array(&p->scratch, net->map.model_count, sizeof(*net->models));
    if (net->models == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < count && err == AW_OK; i++)
        err = read_log(net, &logs[i]);
    if (err != AW_OK)
        return err;
    prefer_energy(net);
    return give_all(net);
}

enum aw_err awh_parse_net(struct parser *p, const struct parse_log *logs, size_t count)
{
    struct parse_net net = {.p = p};
    size_t runs = p->runs;
    bool had_device = p->device != NULL;
    awh_arena_init(&p->scratch);
    enum aw_err err = parse_logs(&net, logs, count);
    if (err == AW_OK && p->runs == runs)
        awh_warn(p->diag, "net %s: no result of it; the net is left out", logs[0].net);
    p->nets_read += p->runs > runs;
    if (!had_device && p->device != NULL)
        p->kept = p->scratch;
    else
        awh_arena_release(&p->scratch);
    return err;
}
