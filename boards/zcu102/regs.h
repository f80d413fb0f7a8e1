/* Access to device and system registers. Device memory is only ever touched by aligned 32-bit
 * accesses through these two. */
#ifndef AWB_REGS_H
#define AWB_REGS_H

#include <stdint.h>

static inline uint32_t awb_mmio_read(uint32_t address)
{
    return *(const volatile uint32_t *)(uintptr_t)address;
}
static inline void awb_mmio_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

#define AWB_SYSREG_READ(name)                                                                      \
    ({                                                                                             \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                         \
        value_;                                                                                    \
    })
#define AWB_SYSREG_WRITE(name, value)                                                              \
    do {                                                                                           \
        __asm__ volatile("msr " #name ", %x0" ::"rZ"((uint64_t)(value)) : "memory");               \
    } while (0)

static inline void awb_isb(void)
{
    __asm__ volatile("isb" ::: "memory");
}

#endif
