#include "compilers/onnx/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "program/pbwire.h"

/* Field numbers of onnx.proto3. */
enum { MODEL_IR_VERSION = 1, MODEL_PRODUCER = 2, MODEL_GRAPH = 7, MODEL_OPSET = 8 };
enum { OPSET_VERSION = 2 };
enum { GRAPH_NODE = 1, GRAPH_NAME = 2, GRAPH_INITIALIZER = 5, GRAPH_INPUT = 11, GRAPH_OUTPUT = 12 };
enum { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP_TYPE = 4, NODE_ATTRIBUTE = 5 };
enum { ATTR_NAME = 1, ATTR_F = 2, ATTR_I = 3, ATTR_INTS = 8, ATTR_TYPE = 20 };
enum { ATTR_TYPE_FLOAT = 1, ATTR_TYPE_INT = 2, ATTR_TYPE_INTS = 7 };
enum { TENSOR_DIMS = 1, TENSOR_DATA_TYPE = 2, TENSOR_NAME = 8, TENSOR_RAW = 9 };
enum { DATA_FLOAT = 1, DATA_INT8 = 3, DATA_INT64 = 7 };
enum {
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_TYPE_ELEM = 1,
    TENSOR_TYPE_SHAPE = 2
};
enum { SHAPE_DIM = 1, DIM_VALUE = 1 };

void awh_onnx_init(struct awh_onnx_model *model, struct awh_arena *arena, int opset)
{
    *model = (struct awh_onnx_model){.arena = arena, .opset = opset};
    awh_str_init(&model->nodes);
    awh_str_init(&model->initializers);
}

void awh_onnx_release(struct awh_onnx_model *model)
{
    awh_str_release(&model->nodes);
    awh_str_release(&model->initializers);
    free(model->names);
    model->names = NULL;
}

const char *awh_onnx_text(struct awh_onnx_model *model, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *kept =
        size >= 0 && (size_t)size < sizeof text ? awh_arena_strdup(model->arena, text) : NULL;
    model->failed |= !kept;
    return kept ? kept : "";
}

/* -- Nodes ------------------------------------------------------------------------------------ */

static void keep_name(struct awh_onnx_model *model, const char *name)
{
    void *names =
        awh_grow(model->names, &model->name_capacity, model->name_count + 1, sizeof *model->names);
    if (!names) {
        model->failed = true;
        return;
    }
    model->names = names;
    model->names[model->name_count++] =
        (struct awh_onnx_name){.name = awh_onnx_text(model, "%s", name), .prim = model->prim};
}

size_t awh_onnx_node_begin(struct awh_onnx_model *model, const struct awh_onnx_node *node)
{
    size_t mark = awh_pb_begin(&model->nodes, GRAPH_NODE);
    for (size_t i = 0; i < sizeof node->inputs / sizeof node->inputs[0] && node->inputs[i]; i++)
        awh_pb_text(&model->nodes, NODE_INPUT, node->inputs[i]);
    awh_pb_text(&model->nodes, NODE_OUTPUT, node->output);
    awh_pb_text(&model->nodes, NODE_NAME, node->name);
    awh_pb_text(&model->nodes, NODE_OP_TYPE, node->op);
    keep_name(model, node->name);
    return mark;
}

void awh_onnx_node_end(struct awh_onnx_model *model, size_t mark)
{
    awh_pb_end(&model->nodes, mark);
}

void awh_onnx_node(struct awh_onnx_model *model, const struct awh_onnx_node *node)
{
    awh_onnx_node_end(model, awh_onnx_node_begin(model, node));
}

static size_t attr_begin(struct awh_onnx_model *model, const char *name, int type)
{
    size_t mark = awh_pb_begin(&model->nodes, NODE_ATTRIBUTE);
    awh_pb_text(&model->nodes, ATTR_NAME, name);
    awh_pb_int(&model->nodes, ATTR_TYPE, type);
    return mark;
}

void awh_onnx_attr_int(struct awh_onnx_model *model, const char *name, int64_t value)
{
    size_t mark = attr_begin(model, name, ATTR_TYPE_INT);
    awh_pb_int(&model->nodes, ATTR_I, value);
    awh_pb_end(&model->nodes, mark);
}

void awh_onnx_attr_float(struct awh_onnx_model *model, const char *name, float value)
{
    size_t mark = attr_begin(model, name, ATTR_TYPE_FLOAT);
    awh_pb_float(&model->nodes, ATTR_F, value);
    awh_pb_end(&model->nodes, mark);
}

void awh_onnx_attr_ints(struct awh_onnx_model *model, const char *name, const int64_t *values,
                        size_t count)
{
    size_t mark = attr_begin(model, name, ATTR_TYPE_INTS);
    for (size_t i = 0; i < count; i++) /* onnx.proto3 leaves them unpacked in older readers */
        awh_pb_int(&model->nodes, ATTR_INTS, values[i]);
    awh_pb_end(&model->nodes, mark);
}

/* -- Initializers ----------------------------------------------------------------------------- */

