#include "awt/runner.h"

#include "aw/crc.h"
#include "aw/rng.h"
#include "awt/crash.h"

/* Work in place may have destroyed the input of the pass before. */
static void fill_input(const struct awt_net *net)
{
    aw_rng_input(net->program.input_seed, net->input_bytes, net->input);
}

/* For tests only: the kernel that is wrong on purpose. */
static inline void misbehave(const struct awt_slot *slot)
{
    static const volatile uintptr_t nowhere = AWT_FAULT_ADDRESS; /* the compiler must not know */
    volatile int8_t *out =
        AWT_FAULT_KIND == AWT_FAULT_CRASH ? (volatile int8_t *)nowhere : slot->buffers.out;
    do
        out[0] ^= 1;
    while (AWT_FAULT_KIND == AWT_FAULT_HANG);
}

static inline void run_layer(const struct awt_slot *slot, void *scratch)
{
    slot->run(&slot->plan, &slot->buffers, scratch);
    if (slot->table)
        awt_table_apply(slot->table, slot->buffers.out, slot->plan.out_bytes);
    if (AWT_FAULT_KERNEL != 0 && slot->plan.layer.op == AWT_FAULT_KERNEL)
        misbehave(slot);
}

/* Should it fault or never end: one store, which no layer's own time has in it. */
static inline void tell_layer(uint32_t layer)
{
    awt_progress.layer = layer;
}

/* Both modes and the warm-up take the same layers in the same loop; it must not be folded into its
 * callers, or they would time different code. */
static __attribute__((noinline)) void run_all(const struct awt_net *net)
{
    const struct awt_slot *end = net->slots + net->layer_count;
    uint32_t layer = 0;
    for (const struct awt_slot *slot = net->slots; slot != end; slot++) {
        tell_layer(layer++);
        run_layer(slot, net->scratch);
    }
    awt_progress.layer = AWT_PROGRESS_NO_LAYER;
}

/* A stamp that was cheaper than the cheapest at boot must not make a huge number. */
static inline uint64_t without(uint64_t elapsed, uint32_t cost)
{
    return elapsed > cost ? elapsed - cost : 0;
}

struct awt_costs awt_runner_calibrate(void)
{
    struct awt_costs costs = {UINT32_MAX, UINT32_MAX};
    awb_timed_begin();
    for (uint32_t i = 0; i < AWT_TIMESTAMP_PAIRS; i++) {
        uint64_t start_ticks = awb_ticks();
        uint64_t end_ticks = awb_ticks();
        uint64_t ticks = awb_ticks_between(start_ticks, end_ticks);
        if (ticks < costs.ticks)
            costs.ticks = (uint32_t)ticks;
        uint64_t start_count = awb_instructions();
        uint64_t end_count = awb_instructions();
        uint64_t instructions = awb_instructions_between(start_count, end_count);
        if (instructions < costs.instructions)
            costs.instructions = (uint32_t)instructions;
    }
    awb_timed_end();
    return costs;
}

uint32_t awt_runner_verify(const struct awt_net *net, const struct awt_costs *costs, uint32_t *crcs,
                           uint32_t *instructions)
{
    fill_input(net);
    for (uint32_t i = 0; i < net->layer_count; i++) {
        const struct awt_slot *slot = &net->slots[i];
        tell_layer(i);
        awb_timed_begin();
        uint64_t start = awb_instructions();
        run_layer(slot, net->scratch);
        uint64_t end = awb_instructions();
        awb_timed_end();
        uint64_t retired = without(awb_instructions_between(start, end), costs->instructions);
        instructions[i] = retired < UINT32_MAX ? (uint32_t)retired : UINT32_MAX;
        crcs[i] = aw_crc32(0, slot->buffers.out, slot->plan.out_bytes);
    }
    awt_progress.layer = AWT_PROGRESS_NO_LAYER;
    return aw_crc32(0, net->output, net->output_bytes);
}

void awt_runner_warm_up(const struct awt_net *net)
{
    fill_input(net);
    run_all(net);
}

void awt_runner_time_layers(const struct awt_net *net, const struct awt_costs *costs,
                            uint64_t *ticks)
{
    fill_input(net);
    const uint32_t cost = costs->ticks;
    const struct awt_slot *end = net->slots + net->layer_count;
    uint32_t layer = 0;
    awb_timed_begin();
    for (const struct awt_slot *slot = net->slots; slot != end; slot++) {
        tell_layer(layer++);
        uint64_t start = awb_ticks();
        run_layer(slot, net->scratch);
        uint64_t stop = awb_ticks();
        *ticks++ = without(awb_ticks_between(start, stop), cost);
    }
    awb_timed_end();
    awt_progress.layer = AWT_PROGRESS_NO_LAYER;
}

uint64_t awt_runner_time_whole(const struct awt_net *net, const struct awt_costs *costs)
{
    fill_input(net);
    awb_timed_begin();
    uint64_t start = awb_ticks();
    run_all(net);
    uint64_t stop = awb_ticks();
    awb_timed_end();
    return without(awb_ticks_between(start, stop), costs->ticks);
}
