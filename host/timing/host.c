#include "timing/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/stats.h"
#include "timing/sysfs.h"

#define GAUGE_ROUNDS 6000 /* of twelve additions */
#define IDLE_MS      50   /* how long cores are watched to find the idlest */
#define FIND_MS      200  /* a gauge that nobody calibrated */
#define PRIORITY     (-20)

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* -- the gauge ---------------------------------------------------------------------------- */

/* The compiler must do each addition, and in a register. */
#define ADD(chain)                                                                                 \
    chain += step;                                                                                 \
    __asm__ volatile("" : "+r"(chain))

double awh_gauge(void)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, step = 3;
    uint64_t before = now_ns();
    for (unsigned i = 0; i < GAUGE_ROUNDS; i++) {
        ADD(a);
        ADD(b);
        ADD(c);
        ADD(d);
        ADD(e);
        ADD(f);
        ADD(a);
        ADD(b);
        ADD(c);
        ADD(d);
        ADD(e);
        ADD(f);
    }
    return (double)(now_ns() - before);
}

#define GAUGES_MAX 65536

static enum aw_err find_on_core(unsigned ms, double *values, double *gauge_out, double *share_out)
{
    size_t count = 0, below = 0;
    uint64_t end = now_ns() + (uint64_t)ms * 1000000u;
    do {
        values[count++] = awh_gauge();
    } while (count < GAUGES_MAX && (count < 20 || now_ns() < end));
    *gauge_out = awh_quantile(values, count, 0.05);
    for (size_t i = 0; i < count; i++)
        below += values[i] < AWH_GAUGE_LIMIT * *gauge_out;
    *share_out = (double)below / (double)count;
    return AW_OK;
}

enum aw_err awh_gauge_find(unsigned ms, double *gauge_ns_out, double *share_out,
                           struct awh_diag *diag)
{
    cpu_set_t before, one;
    double *values = malloc(GAUGES_MAX * sizeof *values);
    if (!values)
        return awh_fail_mem(diag);
    if (sched_getaffinity(0, sizeof before, &before)) {
        free(values);
        return awh_fail(diag, AW_ERR_IO, "cannot tell which cores this process may use: %s",
                        strerror(errno));
    }
    double best = 0.0, best_share = 0.0;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        double gauge, share;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        if (!CPU_ISSET(cpu, &before) || sched_setaffinity(0, sizeof one, &one))
            continue;
        (void)find_on_core(ms, values, &gauge, &share);
        if (best <= 0.0 || gauge < best) {
            best = gauge;
            best_share = share;
        }
    }
    (void)sched_setaffinity(0, sizeof before, &before);
    free(values);
    if (best <= 0.0)
        return awh_fail(diag, AW_ERR_IO, "no core of this host can be chosen to measure on");
    *gauge_ns_out = best;
    if (share_out)
        *share_out = best_share;
    return AW_OK;
}

/* -- cores -------------------------------------------------------------------------------- */

/* The idlest core that may be used and is not taken; of equals the last, since the first ones serve
 * interrupts. */
static int idlest(const cpu_set_t *allowed, const cpu_set_t *taken, const uint64_t *idle)
{
    int best = -1;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, allowed) && !CPU_ISSET(cpu, taken) &&
            (best < 0 || idle[cpu] >= idle[best]))
            best = (int)cpu;
    return best;
}

static void choose_cores(struct awh_timing_host *host)
{
    static const struct timespec pause = {.tv_nsec = IDLE_MS * 1000000L};
    uint64_t first[CPU_SETSIZE] = {0}, idle[CPU_SETSIZE] = {0};
    cpu_set_t taken;
    awh_sysfs_idle(first, CPU_SETSIZE);
    nanosleep(&pause, NULL);
    awh_sysfs_idle(idle, CPU_SETSIZE);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        idle[cpu] -= first[cpu];
    CPU_ZERO(&host->cores);
    CPU_ZERO(&taken);
    for (unsigned i = 0; i < host->threads; i++) {
        int core = idlest(&host->before, &taken, idle);
        if (core < 0) /* only hardware threads beside taken ones are left */
            core = idlest(&host->before, &host->cores, idle);
        if (core < 0)
            break;
        CPU_SET((size_t)core, &host->cores);
        CPU_SET((size_t)core, &taken);
        awh_sysfs_siblings(core, &taken);
    }
}

/* Ahead of all that is not of real time, where the user may do that: then a busy host delays
 * nothing. Else ahead of what is equal. */
static void raise_priority(struct awh_timing_host *host)
{
    const struct sched_param first = {.sched_priority = 1};
    host->policy_before = sched_getscheduler(0);
    host->priority_before = getpriority(PRIO_PROCESS, 0);
    host->real_time =
        host->policy_before == SCHED_OTHER && !sched_setscheduler(0, SCHED_FIFO, &first);
    host->raised = !host->real_time && !setpriority(PRIO_PROCESS, 0, PRIORITY);
}

static void restore_priority(const struct awh_timing_host *host)
{
    const struct sched_param none = {0};
    if (host->real_time)
        (void)sched_setscheduler(0, host->policy_before, &none);
    if (host->raised)
        (void)setpriority(PRIO_PROCESS, 0, host->priority_before);
}

