/* The host as a measuring instrument: which core, how disturbed it is, and what is known of it.
 * Needs Linux's /proc and /sys; what is not there is "unknown". */
#ifndef AWH_TIMING_HOST_H
#define AWH_TIMING_HOST_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/yaml.h"

/* A time counts when the gauge before and after it takes less than so many times the gauge of an
 * undisturbed host, and when the thread waited less than this for a core in between. */
#define AWH_GAUGE_LIMIT       1.3
#define AWH_RUN_DELAY_MAX_NS  2000
#define AWH_HOST_REJECT_GAUGE 0
#define AWH_HOST_REJECT_DELAY 1

struct awh_timing_host {
    double gauge_ns; /* of an undisturbed host */
    bool calibrated; /* from `doctor --calibrate`, not found out when it was opened */
    double last_gauge_ns;
    uint64_t last_delay_ns;
    int schedstat_fd; /* -1: the kernel tells no run delay */
    unsigned threads;
    cpu_set_t before, cores; /* where the thread could run, and where it may now */
    int policy_before, priority_before;
    bool real_time, raised;          /* it goes before others */
    uint64_t open_total, open_steal; /* of /proc/stat */
};

/* A fixed amount of work that fills the core's issue slots: 72,000 additions in six independent
 * chains. Unlike a single chain it slows down as soon as something else uses the core's other
 * hardware thread. Returns ns. */
double awh_gauge(void);
/* Lower twentieth of the gauge over so many ms on each core that the process may use; the lowest
 * core. *share_out (may be NULL): how much of that time was below AWH_GAUGE_LIMIT times it. */
AW_MUST_USE enum aw_err awh_gauge_find(unsigned ms, double *gauge_ns_out, double *share_out,
                                       struct awh_diag *diag);

/* Pins the calling thread to the `threads` idlest cores, each from another physical core where
 * there are enough. gauge_ns 0: finds it out, and warns. */
AW_MUST_USE enum aw_err awh_host_open(struct awh_timing_host *host, unsigned threads,
                                      double gauge_ns, struct awh_diag *diag);
void awh_host_close(struct awh_timing_host *host);
/* Looks whether the host is disturbed, in about 7 us and without touching memory. -1, or what
 * speaks against what ran since the last look: AWH_HOST_REJECT_... */
int awh_host_look(struct awh_timing_host *host);

/* "AMD EPYC", or "unknown". */
void awh_host_cpu(char *text, size_t capacity);
/* Facts into the map: cpu, cores, pinned_to, governor, turbo, smt_siblings, load, steal_percent,
 * virtual_machine, huge_pages, gauge_ns ... */
AW_MUST_USE enum aw_err awh_host_describe(const struct awh_timing_host *host,
                                          struct awh_arena *arena, struct awh_yaml *map,
                                          struct awh_diag *diag);

/* Where this host's gauge is kept: <user's cache>/awnas-hw/gauge-<host name>.yaml; from the arena.
 * AW_ERR_NOT_FOUND without HOME and XDG_CACHE_HOME. */
AW_MUST_USE enum aw_err awh_gauge_path(struct awh_arena *arena, const char **path_out,
                                       struct awh_diag *diag);
/* *gauge_ns_out 0: there is none, or of another CPU; a broken file is that too, with a warning. */
void awh_gauge_load(double *gauge_ns_out, struct awh_diag *diag);
AW_MUST_USE enum aw_err awh_gauge_save(double gauge_ns, struct awh_diag *diag);

#endif
