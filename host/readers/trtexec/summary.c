/* Whole-net figures. Averages while it runs,
 *
 *   Average over 10 runs is 1.38 ms (percentile time is 1.60).     or nothing in brackets: up
 * to 5.0 Average over 10 runs is 1.38 ms (host walltime is 1.50 ms, 99% percentile time is 1.60).
 * 5.x Average on 10 runs - GPU latency: 1.38 ms - Host latency: 1.40 ms (end to end 1.41 ms,
 * enqueue 1.3 ms)
 *
 * and a summary at the end: up to 8.1 in blocks under a title, one figure a line,
 *
 *   GPU Compute
 *   min: 1.31 ms
 *   percentile: 1.60 ms at 99%          6.0: "1.60 ms (99%)"
 *
 * since then a subject a line, "GPU Compute Time: min = 0.84 ms, ..., percentile(99%) = 1.80 ms".
 */
#include <math.h>
#include <string.h>

#include "readers/text.h"
#include "readers/trtexec/trtexec.h"

static const char *const subject_names[AWH_TRT_SUBJECTS] = {
    [AWH_TRT_GPU] = "gpu compute time",
    [AWH_TRT_HOST] = "host latency",
    [AWH_TRT_END_TO_END] = "end to end latency",
    [AWH_TRT_ENQUEUE] = "enqueue time",
    [AWH_TRT_H2D] = "h2d latency",
    [AWH_TRT_D2H] = "d2h latency",
};

/* As they stand before a ':' or alone on a line. */
static const struct {
    const char *text;
    enum awh_trt_subject subject;
} titles[] = {
    {"GPU Compute Time", AWH_TRT_GPU},
    {"GPU Compute", AWH_TRT_GPU},
    {"GPU latency", AWH_TRT_GPU},
    {"Host Latency", AWH_TRT_HOST},
    {"Host latency", AWH_TRT_HOST},
    {"Latency", AWH_TRT_HOST},
    {"End-to-End Host Latency", AWH_TRT_END_TO_END},
    {"Enqueue Time", AWH_TRT_ENQUEUE},
    {"H2D Latency", AWH_TRT_H2D},
    {"D2H Latency", AWH_TRT_D2H},
};

static void note_line(struct awh_trtexec *r)
{
    if (r->scan.draft.run.line == 0)
        r->scan.draft.run.line = r->scan.lines.number;
}

/* -- one statistic ------------------------------------------------------------------------------
 */

/* `statistic` is "min", "max", "mean", "median" or "percentile"; `percent` only of the latter. */
static enum aw_err note(struct awh_trtexec *r, enum awh_trt_subject subject, const char *statistic,
                        double percent, double ms)
{
    struct awh_draft *draft = &r->scan.draft;
    bool is_mean = strcmp(statistic, "mean") == 0;
    char name[64];
    r->has_mean[subject] = r->has_mean[subject] || is_mean;
    if (subject != AWH_TRT_GPU) {
        if (strcmp(statistic, "percentile") == 0)
            snprintf(name, sizeof(name), "%s p%g", subject_names[subject], percent);
        else
            snprintf(name, sizeof(name), "%s %s", subject_names[subject], statistic);
        return awh_draft_figure(draft, name, ms, "ms", r->scan.lines.number);
    }
    draft->has_spread = r->has_gpu_summary = true;
    if (is_mean)
        draft->run.overall = draft->spread.mean = ms;
    else if (strcmp(statistic, "min") == 0)
        draft->spread.min = ms;
    else if (strcmp(statistic, "max") == 0)
        draft->spread.max = ms;
    else if (strcmp(statistic, "median") == 0)
        draft->spread.median = ms;
    else
        awh_spread_quantile(&draft->spread, percent, ms);
    return AW_OK;
}

static const char *const statistics[] = {"min", "max", "mean", "median", "percentile"};
#define STATISTICS (sizeof(statistics) / sizeof(statistics[0]))

/* "mean = 0.94 ms", "percentile(90%) = 1.80 ms" */
static enum aw_err read_assignment(struct awh_trtexec *r, const char *text)
{
    double percent = 0, ms;
    for (size_t i = 0; i < STATISTICS; i++) {
        if (!awh_starts(text, statistics[i]))
            continue;
        const char *at = text + strlen(statistics[i]);
        if (*at == '(') {
            at++;
            if (!awh_number(&at, &percent) || !awh_starts(at, "%)"))
                return AW_OK;
            at += 2;
        }
        if (awh_starts(at, " = ") && awh_number_after(at, " = ", &ms))
            return note(r, r->subject, statistics[i], percent, ms);
    }
    return AW_OK;
}

/* "mean: 1.49 ms (end to end 1.50 ms)", "percentile: 1.61 ms at 99% (end to end 1.62 ms at 99%)",
 * "percentile: 1.61 ms (99%)" */
static enum aw_err read_statistic(struct awh_trtexec *r, const char *text, bool *taken)
{
    double percent = 99, ms;
    for (size_t i = 0; i < STATISTICS; i++) {
        const char *at = text + strlen(statistics[i]);
        if (!awh_starts(text, statistics[i]) || *at != ':')
            continue;
        at++;
        if (!awh_number(&at, &ms) || !awh_starts(at, " ms"))
            return AW_OK;
        *taken = true;
        if (!awh_number_after(at, " at ", &percent) && !awh_number_after(at, " ms (", &percent))
            percent = 99;
        enum aw_err err = note(r, r->subject, statistics[i], percent, ms);
        if (err == AW_OK && awh_number_after(at, "(end to end ", &ms))
            err = note(r, AWH_TRT_END_TO_END, statistics[i], percent, ms);
        return err;
    }
    return AW_OK;
}

