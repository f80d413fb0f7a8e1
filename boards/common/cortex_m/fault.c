/* Where every vector but reset leads; see fault_report.h. */
#include "awt/crash.h"
#include "cortex_m.h"
#include "fault_report.h"
#include "mmio.h"

_Noreturn void awb_fault(uint32_t vector, uint32_t pc, uint32_t lr);

/* r0: what the core stacked for us (r0-r3, r12, lr, pc, xPSR), or 0 when it could not: a stack that
 * overflowed is not read again. */
__attribute__((naked)) void awb_fault_entry(void)
{
    __asm__ volatile("ldr r3, =0xe000ed28\n\t"
                     "ldr r2, [r3]\n\t" /* CFSR: MSTKERR, STKERR, STKOF */
                     "ldr r3, =0x00101010\n\t"
                     "movs r0, #0\n\t"
                     "movs r1, #0\n\t"
                     "tst r2, r3\n\t"
                     "bne 1f\n\t"
                     "tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r3, msp\n\t"
                     "mrsne r3, psp\n\t"
                     "ldr r0, [r3, #24]\n\t"
                     "ldr r1, [r3, #20]\n\t"
                     "1: mov r2, r1\n\t"
                     "mov r1, r0\n\t"
                     "mrs r0, ipsr\n\t"
                     "b awb_fault");
}

_Noreturn void awb_fault(uint32_t vector, uint32_t pc, uint32_t lr)
{
    uint32_t cfsr = awb_mmio_read(SCB_CFSR);
    uint32_t address = awb_mmio_read(cfsr & 0x80u ? SCB_MMFAR : SCB_BFAR);
    const struct awt_crash_registers where = {
        .pc = pc, .lr = lr, .cause = cfsr, .address = cfsr & 0x8080u ? address : 0};
    awt_crash_write(AWP_FAULT_EXCEPTION, &where);
    const struct awb_fault_register registers[] = {
        {"vector", vector},
        {"PC", pc},
        {"LR", lr},
        {"CFSR", cfsr},
        {"HFSR", awb_mmio_read(SCB_HFSR)},
        {"address", address},
    };
    bool stop = !awb_fault_report(registers, sizeof registers / sizeof registers[0], 8);
    while (stop)
        __asm__ volatile("wfe");
    awb_reset();
}
