/* Figures of the whole net, and energies from power. */
#include "flow/parse.h"

#include <math.h>
#include <string.h>

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

/* -- One figure -----------------------------------------------------------------------------------
 */

static enum parse_evidence evidence_of(const struct awh_layer_run *run)
{
    if (run->sample_count > 0)
        return PARSE_SAMPLES;
    return isnan(run->overall) ? PARSE_LAYERS : PARSE_OVERALL;
}

static size_t value_count(const struct awh_layer_run *run)
{
    return run->sample_count > 0 ? run->sample_count : 1;
}

static double sum_of_layers(const struct awh_layer_run *run)
{
    double sum = 0;
    for (size_t i = 0; i < run->layer_count; i++)
        sum += run->layers[i].value;
    return sum;
}

/* All values of the runs with that evidence, in ms where they are times. */
static enum aw_err pool(struct parser *p, const struct parse_runs *runs,
                        enum parse_evidence evidence, double **values_out, size_t *count_out,
                        const char **unit_out)
{
    size_t count = 0;
    for (size_t i = 0; i < runs->count; i++)
        count += value_count(runs->items[i]);
    double *values = awh_arena_array(&p->scratch, count, sizeof(*values));
    if (values == NULL)
        return awh_fail_mem(p->diag);
    count = 0;
    for (size_t i = 0; i < runs->count; i++) {
        const struct awh_layer_run *run = runs->items[i];
        const char *unit;
        double scale = awh_parse_scale(run->unit, &unit);
        if (evidence_of(run) != evidence)
            continue;
        if (count > 0 && strcmp(unit, *unit_out) != 0)
            return awh_fail(
                p->diag, AW_ERR_MISMATCH,
                "%s: its unit is %s, that of the logs before is %s; they cannot be mixed",
                runs->paths[i], unit, *unit_out);
        *unit_out = unit;
        for (size_t s = 0; s < run->sample_count; s++)
            values[count++] = run->samples[s] * scale;
        if (evidence == PARSE_OVERALL)
            values[count++] = run->overall * scale;
        else if (evidence == PARSE_LAYERS)
            values[count++] = sum_of_layers(run) * scale;
    }
    *values_out = values;
    *count_out = count;
    return AW_OK;
}

enum aw_err awh_parse_figure(struct parser *p, const struct parse_runs *runs,
                             enum parse_evidence least, double *value_out, size_t *count_out,
                             const char **unit_out)
{
    double *values = NULL;
    enum parse_evidence best = PARSE_LAYERS;
    *value_out = (double)NAN;
    *count_out = 0;
    for (size_t i = 0; i < runs->count; i++)
        best = evidence_of(runs->items[i]) > best ? evidence_of(runs->items[i]) : best;
    if (runs->count == 0 || best < least)
        return AW_OK;
    enum aw_err err = pool(p, runs, best, &values, count_out, unit_out);
    if (err != AW_OK || *count_out == 0)
        return err;
    return awh_outliers_mean(p->outliers, values, *count_out, *unit_out, runs->paths[0], value_out,
                             p->diag);
}

/* -- The whole net --------------------------------------------------------------------------------
 */

/* The runs of a kind, borrowed. */
static enum aw_err pick(struct parser *p, const struct parse_runs *runs, const size_t *of_run,
                        size_t kind, struct parse_runs *picked_out)
{
    struct parse_runs picked = {.items = NULL};
    picked.items = awh_arena_array(&p->scratch, runs->count, sizeof(*picked.items));
    picked.paths = awh_arena_array(&p->scratch, runs->count, sizeof(*picked.paths));
    if (picked.items == NULL || picked.paths == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < runs->count; i++)
        if (of_run[i] == kind) {
            picked.items[picked.count] = runs->items[i];
            picked.paths[picked.count++] = runs->paths[i];
        }
    *picked_out = picked;
    return AW_OK;
}

/* Kernels add up: the sum of their figures; NAN when one of them has none. */
static enum aw_err add_kinds(struct parser *p, const struct parse_runs *runs,
                             const struct parse_kinds *kinds, double *value_out,
                             const char **unit_out)
{
    double sum = 0;
    if (kinds->count <= 1) {
        size_t count;
        return awh_parse_figure(p, runs, PARSE_OVERALL, value_out, &count, unit_out);
    }
    for (size_t k = 0; k < kinds->count; k++) {
        struct parse_runs picked;
        const char *unit = *unit_out;
        double value;
        size_t count;
        enum aw_err err = pick(p, runs, kinds->of_run, k, &picked);
        if (err == AW_OK)
            err = awh_parse_figure(p, &picked, PARSE_OVERALL, &value, &count, &unit);
        if (err == AW_OK && k > 0 && count > 0 && strcmp(unit, *unit_out) != 0)
            err = awh_fail(p->diag, AW_ERR_MISMATCH,
                           "%s: its unit is %s, that of the net's other kernels %s",
                           picked.paths[0], unit, *unit_out);
        if (err != AW_OK)
            return err;
        *unit_out = unit;
        sum += value;
    }
    *value_out = sum;
    return AW_OK;
}

