/* Exceptions: records that survive the restart (the runtime's, which the next Hello tells, and one
 * for a debugger), one line on the UART, and a restart; after
 * several faults without a byte received in between, a stop. Runs on its own stack, possibly before
 * the MMU is on (compiled with -mstrict-align). */
#include "awt/crash.h"
#include "regs.h"
#include "zcu102.h"

#define RECORD_MAGIC         0x41574654u /* "AWFT" */
#define FAULTS_BEFORE_A_STOP 3u

/* Read with a debugger (`awb_fault_record`) when the board has stopped. */
struct awb_fault_record {
    uint32_t magic, consecutive;
    uint64_t vector, esr, elr, far, spsr, entry_el;
};
struct awb_fault_record awb_fault_record __attribute__((section(".noinit")));

static void put_text(const char *text)
{
    for (; *text; text++)
        while (!awb_uart_put((uint8_t)*text))
            continue;
}

static void put_hex(const char *name, uint64_t value)
{
    put_text(name);
    for (int shift = 60; shift >= 0; shift -= 4) {
        const char digit[2] = {"0123456789abcdef"[value >> shift & 15u], 0};
        put_text(digit);
    }
}

/* A zero byte ends a frame: the text is one bad frame to the host, and disturbs no other. */
static void put_delimiter(void)
{
    while (!awb_uart_put(0))
        continue;
}

_Noreturn void awb_fault(const struct awb_exception *exception)
{
    bool runaway = exception->vector == AWB_VECTOR_IRQ && awb_watchdog_fired();
    struct awb_fault_record *record = &awb_fault_record;
    uint32_t before = record->magic == RECORD_MAGIC ? record->consecutive : 0;
    *record = (struct awb_fault_record){.magic = RECORD_MAGIC,
                                        .consecutive = before + 1u,
                                        .vector = exception->vector,
                                        .esr = exception->esr,
                                        .elr = exception->elr,
                                        .far = exception->far,
                                        .spsr = exception->spsr,
                                        .entry_el = awb_entry_el};
    const struct awt_crash_registers registers = {.pc = exception->elr,
                                                  .lr = exception->lr,
                                                  .sp = exception->sp,
                                                  .cause = runaway ? 0 : exception->esr,
                                                  .address = runaway ? 0 : exception->far};
    awt_crash_write(runaway ? AWP_FAULT_WATCHDOG : AWP_FAULT_EXCEPTION, &registers);
    bool stop = record->consecutive >= FAULTS_BEFORE_A_STOP;
    awb_uart_start();
    put_delimiter();
    put_text(runaway ? "awnas-hw watchdog" : "awnas-hw fault");
    put_hex(": vector ", exception->vector);
    put_hex(" ESR ", exception->esr);
    put_hex(" ELR ", exception->elr);
    put_hex(" FAR ", exception->far);
    put_hex(" SPSR ", exception->spsr);
    put_text(stop ? "; stopped\r\n" : "; restarting\r\n");
    put_delimiter();
    while (!awb_uart_sent_all())
        continue;
    while (stop || AWB_SYSREG_READ(CurrentEL) != 1u << 2)
        __asm__ volatile("wfe");
    awb_restart(awb_entry_el);
}

static uint64_t noinit[AWT_NOINIT_BYTES / 8u] __attribute__((section(".noinit")));

void *awb_noinit(void)
{
    return noinit;
}

void awb_fault_forget(void)
{
    awb_fault_record.consecutive = 0;
}
