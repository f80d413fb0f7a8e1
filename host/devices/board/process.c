#include "devices/board/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "devices/fd.h"
#include "devices/link.h"

#define SLOTS 16

/* What must not outlive this process. Signal handlers read it: an entry is filled before `used`
 * says so, and lock-free atomics are all that a handler touches. */
static struct {
    atomic_int used; /* 0 free, 1 being filled, 2 valid */
    pid_t pid;
    char dir[80], socket[96];
} slots[SLOTS];

static void clean_up(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (atomic_load(&slots[i].used) != 2)
            continue;
        if (slots[i].pid > 0)
            kill(-slots[i].pid, SIGKILL);
        if (slots[i].dir[0]) {
            unlink(slots[i].socket);
            rmdir(slots[i].dir);
        }
    }
}

static int slot_take(void)
{
    static atomic_bool registered;
    for (int i = 0; i < SLOTS; i++) {
        int expected = 0;
        if (!atomic_compare_exchange_strong(&slots[i].used, &expected, 1))
            continue;
        slots[i].pid = 0;
        slots[i].dir[0] = '\0';
        if (!atomic_exchange(&registered, true))
            atexit(clean_up);
        return i;
    }
    return -1;
}

static void slot_give(int slot)
{
    if (slot >= 0)
        atomic_store(&slots[slot].used, 0);
}

static void on_signal(int number)
{
    clean_up();
    /* Die of the same signal, so that the shell sees it (130 for an interrupt). */
    signal(number, SIG_DFL);
    raise(number);
}

void awh_link_cleanup_on_signal(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction old, action = {.sa_handler = on_signal};
        sigemptyset(&action.sa_mask);
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
    }
}

enum aw_err awh_private_dir_make(struct awh_private_dir *dir_out, struct awh_diag *diag)
{
    /* A socket's path has at most 107 characters, and QEMU splits its options at commas. */
    const char *base = getenv("TMPDIR");
    if (!base || base[0] != '/' || strlen(base) > 40 || strchr(base, ','))
        base = "/tmp";
    int slot = slot_take();
    if (slot < 0)
        return awh_fail(diag, AW_ERR_NO_SPACE, "more than %d emulated boards at once", SLOTS);
    struct awh_private_dir dir = {.slot = slot};
    snprintf(dir.path, sizeof(dir.path), "%.40s/awnas-hw-XXXXXX", base);
    if (!mkdtemp(dir.path)) {
        int error = errno;
        slot_give(slot);
        return awh_fail(diag, AW_ERR_IO, "%s: cannot make a temporary directory: %s", base,
                        strerror(error));
    }
    snprintf(dir.socket, sizeof(dir.socket), "%s/serial", dir.path);
    memcpy(slots[slot].dir, dir.path, sizeof(dir.path));
    memcpy(slots[slot].socket, dir.socket, sizeof(dir.socket));
    atomic_store(&slots[slot].used, 2);
    *dir_out = dir;
    return AW_OK;
}

void awh_private_dir_remove(struct awh_private_dir *dir)
{
    if (dir->slot < 0)
        return;
    unlink(dir->socket);
    rmdir(dir->path);
    slot_give(dir->slot);
    dir->slot = -1;
}

