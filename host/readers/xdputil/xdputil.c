/* xdputil benchmark, and the tests of Vitis AI that print the same (test_dpu_runner_mt):
 *
 *   ... thread-0 processes 904 frames
 *   ... FPS= 28.5485 number_of_frames= 1714 time= 60.0382 seconds.
 *
 * A thread runs one inference after the other, so that each takes threads * time / frames. When a
 * core hangs, the log has the counters of its instructions instead, "LSTART 20  LEND 19 ...": no
 * latency, but figures and a warning. */
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define MS_PER_S 1000.0

extern const struct awh_reader_type awh_reader_xdputil;

struct xdputil {
    struct awh_scan scan;
    uint64_t threads;
    bool timed_out;
};

static bool xdputil_detect(const char *text, size_t size)
{
    (void)size;
    return (strstr(text, "FPS= ") != NULL && strstr(text, "number_of_frames=") != NULL) ||
           strstr(text, "dpu timeout! core_idx") != NULL || strstr(text, "] cu timeout! device") ||
           strstr(text, "xdputil benchmark ") != NULL;
}

static enum aw_err read_result(struct xdputil *r, const char *text)
{
    struct awh_draft *draft = &r->scan.draft;
    uint32_t line = r->scan.lines.number;
    double fps, frames, seconds;
    if (!awh_number_after(text, "FPS=", &fps) ||
        !awh_number_after(text, "number_of_frames=", &frames) ||
        !awh_number_after(text, "time=", &seconds) || !(frames >= 1) || frames > 1e15)
        return awh_lines_fail(&r->scan.lines, AW_ERR_FORMAT,
                              "expected 'FPS= N number_of_frames= N time= N seconds.'");
    double threads = r->threads > 0 ? (double)r->threads : 1;
    draft->run.overall = threads * seconds * MS_PER_S / frames;
    draft->run.count = (uint64_t)frames;
    draft->run.line = line;
    enum aw_err err = awh_draft_figure(draft, "throughput", fps, "fps", line);
    if (err == AW_OK)
        err = awh_draft_figure(draft, "threads", threads, "", line);
    if (err == AW_OK)
        err = awh_draft_figure(draft, "walltime", seconds, "s", line);
    r->threads = 0;
    return err != AW_OK ? err : awh_draft_emit(draft);
}

/* "NAME NUMBER" pairs: AP 1  LSTART 20  LEND 19 ... CYCLE_L 1000973087  CYCLE_H 0 */
static enum aw_err read_counters(struct xdputil *r, char *text)
{
    enum aw_err err = AW_OK;
    for (char *name; err == AW_OK && (name = awh_word(&text)) != NULL;) {
        const char *value = awh_word(&text);
        double number;
        if (value == NULL || !awh_is_number(value, NULL, &number))
            break;
        err = awh_draft_figure(&r->scan.draft, name, number, "", r->scan.lines.number);
    }
    return err;
}

static enum aw_err read_timeout(struct xdputil *r, const char *text)
{
    double ms;
    if (!r->timed_out) {
        r->timed_out = true;
        r->scan.draft.run.line = r->scan.lines.number;
        awh_lines_warn(&r->scan.lines, "the DPU did not finish; there is no latency");
    }
    if (!awh_number_after(text, " ms ", &ms))
        return AW_OK;
    return awh_draft_figure(&r->scan.draft, "timeout", ms, "ms", r->scan.lines.number);
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct xdputil *r = (struct xdputil *)scan;
    if (strstr(text, "FPS= ") != NULL && strstr(text, "number_of_frames=") != NULL)
        return read_result(r, text);
    if (strstr(text, "cu timeout! ") != NULL || strstr(text, "dpu timeout! ") != NULL)
        return read_timeout(r, text);
    if (r->timed_out && strstr(text, "LSTART ") != NULL && strstr(text, "LEND ") != NULL)
        return read_counters(r, text);
    const char *thread = awh_after(text, "] thread-");
    uint64_t number;
    if (thread != NULL && awh_digits(&thread, &number) && awh_starts(thread, " processes "))
        r->threads++;
    return AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    struct xdputil *r = (struct xdputil *)scan;
    if (!r->timed_out)
        return AW_OK;
    scan->draft.run.perf = "info";
    scan->draft.run.unit = "";
    scan->draft.run.incomplete = true;
    return awh_draft_emit(&scan->draft);
}

static enum aw_err xdputil_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct xdputil r = {.threads = 0};
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_xdputil = {
    .name = "xdputil", .detect = xdputil_detect, .read = xdputil_read};