/* Logs without layers tell the kernels of a net by their names: those that stand in one file. */
static enum aw_err kinds_by_name(struct parser *p, const struct parse_runs *runs,
                                 struct parse_kinds *kinds_out)
{
    bool kernels = false;
    *kinds_out = (struct parse_kinds){
        .of_run = awh_arena_array(&p->scratch, runs->count, sizeof(*kinds_out->of_run))};
    const char **names = awh_arena_array(&p->scratch, runs->count, sizeof(*names));
    if (kinds_out->of_run == NULL || names == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < runs->count; i++) {
        const char *name = runs->items[i]->net != NULL ? runs->items[i]->net : "";
        size_t k = 0;
        while (k < kinds_out->count && strcmp(names[k], name) != 0)
            k++;
        kinds_out->of_run[i] = k;
        if (k == kinds_out->count)
            names[kinds_out->count++] = name;
        kernels = kernels || (i > 0 && runs->paths[i] == runs->paths[i - 1] && name[0] != '\0' &&
                              kinds_out->of_run[i] != kinds_out->of_run[i - 1]);
    }
    if (!kernels)
        kinds_out->count = 1;
    return AW_OK;
}

enum aw_err awh_parse_overall(struct parse_net *net, const struct parse_runs *runs,
                              const struct parse_kinds *kinds, struct parse_result *result)
{
    struct parser *p = net->p;
    struct parse_kinds whole_kinds;
    const char *unit = result->unit;
    bool whole = net->whole.count > 0;
    const struct parse_runs *from = whole ? &net->whole : runs;
    enum aw_err err = whole ? kinds_by_name(p, from, &whole_kinds) : AW_OK;
    if (err == AW_OK)
        err = add_kinds(p, from, whole ? &whole_kinds : kinds, &result->overall, &unit);
    if (err == AW_OK && !isnan(result->overall) && strcmp(unit, result->unit) != 0)
        err = awh_fail(p->diag, AW_ERR_MISMATCH,
                       "%s: its unit is %s, that of the layers of net %s is %s", from->paths[0],
                       unit, net->map.net, result->unit);
    return err;
}

/* -- Energy from power
 * ------------------------------------------------------------------------------ */

/* Watts of a log of the board's power beside the others; NAN where there is none. */
static enum aw_err logged_power(struct parse_net *net, double *watts_out)
{
    static const struct {
        const char *unit;
        double scale;
    } units[] = {{"W", 1}, {"mW", 1e-3}, {"uW", 1e-6}};
    const char *unit = "W";
    size_t count;
    double power;
    enum aw_err err = awh_parse_figure(net->p, &net->power, PARSE_OVERALL, &power, &count, &unit);
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

static enum aw_err mean_power(struct parse_net *net, double *watts_out)
{
    struct parser *p = net->p;
    const char *name = net->map.net;
    if (p->power != NULL) {
        *watts_out = awh_power_watts(p->power, name);
        return !isnan(*watts_out) ? AW_OK
                                  : awh_fail(p->diag, AW_ERR_NOT_FOUND,
                                             "net %s: no sample of %s falls into its times in %s",
                                             name, p->options->power_path, p->options->times_path);
    }
    enum aw_err err = logged_power(net, watts_out);
    if (err == AW_OK && isnan(*watts_out))
        err = awh_fail(p->diag, AW_ERR_NOT_FOUND,
                       "net %s: its logs have times, but neither energy nor power; put a log of "
                       "the power beside them, or give one for all nets with --power and --times",
                       name);
    return err;
}

/* Times the power of the net they are energies, W ms = mJ. Logs that have energies by themselves
 * were read instead. */
enum aw_err awh_parse_energy(struct parse_net *net, struct parse_result *result)
{
    double watts;
    if (!result->times)
        return AW_OK;
    if (strcmp(result->unit, "ms") != 0)
        return awh_fail(net->p->diag, AW_ERR_UNSUPPORTED,
                        "net %s: its logs have no energy, and %s cannot be turned into one; only "
                        "times in seconds and parts of them can",
                        net->map.net, result->unit);
    enum aw_err err = mean_power(net, &watts);
    if (err != AW_OK)
        return err;
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
