/* Our own results: prof_results/<net>/<run>.yaml as `measure` writes (docs/formats.md). */
#include <math.h>
#include <string.h>

#include "readers/lines.h"
#include "readers/reader.h"

#define MAX_FILE_BYTES ((size_t)64 << 20)

extern const struct awh_reader_type awh_reader_own;

/* Keys at the start of a line that together no other tool writes. */
static bool own_detect(const char *text, size_t size)
{
    (void)size;
    const char *layers = strstr(text, "\nlayers:");
    return layers != NULL && strstr(layers, "\n- ") != NULL &&
           strstr(layers, " latency: ") != NULL && strstr(layers, " name: ") != NULL;
}

static enum aw_err read_layer(const struct awh_yaml *item, struct awh_layer_time *out,
                              struct awh_diag *diag)
{
    struct awh_yaml *name;
    enum aw_err err = awh_yaml_need(item, "name", AWH_YAML_STR, &name, diag);
    if (err != AW_OK)
        return err;
    const struct awh_yaml *latency = awh_yaml_get_set(item, "latency");
    if (latency == NULL)
        return awh_yaml_fail(item, AW_ERR_NOT_FOUND, diag, "expected the key 'latency'");
    if ((err = awh_yaml_real(latency, &out->value, diag)) != AW_OK)
        return err;
    if (out->value < 0)
        return awh_yaml_fail(latency, AW_ERR_RANGE, diag, "expected at least 0, found %g",
                             out->value);
    out->name = name->str.text;
    out->line = item->line;
    return AW_OK;
}

/* The layers add up to the block sum; a file from which one was cut out does not. */
static enum aw_err check_sum(const struct awh_yaml *root, const struct awh_layer_run *run,
                             struct awh_diag *diag)
{
    double said = (double)NAN, sum = 0;
    enum aw_err err = awh_yaml_opt_real(root, "block_sum_latency", &said, diag);
    for (size_t i = 0; i < run->layer_count; i++)
        sum += run->layers[i].value;
    if (err != AW_OK || isnan(said) || fabs(sum - said) <= 1e-9 * fabs(said))
        return err;
    return awh_yaml_fail(awh_yaml_get(root, "block_sum_latency"), AW_ERR_MISMATCH, diag,
                         "%g, but the %zu layers add up to %g; layers are missing or changed", said,
                         run->layer_count, sum);
}

static enum aw_err own_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct awh_yaml *root, *layers, *unit, *crc;
    struct awh_layer_run run = {.overall = (double)NAN, .perf = "latency"};
    char *text;
    size_t size;
    enum aw_err err;
    if ((err = awh_log_load(log, MAX_FILE_BYTES, &text, &size, diag)) != AW_OK ||
        (err = awh_yaml_load(log->arena, log->path, text, size, &root, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "layers", AWH_YAML_SEQ, &layers, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "unit", AWH_YAML_STR, &unit, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "program_crc32", AWH_YAML_STR, &crc, diag)) != AW_OK ||
        (err = awh_yaml_opt_real(root, "overall_latency", &run.overall, diag)) != AW_OK ||
        (err = awh_yaml_opt_text(root, "net", &run.net, diag)) != AW_OK ||
        (err = awh_yaml_opt_bool(root, "verified", &run.verified, diag)) != AW_OK)
        return err;
    run.layers = awh_arena_array(log->arena, layers->list.count, sizeof(*run.layers));
    if (run.layers == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < layers->list.count; i++)
        if ((err = read_layer(layers->list.items[i], &run.layers[i], diag)) != AW_OK)
            return err;
    run.layer_count = layers->list.count;
    run.line = layers->line;
    run.count = 1;
    run.unit = unit->str.text;
    run.program_crc32 = crc->str.text;
    run.device = awh_yaml_get_set(root, "device");
    err = check_sum(root, &run, diag);
    return err != AW_OK ? err : log->take(log->context, &run, diag);
}

const struct awh_reader_type awh_reader_own = {
    .name = "own", .detect = own_detect, .read = own_read};
