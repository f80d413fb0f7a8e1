/* The logs of one net. What a log is good for depends on what is in it:
 *
 *   layers     each run gives the time of every layer
 *   samples    of the whole net (trtexec's averages), or of one primitive when the log was made
 * with the model of one; then the primitives' models are all that counts
 *
 * Our own results stay one result a run; of a vendor's logs, all runs become one result, unless
 * --outliers none. */
#include "flow/parse.h"

#include <math.h>
#include <string.h>

/* Runs of one kind, in the order of reading. */
struct runs {
    const struct awh_layer_run **items;
    const char **paths, **files;
    size_t count, capacity;
};

struct net {
    struct parser *p;
    struct parse_map map;
    struct runs layers, whole, power;
    struct runs *models; /* one a model of map.models */
    bool own;
};

double awh_parse_scale(const char *unit, const char **unit_out)
{
    static const struct {
        const char *unit;
        double scale;
    } times[] = {{"s", 1e3}, {"us", 1e-3}, {"ns", 1e-6}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (strcmp(unit, times[i].unit) == 0) {
            *unit_out = "ms";
            return times[i].scale;
        }
    *unit_out = unit;
    return 1;
}

/* -- Reading --------------------------------------------------------------------------------------
 */

static enum aw_err add_run(struct net *net, struct runs *runs, const struct awh_layer_run *run,
                           const struct parse_log *log)
{
    if (runs->count == runs->capacity) { /* the old arrays stay in the arena until the end */
        struct runs grown = {.count = runs->count,
                             .capacity = runs->capacity < 8 ? 8 : 2 * runs->capacity};
        grown.items = awh_arena_array(&net->p->scratch, grown.capacity, sizeof(*grown.items));
        grown.paths = awh_arena_array(&net->p->scratch, grown.capacity, sizeof(*grown.paths));
        grown.files = awh_arena_array(&net->p->scratch, grown.capacity, sizeof(*grown.files));
        if (grown.items == NULL || grown.paths == NULL || grown.files == NULL)
            return awh_fail_mem(net->p->diag);
        for (size_t i = 0; i < runs->count; i++) {
            grown.items[i] = runs->items[i];
            grown.paths[i] = runs->paths[i];
            grown.files[i] = runs->files[i];
        }
        *runs = grown;
    }
    runs->items[runs->count] = run;
    runs->paths[runs->count] = log->path;
    runs->files[runs->count++] = log->file;
    return AW_OK;
}

static bool has_overall(const struct awh_layer_run *run)
{
    return run->sample_count > 0 || !isnan(run->overall);
}

/* Where a run belongs; NULL: it says nothing of what is asked for. A run that lacks layers would
 * make primitives too fast; the reader has warned of it. */
static struct runs *place_run(struct net *net, const struct awh_layer_run *run,
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
    if (model != NULL && !model->whole && has_overall(run))
        return &net->models[model - net->map.models];
    return run->layer_count > 0 ? &net->layers : has_overall(run) ? &net->whole : NULL;
}

static enum aw_err check_program(struct net *net, const struct parse_log *log,
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

static enum aw_err read_log(struct net *net, const struct parse_log *log)
{
    struct awh_layer_runs found;
    const struct parse_model *model = awh_parse_map_model(&net->map, log->file);
    enum aw_err err = awh_reader_read(&net->p->scratch, log->path, &found, net->p->diag);
    size_t used = 0;
    for (size_t i = 0; err == AW_OK && i < found.count; i++) {
        const struct awh_layer_run *run = &found.runs[i];
        struct runs *runs = place_run(net, run, model);
        if (runs == NULL)
            continue;
        used++;
        net->own = net->own || run->program_crc32 != NULL;
        err = check_program(net, log, run);
        if (err == AW_OK)
            err = add_run(net, runs, run, log);
    }
    if (err == AW_OK && used == 0)
        awh_warn(net->p->diag, "%s: no %s in it; it is left out", log->path,
                 net->p->options->perf_name);
    return err;
}

/* -- Figures of the whole -------------------------------------------------------------------------
 */

/* All samples of some runs, in ms where they are times. Runs without samples count as one. */
static enum aw_err pool(struct net *net, const struct runs *runs, bool samples_only,
                        double **values_out, size_t *count_out, const char **unit_out)
{
    size_t count = 0;
    for (size_t i = 0; i < runs->count; i++)
        count += runs->items[i]->sample_count > 0 ? runs->items[i]->sample_count : 1;
    double *values = awh_arena_array(&net->p->scratch, count, sizeof(*values));
    if (values == NULL)
        return awh_fail_mem(net->p->diag);
    count = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const struct awh_layer_run *run = runs->items[i];
        const char *unit;
        double scale = awh_parse_scale(run->unit, &unit);
        if (samples_only && run->sample_count == 0)
            continue;
        if (count > 0 && strcmp(unit, *unit_out) != 0)
            return awh_fail(
                net->p->diag, AW_ERR_MISMATCH,
                "%s: its unit is %s, that of the logs before is %s; they cannot be mixed",
                runs->paths[i], unit, *unit_out);
        *unit_out = unit;
        for (size_t s = 0; s < run->sample_count; s++)
            values[count++] = run->samples[s] * scale;
        if (run->sample_count == 0 && !isnan(run->overall))
            values[count++] = run->overall * scale;
    }
    *values_out = values;
    *count_out = count;
    return AW_OK;
}

static bool any_samples(const struct runs *runs)
{
    for (size_t i = 0; i < runs->count; i++)
        if (runs->items[i]->sample_count > 0)
            return true;
    return false;
}

/* One figure of the runs; *count_out is 0 and the figure NAN when there is none. Samples say more
 * than figures that some tool made of them. */
static enum aw_err figure(struct net *net, const struct runs *runs, double *value_out,
                          size_t *count_out, const char **unit_out)
{
    double *values = NULL;
    *value_out = (double)NAN;
    *count_out = 0;
    if (runs->count == 0)
        return AW_OK;
    enum aw_err err = pool(net, runs, any_samples(runs), &values, count_out, unit_out);
    if (err != AW_OK || *count_out == 0)
        return err;
    return awh_outliers_mean(net->p->outliers, values, *count_out, *unit_out, runs->paths[0],
                             value_out, net->p->diag);
}

/* The whole-net figure: of logs of the whole net if there are any, else of the runs with layers. */
static enum aw_err set_overall(struct net *net, const struct runs *layers,
                               struct parse_result *result)
{
    const char *unit = result->unit;
    size_t count;
    const struct runs *from = net->whole.count > 0 ? &net->whole : layers;
    enum aw_err err = figure(net, from, &result->overall, &count, &unit);
    if (err == AW_OK && count > 0 && strcmp(unit, result->unit) != 0)
        err = awh_fail(net->p->diag, AW_ERR_MISMATCH,
                       "%s: its unit is %s, that of the layers of net %s is %s", from->paths[0],
                       unit, net->map.net, result->unit);
    return err;
}

/* -- Energy from power
 * ------------------------------------------------------------------------------ */

/* Watts; NAN where no log has the power. */
static enum aw_err mean_power(struct net *net, double *watts_out)
{
    if (net->p->power != NULL) {
        *watts_out = awh_power_watts(net->p->power, net->map.net);
        return AW_OK;
    }
    static const struct {
        const char *unit;
        double scale;
    } units[] = {{"W", 1}, {"mW", 1e-3}, {"uW", 1e-6}};
    const char *unit = "W";
    size_t count;
    double power;
    enum aw_err err = figure(net, &net->power, &power, &count, &unit);
    *watts_out = (double)NAN;
    if (err != AW_OK || count == 0)
        return err;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(unit, units[i].unit) == 0) {
            *watts_out = power * units[i].scale;
            return AW_OK;
        }
    return awh_fail(net->p->diag, AW_ERR_FORMAT, "%s: expected a power in W, mW or uW, found %s",
                    net->power.paths[0], unit);
}

