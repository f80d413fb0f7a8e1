# Read by cmake/Firmware.cmake.
set(AWB_PROCESSOR arm)
set(AWB_TOOLCHAIN cmake/toolchains/arm-none-eabi.cmake)
set(AWB_PACKAGE gcc-arm-none-eabi)
set(AWB_FLAGS -mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
set(AWB_OPTIMISE -Os)
include("${CMAKE_CURRENT_LIST_DIR}/../common/cortex_m/cortex_m.cmake")
set(AWB_KERNELS ref CACHE STRING "Folder of target/kernels with the kernel set")
