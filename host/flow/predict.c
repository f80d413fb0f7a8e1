/* predict: what architectures cost, by a model file. */
#include "flow/flow.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/stats.h"
#include "models/model_file.h"
#include "models/profiles.h"
#include "net/net.h"
#include "spaces/space.h"

#define MAX_GENOTYPE_FILE_BYTES (256u << 20)

struct row {
    const char *name;
    double predicted;
    double measured; /* NAN: not known */
    size_t prims, missing;
};

struct predictor {
    const struct awh_predict_options *options;
    struct awh_arena arena;
    struct awh_diag *diag;
    struct awh_model model;
    const struct awh_space_type
        *space_type; /* opened when genotypes or random ones are asked for */
    void *space;
    struct awh_profiles measured; /* net_count 0: none */
    struct row *rows;
    size_t count, capacity;
};

static enum aw_err add_row(struct predictor *p, const char *name, const struct awh_prim *prims,
                           size_t count)
{
    struct row row = {.name = name, .measured = (double)NAN, .prims = count};
    enum aw_err err =
        p->model.type->predict(p->model.state, prims, count, &row.predicted, &row.missing);
    if (err != AW_OK)
        return awh_fail(p->diag, err, "%s: the model gives no prediction: %s", name,
                        aw_err_str(err));
    struct row *rows = awh_grow(p->rows, &p->capacity, p->count + 1, sizeof(*rows));
    if (rows == NULL)
        return awh_fail_mem(p->diag);
    p->rows = rows;
    p->rows[p->count++] = row;
    return AW_OK;
}

static enum aw_err open_space(struct predictor *p)
{
    p->space_type = awh_space_type_find(p->model.space_type);
    if (p->space_type == NULL)
        return awh_fail(p->diag, AW_ERR_NOT_FOUND, "%s: unknown search space '%s'",
                        p->options->model_path, p->model.space_type);
    return p->space_type->open(&p->arena, p->model.search_space_cfg, p->model.mixin_cfg, &p->space,
                               p->diag);
}

static enum aw_err predict_genotype(struct predictor *p, const char *where, unsigned line,
                                    char *text)
{
    struct awh_prim_list prims = {0};
    struct awh_diag local = {.warn = p->diag->warn, .warn_context = p->diag->warn_context};
    enum aw_err err =
        p->space_type->genotype(p->space, p->model.prof_prims_cfg, text, &prims, &local);
    if (err != AW_OK)
        err = awh_fail(p->diag, err, "%s:%u: %s", where, line, local.text);
    else
        err = add_row(p, text, prims.prims, prims.count);
    awh_prim_list_release(&prims);
    return err;
}

static enum aw_err read_stdin(struct predictor *p, char **text_out)
{
    struct awh_str text;
    char block[65536];
    size_t n;
    awh_str_init(&text);
    while ((n = fread(block, 1, sizeof(block), stdin)) > 0 && text.size < MAX_GENOTYPE_FILE_BYTES)
        awh_str_append_n(&text, block, n);
    enum aw_err err = AW_OK;
    if (ferror(stdin))
        err = awh_fail(p->diag, AW_ERR_IO, "cannot read the standard input");
    else if (text.size >= MAX_GENOTYPE_FILE_BYTES)
        err = awh_fail(p->diag, AW_ERR_RANGE, "the standard input: more than 256 MiB of genotypes");
    else if (text.failed || (*text_out = awh_arena_strndup(&p->arena, text.text ? text.text : "",
                                                           text.size)) == NULL)
        err = awh_fail_mem(p->diag);
    awh_str_release(&text);
    return err;
}

/* One genotype a line; blank lines, comments (#) and YAML's list dashes and quotes are stripped. */
static char *strip(char *line)
{
    line += strspn(line, " \t");
    if (line[0] == '-' && (line[1] == ' ' || line[1] == '\t'))
        line += 1 + strspn(line + 1, " \t");
    size_t n = strlen(line);
    while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL)
        line[--n] = '\0';
    if (n >= 2 && (line[0] == '"' || line[0] == '\'') && line[n - 1] == line[0]) {
        line[n - 1] = '\0';
        line++;
    }
    return line;
}

static enum aw_err predict_genotypes(struct predictor *p)
{
    const char *path = p->options->genotypes_path;
    bool from_stdin = strcmp(path, "-") == 0;
    char *text, *next;
    size_t size;
    enum aw_err err = open_space(p);
    if (err == AW_OK)
        err = from_stdin
                  ? read_stdin(p, &text)
                  : awh_file_read(&p->arena, path, MAX_GENOTYPE_FILE_BYTES, &text, &size, p->diag);
    for (unsigned line = 1; err == AW_OK && text != NULL; line++, text = next) {
        next = strchr(text, '\n');
        if (next != NULL)
            *next++ = '\0';
        char *genotype = strip(text);
        if (genotype[0] != '\0' && genotype[0] != '#')
            err = predict_genotype(p, from_stdin ? "(standard input)" : path, line, genotype);
    }
    return err;
}