/* What was read are times: times the power of the net they are energies, W ms = mJ. Logs that have
 * energies by themselves were asked for and read instead. */
static enum aw_err times_to_energy(struct net *net, struct parse_result *result)
{
    double watts;
    if (strcmp(net->p->options->perf_name, "energy") != 0 || strcmp(result->unit, "ms") != 0)
        return AW_OK;
    enum aw_err err = mean_power(net, &watts);
    if (err != AW_OK)
        return err;
    if (isnan(watts))
        return awh_fail(
            net->p->diag, AW_ERR_NOT_FOUND,
            "net %s: its logs have times, but neither energy nor power; put a log of the "
            "power beside them, or give one for all nets with --power and --times",
            net->map.net);
    for (size_t i = 0; i < result->prim_count; i++)
        result->perfs[i] *= watts;
    result->overall *= watts;
    result->sums.prims *= watts;
    result->sums.glue *= watts;
    result->sums.unattributed *= watts;
    result->sums.spans *= watts;
    result->sums.total *= watts;
    result->unit = "mJ";
    return AW_OK;
}

/* Times are only of use for energies where no log has energies. */
static void drop_times(struct runs *runs)
{
    size_t kept = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const char *perf = runs->items[i]->perf;
        if (perf == NULL || strcmp(perf, "energy") != 0)
            continue;
        runs->items[kept] = runs->items[i];
        runs->paths[kept] = runs->paths[i];
        runs->files[kept++] = runs->files[i];
    }
    if (kept > 0)
        runs->count = kept;
}

static void prefer_energy(struct net *net)
{
    if (strcmp(net->p->options->perf_name, "energy") != 0)
        return;
    drop_times(&net->layers);
    drop_times(&net->whole);
    for (size_t i = 0; i < net->map.model_count; i++)
        drop_times(&net->models[i]);
}

