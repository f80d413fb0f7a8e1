/* Layers, from --dumpProfile. Three tables, and the list of 5.x:
 *
 *   === Profile (1514 iterations ) ===
 *              Layer   Time (ms)   Avg. Time (ms)   Time %                        6.0 to 8.4
 *      conv1 + relu1       68.17             0.05      1.2                        names
 * right-aligned Layer   Time (ms)   Avg. Time (ms)   Median Time (ms)   Time %     8.5 Time(ms)
 * Avg.(ms)   Median(ms)   Time(%)   Layer                       8.6 and later 486.12       0.3390
 * 0.3389      21.0   conv1 + relu1 Total     5477.95             3.62    100.0
 *
 *   conv1 + relu1                            0.123ms                              5.x: name, cut at
 * 40 Time over all layers: 0.123
 *
 * The average is printed with few digits: the value is the time over the iterations. */
#include <math.h>
#include <string.h>

#include "readers/text.h"
#include "readers/trtexec/trtexec.h"

#define OLD_NAME_COLUMNS 40

enum { TIME, AVERAGE, MEDIAN_OR_SHARE, SHARE, COLUMNS_MAX };

enum aw_err awh_trtexec_begin_table(struct awh_trtexec *r, const char *text)
{
    const char *at = awh_after(text, "=== Profile (");
    if (at == NULL || !awh_digits(&at, &r->iterations) || r->iterations == 0)
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT,
                              "expected '=== Profile (N iterations ) ===', N at least 1");
    r->section = AWH_TRT_TABLE;
    r->has_header = false;
    r->has_table = true;
    r->table_sum_ms = 0;
    r->scan.draft.run.count = r->iterations;
    if (r->scan.draft.run.line == 0)
        r->scan.draft.run.line = r->scan.lines.number;
    return AW_OK;
}

enum aw_err awh_trtexec_end_table(struct awh_trtexec *r)
{
    if (r->section != AWH_TRT_TABLE)
        return AW_OK;
    r->section = AWH_TRT_NONE;
    r->scan.draft.run.incomplete = true;
    awh_lines_warn(&r->scan.lines, "the profile ends without its row 'Total'; it is cut off");
    return AW_OK;
}

static bool read_header(struct awh_trtexec *r, const char *text)
{
    if (strstr(text, "Layer") == NULL || strstr(text, "Time") == NULL)
        return false;
    r->layer_last = awh_ends(text, "Layer");
    r->has_median = strstr(text, "Median") != NULL;
    r->has_header = true;
    return true;
}

/* NULL unless the line is a row; the values are then set. */
static const char *read_row(const struct awh_trtexec *r, char *text, double *values)
{
    size_t count = r->has_median ? COLUMNS_MAX : COLUMNS_MAX - 1;
    if (r->layer_last) {
        const char *at = text;
        for (size_t i = 0; i < count; i++)
            if (!awh_number(&at, &values[i]) || (*at != ' ' && *at != '\t'))
                return NULL;
        return awh_trim(text + (at - text));
    }
    char *words[COLUMNS_MAX];
    if (!awh_last_words(text, count, words))
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (!awh_is_number(words[i], NULL, &values[i]))
            return NULL;
    return awh_trim(text);
}

static void check_total(struct awh_trtexec *r, double total_ms)
{
    size_t count = r->scan.draft.run.layer_count;
    r->section = AWH_TRT_NONE;
    if (fabs(r->table_sum_ms - total_ms) <= 0.005 * (double)(count + 1) + 1e-6 * total_ms)
        return;
    r->scan.draft.run.incomplete = true;
    awh_lines_warn(
        &r->scan.lines,
        "the %zu rows above add up to %g ms, not to the total of %g ms; rows are missing", count,
        r->table_sum_ms, total_ms);
}

enum aw_err awh_trtexec_table_line(struct awh_trtexec *r, char *text, bool *taken)
{
    double values[COLUMNS_MAX];
    *taken = false;
    if (!r->has_header) {
        *taken = read_header(r, text);
        return AW_OK;
    }
    if (*text == '\0' && r->scan.draft.run.layer_count > 0)
        return awh_trtexec_end_table(r);
    char *copy = text; /* not cut up unless it is a row */
    const char *name = read_row(r, copy, values);
    if (name == NULL || *name == '\0' || values[TIME] < 0)
        return AW_OK;
    *taken = true;
    if (strcmp(name, "Total") == 0) {
        check_total(r, values[TIME]);
        return awh_draft_figure(&r->scan.draft, AWH_LAYERS_TOTAL,
                                values[TIME] / (double)r->iterations, "ms", r->scan.lines.number);
    }
    struct awh_layer_time *layer;
    enum aw_err err = awh_draft_layer(&r->scan.draft, name, values[TIME] / (double)r->iterations,
                                      r->scan.lines.number, &layer);
    if (err != AW_OK)
        return err;
    r->table_sum_ms += values[TIME];
    struct awh_spread *spread = awh_draft_spread(&r->scan.draft);
    if (spread == NULL)
        return awh_fail_mem(r->scan.draft.diag);
    spread->mean = values[AVERAGE];
    if (r->has_median)
        spread->median = values[MEDIAN_OR_SHARE];
    layer->spread = spread;
    layer->count = r->iterations;
    return AW_OK;
}

/* -- 5.x ----------------------------------------------------------------------------------------
 */

static enum aw_err take_candidates(struct awh_trtexec *r, double total_ms)
{
    struct awh_draft *draft = &r->scan.draft, *rows = &r->candidates;
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < rows->run.layer_count; i++)
        err = awh_draft_layer(draft, rows->layers[i].name, rows->layers[i].value,
                              rows->layers[i].line, NULL);
    if (err == AW_OK)
        err = awh_draft_figure(draft, AWH_LAYERS_TOTAL, total_ms, "ms", r->scan.lines.number);
    double sum = awh_draft_sum(rows);
    r->has_table = true;
    if (fabs(sum - total_ms) > 0.0005 * (double)(rows->run.layer_count + 1) + 1e-6 * total_ms) {
        draft->run.incomplete = true;
        awh_lines_warn(&r->scan.lines, "the %zu layers above add up to %g ms, not to %g ms",
                       rows->run.layer_count, sum, total_ms);
    }
    awh_draft_begin(rows, "latency", "ms", 0);
    return err;
}

enum aw_err awh_trtexec_old_line(struct awh_trtexec *r, char *text)
{
    double ms;
    char *words[1];
    if (awh_starts(text, "Time over all layers: ") && awh_number_after(text, "layers: ", &ms) &&
        r->candidates.run.layer_count > 0)
        return take_candidates(r, ms);
    if (!awh_last_words(text, 1, words) || !awh_ends(words[0], "ms") ||
        !awh_is_number(words[0], "ms", &ms) || ms < 0) {
        if (r->candidates.run.layer_count > 0)
            awh_draft_begin(&r->candidates, "latency", "ms", 0);
        return AW_OK;
    }
    char name[OLD_NAME_COLUMNS + 2];
    size_t size = strlen(text);
    if (size > OLD_NAME_COLUMNS)
        return AW_OK;
    /* A name of all 40 columns may be longer: marked as others mark what is cut. */
    snprintf(name, sizeof(name), "%s%s", text, size == OLD_NAME_COLUMNS ? "*" : "");
    return awh_draft_layer(&r->candidates, name, ms, r->scan.lines.number, NULL);
}
