/* NetParameter, as text and in binary, out of one description of its fields. The numbers are those
 * of BVLC's caffe.proto; fixed_param is that of Xilinx's. */
#include <string.h>

#include "compilers/dpu/caffe.h"
#include "program/pbwire.h"

static const char *const type_names[AWH_CAFFE_TYPE_COUNT] = {
    [AWH_CAFFE_INPUT] = "Input",
    [AWH_CAFFE_CONVOLUTION] = "Convolution",
    [AWH_CAFFE_BATCH_NORM] = "BatchNorm",
    [AWH_CAFFE_SCALE] = "Scale",
    [AWH_CAFFE_RELU] = "ReLU",
    [AWH_CAFFE_RELU6] = "ReLU6",
    [AWH_CAFFE_POWER] = "Power",
    [AWH_CAFFE_ELTWISE] = "Eltwise",
    [AWH_CAFFE_POOLING] = "Pooling",
    [AWH_CAFFE_CONCAT] = "Concat",
    [AWH_CAFFE_RESHAPE] = "Reshape",
    [AWH_CAFFE_SIGMOID] = "Sigmoid",
    [AWH_CAFFE_TANH] = "TanH",
};

/* Where fields go: text nested `depth` deep, or wire format. */
struct sink {
    struct awh_str *out;
    bool binary;
    int depth;
};

static void name_field(struct sink *sink, const char *name)
{
    for (int i = 0; i < sink->depth; i++)
        awh_str_append(sink->out, "  ");
    awh_str_append(sink->out, name);
}

static void put_int(struct sink *sink, const char *name, uint32_t number, int64_t value)
{
    if (sink->binary) {
        awh_pb_int(sink->out, number, value);
        return;
    }
    name_field(sink, name);
    awh_str_printf(sink->out, ": %lld\n", (long long)value);
}

/* A bool or an enum: a word in text. */
static void put_word(struct sink *sink, const char *name, uint32_t number, const char *word,
                     int64_t value)
{
    if (sink->binary) {
        awh_pb_int(sink->out, number, value);
        return;
    }
    name_field(sink, name);
    awh_str_printf(sink->out, ": %s\n", word);
}

static void put_bool(struct sink *sink, const char *name, uint32_t number, bool value)
{
    put_word(sink, name, number, value ? "true" : "false", value);
}

static void put_float(struct sink *sink, const char *name, uint32_t number, float value)
{
    if (sink->binary) {
        awh_pb_float(sink->out, number, value);
        return;
    }
    name_field(sink, name);
    awh_str_printf(sink->out, ": %.9g\n", (double)value);
}

/* Names begin with the net's, which is that of a file. */
static void put_text(struct sink *sink, const char *name, uint32_t number, const char *text)
{
    if (sink->binary) {
        awh_pb_text(sink->out, number, text);
        return;
    }
    name_field(sink, name);
    awh_str_append(sink->out, ": \"");
    for (; *text; text++)
        if (*text == '"' || *text == '\\' || (unsigned char)*text < ' ')
            awh_str_printf(sink->out, "\\%03o", (unsigned)(unsigned char)*text);
        else
            awh_str_append_n(sink->out, text, 1);
    awh_str_append(sink->out, "\"\n");
}

static size_t begin(struct sink *sink, const char *name, uint32_t number)
{
    if (sink->binary)
        return awh_pb_begin(sink->out, number);
    name_field(sink, name);
    awh_str_append(sink->out, " {\n");
    sink->depth++;
    return 0;
}

static void end(struct sink *sink, size_t mark)
{
    if (sink->binary) {
        awh_pb_end(sink->out, mark);
        return;
    }
    sink->depth--;
    name_field(sink, "}\n");
}

static void input_param(struct sink *sink, const struct awh_caffe_blob *blob)
{
    size_t param = begin(sink, "input_param", 143);
    size_t shape = begin(sink, "shape", 1);
    const int64_t dims[] = {1, blob->c, blob->h, blob->w};
    if (sink->binary)
        awh_pb_packed_ints(sink->out, 1, dims, 4);
    for (int i = 0; !sink->binary && i < 4; i++)
        put_int(sink, "dim", 1, dims[i]);
    end(sink, shape);
    end(sink, param);
}

