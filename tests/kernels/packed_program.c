/* The loader of the firmware with a kernel set, on a program in each form that a host may send:
 * weights seeded, embedded in canonical order, and embedded as the set packs them. All must give
 * the outputs of the references, layer by layer; a program packed for another set is refused.
 *
 * Exit code 0: so it is. */
#include <stdio.h>
#include <string.h>

#include "aw/bytes.h"
#include "aw/crc.h"
#include "aw/rng.h"
#include "awt/loader.h"

#define MAX_LAYERS 16u

static _Alignas(64) uint8_t arena[AWB_ARENA_BYTES + AWB_TAIL_BYTES];
static _Alignas(64) uint8_t weights[AWB_WEIGHT_BYTES + AWB_TAIL_BYTES];
static _Alignas(64) uint8_t programs[4][AWB_PROGRAM_BYTES];
static _Alignas(64) uint8_t block[AWB_PROGRAM_BYTES];
static uint8_t arena_of_references[AWB_ARENA_BYTES];
static _Alignas(64) uint8_t tables[AWT_TABLE_BYTES];
static struct awt_net net;
static unsigned failures, checks;

/* Convolutions in a chain, every kind that a packing may treat in its own way. */
static const struct {
    uint8_t op, kernel, stride, dilation;
    uint16_t out_ch, groups;
} rows[MAX_LAYERS] = {
    {AW_OP_CONV2D, 3, 2, 1, 19, 1},    {AW_OP_DWCONV2D, 3, 1, 1, 19, 19},
    {AW_OP_CONV2D, 1, 1, 1, 40, 1},    {AW_OP_DWCONV2D, 5, 2, 1, 40, 40},
    {AW_OP_CONV2D, 3, 1, 1, 24, 4},    {AW_OP_CONV2D, 3, 1, 2, 12, 1},
    {AW_OP_DWCONV2D, 7, 1, 1, 12, 12}, {AW_OP_DWCONV2D, 3, 2, 2, 12, 12},
    {AW_OP_CONV2D, 5, 1, 1, 3, 1},     {AW_OP_DWCONV2D, 3, 1, 1, 3, 3},
    {AW_OP_CONV2D, 1, 2, 1, 100, 1},   {AW_OP_CONV2D, 2, 1, 1, 9, 1},
};

static struct aw_tensor tensors[MAX_LAYERS + 1] = {{.shape = {22, 21, 3}, .pos = 4}};
static struct aw_layer layers[MAX_LAYERS];
static uint16_t layer_count;

static void fail(const char *what, const char *detail)
{
    failures++;
    printf("FAIL %s: %s\n", what, detail);
}

static uint16_t extent(uint16_t in, const struct aw_layer *l)
{
    int reach = l->dilation_h * (l->kernel_h - 1);
    return (uint16_t)((in + l->pad_top + l->pad_bottom - reach - 1) / l->stride_h + 1);
}

static void make_layers(void)
{
    uint32_t offset = 0;
    for (layer_count = 0; layer_count < MAX_LAYERS && rows[layer_count].op; layer_count++) {
        uint16_t i = layer_count;
        const struct aw_tensor *in = &tensors[i];
        struct aw_layer *l = &layers[i];
        uint8_t kernel = rows[i].kernel, pad = (uint8_t)(rows[i].dilation * (kernel - 1) / 2);
        *l = (struct aw_layer){
            .op = rows[i].op,
            .act = i % 2 ? AW_ACT_RELU6 : AW_ACT_NONE,
            .in0 = i,
            .in1 = AW_NO_TENSOR,
            .out = (uint16_t)(i + 1),
            .kernel_h = kernel,
            .kernel_w = kernel,
            .stride_h = rows[i].stride,
            .stride_w = rows[i].stride,
            .dilation_h = rows[i].dilation,
            .dilation_w = rows[i].dilation,
            .pad_top = pad,
            .pad_bottom = pad,
            .pad_left = pad,
            .pad_right = pad,
            .groups = rows[i].groups,
            .w_pos = 8,
            .mid_pos = 4,
            .bias_bits = (uint8_t)(i % 3 ? 10 : 0),
            .seed = 100u + i,
            .weights_offset = AW_NO_OFFSET,
            .table_offset = AW_NO_OFFSET,
        };
        offset += ((uint32_t)in->shape.h * in->shape.w * in->shape.c + 15) / 16 * 16;
        tensors[i + 1] = (struct aw_tensor){
            .shape = {extent(in->shape.h, l), extent(in->shape.w, l), rows[i].out_ch},
            .pos = 4,
            .offset = offset,
        };
    }
}

/* Moves the seeded weights of all layers into the weight block; its size. */
static uint32_t embed(const struct aw_program *seeded)
{
    struct aw_writer w = {.bytes = block, .capacity = sizeof block};
    for (uint16_t i = 0; i < layer_count; i++) {
        struct aw_plan plan;
        static int8_t values[AWB_PROGRAM_BYTES];
        int32_t bias[256];
        aw_program_plan(seeded, i, &plan);
        aw_program_weights(seeded, &plan, values, bias);
        aw_write_align(&w, 16);
        layers[i].weights_offset = w.at;
        layers[i].seed = 0;
        aw_write_bytes(&w, values, plan.weight_count);
        aw_write_align(&w, 4);
        for (uint32_t k = 0; k < plan.bias_count; k++)
            aw_write_u32le(&w, (uint32_t)bias[k]);
    }
    if (w.bad)
        fail("embed", "the block is too small");
    return w.at;
}

