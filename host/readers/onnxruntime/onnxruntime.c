/* Profiles of onnxruntime: Chrome trace events, times in us. A node is one event or, in older
 * releases, three,
 *
 *   {"cat": "Node", "dur": 54, "name": "Conv_1_kernel_time", "args": {"op_name": "Conv", ...}}
 *
 * of which "_fence_before" and "_fence_after" do not count. An inference ends with the event
 * model_run of the session, which has the time of the whole; in an excerpt without session events,
 * a new one begins where the first node comes again. The first inference holds the tuning. Nodes
 * without a name get that of their op, with their number in the graph. */
#include <math.h>
#include <string.h>

#include "readers/draft.h"
#include "readers/reader.h"
#include "readers/records.h"
#include "readers/text.h"

#define US_PER_MS 1000.0

extern const struct awh_reader_type awh_reader_onnxruntime;

struct onnxruntime {
    struct awh_draft draft;
    bool has_session; /* events */
    bool ended;       /* model_run came */
    bool warned;      /* that nodes take longer than their inference */
    uint64_t runs;    /* emitted */
    uint64_t nodes;   /* of this run */
    char first[512];  /* its first node */
};

static bool onnxruntime_detect(const char *text, size_t size)
{
    (void)size;
    if (!awh_records_detect(text) || strstr(text, "\"cat\"") == NULL ||
        strstr(text, "\"dur\"") == NULL)
        return false;
    return strstr(text, "_kernel_time\"") != NULL || strstr(text, "\"Session\"") != NULL ||
           strstr(text, "\"Node\"") != NULL;
}

/* `followed`: by another inference. */
static enum aw_err end_run(struct onnxruntime *r, bool followed)
{
    struct awh_draft *draft = &r->draft;
    double sum_ms = awh_draft_sum(draft);
    draft->run.warmup = r->runs == 0 && followed;
    draft->run.count = 1;
    /* Each event is cut to whole us. */
    if (sum_ms > draft->run.overall + (double)(r->nodes + 1) / US_PER_MS && !r->warned) {
        r->warned = true;
        awh_warn(draft->diag,
                 "%s:%u: the nodes of this inference add up to %g ms, more than the %g ms of the "
                 "whole: some ran at the same time, or stand in others and count twice",
                 draft->log->path, (unsigned)draft->run.line, sum_ms, draft->run.overall);
    }
    for (size_t i = 0; i < draft->run.layer_count; i++)
        draft->layers[i].count = 0; /* events of a loop's body, not inferences */
    bool empty = draft->run.layer_count == 0 && isnan(draft->run.overall);
    r->runs += !empty;
    r->nodes = 0;
    r->ended = false;
    return empty ? AW_OK : awh_draft_emit(draft);
}

static enum aw_err read_session(struct onnxruntime *r, const char *name, double us, uint32_t line)
{
    r->has_session = true;
    if (strcmp(name, "SequentialExecutor::Execute") == 0 && !r->ended)
        return awh_draft_figure(&r->draft, "executor", us / US_PER_MS, "ms", line);
    if (strcmp(name, "model_run") != 0)
        return AW_OK;
    enum aw_err err = r->ended ? end_run(r, true) : AW_OK;
    r->draft.run.overall = us / US_PER_MS;
    r->ended = true;
    return err;
}

/* The node's name, or one made from its op and its place. */
static void make_name(const struct onnxruntime *r, const struct awh_record *record,
                      const char *name, char *out, size_t capacity)
{
    static const char *const places[] = {"args.node_index", "args.graph_index",
                                         "args.exec_plan_index"};
    static const char suffix[] = "_kernel_time";
    size_t size = strlen(name);
    size -= awh_ends(name, suffix) ? strlen(suffix) : 0;
    if (size > 0) {
        snprintf(out, capacity, "%.*s", (int)(size < capacity ? size : capacity), name);
        return;
    }
    const char *op = awh_record_text(record, "args.op_name"), *place = NULL;
    for (size_t i = 0; place == NULL && i < sizeof(places) / sizeof(places[0]); i++)
        place = awh_record_text(record, places[i]);
    if (place != NULL)
        snprintf(out, capacity, "%s_%s", op == NULL ? "node" : op, place);
    else
        snprintf(out, capacity, "%s_%llu", op == NULL ? "node" : op, (unsigned long long)r->nodes);
}

static enum aw_err read_node(struct onnxruntime *r, const struct awh_record *record,
                             const char *event, double us)
{
    struct awh_draft *draft = &r->draft;
    struct awh_layer_time *layer;
    char name[sizeof(r->first)];
    enum aw_err err = AW_OK;
    if (awh_ends(event, "_fence_before") || awh_ends(event, "_fence_after"))
        return AW_OK;
    make_name(r, record, event, name, sizeof(name));
    if (r->ended ||
        (!r->has_session && draft->run.layer_count > 0 && strcmp(name, r->first) == 0)) {
        err = end_run(r, true);
        make_name(r, record, event, name, sizeof(name));
    }
    if (draft->run.layer_count == 0) {
        memcpy(r->first, name, sizeof(name));
        draft->run.line = record->line;
    }
    r->nodes++;
    if (err == AW_OK)
        err = awh_draft_add(draft, name, us / US_PER_MS, record->line, &layer);
    const char *op = awh_record_text(record, "args.op_name");
    if (err == AW_OK && op != NULL && layer->type == NULL &&
        (layer->type = awh_draft_text(draft, op)) == NULL)
        err = AW_ERR_NO_MEM;
    return err;
}

static enum aw_err on_record(void *context, const struct awh_record *record)
{
    struct onnxruntime *r = context;
    const char *category = awh_record_text(record, "cat"), *name = awh_record_text(record, "name");
    bool is_node = category != NULL && strcmp(category, "Node") == 0;
    bool is_session = category != NULL && strcmp(category, "Session") == 0;
    double us;
    if (name == NULL && is_node)
        name = ""; /* 0.4 has none */
    if (name == NULL || (!is_node && !is_session))
        return AW_OK;
    if (!awh_record_number(record, "dur", &us) || us < 0)
        return awh_fail(r->draft.diag, AW_ERR_FORMAT, "%s:%u: expected a number dur, at least 0",
                        r->draft.log->path, (unsigned)record->line);
    return is_node ? read_node(r, record, name, us) : read_session(r, name, us, record->line);
}

static enum aw_err onnxruntime_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct onnxruntime r = {.has_session = false};
    bool complete = false;
    awh_draft_init(&r.draft, log, diag);
    enum aw_err err = awh_records_read(log, on_record, &r, &complete, diag);
    if (err == AW_OK && !complete) {
        awh_warn(diag, "%s: the list has no end; what there is of it was read", log->path);
        r.draft.run.incomplete = true;
    }
    if (err == AW_OK)
        err = end_run(&r, false);
    awh_draft_release(&r.draft);
    return err;
}

const struct awh_reader_type awh_reader_onnxruntime = {
    .name = "onnxruntime", .detect = onnxruntime_detect, .read = onnxruntime_read};
