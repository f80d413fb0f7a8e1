/* Access to device registers: only ever by aligned 32-bit accesses, through these two. */
#ifndef AWB_MMIO_H
#define AWB_MMIO_H

#include <stdint.h>

static inline uint32_t awb_mmio_read(uint32_t address)
{
    return *(const volatile uint32_t *)(uintptr_t)address;
}
static inline void awb_mmio_write(uint32_t address, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)address = value;
}

/* What was read or written before is done, for devices too, before what follows. */
static inline void awb_mmio_barrier(void)
{
#if defined __aarch64__ || defined __arm__
    __asm__ volatile("dsb sy" ::: "memory");
#endif
}

#endif
