/* What Linux tells of the host in /proc and /sys, as text; "unknown" where it does not. */
#ifndef AWH_TIMING_SYSFS_H
#define AWH_TIMING_SYSFS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void awh_sysfs_cpu(char *text, size_t capacity);                   /* "AMD EPYC" */
void awh_sysfs_governor(int cpu, char *text, size_t capacity);     /* "performance" */
void awh_sysfs_turbo(char *text, size_t capacity);                 /* "on", "off" */
void awh_sysfs_sibling_list(int cpu, char *text, size_t capacity); /* "0,64"; "0": none */
void awh_sysfs_huge_pages(char *text, size_t capacity); /* "always", "madvise", "never" */
bool awh_sysfs_is_virtual(void);
/* Adds the hardware threads of the same core. */
void awh_sysfs_siblings(int cpu, cpu_set_t *set_inout);
/* Idle time of each CPU since the start, in ticks. */
void awh_sysfs_idle(uint64_t *idle, size_t capacity);
/* Time of all CPUs, and what of it went to other guests of the machine. */
void awh_sysfs_steal(uint64_t *total_out, uint64_t *steal_out);

#endif
