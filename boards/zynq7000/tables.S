/* First-level translation table, identity, sections of 1 MiB: a constant of the image, so nothing
 * has to be built before the MMU is on, and a restart finds it intact.
 *
 * Descriptor bits: Arm ARM (ARMv7-A), short-descriptor format, TEX remap off. */
#include "memory_map.h"

#define SECTION    0x00002
#define DEVICE     (1 << 2)                       /* TEX 0, C 0, B 1 */
#define NORMAL     ((1 << 12) | (1 << 3) | (1 << 2)) /* write-back, write allocate, L1 and L2 */
#define UNCACHED   (1 << 12) /* TEX 1, C 0, B 0 */
#define SHARED     (1 << 16)
#define NO_EXECUTE (1 << 4)
#define READ_WRITE (1 << 10)               /* privileged */
#define READ_ONLY  ((1 << 15) | (1 << 10))

#define CODE_SECTION   (SECTION | NORMAL | SHARED | READ_ONLY)
#define DATA_SECTION   (SECTION | NORMAL | SHARED | READ_WRITE | NO_EXECUTE)
#define DMA_SECTION    (SECTION | UNCACHED | SHARED | READ_WRITE | NO_EXECUTE)
#define DEVICE_SECTION (SECTION | DEVICE | READ_WRITE | NO_EXECUTE)

.section .rodata.awb_tables, "a"

/* Fills entries up to (not including) address `to`. */
.macro unmapped to
  .rept (\to - at) / AWB_MAP_SECTION
    .word 0
  .endr
  .set at, \to
.endm
.macro sections to, attributes
  .rept (\to - at) / AWB_MAP_SECTION
    .word at + (\attributes)
    .set at, at + AWB_MAP_SECTION
  .endr
.endm

.balign 16384
.global awb_tables
awb_tables:
.set at, 0
unmapped AWB_MAP_TEXT
sections AWB_MAP_DATA, CODE_SECTION
sections AWB_MAP_DMA, DATA_SECTION
sections AWB_MAP_GUARD, DMA_SECTION
unmapped AWB_MAP_STACK
sections AWB_MAP_BUFFERS_END, DATA_SECTION
unmapped AWB_MAP_IO
sections AWB_MAP_IO_END, DEVICE_SECTION
unmapped AWB_MAP_SYSTEM
sections AWB_MAP_SYSTEM_END, DEVICE_SECTION
unmapped 0x100000000
