/* A plug-in for the tests with a member of every kind; what each does is as little as can be
 * checked. */
#include <awnashw/plugin.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct awh_host *host;

/* -- Space `towers`: one to max_depth equal blocks of every width. ------------------------------
 */

struct towers {
    int64_t width, max_depth;
};

static enum aw_err open_towers(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                               const struct awh_yaml *mixin_cfg, void **space_out,
                               struct awh_diag *diag)
{
    static const char *const known[] = {"width", "max_depth", NULL};
    struct towers *towers = host->arena_alloc(arena, sizeof *towers);
    enum aw_err err;
    (void)mixin_cfg;
    if (!towers)
        return host->fail_mem(diag);
    *towers = (struct towers){.width = 16, .max_depth = 4};
    if ((err = host->yaml_opt_int(search_space_cfg, "width", 8, 64, &towers->width, diag)) ||
        (err = host->yaml_opt_int(search_space_cfg, "max_depth", 1, 9, &towers->max_depth, diag)))
        return err;
    host->yaml_warn_unknown(search_space_cfg, known, diag);
    *space_out = towers;
    return AW_OK;
}

static enum aw_err add_block(const struct towers *towers, int32_t size, int32_t kernel,
                             struct awh_prim_list *out, struct awh_diag *diag)
{
    const struct awh_param params[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = "relu"}},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = kernel}},
    };
    struct awh_prim prim;
    int32_t width = (int32_t)towers->width;
    enum aw_err err = host->prim_make("plain_block", size, width, width, 1,
                                      (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = true},
                                      params, 2, &prim, diag);
    return err ? err : host->prim_list_add(out, &prim, diag);
}

static enum aw_err towers_primitives(const void *space, const struct awh_yaml *prof_prims_cfg,
                                     uint64_t seed, struct awh_prim_list *out,
                                     struct awh_diag *diag)
{
    enum aw_err err = add_block(space, 16, 5, out, diag);
    (void)prof_prims_cfg;
    (void)seed;
    if (!err)
        err = add_block(space, 16, 3, out, diag);
    if (!err)
        err = add_block(space, 16, 3, out, diag); /* twice: canonical leaves one */
    if (!err)
        host->prim_list_canonical(out);
    return err;
}

static enum aw_err add_depth(const struct towers *towers, int64_t depth, struct awh_prim_list *out,
                             struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (int64_t i = 0; !err && i < depth; i++)
        err = add_block(towers, 16, i % 2 ? 5 : 3, out, diag);
    return err;
}

static int64_t depth_of(const struct towers *towers, uint64_t seed, uint64_t index)
{
    return (int64_t)((seed + index) % (uint64_t)towers->max_depth) + 1;
}

static enum aw_err towers_sample(const void *space, const struct awh_yaml *prof_prims_cfg,
                                 uint64_t seed, uint64_t index, struct awh_prim_list *out,
                                 struct awh_diag *diag)
{
    (void)prof_prims_cfg;
    return add_depth(space, depth_of(space, seed, index), out, diag);
}

static enum aw_err towers_genotype(const void *space, const struct awh_yaml *prof_prims_cfg,
                                   const char *genotype, struct awh_prim_list *out,
                                   struct awh_diag *diag)
{
    const struct towers *towers = space;
    char *end;
    long depth = strncmp(genotype, "depth=", 6) ? 0 : strtol(genotype + 6, &end, 10);
    (void)prof_prims_cfg;
    if (depth < 1 || depth > towers->max_depth || *end)
        return host->fail(diag, AW_ERR_RANGE, "expected depth=1 to depth=%d, found '%s'",
                          (int)towers->max_depth, genotype);
    return add_depth(towers, depth, out, diag);
}

static enum aw_err towers_sample_genotype(const void *space, struct awh_arena *arena, uint64_t seed,
                                          uint64_t index, char **genotype_out,
                                          struct awh_diag *diag)
{
    *genotype_out = host->arena_printf(arena, "depth=%d", (int)depth_of(space, seed, index));
    return *genotype_out ? AW_OK : host->fail_mem(diag);
}

