#include "fakes/small_net.h"

#include <stdio.h>

#include "aw/bytes.h"
#include "aw/rng.h"
#include "base/path.h"
#include "program/layers.h"

static const struct aw_tensor tensors[] = {
    {.shape = {8, 8, 3}, .pos = 5, .offset = 0},
    {.shape = {8, 8, 16}, .pos = 3, .offset = 192},
    {.shape = {4, 4, 16}, .pos = 3, .offset = 192 + 1024},
    {.shape = {4, 4, 16}, .pos = 2, .offset = 192 + 1024 + 256},
    {.shape = {4, 4, 16}, .pos = 2, .offset = 192 + 1024 + 512},
    {.shape = {1, 1, 16}, .pos = 2, .offset = 192 + 1024 + 768},
};

static struct aw_layer convolution(uint8_t op, uint8_t act, uint16_t in, uint8_t kernel,
                                   uint8_t stride, uint16_t groups)
{
    uint8_t pad = (uint8_t)(kernel / 2);
    return (struct aw_layer){.op = op,
                             .act = act,
                             .in0 = in,
                             .in1 = AW_NO_TENSOR,
                             .out = (uint16_t)(in + 1),
                             .kernel_h = kernel,
                             .kernel_w = kernel,
                             .stride_h = stride,
                             .stride_w = stride,
                             .dilation_h = 1,
                             .dilation_w = 1,
                             .pad_top = pad,
                             .pad_bottom = pad,
                             .pad_left = pad,
                             .pad_right = pad,
                             .groups = groups,
                             .w_pos = 7,
                             .bias_bits = 8,
                             .weights_offset = AW_NO_OFFSET,
                             .table_offset = AW_NO_OFFSET};
}

static struct aw_layer simple(uint8_t op, uint16_t in0, uint16_t in1, uint16_t out)
{
    return (struct aw_layer){.op = op,
                             .in0 = in0,
                             .in1 = in1,
                             .out = out,
                             .weights_offset = AW_NO_OFFSET,
                             .table_offset = AW_NO_OFFSET};
}

/* Moves the synthetic weights of a layer into the weight block. */
static enum aw_err embed(struct aw_layer *layer, struct aw_writer *w)
{
    struct aw_plan plan;
    int8_t weights[512];
    int32_t bias[16];
    enum aw_err err =
        aw_layer_plan(layer, &tensors[layer->in0], NULL, &tensors[layer->out], &plan, NULL);
    if (err || plan.weight_count > sizeof(weights) || plan.bias_count > 16)
        return AW_ERR_INTERNAL;
    aw_rng_weights(layer->seed, plan.weight_count, weights);
    aw_rng_bias(layer->seed, layer->bias_bits, plan.bias_count, bias);
    aw_write_align(w, 16);
    layer->weights_offset = w->at;
    layer->seed = 0;
    aw_write_bytes(w, weights, plan.weight_count);
    aw_write_align(w, 4);
    for (uint32_t i = 0; i < plan.bias_count; i++)
        aw_write_u32le(w, (uint32_t)bias[i]);
    return w->bad ? AW_ERR_INTERNAL : AW_OK;
}