/* -- Results
 * ---------------------------------------------------------------------------------------- */

static enum aw_err give_result(struct net *net, const char *file, struct parse_result *result)
{
    struct parser *p = net->p;
    enum aw_err err = times_to_energy(net, result);
    if (err != AW_OK)
        return err;
    if (!p->any_result) {
        p->unit = awh_arena_strdup(&p->arena, result->unit);
        if (p->unit == NULL)
            return awh_fail_mem(p->diag);
        p->device = result->device;
        p->verified = result->verified;
        p->any_result = true;
    }
    p->verified = p->verified && result->verified;
    if (strcmp(p->unit, result->unit) != 0)
        return awh_fail(p->diag, AW_ERR_MISMATCH,
                        "net %s: its unit is %s, that of the nets before it %s; different devices "
                        "cannot be mixed",
                        net->map.net, result->unit, p->unit);
    p->sums.prims += result->sums.prims;
    p->sums.glue += result->sums.glue;
    p->sums.unattributed += result->sums.unattributed;
    p->sums.spans += result->sums.spans;
    p->sums.total += result->sums.total;
    p->runs++;
    return p->staged ? awh_parse_write(p, net->map.net, file, result)
                     : awh_parse_table_add(p, result);
}

/* The runs from `first` on as one result. */
static enum aw_err give_runs(struct net *net, size_t first, size_t count, const char *file)
{
    struct parse_result result;
    struct runs runs = {.items = net->layers.items + first,
                        .paths = net->layers.paths + first,
                        .files = net->layers.files + first,
                        .count = count};
    enum awh_outliers method = net->own ? AWH_OUTLIERS_NONE : net->p->outliers;
    enum aw_err err =
        awh_parse_rows(net->p, &net->map, runs.items, runs.paths, count, method, &result);
    if (err == AW_OK)
        err = set_overall(net, &runs, &result);
    if (err != AW_OK)
        return err;
    result.device = runs.items[0]->device;
    return give_result(net, file, &result);
}

/* Results of a vendor's logs are numbered; ours keep the names of their files. */
static enum aw_err give_each_run(struct net *net)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < net->layers.count && err == AW_OK; i++) {
        char number[40];
        snprintf(number, sizeof(number), "%zu.yaml", i);
        err = give_runs(net, i, 1, net->own ? net->layers.files[i] : number);
    }
    return err;
}

/* A log for each primitive: its figure is the primitive's. */
static enum aw_err give_models(struct net *net)
{
    struct parser *p = net->p;
    struct parse_result result = {.prims = net->map.prims,
                                  .prim_count = net->map.prim_count,
                                  .unit = "ms",
                                  .overall = (double)NAN};
    result.perfs = awh_arena_array(&p->scratch, result.prim_count, sizeof(*result.perfs));
    result.counts = awh_arena_array(&p->scratch, result.prim_count, sizeof(*result.counts));
    if (result.perfs == NULL || result.counts == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < result.prim_count; i++)
        result.perfs[i] = (double)NAN;
    for (size_t i = 0; i < net->map.model_count; i++) {
        const struct parse_model *model = &net->map.models[i];
        size_t count;
        double value;
        enum aw_err err = figure(net, &net->models[i], &value, &count, &result.unit);
        if (err != AW_OK)
            return err;
        if (count == 0 && !model->whole)
            awh_warn(p->diag, "net %s: no log of %s; its primitive is not measured", net->map.net,
                     model->stem);
        if (count == 0)
            continue;
        result.perfs[model->prim] = value;
        result.counts[model->prim] = count;
        result.sums.prims += value;
        result.sums.total += value;
        if (result.device == NULL)
            result.device = net->models[i].items[0]->device;
    }
    enum aw_err err = set_overall(net, &net->layers, &result);
    if (err != AW_OK)
        return err;
    char *file = awh_arena_printf(&p->scratch, "%s.yaml", net->map.net); /* as aw_nas calls it */
    return file == NULL ? awh_fail_mem(p->diag) : give_result(net, file, &result);
}

static enum aw_err give_all(struct net *net)
{
    size_t used_models = 0;
    for (size_t i = 0; i < net->map.model_count; i++)
        used_models += net->models[i].count > 0;
    if (used_models > 0)
        return give_models(net);
    if (net->layers.count == 0) {
        if (net->whole.count > 0)
            awh_warn(net->p->diag,
                     "net %s: its logs time the whole net but no layers; measure with the tool's "
                     "profile of layers, or a model of each primitive",
                     net->map.net);
        return AW_OK;
    }
    if (net->own || net->p->outliers == AWH_OUTLIERS_NONE)
        return give_each_run(net);
    return give_runs(net, 0, net->layers.count, "0.yaml");
}

static enum aw_err parse_logs(struct net *net, const struct parse_log *logs, size_t count)
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
    struct net net = {.p = p};
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
