# Sources that boards with a Cortex-M share; read by their board.cmake.
set(AWB_SOURCES board.c
    ../common/cortex_m/startup.c ../common/cortex_m/board.c ../common/cortex_m/mpu.c
    ../common/cortex_m/caches.c ../common/cortex_m/fault.c ../common/cortex_m/watchdog.c
    ../common/cmsdk_uart.c ../common/uart_link.c ../common/fault_report.c ../common/icount.c
    ../common/string.c)
set(AWB_INCLUDES ../common/cortex_m)
set(AWB_LINK_SCRIPT ../common/cortex_m/link.ld)
