#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "aw/rng.h"
#include "program/arena.h"

#define MAX_LAYERS 60

struct net {
    struct aw_tensor tensors[MAX_LAYERS + 1];
    struct aw_layer layers[MAX_LAYERS];
    uint16_t layer_count; /* tensor 0 is the input, layer i writes tensor i + 1, the last is the
                             output */
};

static uint32_t bytes_of(const struct aw_tensor *tensor)
{
    return (uint32_t)tensor->shape.h * tensor->shape.w * tensor->shape.c;
}

/* A random net of few shapes, so that in-place chances are common. `seed` reproduces it. */
static void make_net(uint32_t seed, struct net *net)
{
    static const struct aw_shape shapes[] = {
        {4, 4, 8}, {4, 4, 24}, {2, 2, 40}, {1, 1, 7}, {9, 9, 3}};
    static const uint8_t ops[] = {AW_OP_CONV2D, AW_OP_ADD, AW_OP_MUL, AW_OP_ACT, AW_OP_GAP};
    uint32_t draw = 0;
    *net = (struct net){.layer_count = (uint16_t)(1 + aw_rng_word(seed, draw++) % MAX_LAYERS)};
    net->tensors[0].shape = shapes[aw_rng_word(seed, draw++) % 5];
    for (uint16_t i = 0; i < net->layer_count; i++) {
        uint16_t in0 = (uint16_t)(aw_rng_word(seed, draw++) % (i + 1u));
        /* Mostly the newest tensor, as nets are. */
        if (aw_rng_word(seed, draw++) % 4 != 0)
            in0 = i;
        struct aw_layer layer = {.op = ops[aw_rng_word(seed, draw++) % 5],
                                 .in0 = in0,
                                 .in1 = AW_NO_TENSOR,
                                 .out = (uint16_t)(i + 1)};
        struct aw_shape shape = net->tensors[in0].shape;
        if (layer.op == AW_OP_ADD) {
            layer.in1 = in0;
            for (uint16_t t = 0; t <= i; t++) /* another of the same shape, where there is one */
                if (t != in0 && net->tensors[t].shape.c == shape.c)
                    layer.in1 = t;
        } else if (layer.op == AW_OP_MUL) {
            layer.in1 = (uint16_t)(aw_rng_word(seed, draw++) % (i + 1u));
        } else if (layer.op != AW_OP_ACT) {
            shape = shapes[aw_rng_word(seed, draw++) % 5];
        }
        net->tensors[i + 1].shape = shape;
        net->layers[i] = layer;
    }
}

static uint32_t last_read(const struct net *net, uint16_t tensor)
{
    uint32_t last = tensor; /* the time it is written */
    for (uint16_t i = 0; i < net->layer_count; i++)
        if (net->layers[i].in0 == tensor || net->layers[i].in1 == tensor)
            last = i + 1u;
    return tensor == net->layer_count ? net->layer_count + 1u : last;
}

static bool overlap(const struct aw_tensor *a, const struct aw_tensor *b)
{
    return a->offset < b->offset + bytes_of(b) && b->offset < a->offset + bytes_of(a);
}

static bool in_place(const struct net *net, uint16_t index)
{
    const struct aw_layer *layer = &net->layers[index];
    return net->tensors[layer->in0].offset == net->tensors[layer->out].offset &&
           last_read(net, layer->in0) == index + 1u && layer->in0 != layer->in1 &&
           (layer->op == AW_OP_ADD || layer->op == AW_OP_MUL || layer->op == AW_OP_ACT);
}

/* What aw_program_open asks: no two tensors that live at one time overlap, but for in-place layers.
 */
static void check_net(const struct net *net, const struct awh_placement *placement, uint32_t seed)
{
    uint32_t end = 0;
    for (uint16_t b = 0; b <= net->layer_count; b++) {
        const struct aw_tensor *tensor = &net->tensors[b];
        if (tensor->offset % 16 != 0)
            fail_msg("seed %u: tensor %u at %u", seed, b, tensor->offset);
        uint32_t tensor_end = tensor->offset + (bytes_of(tensor) + 15) / 16 * 16;
        end = tensor_end > end ? tensor_end : end;
        for (uint16_t a = 0; a < b; a++) {
            /* a is written first; they live together when it is read at or after b's time. */
            if (last_read(net, a) < b || !overlap(&net->tensors[a], tensor))
                continue;
            if (last_read(net, a) == b && net->layers[b - 1].in0 == a &&
                in_place(net, (uint16_t)(b - 1)))
                continue;
            fail_msg("seed %u: tensors %u and %u overlap", seed, a, b);
        }
    }
    if (placement->arena_bytes != end)
        fail_msg("seed %u: arena %u, last end %u", seed, placement->arena_bytes, end);
    if (placement->bound_bytes > end)
        fail_msg("seed %u: bound %u over arena %u", seed, placement->bound_bytes, end);
}

