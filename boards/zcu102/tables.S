/* Translation tables for EL1, identity, 4 KiB granule, 32-bit addresses: constants of the image, so
 * nothing has to be built before the MMU is on, and a restart finds them intact.
 *
 * Descriptor bits: Arm ARM, VMSAv8-64 descriptors; attribute indices as in MAIR of startup.S. */
#include "memory_map.h"

#define TABLE      3
#define BLOCK      1
#define DEVICE     (0 << 2)
#define NORMAL     (1 << 2)
#define UNCACHED   (2 << 2)
#define READ_ONLY  (2 << 6)
#define SHARED     (3 << 8) /* inner shareable */
#define ACCESSED   (1 << 10)
#define NO_EXECUTE (3 << 53) /* PXN, UXN */

#define CODE_BLOCK   (BLOCK | NORMAL | SHARED | ACCESSED | READ_ONLY)
#define DATA_BLOCK   (BLOCK | NORMAL | SHARED | ACCESSED | NO_EXECUTE)
#define DMA_BLOCK    (BLOCK | UNCACHED | SHARED | ACCESSED | NO_EXECUTE)
#define DEVICE_BLOCK (BLOCK | DEVICE | ACCESSED | NO_EXECUTE)

.section .rodata.awb_tables, "a"

/* Fills entries up to (not including) address `to` of the table that starts at `base`. */
.macro unmapped to
  .rept (\to - at) / AWB_MAP_BLOCK
    .quad 0
  .endr
  .set at, \to
.endm
.macro blocks to, attributes
  .rept (\to - at) / AWB_MAP_BLOCK
    .quad at + (\attributes)
    .set at, at + AWB_MAP_BLOCK
  .endr
.endm

.balign 4096
low_gib:
.set at, 0
unmapped AWB_MAP_TEXT
blocks AWB_MAP_DATA, CODE_BLOCK
blocks AWB_MAP_DMA, DATA_BLOCK
blocks AWB_MAP_GUARD, DMA_BLOCK
unmapped AWB_MAP_STACK
blocks AWB_MAP_BUFFERS_END, DATA_BLOCK
unmapped 0x40000000

.balign 4096
high_gib:
.set at, 0xc0000000
unmapped AWB_MAP_GIC_BLOCK
blocks (AWB_MAP_GIC_BLOCK + AWB_MAP_BLOCK), DEVICE_BLOCK
unmapped AWB_MAP_PERIPHERALS
blocks 0x100000000, DEVICE_BLOCK

.balign 4096
.global awb_tables
awb_tables:
.quad low_gib + TABLE
.quad 0
.quad 0
.quad high_gib + TABLE
