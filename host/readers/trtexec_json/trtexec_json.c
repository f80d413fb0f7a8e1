/* JSON of trtexec: --exportProfile (layers), --exportTimes (one inference an entry), and the
 * metadata that the engine explorer makes of its logs.
 *
 *   [ {"count": 100}, {"name": "conv1", "timeMs": 8.1, "averageMs": 0.081, "percentage": 8}, ... ]
 *   [ {"startEnqMs": 2.6, ..., "computeMs": 0.87, "latencyMs": 0.87}, ... ]
 *   {"performance_summary": {"GPU Compute Time": [min, max, mean, median, percentile], ...}, ...}
 */
#include <math.h>
#include <string.h>

#include "base/stats.h"
#include "readers/draft.h"
#include "readers/reader.h"
#include "readers/records.h"
#include "readers/text.h"

extern const struct awh_reader_type awh_reader_trtexec_json;

struct trtexec_json {
    struct awh_draft draft;
    uint64_t iterations; /* of the profile */
    double share_sum;    /* of its layers, in percent */
    size_t shares;       /* layers that have one */
    double sums[4];      /* of the times beside the GPU's */
};

/* Times of an entry of --exportTimes beside computeMs; older releases say in and out. */
static const struct {
    const char *names[2];
    const char *figure;
} times[] = {{{"latencyMs", NULL}, "host latency mean"},
             {{"h2dMs", "inMs"}, "h2d latency mean"},
             {{"d2hMs", "outMs"}, "d2h latency mean"},
             {{"endToEndMs", NULL}, "end to end latency mean"}};
#define TIMES (sizeof(times) / sizeof(times[0]))

static bool trtexec_json_detect(const char *text, size_t size)
{
    static const char *const marks[] = {"\"averageMs\"", "\"computeMs\"", "\"performance_summary\"",
                                        "\"build_options\""};
    (void)size;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(text, marks[i]) != NULL)
            return awh_records_detect(text);
    return false;
}

/* -- profile ------------------------------------------------------------------------------------
 */

/* The profile prints no total, but what share of it each layer has, in six digits. */
static void check_shares(struct trtexec_json *r)
{
    struct awh_draft *draft = &r->draft;
    size_t count = draft->run.layer_count;
    if (count > 0 && r->shares == count && fabs(r->share_sum - 100) > 1e-3 + 5e-5 * (double)count &&
        r->share_sum > 0) {
        draft->run.incomplete = true;
        awh_warn(draft->diag,
                 "%s:%u: the %zu layers of the profile that begins here have %g percent of its "
                 "time, not 100; layers are missing",
                 draft->log->path, (unsigned)draft->run.line, count, r->share_sum);
    }
    r->share_sum = 0;
    r->shares = 0;
}

static enum aw_err end_run(struct trtexec_json *r)
{
    struct awh_draft *draft = &r->draft;
    enum aw_err err = AW_OK;
    uint64_t samples = draft->samples.seen;
    if (draft->run.layer_count == 0 && samples == 0)
        return AW_OK;
    if (!draft->run.incomplete)
        check_shares(r);
    if (samples > 0) {
        draft->run.overall = draft->spread.mean = draft->samples.sum / (double)samples;
        draft->run.count = samples;
        draft->has_spread = true;
        for (size_t i = 0; err == AW_OK && i < TIMES; i++)
            if (r->sums[i] > 0)
                err = awh_draft_figure(draft, times[i].figure, r->sums[i] / (double)samples, "ms",
                                       draft->run.line);
    }
    memset(r->sums, 0, sizeof(r->sums));
    return err != AW_OK ? err : awh_draft_emit(draft);
}

static enum aw_err read_layer(struct trtexec_json *r, const struct awh_record *record,
                              const char *name)
{
    struct awh_draft *draft = &r->draft;
    struct awh_layer_time *layer;
    double average, median, share;
    bool found = awh_record_number(record, "averageMs", &average);
    if (awh_record_number(record, "percentage", &share)) {
        r->share_sum += share;
        r->shares++;
    }
    if (!found && r->iterations > 0 && awh_record_number(record, "timeMs", &average)) {
        average /= (double)r->iterations;
        found = true;
    }
    if (!found || average < 0)
        return awh_fail(draft->diag, AW_ERR_FORMAT,
                        "%s:%u: expected a number averageMs, at least 0", draft->log->path,
                        (unsigned)record->line);
    enum aw_err err = awh_draft_layer(draft, name, average, record->line, &layer);
    if (err != AW_OK)
        return err;
    layer->count = r->iterations;
    draft->run.count = r->iterations;
    if (draft->run.line == 0)
        draft->run.line = record->line;
    if (!awh_record_number(record, "medianMs", &median))
        return AW_OK;
    struct awh_spread *spread = awh_draft_spread(draft);
    if (spread == NULL)
        return awh_fail_mem(draft->diag);
    spread->mean = average;
    spread->median = median;
    layer->spread = spread;
    return AW_OK;
}

/* -- times --------------------------------------------------------------------------------------
 */