/* One number for a square, two for a rectangle. */
static void put_sides(struct sink *sink, const char *square, uint32_t square_number,
                      const char *const sides[2], const uint32_t numbers[2], int32_t h, int32_t w)
{
    if (h == w) {
        put_int(sink, square, square_number, h);
        return;
    }
    put_int(sink, sides[0], numbers[0], h);
    put_int(sink, sides[1], numbers[1], w);
}

static const char *const pad_names[] = {"pad_h", "pad_w"};
static const char *const kernel_names[] = {"kernel_h", "kernel_w"};
static const char *const stride_names[] = {"stride_h", "stride_w"};

static void convolution_param(struct sink *sink, const struct awh_conv *conv)
{
    size_t param = begin(sink, "convolution_param", 106);
    put_int(sink, "num_output", 1, conv->out_ch);
    put_bool(sink, "bias_term", 2, conv->bias);
    put_sides(sink, "pad", 3, pad_names, (const uint32_t[]){9, 10}, conv->pad_h, conv->pad_w);
    put_sides(sink, "kernel_size", 4, kernel_names, (const uint32_t[]){11, 12}, conv->kernel_h,
              conv->kernel_w);
    put_int(sink, "group", 5, conv->groups);
    put_sides(sink, "stride", 6, stride_names, (const uint32_t[]){13, 14}, conv->stride_h,
              conv->stride_w);
    if (conv->dilation != 1)
        put_int(sink, "dilation", 18, conv->dilation);
    end(sink, param);
}

static void pooling_param(struct sink *sink, const struct awh_caffe_layer *layer)
{
    const struct awh_conv *window = &layer->conv;
    size_t param = begin(sink, "pooling_param", 121);
    put_word(sink, "pool", 1, layer->pool_max ? "MAX" : "AVE", layer->pool_max ? 0 : 1);
    if (layer->pool_global) {
        put_bool(sink, "global_pooling", 12, true);
    } else {
        put_sides(sink, "kernel_size", 2, kernel_names, (const uint32_t[]){5, 6}, window->kernel_h,
                  window->kernel_w);
        put_sides(sink, "stride", 3, stride_names, (const uint32_t[]){7, 8}, window->stride_h,
                  window->stride_w);
        put_sides(sink, "pad", 4, pad_names, (const uint32_t[]){9, 10}, window->pad_h,
                  window->pad_w);
    }
    end(sink, param);
}

static void scale_param(struct sink *sink, const struct awh_caffe_layer *layer)
{
    size_t param = begin(sink, "scale_param", 142);
    put_int(sink, "axis", 1, layer->axis);
    if (layer->array_count > 0) {
        put_int(sink, "num_axes", 2, layer->num_axes);
        put_bool(sink, "bias_term", 4, layer->array_count == 2);
    }
    end(sink, param);
}

static void reshape_param(struct sink *sink, const struct awh_caffe_blob *top)
{
    size_t param = begin(sink, "reshape_param", 133);
    size_t shape = begin(sink, "shape", 1);
    if (sink->binary) {
        awh_pb_packed_ints(sink->out, 1, (const int64_t[]){0, top->c}, 2);
    } else {
        put_int(sink, "dim", 1, 0);
        put_int(sink, "dim", 1, top->c);
    }
    end(sink, shape);
    end(sink, param);
}

