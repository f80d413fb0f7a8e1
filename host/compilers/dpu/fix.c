#include "compilers/dpu/fix.h"

#include <math.h>
#include <string.h>

#include "program/calibrate.h"

#define CANDIDATES 5
#define BIT_WIDTH  8

/* By conversions, which vector code has and calls of floor and round it has not. */
static inline double rounded(double scaled, enum awh_fix_rounding rounding)
{
    double value = scaled > -128 ? scaled : -128;
    value = value < 127 ? value : 127;
    if (rounding == AWH_FIX_HALF_UP)
        return (int)(value + 128.5) - 128;
    return value < 0 ? -(int)(0.5 - value) : (int)(value + 0.5);
}

void awh_fix_round(float *values, size_t count, int pos, enum awh_fix_rounding rounding)
{
    if (pos == AWH_FIX_POS_OF_ZEROS)
        return;
    double up = ldexp(1, pos), down = ldexp(1, -pos);
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(rounded((double)values[i] * up, rounding) * down);
}

/* Values whose error is added before it is compared with the least one so far. */
#define CHUNK 256u

/* Stops, with a part of the sum, when that is more than `enough`. */
static double squared_error(const float *values, size_t count, int pos,
                            enum awh_fix_rounding rounding, double enough)
{
    double up = ldexp(1, pos), down = ldexp(1, -pos), sum = 0;
    for (size_t first = 0; first < count && sum <= enough; first += CHUNK) {
        size_t past = count - first < CHUNK ? count : first + CHUNK;
        for (size_t i = first; i < past; i++) {
            double error = rounded((double)values[i] * up, rounding) * down - (double)values[i];
            sum += error * error;
        }
    }
    return sum;
}

int awh_fix_position(const float *values, size_t count, enum awh_fix_rounding rounding)
{
    float min = 0, max = 0;
    for (size_t i = 0; i < count; i++) {
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
    }
    if (min == 0 && max == 0)
        return AWH_FIX_POS_OF_ZEROS;
    int start = awh_pos_overflow((double)min, (double)max), best = start;
    double least = INFINITY;
    for (int pos = start; pos < start + CANDIDATES; pos++) {
        double error = squared_error(values, count, pos, rounding, least);
        if (error < least) {
            least = error;
            best = pos;
        }
    }
    return best;
}

/* What calibration keeps of one blob. */
struct blob_state {
    float *values;
    int pos;     /* of the iteration that runs, in the end of the net */
    int *votes;  /* one an iteration */
    int relu_to; /* the blob of the ReLU that alone reads this one and is part of its layer; -1 */
};

struct fix {
    struct awh_caffe_net *net;
    struct blob_state *blobs;
    struct param_pos {
        int weights, bias;
    } * params;        /* a layer */
    float *aligned[2]; /* inputs of a sum or product */
};

static bool rounds_its_relu(const struct awh_caffe_layer *layer)
{
    return layer->type == AWH_CAFFE_CONVOLUTION || layer->type == AWH_CAFFE_ELTWISE;
}

static void find_relus(struct fix *fix)
{
    const struct awh_caffe_net *net = fix->net;
    for (size_t b = 0; b < net->blob_count; b++)
        fix->blobs[b].relu_to = -1;
    for (size_t i = 0; i < net->layer_count; i++) {
        if (!rounds_its_relu(&net->layers[i]) || awh_caffe_readers(net, net->layers[i].top) != 1)
            continue;
        for (size_t j = i + 1; j < net->layer_count; j++) {
            const struct awh_caffe_layer *reader = &net->layers[j];
            if (reader->bottoms[0] == net->layers[i].top &&
                (reader->type == AWH_CAFFE_RELU || reader->type == AWH_CAFFE_RELU6))
                fix->blobs[net->layers[i].top].relu_to = reader->top;
        }
    }
}

