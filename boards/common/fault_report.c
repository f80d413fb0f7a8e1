#include "fault_report.h"

#include "awt/crash.h"
#include "awt/hal.h"
#include "uart.h"

#define RECORD_MAGIC         0x41574654u /* "AWFT" */
#define FAULTS_BEFORE_A_STOP 3u

struct awb_fault_record awb_fault_record __attribute__((section(".noinit")));

static uint64_t noinit[AWT_NOINIT_BYTES / 8u] __attribute__((section(".noinit")));

void *awb_noinit(void)
{
    return noinit;
}

static void put_text(const char *text)
{
    for (; *text; text++)
        while (!awb_uart_put((uint8_t)*text))
            continue;
}

static void put_register(const struct awb_fault_register *shown, int hex_digits)
{
    put_text(" ");
    put_text(shown->name);
    put_text(" ");
    for (int shift = 4 * (hex_digits - 1); shift >= 0; shift -= 4) {
        const char digit[2] = {"0123456789abcdef"[shown->value >> shift & 15u], 0};
        put_text(digit);
    }
}

/* A zero byte ends a frame: the text is one bad frame to the host, and disturbs no other. */
static void put_delimiter(void)
{
    while (!awb_uart_put(0))
        continue;
}

bool awb_fault_report(const struct awb_fault_register *registers, uint32_t count, int hex_digits)
{
    struct awb_fault_record *record = &awb_fault_record;
    record->consecutive = record->magic == RECORD_MAGIC ? record->consecutive + 1u : 1u;
    record->magic = RECORD_MAGIC;
    for (uint32_t i = 0; i < AWB_FAULT_REGISTERS; i++) {
        record->registers[i].name = i < count ? registers[i].name : 0;
        record->registers[i].value = i < count ? registers[i].value : 0;
    }
    bool stop = record->consecutive >= FAULTS_BEFORE_A_STOP;
    awb_uart_start();
    put_delimiter();
    put_text("awnas-hw fault:");
    for (uint32_t i = 0; i < count && i < AWB_FAULT_REGISTERS; i++)
        put_register(&record->registers[i], hex_digits);
    put_text(stop ? "; stopped\r\n" : "; restarting\r\n");
    put_delimiter();
    while (!awb_uart_sent_all())
        continue;
    return !stop;
}

void awb_fault_forget(void)
{
    awb_fault_record.consecutive = 0;
}
