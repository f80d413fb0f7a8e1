/* What kernel_sweep.c uses of mmap, on a bare Cortex-M: pages.c. */
#ifndef BARE_SYS_MMAN_H
#define BARE_SYS_MMAN_H

#include <stddef.h>

#define PROT_NONE     0
#define PROT_READ     1
#define PROT_WRITE    2
#define MAP_PRIVATE   2
#define MAP_ANONYMOUS 32
#define MAP_FAILED    ((void *)-1)

/* At most 8 mappings at a time, private and anonymous. */
void *mmap(void *address, size_t bytes, int protection, int flags, int file, long offset);
int munmap(void *address, size_t bytes);
/* One page a mapping, PROT_NONE. */
int mprotect(void *address, size_t bytes, int protection);

#endif
