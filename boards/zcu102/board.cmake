# Read by cmake/Firmware.cmake. The two errata flags cover the r0p4 cores of the Zynq UltraScale+ (Arm
# SDEN, Cortex-A53 errata 835769 and 843419).
set(AWB_PROCESSOR aarch64)
set(AWB_TOOLCHAIN cmake/toolchains/aarch64.cmake)
set(AWB_PACKAGE gcc-aarch64-linux-gnu)
set(AWB_FLAGS -mcpu=cortex-a53 -mfix-cortex-a53-835769 -mfix-cortex-a53-843419)
set(AWB_SOURCES startup.S tables.S board.c uart.c pmu.c fault.c watchdog.c ../common/string.c)
set(AWB_LINK_SCRIPT link.ld)
set(AWB_KERNELS neon CACHE STRING "Folder of target/kernels with the kernel set")

# A check of the board's own code: boot, self-test, link and Hello use every device and must not fault.
# Loading a program then does, on the stack: gcc 12 clears structures with unaligned stores even with
# -mstrict-align, which Normal memory allows.
option(AWB_ALIGN_CHECK "Fault on every unaligned access, as Device memory would" OFF)
if(AWB_ALIGN_CHECK)
  list(APPEND AWB_FLAGS -mstrict-align -DAWB_ALIGN_CHECK)
endif()
# May run before the MMU is on, when all memory is Device memory.
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/fault.c" "${CMAKE_CURRENT_LIST_DIR}/uart.c"
                            "${CMAKE_SOURCE_DIR}/target/src/crash.c" PROPERTIES COMPILE_OPTIONS -mstrict-align)
