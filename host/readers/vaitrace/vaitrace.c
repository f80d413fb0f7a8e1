/* Text summaries of vaitrace (vaitrace --txt): tables with '|' between the cells, under a header
 * whose names changed from release to release,
 *
 *   1.x  DPU | Batch | SubGraph | Workload(GOP) | RunTime(ms) | Perf(GOP/s) | Mem(MB) | MB/s
 *   2.0  DPU Id | Bat | DPU SubGraph | WL | RT | Perf | LdWB | LdFM | StFM | AvgBw
 *   2.5  DPU Id | Bat | DPU SubGraph | WL | SW_RT | HW_RT | Effic | LdWB | LdFM | StFM | AvgBw
 *
 * (without HW_RT and Effic on cards). "~0" is a value between 0 and 0.001; names are cut at their
 * start,
 * "...end of the name". A subgraph that ran on several cores has a row for each: they are averaged.
 * Subgraphs of the CPU are part of the net, functions outside the graph are not. */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define COLUMNS_MAX   16
#define NEAR_ZERO_MAX 0.001
#define NEAR_ZERO     0.0005 /* its middle */

extern const struct awh_reader_type awh_reader_vaitrace;

/* Runs that the tables are sorted into. */
enum { NET, SOFTWARE, MEMORY, FUNCTIONS, RUNS };

struct vaitrace {
    struct awh_scan scan; /* its draft: NET */
    struct awh_draft others[RUNS - 1];
    enum { OUTSIDE, DPU_TABLE, CPU_TABLE, FUNCTION_TABLE } state;
    size_t columns;
    int name, time, software_time, runs, type; /* columns, -1: there is none */
    int memory[4];
    size_t memory_count;
};

static struct awh_draft *draft_of(struct vaitrace *r, unsigned run)
{
    return run == NET ? &r->scan.draft : &r->others[run - 1];
}

/* A line with bars that names subgraphs and a time, in whatever order. */
static bool vaitrace_detect(const char *text, size_t size)
{
    (void)size;
    for (const char *at = text; (at = strstr(at, "SubGraph")) != NULL; at++) {
        char line[512];
        const char *begin = at;
        while (begin > text && begin[-1] != '\n')
            begin--;
        size_t length = strcspn(begin, "\r\n");
        if (length >= sizeof(line))
            continue;
        memcpy(line, begin, length);
        line[length] = '\0';
        const char *time = strstr(line, "RT");
        bool has_time = time != NULL && strchr(" \t|", time[2]) != NULL;
        if (strchr(line, '|') != NULL && (has_time || strstr(line, "RunTime(ms)") != NULL))
            return true;
    }
    return false;
}

/* -- headers ------------------------------------------------------------------------------------
 */

static int find_column(char *const *cells, size_t count, const char *const *names)
{
    for (; *names != NULL; names++)
        for (size_t i = 0; i < count; i++)
            if (strcmp(cells[i], *names) == 0)
                return (int)i;
    return -1;
}

static bool read_header(struct vaitrace *r, char *const *cells, size_t count)
{
    static const char *const dpu_names[] = {"DPU SubGraph", "SubGraph", NULL};
    static const char *const cpu_names[] = {"CPU SubGraph", NULL};
    static const char *const function_names[] = {"Function", NULL};
    static const char *const times[] = {"HW_RT", "RT", "RunTime(ms)", "AverageRunTime(ms)",
                                        "SW_RT", NULL};
    static const char *const software[] = {"SW_RT", NULL}, *const runs[] = {"Runs", NULL};
    static const char *const types[] = {"OPs", "Device", "DPU Id", "DPU", NULL};
    static const char *const sizes[] = {"Mem(MB)", "LdWB", "LdFM", "StFM"};
    int dpu = find_column(cells, count, dpu_names), cpu = find_column(cells, count, cpu_names);
    int function = find_column(cells, count, function_names);
    int time = find_column(cells, count, times);
    if (time < 0 || (dpu < 0 && cpu < 0 && function < 0))
        return false;
    r->state = dpu >= 0 ? DPU_TABLE : cpu >= 0 ? CPU_TABLE : FUNCTION_TABLE;
    r->name = dpu >= 0 ? dpu : cpu >= 0 ? cpu : function;
    r->columns = count;
    r->time = time;
    r->software_time = find_column(cells, count, software);
    if (r->software_time == r->time)
        r->software_time = -1;
    r->runs = find_column(cells, count, runs);
    r->type = dpu >= 0 ? -1 : find_column(cells, count, types);
    r->memory_count = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const char *const wanted[] = {sizes[i], NULL};
        int column = find_column(cells, count, wanted);
        if (column >= 0)
            r->memory[r->memory_count++] = column;
    }
    return true;
}

/* -- rows ---------------------------------------------------------------------------------------
 */

/* NAN for "-" and whatever else is no number. */
static double read_cell(const char *cell, bool *near_zero)
{
    double value;
    if (strcmp(cell, "~0") == 0) {
        *near_zero = true;
        return NEAR_ZERO;
    }
    return awh_is_number(cell, NULL, &value) && value >= 0 ? value : (double)NAN;
}

