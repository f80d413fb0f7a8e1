/* Access to system registers. */
#ifndef AWB_REGS_H
#define AWB_REGS_H

#include <stdint.h>

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