static enum aw_err predict_random(struct predictor *p)
{
    enum aw_err err = open_space(p);
    for (uint64_t i = 0; err == AW_OK && i < p->options->random; i++) {
        struct awh_prim_list prims = {0};
        char *genotype;
        err = p->space_type->sample_genotype(p->space, &p->arena, p->options->seed, i, &genotype,
                                             p->diag);
        if (err == AW_OK)
            err = p->space_type->sample(p->space, p->model.prof_prims_cfg, p->options->seed, i,
                                        &prims, p->diag);
        if (err == AW_OK)
            err = add_row(p, genotype, prims.prims, prims.count);
        awh_prim_list_release(&prims);
    }
    return err;
}

static enum aw_err predict_net(struct predictor *p, const char *path)
{
    struct awh_net net;
    enum aw_err err = awh_net_load(&p->arena, path, &net, p->diag);
    if (err != AW_OK)
        return err;
    char *name = awh_arena_strdup(&p->arena, net.name);
    if (name == NULL)
        return awh_fail_mem(p->diag);
    return add_row(p, name, net.prims, net.count);
}

static enum aw_err predict_nets(struct predictor *p)
{
    const char *path = p->options->nets_dir;
    char **names;
    size_t count;
    if (!awh_path_is_dir(path))
        return predict_net(p, path);
    enum aw_err err = awh_dir_list(&p->arena, path, &names, &count, p->diag);
    for (size_t i = 0; err == AW_OK && i < count; i++) {
        size_t n = strlen(names[i]);
        if (n <= 5 || strcmp(names[i] + n - 5, ".yaml") != 0)
            continue;
        char *file = awh_path_join(&p->arena, path, names[i]);
        err = file == NULL ? awh_fail_mem(p->diag) : predict_net(p, file);
    }
    return err;
}

/* Joins the measured whole-net figures (mean over runs) by net name. */
static enum aw_err join_measured(struct predictor *p)
{
    enum aw_err err = awh_profiles_load(&p->arena, p->options->measured_dir, p->model.perf_name,
                                        &p->measured, p->diag);
    if (err != AW_OK)
        return err;
    if (p->measured.unit != NULL && p->model.unit != NULL &&
        strcmp(p->measured.unit, p->model.unit) != 0)
        return awh_fail(p->diag, AW_ERR_MISMATCH,
                        "%s is in %s and the model predicts %s; they cannot be compared",
                        p->options->measured_dir, p->measured.unit, p->model.unit);
    size_t joined = 0;
    for (size_t i = 0; i < p->count; i++)
        for (size_t n = 0; n < p->measured.net_count; n++) {
            const struct awh_profile_net *net = &p->measured.nets[n];
            double sum = 0;
            if (strcmp(net->name, p->rows[i].name) != 0)
                continue;
            for (size_t r = 0; r < net->run_count; r++)
                sum += net->runs[r].overall;
            p->rows[i].measured = sum / (double)net->run_count;
            joined += isnan(p->rows[i].measured) ? 0 : 1;
        }
    if (joined == 0)
        return awh_fail(p->diag, AW_ERR_NOT_FOUND,
                        "%s: none of the predicted nets was measured there",
                        p->options->measured_dir);
    return AW_OK;
}

static const char *unit_of(const struct predictor *p)
{
    return p->model.unit == NULL ? "(unit not recorded)" : p->model.unit;
}

static void print_csv(const struct predictor *p, FILE *out)
{
    fprintf(out, "architecture,%s,unit,primitives,missing%s\n", p->model.perf_name,
            p->measured.net_count ? ",measured,error" : "");
    for (size_t i = 0; i < p->count; i++) {
        const struct row *row = &p->rows[i];
        fprintf(out, "\"%s\",%.17g,%s,%zu,%zu", row->name, row->predicted, unit_of(p), row->prims,
                row->missing);
        if (p->measured.net_count && isnan(row->measured))
            fputs(",,", out);
        else if (p->measured.net_count)
            fprintf(out, ",%.17g,%.6g", row->measured, row->predicted / row->measured - 1);
        fputc('\n', out);
    }
}

static void print_jsonl(const struct predictor *p, FILE *out)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct row *row = &p->rows[i];
        fputs("{\"architecture\": \"", out);
        for (const char *c = row->name; *c != '\0'; c++)
            if (*c == '"' || *c == '\\')
                fprintf(out, "\\%c", *c);
            else if ((unsigned char)*c < 0x20)
                fprintf(out, "\\u%04x", (unsigned)*c);
            else
                fputc(*c, out);
        fprintf(out, "\", \"%s\": %.17g, \"unit\": \"%s\", \"primitives\": %zu, \"missing\": %zu",
                p->model.perf_name, row->predicted, unit_of(p), row->prims, row->missing);
        if (!isnan(row->measured))
            fprintf(out, ", \"measured\": %.17g", row->measured);
        fputs("}\n", out);
    }
}

