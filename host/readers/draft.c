#include "readers/draft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"

struct awh_spread awh_spread_unknown(void)
{
    const double none = (double)NAN;
    return (struct awh_spread){.min = none, .max = none, .mean = none, .median = none};
}

void awh_spread_quantile(struct awh_spread *spread, double percent, double value)
{
    if (spread->quantile_count < AWH_QUANTILES_MAX)
        spread->quantiles[spread->quantile_count++] = (struct awh_quantile){percent, value};
}

void awh_draft_init(struct awh_draft *draft, const struct awh_log *log, struct awh_diag *diag)
{
    *draft = (struct awh_draft){.log = log, .diag = diag};
    awh_arena_init(&draft->texts);
    awh_draft_begin(draft, "latency", "ms", 0);
}

void awh_draft_release(struct awh_draft *draft)
{
    awh_arena_release(&draft->texts);
    free(draft->layers);
    free(draft->slots);
    free(draft->figures);
    free(draft->samples.values);
    *draft = (struct awh_draft){0};
}

void awh_draft_begin(struct awh_draft *draft, const char *perf, const char *unit, uint32_t line)
{
    awh_arena_release(&draft->texts);
    draft->run = (struct awh_layer_run){
        .overall = (double)NAN, .perf = perf, .unit = unit, .line = line, .sample_size = 1};
    draft->spread = awh_spread_unknown();
    draft->has_spread = false;
    draft->indexed = false;
    draft->samples = (struct awh_draft_samples){
        .values = draft->samples.values, .capacity = draft->samples.capacity, .merged = 1};
}

static bool has_room(struct awh_draft *draft)
{
    if (draft->texts.total_bytes <= AWH_DRAFT_TEXT_MAX &&
        draft->run.layer_count < AWH_DRAFT_LAYERS_MAX)
        return true;
    awh_fail(draft->diag, AW_ERR_RANGE, "%s:%u: the table that begins here has more than %u layers",
             draft->log->path, (unsigned)draft->run.line, AWH_DRAFT_LAYERS_MAX);
    return false;
}

static enum aw_err no_room(const struct awh_draft *draft)
{
    return draft->diag != NULL && draft->diag->err != AW_OK ? draft->diag->err : AW_ERR_RANGE;
}

const char *awh_draft_text(struct awh_draft *draft, const char *text)
{
    if (!has_room(draft))
        return NULL;
    const char *copy = awh_arena_strdup(&draft->texts, text);
    if (copy == NULL)
        awh_fail_mem(draft->diag);
    return copy;
}

struct awh_spread *awh_draft_spread(struct awh_draft *draft)
{
    if (!has_room(draft))
        return NULL;
    struct awh_spread *spread = awh_arena_alloc(&draft->texts, sizeof(*spread));
    if (spread == NULL)
        awh_fail_mem(draft->diag);
    else
        *spread = awh_spread_unknown();
    return spread;
}

enum aw_err awh_draft_layer(struct awh_draft *draft, const char *name, double value, uint32_t line,
                            struct awh_layer_time **layer_out)
{
    const char *copy = awh_draft_text(draft, name);
    if (copy == NULL)
        return no_room(draft);
    size_t count = draft->run.layer_count;
    struct awh_layer_time *layers =
        awh_grow(draft->layers, &draft->layer_capacity, count + 1, sizeof(*layers));
    if (layers == NULL)
        return awh_fail_mem(draft->diag);
    draft->layers = layers;
    layers[count] = (struct awh_layer_time){.name = copy, .value = value, .line = line};
    draft->run.layer_count++;
    draft->indexed = false;
    if (layer_out != NULL)
        *layer_out = &layers[count];
    return AW_OK;
}

/* -- layers by name -----------------------------------------------------------------------------
 */

static size_t find_slot(const struct awh_draft *draft, const char *name)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    size_t at = (size_t)(hash ^ hash >> 32) & (draft->slot_count - 1);
    while (draft->slots[at] != 0 && strcmp(draft->layers[draft->slots[at] - 1].name, name) != 0)
        at = (at + 1) & (draft->slot_count - 1);
    return at;
}

