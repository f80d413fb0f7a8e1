/* Loading one plug-in: tried out in a child first, so that one that crashes costs only that child,
 * then loaded here. */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/path.h"
#include "plugins/host_table.h"
#include "plugins/plugins.h"
#include "plugins/registrar.h"

#define PLUGINS_MAX   64
#define ATTEMPTS_MAX  128
#define TRY_SECONDS   5
#define TRY_CAME_BACK 87 /* exit code of a child that got through, with whatever result */

struct loaded {
    void *handle;
    struct awh_plugin_info info;
    struct awh_member members[AWH_REGISTRY_ADDED_MAX];
    size_t member_count;
};

static struct {
    struct awh_host host;
    struct awh_registrar registrar;
    struct loaded *plugins[PLUGINS_MAX];
    size_t count, member_count;
    struct awh_plugin_attempt attempts[ATTEMPTS_MAX];
    size_t attempt_count;
} state;

size_t awh_plugins_attempts(const struct awh_plugin_attempt **out)
{
    *out = state.attempts;
    return state.attempt_count;
}

/* Borrows the path of what was loaded, copies what was skipped. */
static void remember(const char *path, const struct awh_plugin_info *info, const char *why)
{
    if (state.attempt_count == ATTEMPTS_MAX)
        return;
    struct awh_plugin_attempt attempt = {.info = info};
    attempt.path = info ? path : strdup(path);
    attempt.why = why ? strdup(why) : NULL;
    if (attempt.path && (info || attempt.why))
        state.attempts[state.attempt_count++] = attempt;
}

const struct awh_plugin_info *awh_plugins_source(enum awh_member_kind kind, const void *type)
{
    for (size_t i = 0; i < state.count; i++)
        for (size_t k = 0; k < state.plugins[i]->member_count; k++)
            if (state.plugins[i]->members[k].kind == kind &&
                state.plugins[i]->members[k].type == type)
                return &state.plugins[i]->info;
    return NULL;
}

static bool is_loaded(const void *handle)
{
    for (size_t i = 0; i < state.count; i++)
        if (state.plugins[i]->handle == handle)
            return true;
    return false;
}

/* Nothing behind abi_version means anything until that is right. */
static enum aw_err check_header(const char *path, const struct awh_plugin *plugin,
                                struct awh_diag *diag)
{
    static const uint16_t layout[AWH_PLUGIN_LAYOUT_COUNT] = AWH_PLUGIN_LAYOUT;
    if (plugin->abi_version != AWH_PLUGIN_ABI)
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "%s: made for version %u of the plug-in interface, this awnas-hw has %d; "
                        "compile it again with this one's awnashw/plugin.h",
                        path, plugin->abi_version, AWH_PLUGIN_ABI);
    if (plugin->struct_size != sizeof *plugin || memcmp(plugin->layout, layout, sizeof layout) != 0)
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "%s: made with another awnashw/plugin.h, whose structs differ; compile it "
                        "again with this one's",
                        path);
    if (plugin->host_size > sizeof(struct awh_host))
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "%s: made for a newer awnas-hw, with functions that this one lacks", path);
    if (!awh_plugin_name_ok(plugin->name) || !awh_plugin_name_ok(plugin->version) || !plugin->init)
        return awh_fail(diag, AW_ERR_FORMAT,
                        "%s: its awnashw_plugin lacks a name, a version or init", path);
    for (size_t i = 0; i < state.count; i++)
        if (!strcmp(state.plugins[i]->info.name, plugin->name))
            return awh_fail(diag, AW_ERR_EXISTS, "%s: a plug-in '%s' is already loaded, from %s",
                            path, plugin->name, state.plugins[i]->info.path);
    return AW_OK;
}

static enum aw_err run_init(const char *path, const struct awh_plugin *plugin,
                            struct awh_diag *diag)
{
    struct awh_diag own = {.warn = diag ? diag->warn : NULL,
                           .warn_context = diag ? diag->warn_context : NULL};
    struct awh_registrar *registrar = &state.registrar;
    awh_host_table_init(&state.host);
    awh_registrar_table(&state.host);
    *registrar = (struct awh_registrar){.open = true,
                                        .capacity = AWH_REGISTRY_ADDED_MAX - state.member_count};
    enum aw_err err = plugin->init(&state.host, registrar, &own);
    registrar->open = false;
    if (!err && own.err)
        err = own.err; /* init did not look at what a function gave it */
    if (err)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: %s", path,
                        own.text[0] ? own.text : "its init failed without a message");
    return AW_OK;
}

