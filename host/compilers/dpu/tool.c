#include "compilers/dpu/tool.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 10
#define TERM_MS 2000

/* In the child: never returns. What fails goes through `report` as an errno. */
static void start(char *const *argv, const char *directory, int log, int report)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(log, 1) >= 0 && dup2(log, 2) >= 0 &&
        chdir(directory) == 0)
        execvp(argv[0], argv);
    int why = errno;
    ssize_t written = write(report, &why, sizeof why);
    _exit(written == sizeof why ? 127 : 126);
}

static void pause_ms(long ms)
{
    struct timespec rest = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        continue;
}

/* The process stays a zombie, so that its group's number is not given to another one. */
static bool ended_within(pid_t pid, int64_t ms)
{
    struct timespec from, now;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid)
            return true;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t passed =
            (int64_t)(now.tv_sec - from.tv_sec) * 1000 + (now.tv_nsec - from.tv_nsec) / 1000000;
        if (passed >= ms)
            return false;
        pause_ms(POLL_MS);
    }
}

/* The last line that has letters, from the last bytes of the log; "" when it is empty. */
static void last_line(const char *log, char *text, size_t capacity)
{
    char tail[512];
    FILE *file = fopen(log, "rb");
    size_t size = 0;
    *text = '\0';
    if (!file)
        return;
    if (fseek(file, -(long)sizeof tail, SEEK_END) != 0)
        rewind(file);
    size = fread(tail, 1, sizeof tail - 1, file);
    fclose(file);
    while (size > 0 && isspace((unsigned char)tail[size - 1]))
        size--;
    tail[size] = '\0';
    const char *line = tail;
    for (size_t i = 0; i < size; i++) {
        if (tail[i] == '\n')
            line = &tail[i + 1];
        else if (!isprint((unsigned char)tail[i]))
            tail[i] = '?';
    }
    snprintf(text, capacity, "%s", line);
}

static enum aw_err judge(const char *program, int status, const char *log, struct awh_diag *diag)
{
    char line[512];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return AW_OK;
    last_line(log, line, sizeof line);
    if (WIFSIGNALED(status))
        return awh_fail(diag, AW_ERR_IO, "%s was killed by signal %d (%s); its last line: %s",
                        program, WTERMSIG(status), strsignal(WTERMSIG(status)), line);
    return awh_fail(diag, AW_ERR_IO, "%s failed with exit status %d; its last line: %s", program,
                    WEXITSTATUS(status), line);
}

static enum aw_err not_started(const char *program, int why, struct awh_diag *diag)
{
    if (why == ENOENT)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: no such program; install it or correct dnnc.command", program);
    return awh_fail(diag, AW_ERR_IO, "%s cannot be started: %s", program, strerror(why));
}

/* The child is `pid`; `report` gives an errno, or ends when it has become the program. */
static enum aw_err supervise(const char *program, pid_t pid, int report, const char *log,
                             unsigned timeout_s, struct awh_diag *diag)
{
    int status = 0, why = 0;
    ssize_t size;
    do
        size = read(report, &why, sizeof why);
    while (size < 0 && errno == EINTR);
    if (size == sizeof why) {
        waitpid(pid, &status, 0);
        return not_started(program, why, diag);
    }
    bool ended = ended_within(pid, (int64_t)timeout_s * 1000);
    if (!ended) {
        kill(-pid, SIGTERM);
        ended_within(pid, TERM_MS);
    }
    kill(-pid, SIGKILL); /* and whatever it left in its group */
    waitpid(pid, &status, 0);
    if (!ended)
        return awh_fail(diag, AW_ERR_TIMEOUT,
                        "%s was stopped after %u s; give it more time with dnnc.timeout_s", program,
                        timeout_s);
    return judge(program, status, log, diag);
}

enum aw_err awh_tool_run(char *const *argv, const char *directory, const char *log,
                         unsigned timeout_s, struct awh_diag *diag)
{
    int report[2];
    int file = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return awh_fail(diag, AW_ERR_IO, "%s: %s", log, strerror(errno));
    if (pipe2(report, O_CLOEXEC) != 0) {
        close(file);
        return awh_fail(diag, AW_ERR_IO, "pipe: %s", strerror(errno));
    }
    pid_t pid = fork();
    if (pid == 0)
        start(argv, directory, file, report[1]);
    int why = errno;
    if (pid > 0)
        setpgid(pid, pid); /* here too, so that it is done before a signal is sent */
    close(file);
    close(report[1]);
    enum aw_err err = pid < 0 ? awh_fail(diag, AW_ERR_IO, "fork: %s", strerror(why))
                              : supervise(argv[0], pid, report[0], log, timeout_s, diag);
    close(report[0]);
    return err;
}
