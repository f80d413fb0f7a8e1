/* Profile tables of N2Cube, the runtime of DNNDK and Vitis AI up to 1.3: one a task that ran in
 * debug mode, anywhere in the output of a program.
 *
 *   [DNNDK] Performance profile - DPU Kernel "net_0" DPU Task "net_0-0"
 *     ID      NodeName Workload(MOP) Mem(MB) RunTime(ms) Perf(GOPS) Utilization    MB/S
 *      1         conv1       210.830    0.26       1.059      199.1        16.2%   244.2
 *
 *           Total Nodes In Avg:
 *                All       210.830    0.27       1.059      199.1        16.2%   244.2
 *
 * Names are right-aligned in 30 columns; longer ones push the columns, and some versions cut them,
 * with a '*'. A node of 0 us has "inf" and "nan" behind its time. Mem of a node is in MiB, whatever
 * the header says, that of All in MB. The rows of one table add up to its All. */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define BYTES_PER_MIB 1048576.0
#define BYTES_PER_MB  1e6

extern const struct awh_reader_type awh_reader_n2cube;

enum { MOP, MEM, MS, GOPS, UTILIZATION, BANDWIDTH, COLUMNS };

struct n2cube {
    struct awh_scan scan;    /* its draft: latency */
    struct awh_draft memory; /* the same rows */
    char net[256];
    uint32_t title_line; /* 0: no title since the last table */
    enum { OUTSIDE, IN_ROWS, IN_TOTAL } state;
};

static bool n2cube_detect(const char *text, size_t size)
{
    (void)size;
    if (strstr(text, "Performance profile - DPU Kernel \"") != NULL)
        return true;
    for (const char *at = text; (at = strstr(at, "NodeName")) != NULL; at++) {
        const char *time = strstr(at, "RunTime(ms)");
        if (time != NULL && memchr(at, '\n', (size_t)(time - at)) == NULL)
            return true;
    }
    return false;
}

static void read_title(struct n2cube *r, const char *text)
{
    const char *name = awh_after(text, "DPU Kernel \"");
    const char *end = name == NULL ? NULL : strchr(name, '"');
    size_t size = end == NULL ? 0 : (size_t)(end - name);
    size = size < sizeof(r->net) ? size : sizeof(r->net) - 1;
    memcpy(r->net, name == NULL ? "" : name, size);
    r->net[size] = '\0';
    r->title_line = r->scan.lines.number;
}

static enum aw_err emit(struct n2cube *r)
{
    struct awh_draft *drafts[] = {&r->scan.draft, &r->memory};
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < 2; i++) {
        drafts[i]->run.count = 1;
        if (r->net[0] != '\0')
            drafts[i]->run.net = r->net;
        err = awh_draft_emit(drafts[i]);
    }
    r->state = OUTSIDE;
    r->net[0] = '\0';
    r->title_line = 0;
    return err;
}

/* A table that the end of the file or the next table breaks off. */
static enum aw_err emit_cut(struct n2cube *r)
{
    size_t count = r->scan.draft.run.layer_count;
    if (r->state == OUTSIDE || count == 0) {
        r->state = OUTSIDE;
        return AW_OK;
    }
    awh_warn(r->scan.draft.diag,
             "%s:%u: the table that begins here has no row 'All'; it is cut off",
             r->scan.lines.path, (unsigned)r->scan.draft.run.line);
    r->scan.draft.run.incomplete = r->memory.run.incomplete = true;
    return emit(r);
}

static enum aw_err begin_table(struct n2cube *r)
{
    enum aw_err err = emit_cut(r);
    uint32_t line = r->title_line > 0 ? r->title_line : r->scan.lines.number;
    awh_draft_begin(&r->scan.draft, "latency", "ms", line);
    awh_draft_begin(&r->memory, "memory", "MiB", line);
    r->state = IN_ROWS;
    return err;
}

/* The last six words of a row; NAN for "inf" and "nan", which only what is divided by the time may
 * be. */
static bool read_columns(char *text, double *values)
{
    char *words[COLUMNS];
    if (!awh_last_words(text, COLUMNS, words) || !awh_ends(words[UTILIZATION], "%"))
        return false;
    for (unsigned i = 0; i < COLUMNS; i++)
        if (!awh_is_number(words[i], i == UTILIZATION ? "%" : NULL, &values[i])) {
            if (i <= MS || (strstr(words[i], "inf") == NULL && strstr(words[i], "nan") == NULL))
                return false;
            values[i] = (double)NAN;
        }
    return values[MS] >= 0 && values[MEM] >= 0;
}