/* -- lines --------------------------------------------------------------------------------------
 */

static enum aw_err read_average(struct awh_trtexec *r, const char *text)
{
    static const struct {
        const char *mark;
        enum awh_trt_subject subject;
    } marks[] = {
        {" runs is ", AWH_TRT_GPU},          {"GPU latency: ", AWH_TRT_GPU},
        {"host walltime is ", AWH_TRT_HOST}, {"Host latency: ", AWH_TRT_HOST},
        {"end to end ", AWH_TRT_END_TO_END}, {"enqueue ", AWH_TRT_ENQUEUE},
    };
    double runs = 1, ms;
    enum aw_err err = AW_OK;
    if (!awh_number_after(text, "Average on ", &runs))
        (void)awh_number_after(text, "Average over ", &runs);
    if (!(runs >= 1) || runs > 1e9)
        return AW_OK;
    note_line(r);
    for (size_t i = 0; err == AW_OK && i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (!awh_number_after(text, marks[i].mark, &ms) || ms < 0)
            continue;
        r->averages[marks[i].subject].sum += ms * runs;
        r->averages[marks[i].subject].weight += runs;
        if (marks[i].subject == AWH_TRT_GPU) {
            r->scan.draft.run.sample_size = (uint64_t)runs;
            err = awh_draft_sample(&r->scan.draft, ms);
        }
    }
    return err;
}

static bool is_average(const char *text)
{
    const char *runs = awh_after(text, " runs is ");
    double ms;
    if (awh_starts(text, "Average on "))
        return strstr(text, " runs - GPU latency: ") != NULL;
    return awh_starts(text, "Average over ") && runs != NULL && awh_number(&runs, &ms) &&
           (strcmp(runs, " ms.") == 0 || awh_starts(runs, " ms ("));
}

static enum aw_err read_total(struct awh_trtexec *r, const char *text, bool *taken)
{
    static const struct {
        const char *text, *name, *unit;
    } totals[] = {
        {"Throughput: ", "throughput", "qps"},
        {"throughput: ", "throughput", "qps"},
        {"Total Host Walltime: ", "walltime", "s"},
        {"walltime: ", "walltime", "s"},
        {"Total GPU Compute Time: ", "gpu compute time total", "s"},
        {"total compute time: ", "gpu compute time total", "s"},
    };
    double value;
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++)
        if (awh_starts(text, totals[i].text) && awh_number_after(text, totals[i].text, &value)) {
            *taken = true;
            note_line(r);
            return awh_draft_figure(&r->scan.draft, totals[i].name, value, totals[i].unit,
                                    r->scan.lines.number);
        }
    return AW_OK;
}

/* A title alone begins a block; one with figures behind it is a line of the newer summary. */
static enum aw_err read_title(struct awh_trtexec *r, const char *text, bool *taken)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (!awh_starts(text, titles[i].text))
            continue;
        const char *at = text + strlen(titles[i].text);
        if (*at != '\0' && !awh_starts(at, ": min = "))
            continue;
        *taken = true;
        note_line(r);
        r->subject = titles[i].subject;
        r->section = AWH_TRT_SUMMARY;
        at = *at == '\0' ? NULL : at + 2;
        for (; err == AW_OK && at != NULL; at = awh_after(at, ", "))
            err = read_assignment(r, at);
        return err;
    }
    return AW_OK;
}

/* Lines with which a session reports something a second time belong to the next one. */
static bool starts_session(const struct awh_trtexec *r, const char *text)
{
    if (is_average(text))
        return r->has_gpu_summary || r->has_table;
    return r->has_gpu_summary &&
           (awh_starts(text, "Throughput: ") || strcmp(text, "Host Latency") == 0 ||
            strcmp(text, "Host latency") == 0 || awh_starts(text, "GPU Compute Time: min = ") ||
            strcmp(text, "GPU Compute") == 0);
}

enum aw_err awh_trtexec_summary_line(struct awh_trtexec *r, const char *text, bool *starts)
{
    bool taken = false;
    *starts = starts_session(r, text);
    if (*starts)
        return AW_OK;
    if (is_average(text))
        return read_average(r, text);
    const char *queries = awh_after(text, "Timing trace has ");
    if (queries != NULL) {
        (void)awh_digits(&queries, &r->queries);
        return AW_OK;
    }
    enum aw_err err = AW_OK;
    if (r->section == AWH_TRT_SUMMARY)
        err = read_statistic(r, text, &taken);
    if (err == AW_OK && !taken)
        err = read_title(r, text, &taken);
    if (err == AW_OK && !taken)
        err = read_total(r, text, &taken);
    return err;
}

enum aw_err awh_trtexec_end_summary(struct awh_trtexec *r)
{
    struct awh_draft *draft = &r->scan.draft;
    enum aw_err err = AW_OK;
    for (unsigned i = 0; err == AW_OK && i < AWH_TRT_SUBJECTS; i++) {
        if (r->has_mean[i] || !(r->averages[i].weight > 0))
            continue;
        double mean = r->averages[i].sum / r->averages[i].weight;
        if (i != AWH_TRT_GPU)
            err = note(r, i, "mean", 0, mean);
        else
            draft->run.overall = mean;
    }
    if (r->queries > 0)
        draft->run.count = r->queries;
    else if (r->averages[AWH_TRT_GPU].weight > 0)
        draft->run.count = (uint64_t)r->averages[AWH_TRT_GPU].weight;
    return err;
}
