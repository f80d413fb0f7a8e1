/* Where everything is, for the linker script, the translation tables and C: plain numbers only.
 * All of it lies in the low DDR of the ZCU102 (2 GiB from address 0); QEMU needs -m 256M or more.
 */
#ifndef AWB_MEMORY_MAP_H
#define AWB_MEMORY_MAP_H

/* The translation tables map blocks of 2 MiB. What is not named here is unmapped: block 0, so that
 * a null pointer faults, the guard below the stack, and all DDR above AWB_MAP_BUFFERS_END. */
#define AWB_MAP_BLOCK       0x00200000
#define AWB_MAP_TEXT        0x00200000 /* code and constants, read-only */
#define AWB_MAP_DATA        0x00400000 /* data, bss, fault record and fault stack */
#define AWB_MAP_DMA         0x00a00000 /* not cached: what the Ethernet MAC reads and writes */
#define AWB_MAP_GUARD       0x00c00000
#define AWB_MAP_STACK       0x00e00000
#define AWB_MAP_STACK_TOP   0x01000000
#define AWB_MAP_BUFFERS     0x01000000 /* program, weights, arena */
#define AWB_MAP_BUFFERS_END 0x10000000

/* UG1085, system address map. */
#define AWB_MAP_GICD        0xf9010000 /* GIC-400 distributor */
#define AWB_MAP_GICC        0xf9020000 /* GIC-400 CPU interface */
#define AWB_MAP_GIC_BLOCK   0xf9000000
#define AWB_MAP_PERIPHERALS 0xfd000000 /* FPD and LPD registers, to the end of the 4 GiB */
#define AWB_MAP_CRF_APB     0xfd1a0000
#define AWB_MAP_CRL_APB     0xff5e0000
#define AWB_MAP_GEM3        0xff0e0000
#define AWB_MAP_UART0       0xff000000

#endif
