#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 64

void awh_cores_find(struct awh_cores *cores)
{
    CPU_ZERO(&cores->set);
    if (sched_getaffinity(0, sizeof cores->set, &cores->set))
        CPU_ZERO(&cores->set);
    cores->count = CPU_COUNT(&cores->set) ? (unsigned)CPU_COUNT(&cores->set) : 1;
}

/* What a piece of work had to say. */
struct piece {
    struct awh_diag diag;
    char *warnings[8]; /* the first ones */
    size_t warning_count;
};

struct job {
    enum aw_err (*work)(void *context, size_t index, struct awh_diag *diag);
    void *context;
    struct piece *pieces;
    size_t count;
    atomic_size_t next;
    atomic_bool failed;
};

static void keep_warning(void *context, const char *text)
{
    struct piece *piece = context;
    size_t most = sizeof piece->warnings / sizeof *piece->warnings;
    char *copy = piece->warning_count < most ? strdup(text) : NULL;
    if (copy)
        piece->warnings[piece->warning_count++] = copy;
}

static void *run(void *context)
{
    struct job *job = context;
    for (;;) {
        size_t index = atomic_fetch_add(&job->next, 1);
        if (index >= job->count || atomic_load(&job->failed))
            return NULL;
        struct piece *piece = &job->pieces[index];
        piece->diag.warn = keep_warning;
        piece->diag.warn_context = piece;
        if (job->work(job->context, index, &piece->diag))
            atomic_store(&job->failed, true);
    }
}

static bool start(const struct awh_cores *cores, struct job *job, pthread_t *thread)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr))
        return false;
    bool ok = true;
    if (CPU_COUNT(&cores->set))
        ok = !pthread_attr_setaffinity_np(&attr, sizeof cores->set, &cores->set);
    ok = ok && !pthread_create(thread, &attr, run, job);
    (void)pthread_attr_destroy(&attr);
    return ok;
}

/* Without a single thread this one does it. */
static void run_all(const struct awh_cores *cores, struct job *job)
{
    pthread_t threads[THREADS_MAX];
    size_t wanted = cores->count < job->count ? cores->count : job->count, started = 0;
    if (wanted > THREADS_MAX)
        wanted = THREADS_MAX;
    while (started < wanted && start(cores, job, &threads[started]))
        started++;
    if (!started)
        (void)run(job);
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
}

static enum aw_err report(const struct piece *piece, struct awh_diag *diag)
{
    for (size_t i = 0; i < piece->warning_count; i++)
        awh_warn(diag, "%s", piece->warnings[i]);
    return piece->diag.err ? awh_fail(diag, piece->diag.err, "%s", piece->diag.text) : AW_OK;
}

enum aw_err awh_parallel(const struct awh_cores *cores, size_t count,
                         enum aw_err (*work)(void *context, size_t index, struct awh_diag *diag),
                         void *context, struct awh_diag *diag)
{
    struct job job = {.work = work, .context = context, .count = count};
    job.pieces = calloc(count ? count : 1, sizeof *job.pieces);
    if (!job.pieces)
        return awh_fail_mem(diag);
    run_all(cores, &job);
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < count && !err; i++)
        err = report(&job.pieces[i], diag);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < job.pieces[i].warning_count; k++)
            free(job.pieces[i].warnings[k]);
    free(job.pieces);
    return err;
}
