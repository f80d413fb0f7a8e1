#include "compilers/onnx/export.h"

#include <math.h>
#include <stdlib.h>

struct export
{
    struct awh_onnx_model *model;
    const struct awh_graph *graph;
    const struct awh_onnx_scales *scales;
    const struct awh_node *node; /* the one at hand */
    const struct awh_node_weights *weights;
    struct awh_diag *diag;
};

/* -- Names ------------------------------------------------------------------------------------ */

static const char *tensor_name(const struct export *export, int tensor)
{
    const struct awh_graph *graph = export->graph;
    if (tensor == graph->output)
        return "output";
    if (tensor == graph->input)
        return "input";
    return graph->nodes[graph->tensors[tensor].producer].name;
}

/* What a layer reads: the tensor itself, or the one behind its quantisation. The output stays in
 * floating point. */
static const char *read_name(const struct export *export, int tensor)
{
    const char *name = tensor_name(export, tensor);
    if (!export->scales || tensor == export->graph->output)
        return name;
    return awh_onnx_text(export->model, "%s.dequantized", name);
}

static const char *part(const struct export *export, const char *suffix)
{
    return awh_onnx_text(export->model, "%s.%s", export->node->name, suffix);
}

static struct awh_graph_tensor shape_of(const struct export *export, int tensor)
{
    return export->graph->tensors[tensor];
}

/* -- Quantisation ----------------------------------------------------------------------------- */

/* QuantizeLinear and DequantizeLinear of `from`; returns the name of the result. channels 0: one
 * scale for all. */
static const char *quantise(const struct export *export, const char *from, const float *scales,
                            size_t channels)
{
    struct awh_onnx_model *model = export->model;
    const char *scale = awh_onnx_text(model, "%s.scale", from);
    const char *zero = awh_onnx_text(model, "%s.zero", from);
    const char *quantized = awh_onnx_text(model, "%s.quantized", from);
    const char *dequantized = awh_onnx_text(model, "%s.dequantized", from);
    const struct awh_onnx_node nodes[] = {
        {.op = "QuantizeLinear",
         .name = awh_onnx_text(model, "%s.quantize", from),
         .inputs = {from, scale, zero},
         .output = quantized},
        {.op = "DequantizeLinear",
         .name = awh_onnx_text(model, "%s.dequantize", from),
         .inputs = {quantized, scale, zero},
         .output = dequantized},
    };
    awh_onnx_floats(model, scale, &(int64_t){(int64_t)channels}, channels > 0, scales);
    awh_onnx_int8_zeros(model, zero, channels);
    for (size_t i = 0; i < 2; i++) {
        size_t mark = awh_onnx_node_begin(model, &nodes[i]);
        if (channels > 0)
            awh_onnx_attr_int(model, "axis", 0);
        awh_onnx_node_end(model, mark);
    }
    return dequantized;
}

static void quantise_tensor(const struct export *export, int tensor)
{
    if (export->scales && tensor != export->graph->output)
        quantise(export, tensor_name(export, tensor), &export->scales->tensors[tensor], 0);
}

static float scale_for(float magnitude)
{
    return magnitude > 0 ? magnitude / 127.0f : 1.0f;
}

static const char *quantise_weights(const struct export *export, const char *name)
{
    size_t channels = (size_t) export->node->conv.out_ch;
    size_t each = export->weights->weight_count / channels;
    float *scales = awh_arena_array(export->model->arena, channels, sizeof *scales);
    if (!scales) {
        export->model->failed = true;
        return name;
    }
    for (size_t c = 0; c < channels; c++) {
        float magnitude = 0;
        for (size_t k = 0; k < each; k++)
            magnitude = fmaxf(magnitude, fabsf(export->weights->weights[c * each + k]));
        scales[c] = scale_for(magnitude);
    }
    return quantise(export, name, scales, channels);
}

/* -- Layers ----------------------------------------------------------------------------------- */