static bool prepare(struct awh_arena *arena, struct fix *fix, unsigned iterations)
{
    const struct awh_caffe_net *net = fix->net;
    size_t most = 1;
    fix->blobs = awh_arena_array(arena, net->blob_count, sizeof *fix->blobs);
    fix->params = awh_arena_array(arena, net->layer_count, sizeof *fix->params);
    if (!fix->blobs || !fix->params)
        return false;
    for (size_t b = 0; b < net->blob_count; b++) {
        struct blob_state *blob = &fix->blobs[b];
        size_t count = awh_caffe_count(net, (int)b);
        blob->values = awh_arena_array(arena, count, sizeof *blob->values);
        blob->votes = awh_arena_array(arena, iterations, sizeof *blob->votes);
        if (!blob->values || !blob->votes)
            return false;
        most = count > most ? count : most;
    }
    for (int i = 0; i < 2; i++) {
        fix->aligned[i] = awh_arena_array(arena, most, sizeof *fix->aligned[i]);
        if (!fix->aligned[i])
            return false;
    }
    find_relus(fix);
    return true;
}

static int fix_array(struct awh_caffe_array *array)
{
    int pos = awh_fix_position(array->data, array->count, AWH_FIX_HALF_AWAY);
    awh_fix_round(array->data, array->count, pos, AWH_FIX_HALF_AWAY);
    return pos;
}

static void hold_weights(struct awh_caffe_array *array, int pos, int weight_min)
{
    float least = (float)ldexp(weight_min, -pos);
    for (size_t i = 0; i < array->count; i++)
        array->data[i] = array->data[i] < least ? least : array->data[i];
}

static void fix_params(struct fix *fix, int weight_min)
{
    for (size_t i = 0; i < fix->net->layer_count; i++) {
        struct awh_caffe_layer *layer = &fix->net->layers[i];
        if (layer->type != AWH_CAFFE_CONVOLUTION)
            continue;
        fix->params[i].weights = fix_array(&layer->arrays[0]);
        hold_weights(&layer->arrays[0], fix->params[i].weights, weight_min);
        if (layer->conv.bias)
            fix->params[i].bias = fix_array(&layer->arrays[1]);
    }
}

static int coarser(const struct fix *fix, const struct awh_caffe_layer *layer)
{
    int a = fix->blobs[layer->bottoms[0]].pos, b = fix->blobs[layer->bottoms[1]].pos;
    return a < b ? a : b;
}

/* The hardware shifts the inputs of a sum to one position first. */
static const float *align(struct fix *fix, const struct awh_caffe_layer *layer, int which)
{
    int blob = layer->bottoms[which], pos = coarser(fix, layer);
    if (layer->type != AWH_CAFFE_ELTWISE || fix->blobs[blob].pos == pos)
        return fix->blobs[blob].values;
    size_t count = awh_caffe_count(fix->net, blob);
    memcpy(fix->aligned[which], fix->blobs[blob].values, count * sizeof(float));
    awh_fix_round(fix->aligned[which], count, pos, AWH_FIX_HALF_UP);
    return fix->aligned[which];
}

static int position_of(const struct fix *fix, const struct awh_caffe_layer *layer)
{
    const struct blob_state *top = &fix->blobs[layer->top];
    size_t count = awh_caffe_count(fix->net, layer->top);
    switch (layer->type) {
    case AWH_CAFFE_INPUT:
        return awh_fix_position(top->values, count, AWH_FIX_HALF_AWAY);
    case AWH_CAFFE_CONCAT:
        return coarser(fix, layer);
    case AWH_CAFFE_RESHAPE:
        return fix->blobs[layer->bottoms[0]].pos;
    default:
        return awh_fix_position(top->values, count, AWH_FIX_HALF_UP);
    }
}

