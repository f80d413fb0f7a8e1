/* parse and net2primitive: logs of layers -> the time of each primitive.
 *
 * Every layer's time ends in a primitive, in glue (nodes between layers, and layers that no
 * primitive owns) or unattributed; the summary says how much, and that it adds up.
 * mapping/mapping.h has the rules for names. */
#include "flow/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* -- Which net a log belongs to
 * --------------------------------------------------------------------- */

static enum aw_err list_nets(struct parser *p)
{
    if (p->nets_listed)
        return AW_OK;
    p->nets_listed = true;
    if (!awh_path_is_dir(p->options->prim_to_ops))
        return awh_fail(p->diag, AW_ERR_NOT_FOUND,
                        "%s: expected a directory with one folder a net, such as "
                        "results/hardwares/0-dpu",
                        p->options->prim_to_ops);
    return awh_dir_list(&p->arena, p->options->prim_to_ops, &p->nets, &p->net_count, p->diag);
}

static bool is_net(struct parser *p, const char *name, size_t size, const char **net_out)
{
    for (size_t i = 0; i < p->net_count; i++)
        if (strlen(p->nets[i]) == size && memcmp(p->nets[i], name, size) == 0) {
            *net_out = p->nets[i];
            return true;
        }
    return false;
}

/* "<net>.<ext>", also "<net>.profile.json". */
static const char *net_by_name(struct parser *p, const char *file)
{
    const char *net;
    for (size_t size = strlen(file); size > 0; size--)
        if ((file[size] == '\0' || file[size] == '.') && is_net(p, file, size, &net))
            return net;
    return NULL;
}

/* "<name>_<i>@<C>x<H>x<W>.<ext>": the net whose folder has that model. */
static enum aw_err net_by_model(struct parser *p, const char *file, const char **net_out)
{
    const char *at = strchr(file, '@'), *dot = at != NULL ? strchr(at, '.') : NULL;
    *net_out = NULL;
    if (at == NULL)
        return AW_OK;
    size_t size = dot != NULL ? (size_t)(dot - file) : strlen(file);
    struct awh_str path; /* of its own: as many as files times nets would fill the arena */
    awh_str_init(&path);
    for (size_t i = 0; i < p->net_count && *net_out == NULL && !path.failed; i++) {
        path.size = 0;
        awh_str_printf(&path, "%s/%s/%.*s.yaml", p->options->prim_to_ops, p->nets[i], (int)size,
                       file);
        if (!path.failed && awh_path_exists(path.text))
            *net_out = p->nets[i];
    }
    enum aw_err err = path.failed ? awh_fail_mem(p->diag) : AW_OK;
    awh_str_release(&path);
    return err;
}

static enum aw_err add_log(struct parser *p, const char *net, const char *path, const char *file)
{
    struct parse_log *logs = awh_grow(p->logs, &p->log_capacity, p->log_count + 1, sizeof(*logs));
    if (logs == NULL)
        return awh_fail_mem(p->diag);
    p->logs = logs;
    p->logs[p->log_count] =
        (struct parse_log){.net = net, .path = path, .file = file, .index = p->log_count};
    p->log_count++;
    return AW_OK;
}

static enum aw_err add_dir(struct parser *p, const char *net, const char *dir)
{
    char **files;
    size_t count, logs = p->log_count;
    enum aw_err err = awh_dir_list(&p->arena, dir, &files, &count, p->diag);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        char *path = awh_path_join(&p->arena, dir, files[i]);
        if (path == NULL)
            return awh_fail_mem(p->diag);
        if (files[i][0] != '.' && !awh_path_is_dir(path))
            err = add_log(p, net, path, files[i]);
    }
    if (err == AW_OK && p->log_count == logs)
        awh_warn(p->diag, "%s: no result in it; the net is left out", dir);
    return err;
}

