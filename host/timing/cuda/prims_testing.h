/* Every primitive in several shapes, for the tests with the fake and those on a GPU. */
#ifndef AWH_CUDA_PRIMS_TESTING_H
#define AWH_CUDA_PRIMS_TESTING_H

#include <stdio.h>

#include "prims/prim.h"
#include "timing/cuda/testing.h"

static const struct {
    int32_t size, c, c_out, stride;
} prim_shapes[] = {{6, 8, 8, 1}, {7, 8, 12, 2}, {5, 12, 16, 1}, {3, 1, 2, 2}, {3, 1, 1, 1}};
#define PRIM_SHAPE_COUNT (sizeof(prim_shapes) / sizeof(prim_shapes[0]))

static inline void prims_quiet(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* False where the primitive cannot have the shape, or no layers stand for it. */
static inline bool prims_make(const struct awh_prim_type *type, size_t shape, struct awh_prim *prim)
{
    static const struct awh_param usual[] = {
        {"activation", {.kind = AWH_VALUE_STR, .text = "h_swish"}},
        {"expansion", {.kind = AWH_VALUE_INT, .integer = 2}},
        {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 5}},
        {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
    };
    struct awh_param given[AWH_PRIM_PARAMS_MAX];
    struct awh_value affine = {.kind = AWH_VALUE_BOOL, .boolean = true};
    struct awh_diag why = {.warn = prims_quiet};
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
            if (!strcmp(spec->name, usual[i].name))
                given[count++] = usual[i];
    if (awh_prim_make(type->name, prim_shapes[shape].size, prim_shapes[shape].c,
                      prim_shapes[shape].c_out, prim_shapes[shape].stride, affine, given, count,
                      prim, &why))
        return false;
    struct awh_graph graph;
    const struct awh_net net = {.name = "p", .prims = prim, .count = 1};
    if (awh_net_lower(&net, &graph, &why))
        return false;
    awh_graph_release(&graph);
    return true;
}

/* AW_OK when all layers of the primitive are as the reference has them and passes have times. */
static inline enum aw_err prims_verify_one(void *engine, const struct awh_prim *prim,
                                           const struct awh_engine_options *options,
                                           double *worst_inout, struct awh_diag *diag)
{
    const struct awh_engine_ops *cuda = &awh_engine_cuda;
    struct awh_prim one = *prim;
    const struct awh_net net = {.name = "p", .prims = &one, .count = 1};
    struct awh_prepared prepared;
    void *loaded = NULL;
    double worst = 0.0, whole = 0.0;
    enum aw_err err = awh_prepare(&net, options->mode, &prepared, diag);
    if (err)
        return err;
    struct awh_engine_load load = awh_prepared_load(&prepared);
    err = cuda->load(engine, &load, &loaded, diag);
    if (!err)
        err = awh_verify(cuda, engine, loaded, &prepared, options->precision, &worst, diag);
    if (!err)
        err = cuda->pass_whole(engine, loaded, &whole, NULL, diag);
    if (!err && !(whole >= 0.0))
        err = awh_fail(diag, AW_ERR_MISMATCH, "a pass of %g ns", whole);
    if (loaded)
        cuda->unload(engine, loaded);
    awh_prepared_release(&prepared);
    if (worst > *worst_inout)
        *worst_inout = worst;
    return err;
}

/* All primitives; *count_out of them, with the largest error. `name` gets the one that failed. */
static inline enum aw_err prims_verify(void *engine, const struct awh_engine_options *options,
                                       size_t *count_out, double *worst_out, char name[96],
                                       struct awh_diag *diag)
{
    *count_out = 0;
    *worst_out = 0.0;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++)
        for (size_t shape = 0; shape < PRIM_SHAPE_COUNT; shape++) {
            struct awh_prim prim;
            if (!prims_make(*type, shape, &prim))
                continue;
            snprintf(name, 96, "%.60s, shape %zu", (*type)->name, shape);
            enum aw_err err = prims_verify_one(engine, &prim, options, worst_out, diag);
            if (err)
                return err;
            ++*count_out;
        }
    return AW_OK;
}

#endif
