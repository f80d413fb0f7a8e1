/* The process behind an emulated board: never outlives us, and its last words are kept. */
#ifndef AWH_PROCESS_H
#define AWH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/diag.h"

struct awh_process {
    pid_t pid;  /* 0: none */
    int slot;   /* in the table of what a signal cleans up */
    int log_fd; /* its stdout and stderr */
    bool ended;
    int status;    /* of waitpid, once ended */
    char name[32]; /* of the program: its errors begin with it */
};

/* Starts argv (searched in PATH) in a process group of its own, with stdin from /dev/null. A
 * program that cannot be executed gives AW_ERR_IO and *errno_out, without a message; other failures
 * say what failed in diag and set *errno_out to 0. */
AW_MUST_USE enum aw_err awh_process_start(const char *const *argv, struct awh_process *process_out,
                                          int *errno_out, struct awh_diag *diag);

/* True when the process has ended within `wait_ms`. */
bool awh_process_ended(struct awh_process *process, unsigned wait_ms);

/* The first bytes that the process has written so far, terminated. */
void awh_process_output(const struct awh_process *process, char *text, size_t capacity);

/* "exit status 1: LAST LINE" or "killed by signal 9, Killed" of an ended process, printable. Its
 * last line of its own name counts ("NAME: what"), else the last that is no mere warning. */
void awh_process_epitaph(const struct awh_process *process, char *text, size_t capacity);

/* SIGTERM, one second, SIGKILL; reaps. */
void awh_process_stop(struct awh_process *process);

/* A private directory for a socket, emptied of `socket` and removed by awh_private_dir_remove, at
 * exit and on a signal. */
struct awh_private_dir {
    int slot; /* -1: none */
    char path[80], socket[96];
};
AW_MUST_USE enum aw_err awh_private_dir_make(struct awh_private_dir *dir_out,
                                             struct awh_diag *diag);
void awh_private_dir_remove(struct awh_private_dir *dir);

#endif
