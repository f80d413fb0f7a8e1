/* Counters of OpenVINO: benchmark_app -report_type average_counters or detailed_counters, and the
 * dumps of its plug-ins, whose rows end with a ';' more:
 *
 *   layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)
 *   conv1;EXECUTED;Convolution;jit_avx2;0.536;0.536
 *   conv1_relu;OPTIMIZED_OUT;ReLU;<none>;0.0;0.0
 *   Total;;;;0.536;0.536
 *
 * Each header begins a run. Layers that did not run keep their place with a time of 0. Names may
 * have ';' in them: columns are counted from the end. */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define FIELDS_MAX 16
#define US_PER_MS  1000.0

extern const struct awh_reader_type awh_reader_openvino;

struct openvino {
    struct awh_scan scan;
    bool in_table, has_total;
    size_t columns;                           /* behind the name */
    size_t status, type, real_time, cpu_time; /* which of them */
    double ms_per_unit;
    double total_ms;
};

static bool openvino_detect(const char *text, size_t size)
{
    (void)size;
    const char *header = strstr(text, "layerName;execStatus;");
    return header != NULL && strstr(header, ";realTime (") != NULL;
}

/* Cuts the last `count` fields off; false when there are fewer, or no name before them. */
static bool last_fields(char *text, size_t count, char **fields)
{
    size_t size = strlen(text);
    if (size > 0 && text[size - 1] == ';')
        text[size - 1] = '\0'; /* of a dump */
    for (size_t i = count; i-- > 0;) {
        char *separator = strrchr(text, ';');
        if (separator == NULL)
            return false;
        *separator = '\0';
        fields[i] = awh_trim(separator + 1);
    }
    return true;
}

static enum aw_err read_header(struct openvino *r, char *text)
{
    char *fields[FIELDS_MAX];
    size_t count = awh_split(text, ';', fields, FIELDS_MAX);
    if (count > 1 && fields[count - 1][0] == '\0')
        count--;
    r->columns = count - 1;
    r->status = r->type = r->real_time = r->cpu_time = FIELDS_MAX;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(fields[i], "execStatus") == 0)
            r->status = i - 1;
        else if (strcmp(fields[i], "layerType") == 0)
            r->type = i - 1;
        else if (awh_starts(fields[i], "cpuTime ("))
            r->cpu_time = i - 1;
        else if (awh_starts(fields[i], "realTime ("))
            r->real_time = i - 1;
    }
    if (r->status == FIELDS_MAX || r->real_time == FIELDS_MAX)
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT,
                              "expected the columns execStatus and realTime");
    bool is_us = strstr(fields[r->real_time + 1], "(us)") != NULL;
    r->ms_per_unit = is_us ? 1 / US_PER_MS : 1;
    r->in_table = true;
    r->has_total = false;
    r->scan.draft.run.line = r->scan.lines.number;
    return AW_OK;
}

static enum aw_err end_table(struct openvino *r)
{
    struct awh_draft *draft = &r->scan.draft;
    size_t count = draft->run.layer_count;
    if (!r->in_table || count == 0)
        return AW_OK;
    double sum = awh_draft_sum(draft);
    /* Each time is rounded to a us, and printed with six digits. */
    double rounding = 0.0005 * (double)(count + 1) * r->ms_per_unit + 1e-5 * sum;
    if (!r->has_total || fabs(sum - r->total_ms) > rounding) {
        draft->run.incomplete = true;
        if (r->has_total)
            awh_lines_warn(
                &r->scan.lines,
                "the %zu layers above add up to %g ms, not to the total of %g ms; layers "
                "are missing",
                count, sum, r->total_ms);
        else
            awh_lines_warn(&r->scan.lines, "the table ends without its row 'Total'");
    }
    r->in_table = false;
    return awh_draft_emit(draft);
}

static enum aw_err read_total(struct openvino *r, char *const *fields)
{
    struct awh_draft *draft = &r->scan.draft;
    double cpu;
    enum aw_err err = AW_OK;
    if (!awh_is_number(fields[r->real_time], NULL, &r->total_ms))
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT, "expected the total of realTime");
    r->has_total = true;
    r->total_ms *= r->ms_per_unit;
    err = awh_draft_figure(draft, AWH_LAYERS_TOTAL, r->total_ms, "ms", r->scan.lines.number);
    if (err == AW_OK && r->cpu_time < FIELDS_MAX && awh_is_number(fields[r->cpu_time], NULL, &cpu))
        err = awh_draft_figure(draft, "layers cpu total", cpu * r->ms_per_unit, "ms",
                               r->scan.lines.number);
    return err != AW_OK ? err : end_table(r);
}

static enum aw_err read_row(struct openvino *r, char *text)
{
    char *fields[FIELDS_MAX];
    double time;
    struct awh_layer_time *layer;
    if (*awh_trim(text) == '\0')
        return AW_OK;
    if (!last_fields(text, r->columns, fields) || *text == '\0')
        return AW_OK; /* other output */
    const char *status = fields[r->status];
    if (strcmp(text, "Total") == 0 && *status == '\0')
        return read_total(r, fields);
    if (!awh_is_number(fields[r->real_time], NULL, &time) || time < 0)
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT,
                              "expected a realTime of at least 0, found '%.40s'",
                              fields[r->real_time]);
    bool executed = strcmp(status, "EXECUTED") == 0;
    if (!executed && strcmp(status, "NOT_RUN") != 0 && strcmp(status, "OPTIMIZED_OUT") != 0)
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT,
                              "expected the status EXECUTED, NOT_RUN or OPTIMIZED_OUT, found "
                              "'%.40s'",
                              status);
    enum aw_err err = awh_draft_layer(&r->scan.draft, text, executed ? time * r->ms_per_unit : 0,
                                      r->scan.lines.number, &layer);
    if (err == AW_OK && r->type < FIELDS_MAX &&
        (layer->type = awh_draft_text(&r->scan.draft, fields[r->type])) == NULL)
        err = AW_ERR_NO_MEM;
    return err;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct openvino *r = (struct openvino *)scan;
    char *header = strstr(text, "layerName;execStatus;");
    if (header != NULL) {
        enum aw_err err = end_table(r);
        return err != AW_OK ? err : read_header(r, header);
    }
    return r->in_table ? read_row(r, text) : AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    return end_table((struct openvino *)scan);
}

static enum aw_err openvino_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct openvino r = {.in_table = false};
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_openvino = {
    .name = "openvino", .detect = openvino_detect, .read = openvino_read};