enum aw_err small_net_make(uint32_t seed, uint8_t weights_mode, uint8_t bytes[SMALL_NET_BYTES],
                           uint32_t *size_out, struct aw_program *program_out)
{
    struct aw_layer layers[SMALL_NET_LAYERS] = {
        convolution(AW_OP_CONV2D, AW_ACT_RELU6, 0, 3, 1, 1),
        convolution(AW_OP_DWCONV2D, AW_ACT_H_SWISH, 1, 3, 2, 16),
        convolution(AW_OP_CONV2D, AW_ACT_NONE, 2, 1, 1, 1),
        simple(AW_OP_ADD, 2, 3, 4),
        simple(AW_OP_GAP, 4, AW_NO_TENSOR, 5),
    };
    uint8_t weights[SMALL_NET_BYTES / 2];
    struct aw_writer w = {.bytes = weights, .capacity = sizeof(weights)};
    enum aw_err err = AW_OK;
    for (uint32_t i = 0; i < SMALL_NET_LAYERS; i++) {
        layers[i].mid_pos = tensors[layers[i].out].pos;
        if (!layers[i].kernel_h)
            continue;
        layers[i].seed = seed * 16u + i;
        if (!err && weights_mode == AW_WEIGHTS_EMBEDDED)
            err = embed(&layers[i], &w);
    }
    const struct aw_program_source source = {
        .tensors = tensors,
        .layers = layers,
        .tensor_count = sizeof(tensors) / sizeof(tensors[0]),
        .layer_count = SMALL_NET_LAYERS,
        .input = 0,
        .output = 5,
        .weights_mode = weights_mode,
        .weights = weights,
        .weights_size = w.at,
        .input_seed = seed,
    };
    if (!err)
        err = aw_program_write(&source, bytes, SMALL_NET_BYTES, size_out);
    const struct aw_program_limits no_limits = {0};
    struct aw_program_fault fault = {0};
    if (!err)
        err = aw_program_open(bytes, *size_out, &no_limits, program_out, &fault);
    if (err)
        fprintf(stderr, "small_net: %s (%d)\n", fault.what ? fault.what : "", fault.index);
    return err;
}

static enum aw_err write_layers(struct awh_arena *arena, const struct aw_program *program,
                                const char *path, const char *name, struct awh_diag *diag)
{
    struct awh_layer_info items[SMALL_NET_LAYERS];
    struct awh_layers layers = {.net = name,
                                .items = items,
                                .count = SMALL_NET_LAYERS,
                                .arena_bytes = program->arena_bytes,
                                .weight_bytes = program->weight_bytes,
                                .program_bytes = program->size,
                                .program_crc32 = program->crc,
                                .input_seed = program->input_seed};
    for (uint16_t i = 0; i < SMALL_NET_LAYERS; i++) {
        struct aw_plan plan;
        char key[128];
        aw_program_plan(program, i, &plan);
        aw_layer_key(&plan, key, sizeof(key));
        items[i] = (struct awh_layer_info){.name = awh_arena_printf(arena, "%s_layer_%u", name, i),
                                           .key = awh_arena_strdup(arena, key),
                                           .op = plan.layer.op,
                                           .act = (enum aw_act)plan.layer.act,
                                           .macs = plan.macs,
                                           .bytes = plan.in0_bytes + plan.out_bytes};
        if (!items[i].name || !items[i].key)
            return awh_fail_mem(diag);
        layers.macs += plan.macs;
    }
    struct awh_yaml *root = awh_layers_to_yaml(arena, &layers);
    return root ? awh_yaml_save(root, path, diag) : awh_fail_mem(diag);
}

enum aw_err small_net_write(const char *directory, const char *name, uint32_t seed,
                            uint8_t weights_mode, struct awh_diag *diag)
{
    static uint8_t bytes[SMALL_NET_BYTES];
    struct awh_arena arena;
    struct aw_program program;
    uint32_t size = 0;
    awh_arena_init(&arena);
    const char *dir = awh_arena_printf(&arena, "%s/%s", directory, name);
    const char *base = dir ? awh_arena_printf(&arena, "%s/%s", dir, name) : NULL;
    const char *awp = base ? awh_arena_printf(&arena, "%s.awp", base) : NULL;
    const char *yaml = base ? awh_arena_printf(&arena, "%s.layers.yaml", base) : NULL;
    enum aw_err err = awp && yaml ? awh_dir_make(dir, diag) : awh_fail_mem(diag);
    if (!err && small_net_make(seed, weights_mode, bytes, &size, &program))
        err = awh_fail(diag, AW_ERR_INTERNAL, "%s: cannot make the program", awp);
    if (!err)
        err = awh_file_write(awp, bytes, size, diag);
    if (!err)
        err = write_layers(&arena, &program, yaml, name, diag);
    awh_arena_release(&arena);
    return err;
}
