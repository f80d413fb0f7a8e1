/* What trtexec of TensorRT 5 to 10 prints. A session is one run: whole-net figures from the
 * summary, or else from the averages, and layers from --dumpProfile. profile.c reads the tables,
 * summary.c the rest.
 *
 * `overall` is the mean of the GPU compute time; that of the host, which has the copies in it, is a
 * figure. The averages are its samples. */
#include "readers/trtexec/trtexec.h"

#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/text.h"

extern const struct awh_reader_type awh_reader_trtexec;

static bool trtexec_detect(const char *text, size_t size)
{
    static const char *const marks[] = {
        "&&&& RUNNING TensorRT.trtexec",
        "&&&& PASSED TensorRT.trtexec",
        "&&&& FAILED TensorRT.trtexec",
        " runs - GPU latency: ",
        " ms (host walltime is ",
        " ms (percentile time is ",
        "GPU Compute Time: min = ",
        "] GPU Compute\n",
        "] GPU Compute\r\n",
        "Time over all layers: ",
        "=== Performance summary ===",
    };
    (void)size;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(text, marks[i]) != NULL)
            return true;
    const char *profile = strstr(text, "=== Profile (");
    return profile != NULL && strstr(profile, " iterations ) ===") != NULL;
}

static void clear_session(struct awh_trtexec *r)
{
    awh_draft_begin(&r->scan.draft, "latency", "ms", 0);
    awh_draft_begin(&r->candidates, "latency", "ms", 0);
    r->section = AWH_TRT_NONE;
    r->has_gpu_summary = r->has_table = r->failed = false;
    r->queries = 0;
    memset(r->averages, 0, sizeof(r->averages));
    memset(r->has_mean, 0, sizeof(r->has_mean));
}

static enum aw_err end_session(struct awh_trtexec *r)
{
    struct awh_draft *draft = &r->scan.draft;
    enum aw_err err = awh_trtexec_end_table(r);
    if (err == AW_OK)
        err = awh_trtexec_end_summary(r);
    if (err != AW_OK)
        return err;
    bool empty = isnan(draft->run.overall) && draft->run.layer_count == 0;
    if (r->failed) {
        awh_lines_warn(&r->scan.lines, "trtexec failed here");
        draft->run.incomplete = true;
    }
    if (!empty)
        err = awh_draft_emit(draft);
    clear_session(r);
    return err;
}

/* What follows "[date] [I] ", also where a mark of a comment or of a citation is before it. */
static char *skip_prefix(char *text)
{
    text = awh_trim(text);
    while (*text == '#' || *text == '>')
        text = awh_trim(text + 1);
    while (*text == '[') {
        const char *end = strchr(text, ']');
        bool level = end == text + 2 && strchr("IWEVF", text[1]) != NULL;
        bool date = end != NULL && text[1] >= '0' && text[1] <= '9' &&
                    memchr(text, ':', (size_t)(end - text)) != NULL; /* the time's */
        if (!level && !date)
            break;
        text = awh_trim(text + (end - text) + 1);
    }
    return text;
}

static enum aw_err read_status(struct awh_trtexec *r, const char *status)
{
    r->failed = awh_starts(status, "FAILED");
    enum aw_err err = end_session(r);
    if (awh_starts(status, "RUNNING"))
        r->scan.draft.run.line = r->scan.lines.number;
    return err;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct awh_trtexec *r = (struct awh_trtexec *)scan;
    bool taken = false, starts = false;
    enum aw_err err = AW_OK;
    const char *status = awh_after(text, "&&&& ");
    if (status != NULL)
        return read_status(r, status);
    text = skip_prefix(text);
    if (awh_starts(text, "=== Profile (")) {
        if (r->has_table)
            err = end_session(r);
        return err != AW_OK ? err : awh_trtexec_begin_table(r, text);
    }
    if (r->section == AWH_TRT_TABLE)
        err = awh_trtexec_table_line(r, text, &taken);
    if (err == AW_OK && !taken)
        err = awh_trtexec_summary_line(r, text, &starts);
    if (err == AW_OK && starts) {
        if ((err = end_session(r)) == AW_OK)
            err = awh_trtexec_summary_line(r, text, &starts);
    }
    if (err == AW_OK && !taken)
        err = awh_trtexec_old_line(r, text);
    return err;
}

static enum aw_err finish(struct awh_scan *scan)
{
    return end_session((struct awh_trtexec *)scan);
}

static enum aw_err trtexec_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct awh_trtexec r = {.section = AWH_TRT_NONE};
    awh_draft_init(&r.candidates, log, diag);
    enum aw_err err = awh_scan_log(&r.scan, log, read_line, finish, diag);
    awh_draft_release(&r.candidates);
    return err;
}

const struct awh_reader_type awh_reader_trtexec = {
    .name = "trtexec", .detect = trtexec_detect, .read = trtexec_read};