/* Every layer that may run in place does. */
static void check_in_place(const struct net *net, uint32_t seed)
{
    for (uint16_t i = 0; i < net->layer_count; i++) {
        const struct aw_layer *layer = &net->layers[i];
        bool elementwise =
            layer->op == AW_OP_ADD || layer->op == AW_OP_MUL || layer->op == AW_OP_ACT;
        bool in0_dies = last_read(net, layer->in0) == i + 1u;
        bool in1_dies = layer->op == AW_OP_ADD && last_read(net, layer->in1) == i + 1u;
        if (elementwise && layer->in0 != layer->in1 && (in0_dies || in1_dies) && !in_place(net, i))
            fail_msg("seed %u: layer %u is not in place", seed, i);
    }
}

static enum aw_err place(struct net *net, struct awh_placement *placement)
{
    return awh_arena_place(net->tensors, (uint16_t)(net->layer_count + 1), net->layers,
                           net->layer_count, net->layer_count, placement, NULL);
}

static void test_random_nets(void **state)
{
    (void)state;
    uint64_t arena = 0, bound = 0;
    for (uint32_t seed = 0; seed < 2000; seed++) {
        struct net net;
        struct awh_placement placement;
        make_net(seed, &net);
        assert_int_equal(place(&net, &placement), AW_OK);
        check_net(&net, &placement, seed);
        check_in_place(&net, seed);
        arena += placement.arena_bytes;
        bound += placement.bound_bytes;
    }
    /* Greedy is near the bound; a planner that forgets to reuse is at several times it. */
    if (arena >= bound + bound / 50)
        fail_msg("%llu bytes for a bound of %llu", (unsigned long long)arena,
                 (unsigned long long)bound);
}

/* Two tensors of 1000 bytes used in turn and a small one that outlives them. */
static void test_chain(void **state)
{
    (void)state;
    struct net net = {.layer_count = 4};
    struct awh_placement placement;
    for (uint16_t i = 0; i < 4; i++)
        net.layers[i] = (struct aw_layer){
            .op = AW_OP_CONV2D, .in0 = i, .in1 = AW_NO_TENSOR, .out = (uint16_t)(i + 1)};
    for (uint16_t t = 0; t < 5; t++)
        net.tensors[t].shape = (struct aw_shape){.h = 10, .w = 10, .c = 10};
    assert_int_equal(place(&net, &placement), AW_OK);
    assert_int_equal(placement.arena_bytes, 2 * 1008);
    assert_int_equal(placement.bound_bytes, 2 * 1008);
}

static void test_add_swaps_its_dying_operand(void **state)
{
    (void)state;
    struct net net = {.layer_count = 3};
    struct awh_placement placement;
    for (uint16_t t = 0; t < 4; t++)
        net.tensors[t].shape = (struct aw_shape){.h = 2, .w = 2, .c = 4};
    net.layers[0] = (struct aw_layer){.op = AW_OP_CONV2D, .in0 = 0, .in1 = AW_NO_TENSOR, .out = 1};
    net.layers[1] = (struct aw_layer){.op = AW_OP_ADD, .in0 = 0, .in1 = 1, .out = 2};
    net.layers[2] = (struct aw_layer){.op = AW_OP_ADD, .in0 = 0, .in1 = 2, .out = 3};
    assert_int_equal(place(&net, &placement), AW_OK);
    assert_int_equal(net.layers[1].in0, 1);
    assert_int_equal(net.layers[1].in1, 0);
    assert_int_equal(net.tensors[2].offset, net.tensors[1].offset);
    /* Both die: the order stays. */
    assert_int_equal(net.layers[2].in0, 0);
    assert_int_equal(net.tensors[3].offset, net.tensors[0].offset);
    assert_int_equal(placement.arena_bytes, 32);
}

static void test_add_of_one_tensor_is_not_in_place(void **state)
{
    (void)state;
    struct net net = {.layer_count = 1};
    struct awh_placement placement;
    for (uint16_t t = 0; t < 2; t++)
        net.tensors[t].shape = (struct aw_shape){.h = 2, .w = 2, .c = 4};
    net.layers[0] = (struct aw_layer){.op = AW_OP_ADD, .in0 = 0, .in1 = 0, .out = 1};
    assert_int_equal(place(&net, &placement), AW_OK);
    assert_int_not_equal(net.tensors[0].offset, net.tensors[1].offset);
}

static void test_too_large(void **state)
{
    (void)state;
    struct net net = {.layer_count = 1};
    struct awh_placement placement = {.arena_bytes = 7};
    struct awh_diag diag = {0};
    net.layers[0] = (struct aw_layer){.op = AW_OP_CONV2D, .in0 = 0, .in1 = AW_NO_TENSOR, .out = 1};
    net.tensors[0].shape = (struct aw_shape){.h = 65535, .w = 65535, .c = 1};
    net.tensors[1].shape = (struct aw_shape){.h = 65535, .w = 2, .c = 1};
    assert_int_equal(awh_arena_place(net.tensors, 2, net.layers, 1, 1, &placement, &diag),
                     AW_ERR_RANGE);
    net.tensors[0].shape.c = 65535;
    assert_int_equal(awh_arena_place(net.tensors, 2, net.layers, 1, 1, &placement, NULL),
                     AW_ERR_RANGE);
    assert_int_equal(placement.arena_bytes, 7);
    assert_true(diag.text[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_nets),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_add_swaps_its_dying_operand),
        cmocka_unit_test(test_add_of_one_tensor_is_not_in_place),
        cmocka_unit_test(test_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
