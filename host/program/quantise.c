#include "program/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "aw/crc.h"
#include "aw/rng.h"
#include "aw/seeded.h"
#include "program/calibrate.h"
#include "program/scene.h"
#include "program/synth.h"

struct work {
    const struct awh_graph *graph;
    struct awh_quantised *program;
    uint32_t seed;
    const struct awh_given_list *given; /* NULL: parameters are seeded */
    struct awh_arena *arena;
    struct awh_diag *diag;
    /* A tensor: what it holds on each of the inputs, one behind the other; malloc'ed when written.
     */
    int8_t **values;
    /* Of the layer at hand, malloc'ed. */
    int8_t *weights;
    int32_t *bias, *wide;
};

/* -- From nodes to layers
 * ---------------------------------------------------------------------------- */

static enum aw_err small(struct work *work, const struct awh_node *node, const char *what,
                         int32_t value, uint8_t *out)
{
    if (value < 0 || value > UINT8_MAX)
        return awh_fail(work->diag, AW_ERR_RANGE,
                        "net %s: layer %s: %s: expected at most %u, found %d", work->graph->net,
                        node->name, what, UINT8_MAX, value);
    *out = (uint8_t)value;
    return AW_OK;
}

struct field {
    const char *what;
    int32_t value;
    uint8_t *out;
};

static enum aw_err take_fields(struct work *work, const struct awh_node *node,
                               const struct field *fields, size_t count)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = small(work, node, fields[i].what, fields[i].value, fields[i].out);
    return err;
}

