/* The hal of boards with a Cortex-M: waiting, resetting, the clock. */
#include "board_config.h"
#include "config.h"
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"
#include "uart.h"
#include "uart_link.h"

#define SYST_ON 7u /* enabled, interrupt, processor clock */
_Static_assert(AWB_CORE_HZ / 1000u * AWB_WAIT_MS < 1u << 24, "SysTick has 24 bits");

static inline uint64_t read_timer(void)
{
    return awb_timer_read();
}

/* 32 bits of cycles, extended by the timer, which never stops. Right as long as the two are apart
 * by less than 2^31 cycles. Not seen on silicon. */
static uint64_t read_cycles(void)
{
    uint32_t cycles = awb_mmio_read(DWT_CYCCNT);
    uint64_t about = read_timer() * (AWB_CORE_HZ / 1000u) / (AWB_TIMER_HZ / 1000u);
    return ((about - cycles + 0x80000000u) & ~(uint64_t)UINT32_MAX) + cycles;
}

#include "two_clocks.h"

static bool cycle_counter_runs(void)
{
    awb_mmio_write(DEMCR, awb_mmio_read(DEMCR) | DEMCR_TRCENA);
    awb_mmio_write(DWT_CYCCNT, 0);
    awb_mmio_write(DWT_CTRL, awb_mmio_read(DWT_CTRL) | 1u);
    uint32_t first = awb_mmio_read(DWT_CYCCNT);
    awb_barrier();
    return awb_mmio_read(DWT_CYCCNT) != first;
}

void awb_clock_start(void)
{
    awb_timer_start();
    choose_clock(&awb_board_info, cycle_counter_runs(), "DWT_CYCCNT", AWB_CORE_HZ, AWB_TIMER_NAME,
                 awb_timer_tick);
}

uint32_t awb_millis(void)
{
    return (uint32_t)(read_timer() / (AWB_TIMER_HZ / 1000u));
}

const struct awb_info *awb_init(void)
{
    awb_watchdog_disarm(); /* whatever restarted us may have left it running */
    for (uint32_t i = 0; i <= (awb_mmio_read(SCB_ICTR) & 0xfu); i++) {
        awb_mmio_write(NVIC_ICER + 4u * i, UINT32_MAX);
        awb_mmio_write(NVIC_ICPR + 4u * i, UINT32_MAX);
    }
    awb_mmio_write(NVIC_ISER + AWB_INT_UART_RX / 32u * 4u, 1u << AWB_INT_UART_RX % 32u);
    awb_mmio_write(NVIC_ISER + AWB_INT_UART_TX / 32u * 4u, 1u << AWB_INT_UART_TX % 32u);
    awb_uart_start();
    awb_clock_start();
    return &awb_board_info;
}

/* PRIMASK is set throughout: what is pending ends the WFI, and is forgotten. SysTick ends a sleep
 * in which nothing arrives. */
void awb_sleep(void)
{
    awb_mmio_write(SYST_RVR, AWB_CORE_HZ / 1000u * AWB_WAIT_MS);
    awb_mmio_write(SYST_CVR, 0);
    awb_mmio_write(SYST_CSR, SYST_ON);
    __asm__ volatile("dsb\n\twfi\n\tisb" ::: "memory");
    awb_mmio_write(SYST_CSR, 0);
    awb_mmio_write(SCB_ICSR, ICSR_PENDSTCLR);
    awb_mmio_write(NVIC_ICPR + AWB_INT_UART_RX / 32u * 4u, 1u << AWB_INT_UART_RX % 32u);
    awb_mmio_write(NVIC_ICPR + AWB_INT_UART_TX / 32u * 4u, 1u << AWB_INT_UART_TX % 32u);
}

void awb_timed_begin(void)
{
    __asm__ volatile("cpsid i\n\tdsb\n\tisb" ::: "memory");
}

/* Interrupts stay masked between runs as well: nothing here handles one. */
void awb_timed_end(void)
{
    awb_barrier();
}

_Noreturn void awb_reset(void)
{
    awb_uart_link_drain();
    /* The UART says when it can take a byte, not when the last one has left: that takes 87 us. */
    uint32_t start_ms = awb_millis();
    while (awb_millis() - start_ms < 2u)
        continue;
    awb_mmio_write(SCB_AIRCR, AIRCR_RESET);
    awb_barrier();
    for (;;)
        continue;
}

#define TABLES_AT  AWB_MAP_BUFFERS
#define ARENA_AT   ALIGN_UP(TABLES_AT + AWT_TABLE_BYTES)
#define PROGRAM_AT AWB_MAP_WEIGHTS
#define WEIGHTS_AT ALIGN_UP(PROGRAM_AT + AWB_PROGRAM_BYTES + AWB_TAIL_BYTES)
#include "memory_places.h"

_Static_assert(ARENA_AT + AWB_ARENA_BYTES + AWB_TAIL_BYTES <=
                   AWB_MAP_BUFFERS + AWB_MAP_BUFFERS_BYTES,
               "tables and arena exceed their memory");
_Static_assert(WEIGHTS_AT + AWB_WEIGHT_BYTES + AWB_TAIL_BYTES <=
                   AWB_MAP_WEIGHTS + AWB_MAP_WEIGHTS_BYTES,
               "program and weights exceed their memory");