static void attr_window(struct awh_onnx_model *model, const int64_t kernel[2],
                        const int64_t stride[2], const int64_t pad[2])
{
    awh_onnx_attr_ints(model, "kernel_shape", kernel, 2);
    awh_onnx_attr_ints(model, "strides", stride, 2);
    awh_onnx_attr_ints(model, "pads", (int64_t[]){pad[0], pad[1], pad[0], pad[1]}, 4);
}

static void export_conv(const struct export *export, const char *out)
{
    struct awh_onnx_model *model = export->model;
    const struct awh_conv *conv = &export->node->conv;
    const char *weight = part(export, "weight"), *bias = conv->bias ? part(export, "bias") : NULL;
    int64_t out_ch = conv->out_ch;
    const int64_t dims[] = {out_ch, shape_of(export, export->node->in0).c / conv->groups,
                            conv->kernel_h, conv->kernel_w};
    awh_onnx_floats(model, weight, dims, 4, export->weights->weights);
    if (bias)
        awh_onnx_floats(model, bias, &out_ch, 1, export->weights->bias);
    if (export->scales)
        weight = quantise_weights(export, weight);
    size_t mark = awh_onnx_node_begin(
        model, &(struct awh_onnx_node){
                   .op = "Conv",
                   .name = export->node->name,
                   .inputs = {read_name(export, export->node->in0), weight, bias},
                   .output = out,
               });
    awh_onnx_attr_ints(model, "dilations", (int64_t[]){conv->dilation, conv->dilation}, 2);
    awh_onnx_attr_int(model, "group", conv->groups);
    attr_window(model, (int64_t[]){conv->kernel_h, conv->kernel_w},
                (int64_t[]){conv->stride_h, conv->stride_w}, (int64_t[]){conv->pad_h, conv->pad_w});
    awh_onnx_node_end(model, mark);
}

/* ONNX has no batch norm without scale and shift: they are 1 and 0. */
static const char *norm_part(const struct export *export, const char *suffix, const float *values,
                             float constant)
{
    int64_t channels = shape_of(export, export->node->in0).c;
    const char *name = part(export, suffix);
    float *filled = NULL;
    if (!values) {
        values = filled = awh_arena_array(export->model->arena, (size_t)channels, sizeof *filled);
        export->model->failed |= !filled;
        for (int64_t i = 0; filled && i < channels; i++)
            filled[i] = constant;
    }
    if (values)
        awh_onnx_floats(export->model, name, &channels, 1, values);
    return name;
}

static void export_batch_norm(const struct export *export, const char *out)
{
    const struct awh_node_weights *weights = export->weights;
    struct awh_onnx_node node = {
        .op = "BatchNormalization",
        .name = export->node->name,
        .inputs = {read_name(export, export->node->in0),
                   norm_part(export, "gamma", weights->gamma, 1),
                   norm_part(export, "beta", weights->beta, 0),
                   norm_part(export, "mean", weights->mean, 0),
                   norm_part(export, "variance", weights->variance, 1)},
        .output = out,
    };
    size_t mark = awh_onnx_node_begin(export->model, &node);
    awh_onnx_attr_float(export->model, "epsilon", AWH_BATCH_NORM_EPS);
    awh_onnx_node_end(export->model, mark);
}

/* min(max(alpha x + beta, 0), 1) */
static void export_hard_sigmoid(const struct export *export, const char *name, const char *from,
                                const char *out, float alpha, float beta)
{
    struct awh_onnx_model *model = export->model;
    size_t mark = awh_onnx_node_begin(
        model, &(struct awh_onnx_node){
                   .op = "HardSigmoid", .name = name, .inputs = {from}, .output = out});
    awh_onnx_attr_float(model, "alpha", alpha);
    awh_onnx_attr_float(model, "beta", beta);
    awh_onnx_node_end(model, mark);
}

static void export_h_sigmoid(const struct export *export, const char *name, const char *from,
                             const char *out)
{
    export_hard_sigmoid(export, name, from, out, 1.0f / 6.0f, 0.5f);
}