static enum aw_err keep(const char *path, void *handle, const struct awh_plugin *plugin,
                        struct awh_diag *diag)
{
    struct loaded *loaded = calloc(1, sizeof *loaded);
    char *own_path = strdup(path);
    if (!loaded || !own_path) {
        free(loaded);
        free(own_path);
        return awh_fail_mem(diag);
    }
    enum aw_err err = awh_registrar_commit(&state.registrar, diag);
    if (err) {
        free(loaded);
        free(own_path);
        return err;
    }
    loaded->handle = handle;
    loaded->info = (struct awh_plugin_info){
        .name = plugin->name, .version = plugin->version, .path = own_path};
    loaded->member_count = state.registrar.count;
    memcpy(loaded->members, state.registrar.members,
           state.registrar.count * sizeof *loaded->members);
    state.member_count += loaded->member_count;
    state.plugins[state.count++] = loaded;
    remember(own_path, &loaded->info, NULL);
    return AW_OK;
}

static enum aw_err load_here(const char *path, struct awh_diag *diag)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char *why = dlerror();
        size_t prefix = strlen(path);
        if (why && !strncmp(why, path, prefix) && why[prefix] == ':')
            why += prefix + 1 + (why[prefix + 1] == ' ');
        return awh_fail(diag, AW_ERR_FORMAT, "%s: cannot be loaded as a plug-in: %s", path,
                        why ? why : "unknown reason");
    }
    if (is_loaded(handle)) {
        dlclose(handle);
        return AW_OK;
    }
    const struct awh_plugin *plugin = dlsym(handle, "awnashw_plugin");
    enum aw_err err =
        plugin ? check_header(path, plugin, diag)
               : awh_fail(diag, AW_ERR_FORMAT,
                          "%s: no plug-in: it does not export awnashw_plugin (AWH_PLUGIN of "
                          "awnashw/plugin.h)",
                          path);
    if (!err && !(err = run_init(path, plugin, diag)))
        err = keep(path, handle, plugin, diag);
    if (err)
        dlclose(handle);
    return err;
}

static void ignore_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

static _Noreturn void child(const char *path)
{
    struct awh_diag diag = {.warn = ignore_warning};
    struct rlimit no_core = {0, 0};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
    }
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGALRM, SIG_DFL);
    alarm(TRY_SECONDS);
    enum aw_err err = load_here(path, &diag);
    (void)err; /* the parent comes to the same and says so */
    _exit(TRY_CAME_BACK);
}

static enum aw_err try_out(const char *path, struct awh_diag *diag)
{
    int status;
    pid_t pid = fork();
    if (pid == 0)
        child(path);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return awh_fail(diag, AW_ERR_IO, "%s: cannot start a process to try the plug-in out", path);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return awh_fail(diag, AW_ERR_FORMAT, "%s: the plug-in does not finish loading in %d s",
                        path, TRY_SECONDS);
    if (WIFSIGNALED(status))
        return awh_fail(diag, AW_ERR_FORMAT, "%s: the plug-in crashes while it is loaded (%s)",
                        path, strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != TRY_CAME_BACK)
        return awh_fail(diag, AW_ERR_FORMAT,
                        "%s: the plug-in ends the program while it is loaded (exit code %d)", path,
                        WEXITSTATUS(status));
    return AW_OK;
}

enum aw_err awh_plugins_load(const char *path, struct awh_diag *diag)
{
    char absolute[PATH_MAX]; /* dlopen looks elsewhere for a name without a slash */
    struct stat status;
    if (!realpath(path, absolute) || stat(absolute, &status) != 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no such plug-in", path);
    if (!S_ISREG(status.st_mode))
        return awh_fail(diag, AW_ERR_FORMAT, "%s: expected a shared object, found no regular file",
                        path);
    if (state.count == PLUGINS_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "%s: more than %d plug-ins", path, PLUGINS_MAX);
    enum aw_err err = try_out(absolute, diag);
    return err ? err : load_here(absolute, diag);
}

/* $AWNAS_HOME/plugins; NULL: the environment names no home. */
static char *home_dir(struct awh_arena *arena)
{
    const char *home = getenv("AWNAS_HOME");
    if (home && *home)
        return awh_path_join(arena, home, "plugins");
    home = getenv("HOME");
    return home && *home ? awh_path_join(arena, home, "awnas/plugins") : NULL;
}

static bool is_shared_object(const char *name)
{
    size_t size = strlen(name);
    return size > 3 && name[0] != '.' && !strcmp(name + size - 3, ".so");
}

void awh_plugins_load_home(struct awh_diag *diag)
{
    struct awh_arena arena;
    struct awh_diag own = {.warn = diag->warn, .warn_context = diag->warn_context};
    char **names;
    size_t count = 0;
    awh_arena_init(&arena);
    char *dir = home_dir(&arena);
    if (dir && awh_path_is_dir(dir) && awh_dir_list(&arena, dir, &names, &count, &own))
        awh_warn(diag, "plug-ins are left out: %s", own.text);
    for (size_t i = 0; i < count; i++) {
        char *path = is_shared_object(names[i]) ? awh_path_join(&arena, dir, names[i]) : NULL;
        struct awh_diag why = {.warn = diag->warn, .warn_context = diag->warn_context};
        if (path && awh_plugins_load(path, &why)) {
            awh_warn(diag, "plug-in skipped: %s", why.text);
            remember(path, NULL, why.text);
        }
    }
    awh_arena_release(&arena);
}
