/* Profiles of TensorFlow Lite and LiteRT (benchmark_model --enable_op_profiling, label_image):
 * tables with tabs, under titles between '='.
 *
 *   ============================== Run Order ==============================
 *        [node type]  [start]  [first]  [avg ms]  [%]  [cdf%]  [mem KB]  [times called]  [Name]
 *            CONV_2D    0.000    1.504     1.504  7.2%    7.2%    0.000               1
 * [conv/Relu]:3
 *
 * LiteRT has no [start]. The layers of the net are those in run order; "Summary by node type" is a
 * side table, "Top by Computation Time" has the same rows again, and the first of several sections
 * may be that of the initialization. Pages that show such logs turn the tabs into blanks, or lose
 * the titles.
 *
 * [avg ms] is over the calls of a node, [times called] how many an inference has, cut to a whole
 * number: 0 for a node that only some inferences had. Its time an inference follows from its share,
 * [%]. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define COLUMNS_MAX 16
#define US_PER_MS   1000.0

extern const struct awh_reader_type awh_reader_tflite;

struct tflite {
    struct awh_scan scan; /* its draft: run order */
    struct awh_draft types, memory;
    double *shares; /* of the layers in run order, in percent; NAN: not said */
    size_t share_capacity;
    enum { NO_TABLE, RUN_ORDER, TOP, BY_TYPE } title, table; /* announced; whose header was read */
    bool is_init;       /* "Profiling Info for Benchmark Initialization" */
    double times_ms[4]; /* of benchmark_model itself, not of the profile; NAN: not said */
    uint32_t times_line;
    size_t columns;
    size_t average, share, memory_kb, called, name; /* which of them; COLUMNS_MAX: none */
};

static bool tflite_detect(const char *text, size_t size)
{
    (void)size;
    const char *header = strstr(text, "[node type]");
    if (header == NULL)
        header = strstr(text, "[Node type]");
    return (header != NULL && strstr(header, "[avg ms]") != NULL) ||
           strstr(text, "Inference timings in us: ") != NULL ||
           strstr(text, "benchmark_litert_model.h:") != NULL;
}

/* -- tables -------------------------------------------------------------------------------------
 */

static void read_header(struct tflite *r, char *text)
{
    bool counts = false;
    r->columns = 0;
    r->average = r->share = r->memory_kb = r->called = r->name = COLUMNS_MAX;
    for (char *at = strchr(text, '['); at != NULL && r->columns < COLUMNS_MAX; r->columns++) {
        char *end = strchr(at, ']');
        if (end == NULL)
            break;
        *end = '\0';
        counts = counts || strcmp(at, "[count") == 0;
        if (strcmp(at, "[avg ms") == 0)
            r->average = r->columns;
        else if (strcmp(at, "[%") == 0)
            r->share = r->columns;
        else if (strcmp(at, "[mem KB") == 0)
            r->memory_kb = r->columns;
        else if (strcmp(at, "[times called") == 0)
            r->called = r->columns;
        else if (strcmp(at, "[Name") == 0)
            r->name = r->columns;
        at = strchr(end + 1, '[');
    }
    if (r->title == NO_TABLE) /* lost */
        r->title = counts ? BY_TYPE : r->scan.draft.run.layer_count == 0 ? RUN_ORDER : TOP;
    r->table = r->average == COLUMNS_MAX ? NO_TABLE : r->title;
    r->title = NO_TABLE;
    struct awh_draft *draft = r->table == BY_TYPE ? &r->types : &r->scan.draft;
    if (r->table != TOP && draft->run.line == 0)
        draft->run.line = r->scan.lines.number;
}

/* Without tabs: the type is what stands before the numbers, the name what stands behind them. */
static size_t split_blanks(const struct tflite *r, char *text, char **cells)
{
    size_t numbers = r->columns - 1 - (r->name < COLUMNS_MAX);
    char *at = awh_trim(text);
    cells[0] = at;
    for (; *at != '\0'; at += strcspn(at, " ")) {
        char *start = at + strspn(at, " "), *end = start;
        const char *probe = start;
        double value;
        size_t count = 0;
        while (count < numbers && awh_number(&probe, &value)) {
            probe += *probe == '%';
            if (*probe != ' ' && *probe != '\0')
                break;
            count++;
            probe += strspn(probe, " ");
        }
        if (count < numbers) {
            at = start;
            continue;
        }
        end = start + (probe - start);
        if (start > cells[0])
            start[-1] = '\0';
        for (size_t i = 0; i < numbers; i++)
            cells[1 + i] = awh_word(&start);
        cells[1 + numbers] = end;
        cells[0] = awh_trim(cells[0]);
        return r->columns;
    }
    return 0;
}

