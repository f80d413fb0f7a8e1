#include "devices/board/spec.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "base/yaml.h"

/* Folder of the running program; NULL when the system does not tell. */
static char *program_dir(struct awh_arena *arena)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (size <= 0)
        return NULL;
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return awh_arena_strdup(arena, path);
}

const char *awh_boards_dir(struct awh_arena *arena, const char *given)
{
    if (given)
        return given;
    const char *from_environment = getenv("AWNAS_BOARDS_DIR");
    if (from_environment && from_environment[0])
        return from_environment;
    const char *dir = program_dir(arena);
    static const char *const places[] = {"../../boards", "../share/awnas-hw/boards"};
    for (size_t i = 0; dir && i < sizeof(places) / sizeof(places[0]); i++) {
        char *path = awh_path_join(arena, dir, places[i]);
        if (path && awh_path_is_dir(path))
            return path;
    }
    return NULL;
}

static const char *yaml_path(struct awh_arena *arena, const char *boards_dir, const char *board)
{
    char *path = awh_arena_printf(arena, "%s/%s/board.yaml", boards_dir, board);
    return path && awh_path_exists(path) ? path : NULL;
}

static enum aw_err unknown_board(struct awh_arena *arena, const char *board, const char *boards_dir,
                                 struct awh_diag *diag)
{
    char **names;
    size_t count;
    enum aw_err err = awh_dir_list(arena, boards_dir, &names, &count, diag);
    if (err)
        return err;
    struct awh_str list;
    awh_str_init(&list);
    const char *nearest = NULL;
    unsigned least = UINT_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!yaml_path(arena, boards_dir, names[i]))
            continue;
        awh_str_printf(&list, "%s%s", list.size ? ", " : "", names[i]);
        unsigned distance = awh_str_distance(board, names[i]);
        if (distance < least) {
            least = distance;
            nearest = names[i];
        }
    }
    if (!nearest)
        err = awh_fail(diag, AW_ERR_NOT_FOUND,
                       "%s: no board here has a board.yaml; set AWNAS_BOARDS_DIR", boards_dir);
    else if (list.failed)
        err = awh_fail_mem(diag);
    else if (least <= 2 || least < strlen(nearest) / 2)
        err = awh_fail(diag, AW_ERR_NOT_FOUND,
                       "unknown board '%s'; did you mean '%s'? Known boards: %s", board, nearest,
                       list.text);
    else
        err = awh_fail(diag, AW_ERR_NOT_FOUND, "unknown board '%s'; known boards: %s", board,
                       list.text);
    awh_str_release(&list);
    return err;
}

/* The image: given, in AWNAS_FIRMWARE_DIR, or where the build or the installation puts it. The
 * program of the native board lies in the host's own build folder. */
static enum aw_err find_firmware(struct awh_arena *arena, const char *board, const char *file,
                                 const char *given, const char **path_out, struct awh_diag *diag)
{
    if (given) {
        if (!awh_path_exists(given) || awh_path_is_dir(given))
            return awh_fail(diag, AW_ERR_IO,
                            "%s: no such firmware image; build it, or leave "
                            "--firmware out",
                            given);
        *path_out = given;
        return AW_OK;
    }
    const char *places[6];
    size_t count = 0;
    const char *from_environment = getenv("AWNAS_FIRMWARE_DIR");
    if (from_environment && from_environment[0]) {
        places[count++] = awh_path_join(arena, from_environment, file);
    } else {
        const char *dir = program_dir(arena);
        if (dir) {
            places[count++] = awh_arena_printf(arena, "%s/../fw-%s/%s", dir, board, file);
            places[count++] = awh_arena_printf(arena, "%s/%s", dir, file);
            places[count++] = awh_arena_printf(arena, "%s/boards/%s/%s", dir, board, file);
            places[count++] =
                awh_arena_printf(arena, "%s/../share/awnas-hw/firmware/%s", dir, file);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (!places[i])
            return awh_fail_mem(diag);
        if (awh_path_exists(places[i])) {
            *path_out = places[i];
            return AW_OK;
        }
    }
    return awh_fail(diag, AW_ERR_IO,
                    "%s: no firmware image %s; build it (cmake --preset fw-%s && cmake --build "
                    "--preset fw-%s), or give --firmware or AWNAS_FIRMWARE_DIR",
                    count ? places[0] : board, file, board, board);
}

/* launch.command and, for a board that is reached over its Ethernet, launch.network behind it. */
static enum aw_err read_command(struct awh_arena *arena, const struct awh_yaml *root, bool network,
                                const char *const **command_out, struct awh_diag *diag)
{
    struct awh_yaml *launch, *list, *more = NULL;
    enum aw_err err = awh_yaml_need(root, "launch", AWH_YAML_MAP, &launch, diag);
    if (!err)
        err = awh_yaml_need(launch, "command", AWH_YAML_SEQ, &list, diag);
    if (!err && network && !awh_yaml_get_set(launch, "network"))
        return awh_yaml_fail(launch, AW_ERR_UNSUPPORTED, diag,
                             "this board has no Ethernet here; leave :tcp out");
    if (!err && network)
        err = awh_yaml_need(launch, "network", AWH_YAML_SEQ, &more, diag);
    if (err)
        return err;
    if (list->list.count == 0)
        return awh_yaml_fail(list, AW_ERR_FORMAT, diag, "expected a program and its arguments");
    size_t count = list->list.count, all = count + (more ? more->list.count : 0);
    const char **command = awh_arena_array(arena, all + 1, sizeof(*command));
    if (!command)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < all && !err; i++)
        err = awh_yaml_text(i < count ? list->list.items[i] : more->list.items[i - count],
                            &command[i], diag);
    *command_out = command;
    return err;
}

