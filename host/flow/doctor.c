/* The state of the host as an instrument. */
#include <stdio.h>

#include "base/str.h"
#include "base/yaml.h"
#include "flow/flow.h"
#include "timing/engine.h"
#include "timing/host.h"

#define CALIBRATE_MS 3000 /* on each core */
#define QUIET_SHARE  0.5  /* of the time, below which the host was not quiet */

static enum aw_err print_engines(FILE *out, struct awh_diag *diag)
{
    for (const struct awh_engine_ops *const *ops = awh_engines(); *ops; ops++) {
        char text[256] = "";
        unsigned count = 0;
        enum aw_err err = AW_OK;
        if ((*ops)->missing)
            snprintf(text, sizeof text, "%s", (*ops)->missing);
        else
            err = (*ops)->count(&count, text, sizeof text, diag);
        for (unsigned i = 0; i < count && !err; i++) {
            err = (*ops)->title(i, text, sizeof text, diag);
            if (!err)
                fprintf(out, "engine %-8s %s\n", (*ops)->name, text);
        }
        if (err)
            return err;
        if (!count)
            fprintf(out, "engine %-8s none: %s\n", (*ops)->name, text);
    }
    return AW_OK;
}

static enum aw_err print_host(FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_timing_host host;
    double gauge;
    awh_gauge_load(&gauge, diag);
    awh_arena_init(&arena);
    struct awh_yaml *map = awh_yaml_new_map(&arena);
    enum aw_err err = map ? awh_host_open(&host, 1, gauge, diag) : awh_fail_mem(diag);
    if (!err) {
        struct awh_str text;
        awh_str_init(&text);
        double now = awh_gauge();
        err = awh_host_describe(&host, &arena, map, diag);
        if (!err && !awh_yaml_set(&arena, map, "gauge_now_ns", awh_yaml_new_real(&arena, now)))
            err = awh_fail_mem(diag);
        if (!err)
            err = awh_yaml_dump(map, &text, diag);
        if (!err)
            fputs(text.text, out);
        awh_str_release(&text);
        awh_host_close(&host);
    }
    awh_arena_release(&arena);
    return err;
}

static enum aw_err calibrate(bool force, FILE *out, struct awh_diag *diag)
{
    struct awh_arena arena;
    const char *path;
    double before, found, share;
    awh_gauge_load(&before, diag);
    enum aw_err err = awh_gauge_find(CALIBRATE_MS, &found, &share, diag);
    if (err)
        return err;
    if (share < QUIET_SHARE)
        awh_warn(diag, "only %.0f %% of the time was quiet; calibrate again when nothing else runs",
                 100.0 * share);
    if (before > 0.0 && found > AWH_GAUGE_LIMIT * before && !force)
        return awh_fail(diag, AW_ERR_STATE,
                        "the gauge takes %.0f ns now and took %.0f ns when this host was quiet; "
                        "the old calibration is kept (--force takes the new one)",
                        found, before);
    awh_arena_init(&arena);
    err = awh_gauge_path(&arena, &path, diag);
    if (!err)
        err = awh_gauge_save(found, diag);
    if (!err)
        fprintf(out, "gauge %.0f ns, quiet %.0f %% of the time; written to %s\n", found,
                100.0 * share, path);
    awh_arena_release(&arena);
    return err;
}

enum aw_err awh_doctor(bool run_calibration, bool force, FILE *out, struct awh_diag *diag)
{
    if (run_calibration)
        return calibrate(force, out, diag);
    enum aw_err err = print_engines(out, diag);
    return err ? err : print_host(out, diag);
}