static size_t split_row(const struct tflite *r, char *text, char **cells)
{
    if (strchr(text, '\t') == NULL)
        return split_blanks(r, text, cells);
    while (*text == '\t' || *text == ' ')
        text++;
    return awh_split(text, '\t', cells, r->columns);
}

/* "[conv/Relu]:3" and "conv/Relu" -> "conv/Relu"; an empty name -> its node's type. */
static const char *clean_name(char *name, const char *type)
{
    char *end = strrchr(name, ']');
    if (name[0] != '[' || end == NULL)
        return *name == '\0' ? type : name;
    bool numbered = end[1] == ':' && end[2 + strspn(end + 2, "0123456789")] == '\0';
    if (end[1] != '\0' && !numbered)
        return name;
    if (end == name + 1)
        return type;
    *end = '\0';
    return name + 1;
}

/* Of the layer that was added last. */
static enum aw_err keep_share(struct tflite *r, char *const *cells)
{
    struct awh_draft *draft = &r->scan.draft;
    size_t count = draft->run.layer_count;
    double share = (double)NAN;
    double *shares = awh_grow(r->shares, &r->share_capacity, count, sizeof(*shares));
    if (shares == NULL)
        return awh_fail_mem(draft->diag);
    r->shares = shares;
    if (r->share == COLUMNS_MAX || !awh_is_number(cells[r->share], "%", &share) || share < 0)
        share = (double)NAN;
    shares[count - 1] = share;
    return AW_OK;
}

/* Averages over calls -> times an inference. Old logs say 0 calls of every node. */
static void set_times(struct tflite *r)
{
    struct awh_draft *draft = &r->scan.draft;
    double called_ms = 0, called_share = 0;
    for (size_t i = 0; i < draft->run.layer_count; i++) {
        if (draft->layers[i].count == 0 || isnan(r->shares[i]))
            continue;
        draft->layers[i].value *= (double)draft->layers[i].count;
        called_ms += draft->layers[i].value;
        called_share += r->shares[i];
    }
    for (size_t i = 0; i < draft->run.layer_count; i++)
        if (draft->layers[i].count == 0 && called_share > 0 && !isnan(r->shares[i]))
            draft->layers[i].value = called_ms / called_share * r->shares[i];
}

static enum aw_err read_row(struct tflite *r, char *text)
{
    char *cells[COLUMNS_MAX];
    double ms, kb, called;
    if (split_row(r, text, cells) != r->columns || r->columns < 2 ||
        !awh_is_number(cells[r->average], NULL, &ms) || ms < 0) {
        r->table = NO_TABLE; /* a blank line or other output */
        return AW_OK;
    }
    if (r->table == TOP)
        return AW_OK;
    struct awh_draft *draft = r->table == BY_TYPE ? &r->types : &r->scan.draft;
    struct awh_layer_time *layer;
    const char *name = cells[0];
    if (r->name < COLUMNS_MAX)
        name = clean_name(cells[r->name], cells[0]);
    enum aw_err err = awh_draft_layer(draft, name, ms, r->scan.lines.number, &layer);
    if (err == AW_OK && (layer->type = awh_draft_text(draft, cells[0])) == NULL)
        err = AW_ERR_NO_MEM;
    if (err == AW_OK && r->called < COLUMNS_MAX && awh_is_number(cells[r->called], NULL, &called) &&
        called >= 0 && called < 1e15)
        layer->count = (uint64_t)called;
    if (err == AW_OK && r->table == RUN_ORDER)
        err = keep_share(r, cells);
    if (err == AW_OK && r->table == RUN_ORDER && r->memory_kb < COLUMNS_MAX &&
        awh_is_number(cells[r->memory_kb], NULL, &kb) && kb >= 0)
        err = awh_draft_layer(&r->memory, name, kb, r->scan.lines.number, NULL);
    return err;
}

/* -- the whole net ------------------------------------------------------------------------------
 */

/* "Inference timings in us: Init: 5685, First inference: 18535, Warmup (avg): 14462.3,
 * Inference (avg): 14575.2" */