static void type_param(struct sink *sink, const struct awh_caffe_net *net,
                       const struct awh_caffe_layer *layer)
{
    size_t param;
    switch (layer->type) {
    case AWH_CAFFE_INPUT:
        input_param(sink, &net->blobs[layer->top]);
        break;
    case AWH_CAFFE_CONVOLUTION:
        convolution_param(sink, &layer->conv);
        break;
    case AWH_CAFFE_BATCH_NORM:
        param = begin(sink, "batch_norm_param", 139);
        put_bool(sink, "use_global_stats", 1, true);
        put_float(sink, "eps", 3, AWH_BATCH_NORM_EPS);
        end(sink, param);
        break;
    case AWH_CAFFE_SCALE:
        scale_param(sink, layer);
        break;
    case AWH_CAFFE_POWER:
        param = begin(sink, "power_param", 122);
        put_float(sink, "power", 1, 1);
        put_float(sink, "scale", 2, layer->scale);
        put_float(sink, "shift", 3, layer->shift);
        end(sink, param);
        break;
    case AWH_CAFFE_ELTWISE:
        param = begin(sink, "eltwise_param", 110);
        put_word(sink, "operation", 1, layer->product ? "PROD" : "SUM", layer->product ? 0 : 1);
        end(sink, param);
        break;
    case AWH_CAFFE_POOLING:
        pooling_param(sink, layer);
        break;
    case AWH_CAFFE_CONCAT:
        param = begin(sink, "concat_param", 104);
        put_int(sink, "axis", 2, 1);
        end(sink, param);
        break;
    case AWH_CAFFE_RESHAPE:
        reshape_param(sink, &net->blobs[layer->top]);
        break;
    case AWH_CAFFE_RELU:
    case AWH_CAFFE_RELU6:
    case AWH_CAFFE_SIGMOID:
    case AWH_CAFFE_TANH:
        break;
    }
}

/* Only Xilinx's Caffe knows the field; the text form of others would not load with it. */
static void fixed_param(struct sink *sink, const struct awh_caffe_net *net,
                        const struct awh_caffe_layer *layer)
{
    if (layer->fix_count == 0 || net->dialect != AWH_CAFFE_XILINX)
        return;
    size_t param = begin(sink, "fixed_param", 1100);
    put_bool(sink, "enable", 1, true);
    put_word(sink, "fixed_method", 2, "DIFF_S", 1);
    put_int(sink, "bit_width", 3, 8);
    for (unsigned i = 0; i < layer->fix_count; i++)
        put_int(sink, "fix_info", 5, layer->fix_info[i]);
    end(sink, param);
}

static void put_array(struct sink *sink, const struct awh_caffe_array *array)
{
    size_t blob = begin(sink, "blobs", 7);
    awh_pb_packed_floats(sink->out, 5, array->data, array->count);
    size_t shape = begin(sink, "shape", 7);
    awh_pb_packed_ints(sink->out, 1, array->shape, array->dims);
    end(sink, shape);
    end(sink, blob);
}

static void put_layer(struct sink *sink, const struct awh_caffe_net *net,
                      const struct awh_caffe_layer *layer)
{
    size_t message = begin(sink, "layer", 100);
    put_text(sink, "name", 1, layer->name);
    put_text(sink, "type", 2, type_names[layer->type]);
    for (int i = 0; i < 2; i++)
        if (layer->bottoms[i] >= 0)
            put_text(sink, "bottom", 3, net->blobs[layer->bottoms[i]].name);
    put_text(sink, "top", 4, net->blobs[layer->top].name);
    for (unsigned i = 0; sink->binary && i < layer->array_count; i++)
        put_array(sink, &layer->arrays[i]);
    type_param(sink, net, layer);
    fixed_param(sink, net, layer);
    end(sink, message);
}

static enum aw_err put_net(const struct awh_caffe_net *net, bool binary, struct awh_str *out,
                           struct awh_diag *diag)
{
    struct sink sink = {.out = out, .binary = binary};
    size_t before = out->size;
    put_text(&sink, "name", 1, net->name);
    for (size_t i = 0; i < net->layer_count; i++)
        put_layer(&sink, net, &net->layers[i]);
    if (out->failed)
        return awh_fail_mem(diag);
    if (binary && out->size - before > INT32_MAX)
        return awh_fail(diag, AW_ERR_RANGE,
                        "net %s: its caffemodel would have %zu bytes; protobuf reads at most 2^31 "
                        "- 1",
                        net->name, out->size - before);
    return AW_OK;
}

enum aw_err awh_caffe_prototxt(const struct awh_caffe_net *net, struct awh_str *out,
                               struct awh_diag *diag)
{
    return put_net(net, false, out, diag);
}

enum aw_err awh_caffe_model(const struct awh_caffe_net *net, struct awh_str *out,
                            struct awh_diag *diag)
{
    return put_net(net, true, out, diag);
}