/* `op` with a constant. */
static void export_scalar_op(const struct export *export, const char *op, const char *name,
                             const char *from, const char *out, float constant)
{
    const char *operand = awh_onnx_text(export->model, "%s.operand", name);
    awh_onnx_scalar(export->model, operand, constant);
    awh_onnx_node(
        export->model,
        &(struct awh_onnx_node){.op = op, .name = name, .inputs = {from, operand}, .output = out});
}

/* The same without Clip: (max - min) * HardSigmoid + min. */
static void export_limits(const struct export *export, const char *name, const char *from,
                          const char *out, float min, float max)
{
    struct awh_onnx_model *model = export->model;
    const char *unit = awh_onnx_text(model, "%s.unit", name);
    const char *scaled = min != 0 ? awh_onnx_text(model, "%s.scaled", name) : out;
    export_hard_sigmoid(export, unit, from, unit, 1 / (max - min), -min / (max - min));
    export_scalar_op(export, "Mul", min != 0 ? scaled : name, unit, scaled, max - min);
    if (min != 0)
        export_scalar_op(export, "Add", name, scaled, out, min);
}

/* Limits became inputs in opset 11. */
static void export_clip(const struct export *export, const char *name, const char *from,
                        const char *out, float min, float max)
{
    struct awh_onnx_model *model = export->model;
    if (model->opset >= AWH_ONNX_OPSET_CLIP_INPUTS && !model->clip) {
        export_limits(export, name, from, out, min, max);
        return;
    }
    struct awh_onnx_node node = {.op = "Clip", .name = name, .inputs = {from}, .output = out};
    if (model->opset >= AWH_ONNX_OPSET_CLIP_INPUTS) {
        node.inputs[1] = awh_onnx_text(model, "%s.min", name);
        node.inputs[2] = awh_onnx_text(model, "%s.max", name);
        awh_onnx_scalar(model, node.inputs[1], min);
        awh_onnx_scalar(model, node.inputs[2], max);
    }
    size_t mark = awh_onnx_node_begin(model, &node);
    if (model->opset < AWH_ONNX_OPSET_CLIP_INPUTS) {
        awh_onnx_attr_float(model, "min", min);
        awh_onnx_attr_float(model, "max", max);
    }
    awh_onnx_node_end(model, mark);
}

/* HardSwish is younger than opset 13: x * HardSigmoid(x) loads everywhere. */
static void export_h_swish(const struct export *export, const char *name, const char *from,
                           const char *out)
{
    const char *gate = awh_onnx_text(export->model, "%s.gate", name);
    export_h_sigmoid(export, gate, from, gate);
    awh_onnx_node(
        export->model,
        &(struct awh_onnx_node){.op = "Mul", .name = name, .inputs = {from, gate}, .output = out});
}

static enum aw_err export_act(const struct export *export, enum aw_act act, const char *name,
                              const char *from, const char *out)
{
    struct awh_onnx_node node = {.name = name, .inputs = {from}, .output = out};
    switch (act) {
    case AW_ACT_NONE:
        node.op = "Identity";
        break;
    case AW_ACT_RELU:
        node.op = "Relu";
        break;
    case AW_ACT_SIGMOID:
        node.op = "Sigmoid";
        break;
    case AW_ACT_TANH:
        node.op = "Tanh";
        break;
    case AW_ACT_RELU6:
        export_clip(export, name, from, out, 0, 6);
        return AW_OK;
    case AW_ACT_HARDTANH:
        export_clip(export, name, from, out, -1, 1);
        return AW_OK;
    case AW_ACT_H_SIGMOID:
        export_h_sigmoid(export, name, from, out);
        return AW_OK;
    case AW_ACT_H_SWISH:
        export_h_swish(export, name, from, out);
        return AW_OK;
    case AW_ACT_COUNT:
        break;
    }
    if (!node.op)
        return awh_fail(export->diag, AW_ERR_INTERNAL, "layer %s: no such activation", name);
    awh_onnx_node(export->model, &node);
    return AW_OK;
}

