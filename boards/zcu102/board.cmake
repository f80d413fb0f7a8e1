# Read by cmake/Firmware.cmake. The two errata flags cover the r0p4 cores of the Zynq UltraScale+ (Arm
# SDEN, Cortex-A53 errata 835769 and 843419).
set(AWB_PROCESSOR aarch64)
set(AWB_TOOLCHAIN cmake/toolchains/aarch64.cmake)
set(AWB_PACKAGE gcc-aarch64-linux-gnu)
set(AWB_FLAGS -mcpu=cortex-a53 -mfix-cortex-a53-835769 -mfix-cortex-a53-843419)
set(AWB_SOURCES startup.S tables.S board.c pmu.c fault.c watchdog.c
    ../common/cadence_uart.c ../common/uart_link.c ../common/gic.c ../common/buffers.c ../common/gem.c ../common/fault_report.c ../common/string.c)
set(AWB_NET ON) # lwIP
set(AWB_LINK_SCRIPT link.ld)
set(AWB_KERNELS neon CACHE STRING "Folder of target/kernels with the kernel set")

# Without SIMD, which only kernels need: gcc 12 clears structures with unaligned vector stores even with
# -mstrict-align (its PR 103100). Before the MMU is on all memory is Device memory.
set(AWB_ALIGN_FLAGS -mstrict-align -mcpu=cortex-a53+nosimd)
set(AWB_UNALIGN_FLAGS -mno-strict-align)
set(AWB_ALIGN_KERNEL_FLAGS -mstrict-align -include "${CMAKE_CURRENT_LIST_DIR}/aligned_neon.h")