static enum aw_err add(struct vaitrace *r, unsigned run, const char *name, double value,
                       bool near_zero, struct awh_layer_time **layer_out)
{
    struct awh_draft *draft = draft_of(r, run);
    struct awh_layer_time *layer;
    enum aw_err err = awh_draft_add(draft, name, value, r->scan.lines.number, &layer);
    if (err == AW_OK && near_zero && layer->count == 1) {
        struct awh_spread *spread = awh_draft_spread(draft);
        if (spread == NULL)
            return awh_fail_mem(draft->diag);
        spread->min = 0;
        spread->max = NEAR_ZERO_MAX;
        layer->spread = spread;
    }
    if (err == AW_OK && layer_out != NULL)
        *layer_out = layer;
    return err;
}

static enum aw_err add_row(struct vaitrace *r, char *const *cells)
{
    const char *name = cells[r->name];
    bool near_zero = false, ignored = false;
    unsigned run = r->state == FUNCTION_TABLE ? FUNCTIONS : NET;
    double ms = read_cell(cells[r->time], &near_zero);
    struct awh_layer_time *layer = NULL;
    if (isnan(ms) || *name == '\0')
        return AW_OK;
    enum aw_err err = add(r, run, name, ms, near_zero, &layer);
    if (err == AW_OK && r->type >= 0 && layer->type == NULL &&
        (layer->type = awh_draft_text(draft_of(r, run), cells[r->type])) == NULL)
        return AW_ERR_RANGE;
    if (err == AW_OK && r->software_time >= 0) {
        double software_ms = read_cell(cells[r->software_time], &ignored);
        if (!isnan(software_ms))
            err = add(r, SOFTWARE, name, software_ms, false, NULL);
    }
    double mb = 0;
    for (size_t i = 0; i < r->memory_count; i++)
        mb += read_cell(cells[r->memory[i]], &ignored);
    if (err == AW_OK && r->memory_count > 0 && !isnan(mb))
        err = add(r, MEMORY, name, mb, false, NULL);
    return err;
}

/* -- runs ---------------------------------------------------------------------------------------
 */

static void begin_runs(struct vaitrace *r)
{
    for (unsigned i = 0; i < RUNS; i++)
        awh_draft_begin(draft_of(r, i), i == MEMORY ? "memory" : "latency",
                        i == MEMORY ? "MB" : "ms", r->scan.lines.number);
    draft_of(r, SOFTWARE)->run.section = "software_time";
    draft_of(r, FUNCTIONS)->run.section = "cpu_functions";
}

static enum aw_err emit_runs(struct vaitrace *r)
{
    enum aw_err err = AW_OK;
    for (unsigned i = 0; err == AW_OK && i < RUNS; i++) {
        struct awh_draft *draft = draft_of(r, i);
        for (size_t n = 0; n < draft->run.layer_count; n++) {
            draft->layers[n].value /= (double)draft->layers[n].count;
            draft->layers[n].count = 0; /* of rows; that of inferences is not said */
        }
        if (draft->run.layer_count > 0)
            err = awh_draft_emit(draft);
    }
    begin_runs(r);
    return err;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct vaitrace *r = (struct vaitrace *)scan;
    char *cells[COLUMNS_MAX];
    if (strchr(text, '|') == NULL) {
        text = awh_trim(text);
        bool rule = *text != '\0' && text[strspn(text, "-+= \t")] == '\0';
        if (!rule)
            r->state = OUTSIDE;
        return AW_OK;
    }
    size_t count = awh_split(text, '|', cells, COLUMNS_MAX);
    if (read_header(r, cells, count)) {
        if (r->state == DPU_TABLE && draft_of(r, NET)->run.layer_count > 0)
            return emit_runs(r); /* of the session before */
        for (unsigned i = 0; i < RUNS; i++)
            if ((i == FUNCTIONS) == (r->state == FUNCTION_TABLE) &&
                draft_of(r, i)->run.layer_count == 0)
                draft_of(r, i)->run.line = scan->lines.number;
        return AW_OK;
    }
    return r->state == OUTSIDE || count != r->columns ? AW_OK : add_row(r, cells);
}

static enum aw_err finish(struct awh_scan *scan)
{
    return emit_runs((struct vaitrace *)scan);
}

static enum aw_err vaitrace_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct vaitrace r = {.state = OUTSIDE};
    for (unsigned i = 0; i < RUNS - 1; i++)
        awh_draft_init(&r.others[i], log, diag);
    r.others[SOFTWARE - 1].run.section = "software_time";
    r.others[MEMORY - 1].run.perf = "memory";
    r.others[MEMORY - 1].run.unit = "MB";
    r.others[FUNCTIONS - 1].run.section = "cpu_functions";
    enum aw_err err = awh_scan_log(&r.scan, log, read_line, finish, diag);
    for (unsigned i = 0; i < RUNS - 1; i++)
        awh_draft_release(&r.others[i]);
    return err;
}

const struct awh_reader_type awh_reader_vaitrace = {
    .name = "vaitrace", .detect = vaitrace_detect, .read = vaitrace_read};