static enum aw_err add_file(struct parser *p, const char *path, const char *file)
{
    enum aw_err err = list_nets(p);
    if (err != AW_OK)
        return err;
    const char *net = net_by_name(p, file);
    if (net == NULL)
        err = net_by_model(p, file, &net);
    if (err != AW_OK)
        return err;
    if (net == NULL) {
        awh_warn(p->diag, "%s: no net in %s has this name or a model of it; it is left out", path,
                 p->options->prim_to_ops);
        return AW_OK;
    }
    return add_log(p, net, path, file);
}

static enum aw_err find_logs(struct parser *p)
{
    const char *root = p->options->prof_result_dir;
    char **names;
    size_t count;
    enum aw_err err = awh_dir_list(&p->arena, root, &names, &count, p->diag);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        char *path = awh_path_join(&p->arena, root, names[i]);
        if (path == NULL)
            return awh_fail_mem(p->diag);
        if (names[i][0] == '.')
            continue;
        err = awh_path_is_dir(path) ? add_dir(p, names[i], path) : add_file(p, path, names[i]);
    }
    return err;
}

/* A log that was lost, or never made, is missed here at the latest. */
static enum aw_err warn_unlogged(struct parser *p)
{
    const char *first = NULL;
    size_t missing = 0;
    enum aw_err err = list_nets(p);
    for (size_t i = 0; err == AW_OK && i < p->net_count; i++) {
        char *dir = awh_path_join(&p->arena, p->options->prim_to_ops, p->nets[i]);
        size_t log = 0;
        if (dir == NULL)
            return awh_fail_mem(p->diag);
        while (log < p->log_count && strcmp(p->logs[log].net, p->nets[i]) != 0)
            log++;
        if (log < p->log_count || p->nets[i][0] == '.' || !awh_path_is_dir(dir) ||
            strcmp(p->nets[i], "prof_results") == 0)
            continue;
        first = first == NULL ? p->nets[i] : first;
        missing++;
    }
    if (missing > 0)
        awh_warn(p->diag, "%s: no log of %zu of the nets in %s; the first: %s",
                 p->options->prof_result_dir, missing, p->options->prim_to_ops, first);
    return err;
}

/* -- All nets
 * ------------------------------------------------------------------------------------------- */

static bool is_number(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' && strlen(text) < 19;
}

/* Nets by number, then by name; logs of a net stay in the order in which they were found. */
static int by_net(const void *a, const void *b)
{
    const struct parse_log *x = a, *y = b;
    bool number = is_number(x->net);
    if (number != is_number(y->net))
        return number ? -1 : 1;
    unsigned long long m = number ? strtoull(x->net, NULL, 10) : 0;
    unsigned long long n = number ? strtoull(y->net, NULL, 10) : 0;
    if (m != n)
        return m < n ? -1 : 1;
    int order = strcmp(x->net, y->net);
    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index;
}

static enum aw_err parse_all(struct parser *p)
{
    enum aw_err err = find_logs(p);
    if (err == AW_OK && p->log_count > 0)
        err = warn_unlogged(p);
    if (err == AW_OK && p->log_count > 0)
        qsort(p->logs, p->log_count, sizeof(*p->logs), by_net);
    for (size_t begin = 0, end; begin < p->log_count && err == AW_OK; begin = end) {
        for (end = begin + 1; end < p->log_count; end++)
            if (strcmp(p->logs[end].net, p->logs[begin].net) != 0)
                break;
        err = awh_parse_net(p, p->logs + begin, end - begin);
    }
    if (err == AW_OK && p->runs == 0)
        err = awh_fail(p->diag, AW_ERR_NOT_FOUND,
                       "%s: no results found; expected <net>/<run>.yaml as measure writes, or a "
                       "tool's logs as <net>/<any name>, <net>.<any ending> or "
                       "<name>_<i>@<C>x<H>x<W>.txt",
                       p->options->prof_result_dir);
    if (err == AW_OK && p->sums.total > 0 && p->sums.prims <= 0)
        err = awh_fail(p->diag, AW_ERR_MISMATCH,
                       "%s: none of the layers belongs to a primitive of the nets in %s; are these "
                       "logs of those nets?",
                       p->options->prof_result_dir, p->options->prim_to_ops);
    return err;
}

