/* What sets this board apart from others with a Cortex-M. */
#include "board_config.h"
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"

/* FPGA system control (Arm DAI0386, FPGA system control and I/O). */
#define CLK100HZ (AWB_MAP_FPGAIO + 0x14u)
#define COUNTER  (AWB_MAP_FPGAIO + 0x18u)
#define PRESCALE (AWB_MAP_FPGAIO + 0x1cu)

struct awb_info awb_board_info = {.board = "mps2-an386", .cpu = "Cortex-M4"};

const struct awb_tick awb_timer_tick = {.ns = 40}; /* 25 MHz */

void awb_timer_start(void)
{
    awb_mmio_write(PRESCALE, 0);
}

/* The counter of 25 MHz wraps after 171 s; the one of 100 Hz beside it says how often it has. */
uint64_t awb_timer_read(void)
{
    uint64_t about = (uint64_t)awb_mmio_read(CLK100HZ) * (AWB_TIMER_HZ / 100u);
    uint32_t count = awb_mmio_read(COUNTER);
    return ((about - count + 0x80000000u) & ~(uint64_t)UINT32_MAX) + count;
}
