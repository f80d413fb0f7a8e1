/* The hal of the ZCU102's APU: link with a receive ring, waiting, time, memory. */
#include "board_config.h"
#include "memory_map.h"
#include "regs.h"
#include "zcu102.h"

#define CNTV_ENABLE      1u
#define COUNTER_USUAL_HZ 100000000u
#define DRAIN_LIMIT_MS   200u /* 64 bytes at 115200 baud take 6 ms */

#define ALIGN_UP(value) (((value) + 63u) & ~63u)
#define PROGRAM_AT      AWB_MAP_BUFFERS
#define WEIGHTS_AT      ALIGN_UP(PROGRAM_AT + AWB_PROGRAM_BYTES + AWB_TAIL_BYTES)
#define ARENA_AT        ALIGN_UP(WEIGHTS_AT + AWB_WEIGHT_BYTES + AWB_TAIL_BYTES)
#define BUFFERS_END     (ARENA_AT + AWB_ARENA_BYTES + AWB_TAIL_BYTES)
_Static_assert(BUFFERS_END <= AWB_MAP_BUFFERS_END, "the buffers exceed what the tables map");
_Static_assert((AWB_RX_RING_BYTES & (AWB_RX_RING_BYTES - 1u)) == 0, "indices wrap by masking");

uint8_t awb_entry_el;

static struct awb_info info = {.board = "zcu102", .cpu = "Cortex-A53"};
static uint32_t counter_per_ms;

static struct {
    uint8_t bytes[AWB_RX_RING_BYTES];
    uint32_t put, got; /* wrap; put - got is what is in it */
} ring;

const struct awb_info *awb_init(void)
{
    uint64_t counter_hz = AWB_SYSREG_READ(cntfrq_el0);
    /* Nothing has set CNTFRQ_EL0 when a debugger started us at EL3. */
    if (counter_hz < 1000000u || counter_hz > 1000000000u)
        counter_hz = COUNTER_USUAL_HZ;
    counter_per_ms = (uint32_t)(counter_hz / 1000u);
    AWB_SYSREG_WRITE(cntv_ctl_el0, 0);
    awb_uart_start();
    awb_watchdog_start(counter_per_ms);
    awb_pmu_start(&info);
    info.exception_level = awb_entry_el;
    return &info;
}

uint32_t awb_millis(void)
{
    awb_isb();
    return (uint32_t)(AWB_SYSREG_READ(cntvct_el0) / counter_per_ms);
}

/* What does not fit stays in the UART. */
static void receive(void)
{
    uint32_t n;
    while ((n = awb_uart_level()) > 0 && ring.put - ring.got <= AWB_RX_RING_BYTES - n)
        while (n--)
            ring.bytes[ring.put++ & (AWB_RX_RING_BYTES - 1u)] = awb_uart_take();
}

uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity)
{
    receive();
    uint32_t n = 0;
    while (n < capacity && ring.got != ring.put)
        bytes[n++] = ring.bytes[ring.got++ & (AWB_RX_RING_BYTES - 1u)];
    if (n)
        awb_fault_forget();
    return n;
}

/* Sleeps until the UART or the timer raises its line. The UART is armed first and looked at
 * afterwards: what comes in between wakes us. */
static void sleep_until(bool for_room)
{
    awb_uart_arm(for_room);
    if (awb_uart_level() && ring.put - ring.got < AWB_RX_RING_BYTES)
        return;
    /* The timer is for silicon, should the UART's interrupt not reach us. An emulator that does not
     * sleep skips the time to it, so that waiting would be busy and starve the line. */
    if (!info.emulated) {
        AWB_SYSREG_WRITE(cntv_tval_el0, (uint64_t)counter_per_ms * AWB_WAIT_MS);
        AWB_SYSREG_WRITE(cntv_ctl_el0, CNTV_ENABLE);
        awb_isb();
    }
    __asm__ volatile("dsb sy\n\twfi" ::: "memory");
    AWB_SYSREG_WRITE(cntv_ctl_el0, 0);
    awb_isb();
}

void awb_wait(void)
{
    if (ring.put == ring.got)
        sleep_until(false);
}

void awb_link_write(const uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        while (!awb_uart_put(bytes[i])) {
            receive();
            sleep_until(true);
        }
    }
    receive();
}

_Noreturn void awb_reset(void)
{
    uint32_t start_ms = awb_millis();
    while (!awb_uart_sent_all() && awb_millis() - start_ms < DRAIN_LIMIT_MS)
        continue;
    awb_restart(awb_entry_el);
}

void awb_memory(struct awb_memory *out)
{
    *out = (struct awb_memory){
        .arena = (uint8_t *)(uintptr_t)ARENA_AT,
        .arena_bytes = AWB_ARENA_BYTES,
        .weights = (uint8_t *)(uintptr_t)WEIGHTS_AT,
        .weight_bytes = AWB_WEIGHT_BYTES,
        .program = (uint8_t *)(uintptr_t)PROGRAM_AT,
        .program_bytes = AWB_PROGRAM_BYTES,
    };
}