static enum aw_err conv_attributes(struct work *work, const struct awh_node *node,
                                   struct aw_layer *layer)
{
    const struct awh_conv *conv = &node->conv;
    const struct field fields[] = {
        {"kernel height", conv->kernel_h, &layer->kernel_h},
        {"kernel width", conv->kernel_w, &layer->kernel_w},
        {"stride", conv->stride_h, &layer->stride_h},
        {"stride", conv->stride_w, &layer->stride_w},
        {"dilation", conv->dilation, &layer->dilation_h},
        {"dilation", conv->dilation, &layer->dilation_w},
        {"padding", conv->pad_h, &layer->pad_top},
        {"padding", conv->pad_h, &layer->pad_bottom},
        {"padding", conv->pad_w, &layer->pad_left},
        {"padding", conv->pad_w, &layer->pad_right},
    };
    int32_t in_ch = work->graph->tensors[node->in0].c;
    bool depthwise = conv->groups > 1 && conv->groups == in_ch && conv->out_ch == in_ch;
    layer->op = depthwise ? AW_OP_DWCONV2D : AW_OP_CONV2D;
    layer->groups = (uint16_t)conv->groups;
    return take_fields(work, node, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum aw_err pool_attributes(struct work *work, const struct awh_node *node,
                                   struct aw_layer *layer)
{
    const struct awh_pool *pool = &node->pool;
    const struct field fields[] = {
        {"kernel height", pool->kernel_h, &layer->kernel_h},
        {"kernel width", pool->kernel_w, &layer->kernel_w},
        {"stride", pool->stride_h, &layer->stride_h},
        {"stride", pool->stride_w, &layer->stride_w},
        {"padding", pool->pad_h, &layer->pad_top},
        {"padding", pool->pad_h, &layer->pad_bottom},
        {"padding", pool->pad_w, &layer->pad_left},
        {"padding", pool->pad_w, &layer->pad_right},
    };
    layer->dilation_h = layer->dilation_w = 1;
    return take_fields(work, node, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum aw_err pad_attributes(struct work *work, const struct awh_node *node,
                                  struct aw_layer *layer)
{
    const struct awh_pad *pad = &node->pad;
    const struct field fields[] = {
        {"padding", pad->top, &layer->pad_top},
        {"padding", pad->bottom, &layer->pad_bottom},
        {"padding", pad->left, &layer->pad_left},
        {"padding", pad->right, &layer->pad_right},
    };
    layer->op = AW_OP_PAD;
    layer->pad_channels = (uint16_t)pad->channels; /* the output has them, and fits 16 bits */
    return take_fields(work, node, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum aw_err slice_attributes(struct work *work, const struct awh_node *node,
                                    struct aw_layer *layer)
{
    const struct awh_slice *slice = &node->slice;
    const struct field fields[] = {
        {"stride", slice->stride_h, &layer->stride_h},
        {"stride", slice->stride_w, &layer->stride_w},
    };
    layer->op = AW_OP_SLICE;
    layer->start_h = (uint16_t)slice->offset_h; /* inside the input, whose sides fit 16 bits */
    layer->start_w = (uint16_t)slice->offset_w;
    return take_fields(work, node, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum aw_err make_layer(struct work *work, uint16_t index, struct aw_layer *layer)
{
    const struct awh_node *node = &work->graph->nodes[index];
    *layer = (struct aw_layer){
        .act = (uint8_t)node->act,
        .in0 = (uint16_t)node->in0,
        .in1 = node->in1 < 0 ? AW_NO_TENSOR : (uint16_t)node->in1,
        .out = (uint16_t)node->out,
        .weights_offset = AW_NO_OFFSET,
        .table_offset = AW_NO_OFFSET,
    };
    switch (node->op) {
    case AWH_NODE_CONV:
        layer->seed = awh_synth_layer_seed(work->seed, index);
        return conv_attributes(work, node, layer);
    case AWH_NODE_GAP:
        layer->op = AW_OP_GAP;
        return AW_OK;
    case AWH_NODE_ADD:
        layer->op = AW_OP_ADD;
        return AW_OK;
    case AWH_NODE_MUL:
        layer->op = AW_OP_MUL;
        return AW_OK;
    case AWH_NODE_ACT:
        layer->op = AW_OP_ACT;
        return AW_OK;
    case AWH_NODE_MAX_POOL:
        layer->op = AW_OP_MAXPOOL;
        return pool_attributes(work, node, layer);
    case AWH_NODE_AVG_POOL:
        layer->op = AW_OP_AVGPOOL;
        layer->count_include_pad = node->pool.count_include_pad;
        return pool_attributes(work, node, layer);
    case AWH_NODE_CONCAT:
        layer->op = AW_OP_CONCAT;
        return AW_OK;
    case AWH_NODE_PAD:
        return pad_attributes(work, node, layer);
    case AWH_NODE_SLICE:
        return slice_attributes(work, node, layer);
    case AWH_NODE_ZERO:
        layer->op = AW_OP_ZERO;
        return AW_OK;
    case AWH_NODE_BATCH_NORM:
        break;
    }
    return awh_fail(work->diag, AW_ERR_INTERNAL, "net %s: layer %s was not folded",
                    work->graph->net, node->name);
}

static enum aw_err make_tensors(struct work *work)
{
    const struct awh_graph *graph = work->graph;
    for (size_t t = 0; t < graph->tensor_count; t++) {
        const struct awh_graph_tensor *from = &graph->tensors[t];
        if (from->h < 1 || from->w < 1 || from->c < 1 || from->h > UINT16_MAX ||
            from->w > UINT16_MAX || from->c > UINT16_MAX)
            return awh_fail(work->diag, AW_ERR_RANGE,
                            "net %s: a tensor of %d x %d x %d; each must be 1 to %u", graph->net,
                            from->h, from->w, from->c, UINT16_MAX);
        work->program->tensors[t].shape = (struct aw_shape){
            .h = (uint16_t)from->h, .w = (uint16_t)from->w, .c = (uint16_t)from->c};
    }
    return AW_OK;
}

/* -- One layer
 * --------------------------------------------------------------------------------------- */

static const struct aw_tensor *tensor_of(const struct work *work, uint16_t index)
{
    return index == AW_NO_TENSOR ? NULL : &work->program->tensors[index];
}

/* Position of the integers before requantisation; see op.h. */
static int wide_pos_of(const struct work *work, const struct aw_layer *layer)
{
    int in0 = tensor_of(work, layer->in0)->pos;
    switch (layer->op) {
    case AW_OP_CONV2D:
    case AW_OP_DWCONV2D:
        return in0 + layer->w_pos;
    case AW_OP_ADD:
    case AW_OP_CONCAT: {
        int in1 = tensor_of(work, layer->in1)->pos;
        return in0 < in1 ? in0 : in1;
    }
    case AW_OP_MUL:
        return in0 + tensor_of(work, layer->in1)->pos;
    default:
        return in0;
    }
}

static enum aw_err plan_layer(const struct work *work, uint16_t index, const struct aw_layer *layer,
                              struct aw_plan *plan)
{
    const char *why = NULL;
    enum aw_err err = aw_layer_plan(layer, tensor_of(work, layer->in0), tensor_of(work, layer->in1),
                                    tensor_of(work, layer->out), plan, &why);
    if (err)
        return awh_fail(work->diag, err, "net %s: layer %s: %s", work->graph->net,
                        work->graph->nodes[index].name, why ? why : aw_err_str(err));
    return AW_OK;
}

/* Standard deviation of all accumulators of a layer. */
static double deviation_of(const int32_t *wide, size_t count)
{
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        double value = wide[i];
        sum += value;
        squares += value * value;
    }
    double mean = sum / (double)count;
    return sqrt(fmax(squares / (double)count - mean * mean, 0.0));
}

/* Values of the output over all inputs. */
static size_t out_count(const struct aw_plan *plan)
{
    return (size_t)plan->out_bytes * AWH_CALIBRATION_INPUTS;
}

static void add_bias(struct work *work, const struct aw_plan *plan, const int32_t *bias)
{
    uint32_t channels = plan->out.c;
    for (size_t at = 0; at < out_count(plan); at += channels)
        for (uint32_t c = 0; c < channels; c++)
            work->wide[at + c] += bias[c];
}

static enum aw_err draw_weights(struct work *work, const struct aw_plan *plan)
{
    free(work->weights);
    work->weights = malloc(plan->weight_count);
    if (!work->weights)
        return awh_fail_mem(work->diag);
    aw_seeded_weights(plan, work->weights);
    return AW_OK;
}

static enum aw_err draw_bias(struct work *work, const struct aw_plan *plan, struct aw_layer *layer,
                             double deviation)
{
    uint32_t channels = plan->out.c;
    free(work->bias);
    work->bias = malloc(channels * sizeof(*work->bias));
    if (!work->bias)
        return awh_fail_mem(work->diag);
    layer->bias_bits =
        awh_synth_bias_bits(deviation, plan->weight_count / channels, aw_seeded_bias_lifts(layer));
    aw_seeded_bias(layer, channels, work->bias);
    add_bias(work, plan, work->bias);
    return AW_OK;
}

/* The position and the bias that come with given weights. */
static enum aw_err take_given(struct work *work, uint16_t index, const struct aw_plan *plan)
{
    const char *net = work->graph->net;
    struct aw_layer *layer = &work->program->layers[index];
    struct awh_parameters *parameters = &work->program->parameters[index];
    const struct awh_given *given;
    enum aw_err err = awh_given_find(work->given, net, &work->graph->nodes[index],
                                     plan->weight_count, &given, work->diag);
    if (err)
        return err;
    if (given->weights_pos < AW_POS_MIN || given->weights_pos > AW_POS_MAX)
        return awh_fail(work->diag, AW_ERR_RANGE,
                        "net %s: layer %s: position %d of its weights; expected %d to %d", net,
                        given->layer, given->weights_pos, AW_POS_MIN, AW_POS_MAX);
    layer->w_pos = (int8_t)given->weights_pos;
    if (!given->bias)
        return AW_OK;
    err = awh_given_bias(work->arena, given, net, plan->out.c, wide_pos_of(work, layer),
                         &parameters->bias, &layer->bias_bits, work->diag);
    if (!err)
        add_bias(work, plan, parameters->bias);
    return err;
}

/* Weights of the layer at hand, given or drawn. */
static enum aw_err find_weights(struct work *work, uint16_t index, const struct aw_plan *plan,
                                const int8_t **weights_out)
{
    enum aw_err err = AW_OK;
    if (!work->given) {
        err = draw_weights(work, plan);
        *weights_out = work->weights;
        return err;
    }
    const struct awh_given *given = NULL;
    err = awh_given_find(work->given, work->graph->net, &work->graph->nodes[index],
                         plan->weight_count, &given, work->diag);
    if (!err)
        *weights_out = work->program->parameters[index].weights = given->weights;
    return err;
}

/* Fills work->wide with what the reference requantises, biases apart. Neither the activation nor
 * any position that follows from these values matters for them, so the plan is made with what it
 * accepts. */
static enum aw_err make_wide(struct work *work, uint16_t index, struct aw_plan *plan)
{
    struct aw_layer bare = work->program->layers[index];
    bare.act = AW_ACT_NONE;
    bare.mid_pos = (int8_t)awh_pos_range_of(wide_pos_of(work, &bare)).max;
    work->program->tensors[bare.out].pos = bare.mid_pos;
    enum aw_err err = plan_layer(work, index, &bare, plan);
    if (err)
        return err;
    if (bare.op == AW_OP_GAP && plan->in0_bytes / plan->in0.c > INT32_MAX / 128)
        return awh_fail(work->diag, AW_ERR_RANGE,
                        "net %s: layer %s: a mean over %u x %u pixels; expected at most 2^24",
                        work->graph->net, work->graph->nodes[index].name, plan->in0.h, plan->in0.w);
    free(work->wide);
    work->wide = malloc(out_count(plan) * sizeof(*work->wide));
    if (!work->wide)
        return awh_fail_mem(work->diag);
    const struct aw_op *op = aw_op_find(bare.op);
    const int8_t *weights = NULL;
    if (op->weighted)
        err = find_weights(work, index, plan, &weights);
    if (err)
        return err;
    for (size_t i = 0; i < AWH_CALIBRATION_INPUTS; i++)
        op->run(plan,
                &(struct aw_buffers){
                    .in0 = work->values[bare.in0] + i * plan->in0_bytes,
                    .in1 = bare.in1 == AW_NO_TENSOR ? NULL
                                                    : work->values[bare.in1] + i * plan->in1_bytes,
                    .weights = weights,
                    .wide = work->wide + i * plan->out_bytes,
                });
    return AW_OK;
}

/* The output is added to an older tensor. */
static bool is_branch(const struct awh_graph *graph, int tensor)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct awh_node *node = &graph->nodes[i];
        if (node->op == AWH_NODE_ADD && ((node->in0 == tensor && node->in1 < tensor) ||
                                         (node->in1 == tensor && node->in0 < tensor)))
            return true;
    }
    return false;
}

/* Position of the weights, and the bias if there is one. */
static enum aw_err choose_parameters(struct work *work, uint16_t index, const struct aw_plan *plan)
{
    struct aw_layer *layer = &work->program->layers[index];
    if (work->given)
        return take_given(work, index, plan);
    double deviation = deviation_of(work->wide, out_count(plan));
    layer->w_pos = awh_synth_weight_pos(deviation, plan->in0_pos, layer->act,
                                        is_branch(work->graph, layer->out));
    if (work->graph->nodes[index].conv.bias)
        return draw_bias(work, plan, layer, deviation);
    return AW_OK;
}

/* Index of a table that the program carries; one that is there already is used again. */
static uint32_t keep_table(struct awh_quantised *program, const int8_t table[256])
{
    for (uint32_t i = 0; i < program->table_count; i++)
        if (memcmp(program->tables[i], table, 256) == 0)
            return i;
    memcpy(program->tables[program->table_count], table, 256);
    return program->table_count++;
}

/* Position and table after the activation: `mid` holds the values before it. */
static enum aw_err choose_table(struct work *work, struct aw_layer *layer, const int8_t *mid,
                                size_t count, int8_t table[256])
{
    size_t histogram[256] = {0};
    for (size_t i = 0; i < count; i++)
        histogram[mid[i] + 128]++;
    int pos;
    enum aw_err err = awh_pos_choose_table(histogram, layer->act, layer->mid_pos, &pos);
    if (!err)
        err = awh_act_table(layer->act, layer->mid_pos, pos, table);
    if (err)
        return awh_fail(work->diag, err, "net %s: cannot make a table of %s", work->graph->net,
                        aw_act_name(layer->act));
    if (layer->act == AW_ACT_SIGMOID || layer->act == AW_ACT_TANH)
        layer->table_offset = keep_table(work->program, table);
    work->program->tensors[layer->out].pos = (int8_t)pos;
    return AW_OK;
}

/* Positions of the output, and its values. */
static enum aw_err choose_positions(struct work *work, uint16_t index, const struct aw_plan *plan)
{
    struct aw_layer *layer = &work->program->layers[index];
    struct aw_tensor *out = &work->program->tensors[layer->out];
    struct awh_wide wide = {
        .values = work->wide,
        .count = out_count(plan),
        .pos = wide_pos_of(work, layer),
        .divisor = (int32_t)plan->divisor,
    };
    struct awh_pos_range range = awh_pos_range_of(wide.pos);
    if (layer->op == AW_OP_ZERO) /* any is exact; this one costs a concat behind it no precision */
        range = (struct awh_pos_range){.min = wide.pos, .max = wide.pos};
    int8_t *values = work->values[layer->out] = malloc(wide.count);
    if (!values)
        return awh_fail_mem(work->diag);
    out->pos = layer->mid_pos = (int8_t)awh_pos_choose(&wide, layer->act, range);
    struct awh_calibration *calibration = &work->program->calibration[index];
    calibration->saturated = awh_wide_finish(&wide, layer->act, layer->mid_pos, values);
    if (aw_act_is_table(layer->act)) {
        int8_t table[256];
        enum aw_err err = choose_table(work, layer, values, wide.count, table);
        if (err)
            return err;
        for (size_t i = 0; i < AWH_CALIBRATION_INPUTS; i++)
            aw_table_apply(table, values + i * plan->out_bytes, plan->out_bytes);
    }
    calibration->crc = aw_crc32(0, values, plan->out_bytes);
    return AW_OK;
}

static enum aw_err quantise_layer(struct work *work, uint16_t index)
{
    struct aw_layer *layer = &work->program->layers[index];
    struct aw_plan plan;
    enum aw_err err = make_layer(work, index, layer);
    if (!err)
        err = make_wide(work, index, &plan);
    if (!err && aw_op_find(layer->op)->weighted)
        err = choose_parameters(work, index, &plan);
    if (!err)
        err = choose_positions(work, index, &plan);
    if (!err)
        err = plan_layer(work, index, layer, &plan);
    return err;
}

/* -- The program
 * ------------------------------------------------------------------------------------- */

static enum aw_err allocate(struct awh_arena *arena, const struct awh_graph *graph,
                            struct awh_quantised *program, struct awh_diag *diag)
{
    if (graph->node_count < 1 || graph->node_count > AW_PROGRAM_MAX_LAYERS ||
        graph->tensor_count > AW_PROGRAM_MAX_TENSORS)
        return awh_fail(
            diag, AW_ERR_RANGE,
            "net %s: %zu layers and %zu tensors; a program holds 1 to %u and at most %u",
            graph->net, graph->node_count, graph->tensor_count, AW_PROGRAM_MAX_LAYERS,
            AW_PROGRAM_MAX_TENSORS);
    program->tensor_count = (uint16_t)graph->tensor_count;
    program->layer_count = (uint16_t)graph->node_count;
    program->input = (uint16_t)graph->input;
    program->output = (uint16_t)graph->output;
    program->tensors = awh_arena_array(arena, graph->tensor_count, sizeof(*program->tensors));
    program->layers = awh_arena_array(arena, graph->node_count, sizeof(*program->layers));
    program->tables = awh_arena_array(arena, graph->node_count, sizeof(*program->tables));
    program->calibration = awh_arena_array(arena, graph->node_count, sizeof(*program->calibration));
    if (!program->tensors || !program->layers || !program->tables || !program->calibration)
        return awh_fail_mem(diag);
    return AW_OK;
}

static enum aw_err draw_input(struct work *work)
{
    struct aw_tensor *input = &work->program->tensors[work->program->input];
    size_t bytes = (size_t)input->shape.h * input->shape.w * input->shape.c;
    if (bytes > UINT32_MAX)
        return awh_fail(work->diag, AW_ERR_RANGE, "net %s: the input is over 4 GiB",
                        work->graph->net);
    int8_t *values = malloc(bytes * AWH_CALIBRATION_INPUTS);
    if (!values)
        return awh_fail_mem(work->diag);
    input->pos = AWH_INPUT_POS;
    aw_rng_input(work->program->input_seed, (uint32_t)bytes, values);
    for (uint32_t i = 1; i < AWH_CALIBRATION_INPUTS; i++)
        awh_scene_draw(aw_rng_word(work->program->input_seed, i), input->shape, values + i * bytes);
    work->values[work->program->input] = values;
    return AW_OK;
}

enum aw_err awh_quantise(struct awh_arena *arena, const struct awh_graph *graph, uint32_t seed,
                         const struct awh_given_list *given, struct awh_quantised *out,
                         struct awh_diag *diag)
{
    struct awh_quantised program = {.input_seed = seed};
    enum aw_err err = allocate(arena, graph, &program, diag);
    if (err)
        return err;
    if (given)
        program.parameters = awh_arena_array(arena, graph->node_count, sizeof(*program.parameters));
    if (given && !program.parameters)
        return awh_fail_mem(diag);
    struct work work = {.graph = graph,
                        .program = &program,
                        .seed = seed,
                        .given = given,
                        .arena = arena,
                        .diag = diag};
    work.values = calloc(graph->tensor_count, sizeof(*work.values));
    if (!work.values)
        return awh_fail_mem(diag);
    err = make_tensors(&work);
    if (!err)
        err = draw_input(&work);
    for (uint16_t i = 0; i < program.layer_count && !err; i++)
        err = quantise_layer(&work, i);
    for (size_t t = 0; t < graph->tensor_count; t++)
        free(work.values[t]);
    free(work.values);
    free(work.weights);
    free(work.bias);
    free(work.wide);
    if (!err)
        *out = program;
    return err;
}

enum aw_err awh_quantise_outline(struct awh_arena *arena, const struct awh_graph *graph,
                                 struct awh_quantised *out, struct awh_diag *diag)
{
    struct awh_quantised program = {0};
    enum aw_err err = allocate(arena, graph, &program, diag);
    if (err)
        return err;
    struct work work = {.graph = graph, .program = &program, .diag = diag};
    err = make_tensors(&work);
    for (uint16_t i = 0; i < program.layer_count && !err; i++) {
        const struct awh_node *node = &graph->nodes[i];
        err = make_layer(&work, i, &program.layers[i]);
        program.layers[i].bias_bits = node->op == AWH_NODE_CONV && node->conv.bias;
    }
    if (!err)
        *out = program;
    return err;
}
