/* Kernel lists of vai_c_caffe and dnnc: "KEY : VALUE", keys right-aligned; "Kernel Name" begins a
 * kernel. What a kernel takes of the memory is known without a run: code, parameters and feature
 * maps. */
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

extern const struct awh_reader_type awh_reader_vai_c;

struct vai_c {
    struct awh_scan scan;
    char name[256];
    bool in_kernel;
    unsigned sizes; /* of those that make up the memory */
};

static bool vai_c_detect(const char *text, size_t size)
{
    (void)size;
    const char *list = strstr(text, "kernel list info for network \"");
    return list != NULL ||
           (strstr(text, "Kernel Name :") != NULL && strstr(text, "IO Memory Space :") != NULL);
}

static enum aw_err emit(struct vai_c *r)
{
    if (!r->in_kernel)
        return AW_OK;
    struct awh_draft *draft = &r->scan.draft;
    draft->run.net = r->name;
    if (r->sizes == 0)
        draft->run.perf = "info"; /* a kernel of the CPU */
    r->in_kernel = false;
    return awh_draft_emit(draft);
}

/* Sizes are printed as MB, KB or B. */
static bool read_size(const char *text, double *mb)
{
    static const struct {
        const char *unit;
        double mb;
    } units[] = {{"MB", 1}, {"KB", 1e-3}, {"GB", 1e3}, {"B", 1e-6}};
    double value;
    if (!awh_number(&text, &value))
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(text, units[i].unit) == 0) {
            *mb = value * units[i].mb;
            return true;
        }
    return false;
}

static enum aw_err read_value(struct vai_c *r, const char *key, const char *value)
{
    static const struct {
        const char *key, *figure, *unit;
    } numbers[] = {{"Workload MACs", "workload", "MOPS"},
                   {"Total Tensor Count", "tensors", ""},
                   {"Total Node Count", "nodes", ""}},
      sizes[] = {{"Code Size", "code", "MB"},
                 {"Param Size", "parameters", "MB"},
                 {"IO Memory Space", "feature maps", "MB"}};
    struct awh_draft *draft = &r->scan.draft;
    uint32_t line = r->scan.lines.number;
    double number;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(key, numbers[i].key) == 0 && awh_is_number(value, numbers[i].unit, &number))
            return awh_draft_figure(draft, numbers[i].figure, number, numbers[i].unit, line);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (strcmp(key, sizes[i].key) == 0 && read_size(value, &number)) {
            draft->run.overall = (r->sizes++ > 0 ? draft->run.overall : 0) + number;
            return awh_draft_figure(draft, sizes[i].figure, number, sizes[i].unit, line);
        }
    return AW_OK;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct vai_c *r = (struct vai_c *)scan;
    char *fields[2];
    if (awh_split(text, ':', fields, 2) != 2)
        return AW_OK;
    if (strcmp(fields[0], "Kernel Name") == 0) {
        enum aw_err err = emit(r);
        awh_draft_begin(&scan->draft, "memory", "MB", scan->lines.number);
        snprintf(r->name, sizeof(r->name), "%s", fields[1]);
        r->in_kernel = true;
        r->sizes = 0;
        return err;
    }
    return r->in_kernel ? read_value(r, fields[0], fields[1]) : AW_OK;
}

static enum aw_err finish(struct awh_scan *scan)
{
    return emit((struct vai_c *)scan);
}

static enum aw_err vai_c_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct vai_c r = {.in_kernel = false};
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_vai_c = {
    .name = "vai_c", .detect = vai_c_detect, .read = vai_c_read};