static void export_pool(const struct export *export, const char *out)
{
    struct awh_onnx_model *model = export->model;
    const struct awh_pool *pool = &export->node->pool;
    bool max = export->node->op == AWH_NODE_MAX_POOL;
    size_t mark = awh_onnx_node_begin(
        model, &(struct awh_onnx_node){.op = max ? "MaxPool" : "AveragePool",
                                       .name = export->node->name,
                                       .inputs = {read_name(export, export->node->in0)},
                                       .output = out});
    if (!max)
        awh_onnx_attr_int(model, "count_include_pad", pool->count_include_pad);
    attr_window(model, (int64_t[]){pool->kernel_h, pool->kernel_w},
                (int64_t[]){pool->stride_h, pool->stride_w}, (int64_t[]){pool->pad_h, pool->pad_w});
    awh_onnx_node_end(model, mark);
}

static void export_plain(const struct export *export, const char *op, const char *out)
{
    const struct awh_node *node = export->node;
    awh_onnx_node(export->model,
                  &(struct awh_onnx_node){
                      .op = op,
                      .name = node->name,
                      .inputs = {read_name(export, node->in0),
                                 node->in1 >= 0 ? read_name(export, node->in1) : NULL},
                      .output = out,
                  });
}

/* OpenCV 4.6 takes any Mul whose second input is a HardSigmoid for an h-swish of what that one
 * reads. So the scale of squeeze and excite comes first; and if the other input is a HardSigmoid
 * too, an Identity, which costs nothing, stands between. */
static void export_mul(const struct export *export, const char *out)
{
    const struct awh_graph *graph = export->graph;
    const struct awh_node *node = export->node;
    const char *from = read_name(export, node->in0);
    int producer = graph->tensors[node->in0].producer;
    if (producer >= 0 && graph->nodes[producer].act == AW_ACT_H_SIGMOID) {
        const char *same = part(export, "input");
        awh_onnx_node(export->model,
                      &(struct awh_onnx_node){
                          .op = "Identity", .name = same, .inputs = {from}, .output = same});
        from = same;
    }
    awh_onnx_node(export->model, &(struct awh_onnx_node){
                                     .op = "Mul",
                                     .name = node->name,
                                     .inputs = {read_name(export, node->in1), from},
                                     .output = out,
                                 });
}

static void export_concat(const struct export *export, const char *out)
{
    const struct awh_node *node = export->node;
    size_t mark = awh_onnx_node_begin(
        export->model, &(struct awh_onnx_node){
                           .op = "Concat",
                           .name = node->name,
                           .inputs = {read_name(export, node->in0), read_name(export, node->in1)},
                           .output = out,
                       });
    awh_onnx_attr_int(export->model, "axis", 1);
    awh_onnx_node_end(export->model, mark);
}

/* Amounts became an input in opset 11. */
static void pad_tensor(const struct export *export, const char *name, const char *from,
                       const char *out, const struct awh_pad *pad)
{
    struct awh_onnx_model *model = export->model;
    const int64_t pads[8] = {0, 0, pad->top, pad->left, 0, pad->channels, pad->bottom, pad->right};
    struct awh_onnx_node node = {.op = "Pad", .name = name, .inputs = {from}, .output = out};
    if (model->opset >= AWH_ONNX_OPSET_CLIP_INPUTS) {
        node.inputs[1] = awh_onnx_text(model, "%s.pads", name);
        awh_onnx_int64s(model, node.inputs[1], pads, 8);
    }
    size_t mark = awh_onnx_node_begin(model, &node);
    if (model->opset < AWH_ONNX_OPSET_CLIP_INPUTS)
        awh_onnx_attr_ints(model, "pads", pads, 8);
    awh_onnx_node_end(model, mark);
}

/* Everything from `starts` to `ends` of channels, rows and columns. Ranges became inputs in opset
 * 10. */