static bool uses(const char *const *command, const char *placeholder)
{
    for (; *command; command++)
        if (strstr(*command, placeholder))
            return true;
    return false;
}

static enum aw_err read_spec(struct awh_arena *arena, const struct awh_yaml *root,
                             const char *board, bool network, const char *firmware,
                             struct awh_board_spec *spec, struct awh_diag *diag)
{
    struct awh_yaml *node;
    enum aw_err err = awh_yaml_need(root, "name", AWH_YAML_STR, &node, diag);
    if (err)
        return err;
    if (!awh_yaml_is_str(node, board))
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected '%s', the folder's name", board);
    if (!awh_yaml_get_set(root, "launch"))
        return awh_yaml_fail(root, AW_ERR_UNSUPPORTED, diag,
                             "this board is not emulated; give --serial DEV or --tcp HOST:PORT");
    err = awh_yaml_need(root, "link", AWH_YAML_STR, &node, diag);
    if (err)
        return err;
    if (awh_yaml_is_str(node, "serial-socket"))
        spec->link = AWH_BOARD_SERIAL_SOCKET;
    else if (awh_yaml_is_str(node, "tcp"))
        spec->link = AWH_BOARD_TCP;
    else
        return awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected serial-socket or tcp");
    if (network && spec->link == AWH_BOARD_SERIAL_SOCKET)
        spec->link = AWH_BOARD_NETWORK;
    err = read_command(arena, root, spec->link == AWH_BOARD_NETWORK, &spec->command, diag);
    if (!err)
        err = awh_yaml_opt_text(root, "package", &spec->package, diag);
    if (err)
        return err;
    const char *placeholder = spec->link == AWH_BOARD_SERIAL_SOCKET ? "{serial}" : "{port}";
    if (!uses(spec->command, placeholder))
        return awh_yaml_fail(awh_yaml_get(root, "launch"), AW_ERR_FORMAT, diag,
                             "expected %s in the command", placeholder);
    if (!uses(spec->command, "{firmware}"))
        return AW_OK;
    const char *file = NULL;
    err = awh_yaml_need(root, "firmware", AWH_YAML_STR, &node, diag);
    if (!err)
        err = awh_yaml_text(node, &file, diag);
    if (!err && (!file[0] || strchr(file, '/')))
        err = awh_yaml_fail(node, AW_ERR_FORMAT, diag, "expected the file name of the image");
    return err ? err : find_firmware(arena, board, file, firmware, &spec->firmware, diag);
}

enum aw_err awh_board_spec_load(struct awh_arena *arena, const char *board, const char *boards_dir,
                                const char *firmware, struct awh_board_spec *spec_out,
                                struct awh_diag *diag)
{
    const char *dir = awh_boards_dir(arena, boards_dir);
    static const char suffix[] = ":tcp";
    size_t size = strlen(board);
    bool network = size >= sizeof(suffix) && strcmp(board + size + 1 - sizeof(suffix), suffix) == 0;
    if (network &&
        !(board = awh_arena_printf(arena, "%.*s", (int)(size + 1 - sizeof(suffix)), board)))
        return awh_fail_mem(diag);
    if (!dir)
        return awh_fail(
            diag, AW_ERR_NOT_FOUND,
            "no folder of boards beside this program; set AWNAS_BOARDS_DIR to the source "
            "tree's boards/");
    if (!awh_path_is_dir(dir))
        return awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no such folder of boards", dir);
    if (!board[0] || board[0] == '.' || strchr(board, '/') || strlen(board) > 64 ||
        !yaml_path(arena, dir, board))
        return unknown_board(arena, board, dir, diag);
    struct awh_board_spec spec = {.name = awh_arena_strdup(arena, board),
                                  .file = yaml_path(arena, dir, board)};
    if (!spec.name || !spec.file)
        return awh_fail_mem(diag);
    struct awh_yaml *root;
    enum aw_err err = awh_yaml_load_file(arena, spec.file, &root, diag);
    if (!err)
        err = read_spec(arena, root, board, network, firmware, &spec, diag);
    if (!err)
        *spec_out = spec;
    return err;
}
