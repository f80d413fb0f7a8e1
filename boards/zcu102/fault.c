/* Exceptions: a record that survives the restart, one line on the UART, and a restart; after
 * several faults without a byte received in between, a stop. Runs on its own stack, possibly before
 * the MMU is on (compiled with -mstrict-align). */
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

_Noreturn void awb_fault(uint64_t vector, uint64_t esr, uint64_t elr, uint64_t far, uint64_t spsr)
{
    struct awb_fault_record *record = &awb_fault_record;
    uint32_t before = record->magic == RECORD_MAGIC ? record->consecutive : 0;
    *record = (struct awb_fault_record){.magic = RECORD_MAGIC,
                                        .consecutive = before + 1u,
                                        .vector = vector,
                                        .esr = esr,
                                        .elr = elr,
                                        .far = far,
                                        .spsr = spsr,
                                        .entry_el = awb_entry_el};
    bool stop = record->consecutive >= FAULTS_BEFORE_A_STOP;
    awb_uart_start();
    put_delimiter();
    put_hex("awnas-hw fault: vector ", vector);
    put_hex(" ESR ", esr);
    put_hex(" ELR ", elr);
    put_hex(" FAR ", far);
    put_hex(" SPSR ", spsr);
    put_text(stop ? "; stopped\r\n" : "; restarting\r\n");
    put_delimiter();
    while (!awb_uart_sent_all())
        continue;
    while (stop || AWB_SYSREG_READ(CurrentEL) != 1u << 2)
        __asm__ volatile("wfe");
    awb_restart(awb_entry_el);
}

void awb_fault_forget(void)
{
    awb_fault_record.consecutive = 0;
}
