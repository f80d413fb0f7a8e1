/* Board power, datalog.csv of Xilinx's Power Advantage Tool: about two lines a second,
 *
 *   Thu Nov 19 21:17:24 2020,6178900,44070,...
 *
 * the rails in uW. A first line may name the columns. Each rail becomes an entry; `overall` is the
 * mean of the first one, which is what aw_nas's flow takes for the power of the net that runs
 * meanwhile. */
#include <math.h>
#include <string.h>

#include "base/date.h"
#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

#define RAILS_MAX 64
#define UW_PER_W  1e6
#define GAP_MAX_S 60.0 /* the tool was stopped in between */

extern const struct awh_reader_type awh_reader_power_log;

struct power_log {
    struct awh_scan scan;
    size_t rails;
    char names[RAILS_MAX][48];
    double sums[RAILS_MAX], min[RAILS_MAX], max[RAILS_MAX];
    uint64_t rows;
    uint32_t first_line;
    uint32_t odd_line; /* of other columns than those before: fine when it is the last one */
    size_t odd_rails;
    double last_s, last_uw, duration_s, energy_j;
};

/* Returns the number of rails; 0: the line is no row. */
static size_t read_row(char *text, double *seconds, double *rails)
{
    char *fields[RAILS_MAX + 2];
    size_t count = awh_split(text, ',', fields, RAILS_MAX + 2);
    const char *rest = awh_date_ctime(fields[0], seconds);
    if (count < 2 || count > RAILS_MAX + 1 || rest == NULL || *rest != '\0')
        return 0;
    for (size_t i = 1; i < count; i++)
        if (!awh_is_number(fields[i], NULL, &rails[i - 1]))
            return 0;
    return count - 1;
}

static bool power_log_detect(const char *text, size_t size)
{
    char line[1024];
    double seconds, rails[RAILS_MAX];
    (void)size;
    for (unsigned i = 0; i < 2 && *text != '\0'; i++) { /* the first line may have the names */
        size_t length = strcspn(text, "\r\n");
        if (length < sizeof(line)) {
            memcpy(line, text, length);
            line[length] = '\0';
            if (read_row(line, &seconds, rails) > 0)
                return true;
        }
        text += length;
        text += strspn(text, "\r\n");
    }
    return false;
}

static void read_names(struct power_log *r, char *text)
{
    char *fields[RAILS_MAX + 2];
    size_t count = awh_split(text, ',', fields, RAILS_MAX + 2);
    for (size_t i = 1; i < count && i <= RAILS_MAX; i++)
        snprintf(r->names[i - 1], sizeof(r->names[0]), "%s", fields[i]);
}

static void add_row(struct power_log *r, double seconds, const double *rails)
{
    double step_s = seconds - r->last_s;
    for (size_t i = 0; i < r->rails; i++) {
        r->sums[i] += rails[i];
        r->min[i] = r->rows == 0 ? rails[i] : fmin(r->min[i], rails[i]);
        r->max[i] = r->rows == 0 ? rails[i] : fmax(r->max[i], rails[i]);
    }
    if (r->rows > 0 && step_s > 0 && step_s <= GAP_MAX_S) {
        r->duration_s += step_s;
        r->energy_j += step_s * (rails[0] + r->last_uw) / 2 / UW_PER_W;
    }
    r->last_s = seconds;
    r->last_uw = rails[0];
    r->rows++;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct power_log *r = (struct power_log *)scan;
    double seconds, rails[RAILS_MAX];
    if (scan->lines.number == 1) {
        char copy[sizeof(r->names)];
        snprintf(copy, sizeof(copy), "%s", text);
        read_names(r, copy);
    }
    if (r->odd_line > 0 && *awh_trim(text) != '\0')
        return awh_fail(scan->draft.diag, AW_ERR_FORMAT, "%s:%u: expected %zu columns, found %zu",
                        scan->lines.path, (unsigned)r->odd_line, r->rails + 1, r->odd_rails + 1);
    size_t count = read_row(text, &seconds, rails);
    if (count == 0)
        return AW_OK; /* names, or a line that was being written when the tool ended */
    if (r->rows == 0) {
        r->first_line = scan->lines.number;
        r->rails = count;
        if (r->first_line == 1)
            memset(r->names, 0, sizeof(r->names)); /* they were values */
    }
    if (count != r->rails) {
        r->odd_line = scan->lines.number;
        r->odd_rails = count;
        return AW_OK;
    }
    add_row(r, seconds, rails);
    return AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    struct power_log *r = (struct power_log *)scan;
    struct awh_draft *draft = &scan->draft;
    enum aw_err err = AW_OK;
    if (r->rows == 0)
        return AW_OK;
    awh_draft_begin(draft, "power", "uW", r->first_line);
    for (size_t i = 0; err == AW_OK && i < r->rails; i++) {
        struct awh_layer_time *layer;
        char name[64];
        snprintf(name, sizeof(name), "rail %zu", i + 1);
        err = awh_draft_layer(draft, r->names[i][0] == '\0' ? name : r->names[i],
                              r->sums[i] / (double)r->rows, r->first_line, &layer);
        struct awh_spread *spread = err == AW_OK ? awh_draft_spread(draft) : NULL;
        if (spread == NULL)
            return err != AW_OK ? err : AW_ERR_NO_MEM;
        *spread = (struct awh_spread){
            .min = r->min[i], .max = r->max[i], .mean = layer->value, .median = (double)NAN};
        layer->spread = spread;
        layer->count = r->rows;
    }
    if (err == AW_OK)
        err = awh_draft_figure(draft, "duration", r->duration_s, "s", r->first_line);
    if (err == AW_OK)
        err = awh_draft_figure(draft, "energy", r->energy_j, "J", r->first_line);
    draft->run.overall = r->sums[0] / (double)r->rows;
    draft->run.count = r->rows;
    return err != AW_OK ? err : awh_draft_emit(draft);
}

static enum aw_err power_log_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct power_log r = {.rows = 0};
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_power_log = {
    .name = "power_log", .detect = power_log_detect, .read = power_log_read};