static uint32_t write_program(uint8_t mode, uint32_t block_bytes, uint8_t *bytes,
                              struct aw_program *program)
{
    const struct aw_program_source source = {
        .tensors = tensors,
        .layers = layers,
        .tensor_count = (uint16_t)(layer_count + 1),
        .layer_count = layer_count,
        .output = layer_count,
        .weights_mode = mode,
        .input_seed = 3,
        .weights = mode == AW_WEIGHTS_EMBEDDED ? block : NULL,
        .weights_size = block_bytes,
    };
    struct aw_program_fault fault = {.what = "it cannot be written"};
    uint32_t size = 0;
    if (aw_program_write(&source, bytes, AWB_PROGRAM_BYTES, &size) != AW_OK ||
        aw_program_open(bytes, size, NULL, program, &fault) != AW_OK)
        fail("the program", fault.what);
    return size;
}

/* Outputs of the references. */
static void expect(const struct aw_program *seeded, uint32_t crcs[MAX_LAYERS])
{
    static int8_t values[AWB_PROGRAM_BYTES];
    int32_t bias[256];
    int8_t *base = (int8_t *)arena_of_references;
    struct aw_plan plan;
    aw_program_plan(seeded, 0, &plan);
    aw_rng_input(seeded->input_seed, plan.in0_bytes, base);
    for (uint16_t i = 0; i < layer_count; i++) {
        aw_program_plan(seeded, i, &plan);
        aw_program_weights(seeded, &plan, values, bias);
        struct aw_buffers buffers = {
            .in0 = base + tensors[i].offset,
            .weights = values,
            .bias = plan.bias_count ? bias : NULL,
            .out = base + tensors[i + 1].offset,
        };
        aw_op_find(plan.layer.op)->run(&plan, &buffers);
        crcs[i] = aw_crc32(0, buffers.out, plan.out_bytes);
    }
}

static enum aw_err load(uint8_t *bytes, uint32_t size, struct awt_fault *fault)
{
    const struct awb_memory memory = {
        .arena = arena,
        .arena_bytes = AWB_ARENA_BYTES,
        .weights = weights,
        .weight_bytes = AWB_WEIGHT_BYTES,
        .program = bytes,
        .program_bytes = AWB_PROGRAM_BYTES,
        .tables = tables,
    };
    memset(arena, 0x5A, sizeof arena);
    memset(weights, 0x5A, sizeof weights);
    awt_net_init(&net, &memory);
    return awt_net_load(&net, &memory, size, fault);
}

static void check(const char *form, uint8_t *bytes, uint32_t size, const uint32_t crcs[MAX_LAYERS])
{
    struct awt_fault fault = {0};
    if (load(bytes, size, &fault) != AW_OK) {
        fail(form, fault.text);
        return;
    }
    aw_rng_input(net.program.input_seed, net.input_bytes, net.input);
    for (uint16_t i = 0; i < net.layer_count; i++) {
        struct awt_slot *slot = &net.slots[i];
        slot->run(&slot->plan, &slot->buffers, net.scratch);
        checks++;
        if (aw_crc32(0, slot->buffers.out, slot->plan.out_bytes) != crcs[i]) {
            char key[128];
            aw_layer_key(&slot->plan, key, sizeof key);
            fail(form, key);
            return;
        }
    }
}

static void check_refused(uint8_t *bytes, uint32_t size)
{
    struct awt_fault fault = {0};
    bytes[7] = awt_packing && awt_packing->id == 1 ? 2 : 1;
    uint32_t crc = aw_crc32(0, bytes, size - 4);
    for (uint32_t i = 0; i < 4; i++)
        bytes[size - 4 + i] = (uint8_t)(crc >> (8 * i));
    checks++;
    if (load(bytes, size, &fault) != AW_ERR_UNSUPPORTED ||
        strcmp(fault.text, "weights are packed for another kernel set") != 0)
        fail("a program packed for another kernel set", fault.text);
}

int main(void)
{
    struct aw_program seeded, embedded;
    uint32_t crcs[MAX_LAYERS], size = 0;
    make_layers();
    uint32_t seeded_size = write_program(AW_WEIGHTS_SEEDED, 0, programs[0], &seeded);
    uint32_t block_bytes = embed(&seeded);
    uint32_t embedded_size =
        write_program(AW_WEIGHTS_EMBEDDED, block_bytes, programs[1], &embedded);
    if (failures)
        return 1;
    expect(&seeded, crcs);
    check("seeded", programs[0], seeded_size, crcs);
    check("embedded, canonical", programs[1], embedded_size, crcs);
    if (awt_packing) {
        if (aw_program_pack(&embedded, awt_packing, programs[2], AWB_PROGRAM_BYTES, &size) != AW_OK)
            fail("packing", "refused");
        check("embedded, packed", programs[2], size, crcs);
    }
    check_refused(programs[1], embedded_size);
    printf("%s: %u checks, %u failures\n", awt_kernel_set, checks, failures);
    return failures ? 1 : 0;
}
