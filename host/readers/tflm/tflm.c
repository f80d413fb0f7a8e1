/* TensorFlow Lite for Microcontrollers: what MicroProfiler prints,
 *
 *   CONV_2D took 249561 ticks (9 ms).
 *
 * or as CSV, "Event","Tag","Ticks"; and a table of ticks per tag. Ticks are of whatever clock the
 * port has; the ms are cut to whole ones. Names are those of the ops, so that they repeat: their
 * order tells the layers apart. Every list is a run. The tables per tag go over all that was timed
 * since the start, initialization included, and are side tables; but the total below them is that
 * of the list before. The size of the tensor arena is a run of memory. */
#include <math.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define TAG_MAX 128

extern const struct awh_reader_type awh_reader_tflm;

struct tflm {
    struct awh_scan scan;   /* its draft: the list, until it is known whether a total follows */
    struct awh_draft other; /* tags, or the arena */
    enum { NO_LIST, TOOK, CSV, BY_TAG } list;
    bool in_arena; /* the table of the recording allocator */
};

static bool tflm_detect(const char *text, size_t size)
{
    (void)size;
    const char *took = strstr(text, " took ");
    for (; took != NULL; took = strstr(took + 1, " took ")) {
        const char *at = took + strlen(" took ");
        uint64_t ticks;
        if (awh_digits(&at, &ticks) && awh_starts(at, " ticks ("))
            return true;
    }
    return strstr(text, "\"Event\",\"Tag\",\"Ticks\"") != NULL ||
           strstr(text, "\"Unique Tag\",\"Total ticks across") != NULL;
}

/* -- lists --------------------------------------------------------------------------------------
 */

static enum aw_err emit(struct awh_draft *draft)
{
    return draft->run.layer_count > 0 ? awh_draft_emit(draft) : AW_OK;
}

/* Both, in their order. */
static enum aw_err end_lists(struct tflm *r)
{
    enum aw_err err = emit(&r->scan.draft);
    r->list = NO_LIST;
    return err != AW_OK ? err : emit(&r->other);
}

static enum aw_err begin_list(struct tflm *r, int list)
{
    enum aw_err err = list == BY_TAG ? emit(&r->other) : end_lists(r);
    struct awh_draft *draft = list == BY_TAG ? &r->other : &r->scan.draft;
    awh_draft_begin(draft, "latency", "ticks", r->scan.lines.number);
    if (list == BY_TAG)
        draft->run.section = "by_type";
    else
        draft->run.count = 1;
    r->list = list;
    return err;
}

static enum aw_err add(struct tflm *r, const char *tag, uint64_t ticks)
{
    struct awh_draft *draft = r->list == BY_TAG ? &r->other : &r->scan.draft;
    struct awh_layer_time *layer;
    enum aw_err err = awh_draft_layer(draft, tag, (double)ticks, r->scan.lines.number, &layer);
    if (err == AW_OK && r->list != BY_TAG)
        layer->type = layer->name;
    return err;
}

static enum aw_err read_total(struct tflm *r, uint64_t ticks)
{
    struct awh_draft *list = &r->scan.draft;
    double sum = awh_draft_sum(list); /* whole numbers: exact up to 2^53 */
    enum aw_err err = AW_OK;
    r->other.run.overall = (double)ticks;
    if (list->run.layer_count == 0)
        return end_lists(r);
    if (sum != (double)ticks) {
        list->run.incomplete = true;
        awh_lines_warn(&r->scan.lines,
                       "the %zu events from line %u on add up to %.0f ticks, not to the total of "
                       "%llu; events are missing",
                       list->run.layer_count, (unsigned)list->run.line, sum,
                       (unsigned long long)ticks);
    }
    err = awh_draft_figure(list, AWH_LAYERS_TOTAL, (double)ticks, "ticks", r->scan.lines.number);
    return err != AW_OK ? err : end_lists(r);
}

/* "CONV_2D took 249561 ticks (9 ms)." */
static bool read_took(const char *text, char tag[TAG_MAX], uint64_t *ticks)
{
    const char *end = NULL;
    for (const char *at = strstr(text, " took "); at != NULL; at = strstr(at + 1, " took ")) {
        const char *number = at + strlen(" took ");
        if (awh_digits(&number, ticks) && awh_starts(number, " ticks ("))
            end = at;
    }
    if (end == NULL || end == text || end - text >= TAG_MAX)
        return false;
    const char *number = end + strlen(" took ");
    snprintf(tag, TAG_MAX, "%.*s", (int)(end - text), text);
    return awh_digits(&number, ticks);
}

