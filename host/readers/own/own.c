/* Our own results: prof_results/<net>/<run>.yaml as `measure` writes (docs/formats.md). */
#include <math.h>
#include <string.h>

#include "readers/reader.h"

extern const struct awh_reader_type awh_reader_own;

static bool own_detect(const char *text, size_t size)
{
    /* Keys at the start of a line that together no other tool writes. */
    (void)size;
    return strstr(text, "\nprogram_crc32:") != NULL && strstr(text, "\nlayers:") != NULL;
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
    return AW_OK;
}

static enum aw_err own_read(struct awh_arena *arena, const char *path, const char *text,
                            size_t size, struct awh_layer_run *run_out, struct awh_diag *diag)
{
    struct awh_yaml *root, *layers, *unit, *crc;
    struct awh_layer_run run = {.overall = (double)NAN};
    enum aw_err err;
    if ((err = awh_yaml_load(arena, path, text, size, &root, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "layers", AWH_YAML_SEQ, &layers, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "unit", AWH_YAML_STR, &unit, diag)) != AW_OK ||
        (err = awh_yaml_need(root, "program_crc32", AWH_YAML_STR, &crc, diag)) != AW_OK ||
        (err = awh_yaml_opt_real(root, "overall_latency", &run.overall, diag)) != AW_OK ||
        (err = awh_yaml_opt_bool(root, "verified", &run.verified, diag)) != AW_OK)
        return err;
    run.layers = awh_arena_array(arena, layers->list.count, sizeof(*run.layers));
    if (run.layers == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < layers->list.count; i++)
        if ((err = read_layer(layers->list.items[i], &run.layers[i], diag)) != AW_OK)
            return err;
    run.layer_count = layers->list.count;
    run.unit = unit->str.text;
    run.program_crc32 = crc->str.text;
    run.device = awh_yaml_get_set(root, "device");
    *run_out = run;
    return AW_OK;
}

const struct awh_reader_type awh_reader_own = {
    .name = "own", .detect = own_detect, .read = own_read};
