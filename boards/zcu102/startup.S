/* From any exception level to awt_main() at non-secure EL1 with MMU and caches on.
 *
 * One level for all entries keeps the rest simple: the PMU counts, the GIC and the timer behave
 * alike, and nothing depends on who started us (QEMU at EL1, EL2 or EL3; FSBL or JTAG at EL3; ATF
 * or U-Boot at EL2). x20 holds the entry level throughout. */
#include "memory_map.h"

#define SCTLR_EL1_RES1 0x30d00800
#define SCTLR_EL2_RES1 0x30c50830
#define SCTLR_EL3_RES1 0x30c50830
#define SCTLR_M        (1 << 0)
#define SCTLR_A        (1 << 1)
#define SCTLR_C        (1 << 2)
#define SCTLR_I        (1 << 12)
#ifdef AWB_ALIGN_CHECK
#define SCTLR_ON (SCTLR_EL1_RES1 | SCTLR_M | SCTLR_C | SCTLR_I | SCTLR_A)
#else
#define SCTLR_ON (SCTLR_EL1_RES1 | SCTLR_M | SCTLR_C | SCTLR_I)
#endif

#define SPSR_EL2H      0x3c9 /* D, A, I, F masked */
#define SPSR_EL1H      0x3c5

/* Index 0: Device-nGnRE; 1: Normal, write-back, read and write allocate; 2: Normal, not cacheable. */
#define MAIR_VALUE     0x44ff04
/* 32-bit VA, walks cacheable and inner shareable, no TTBR1, 32-bit PA. */
#define TCR_VALUE      (32 | (1 << 8) | (1 << 10) | (3 << 12) | (1 << 23))

#define CPUECTLR_EL1   S3_1_C15_C2_1 /* Cortex-A53 TRM, CPU Extended Control Register */
#define CPUECTLR_SMPEN 0x40

.macro load_constant reg, value
  movz \reg, #((\value) & 0xffff)
  movk \reg, #(((\value) >> 16) & 0xffff), lsl #16
.endm

.section .text.start, "ax"
.global _start
_start:
  msr daifset, #0xf
  mrs x0, mpidr_el1
  tst x0, #0xff
  b.ne park
  mrs x20, CurrentEL
  lsr x20, x20, #2
  cmp x20, #2
  b.eq at_el2
  b.lo at_el1

/* ---- EL3: what only the secure side can give ---- */
  load_constant x0, SCTLR_EL3_RES1
  msr sctlr_el3, x0
  isb
  adr x0, vectors
  msr vbar_el3, x0
  msr cptr_el3, xzr /* no trap of FP, SIMD */
  msr mdcr_el3, xzr /* no trap of the PMU */
  mrs x0, CPUECTLR_EL1
  orr x0, x0, #CPUECTLR_SMPEN /* without it the A53 does not cache shareable memory */
  msr CPUECTLR_EL1, x0
  /* All interrupts to group 1 and no priority mask, or the non-secure side sees none (GIC-400,
   * IHI0048B, security extensions); 192 interrupts. Harmless where the GIC has no security extension. */
  load_constant x0, AWB_MAP_GICD
  mov w1, #-1
  mov x2, #0x80 /* GICD_IGROUPR0 */
