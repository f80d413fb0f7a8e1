/* Where the vectors of startup.S lead; see fault_report.h. */
#include "fault_report.h"
#include "regs.h"
#include "zcu102.h"

_Noreturn void awb_fault(uint64_t vector, uint64_t esr, uint64_t elr, uint64_t far, uint64_t spsr)
{
    const struct awb_fault_register registers[] = {
        {"vector", vector}, {"ESR", esr}, {"ELR", elr}, {"FAR", far}, {"SPSR", spsr},
    };
    bool stop = !awb_fault_report(registers, sizeof registers / sizeof registers[0], 16);
    while (stop || AWB_SYSREG_READ(CurrentEL) != 1u << 2)
        __asm__ volatile("wfe");
    awb_restart(awb_entry_el);
}