static enum aw_err print_yaml(struct predictor *p, FILE *out)
{
    struct awh_yaml *list = awh_yaml_new_seq(&p->arena);
    for (size_t i = 0; i < p->count; i++) {
        const struct row *row = &p->rows[i];
        struct awh_yaml *map = awh_yaml_new_map(&p->arena);
        if (!awh_yaml_set(&p->arena, map, "architecture", awh_yaml_new_str(&p->arena, row->name)) ||
            !awh_yaml_set(&p->arena, map, p->model.perf_name,
                          awh_yaml_new_real(&p->arena, row->predicted)) ||
            !awh_yaml_set(&p->arena, map, "unit", awh_yaml_new_str(&p->arena, unit_of(p))) ||
            !awh_yaml_set(&p->arena, map, "missing",
                          awh_yaml_new_int(&p->arena, (int64_t)row->missing)) ||
            (!isnan(row->measured) && !awh_yaml_set(&p->arena, map, "measured",
                                                    awh_yaml_new_real(&p->arena, row->measured))) ||
            !awh_yaml_push(&p->arena, list, map))
            return awh_fail_mem(p->diag);
    }
    struct awh_str text;
    awh_str_init(&text);
    enum aw_err err = awh_yaml_dump(list, &text, p->diag);
    if (err == AW_OK)
        fwrite(text.text, 1, text.size, out);
    awh_str_release(&text);
    return err;
}

/* Errors over the rows that were measured; malloc'ed arrays, count 0 when there are none. */
static enum aw_err print_table(struct predictor *p, FILE *out)
{
    double *predicted = awh_arena_array(&p->arena, p->count, sizeof(*predicted));
    double *measured = awh_arena_array(&p->arena, p->count, sizeof(*measured));
    size_t joined = 0;
    if (predicted == NULL || measured == NULL)
        return awh_fail_mem(p->diag);
    fprintf(out, "%-24s %6s %18s %18s %9s\n", "net", "prims", "predicted", "measured", "error");
    for (size_t i = 0; i < p->count; i++) {
        const struct row *row = &p->rows[i];
        fprintf(out, "%-24s %6zu %18.8g", row->name, row->prims, row->predicted);
        if (isnan(row->measured)) {
            fputs("                  -         -\n", out);
            continue;
        }
        fprintf(out, " %18.8g %+8.4f%%\n", row->measured,
                100 * (row->predicted / row->measured - 1));
        predicted[joined] = row->predicted;
        measured[joined++] = row->measured;
    }
    fprintf(out, "unit: %s\n", unit_of(p));
    if (joined > 0)
        fprintf(out, "mean error (MAPE) %.4f%%, Kendall tau %.3f over %zu nets\n",
                100 * awh_mape(predicted, measured, joined),
                awh_kendall_tau(predicted, measured, joined), joined);
    return AW_OK;
}

static enum aw_err print_rows(struct predictor *p, FILE *out)
{
    const char *format = p->options->format;
    if (strcmp(format, "csv") == 0) {
        print_csv(p, out);
        return AW_OK;
    }
    if (strcmp(format, "jsonl") == 0) {
        print_jsonl(p, out);
        return AW_OK;
    }
    return strcmp(format, "table") == 0 ? print_table(p, out) : print_yaml(p, out);
}

static enum aw_err check_options(const struct awh_predict_options *o, struct awh_diag *diag)
{
    int sources = (o->genotypes_path != NULL) + (o->nets_dir != NULL) + (o->random > 0);
    if (sources != 1)
        return awh_fail(
            diag, AW_ERR_ARG,
            "predict: expected one of --genotypes FILE, --random N and --nets DIR, found %s",
            sources == 0 ? "none" : "several");
    if (strcmp(o->format, "yaml") != 0 && strcmp(o->format, "csv") != 0 &&
        strcmp(o->format, "jsonl") != 0 && strcmp(o->format, "table") != 0)
        return awh_fail(diag, AW_ERR_ARG,
                        "--format: expected yaml, csv, jsonl or table, found '%s'", o->format);
    if (o->random > 10000000)
        return awh_fail(diag, AW_ERR_RANGE, "--random: expected at most 10000000");
    return AW_OK;
}

enum aw_err awh_predict(const struct awh_predict_options *options, FILE *out, struct awh_diag *diag)
{
    struct predictor p = {.options = options, .diag = diag};
    enum aw_err err = check_options(options, diag);
    if (err != AW_OK)
        return err;
    awh_arena_init(&p.arena);
    err = awh_model_load(&p.arena, options->model_path, &p.model, diag);
    if (err == AW_OK)
        err = options->genotypes_path != NULL ? predict_genotypes(&p)
              : options->nets_dir != NULL     ? predict_nets(&p)
                                              : predict_random(&p);
    if (err == AW_OK && options->measured_dir != NULL)
        err = join_measured(&p);
    if (err == AW_OK) {
        size_t missing = 0, nets = 0;
        for (size_t i = 0; i < p.count; i++) {
            missing += p.rows[i].missing;
            nets += p.rows[i].missing > 0;
        }
        if (missing > 0)
            awh_warn(diag, "%zu primitives of %zu architectures were never measured and count 0",
                     missing, nets);
        err = print_rows(&p, out);
    }
    free(p.rows);
    awh_arena_release(&p.arena);
    return err;
}