static enum aw_err read_times(struct trtexec_json *r, const struct awh_record *record,
                              double compute_ms)
{
    struct awh_draft *draft = &r->draft;
    double value;
    if (draft->samples.seen == 0) {
        draft->run.line = record->line;
        draft->spread.min = draft->spread.max = compute_ms;
    }
    draft->spread.min = fmin(draft->spread.min, compute_ms);
    draft->spread.max = fmax(draft->spread.max, compute_ms);
    for (size_t i = 0; i < TIMES; i++)
        for (size_t n = 0; n < 2 && times[i].names[n] != NULL; n++)
            if (awh_record_number(record, times[i].names[n], &value))
                r->sums[i] += value;
    return awh_draft_sample(draft, compute_ms);
}

/* -- metadata -----------------------------------------------------------------------------------
 */

/* [min, max, mean, median, percentiles...]: the last is that of 99 percent. */
static void read_summary(struct trtexec_json *r, const struct awh_record *record)
{
    static const double three[] = {90, 95, 99}, one[] = {99};
    struct awh_spread *spread = &r->draft.spread;
    double *const places[] = {&spread->min, &spread->max, &spread->mean, &spread->median};
    double values[7];
    char path[64];
    size_t count = 0;
    for (; count < 7; count++) {
        snprintf(path, sizeof(path), "performance_summary.GPU Compute Time[%zu]", count);
        if (!awh_record_number(record, path, &values[count]))
            break;
    }
    for (size_t i = 0; i < count && i < 4; i++)
        *places[i] = values[i];
    for (size_t i = 4; i < count; i++)
        awh_spread_quantile(spread, count == 7 ? three[i - 4] : one[0], values[i]);
    r->draft.has_spread = count > 0;
    r->draft.run.overall = spread->mean;
}

static enum aw_err read_metadata(struct trtexec_json *r, const struct awh_record *record)
{
    static const struct {
        const char *path, *name, *unit;
    } figures[] = {
        {"performance_summary.Throughput", "throughput", "qps"},
        {"performance_summary.Latency[2]", "host latency mean", "ms"},
        {"performance_summary.Enqueue Time[2]", "enqueue time mean", "ms"},
        {"performance_summary.H2D Latency[2]", "h2d latency mean", "ms"},
        {"performance_summary.D2H Latency[2]", "d2h latency mean", "ms"},
        {"performance_summary.Total Host Walltime", "walltime", "s"},
        {"performance_summary.Total GPU Compute Time", "gpu compute time total", "s"},
    };
    static const char device_prefix[] = "device_information.";
    struct awh_draft *draft = &r->draft;
    struct awh_arena *arena = draft->log->arena;
    struct awh_yaml *device = awh_yaml_new_map(arena);
    enum aw_err err = end_run(r);
    double value;
    bool ok = device != NULL;
    for (size_t i = 0; ok && i < record->count; i++) {
        const struct awh_field *field = &record->fields[i];
        if (awh_starts(field->path, device_prefix))
            ok = awh_yaml_set(arena, device, field->path + strlen(device_prefix),
                              field->is_number ? awh_yaml_new_real(arena, field->number)
                                               : awh_yaml_new_str(arena, field->text));
    }
    if (!ok)
        return awh_fail_mem(draft->diag);
    awh_draft_begin(draft, "latency", "ms", record->line);
    read_summary(r, record);
    if (device->list.count > 0)
        draft->run.device = device;
    draft->run.net = awh_record_text(record, "model_options.Model");
    if (isnan(draft->run.overall))
        draft->run.perf = "info"; /* of the build of an engine */
    for (size_t i = 0; err == AW_OK && i < sizeof(figures) / sizeof(figures[0]); i++)
        if (awh_record_number(record, figures[i].path, &value))
            err = awh_draft_figure(draft, figures[i].name, value, figures[i].unit, record->line);
    if (err == AW_OK)
        err = awh_draft_emit(draft);
    awh_draft_begin(draft, "latency", "ms", 0);
    return err;
}

/* -- the file -----------------------------------------------------------------------------------
 */

static enum aw_err on_record(void *context, const struct awh_record *record)
{
    struct trtexec_json *r = context;
    const char *name = awh_record_text(record, "name");
    double number;
    if (awh_record_number(record, "count", &number) && name == NULL && number >= 0 &&
        number < 1e15) {
        enum aw_err err = end_run(r);
        r->iterations = (uint64_t)number;
        r->draft.run.line = record->line;
        return err;
    }
    if (name != NULL && awh_record_find(record, "timeMs") != NULL)
        return read_layer(r, record, name);
    if (awh_record_number(record, "computeMs", &number) && number >= 0)
        return read_times(r, record, number);
    for (size_t i = 0; i < record->count; i++)
        if (awh_starts(record->fields[i].path, "performance_summary.") ||
            awh_starts(record->fields[i].path, "build_options."))
            return read_metadata(r, record);
    return AW_OK;
}

static enum aw_err trtexec_json_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct trtexec_json r = {.iterations = 0};
    bool complete = false;
    awh_draft_init(&r.draft, log, diag);
    enum aw_err err = awh_records_read(log, on_record, &r, &complete, diag);
    if (err == AW_OK && !complete) {
        awh_warn(diag, "%s: the list has no end; what there is of it was read", log->path);
        r.draft.run.incomplete = r.draft.run.layer_count > 0;
    }
    if (err == AW_OK)
        err = end_run(&r);
    awh_draft_release(&r.draft);
    return err;
}

const struct awh_reader_type awh_reader_trtexec_json = {
    .name = "trtexec_json", .detect = trtexec_json_detect, .read = trtexec_json_read};