static void cut_tensor(const struct export *export, const char *name, const char *from,
                       const char *out, const int64_t starts[3], const int64_t ends[3])
{
    static const int64_t axes[3] = {1, 2, 3};
    struct awh_onnx_model *model = export->model;
    struct awh_onnx_node node = {.op = "Slice", .name = name, .inputs = {from}, .output = out};
    if (model->opset >= 10) {
        node.inputs[1] = awh_onnx_text(model, "%s.starts", name);
        node.inputs[2] = awh_onnx_text(model, "%s.ends", name);
        node.inputs[3] = awh_onnx_text(model, "%s.axes", name);
        awh_onnx_int64s(model, node.inputs[1], starts, 3);
        awh_onnx_int64s(model, node.inputs[2], ends, 3);
        awh_onnx_int64s(model, node.inputs[3], axes, 3);
    }
    size_t mark = awh_onnx_node_begin(model, &node);
    if (model->opset < 10) {
        awh_onnx_attr_ints(model, "axes", axes, 3);
        awh_onnx_attr_ints(model, "starts", starts, 3);
        awh_onnx_attr_ints(model, "ends", ends, 3);
    }
    awh_onnx_node_end(model, mark);
}

/* Every stride-th pixel: a maximum over windows of one pixel. Unlike the steps of Slice, every
 * opset and every importer has it. */
static void subsample(const struct export *export, const char *name, const char *from,
                      const char *out, const int64_t kernel[2], const int64_t stride[2])
{
    size_t mark = awh_onnx_node_begin(
        export->model,
        &(struct awh_onnx_node){.op = "MaxPool", .name = name, .inputs = {from}, .output = out});
    attr_window(export->model, kernel, stride, (const int64_t[]){0, 0});
    awh_onnx_node_end(export->model, mark);
}

static void export_slice(const struct export *export, const char *out)
{
    const struct awh_node *node = export->node;
    const struct awh_slice *slice = &node->slice;
    struct awh_graph_tensor in = shape_of(export, node->in0);
    bool strided = slice->stride_h > 1 || slice->stride_w > 1;
    const char *cut = strided ? part(export, "cut") : out;
    cut_tensor(export, strided ? cut : node->name, read_name(export, node->in0), cut,
               (const int64_t[]){0, slice->offset_h, slice->offset_w},
               (const int64_t[]){in.c, in.h, in.w});
    if (strided)
        subsample(export, node->name, cut, out, (const int64_t[]){1, 1},
                  (const int64_t[]){slice->stride_h, slice->stride_w});
}

/* Zeros that still depend on the input, or a runtime would leave them out: the input brought to the
 * shape of the output, times 0, as aw_nas does it. */
static enum aw_err export_zero(const struct export *export, const char *out)
{
    const struct awh_node *node = export->node;
    struct awh_graph_tensor x = shape_of(export, node->in0), z = shape_of(export, node->out);
    const char *from = read_name(export, node->in0);
    if (z.h > x.h || z.w > x.w)
        return awh_fail(export->diag, AW_ERR_UNSUPPORTED,
                        "net %s: layer %s: zeros of %d x %d from an input of %d x %d; this "
                        "compiler can only make them smaller",
                        export->graph->net, node->name, z.h, z.w, x.h, x.w);
    if (z.h < x.h || z.w < x.w) {
        int64_t stride[2] = {z.h > 1 ? (x.h - 1) / (z.h - 1) : 1,
                             z.w > 1 ? (x.w - 1) / (z.w - 1) : 1};
        int64_t kernel[2] = {x.h - stride[0] * (z.h - 1), x.w - stride[1] * (z.w - 1)};
        subsample(export, part(export, "pixels"), from, part(export, "pixels"), kernel, stride);
        from = part(export, "pixels");
    }
    if (z.c > x.c)
        pad_tensor(export, part(export, "channels"), from, part(export, "channels"),
                   &(struct awh_pad){.channels = z.c - x.c});
    else if (z.c < x.c)
        cut_tensor(export, part(export, "channels"), from, part(export, "channels"),
                   (const int64_t[]){0, 0, 0}, (const int64_t[]){z.c, z.h, z.w});
    if (z.c != x.c)
        from = part(export, "channels");
    export_scalar_op(export, "Mul", node->name, from, out, 0);
    return AW_OK;
}

