/* mmap on a bare Cortex-M: a few equal slots, and an MPU region for every protected page. */
#include "pages.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE  4096u
#define SLOTS 8u /* as many regions as a Cortex-M4 has */

#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RNR  (*(volatile uint32_t *)0xE000ED98u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u) /* RLAR in Armv8-M */
#define ENABLE   1u

extern char pages_start[], pages_end[];

static struct {
    bool used;
    uintptr_t guard; /* 0: none */
} slots[SLOTS];

static uint32_t slot_bytes(void)
{
    return (uint32_t)(pages_end - pages_start) / SLOTS / PAGE * PAGE;
}

static void set_region(uint32_t number, uintptr_t base, uint32_t attributes)
{
    MPU_RNR = number;
    MPU_RBAR = (uint32_t)base;
    MPU_RASR = attributes;
}

#if __ARM_ARCH >= 8
/* Armv8-M can only allow: regions cover all memory but the guards, which lie in slot order. */
#define DATA_START 0x21000000u
#define DATA_LAST  0x213FFFFFu
#define CODE_LAST  0x0007FFFFu
#define WRITABLE   1u /* execute never, read and write by privileged code */
#define READ_ONLY  4u

static void update(void)
{
    uint32_t region = 0;
    uintptr_t start = DATA_START;
    MPU_CTRL = 0;
    set_region(region++, READ_ONLY, (CODE_LAST & ~31u) | ENABLE);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (slots[i].guard) {
            set_region(region++, start | WRITABLE, ((slots[i].guard - 1) & ~31u) | ENABLE);
            start = slots[i].guard + PAGE;
        }
    set_region(region++, start | WRITABLE, (DATA_LAST & ~31u) | ENABLE);
    for (; region < SLOTS + 2; region++)
        set_region(region, 0, 0);
    MPU_CTRL = ENABLE;
    __asm__ volatile("dsb\n isb" ::: "memory");
}
#else
/* Armv7-M can forbid: a region without access for each guard over the default map. */
#define SIZE_4K       (11u << 1)
#define EXECUTE_NEVER (1u << 28)
#define DEFAULT_MAP   4u

static void update(void)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        set_region(i, slots[i].guard, slots[i].guard ? EXECUTE_NEVER | SIZE_4K | ENABLE : 0);
    MPU_CTRL = DEFAULT_MAP | ENABLE;
    __asm__ volatile("dsb\n isb" ::: "memory");
}
#endif

void pages_init(void)
{
    update();
}

void *mmap(void *address, size_t bytes, int protection, int flags, int file, long offset)
{
    (void)address, (void)protection, (void)flags, (void)file, (void)offset;
    for (uint32_t i = 0; i < SLOTS && bytes <= slot_bytes(); i++)
        if (!slots[i].used) {
            slots[i].used = true;
            return memset(pages_start + i * slot_bytes(), 0, bytes);
        }
    errno = ENOMEM;
    return MAP_FAILED;
}

static uint32_t slot_of(const void *address)
{
    return (uint32_t)((const char *)address - pages_start) / slot_bytes();
}

int munmap(void *address, size_t bytes)
{
    (void)bytes;
    slots[slot_of(address)].used = false;
    slots[slot_of(address)].guard = 0;
    update();
    return 0;
}

int mprotect(void *address, size_t bytes, int protection)
{
    if (bytes != PAGE || protection != PROT_NONE) {
        errno = EINVAL;
        return -1;
    }
    slots[slot_of(address)].guard = (uintptr_t)address;
    update();
    return 0;
}
