/* Where everything is, for the linker script, the translation table and C: plain numbers only. All
 * of it lies in the DDR of the board (from address 0); QEMU needs -m 256M or more. */
#ifndef AWB_MEMORY_MAP_H
#define AWB_MEMORY_MAP_H

/* The translation table maps sections of 1 MiB. What is not named here is unmapped: section 0, so
 * that a null pointer faults, the guard below the stack, and all DDR above AWB_MAP_BUFFERS_END. */
#define AWB_MAP_SECTION     0x00100000
#define AWB_MAP_TEXT        0x00100000 /* code and constants, read-only */
#define AWB_MAP_DATA        0x00200000 /* data, bss, fault record and fault stack */
#define AWB_MAP_DMA         0x00300000 /* not cached: what the Ethernet MAC reads and writes */
#define AWB_MAP_GUARD       0x00400000
#define AWB_MAP_STACK       0x00500000
#define AWB_MAP_STACK_TOP   0x00600000
#define AWB_MAP_BUFFERS     0x00600000 /* program, weights, arena, tables */
#define AWB_MAP_BUFFERS_END 0x0b000000

/* UG585, system addresses. */
#define AWB_MAP_IO     0xe0000000 /* UARTs, GEMs and other I/O peripherals */
#define AWB_MAP_IO_END 0xe1000000
/* Of ZedBoard, ZC702, ZC706 and MicroZed the console is UART1, 0xe0001000. */
#define AWB_MAP_UART0       0xe0000000
#define AWB_MAP_GEM0        0xe000b000
#define AWB_MAP_SYSTEM      0xf8000000 /* SLCR and private peripherals of the cores */
#define AWB_MAP_SYSTEM_END  0xf9000000
#define AWB_MAP_SLCR        0xf8000000
#define AWB_MAP_SCU         0xf8f00000
#define AWB_MAP_GICC        0xf8f00100
#define AWB_MAP_GLOBALTIMER 0xf8f00200
#define AWB_MAP_CPUTIMER    0xf8f00600
#define AWB_MAP_GICD        0xf8f01000
#define AWB_MAP_L2          0xf8f02000

#endif
