/* Start-up of a test program on a bare Cortex-M under QEMU: newlib talks to the host by
 * semihosting, and mmap's pages come from a pool whose guard pages the MPU keeps. */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pages.h"

#define CPACR       (*(volatile uint32_t *)0xE000ED88u)
#define SHCSR       (*(volatile uint32_t *)0xE000ED24u)
#define SYS_CMDLINE 0x15
#define MAX_ARGS    4

extern uint32_t stack_end[];
extern char end[], pages_start[];
int main(int argc, char **argv);
void initialise_monitor_handles(void);
void reset(void);
void _fini(void);
void fault(void);
void *_sbrk(ptrdiff_t bytes);

static int semihost(int operation, void *block)
{
    register int r0 __asm__("r0") = operation;
    register void *r1 __asm__("r1") = block;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

/* Words of the command line that QEMU was given with arg=. */
static int split_arguments(char *line, char **argv)
{
    struct {
        char *text;
        int capacity;
    } block = {line, 200};
    int argc = 0;
    if (semihost(SYS_CMDLINE, &block) != 0)
        return 0;
    for (char *word = strtok(line, " "); word && argc < MAX_ARGS; word = strtok(NULL, " "))
        argv[argc++] = word;
    return argc;
}

void reset(void)
{
    static char line[200], *argv[MAX_ARGS + 1];
    CPACR |= 0xFu << 20;
    __asm__ volatile("dsb\n isb");
    SHCSR |= 7u << 16; /* faults of memory, bus and usage by their own vectors */
    initialise_monitor_handles();
    pages_init();
    int argc = split_arguments(line, argv);
    exit(main(argc, argv));
}

/* newlib calls it at exit. */
void _fini(void)
{
}

/* The exception frame lies on the stack, which is never protected. */
void fault(void)
{
    raise(SIGSEGV);
    _exit(3);
}

void *_sbrk(ptrdiff_t bytes)
{
    static char *top = end;
    if (top + bytes > pages_start)
        return (void *)-1;
    top += bytes;
    return top - bytes;
}

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    stack_end, reset, fault, fault, fault, fault, fault,
};