enum aw_err awh_host_open(struct awh_timing_host *host, unsigned threads, double gauge_ns,
                          struct awh_diag *diag)
{
    struct awh_timing_host opened = {.threads = threads, .gauge_ns = gauge_ns};
    opened.calibrated = gauge_ns > 0.0;
    if (sched_getaffinity(0, sizeof opened.before, &opened.before))
        return awh_fail(diag, AW_ERR_IO, "cannot tell which cores this process may use: %s",
                        strerror(errno));
    if (threads > (unsigned)CPU_COUNT(&opened.before))
        return awh_fail(
            diag, AW_ERR_RANGE,
            "--threads: expected 1 to %d, the cores that this process may use, found %u",
            CPU_COUNT(&opened.before), threads);
    if (!opened.calibrated) {
        enum aw_err err = awh_gauge_find(FIND_MS, &opened.gauge_ns, NULL, diag);
        if (err)
            return err;
        awh_warn(diag,
                 "this host was never calibrated: how fast it is undisturbed was found out "
                 "in %u ms; run awnas-hw doctor --calibrate when it is quiet",
                 FIND_MS);
    }
    choose_cores(&opened);
    if (sched_setaffinity(0, sizeof opened.cores, &opened.cores))
        return awh_fail(diag, AW_ERR_IO, "cannot pin to a core: %s", strerror(errno));
    raise_priority(&opened);
    opened.schedstat_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    awh_sysfs_steal(&opened.open_total, &opened.open_steal);
    *host = opened;
    return AW_OK;
}

void awh_host_close(struct awh_timing_host *host)
{
    if (host->schedstat_fd >= 0)
        close(host->schedstat_fd);
    restore_priority(host);
    (void)sched_setaffinity(0, sizeof host->before, &host->before);
}

/* -- samples ------------------------------------------------------------------------------ */

/* "<time on a core> <time that it waited for one> <times>" */
static uint64_t run_delay(const struct awh_timing_host *host)
{
    char text[96];
    ssize_t size =
        host->schedstat_fd < 0 ? -1 : pread(host->schedstat_fd, text, sizeof text - 1, 0);
    if (size <= 0)
        return 0;
    text[size] = '\0';
    char *rest;
    (void)strtoull(text, &rest, 10);
    return strtoull(rest, NULL, 10);
}

int awh_host_look(struct awh_timing_host *host)
{
    double limit = AWH_GAUGE_LIMIT * host->gauge_ns;
    double last_gauge = host->last_gauge_ns;
    uint64_t last_delay = host->last_delay_ns;
    host->last_gauge_ns = awh_gauge();
    host->last_delay_ns = run_delay(host);
    if (host->last_delay_ns - last_delay >= AWH_RUN_DELAY_MAX_NS)
        return AWH_HOST_REJECT_DELAY;
    return host->last_gauge_ns >= limit || last_gauge >= limit ? AWH_HOST_REJECT_GAUGE : -1;
}

/* -- facts -------------------------------------------------------------------------------- */

static void list_cores(const cpu_set_t *cores, char *text, size_t capacity)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, cores) && used < capacity)
            used += (size_t)snprintf(text + used, capacity - used, "%s%zu", used ? "," : "", cpu);
}

static int first_core(const cpu_set_t *cores)
{
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, cores))
            return (int)cpu;
    return 0;
}

static bool set_text(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     const char *text)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_str(arena, text));
}

static bool set_real(struct awh_arena *arena, struct awh_yaml *map, const char *key, double value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_real(arena, value));
}

static bool set_bool(struct awh_arena *arena, struct awh_yaml *map, const char *key, bool value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_bool(arena, value));
}

/* What the kernel tells of the core: frequency and who shares it. */
static bool describe_core(const struct awh_timing_host *host, struct awh_arena *arena,
                          struct awh_yaml *map)
{
    char text[256];
    int core = first_core(&host->cores);
    list_cores(&host->cores, text, sizeof text);
    bool ok = set_text(arena, map, "pinned_to", text);
    awh_sysfs_governor(core, text, sizeof text);
    ok = ok && set_text(arena, map, "governor", text);
    awh_sysfs_turbo(text, sizeof text);
    ok = ok && set_text(arena, map, "turbo", text);
    awh_sysfs_sibling_list(core, text, sizeof text);
    return ok && set_text(arena, map, "smt_siblings", text);
}

static bool describe_disturbance(const struct awh_timing_host *host, struct awh_arena *arena,
                                 struct awh_yaml *map)
{
    double load[1] = {0.0};
    uint64_t total, steal;
    awh_sysfs_steal(&total, &steal);
    double share = total > host->open_total ? 100.0 * (double)(steal - host->open_steal) /
                                                  (double)(total - host->open_total)
                                            : 0.0;
    return (getloadavg(load, 1) != 1 || set_real(arena, map, "load", load[0])) &&
           set_real(arena, map, "steal_percent", share) &&
           set_bool(arena, map, "virtual_machine", awh_sysfs_is_virtual()) &&
           set_text(arena, map, "priority",
                    host->real_time ? "real-time"
                    : host->raised  ? "raised"
                                    : "normal") &&
           set_real(arena, map, "gauge_ns", host->gauge_ns) &&
           set_text(arena, map, "gauge_from", host->calibrated ? "calibration" : "this run");
}

void awh_host_cpu(char *text, size_t capacity)
{
    awh_sysfs_cpu(text, capacity);
}

enum aw_err awh_host_describe(const struct awh_timing_host *host, struct awh_arena *arena,
                              struct awh_yaml *map, struct awh_diag *diag)
{
    char text[128];
    awh_host_cpu(text, sizeof text);
    bool ok = set_text(arena, map, "cpu", text);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    ok = ok && awh_yaml_set(arena, map, "cores", awh_yaml_new_int(arena, online)) &&
         awh_yaml_set(arena, map, "threads", awh_yaml_new_int(arena, (int64_t)host->threads)) &&
         describe_core(host, arena, map);
    awh_sysfs_huge_pages(text, sizeof text);
    ok = ok && set_text(arena, map, "huge_pages", text) && describe_disturbance(host, arena, map);
    return ok ? AW_OK : awh_fail_mem(diag);
}
