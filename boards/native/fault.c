/* Faults of the process as those of a CPU: a signal is the exception, a timer of the process's CPU
 * time the watchdog, and a restart executes the program anew with the same process id. */
#include "native.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "awt/crash.h"
#include "awt/hal.h"

#define HANDLER_STACK_BYTES 65536u /* also of a sanitizer's handlers */

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
#define FAULT_SIGNALS (sizeof fault_signals / sizeof fault_signals[0])

static struct {
    int listen_fd, noinit_fd, line_fd;
    char **argv, **environment;
    /* The environment's entry that names them, with the line and without. */
    char with_line[sizeof AWB_NATIVE_KEEP_ENV + 48], without[sizeof AWB_NATIVE_KEEP_ENV + 48];
    uint64_t *noinit;
    timer_t timer;
} keep = {.listen_fd = -1, .noinit_fd = -1, .line_fd = -1};

static _Alignas(16) unsigned char handler_stack[HANDLER_STACK_BYTES];

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "awnas-native-board: %s: %s\n", what, strerror(errno));
    exit(1);
}

void awb_native_keep_line(int line_fd)
{
    keep.line_fd = line_fd;
    snprintf(keep.with_line, sizeof keep.with_line, AWB_NATIVE_KEEP_ENV "=%d,%d,%d", keep.listen_fd,
             keep.noinit_fd, line_fd);
}

void awb_native_restart(bool with_line)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* the mask would outlive the restart */
    fcntl(keep.listen_fd, F_SETFD, 0);
    fcntl(keep.noinit_fd, F_SETFD, 0);
    if (with_line && keep.line_fd >= 0)
        fcntl(keep.line_fd, F_SETFD, 0);
    keep.environment[0] = with_line ? keep.with_line : keep.without;
    execve("/proc/self/exe", keep.argv, keep.environment);
}

static struct awt_crash_registers registers_of(const ucontext_t *context)
{
    struct awt_crash_registers registers = {0};
#if defined(__x86_64__)
    registers.pc = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    registers.sp = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    registers.pc = context->uc_mcontext.pc;
    registers.lr = context->uc_mcontext.regs[30];
    registers.sp = context->uc_mcontext.sp;
#else
    (void)context; /* not known for this machine: 0 */
#endif
    return registers;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    bool watchdog = number == SIGALRM;
    struct awt_crash_registers registers = registers_of(context);
    registers.cause = (uint64_t)number;
    if (number == SIGSEGV || number == SIGBUS)
        registers.address = (uint64_t)(uintptr_t)info->si_addr;
    awt_crash_write(watchdog ? AWP_FAULT_WATCHDOG : AWP_FAULT_EXCEPTION, &registers);
    /* One bad frame to the host, which then asks at once. */
    static const char last_words[] = "\0awnas-hw fault; restarting\r\n";
    if (keep.line_fd >= 0 && write(keep.line_fd, last_words, sizeof last_words) < 0)
        keep.line_fd = -1;
    awb_native_restart(true);
    _exit(1);
}

static void handle_signals(void)
{
    const stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGALRM, &action, NULL) != 0)
        fail("sigaction");
    for (size_t i = 0; i < FAULT_SIGNALS; i++)
        if (sigaction(fault_signals[i], &action, NULL) != 0)
            fail("sigaction");
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    /* CPU time: a process that waits for a busy machine does not run away. */
    if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &keep.timer) != 0)
        fail("timer_create");
}

/* One entry more than ours, for what a restart keeps. */
static void copy_environment(void)
{
    extern char **environ;
    size_t count = 0;
    while (environ[count])
        count++;
    keep.environment = calloc(count + 2, sizeof *keep.environment);
    if (!keep.environment)
        fail("environment");
    for (size_t i = 0; i < count; i++)
        keep.environment[i + 1] = environ[i];
}

void awb_native_keep(int listen_fd, int noinit_fd, int line_fd, char **argv)
{
    if (noinit_fd < 0)
        noinit_fd = memfd_create("awnas-noinit", MFD_CLOEXEC);
    if (noinit_fd < 0 || ftruncate(noinit_fd, AWT_NOINIT_BYTES) != 0)
        fail("memfd_create");
    void *memory = mmap(NULL, AWT_NOINIT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, noinit_fd, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    keep.listen_fd = listen_fd;
    keep.noinit_fd = noinit_fd;
    keep.noinit = memory;
    keep.argv = argv;
    snprintf(keep.without, sizeof keep.without, AWB_NATIVE_KEEP_ENV "=%d,%d,-1", listen_fd,
             noinit_fd);
    awb_native_keep_line(line_fd);
    copy_environment();
    handle_signals();
}

void *awb_noinit(void)
{
    return keep.noinit;
}

static void set_timer(uint32_t ms)
{
    const struct itimerspec time = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}};
    timer_settime(keep.timer, 0, &time, NULL);
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    set_timer(limit_ms);
}

void awb_watchdog_disarm(void)
{
    set_timer(0);
}