static const struct {
    const char *mark, *name;
} inference_times[] = {{"Init: ", "init time"},
                       {"First inference: ", "first inference"},
                       {"Warmup (avg): ", "warm-up mean"},
                       {"Inference (avg): ", "inference mean"}};
#define INFERENCE_TIMES (sizeof(inference_times) / sizeof(inference_times[0]))
#define INFERENCE_MEAN  (INFERENCE_TIMES - 1)

static void read_inference(struct tflite *r, const char *text)
{
    double us;
    for (size_t i = 0; i < INFERENCE_TIMES; i++)
        if (awh_number_after(text, inference_times[i].mark, &us)) {
            r->times_ms[i] = us / US_PER_MS;
            r->times_line = r->scan.lines.number;
        }
}

/* What was said of the whole net belongs to the runs, wherever it stood. */
static enum aw_err set_overall(struct tflite *r)
{
    struct awh_draft *draft = &r->scan.draft;
    enum aw_err err = AW_OK;
    for (size_t i = 0; err == AW_OK && i < INFERENCE_TIMES; i++) {
        if (isnan(r->times_ms[i]))
            continue;
        err = awh_draft_figure(draft, inference_times[i].name, r->times_ms[i], "ms", r->times_line);
        if (i == INFERENCE_MEAN)
            draft->run.overall = r->times_ms[i];
        r->times_ms[i] = (double)NAN;
    }
    if (draft->run.line == 0)
        draft->run.line = r->times_line;
    return err;
}

/* "[...benchmark_litert_model.h:88] Inference (avg):      0.46 ms (2112 runs)", with few digits */
static void read_litert(struct tflite *r, const char *text)
{
    static const char *const marks[INFERENCE_TIMES] = {
        "] Model initialization:", "] Warmup (first):", "] Warmup (avg):", "] Inference (avg):"};
    double ms;
    for (size_t i = 0; i < INFERENCE_TIMES; i++)
        if (awh_number_after(text, marks[i], &ms)) {
            r->times_ms[i] = ms;
            r->times_line = r->scan.lines.number;
        }
}

/* "Timings (microseconds): count=50 first=1 curr=2 min=1 max=3 avg=2.1 std=0" of the profiled runs;
 * of one run there is only curr. */
static enum aw_err read_timings(struct tflite *r, const char *text)
{
    struct awh_draft *draft = &r->scan.draft;
    double count = 0, us;
    if (awh_number_after(text, "count=", &count) && count >= 0 && count < 1e15)
        draft->run.count = (uint64_t)count;
    bool has_mean = awh_number_after(text, "avg=", &us);
    if (!has_mean && !awh_number_after(text, "curr=", &us))
        return AW_OK;
    enum aw_err err =
        awh_draft_figure(draft, "profiled mean", us / US_PER_MS, "ms", r->scan.lines.number);
    draft->run.overall = us / US_PER_MS;
    if (!has_mean)
        return err;
    draft->spread.mean = us / US_PER_MS;
    draft->has_spread = true;
    if (awh_number_after(text, "min=", &us))
        draft->spread.min = us / US_PER_MS;
    if (awh_number_after(text, "max=", &us))
        draft->spread.max = us / US_PER_MS;
    return err;
}

static void check_nodes(struct tflite *r, const char *text)
{
    struct awh_draft *draft = &r->scan.draft;
    double nodes;
    if (!awh_number_after(text, "Number of nodes executed: ", &nodes) ||
        draft->run.layer_count == 0 || (double)draft->run.layer_count == nodes)
        return;
    draft->run.incomplete = true;
    awh_lines_warn(&r->scan.lines, "%g nodes were executed, but %zu are listed; rows are missing",
                   nodes, draft->run.layer_count);
}

/* The sums of the types are those of the nodes; each is printed with three digits, and cut to whole
 * us for each node. */
static void check_types(struct tflite *r)
{
    const struct awh_draft *nodes = &r->scan.draft, *types = &r->types;
    double sum = awh_draft_sum(nodes), type_sum = awh_draft_sum(types);
    double rounding = 0.0015 * (double)(nodes->run.layer_count + types->run.layer_count);
    if (nodes->run.layer_count == 0 || types->run.layer_count == 0 || nodes->run.incomplete ||
        fabs(sum - type_sum) <= rounding)
        return;
    awh_warn(nodes->diag,
             "%s:%u: the %zu nodes in run order add up to %g ms, those by node type to %g ms; rows "
             "are missing",
             nodes->log->path, (unsigned)nodes->run.line, nodes->run.layer_count, sum, type_sum);
    r->scan.draft.run.incomplete = true;
}

