/* Sessions of the MLPerf Tiny runner: its log, and its results. Each window of inferences is a run
 * of the whole net. In the log of a performance session the device stamps both ends of a window,
 *
 *   dut: m-infer-start-100
 *   dut: m-lap-us-19413000
 *   dut: m-lap-us-58368000
 *   dut: m-infer-done
 *
 * in that of an energy session there are only the runner's own stamps, seconds before each line.
 * Results are
 *
 *   ulp-mlperf: Performance results for window 2:
 *   ulp-mlperf:   # Inferences :          100
 *   ulp-mlperf:   Runtime      :       38.955 sec.
 *   ulp-ml: Energy data for window 13 at time 629.97 sec. for 11.71 sec.:
 *   ulp-ml:   Energy/Inf.  :      9226.304 uJ/inf.
 *
 * with the median of the windows at their end. */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define MS_PER_S  1000.0
#define US_PER_MS 1000.0
#define WRAP_US   4294967296.0

extern const struct awh_reader_type awh_reader_mlperf_tiny;

struct mlperf {
    struct awh_scan scan;
    char model[64];
    /* of the log */
    bool in_window;
    double inferences, start_s;
    uint32_t line;
    unsigned laps;        /* in the window */
    double lap_before_us; /* the last one before it; NAN: none */
    double first_lap_us, last_lap_us;
    /* of the results */
    enum { NO_RESULT, PERFORMANCE, ENERGY } result;
    double runtime_s, window_energy;
    bool has_energy;
};

static bool mlperf_detect(const char *text, size_t size)
{
    static const char *const marks[] = {
        "m-infer-start-",          "m-lap-us-",
        "m-session-start-id[",     "Performance results for window ",
        "Energy data for window ", "Median throughput is ",
        "Median energy cost is ",
    };
    (void)size;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(text, marks[i]) != NULL)
            return true;
    return false;
}

static enum aw_err emit(struct mlperf *r)
{
    if (r->model[0] != '\0')
        r->scan.draft.run.net = r->model;
    return awh_draft_emit(&r->scan.draft);
}

/* -- the log ------------------------------------------------------------------------------------
 */

static void begin_window(struct mlperf *r, const char *text, double inferences)
{
    const char *at = text;
    r->in_window = true;
    r->inferences = inferences;
    r->laps = 0;
    r->line = r->scan.lines.number;
    if (!awh_number(&at, &r->start_s) || *at != ' ')
        r->start_s = (double)NAN;
}

/* Many ports print a counter of 32 bits, which begins anew every 71 minutes. */
static double between_us(double first_us, double last_us)
{
    bool wrapped = last_us < first_us && first_us < WRAP_US;
    return last_us - first_us + (wrapped ? WRAP_US : 0);
}

static enum aw_err end_window(struct mlperf *r, const char *text)
{
    struct awh_draft *draft = &r->scan.draft;
    const char *at = text;
    double end_s, ms = (double)NAN;
    bool stamped = awh_number(&at, &end_s) && *at == ' ' && end_s >= r->start_s;
    r->in_window = false;
    if (r->laps >= 2)
        ms = between_us(r->first_lap_us, r->last_lap_us) / US_PER_MS;
    else if (r->laps == 1)
        ms = between_us(r->lap_before_us, r->last_lap_us) / US_PER_MS;
    else if (stamped)
        ms = (end_s - r->start_s) * MS_PER_S;
    r->lap_before_us = (double)NAN;
    if (!(ms > 0)) {
        awh_warn(draft->diag, "%s:%u: no two times of this window of inferences; it is left out",
                 r->scan.lines.path, (unsigned)r->line);
        return AW_OK;
    }
    awh_draft_begin(draft, "latency", "ms", r->line);
    draft->run.overall = ms / r->inferences;
    draft->run.count = (uint64_t)r->inferences;
    enum aw_err err =
        awh_draft_figure(draft, r->laps > 0 ? "window" : "window by the runner's clock",
                         ms / MS_PER_S, "s", r->line);
    return err != AW_OK ? err : emit(r);
}

static enum aw_err read_message(struct mlperf *r, const char *text)
{
    double number;
    const char *at;
    if ((at = awh_after(text, "m-model-[")) != NULL)
        snprintf(r->model, sizeof(r->model), "%.*s", (int)strcspn(at, "]"), at);
    if (awh_number_after(text, "m-infer-start-", &number) && number >= 1 && number < 1e12) {
        begin_window(r, text, floor(number));
    } else if (awh_number_after(text, "m-lap-us-", &number)) {
        if (!r->in_window)
            r->lap_before_us = number;
        else if (r->laps++ == 0)
            r->first_lap_us = number;
        r->last_lap_us = number;
    } else if (r->in_window && strstr(text, "m-infer-done") != NULL) {
        return end_window(r, text);
    }
    return AW_OK;
}

/* -- the results --------------------------------------------------------------------------------
 */