/* Between fork and exec: only async-signal-safe calls. */
static _Noreturn void run_child(const char *const *argv, int null_fd, int log_fd, int error_fd,
                                pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before the line above */
        _exit(127);
    for (int number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int error = 0;
    if (dup2(null_fd, 0) < 0 || dup2(log_fd, 1) < 0 || dup2(log_fd, 2) < 0)
        error = errno;
    if (!error) {
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        error = errno;
    }
    ssize_t ignored = write(error_fd, &error, sizeof(error));
    (void)ignored;
    _exit(127);
}

/* Waits until the child has executed its program; its errno, or 0. */
static int exec_error(int fd)
{
    int error = 0;
    ssize_t got;
    do
        got = read(fd, &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(error) ? error : 0;
}

enum aw_err awh_process_start(const char *const *argv, struct awh_process *process_out,
                              int *errno_out, struct awh_diag *diag)
{
    *errno_out = 0;
    int pipe_fds[2] = {-1, -1};
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int log_fd = memfd_create("awnas-hw-log", MFD_CLOEXEC);
    int slot = slot_take();
    pid_t parent = getpid(), pid = -1;
    int error = 0;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* no signal between the fork and its entry in slots */
    if (slot < 0)
        error = EMFILE;
    else if (null_fd < 0 || log_fd < 0 || pipe2(pipe_fds, O_CLOEXEC) || (pid = fork()) < 0)
        error = errno;
    else if (pid == 0)
        run_child(argv, null_fd, log_fd, pipe_fds[1], parent);
    if (pid > 0) {
        setpgid(pid, pid);
        slots[slot].pid = pid;
        atomic_store(&slots[slot].used, 2);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (null_fd >= 0)
        close(null_fd);
    if (pipe_fds[1] >= 0)
        close(pipe_fds[1]);
    if (pid > 0)
        *errno_out = exec_error(pipe_fds[0]);
    if (pipe_fds[0] >= 0)
        close(pipe_fds[0]);
    if (pid > 0 && !*errno_out) {
        const char *slash = strrchr(argv[0], '/');
        *process_out = (struct awh_process){.pid = pid, .slot = slot, .log_fd = log_fd};
        snprintf(process_out->name, sizeof(process_out->name), "%.31s",
                 slash ? slash + 1 : argv[0]);
        return AW_OK;
    }
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    slot_give(slot);
    if (log_fd >= 0)
        close(log_fd);
    if (*errno_out)
        return AW_ERR_IO;
    return awh_fail(diag, AW_ERR_IO, "cannot start %s: %s", argv[0], strerror(error));
}

bool awh_process_ended(struct awh_process *process, unsigned wait_ms)
{
    uint64_t deadline = awh_clock_ms() + wait_ms;
    while (!process->ended) {
        pid_t got = waitpid(process->pid, &process->status, WNOHANG);
        if (got == process->pid || (got < 0 && errno != EINTR)) {
            process->ended = true;
            slot_give(process->slot); /* the number may belong to another process from now on */
            process->slot = -1;
        } else if (awh_clock_ms() >= deadline) {
            return false;
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
    }
    return true;
}

void awh_process_output(const struct awh_process *process, char *text, size_t capacity)
{
    ssize_t got = pread(process->log_fd, text, capacity - 1, 0);
    text[got > 0 ? got : 0] = '\0';
}

/* Copies a line without its control characters. */
static void copy_line(const char *from, size_t size, char *line, size_t capacity)
{
    if (size > capacity - 1)
        size = capacity - 1;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)from[i];
        line[i] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    line[size] = '\0';
}

static void last_line(const struct awh_process *process, char *line, size_t capacity)
{
    char tail[4096];
    struct stat stat;
    line[0] = '\0';
    if (fstat(process->log_fd, &stat))
        return;
    off_t from = stat.st_size > (off_t)sizeof(tail) ? stat.st_size - (off_t)sizeof(tail) : 0;
    ssize_t got = pread(process->log_fd, tail, sizeof(tail), from);
    size_t end = got > 0 ? (size_t)got : 0, name_size = strlen(process->name);
    while (end) {
        while (end && (tail[end - 1] == '\n' || tail[end - 1] == '\r' || tail[end - 1] == ' '))
            end--;
        size_t start = end;
        while (start && tail[start - 1] != '\n')
            start--;
        const char *at = tail + start;
        size_t size = end - start;
        if (name_size && size > name_size && memcmp(at, process->name, name_size) == 0 &&
            at[name_size] == ':') {
            copy_line(at, size, line, capacity);
            return;
        }
        bool warning = memmem(at, size, "warning", 7) || memmem(at, size, "deprecated", 10);
        if (size && !line[0] && !warning)
            copy_line(at, size, line, capacity);
        end = start;
    }
}

void awh_process_epitaph(const struct awh_process *process, char *text, size_t capacity)
{
    char line[400];
    last_line(process, line, sizeof(line));
    int status = process->status;
    if (WIFSIGNALED(status))
        snprintf(text, capacity, "killed by signal %d, %s%s%s", WTERMSIG(status),
                 strsignal(WTERMSIG(status)), line[0] ? ": " : "", line);
    else
        snprintf(text, capacity, "exit status %d: %s", WEXITSTATUS(status),
                 line[0] ? line : "it did not say why");
}

void awh_process_stop(struct awh_process *process)
{
    if (!process->pid)
        return;
    if (!awh_process_ended(process, 0)) {
        kill(-process->pid, SIGTERM);
        if (!awh_process_ended(process, 1000)) {
            kill(-process->pid, SIGKILL);
            awh_process_ended(process, UINT32_MAX);
        }
    }
    close(process->log_fd);
    *process = (struct awh_process){.slot = -1};
}