static size_t tensor_begin(struct awh_onnx_model *model, const char *name, int type,
                           const int64_t *dims, size_t dim_count)
{
    size_t mark = awh_pb_begin(&model->initializers, GRAPH_INITIALIZER);
    awh_pb_packed_ints(&model->initializers, TENSOR_DIMS, dims, dim_count);
    awh_pb_int(&model->initializers, TENSOR_DATA_TYPE, type);
    awh_pb_text(&model->initializers, TENSOR_NAME, name);
    return mark;
}

void awh_onnx_floats(struct awh_onnx_model *model, const char *name, const int64_t *dims,
                     size_t dim_count, const float *values)
{
    struct awh_str *out = &model->initializers;
    size_t count = 1;
    for (size_t i = 0; i < dim_count; i++)
        count *= (size_t)dims[i];
    size_t mark = tensor_begin(model, name, DATA_FLOAT, dims, dim_count);
    size_t raw = awh_pb_begin(out, TENSOR_RAW);
    awh_pb_raw_floats(out, values, count);
    awh_pb_end(out, raw);
    awh_pb_end(out, mark);
}

void awh_onnx_scalar(struct awh_onnx_model *model, const char *name, float value)
{
    awh_onnx_floats(model, name, NULL, 0, &value);
}

void awh_onnx_int64s(struct awh_onnx_model *model, const char *name, const int64_t *values,
                     size_t count)
{
    struct awh_str *out = &model->initializers;
    size_t mark = tensor_begin(model, name, DATA_INT64, &(int64_t){(int64_t)count}, 1);
    size_t raw = awh_pb_begin(out, TENSOR_RAW);
    for (size_t i = 0; i < count; i++) {
        char bytes[8];
        for (unsigned b = 0; b < 8; b++)
            bytes[b] = (char)((uint64_t)values[i] >> (8 * b));
        awh_str_append_n(out, bytes, sizeof bytes);
    }
    awh_pb_end(out, raw);
    awh_pb_end(out, mark);
}

void awh_onnx_int8_zeros(struct awh_onnx_model *model, const char *name, size_t count)
{
    struct awh_str *out = &model->initializers;
    size_t mark = tensor_begin(model, name, DATA_INT8, &(int64_t){(int64_t)count}, count > 0);
    size_t raw = awh_pb_begin(out, TENSOR_RAW);
    for (size_t i = 0; i < (count > 0 ? count : 1); i++)
        awh_str_append_n(out, "", 1);
    awh_pb_end(out, raw);
    awh_pb_end(out, mark);
}

/* -- The file --------------------------------------------------------------------------------- */

static void write_value(struct awh_str *out, uint32_t field, const struct awh_onnx_value *value)
{
    size_t info = awh_pb_begin(out, field);
    awh_pb_text(out, VALUE_NAME, value->name);
    size_t type = awh_pb_begin(out, VALUE_TYPE);
    size_t tensor = awh_pb_begin(out, TYPE_TENSOR);
    awh_pb_int(out, TENSOR_TYPE_ELEM, DATA_FLOAT);
    size_t shape = awh_pb_begin(out, TENSOR_TYPE_SHAPE);
    for (size_t i = 0; i < 4; i++) {
        size_t dim = awh_pb_begin(out, SHAPE_DIM);
        awh_pb_int(out, DIM_VALUE, value->dims[i]);
        awh_pb_end(out, dim);
    }
    awh_pb_end(out, shape);
    awh_pb_end(out, tensor);
    awh_pb_end(out, type);
    awh_pb_end(out, info);
}

static int ir_version(int opset)
{
    static const int of_opset[] = {
        [9] = 4, [10] = 5, [11] = 6, [12] = 7, [13] = 7,
    };
    return of_opset[opset];
}

enum aw_err awh_onnx_finish(struct awh_onnx_model *model, const char *graph_name,
                            const struct awh_onnx_value *input, const struct awh_onnx_value *output,
                            struct awh_str *file, struct awh_diag *diag)
{
    if (model->opset < AWH_ONNX_OPSET_MIN || model->opset > AWH_ONNX_OPSET_MAX)
        return awh_fail(diag, AW_ERR_ARG, "ONNX opset %d: expected %d to %d", model->opset,
                        AWH_ONNX_OPSET_MIN, AWH_ONNX_OPSET_MAX);
    awh_pb_int(file, MODEL_IR_VERSION, ir_version(model->opset));
    awh_pb_text(file, MODEL_PRODUCER, "awnas-hw");
    size_t graph = awh_pb_begin(file, MODEL_GRAPH);
    awh_str_append_n(file, model->nodes.text ? model->nodes.text : "", model->nodes.size);
    awh_pb_text(file, GRAPH_NAME, graph_name);
    awh_str_append_n(file, model->initializers.text ? model->initializers.text : "",
                     model->initializers.size);
    write_value(file, GRAPH_INPUT, input);
    write_value(file, GRAPH_OUTPUT, output);
    awh_pb_end(file, graph);
    size_t opset = awh_pb_begin(file, MODEL_OPSET);
    awh_pb_int(file, OPSET_VERSION, model->opset);
    awh_pb_end(file, opset);
    if (model->failed || model->nodes.failed || model->initializers.failed || file->failed)
        return awh_fail_mem(diag);
    return AW_OK;
}
