/* The hal of the Zynq-7000's first core: waiting, resetting, memory. */
#include "config.h"
#include "gem.h"
#include "memory_map.h"
#include "mmio.h"
#include "uart.h"
#include "uart_link.h"
#include "zynq7000.h"

/* GIC of the Cortex-A9 MPCore (ARM DDI0407, chapter 3). */
#define GICD_CTLR         (AWB_MAP_GICD + 0x000u)
#define GICD_ISENABLER    (AWB_MAP_GICD + 0x100u)
#define GICD_ICENABLER    (AWB_MAP_GICD + 0x180u)
#define GICD_IPRIORITYR   (AWB_MAP_GICD + 0x400u)
#define GICD_ITARGETSR    (AWB_MAP_GICD + 0x800u)
#define GICD_ICFGR        (AWB_MAP_GICD + 0xc00u)
#define GICC_CTLR         (AWB_MAP_GICC + 0x000u)
#define GICC_PMR          (AWB_MAP_GICC + 0x004u)
#define GIC_WORDS         3u  /* 96 interrupts, UG585, interrupts */
#define INT_PRIVATE_TIMER 29u /* PPI */

/* Private timer of the core (ARM DDI0407, chapter 4): counts down at half of the core's clock. */
#define TIMER_LOAD    (AWB_MAP_CPUTIMER + 0x0u)
#define TIMER_CONTROL (AWB_MAP_CPUTIMER + 0x8u)
#define TIMER_STATUS  (AWB_MAP_CPUTIMER + 0xcu)
#define TIMER_ON      5u /* enabled, interrupt */
#define TIMER_USUAL_KHZ                                                                            \
    333333u /* only bounds a sleep: whether emulated or real does not matter                       \
             */

#define ALIGN_UP(value) (((value) + 63u) & ~63u)
#define PROGRAM_AT      AWB_MAP_BUFFERS
#define WEIGHTS_AT      ALIGN_UP(PROGRAM_AT + AWB_PROGRAM_BYTES + AWB_TAIL_BYTES)
#define ARENA_AT        ALIGN_UP(WEIGHTS_AT + AWB_WEIGHT_BYTES + AWB_TAIL_BYTES)
#define TABLES_AT       ALIGN_UP(ARENA_AT + AWB_ARENA_BYTES + AWB_TAIL_BYTES)
#define BUFFERS_END     (TABLES_AT + AWT_TABLE_BYTES)
_Static_assert(BUFFERS_END <= AWB_MAP_BUFFERS_END, "the buffers exceed what the table maps");

static struct awb_info info = {.board = "zynq7000", .cpu = "Cortex-A9"};

static void set_byte(uint32_t base, uint32_t interrupt, uint32_t value)
{
    uint32_t at = base + (interrupt & ~3u), shift = (interrupt & 3u) * 8u;
    awb_mmio_write(at, (awb_mmio_read(at) & ~(0xffu << shift)) | value << shift);
}

/* A device's interrupt line, for the WFI of this core. */
static void listen_to(uint32_t interrupt)
{
    uint32_t config = GICD_ICFGR + interrupt / 16u * 4u;
    set_byte(GICD_IPRIORITYR, interrupt, 0x80);
    set_byte(GICD_ITARGETSR, interrupt, 1);
    awb_mmio_write(config, awb_mmio_read(config) & ~(3u << interrupt % 16u * 2u)); /* level */
    awb_mmio_write(GICD_ISENABLER + interrupt / 32u * 4u, 1u << interrupt % 32u);
}

/* Interrupts are never taken (CPSR.I stays set): the GIC is only there to end a WFI. */
static void gic_start(void)
{
    awb_mmio_write(GICD_CTLR, 0);
    for (uint32_t i = 0; i < GIC_WORDS; i++)
        awb_mmio_write(GICD_ICENABLER + 4u * i, UINT32_MAX);
    set_byte(GICD_IPRIORITYR, INT_PRIVATE_TIMER, 0x80);
    awb_mmio_write(GICD_ISENABLER, 1u << INT_PRIVATE_TIMER);
    listen_to(AWB_INT_UART);
    listen_to(AWB_INT_GEM0);
    awb_mmio_write(GICC_PMR, 0xf8);
    awb_mmio_write(GICC_CTLR, 1);
    awb_mmio_write(GICD_CTLR, 1);
}

const struct awb_info *awb_init(void)
{
    awb_uart_start();
    gic_start();
    awb_clock_start(&info);
    return &info;
}

/* The private timer ends a sleep in which nothing arrives. */
void awb_sleep(void)
{
    awb_mmio_write(TIMER_CONTROL, 0);
    awb_mmio_write(TIMER_STATUS, 1);
    awb_mmio_write(TIMER_LOAD, TIMER_USUAL_KHZ * AWB_WAIT_MS);
    awb_mmio_write(TIMER_CONTROL, TIMER_ON);
    __asm__ volatile("dsb\n\twfi\n\tisb" ::: "memory");
    awb_mmio_write(TIMER_CONTROL, 0);
    awb_mmio_write(TIMER_STATUS, 1);
    awb_barrier();
}

/* UG585, B.28, GEM0_CLK_CTRL, whose DIVISOR1 makes 125, 25 or 2.5 MHz of what
 * ps7_init set for 1 Gbit/s. */
static void set_gem_clock(uint32_t mbit_per_s)
{
    const uint32_t control = AWB_MAP_SLCR + 0x140u;
    uint32_t divisor = mbit_per_s == 1000 ? 1u : mbit_per_s == 100 ? 5u : 50u;
    awb_slcr_write(control, (awb_mmio_read(control) & ~0x03f00000u) | divisor << 20);
}

static struct awb_gem_memory gem_memory __attribute__((section(".dma")));

const struct awb_gem awb_gem = {
    .base = AWB_MAP_GEM0,
    .memory = &gem_memory,
    .mdc_divider = 3, /* 48, of a bus of at most 111 MHz */
    .set_clock = set_gem_clock,
};

void awb_timed_begin(void)
{
    __asm__ volatile("cpsid if\n\tdsb\n\tisb" ::: "memory");
}

/* Interrupts stay masked between runs as well: nothing here handles one. */
void awb_timed_end(void)
{
    awb_barrier();
}

_Noreturn void awb_reset(void)
{
    awb_uart_link_drain();
    awb_restart();
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
        .tables = (uint8_t *)(uintptr_t)TABLES_AT,
    };
}
