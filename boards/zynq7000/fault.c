/* Where the vectors of startup.S lead; see fault_report.h. */
#include "awt/crash.h"
#include "fault_report.h"
#include "zynq7000.h"

#define PREFETCH_ABORT 3u

_Noreturn void awb_fault(uint32_t vector, uint32_t pc, uint32_t spsr, uint32_t sp, uint32_t lr)
{
    bool runaway = vector == AWB_VECTOR_IRQ && awb_watchdog_fired();
    bool fetch = vector == PREFETCH_ABORT;
    uint32_t fsr = fetch ? AWB_CP15_READ(0, c5, c0, 1) : AWB_CP15_READ(0, c5, c0, 0);
    uint32_t far = fetch ? AWB_CP15_READ(0, c6, c0, 2) : AWB_CP15_READ(0, c6, c0, 0);
    const struct awt_crash_registers where = {
        .pc = pc, .lr = lr, .sp = sp, .cause = runaway ? 0 : fsr, .address = runaway ? 0 : far};
    awt_crash_write(runaway ? AWP_FAULT_WATCHDOG : AWP_FAULT_EXCEPTION, &where);
    const struct awb_fault_register registers[] = {
        {"vector", vector}, {"PC", pc}, {"FSR", fsr}, {"FAR", far}, {"SPSR", spsr},
    };
    bool stop = !awb_fault_report(registers, sizeof registers / sizeof registers[0], 8);
    while (stop)
        __asm__ volatile("wfe");
    awb_restart();
}