/* -- runs ---------------------------------------------------------------------------------------
 */

static void begin(struct tflite *r)
{
    awh_draft_begin(&r->scan.draft, "latency", "ms", 0);
    awh_draft_begin(&r->types, "latency", "ms", 0);
    awh_draft_begin(&r->memory, "memory", "KB", 0);
    r->title = r->table = NO_TABLE;
    r->is_init = false;
}

static enum aw_err end_section(struct tflite *r)
{
    struct awh_draft *draft = &r->scan.draft;
    enum aw_err err = AW_OK;
    bool any_memory = false;
    set_times(r);
    check_types(r);
    for (size_t i = 0; i < r->memory.run.layer_count; i++)
        any_memory = any_memory || r->memory.layers[i].value > 0;
    r->memory.run.line = draft->run.line;
    r->memory.run.incomplete = draft->run.incomplete;
    r->types.run.section = r->is_init ? "init_by_type" : "by_type";
    if (r->is_init)
        draft->run.section = r->memory.run.section = "init";
    else
        err = set_overall(r);
    if (err == AW_OK && (draft->run.layer_count > 0 || !isnan(draft->run.overall)))
        err = awh_draft_emit(draft);
    if (err == AW_OK && any_memory)
        err = awh_draft_emit(&r->memory);
    if (err == AW_OK && r->types.run.layer_count > 0)
        err = awh_draft_emit(&r->types);
    begin(r);
    return err;
}

/* Sections of the log that have tables of their own. */
static enum aw_err read_section(struct tflite *r, bool is_init)
{
    struct awh_draft *draft = &r->scan.draft;
    enum aw_err err =
        draft->run.layer_count > 0 || r->types.run.layer_count > 0 ? end_section(r) : AW_OK;
    r->is_init = is_init;
    return err;
}

static enum aw_err read_title(struct tflite *r, const char *text)
{
    enum aw_err err = AW_OK;
    if (strstr(text, " Run Order ") != NULL) {
        if (r->scan.draft.run.layer_count > 0)
            err = end_section(r);
        r->title = RUN_ORDER;
    } else if (strstr(text, " Top by ") != NULL) {
        r->title = TOP;
    } else if (strstr(text, " Summary by ") != NULL) {
        r->title = BY_TYPE;
    }
    return err;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct tflite *r = (struct tflite *)scan;
    const char *at;
    double number;
    if (strstr(text, "=====") != NULL)
        return read_title(r, text);
    if (strstr(text, "[node type]") != NULL || strstr(text, "[Node type]") != NULL) {
        read_header(r, text);
        return AW_OK;
    }
    if (r->table != NO_TABLE)
        return read_row(r, text);
    if (strstr(text, "Profiling Info for Benchmark Initialization") != NULL)
        return read_section(r, true);
    if (strstr(text, "Profiling Info for Regular Benchmark Runs") != NULL)
        return read_section(r, false);
    if ((at = awh_after(text, "Inference timings in us: ")) != NULL)
        read_inference(r, at);
    if (strstr(text, "benchmark_litert_model.h:") != NULL)
        read_litert(r, text);
    if ((at = awh_after(text, "Timings (microseconds): ")) != NULL)
        return read_timings(r, at);
    check_nodes(r, text);
    if ((at = awh_after(text, "average time: ")) != NULL && awh_number(&at, &number) &&
        awh_starts(at, " ms")) { /* label_image */
        r->times_ms[INFERENCE_MEAN] = number;
        r->times_line = scan->lines.number;
    }
    return AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    return end_section((struct tflite *)scan);
}

static enum aw_err tflite_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct tflite r = {.title = NO_TABLE};
    for (size_t i = 0; i < INFERENCE_TIMES; i++)
        r.times_ms[i] = (double)NAN;
    awh_draft_init(&r.types, log, diag);
    awh_draft_init(&r.memory, log, diag);
    r.memory.run.perf = "memory";
    r.memory.run.unit = "KB";
    enum aw_err err = awh_scan_log(&r.scan, log, read_line, finish, diag);
    free(r.shares);
    awh_draft_release(&r.types);
    awh_draft_release(&r.memory);
    return err;
}

const struct awh_reader_type awh_reader_tflite = {
    .name = "tflite", .detect = tflite_detect, .read = tflite_read};
