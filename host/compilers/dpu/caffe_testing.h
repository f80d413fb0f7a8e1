/* Small nets of every primitive type, as Caffe nets, for the tests of this folder. */
#ifndef AWH_CAFFE_TESTING_H
#define AWH_CAFFE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compilers/dpu/caffe.h"
#include "net/net.h"
#include "program/float_reference.h"
#include "program/float_weights.h"

static const struct caffe_shape {
    int32_t size, c, c_out, stride;
} caffe_shapes[] = {{6, 8, 8, 1},    {9, 8, 16, 2},  {8, 8, 16, 2}, {7, 16, 24, 1},
                    {12, 16, 24, 3}, {13, 6, 12, 2}, {32, 3, 3, 1}, {17, 3, 8, 2}};
#define CAFFE_SHAPE_COUNT (sizeof caffe_shapes / sizeof caffe_shapes[0])

/* Types whose parameters have no default get these. */
static const struct awh_param caffe_usual_params[] = {
    {"activation", {.kind = AWH_VALUE_STR, .text = "h_swish"}},
    {"expansion", {.kind = AWH_VALUE_INT, .integer = 3}},
    {"kernel_size", {.kind = AWH_VALUE_INT, .integer = 5}},
    {"use_se", {.kind = AWH_VALUE_BOOL, .boolean = true}},
};

static inline void caffe_prim(const struct awh_prim_type *type, const struct caffe_shape *shape,
                              struct awh_prim *prim)
{
    struct awh_param params[AWH_PRIM_PARAMS_MAX];
    struct awh_diag diag = {.err = AW_OK};
    unsigned count = 0;
    for (const struct awh_param_spec *spec = type->params; spec->name; spec++)
        for (size_t i = 0; i < sizeof caffe_usual_params / sizeof caffe_usual_params[0]; i++)
            if (strcmp(spec->name, caffe_usual_params[i].name) == 0)
                params[count++] = caffe_usual_params[i];
    if (awh_prim_make(type->name, shape->size, shape->c, shape->c_out, shape->stride,
                      (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = true}, params, count,
                      prim, &diag))
        fail_msg("%s", diag.text);
}

/* Types that lower to nothing at any shape, or that are refused with a reason. */
static inline bool caffe_has_no_layers(const struct awh_prim_type *type)
{
    static const char *const names[] = {"identity", "null", "inspect_block"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(type->name, names[i]) == 0)
            return true;
    return false;
}

/* A net and what it gives by our own reference, in NCHW. */
struct caffe_case {
    struct awh_arena *arena;
    struct awh_graph graph;
    struct awh_float_weights weights;
    struct awh_caffe_net net;
    float *input, *expected;
    size_t in_count, out_count;
};

static inline float *caffe_nchw(struct awh_arena *arena, const struct awh_graph_tensor *shape,
                                const float *nhwc)
{
    size_t pixels = (size_t)(shape->h * shape->w), channels = (size_t)shape->c;
    float *out = awh_arena_array(arena, pixels * channels, sizeof *out);
    assert_non_null(out);
    for (size_t p = 0; p < pixels; p++)
        for (size_t c = 0; c < channels; c++)
            out[c * pixels + p] = nhwc[p * channels + c];
    return out;
}

/* False when the primitive cannot have this shape, or has no layers at it. */
static inline bool caffe_case_lower(struct awh_arena *arena, const struct awh_net *net,
                                    struct caffe_case *out)
{
    struct awh_diag diag = {.err = AW_OK};
    *out = (struct caffe_case){.arena = arena};
    if (awh_net_lower(net, &out->graph, &diag))
        return false;
    if (out->graph.output == out->graph.input) {
        awh_graph_release(&out->graph);
        return false;
    }
    const struct awh_graph_tensor *x = &out->graph.tensors[out->graph.input];
    const struct awh_graph_tensor *y = &out->graph.tensors[out->graph.output];
    out->in_count = awh_float_count(&out->graph, out->graph.input);
    out->out_count = awh_float_count(&out->graph, out->graph.output);
    float *input = awh_arena_array(arena, out->in_count, sizeof *input);
    float *output = awh_arena_array(arena, out->out_count, sizeof *output);
    assert_true(input && output);
    if (awh_float_weights_make(arena, &out->graph, 7, &out->weights, &diag) ||
        awh_float_weights_settle(&out->graph, 7, &out->weights, &diag) ||
        awh_float_input(3, out->in_count, input, &diag) ||
        awh_float_run(&out->graph, &out->weights, input, NULL, output, &diag))
        fail_msg("%s", diag.text);
    out->input = caffe_nchw(arena, x, input);
    out->expected = caffe_nchw(arena, y, output);
    return true;
}

static inline void caffe_case_make(struct caffe_case *it, enum awh_caffe_dialect dialect)
{
    struct awh_diag diag = {.err = AW_OK};
    if (awh_caffe_make(it->arena, &it->graph, &it->weights, dialect, false, &it->net, &diag))
        fail_msg("%s", diag.text);
}

/* What awh_caffe_run_layer gives for the whole net. */
static inline const float *caffe_case_run(const struct caffe_case *it)
{
    const struct awh_caffe_net *net = &it->net;
    float **values = awh_arena_array(it->arena, net->blob_count, sizeof *values);
    assert_non_null(values);
    for (size_t b = 0; b < net->blob_count; b++) {
        values[b] = awh_arena_array(it->arena, awh_caffe_count(net, (int)b), sizeof **values);
        assert_non_null(values[b]);
    }
    memcpy(values[net->input], it->input, it->in_count * sizeof(float));
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct awh_caffe_layer *layer = &net->layers[i];
        if (layer->type == AWH_CAFFE_INPUT)
            continue;
        const float *in1 = layer->bottoms[1] < 0 ? NULL : values[layer->bottoms[1]];
        awh_caffe_run_layer(net, layer, values[layer->bottoms[0]], in1, values[layer->top]);
    }
    return values[net->output];
}

/* Largest difference over the largest expected value. */
static inline double caffe_error(const float *got, const float *expected, size_t count)
{
    double worst = 0, most = 1e-6;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs((double)got[i] - (double)expected[i]);
        worst = difference > worst || isnan(difference) ? difference : worst;
        if (isnan(worst))
            return worst;
        most = fmax(most, fabs((double)expected[i]));
    }
    return worst / most;
}

#endif