static enum aw_err index_layers(struct awh_draft *draft)
{
    size_t needed = 64;
    while (needed < (draft->run.layer_count + 1) * 2)
        needed *= 2;
    if (needed > draft->slot_count) {
        uint32_t *slots = realloc(draft->slots, needed * sizeof(*slots));
        if (slots == NULL)
            return awh_fail_mem(draft->diag);
        draft->slots = slots;
        draft->slot_count = needed;
    }
    memset(draft->slots, 0, draft->slot_count * sizeof(*draft->slots));
    for (size_t i = 0; i < draft->run.layer_count; i++) {
        size_t slot = find_slot(draft, draft->layers[i].name);
        if (draft->slots[slot] == 0)
            draft->slots[slot] = (uint32_t)i + 1;
    }
    draft->indexed = true;
    return AW_OK;
}

enum aw_err awh_draft_add(struct awh_draft *draft, const char *name, double value, uint32_t line,
                          struct awh_layer_time **layer_out)
{
    bool full = (draft->run.layer_count + 1) * 2 > draft->slot_count;
    enum aw_err err = draft->indexed && !full ? AW_OK : index_layers(draft);
    if (err != AW_OK)
        return err;
    size_t slot = find_slot(draft, name);
    struct awh_layer_time *layer;
    if (draft->slots[slot] == 0) {
        if ((err = awh_draft_layer(draft, name, 0, line, &layer)) != AW_OK)
            return err;
        draft->slots[slot] = (uint32_t)draft->run.layer_count;
        draft->indexed = true;
    } else {
        layer = &draft->layers[draft->slots[slot] - 1];
    }
    layer->value += value;
    layer->count++;
    if (layer_out != NULL)
        *layer_out = layer;
    return AW_OK;
}

/* -- the rest -----------------------------------------------------------------------------------
 */

enum aw_err awh_draft_figure(struct awh_draft *draft, const char *name, double value,
                             const char *unit, uint32_t line)
{
    size_t count = draft->run.figure_count;
    if (count == AWH_DRAFT_LAYERS_MAX)
        return AW_OK;
    struct awh_figure *figures =
        awh_grow(draft->figures, &draft->figure_capacity, count + 1, sizeof(*figures));
    if (figures == NULL)
        return awh_fail_mem(draft->diag);
    draft->figures = figures;
    const char *name_copy = awh_draft_text(draft, name);
    const char *unit_copy = awh_draft_text(draft, unit);
    if (name_copy == NULL || unit_copy == NULL)
        return no_room(draft);
    figures[count] =
        (struct awh_figure){.name = name_copy, .value = value, .unit = unit_copy, .line = line};
    draft->run.figure_count++;
    return AW_OK;
}

enum aw_err awh_draft_sample(struct awh_draft *draft, double value)
{
    struct awh_draft_samples *samples = &draft->samples;
    samples->sum += value;
    samples->seen++;
    samples->pending += value;
    if (++samples->pending_count < samples->merged)
        return AW_OK;
    double mean = samples->pending / (double)samples->merged;
    samples->pending = 0;
    samples->pending_count = 0;
    if (draft->run.sample_count == AWH_DRAFT_SAMPLES_MAX) {
        draft->run.sample_count /= 2;
        for (size_t i = 0; i < draft->run.sample_count; i++)
            samples->values[i] = (samples->values[2 * i] + samples->values[2 * i + 1]) / 2;
        samples->merged *= 2;
        samples->pending = mean * (double)samples->merged / 2;
        samples->pending_count = samples->merged / 2;
        return AW_OK;
    }
    double *values =
        awh_grow(samples->values, &samples->capacity, draft->run.sample_count + 1, sizeof(*values));
    if (values == NULL)
        return awh_fail_mem(draft->diag);
    samples->values = values;
    values[draft->run.sample_count++] = mean;
    return AW_OK;
}

double awh_draft_sum(const struct awh_draft *draft)
{
    double sum = 0;
    for (size_t i = 0; i < draft->run.layer_count; i++)
        sum += draft->layers[i].value;
    return sum;
}

enum aw_err awh_draft_emit(struct awh_draft *draft)
{
    struct awh_layer_run run = draft->run;
    run.layers = draft->layers;
    run.figures = draft->figures;
    run.samples = draft->samples.values;
    run.sample_size *= draft->samples.merged;
    run.spread = draft->has_spread ? &draft->spread : NULL;
    enum aw_err err = draft->log->take(draft->log->context, &run, draft->diag);
    awh_draft_begin(draft, run.perf, run.unit, 0);
    return err;
}
