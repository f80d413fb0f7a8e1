# Read by cmake/Firmware.cmake.
set(AWB_PROCESSOR arm)
set(AWB_TOOLCHAIN cmake/toolchains/arm-none-eabi.cmake)
set(AWB_PACKAGE gcc-arm-none-eabi)
set(AWB_FLAGS -marm -mcpu=cortex-a9 -mfpu=neon -mfloat-abi=hard)
set(AWB_SOURCES startup.S tables.S board.c clock.c caches.c fault.c watchdog.c
    ../common/cadence_uart.c ../common/uart_link.c ../common/gic.c ../common/buffers.c ../common/gem.c ../common/fault_report.c ../common/icount.c
    ../common/string.c)
set(AWB_NET ON) # lwIP
set(AWB_LINK_SCRIPT link.ld)
set(AWB_ALIGN_FLAGS -mno-unaligned-access)
set(AWB_UNALIGN_FLAGS -munaligned-access)
set(AWB_ALIGN_KERNEL_FLAGS -mno-unaligned-access)
set(AWB_KERNELS neon CACHE STRING "Folder of target/kernels with the kernel set")