/* "3,CONV_2D,249561" and what some ports add behind it. */
static bool read_event(char *text, char tag[TAG_MAX], uint64_t *ticks)
{
    char *fields[5];
    uint64_t number;
    size_t count = awh_split(text, ',', fields, 5);
    if (count < 3 || strlen(fields[1]) >= TAG_MAX || fields[1][0] == '\0')
        return false;
    const char *index = fields[0], *at = fields[2];
    if (!awh_digits(&index, &number) || *index != '\0' || !awh_digits(&at, ticks) || *at != '\0')
        return false;
    snprintf(tag, TAG_MAX, "%s", fields[1]);
    return true;
}

/* "CONV_2D, 1817013" */
static bool read_tag(char *text, char tag[TAG_MAX], uint64_t *ticks)
{
    char *comma = strrchr(text, ',');
    const char *at = comma == NULL ? "" : comma + 1;
    if (!awh_digits(&at, ticks) || *at != '\0' || comma == text)
        return false;
    *comma = '\0';
    text = awh_trim(text);
    size_t size = strlen(text);
    bool quoted = size >= 2 && text[0] == '"' && text[size - 1] == '"';
    snprintf(tag, TAG_MAX, "%.*s", (int)(quoted ? size - 2 : size), text + quoted);
    return tag[0] != '\0';
}

static enum aw_err read_item(struct tflm *r, char *text)
{
    char tag[TAG_MAX];
    uint64_t ticks;
    if (*awh_trim(text) == '\0')
        return AW_OK; /* serial consoles double the line ends */
    bool is_item = r->list == TOOK  ? read_took(text, tag, &ticks)
                   : r->list == CSV ? read_event(text, tag, &ticks)
                                    : read_tag(text, tag, &ticks);
    if (!is_item) {
        r->list = NO_LIST;
        return AW_OK;
    }
    if (r->list != BY_TAG || strcmp(tag, "total number of ticks") != 0)
        return add(r, tag, ticks);
    return read_total(r, ticks);
}

/* -- memory -------------------------------------------------------------------------------------
 */

static enum aw_err emit_arena(struct tflm *r, double bytes)
{
    enum aw_err err = end_lists(r);
    awh_draft_begin(&r->other, "memory", "B", r->scan.lines.number);
    r->other.run.overall = bytes;
    r->in_arena = false;
    return err != AW_OK ? err : awh_draft_emit(&r->other);
}

/* "[[ Table ]]: Arena", a header, "Total | 84436 | 100.00"; or "... Arena allocation total 15732
 * bytes" */
static bool read_arena(struct tflm *r, const char *text, double *bytes)
{
    const char *at = awh_after(text, "Arena allocation total ");
    if (at != NULL)
        return awh_number(&at, bytes) && awh_starts(at, " bytes");
    if (awh_after(text, "[[ Table ]]: ") != NULL)
        r->in_arena = strcmp(awh_after(text, "[[ Table ]]: "), "Arena") == 0;
    if (!r->in_arena || !awh_starts(text + strspn(text, " "), "Total |"))
        return false;
    return awh_number_after(text, "Total |", bytes);
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct tflm *r = (struct tflm *)scan;
    char tag[TAG_MAX];
    uint64_t ticks;
    double bytes;
    if (strstr(text, "\"Event\",\"Tag\",\"Ticks\"") != NULL)
        return begin_list(r, CSV);
    if (strstr(text, "\"Unique Tag\",\"Total ticks across") != NULL)
        return begin_list(r, BY_TAG);
    if (read_arena(r, text, &bytes))
        return emit_arena(r, bytes);
    if (r->list != TOOK && read_took(text, tag, &ticks)) {
        enum aw_err err = begin_list(r, TOOK);
        return err != AW_OK ? err : add(r, tag, ticks);
    }
    return r->list == NO_LIST ? AW_OK : read_item(r, text);
}

static enum aw_err finish(struct awh_scan *scan)
{
    return end_lists((struct tflm *)scan);
}

static enum aw_err tflm_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct tflm r = {.list = NO_LIST};
    awh_draft_init(&r.other, log, diag);
    enum aw_err err = awh_scan_log(&r.scan, log, read_line, finish, diag);
    awh_draft_release(&r.other);
    return err;
}

const struct awh_reader_type awh_reader_tflm = {
    .name = "tflm", .detect = tflm_detect, .read = tflm_read};
