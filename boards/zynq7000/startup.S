/* From wherever we come (QEMU, JTAG after ps7_init, FSBL) to awt_main() in Supervisor mode, with MMU
 * and caches on. The second core is left parked. */
#include "memory_map.h"

#define MODE_FIQ 0x11
#define MODE_IRQ 0x12
#define MODE_SVC 0x13
#define MODE_ABT 0x17
#define MODE_UND 0x1b
#define MASKED   0xc0 /* CPSR: IRQ and FIQ; 0x100 asynchronous aborts */

/* SCTLR: U and other bits that read as one on a Cortex-A9, flow prediction. */
#define SCTLR_OFF 0x00c50878
#define SCTLR_M   (1 << 0)
#define SCTLR_A   (1 << 1)
#define SCTLR_C   (1 << 2)
#define SCTLR_Z   (1 << 11)
#define SCTLR_I   (1 << 12)
#ifdef AWB_ALIGN_CHECK
#define SCTLR_ON (SCTLR_OFF | SCTLR_M | SCTLR_C | SCTLR_Z | SCTLR_I | SCTLR_A)
#else
#define SCTLR_ON (SCTLR_OFF | SCTLR_M | SCTLR_C | SCTLR_Z | SCTLR_I)
#endif

#define ACTLR_SMP_FW 0x41 /* coherent with the SCU, and maintenance broadcast (ARM DDI0388) */
/* TTBR0: walks cacheable (write-back, write allocate) and shareable. */
#define TTBR_WALK    0x4a

.syntax unified
.arm
.fpu neon
.section .text.start, "ax"
.global _start
_start:
  cpsid aif
  mrc p15, 0, r0, c0, c0, 5 /* MPIDR */
  tst r0, #3
  bne park
/* void awb_restart(void): from running C; everything is set up anew. */
.global awb_restart
awb_restart:
  cpsid aif
  cps #MODE_SVC
  ldr r0, =vectors
  mcr p15, 0, r0, c12, c0, 0 /* VBAR */
  /* While the cache is on, what is dirty goes to memory. Caches first, then off. */
  bl data_cache_clean_invalidate
  ldr r0, =SCTLR_OFF
  mcr p15, 0, r0, c1, c0, 0
  isb
  bl data_cache_clean_invalidate
  mov r0, #0
  mcr p15, 0, r0, c8, c7, 0 /* TLBIALL */
  mcr p15, 0, r0, c7, c5, 0 /* ICIALLU */
  mcr p15, 0, r0, c7, c5, 6 /* BPIALL */
  dsb
  isb
  mrc p15, 0, r0, c1, c0, 1 /* ACTLR */
  orr r0, r0, #ACTLR_SMP_FW
  mcr p15, 0, r0, c1, c0, 1

  /* All exceptions share one stack: the first one ends the run. */
  ldr r1, =awb_fault_stack_top
  .irp mode, MODE_FIQ, MODE_IRQ, MODE_ABT, MODE_UND
    cps #\mode
    mov sp, r1
  .endr
  cps #MODE_SVC
  /* With MMU and caches off. Uses no stack of the data section's. */
  mov sp, r1
  bl awb_caches_start

  ldr r0, =awb_tables
  orr r0, r0, #TTBR_WALK
  mcr p15, 0, r0, c2, c0, 0 /* TTBR0 */
  mov r0, #0
  mcr p15, 0, r0, c2, c0, 2 /* TTBCR: TTBR0 alone */
  mcr p15, 0, r0, c8, c7, 0
  mov r0, #1
  mcr p15, 0, r0, c3, c0, 0 /* DACR: domain 0 checks permissions */
  dsb
  isb
  ldr r0, =SCTLR_ON
  mcr p15, 0, r0, c1, c0, 0
  isb

  mrc p15, 0, r0, c1, c0, 2 /* CPACR: full access to VFP and NEON */
  orr r0, r0, #(0xf << 20)
  mcr p15, 0, r0, c1, c0, 2
  isb
  mov r0, #(1 << 30)
  vmsr fpexc, r0

  ldr sp, =AWB_MAP_STACK_TOP
  ldr r0, =awb_bss_start
  ldr r1, =awb_bss_end
  mov r2, #0
  b 2f
1:str r2, [r0], #4
2:cmp r0, r1
  blo 1b
  /* The initial values stay in the read-only part, so that a restart starts from them again. */
  ldr r0, =awb_data_start
  ldr r1, =awb_data_end
  ldr r2, =awb_data_load
  b 4f
3:ldr r3, [r2], #4
  str r3, [r0], #4
4:cmp r0, r1
  blo 3b
  cpsie a /* asynchronous aborts are reported */
  b awt_main

park:
  wfe
  b park

.ltorg

/* Cleans and invalidates the L1 data cache by set and way. Not only invalidates: what is dirty here
 * belongs to an earlier stage. On a Cortex-A9 its contents are unknown after power-on; the boot ROM
 * has invalidated it (UG585, boot ROM). Touches no memory; uses r0-r7. */
data_cache_clean_invalidate:
  dsb
  mov r0, #0
  mcr p15, 2, r0, c0, c0, 0 /* CSSELR: level 1 data */
  isb
  mrc p15, 1, r1, c0, c0, 0 /* CCSIDR */
  and r2, r1, #7
  add r2, r2, #4 /* log2 of the line size */
  ubfx r3, r1, #3, #10 /* ways - 1 */
  clz r4, r3 /* position of the way */
  ubfx r5, r1, #13, #15 /* sets - 1 */
1:mov r6, r3
2:lsl r7, r6, r4
  orr r7, r7, r5, lsl r2
  mcr p15, 0, r7, c7, c14, 2 /* DCCISW */
  subs r6, r6, #1
  bpl 2b
  subs r5, r5, #1
  bpl 1b
  dsb
  isb
  bx lr

/* ---- exceptions: all of them are faults; the only interrupt that is taken is the watchdog's ---- */
.balign 32
vectors:
  b _start
  b undefined
  b supervisor_call
  b prefetch_abort
  b data_abort
  b . /* unused */
  b interrupt
  b fast_interrupt

/* lr is that of the exception's mode: what it says about the place depends on the kind. */
.macro fault name, number, offset
\name:
  sub r1, lr, #\offset
  mov r0, #\number
  mrs r2, spsr
  b fault_common
.endm
fault undefined, 1, 4
fault supervisor_call, 2, 4
fault prefetch_abort, 3, 4
fault data_abort, 4, 8
fault interrupt, 6, 4
fault fast_interrupt, 7, 4

/* The runtime is in Supervisor mode: what that has in sp and lr is the interrupted code's. */
fault_common:
  cps #MODE_SVC
  mov r3, sp
  ldr sp, =awb_fault_stack_top
  sub sp, sp, #8
  str lr, [sp] /* fifth argument */
  b awb_fault
.ltorg
