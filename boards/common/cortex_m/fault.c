/* Where every vector but reset leads; see fault_report.h. */
#include "awt/crash.h"
#include "cortex_m.h"
#include "fault_report.h"
#include "mmio.h"

#define VECTOR_NMI 2u

/* What the core stacks at an exception (ARM DDI0403, B1.5.6; DDI0553, exception frames). */
enum { FRAME_LR = 5, FRAME_PC = 6, FRAME_XPSR = 7, FRAME_WORDS = 8, FRAME_WORDS_FPU = 26 };
#define XPSR_ALIGNED          0x200u /* the core has skipped a word */
#define EXC_RETURN_NO_FPU     0x10u
#define CFSR_STACKING         0x00101010u /* MSTKERR, STKERR, STKOF */
#define CFSR_ADDRESS_VALID    0x8080u
#define CFSR_MM_ADDRESS_VALID 0x80u

_Noreturn void awb_fault(const uint32_t *frame, uint32_t exc_return);

__attribute__((naked)) void awb_fault_entry(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "mov r1, lr\n\t"
                     "b awb_fault");
}

__attribute__((naked)) void awb_nmi_entry(void)
{
    __asm__ volatile("push {r4, lr}\n\t"
                     "bl awb_watchdog_goes_on\n\t"
                     "pop {r4, lr}\n\t"
                     "cmp r0, #0\n\t"
                     "beq awb_fault_entry\n\t"
                     "bx lr");
}

/* The stack of the code that was interrupted, as it was. */
static uint32_t stack_before(const uint32_t *frame, uint32_t exc_return)
{
    uint32_t words = exc_return & EXC_RETURN_NO_FPU ? FRAME_WORDS : FRAME_WORDS_FPU;
    if (frame[FRAME_XPSR] & XPSR_ALIGNED)
        words++;
    return (uint32_t)(uintptr_t)(frame + words);
}

_Noreturn void awb_fault(const uint32_t *frame, uint32_t exc_return)
{
    uint32_t vector;
    __asm__ volatile("mrs %0, ipsr" : "=r"(vector));
    awb_watchdog_disarm();
    bool runaway = vector == VECTOR_NMI;
    uint32_t cfsr = awb_mmio_read(SCB_CFSR);
    uint32_t address = awb_mmio_read(cfsr & CFSR_MM_ADDRESS_VALID ? SCB_MMFAR : SCB_BFAR);
    struct awt_crash_registers where = {0};
    /* A stack that overflowed has nothing on it, and is not read again. */
    if (!(cfsr & CFSR_STACKING)) {
        where.pc = frame[FRAME_PC];
        where.lr = frame[FRAME_LR];
        where.sp = stack_before(frame, exc_return);
    }
    if (!runaway) {
        where.cause = cfsr;
        where.address = cfsr & CFSR_ADDRESS_VALID ? address : 0;
    }
    awt_crash_write(runaway ? AWP_FAULT_WATCHDOG : AWP_FAULT_EXCEPTION, &where);
    const struct awb_fault_register registers[] = {
        {"vector", vector},
        {"PC", where.pc},
        {"LR", where.lr},
        {"CFSR", cfsr},
        {"HFSR", awb_mmio_read(SCB_HFSR)},
        {"address", address},
    };
    bool stop = !awb_fault_report(registers, sizeof registers / sizeof registers[0], 8);
    while (stop)
        __asm__ volatile("wfe");
    awb_reset();
}
