/* Memory of the CPU engine: whole huge pages where the kernel has them. With pages of 4 KiB some
 * layers differ by 25-40 % from process to process, by where their pages happen to lie. */
#ifndef AWH_TIMING_CPU_PAGES_H
#define AWH_TIMING_CPU_PAGES_H

#include <stddef.h>

static inline size_t cpu_round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) / unit * unit;
}

struct cpu_page_chunk {
    void *base;
    size_t bytes, used;
};

struct cpu_pages {
    struct cpu_page_chunk *chunks;
    size_t count, capacity;
};

/* Zeroed, aligned to 64 bytes, touched; NULL: no memory. Freed as a whole. */
void *cpu_pages_take(struct cpu_pages *pages, size_t bytes);
/* Small pages, which the kernel provides when they are touched. */
void *cpu_pages_reserve(struct cpu_pages *pages, size_t bytes);
void cpu_pages_release(struct cpu_pages *pages);

#endif