static enum aw_err load_power(struct parser *p)
{
    const struct awh_parse_options *o = p->options;
    long hours = 0;
    if ((o->power_path == NULL) != (o->times_path == NULL))
        return awh_fail(
            p->diag, AW_ERR_ARG,
            "--power and --times go together: the log of a session and when each net ran");
    if (o->power_shift != NULL) {
        char *end;
        hours = strtol(o->power_shift, &end, 10);
        if (end == o->power_shift || *end != '\0' || hours < -48 || hours > 48)
            return awh_fail(p->diag, AW_ERR_ARG,
                            "--power-shift: expected hours from -48 to 48, found '%s'",
                            o->power_shift);
    }
    if (o->power_path == NULL)
        return AW_OK;
    return awh_power_load(&p->arena, o->power_path, o->times_path, hours * 3600, &p->power,
                          p->diag);
}

/* It becomes part of the keys of the results. */
static enum aw_err check_perf_name(const struct parser *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *name = p->options->perf_name;
    size_t size = strlen(name);
    if (size > 0 && size <= PARSE_PERF_MAX && strspn(name, allowed) == size)
        return AW_OK;
    return awh_fail(p->diag, AW_ERR_ARG,
                    "--hwobj-type: expected latency, energy, memory or another name of at most %u "
                    "letters, digits and '_', found '%.80s'",
                    PARSE_PERF_MAX, name);
}

static enum aw_err load_inputs(struct parser *p)
{
    struct awh_yaml *hwobj;
    const struct awh_parse_options *o = p->options;
    enum aw_err err = check_perf_name(p);
    if (err == AW_OK)
        err = awh_yaml_load_file(&p->arena, o->hwobj_path, &hwobj, p->diag);
    if (err == AW_OK && hwobj->kind != AWH_YAML_MAP)
        err = awh_yaml_fail(hwobj, AW_ERR_FORMAT, p->diag, "expected a map of hardware settings");
    if (err == AW_OK && o->outliers != NULL)
        err = awh_outliers_parse(o->outliers, &p->outliers, p->diag);
    if (err == AW_OK && o->names_path != NULL)
        err = awh_names_load(&p->arena, o->names_path, &p->names, p->diag);
    if (err == AW_OK)
        err = load_power(p);
    if (err == AW_OK)
        err = awh_parse_table_load(p);
    return err;
}

enum aw_err awh_parse(const struct awh_parse_options *options, FILE *out, struct awh_diag *diag)
{
    struct parser p = {.options = options, .diag = diag, .outliers = AWH_OUTLIERS_MEDIAN_OF_MEANS};
    awh_arena_init(&p.arena);
    awh_arena_init(&p.kept);
    enum aw_err err = load_inputs(&p);
    if (err == AW_OK && options->result_dir != NULL) {
        err = awh_stage_begin(options->result_dir, options->force, &p.stage, diag);
        p.staged = err == AW_OK;
    }
    if (err == AW_OK)
        err = parse_all(&p);
    if (err == AW_OK)
        err = awh_parse_check_sums(&p);
    if (err == AW_OK) {
        awh_parse_table_merge(&p);
        err = p.staged ? awh_stage_commit(&p.stage, diag) : awh_parse_table_write(&p);
    }
    if (err == AW_OK && p.names != NULL)
        awh_names_warn_unused(p.names, diag);
    if (err == AW_OK)
        awh_parse_print_summary(&p, out);
    if (p.staged)
        awh_stage_release(&p.stage);
    free(p.table);
    free(p.logs);
    awh_arena_release(&p.kept);
    awh_arena_release(&p.arena);
    return err;
}
