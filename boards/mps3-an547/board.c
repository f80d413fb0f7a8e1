/* What sets this board apart from others with a Cortex-M. */
#include "board_config.h"
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"

/* System counter of the SSE-300 (Arm 101773, system timestamp generator). */
#define CNTCR    (AWB_MAP_CNTCONTROL + 0x0u)
#define CNTCV    (AWB_MAP_CNTREAD + 0x0u) /* low word */
#define CNTCV_HI (AWB_MAP_CNTREAD + 0x4u)

struct awb_info awb_board_info = {.board = "mps3-an547", .cpu = "Cortex-M55"};

const struct awb_tick awb_timer_tick = {.ns = 125, .binary_digits = 2}; /* 32 MHz */

void awb_timer_start(void)
{
    awb_mmio_write(CNTCR, 1);
}

/* Both words of one moment, without a loop that would sometimes take longer: a low word that is
 * small was read after its overflow, if there was one. */
uint64_t awb_timer_read(void)
{
    uint32_t before = awb_mmio_read(CNTCV_HI);
    uint32_t low = awb_mmio_read(CNTCV);
    uint32_t after = awb_mmio_read(CNTCV_HI);
    return (uint64_t)(low & 0x80000000u ? before : after) << 32 | low;
}