static const struct awh_space_type towers_type = {.name = "towers",
                                                  .open = open_towers,
                                                  .primitives = towers_primitives,
                                                  .sample = towers_sample,
                                                  .genotype = towers_genotype,
                                                  .sample_genotype = towers_sample_genotype};

/* -- Primitive `plain_block`: a convolution, batch norm, activation. ----------------------------
 */

static enum aw_err lower_plain(struct awh_graph *graph, const struct awh_prim *prim, int in,
                               int *out_tensor, struct awh_diag *diag)
{
    int32_t k = (int32_t)host->value_number(host->prim_param(prim, "kernel_size")), hwc[3];
    struct awh_conv conv = {.out_ch = prim->c_out,
                            .kernel_h = k,
                            .kernel_w = k,
                            .stride_h = prim->stride,
                            .stride_w = prim->stride,
                            .pad_h = k / 2,
                            .pad_w = k / 2,
                            .groups = 1,
                            .dilation = 1};
    int tensor = in;
    host->graph_shape(graph, in, hwc);
    if (hwc[2] != prim->c)
        return host->fail(diag, AW_ERR_INTERNAL, "%d channels", (int)hwc[2]);
    enum aw_err err = host->graph_conv(graph, tensor, conv, &tensor, diag);
    if (!err)
        err = host->graph_batch_norm(graph, tensor, true, &tensor, diag);
    if (!err)
        err = host->graph_act(graph, tensor, host->prim_param(prim, "activation")->text, &tensor,
                              diag);
    if (!err)
        *out_tensor = tensor;
    return err;
}

static const struct awh_param_spec plain_params[] = {
    {.name = "activation"}, {.name = "kernel_size"}, {.name = NULL}};
static const struct awh_prim_type plain_type = {
    .name = "plain_block", .params = plain_params, .lower = lower_plain};

/* -- Compiler `listing`: the layers as YAML, and prim2names.yaml. -------------------------------
 */

static enum aw_err write_listing(struct awh_arena *arena, const struct awh_net *net,
                                 struct awh_stage *stage, const char *directory,
                                 struct awh_diag *diag)
{
    struct awh_layer_view *layers;
    size_t count, size;
    char *text;
    struct awh_yaml *list = host->yaml_new_seq(arena);
    enum aw_err err = host->net_layers(arena, net, &layers, &count, diag);
    for (size_t i = 0; !err && i < count; i++) {
        struct awh_yaml *map = host->yaml_new_map(arena);
        if (!list || !map ||
            !host->yaml_set(arena, map, "name", host->yaml_new_str(arena, layers[i].name)) ||
            !host->yaml_set(arena, map, "op", host->yaml_new_str(arena, layers[i].op)) ||
            !host->yaml_set(arena, map, "macs",
                            host->yaml_new_int(arena, (int64_t)layers[i].macs)) ||
            !host->yaml_push(arena, list, map))
            err = host->fail_mem(diag);
    }
    if (err || (err = host->yaml_dump(arena, list, &text, &size, diag)))
        return err;
    char *path = host->arena_printf(arena, "%s/%s.listing.yaml", directory, net->name);
    return path ? host->stage_write(stage, path, text, size, diag) : host->fail_mem(diag);
}

static enum aw_err compile_listing(const struct awh_yaml *cfg, const struct awh_net *net,
                                   struct awh_stage *stage, const char *directory,
                                   struct awh_diag *diag)
{
    struct awh_arena *arena = host->arena_new();
    (void)cfg;
    if (!arena)
        return host->fail_mem(diag);
    enum aw_err err = write_listing(arena, net, stage, directory, diag);
    host->arena_free(arena);
    return err;
}

static const struct awh_compiler_type listing_type = {.name = "listing",
                                                      .compile = compile_listing};

/* -- Reader `one_line`: "LATENCY name ms name ms ...". ------------------------------------------
 */

static bool detect_one_line(const char *text, size_t size)
{
    return size > 8 && strncmp(text, "LATENCY ", 8) == 0;
}