static enum aw_err end_result(struct mlperf *r)
{
    struct awh_draft *draft = &r->scan.draft;
    int result = r->result;
    r->result = NO_RESULT;
    if (result == PERFORMANCE) {
        if (!(r->inferences >= 1) || !(r->runtime_s > 0))
            return awh_fail(draft->diag, AW_ERR_FORMAT,
                            "%s:%u: expected '# Inferences' and 'Runtime' below",
                            r->scan.lines.path, (unsigned)draft->run.line);
        draft->run.overall = r->runtime_s * MS_PER_S / r->inferences;
        draft->run.count = (uint64_t)r->inferences;
        return emit(r);
    }
    if (result != ENERGY)
        return AW_OK;
    if (!r->has_energy)
        return awh_fail(draft->diag, AW_ERR_FORMAT, "%s:%u: expected 'Energy/Inf.' below",
                        r->scan.lines.path, (unsigned)draft->run.line);
    return emit(r);
}

static enum aw_err begin_result(struct mlperf *r, int result)
{
    enum aw_err err = end_result(r);
    awh_draft_begin(&r->scan.draft, result == ENERGY ? "energy" : "latency",
                    result == ENERGY ? "uJ" : "ms", r->scan.lines.number);
    r->result = result;
    r->inferences = r->runtime_s = r->window_energy = (double)NAN;
    r->has_energy = false;
    return err;
}

/* "9226.304 uJ/inf." -> unit "uJ" */
static bool read_quantity(const char *text, double *value, char unit[16])
{
    if (!awh_number(&text, value))
        return false;
    text += strspn(text, " ");
    snprintf(unit, 16, "%.*s", (int)strcspn(text, "/. "), text);
    return true;
}

static enum aw_err read_energy(struct mlperf *r, double value, const char *unit)
{
    struct awh_draft *draft = &r->scan.draft;
    draft->run.overall = value;
    draft->run.unit = awh_draft_text(draft, unit);
    if (r->window_energy / value >= 0.5 && r->window_energy / value < 1e15)
        draft->run.count = (uint64_t)round(r->window_energy / value);
    r->has_energy = true;
    return draft->run.unit == NULL ? AW_ERR_NO_MEM : AW_OK;
}

static enum aw_err read_value(struct mlperf *r, const char *name, const char *text)
{
    struct awh_draft *draft = &r->scan.draft;
    uint32_t line = r->scan.lines.number;
    double value;
    char unit[16];
    if (!read_quantity(text, &value, unit) || value < 0)
        return AW_OK;
    if (awh_ends(name, "# Inferences") && value < 1e15)
        r->inferences = floor(value);
    if (awh_ends(name, "Runtime"))
        r->runtime_s = value;
    if (awh_ends(name, "Throughput"))
        return awh_draft_figure(draft, "throughput", value, "inf/s", line);
    if (awh_ends(name, "Power"))
        return awh_draft_figure(draft, "power", value, unit, line);
    if (awh_ends(name, "Energy")) {
        r->window_energy = value;
        return awh_draft_figure(draft, "window energy", value, unit, line);
    }
    if (awh_ends(name, "Energy/Inf.") || awh_ends(name, "Energy/Inf"))
        return read_energy(r, value, unit);
    return AW_OK;
}

static enum aw_err read_median(struct mlperf *r, const char *name, const char *text)
{
    double value;
    char unit[16];
    enum aw_err err = end_result(r);
    if (err != AW_OK || !read_quantity(text, &value, unit))
        return err;
    bool energy = strcmp(name, "median energy") == 0;
    awh_draft_begin(&r->scan.draft, energy ? "energy" : "latency", "", r->scan.lines.number);
    r->scan.draft.run.section = "median";
    r->scan.draft.run.unit = energy ? unit : "ms";
    r->scan.draft.run.overall = energy ? value : MS_PER_S / value;
    if (!energy && !(value > 0))
        return AW_OK;
    return emit(r);
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct mlperf *r = (struct mlperf *)scan;
    const char *at;
    if (strstr(text, "m-") != NULL && strstr(text, "m-sequencing-") == NULL)
        return read_message(r, text);
    if (strstr(text, "Performance results for window ") != NULL)
        return begin_result(r, PERFORMANCE);
    if (strstr(text, "Energy data for window ") != NULL)
        return begin_result(r, ENERGY);
    if ((at = awh_after(text, "Median throughput is ")) != NULL)
        return read_median(r, "median throughput", at);
    if ((at = awh_after(text, "Median energy cost is ")) != NULL)
        return read_median(r, "median energy", at);
    char *value = strrchr(text, ':');
    if (r->result == NO_RESULT || value == NULL)
        return AW_OK;
    *value = '\0';
    return read_value(r, awh_trim(text), value + 1);
}

static enum aw_err finish(struct awh_scan *scan)
{
    return end_result((struct mlperf *)scan);
}

static enum aw_err mlperf_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct mlperf r = {.result = NO_RESULT, .lap_before_us = (double)NAN};
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_mlperf_tiny = {
    .name = "mlperf_tiny", .detect = mlperf_detect, .read = mlperf_read};
