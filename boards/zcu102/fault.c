/* Where the vectors of startup.S lead; see fault_report.h. */
#include "awt/crash.h"
#include "fault_report.h"
#include "regs.h"
#include "zcu102.h"

_Noreturn void awb_fault(const struct awb_exception *exception)
{
    bool runaway = exception->vector == AWB_VECTOR_IRQ && awb_watchdog_fired();
    const struct awt_crash_registers where = {.pc = exception->elr,
                                              .lr = exception->lr,
                                              .sp = exception->sp,
                                              .cause = runaway ? 0 : exception->esr,
                                              .address = runaway ? 0 : exception->far};
    awt_crash_write(runaway ? AWP_FAULT_WATCHDOG : AWP_FAULT_EXCEPTION, &where);
    const struct awb_fault_register registers[] = {
        {"vector", exception->vector}, {"ESR", exception->esr},   {"ELR", exception->elr},
        {"FAR", exception->far},       {"SPSR", exception->spsr},
    };
    bool stop = !awb_fault_report(registers, sizeof registers / sizeof registers[0], 16);
    while (stop || AWB_SYSREG_READ(CurrentEL) != 1u << 2)
        __asm__ volatile("wfe");
    awb_restart(awb_entry_el);
}
