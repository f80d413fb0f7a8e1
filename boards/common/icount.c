#include "icount.h"

#define CHAIN(instruction)                                                                         \
    __asm__ volatile("vmov.f32 s0, #1.0\n\t.rept 64\n\t" instruction " s0, s0\n\t.endr\n\t"        \
                     "vmov r0, s0" /* waits for the last one */                                    \
                     ::                                                                            \
                         : "r0", "s0", "memory")

/* 2 * n instructions, and few more. */
#define LOOP(n)                                                                                    \
    do {                                                                                           \
        uint32_t left_ = (n);                                                                      \
        __asm__ volatile("1:\n\tsubs %0, %0, #1\n\tbne 1b" : "+r"(left_)::"cc");                   \
    } while (0)

#define SHIFT_MAX 10u /* of QEMU's -icount */

bool awb_is_emulated(uint64_t (*read_cycles)(void))
{
    uint64_t cheap = 0, dear = 0;
    /* The second round runs from caches where there are some. */
    for (int i = 0; i < 2; i++) {
        uint64_t start = read_cycles();
        CHAIN("vneg.f32");
        uint64_t middle = read_cycles();
        CHAIN("vsqrt.f32");
        uint64_t end = read_cycles();
        cheap = middle - start;
        dear = end - middle;
    }
    return cheap < 64u || dear < 2u * cheap;
}

static __attribute__((noinline)) uint64_t time_loop(uint32_t n, uint64_t (*read_ticks)(void))
{
    uint64_t start = read_ticks();
    LOOP(n);
    return read_ticks() - start;
}

struct awb_icount awb_icount_find(struct awb_tick tick, uint64_t (*read_ticks)(void))
{
    static const uint32_t lengths[] = {1, 1000, 20000, 61234};
    enum { LENGTHS = sizeof lengths / sizeof lengths[0] };
    uint64_t taken[LENGTHS];
    for (uint32_t i = 0; i < LENGTHS; i++)
        taken[i] = time_loop(lengths[i], read_ticks);
    for (uint32_t s = 0; s <= SHIFT_MAX; s++) {
        struct awb_icount icount = {.multiply = tick.ns, .shift = s + tick.binary_digits};
        /* More than two ticks an instruction. */
        bool good = UINT64_C(1) << icount.shift > 2u * (uint64_t)tick.ns;
        uint64_t base = awb_icount_instructions(icount, taken[0]);
        for (uint32_t i = 1; i < LENGTHS; i++)
            good = good && awb_icount_instructions(icount, taken[i]) - base ==
                               2u * (uint64_t)(lengths[i] - lengths[0]);
        if (good)
            return icount;
    }
    return (struct awb_icount){.multiply = 0};
}