1:str w1, [x0, x2]
  add x2, x2, #4
  cmp x2, #(0x80 + 6 * 4)
  b.ne 1b
  load_constant x0, AWB_MAP_GICC
  mov w1, #0xff
  str w1, [x0, #4] /* GICC_PMR */
  dsb sy
  mov x0, #0x5b1 /* SCR_EL3: NS, RES1, SMD (nobody answers an SMC), HCE, RW */
  msr scr_el3, x0
  isb
  mrs x1, id_aa64pfr0_el1
  tst x1, #0xf00
  b.eq 2f
  load_constant x0, SCTLR_EL2_RES1
  msr sctlr_el2, x0
  mov x0, #SPSR_EL2H
  adr x1, at_el2
  b 3f
2:load_constant x0, SCTLR_EL1_RES1
  msr sctlr_el1, x0
  mov x0, #SPSR_EL1H
  adr x1, at_el1
3:msr spsr_el3, x0
  msr elr_el3, x1
  isb
  eret

/* ---- EL2: nothing trapped, nothing virtual ---- */
at_el2:
  load_constant x0, SCTLR_EL2_RES1
  msr sctlr_el2, x0
  isb
  adr x0, vectors
  msr vbar_el2, x0
  mov x0, #0x80000000 /* HCR_EL2.RW: EL1 is AArch64 */
  msr hcr_el2, x0
  mov x0, #0x33ff /* CPTR_EL2: RES1, no trap of FP, SIMD */
  msr cptr_el2, x0
  msr hstr_el2, xzr
  mrs x0, pmcr_el0
  ubfx x0, x0, #11, #5 /* all N counters for EL1, counting not prohibited */
  msr mdcr_el2, x0
  mov x0, #3 /* the physical timer for EL1 too */
  msr cnthctl_el2, x0
  msr cntvoff_el2, xzr
  msr vttbr_el2, xzr
  mrs x0, midr_el1
  msr vpidr_el2, x0
  mrs x0, mpidr_el1
  msr vmpidr_el2, x0
  load_constant x0, SCTLR_EL1_RES1
  msr sctlr_el1, x0
  mov x0, #SPSR_EL1H
  msr spsr_el2, x0
  adr x0, at_el1
  msr elr_el2, x0
  isb
  eret

/* ---- EL1 ---- */
/* void awb_restart(uint64_t entry_el): from running C; everything is set up anew. */
.global awb_restart
awb_restart:
  msr daifset, #0xf
  mov x20, x0
at_el1:
  load_constant x0, SCTLR_EL1_RES1
  msr sctlr_el1, x0
  isb
  msr spsel, #1
  adr x0, vectors
  msr vbar_el1, x0
  mov x0, #(3 << 20) /* CPACR_EL1.FPEN */
  msr cpacr_el1, x0
  isb
  bl caches_clean_invalidate
  ic iallu
  tlbi vmalle1
  dsb sy
  isb

  load_constant x0, MAIR_VALUE
  msr mair_el1, x0
  load_constant x0, TCR_VALUE
  msr tcr_el1, x0
  adrp x0, awb_tables
  add x0, x0, :lo12:awb_tables
  msr ttbr0_el1, x0
  dsb sy
  isb
  load_constant x0, SCTLR_ON
  msr sctlr_el1, x0
  isb

  /* Exceptions run on SP_EL1, everything else on SP_EL0: a stack overflow can still be reported. */
  ldr x0, =awb_fault_stack_top
  mov sp, x0
  msr spsel, #0
  load_constant x0, AWB_MAP_STACK_TOP
  mov sp, x0
  mov x29, xzr
  mov x30, xzr

  ldr x0, =awb_bss_start
  ldr x1, =awb_bss_end
  b 2f
1:stp xzr, xzr, [x0], #16
2:cmp x0, x1
  b.lo 1b
  /* The initial values stay in the read-only part, so that a restart starts from them again. */
  ldr x0, =awb_data_start
  ldr x1, =awb_data_end
  ldr x2, =awb_data_load
  b 4f
3:ldp x3, x4, [x2], #16
  stp x3, x4, [x0], #16
4:cmp x0, x1
  b.lo 3b
  ldr x0, =awb_entry_el
  strb w20, [x0]
  msr daifclr, #4 /* asynchronous aborts are reported */
  b awt_main

park:
  wfe
  b park

/* Cleans and invalidates all levels up to the point of coherency by set and way (Arm ARM, set/way maintenance).
 * Not only invalidates: the core invalidates its caches at reset, so what is dirty here belongs to
 * an earlier stage. Touches no memory; uses x0-x9, w10, w11. */
caches_clean_invalidate:
  dsb sy
  mrs x0, clidr_el1
  ubfx x1, x0, #24, #3 /* level of coherency */
  cbz x1, 5f
  mov x2, #0 /* level - 1 */
1:add x3, x2, x2, lsl #1
  lsr x4, x0, x3
  and x4, x4, #7
  cmp x4, #2
  b.lo 4f /* no data cache at this level */
  lsl x5, x2, #1
  msr csselr_el1, x5
  isb
  mrs x6, ccsidr_el1
  and x7, x6, #7
  add x7, x7, #4 /* log2 of the line size */
  ubfx x8, x6, #3, #10 /* ways - 1 */
  clz w9, w8 /* position of the way */
  ubfx x6, x6, #13, #15 /* sets - 1 */
2:mov w10, w8
3:lsl w11, w10, w9
  lsl w3, w6, w7
  orr w11, w11, w3
  orr w11, w11, w5
  dc cisw, x11
  subs w10, w10, #1
  b.pl 3b
  subs w6, w6, #1
  b.pl 2b
4:add x2, x2, #1
  cmp x2, x1
  b.lo 1b
5:msr csselr_el1, xzr
  dsb sy
  isb
  ret

/* ---- exceptions: all of them are faults; the only interrupt that is ever taken is the watchdog's ---- */
.balign 0x800
vectors:
.irp kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  .balign 0x80
  mov x0, #\kind
  b fault
.endr

/* struct awb_exception (zcu102.h) on the fault stack, for void awb_fault(const struct awb_exception *). */
fault:
  mov x6, sp
  ldr x5, =awb_fault_stack_top
  mov sp, x5
  mrs x5, CurrentEL
  lsr x5, x5, #2
  cmp x5, #2
  b.hi 3f
  b.eq 2f
  mrs x1, esr_el1
  mrs x2, elr_el1
  mrs x3, far_el1
  mrs x4, spsr_el1
  b 4f
2:mrs x1, esr_el2
  mrs x2, elr_el2
  mrs x3, far_el2
  mrs x4, spsr_el2
  b 4f
3:mrs x1, esr_el3
  mrs x2, elr_el3
  mrs x3, far_el3
  mrs x4, spsr_el3
4:tst x4, #1 /* SPSR.SP: which stack pointer the code had that was interrupted */
  mrs x5, sp_el0
  csel x6, x6, x5, ne
  sub sp, sp, #64
  stp x0, x1, [sp]
  stp x2, x3, [sp, #16]
  stp x4, x30, [sp, #32]
  str x6, [sp, #48]
  mov x0, sp
  b awb_fault