static enum aw_err export_op(const struct export *export, const char *out)
{
    const struct awh_node *node = export->node;
    switch (node->op) {
    case AWH_NODE_CONV:
        export_conv(export, out);
        return AW_OK;
    case AWH_NODE_BATCH_NORM:
        export_batch_norm(export, out);
        return AW_OK;
    case AWH_NODE_ACT:
        return export_act(export, node->act, node->name, read_name(export, node->in0), out);
    case AWH_NODE_GAP:
        export_plain(export, "GlobalAveragePool", out);
        return AW_OK;
    case AWH_NODE_ADD:
        export_plain(export, "Add", out);
        return AW_OK;
    case AWH_NODE_MUL:
        export_mul(export, out);
        return AW_OK;
    case AWH_NODE_MAX_POOL:
    case AWH_NODE_AVG_POOL:
        export_pool(export, out);
        return AW_OK;
    case AWH_NODE_CONCAT:
        export_concat(export, out);
        return AW_OK;
    case AWH_NODE_PAD:
        pad_tensor(export, node->name, read_name(export, node->in0), out, &node->pad);
        return AW_OK;
    case AWH_NODE_SLICE:
        export_slice(export, out);
        return AW_OK;
    case AWH_NODE_ZERO:
        return export_zero(export, out);
    }
    return awh_fail(export->diag, AW_ERR_INTERNAL, "net %s: layer %s: no such op",
                    export->graph->net, node->name);
}

/* An op, and the activation that was fused into it, which ONNX keeps apart. */
static enum aw_err export_node(struct export *export, const struct awh_node *node,
                               const struct awh_node_weights *weights)
{
    bool fused = node->op != AWH_NODE_ACT && node->act != AW_ACT_NONE;
    export->node = node;
    export->weights = weights;
    export->model->prim = node->prim;
    const char *out = tensor_name(export, node->out);
    const char *made = fused ? part(export, "made") : out;
    enum aw_err err = export_op(export, made);
    if (!err && fused)
        err = export_act(export, node->act, part(export, "act"), made, out);
    if (!err)
        quantise_tensor(export, node->out);
    return err;
}

static struct awh_onnx_value value_of(const struct export *export, int tensor, const char *name)
{
    struct awh_graph_tensor shape = shape_of(export, tensor);
    return (struct awh_onnx_value){.name = name, .dims = {1, shape.c, shape.h, shape.w}};
}

enum aw_err awh_onnx_export(struct awh_onnx_model *model, const struct awh_graph *graph,
                            const struct awh_float_weights *weights,
                            const struct awh_onnx_scales *scales, struct awh_str *file,
                            struct awh_diag *diag)
{
    struct export export = {.model = model, .graph = graph, .scales = scales, .diag = diag};
    enum aw_err err = AW_OK;
    if (graph->output != graph->input)
        quantise_tensor(&export, graph->input);
    for (size_t i = 0; i < graph->node_count && !err; i++)
        err = export_node(&export, &graph->nodes[i], &weights->nodes[i]);
    if (err)
        return err;
    if (graph->output == graph->input) /* a net that does nothing */
        awh_onnx_node(model, &(struct awh_onnx_node){.op = "Identity",
                                                     .name = "identity",
                                                     .inputs = {"input"},
                                                     .output = "output"});
    struct awh_onnx_value input = value_of(&export, graph->input, "input");
    struct awh_onnx_value output = value_of(&export, graph->output, "output");
    return awh_onnx_finish(model, graph->net, &input, &output, file, diag);
}
