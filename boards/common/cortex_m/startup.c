/* From reset to awt_main(): vectors, FPU, data and bss, two stacks. Thread code runs on the process
 * stack, exceptions on the main stack: a stack that overflowed can still be reported. */
#include "cortex_m.h"
#include "memory_map.h"
#include "mmio.h"

extern uint32_t awb_stack_bottom[], awb_stack_top[], awb_fault_stack_top[];
extern uint32_t awb_data_start[], awb_data_end[], awb_data_load[], awb_bss_start[], awb_bss_end[];

_Noreturn void awb_reset_entry(void);
_Noreturn void awb_start_c(void);

union vector {
    const uint32_t *stack;
    void (*entry)(void);
};

/* Only reset, faults and the watchdog's NMI are ever taken: interrupts stay masked (PRIMASK), they
 * just end a WFI. So every fault arrives as HardFault; CFSR says which it was. */
__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    {.stack = awb_fault_stack_top}, {.entry = awb_reset_entry},
    {.entry = awb_nmi_entry},   /* NMI */
    {.entry = awb_fault_entry}, /* HardFault */
    {.entry = awb_fault_entry}, /* MemManage */
    {.entry = awb_fault_entry}, /* BusFault */
    {.entry = awb_fault_entry}, /* UsageFault */
    {.entry = awb_fault_entry}, /* SecureFault */
    {.entry = awb_fault_entry},     {.entry = awb_fault_entry},
    {.entry = awb_fault_entry},     {.entry = awb_fault_entry}, /* SVCall */
    {.entry = awb_fault_entry},     {.entry = awb_fault_entry},
    {.entry = awb_fault_entry}, /* PendSV */
    {.entry = awb_fault_entry}, /* SysTick */
};

/* Touches no stack before it has chosen one. */
__attribute__((naked)) void awb_reset_entry(void)
{
    __asm__ volatile("cpsid i\n\t"
                     "ldr r0, =awb_stack_top\n\t"
                     "msr psp, r0\n\t"
#if __ARM_ARCH >= 8
                     "ldr r0, =awb_stack_bottom\n\t"
                     "msr psplim, r0\n\t"
#endif
                     "mrs r0, control\n\t"
                     "orr r0, r0, #2\n\t" /* SPSEL */
                     "msr control, r0\n\t"
                     "isb\n\t"
                     "b awb_start_c");
}

static void copy_sections(void)
{
    for (volatile uint32_t *at = awb_bss_start; at < awb_bss_end;)
        *at++ = 0;
    const volatile uint32_t *from = awb_data_load;
    for (volatile uint32_t *at = awb_data_start; at < awb_data_end;)
        *at++ = *from++;
}

_Noreturn void awb_start_c(void)
{
    awb_mmio_write(SCB_VTOR, (uint32_t)(uintptr_t)vectors);
    awb_mmio_write(SCB_CPACR, awb_mmio_read(SCB_CPACR) | 0xfu << 20); /* FPU, MVE */
    uint32_t ccr = awb_mmio_read(SCB_CCR) | CCR_STKALIGN | CCR_DIV_0_TRP;
#if __ARM_ARCH >= 8
    ccr |= CCR_BP | CCR_LOB;
#endif
#ifdef AWB_ALIGN_CHECK
    ccr |= CCR_UNALIGN_TRP;
#endif
    awb_mmio_write(SCB_CCR, ccr);
    awb_barrier();
    copy_sections();
    awb_mpu_start();
    awb_caches_start();
    awt_main();
}
