/* Traces that N2Cube writes for dsight, dpu_trace_<pid>.prof: a line a task,
 *
 *   core <tab> kernel, right-aligned in 20 columns <tab> start us <tab> end us <tab> utilization
 * 0..1
 *
 * In debug mode it is a line a node, under the name of the kernel. Each kernel becomes one entry.
 */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define US_PER_MS 1000.0

extern const struct awh_reader_type awh_reader_dsight;

struct row {
    const char *kernel;
    double start_us, end_us;
};

static bool read_row(char *text, struct row *row)
{
    char *fields[6];
    double core, utilization;
    if (awh_split(text, '\t', fields, 6) != 5 || !awh_is_number(fields[0], NULL, &core) ||
        core < 0 || fields[1][0] == '\0' || !awh_is_number(fields[2], NULL, &row->start_us) ||
        !awh_is_number(fields[3], NULL, &row->end_us) ||
        !awh_is_number(fields[4], NULL, &utilization) || row->end_us < row->start_us ||
        row->start_us != floor(row->start_us) || row->end_us != floor(row->end_us))
        return false;
    row->kernel = fields[1];
    return true;
}

/* The first line is a row: nothing else writes into the file. */
static bool dsight_detect(const char *text, size_t size)
{
    char line[256];
    struct row row;
    (void)size;
    size_t length = strcspn(text, "\r\n");
    if (length >= sizeof(line))
        return false;
    memcpy(line, text, length);
    line[length] = '\0';
    return read_row(line, &row);
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct awh_draft *draft = &scan->draft;
    struct awh_layer_time *layer;
    struct row row;
    if (*awh_trim(text) == '\0')
        return AW_OK;
    if (!read_row(text, &row))
        return awh_lines_fail(&scan->lines, AW_ERR_FORMAT,
                              "expected CORE, KERNEL, START us, END us and UTILIZATION with tabs "
                              "between them");
    double ms = (row.end_us - row.start_us) / US_PER_MS;
    if (draft->run.line == 0)
        draft->run.line = scan->lines.number;
    enum aw_err err = awh_draft_add(draft, row.kernel, ms, scan->lines.number, &layer);
    if (err != AW_OK)
        return err;
    if (layer->spread == NULL) {
        struct awh_spread *spread = awh_draft_spread(draft);
        if (spread == NULL)
            return awh_fail_mem(draft->diag);
        spread->min = spread->max = ms;
        layer->spread = spread;
        return AW_OK;
    }
    struct awh_spread *spread = (struct awh_spread *)(uintptr_t)layer->spread; /* made above */
    spread->min = fmin(spread->min, ms);
    spread->max = fmax(spread->max, ms);
    return AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    struct awh_draft *draft = &scan->draft;
    for (size_t i = 0; i < draft->run.layer_count; i++)
        draft->layers[i].value /= (double)draft->layers[i].count;
    if (draft->run.layer_count == 1)
        draft->run.overall = draft->layers[0].value;
    return draft->run.layer_count == 0 ? AW_OK : awh_draft_emit(draft);
}

static enum aw_err dsight_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct awh_scan scan = {0};
    return awh_scan_log(&scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_dsight = {
    .name = "dsight", .detect = dsight_detect, .read = dsight_read};
