/* The gauge of an undisturbed host, kept between processes: one that is found out inside of a
 * process is wrong when the whole process is slow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "timing/host.h"

#define GAUGE_VERSION 1 /* counts up when awh_gauge changes */

enum aw_err awh_gauge_path(struct awh_arena *arena, const char **path_out, struct awh_diag *diag)
{
    char name[128] = "";
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (gethostname(name, sizeof name - 1))
        name[0] = '\0';
    for (char *at = name; *at; at++)
        if (*at == '/')
            *at = '_';
    const char *path;
    if (cache && *cache)
        path = awh_arena_printf(arena, "%s/awnas-hw/gauge-%s.yaml", cache, name);
    else if (home && *home)
        path = awh_arena_printf(arena, "%s/.cache/awnas-hw/gauge-%s.yaml", home, name);
    else
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "no place for this host's calibration: set XDG_CACHE_HOME or HOME");
    if (!path)
        return awh_fail_mem(diag);
    *path_out = path;
    return AW_OK;
}

static enum aw_err load(struct awh_arena *arena, const char *path, double *gauge_out,
                        struct awh_diag *diag)
{
    struct awh_yaml *root, *node;
    const char *cpu = NULL;
    char here[128];
    int64_t version = 0;
    double gauge;
    enum aw_err err = awh_yaml_load_file(arena, path, &root, diag);
    if (err || (err = awh_yaml_need(root, "gauge_ns", AWH_YAML_FLOAT, &node, diag)) ||
        (err = awh_yaml_real(node, &gauge, diag)) ||
        (err = awh_yaml_opt_text(root, "cpu", &cpu, diag)) ||
        (err = awh_yaml_opt_int(root, "version", 0, 1000, &version, diag)))
        return err;
    awh_host_cpu(here, sizeof here);
    if (gauge < 1.0 || gauge > 1e9)
        return awh_yaml_fail(node, AW_ERR_RANGE, diag, "expected 1 to 1e9 ns, found %g", gauge);
    if (version == GAUGE_VERSION && cpu && !strcmp(cpu, here))
        *gauge_out = gauge;
    return AW_OK;
}

void awh_gauge_load(double *gauge_ns_out, struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_diag why = {0};
    const char *path;
    awh_arena_init(&arena);
    *gauge_ns_out = 0.0;
    if (!awh_gauge_path(&arena, &path, &why) && awh_path_exists(path) &&
        load(&arena, path, gauge_ns_out, &why))
        awh_warn(diag, "%s; it is not used: run awnas-hw doctor --calibrate", why.text);
    awh_arena_release(&arena);
}

static enum aw_err save(struct awh_arena *arena, double gauge_ns, struct awh_diag *diag)
{
    const char *path;
    char cpu[128];
    awh_host_cpu(cpu, sizeof cpu);
    enum aw_err err = awh_gauge_path(arena, &path, diag);
    if (err)
        return err;
    char *dir = awh_arena_strdup(arena, path);
    struct awh_yaml *root = awh_yaml_new_map(arena);
    if (!dir || !root ||
        !awh_yaml_set(arena, root, "version", awh_yaml_new_int(arena, GAUGE_VERSION)) ||
        !awh_yaml_set(arena, root, "cpu", awh_yaml_new_str(arena, cpu)) ||
        !awh_yaml_set(arena, root, "gauge_ns", awh_yaml_new_real(arena, gauge_ns)))
        return awh_fail_mem(diag);
    *strrchr(dir, '/') = '\0';
    struct awh_str text;
    awh_str_init(&text);
    err = awh_yaml_dump(root, &text, diag);
    if (!err)
        err = awh_dir_make(dir, diag);
    if (!err)
        err = awh_file_write(path, text.text, text.size, diag);
    awh_str_release(&text);
    return err;
}

enum aw_err awh_gauge_save(double gauge_ns, struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    enum aw_err err = save(&arena, gauge_ns, diag);
    awh_arena_release(&arena);
    return err;
}
