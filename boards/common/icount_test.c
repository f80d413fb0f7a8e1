/* An interval of a coarse timer tells the number of instructions, wherever in a tick it begins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "icount.h"

/* In units of 2^-binary_digits ns: what the timer shows at `time`. */
static uint64_t read_timer(struct awb_tick tick, uint64_t time)
{
    return time / tick.ns;
}

static void test_intervals_are_exact(void **state)
{
    (void)state;
    static const struct {
        struct awb_tick tick;
        uint32_t shift; /* of QEMU's -icount */
        bool exact;
    } rows[] = {
        {{.ns = 10}, 5, true},                      /* zynq7000 */
        {{.ns = 40}, 7, true},                      /* mps2-an386 */
        {{.ns = 125, .binary_digits = 2}, 7, true}, /* mps3-an547 */
        {{.ns = 125, .binary_digits = 2}, 6, true}, /* 2.048 ticks an instruction */
        {{.ns = 10}, 4, false},                     /* 1.6 */
    };
    static const uint64_t counts[] = {0, 1, 2, 3, 7, 100, 12345, 99999999, 1234567890123};
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct awb_tick tick = rows[row].tick;
        struct awb_icount icount = {.multiply = tick.ns,
                                    .shift = rows[row].shift + tick.binary_digits};
        uint64_t instruction = UINT64_C(1) << icount.shift;
        uint32_t wrong = 0;
        for (uint64_t phase = 0; phase < tick.ns; phase++) {
            for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
                uint64_t start = 1000000007u * (uint64_t)tick.ns + phase;
                uint64_t from = read_timer(tick, start);
                uint64_t to = read_timer(tick, start + counts[i] * instruction);
                wrong += awb_icount_instructions(icount, to - from) != counts[i];
            }
        }
        assert_int_equal(wrong == 0, rows[row].exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_intervals_are_exact)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
