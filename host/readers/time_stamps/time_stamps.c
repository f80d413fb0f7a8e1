/* test_time_stamps.txt of aw_nas's board flow: when each net ran while the board's power was
 * logged,
 *
 *   sample2567 2020-11-19 05:17:44.539692 2020-11-19 05:17:50.736078
 *
 * The seconds are those of the whole test, many inferences and the start of the program: they are
 * no latency, so that the run is one of "duration". */
#include <string.h>

#include "base/date.h"
#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

extern const struct awh_reader_type awh_reader_time_stamps;

struct row {
    const char *name;
    double start_s, end_s;
};

static bool read_row(char *text, struct row *row)
{
    char *words[4];
    if (!awh_last_words(text, 4, words) || !awh_date_iso(words[0], words[1], &row->start_s) ||
        !awh_date_iso(words[2], words[3], &row->end_s))
        return false;
    row->name = awh_trim(text);
    return row->end_s >= row->start_s;
}

static bool time_stamps_detect(const char *text, size_t size)
{
    char line[512];
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
    struct row row;
    if (*awh_trim(text) == '\0')
        return AW_OK;
    if (!read_row(text, &row))
        return awh_lines_fail(
            &scan->lines, AW_ERR_FORMAT,
            "expected NAME START END, the times as 2020-11-19 05:17:44.5, END not "
            "before START");
    if (scan->draft.run.line == 0)
        awh_draft_begin(&scan->draft, "duration", "s", scan->lines.number);
    return awh_draft_layer(&scan->draft, row.name, row.end_s - row.start_s, scan->lines.number,
                           NULL);
}

static enum aw_err finish(struct awh_scan *scan)
{
    return scan->draft.run.layer_count > 0 ? awh_draft_emit(&scan->draft) : AW_OK;
}

static enum aw_err time_stamps_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct awh_scan scan = {0};
    return awh_scan_log(&scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_time_stamps = {
    .name = "time_stamps", .detect = time_stamps_detect, .read = time_stamps_read};
