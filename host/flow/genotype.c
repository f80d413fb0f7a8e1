/* genotype: between genotype strings and lists of primitives. */
#include <stdlib.h>
#include <string.h>

#include "flow/flow.h"
#include "flow/space_io.h"
#include "net/net.h"

#define LINE_BYTES_MAX (16u << 20)

struct job {
    const struct awh_genotype_options *options;
    struct awh_space_config config;
    FILE *out;
    unsigned documents; /* printed so far */
    struct awh_diag *diag;
};

static enum aw_err print_yaml(struct job *job, const struct awh_prim_list *prims)
{
    struct awh_arena arena;
    struct awh_str text;
    awh_arena_init(&arena);
    awh_str_init(&text);
    struct awh_yaml *list = awh_prims_to_yaml(&arena, prims->prims, prims->count);
    enum aw_err err = list ? awh_yaml_dump(list, &text, job->diag) : awh_fail_mem(job->diag);
    if (!err) {
        if (job->documents++)
            fputs("---\n", job->out);
        fwrite(text.text, 1, text.size, job->out);
    }
    awh_str_release(&text);
    awh_arena_release(&arena);
    return err;
}

/* `line` 0: the genotype is an argument. */
static enum aw_err print_primitives(struct job *job, const char *genotype, unsigned line)
{
    const struct awh_space_config *config = &job->config;
    struct awh_prim_list prims = {.prims = NULL};
    struct awh_diag inner = {.warn = job->diag->warn, .warn_context = job->diag->warn_context};
    enum aw_err err =
        config->type->genotype(config->space, config->prof_prims_cfg, genotype, &prims, &inner);
    if (err && line)
        err = awh_fail(job->diag, err, "(standard input):%u: %s", line, inner.text);
    else if (err)
        err = awh_fail(job->diag, err, "%s", inner.text);
    else
        err = job->options->json ? awh_prims_print_json(genotype, &prims, job->out, job->diag)
                                 : print_yaml(job, &prims);
    awh_prim_list_release(&prims);
    return err;
}

/* One genotype a line; blank lines and comments (#) are left out. */
static enum aw_err read_lines(struct job *job, FILE *in)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    enum aw_err err = AW_OK;
    for (unsigned number = 1; !err && (size = getline(&line, &capacity, in)) >= 0; number++) {
        while (size && strchr(" \t\r\n", line[size - 1]))
            line[--size] = 0;
        const char *text = line + strspn(line, " \t");
        if ((size_t)size > LINE_BYTES_MAX)
            err = awh_fail(job->diag, AW_ERR_RANGE, "(standard input):%u: longer than 16 MiB",
                           number);
        else if (*text && *text != '#')
            err = print_primitives(job, text, number);
    }
    free(line);
    if (!err && ferror(in))
        err = awh_fail(job->diag, AW_ERR_IO, "cannot read the standard input");
    return err;
}

static enum aw_err print_genotype(struct job *job)
{
    const char *path = job->options->net_path;
    struct awh_space_config *config = &job->config;
    struct awh_net net;
    struct awh_diag inner = {.warn = job->diag->warn, .warn_context = job->diag->warn_context};
    char *genotype;
    enum aw_err err;
    if (!config->type->net_genotype)
        return awh_fail(job->diag, AW_ERR_UNSUPPORTED,
                        "--from-net: the search space '%s' does not tell genotypes of nets",
                        config->type->name);
    if ((err = awh_net_load(&config->arena, path, &net, job->diag)))
        return err;
    if ((err = config->type->net_genotype(config->space, config->prof_prims_cfg, &config->arena,
                                          net.prims, net.count, &genotype, &inner)))
        return awh_fail(job->diag, err, "%s: %s", path, inner.text);
    if (job->options->json) {
        struct awh_prim_list prims = {.prims = net.prims, .count = net.count};
        return awh_prims_print_json(genotype, &prims, job->out, job->diag);
    }
    fprintf(job->out, "%s\n", genotype);
    return AW_OK;
}

enum aw_err awh_genotype(const struct awh_genotype_options *options, FILE *in, FILE *out,
                         struct awh_diag *diag)
{
    struct job job = {.options = options, .out = out, .diag = diag};
    if (!options->genotype == !options->net_path)
        return awh_fail(diag, AW_ERR_ARG,
                        "genotype: expected either a genotype (or -) or --from-net NET.yaml");
    enum aw_err err =
        awh_space_config_open(options->cfg_path, options->hwobj_path, &job.config, diag);
    if (!err && options->net_path)
        err = print_genotype(&job);
    else if (!err && !strcmp(options->genotype, "-"))
        err = read_lines(&job, in);
    else if (!err)
        err = print_primitives(&job, options->genotype, 0);
    awh_space_config_release(&job.config);
    return err;
}