static enum aw_err read_one_line(const struct awh_log *log, struct awh_diag *diag)
{
    struct awh_layer_run run = {.overall = NAN, .unit = "ms"};
    struct awh_layer_time layers[16] = {{.name = NULL}};
    char names[16][64];
    run.layers = layers;
    if (fscanf(log->stream, "LATENCY") == EOF)
        return host->fail(diag, AW_ERR_FORMAT, "%s: empty", log->path);
    while (run.layer_count < 16 && fscanf(log->stream, "%63s %lf", names[run.layer_count],
                                          &layers[run.layer_count].value) == 2) {
        layers[run.layer_count].name = names[run.layer_count];
        run.layer_count++;
    }
    return log->take(log->context, &run, diag);
}

static const struct awh_reader_type one_line_type = {
    .name = "one_line", .detect = detect_one_line, .read = read_one_line};

/* -- Model `mean`: every primitive costs the same. ----------------------------------------------
 */

static enum aw_err fit_mean(struct awh_arena *arena, const struct awh_yaml *cfg,
                            const struct awh_profiles *data, const char *perf_name,
                            void **state_out, struct awh_diag *diag)
{
    double sum = 0, prims = 0, *state = host->arena_alloc(arena, sizeof *state);
    (void)cfg;
    (void)perf_name;
    for (size_t i = 0; i < data->net_count; i++)
        for (size_t k = 0; k < data->nets[i].run_count; k++) {
            if (isnan(data->nets[i].runs[k].overall))
                continue;
            sum += data->nets[i].runs[k].overall;
            prims += (double)data->nets[i].runs[k].prim_count;
        }
    if (!state)
        return host->fail_mem(diag);
    if (!(prims > 0))
        return host->fail(diag, AW_ERR_NUMERIC, "nothing to take a mean of");
    *state = sum / prims;
    *state_out = state;
    return AW_OK;
}

static enum aw_err predict_mean(const void *state, const struct awh_prim *prims, size_t count,
                                double *value_out, size_t *missing_out)
{
    (void)prims;
    *value_out = *(const double *)state * (double)count;
    *missing_out = 0;
    return AW_OK;
}

static enum aw_err save_mean(struct awh_arena *arena, const void *state, const char *perf_name,
                             struct awh_yaml *map, struct awh_diag *diag)
{
    (void)perf_name;
    if (!host->yaml_set(arena, map, "mean", host->yaml_new_real(arena, *(const double *)state)))
        return host->fail_mem(diag);
    return AW_OK;
}

static enum aw_err load_mean(struct awh_arena *arena, const struct awh_yaml *map,
                             const char *perf_name, void **state_out, struct awh_diag *diag)
{
    double *state = host->arena_alloc(arena, sizeof *state);
    struct awh_yaml *node;
    (void)perf_name;
    if (!state)
        return host->fail_mem(diag);
    enum aw_err err = host->yaml_need(map, "mean", AWH_YAML_FLOAT, &node, diag);
    if (!err)
        err = host->yaml_real(node, state, diag);
    *state_out = state;
    return err;
}

static const char *const no_preprocessors[] = {"flatten", NULL};
static const struct awh_model_type mean_type = {.name = "mean",
                                                .default_preprocessors = no_preprocessors,
                                                .fit = fit_mean,
                                                .predict = predict_mean,
                                                .save = save_mean,
                                                .load = load_mean};

static enum aw_err init(const struct awh_host *given, struct awh_registrar *registrar,
                        struct awh_diag *diag)
{
    enum aw_err err;
    host = given;
    if ((err = host->register_prim(registrar, &plain_type, diag)) ||
        (err = host->register_space(registrar, &towers_type, diag)) ||
        (err = host->register_compiler(registrar, &listing_type, diag)) ||
        (err = host->register_reader(registrar, &one_line_type, diag)) ||
        (err = host->register_model(registrar, &mean_type, diag)))
        return err;
    return AW_OK;
}

AWH_PLUGIN("all", "0.1", init);