static enum aw_err read_row(struct n2cube *r, char *text)
{
    double values[COLUMNS];
    const char *at = text;
    uint64_t id;
    if (!read_columns(text, values) || !awh_digits(&at, &id))
        return AW_OK; /* another thread's output between the rows: All tells whether one is missing
                       */
    char *name = awh_trim(text + (at - text));
    if (*name == '\0')
        return AW_OK;
    uint32_t line = r->scan.lines.number;
    enum aw_err err = awh_draft_layer(&r->scan.draft, name, values[MS], line, NULL);
    return err != AW_OK ? err : awh_draft_layer(&r->memory, name, values[MEM], line, NULL);
}

/* Half a unit of the last digit that is printed, for each number of the comparison. */
static double rounding(double ms, size_t numbers, bool two_decimals)
{
    return (two_decimals ? 0.005 : 0.0005) * (double)numbers + 1e-9 * ms;
}

/* What the layers take of the memory says the same twice, in two units: a factor that another
 * version does not have shows here. */
static enum aw_err check_memory(struct n2cube *r, double all_mb)
{
    const double mb_per_mib = BYTES_PER_MIB / BYTES_PER_MB;
    size_t count = r->memory.run.layer_count;
    double sum_mb = awh_draft_sum(&r->memory) * mb_per_mib;
    if (fabs(sum_mb - all_mb) > 0.005 * (1 + mb_per_mib * (double)count) + 1e-9 * all_mb)
        awh_lines_warn(&r->scan.lines,
                       "All has %g MB, but the %zu rows of the table, in MiB, add up to %g MB",
                       all_mb, count, sum_mb);
    r->memory.run.overall = all_mb / mb_per_mib;
    return awh_draft_figure(&r->memory, AWH_LAYERS_TOTAL, r->memory.run.overall, "MiB",
                            r->scan.lines.number);
}

static enum aw_err read_total(struct n2cube *r, char *text)
{
    static const struct {
        const char *name, *unit;
        unsigned column;
    } figures[] = {{"workload", "MOP", MOP},
                   {"performance", "GOPS", GOPS},
                   {"utilization", "%", UTILIZATION},
                   {"bandwidth", "MB/s", BANDWIDTH}};
    struct awh_draft *draft = &r->scan.draft;
    double values[COLUMNS];
    const char *dot = strpbrk(text, ".,");
    bool two_decimals = dot != NULL && strspn(dot + 1, "0123456789") == 2;
    if (!read_columns(text, values) || strcmp(awh_trim(text), "All") != 0)
        return AW_OK;
    double sum = awh_draft_sum(draft);
    if (fabs(sum - values[MS]) > rounding(sum, draft->run.layer_count + 1, two_decimals))
        return awh_lines_fail(
            &r->scan.lines, AW_ERR_MISMATCH,
            "All took %g ms, but the %zu rows of the table add up to %g ms; rows are "
            "missing or damaged",
            values[MS], draft->run.layer_count, sum);
    draft->run.overall = values[MS];
    enum aw_err err = check_memory(r, values[MEM]);
    if (err == AW_OK)
        err = awh_draft_figure(draft, AWH_LAYERS_TOTAL, values[MS], "ms", r->scan.lines.number);
    for (size_t i = 0; err == AW_OK && i < sizeof(figures) / sizeof(figures[0]); i++)
        if (!isnan(values[figures[i].column]))
            err = awh_draft_figure(draft, figures[i].name, values[figures[i].column],
                                   figures[i].unit, r->scan.lines.number);
    return err != AW_OK ? err : emit(r);
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct n2cube *r = (struct n2cube *)scan;
    if (strstr(text, "Performance profile - DPU Kernel \"") != NULL) {
        enum aw_err err = emit_cut(r);
        read_title(r, text);
        return err;
    }
    if (strstr(text, "NodeName") != NULL && strstr(text, "RunTime(ms)") != NULL)
        return begin_table(r);
    if (r->state == OUTSIDE)
        return AW_OK;
    if (strstr(text, "Total Nodes In Avg") != NULL) {
        r->state = IN_TOTAL;
        return AW_OK;
    }
    return r->state == IN_ROWS ? read_row(r, text) : read_total(r, text);
}

static enum aw_err finish(struct awh_scan *scan)
{
    return emit_cut((struct n2cube *)scan);
}

static enum aw_err n2cube_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct n2cube r = {.state = OUTSIDE};
    awh_draft_init(&r.memory, log, diag);
    enum aw_err err = awh_scan_log(&r.scan, log, read_line, finish, diag);
    awh_draft_release(&r.memory);
    return err;
}

const struct awh_reader_type awh_reader_n2cube = {
    .name = "n2cube", .detect = n2cube_detect, .read = n2cube_read};