static void run_layer(struct fix *fix, const struct awh_caffe_layer *layer, unsigned iteration)
{
    struct blob_state *top = &fix->blobs[layer->top];
    if (layer->type != AWH_CAFFE_INPUT) {
        bool two = layer->bottoms[1] >= 0;
        const float *in0 = two ? align(fix, layer, 0) : fix->blobs[layer->bottoms[0]].values;
        awh_caffe_run_layer(fix->net, layer, in0, two ? align(fix, layer, 1) : NULL, top->values);
    }
    if (top->relu_to >= 0)
        return;
    top->pos = position_of(fix, layer);
    top->votes[iteration] = top->pos;
    awh_fix_round(top->values, awh_caffe_count(fix->net, layer->top), top->pos,
                  layer->type == AWH_CAFFE_INPUT ? AWH_FIX_HALF_AWAY : AWH_FIX_HALF_UP);
}

/* The most frequent one; the coarsest of equals. */
static int mode(const int *votes, unsigned count)
{
    unsigned most = 0;
    int best = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned equal = 0;
        for (unsigned j = 0; j < count; j++)
            equal += votes[j] == votes[i];
        if (equal > most || (equal == most && votes[i] < best)) {
            most = equal;
            best = votes[i];
        }
    }
    return best;
}

/* Final positions. Votes of a concatenation and its inputs may have been cast apart. */
static void elect(struct fix *fix, unsigned iterations)
{
    const struct awh_caffe_net *net = fix->net;
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct awh_caffe_layer *layer = &net->layers[i];
        struct blob_state *top = &fix->blobs[layer->top];
        if (layer->type == AWH_CAFFE_CONCAT)
            top->pos = coarser(fix, layer);
        else if (layer->type == AWH_CAFFE_RESHAPE)
            top->pos = fix->blobs[layer->bottoms[0]].pos;
        else if (top->relu_to < 0)
            top->pos = mode(top->votes, iterations);
        else /* the ReLU comes later in the list */
            top->pos = mode(fix->blobs[top->relu_to].votes, iterations);
    }
}

static void push(struct awh_caffe_layer *layer, int pos)
{
    layer->fix_info[layer->fix_count++] = BIT_WIDTH;
    layer->fix_info[layer->fix_count++] = pos;
}

static void set_info(struct fix *fix)
{
    for (size_t i = 0; i < fix->net->layer_count; i++) {
        struct awh_caffe_layer *layer = &fix->net->layers[i];
        layer->fix_count = 0;
        for (int b = 0; b < 2; b++)
            if (layer->bottoms[b] >= 0)
                push(layer, fix->blobs[layer->bottoms[b]].pos);
        push(layer, fix->blobs[layer->top].pos);
        if (layer->type != AWH_CAFFE_CONVOLUTION)
            continue;
        push(layer, fix->params[i].weights);
        if (layer->conv.bias)
            push(layer, fix->params[i].bias);
    }
}

enum aw_err awh_fix(struct awh_arena *arena, struct awh_caffe_net *net,
                    const struct awh_calib *calib, unsigned iterations, int weight_min,
                    struct awh_diag *diag)
{
    struct fix fix = {.net = net};
    if (!prepare(arena, &fix, iterations))
        return awh_fail_mem(diag);
    fix_params(&fix, weight_min);
    for (unsigned n = 0; n < iterations; n++) {
        enum aw_err err =
            awh_calib_input(calib, n, &net->blobs[net->input], fix.blobs[net->input].values, diag);
        if (err)
            return err;
        for (size_t i = 0; i < net->layer_count; i++)
            run_layer(&fix, &net->layers[i], n);
    }
    elect(&fix, iterations);
    set_info(&fix);
    return AW_OK;
}

enum aw_err awh_fix_info(const struct awh_caffe_net *net, struct awh_str *out,
                         struct awh_diag *diag)
{
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct awh_caffe_layer *layer = &net->layers[i];
        awh_str_printf(out, "%zu %s", i, layer->name);
        for (unsigned k = 0; k < layer->fix_count; k++)
            awh_str_printf(out, " %d", (int)layer->fix_info[k]);
        awh_str_append(out, "\n");
    }
    return out->failed ? awh_fail_mem(diag) : AW_OK;
}
