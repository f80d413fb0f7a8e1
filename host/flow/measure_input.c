#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "flow/measure.h"
#include "program/upload.h"

#define MAX_PROGRAM_BYTES (256u << 20)

/* -- which hardware ---------------------------------------------------------------------- */

static enum aw_err only_hardware(struct awh_arena *arena, const char *dir, const char **name_out,
                                 struct awh_diag *diag)
{
    char **names;
    size_t count, found = 0;
    if (!awh_path_is_dir(dir))
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: nothing is compiled here; run awnas-hw genprof with -c dpu first",
                        dir);
    enum aw_err err = awh_dir_list(arena, dir, &names, &count, diag);
    if (err)
        return err;
    struct awh_str list;
    awh_str_init(&list);
    for (size_t i = 0; i < count; i++) {
        const char *path = awh_path_join(arena, dir, names[i]);
        if (!path || names[i][0] == '.' || !awh_path_is_dir(path))
            continue;
        *name_out = names[i];
        awh_str_printf(&list, "%s%s", found++ ? ", " : "", names[i]);
    }
    if (found == 0)
        err = awh_fail(diag, AW_ERR_NOT_FOUND,
                       "%s: nothing is compiled here; run awnas-hw genprof with -c dpu first", dir);
    else if (found > 1)
        err = awh_fail(diag, AW_ERR_ARG, "%s: choose one with --hardware: %s", dir,
                       list.text ? list.text : "");
    awh_str_release(&list);
    return err;
}

static enum aw_err find_hardware(struct awh_measure *measure, struct awh_diag *diag)
{
    const struct awh_measure_options *options = measure->options;
    const char *name = options->hardware;
    if (!awh_path_is_dir(options->result_dir))
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: no such result directory; awnas-hw genprof makes it",
                        options->result_dir);
    const char *dir = awh_path_join(&measure->arena, options->result_dir, "hardwares");
    if (!dir)
        return awh_fail_mem(diag);
    if (!name) {
        enum aw_err err = only_hardware(&measure->arena, dir, &name, diag);
        if (err)
            return err;
    }
    measure->hardware_dir = awh_path_join(&measure->arena, dir, name);
    measure->out_dir = options->out_dir ? options->out_dir
                       : measure->hardware_dir
                           ? awh_path_join(&measure->arena, measure->hardware_dir, "prof_results")
                           : NULL;
    if (!measure->hardware_dir || !measure->out_dir)
        return awh_fail_mem(diag);
    if (!awh_path_is_dir(measure->hardware_dir))
        return awh_fail(diag, AW_ERR_NOT_FOUND, "%s: no such directory; is --hardware right?",
                        measure->hardware_dir);
    return AW_OK;
}

/* -- which nets -------------------------------------------------------------------------- */

static bool parse_number(const char **text, uint64_t *out)
{
    char *end;
    errno = 0;
    if (**text < '0' || **text > '9')
        return false;
    unsigned long long value = strtoull(*text, &end, 10);
    if (errno)
        return false;
    *text = end;
    *out = value;
    return true;
}

/* Marks the nets that one item of --nets means: a number, a range, or a name. */
static enum aw_err select_item(struct awh_measure *measure, const char *item, struct awh_diag *diag)
{
    uint64_t first = 0, last = 0, number;
    const char *at = item;
    bool found = false, range = parse_number(&at, &first);
    last = first;
    if (range && *at == '-')
        range = (at++, parse_number(&at, &last));
    range = range && !*at;
    if (range && first > last)
        return awh_fail(diag, AW_ERR_ARG, "--nets: the range '%s' is empty", item);
    for (size_t i = 0; i < measure->net_count; i++) {
        struct awh_measure_net *net = &measure->nets[i];
        const char *name = net->name;
        bool is_number = parse_number(&name, &number) && !*name;
        if (strcmp(net->name, item) == 0 ||
            (range && is_number && number >= first && number <= last))
            found = net->selected = true;
    }
    if (!found)
        return awh_fail(
            diag, AW_ERR_ARG,
            "--nets: '%s' is no net of %s, which has %zu; expected numbers and ranges such "
            "as 0,3-5",
            item, measure->hardware_dir, measure->net_count);
    return AW_OK;
}

static enum aw_err select_nets(struct awh_measure *measure, struct awh_diag *diag)
{
    const char *list = measure->options->nets;
    if (!list) {
        for (size_t i = 0; i < measure->net_count; i++)
            measure->nets[i].selected = true;
        return AW_OK;
    }
    for (;;) {
        size_t size = strcspn(list, ",");
        char *item = awh_arena_strndup(&measure->arena, list, size);
        enum aw_err err = item ? select_item(measure, item, diag) : awh_fail_mem(diag);
        if (err)
            return err;
        if (!list[size])
            break;
        list += size + 1;
    }
    size_t kept = 0;
    for (size_t i = 0; i < measure->net_count; i++)
        if (measure->nets[i].selected)
            measure->nets[kept++] = measure->nets[i];
    measure->net_count = kept;
    return AW_OK;
}

static enum aw_err list_nets(struct awh_measure *measure, struct awh_diag *diag)
{
    struct awh_arena *arena = &measure->arena;
    char **names;
    size_t count;
    enum aw_err err = awh_dir_list(arena, measure->hardware_dir, &names, &count, diag);
    if (err)
        return err;
    measure->nets = awh_arena_array(arena, count, sizeof(*measure->nets));
    if (!measure->nets)
        return awh_fail_mem(diag);
    const char *incomplete = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *dir = awh_path_join(arena, measure->hardware_dir, names[i]);
        const char *path =
            awh_arena_printf(arena, "%s/%s/%s.awp", measure->hardware_dir, names[i], names[i]);
        if (!dir || !path)
            return awh_fail_mem(diag);
        if (names[i][0] == '.' || !awh_path_is_dir(dir))
            continue;
        if (awh_path_exists(path))
            measure->nets[measure->net_count++] =
                (struct awh_measure_net){.name = names[i], .program_path = path};
        else if (names[i][0] >= '0' && names[i][0] <= '9')
            incomplete = path;
    }
    if (incomplete)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: missing; compile the nets again with awnas-hw genprof and -c dpu",
                        incomplete);
    if (measure->net_count == 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: no <net>/<net>.awp here; run awnas-hw genprof with -c dpu",
                        measure->hardware_dir);
    return AW_OK;
}

/* -- programs ---------------------------------------------------------------------------- */

static enum aw_err refuse(const struct awh_measure_net *net, enum aw_err err,
                          const struct aw_program_fault *fault, struct awh_diag *diag)
{
    const char *what = fault->what ? fault->what : aw_err_str(err);
    if (fault->index < 0)
        return awh_fail(diag, err, "%s: %s; compile the net again", net->program_path, what);
    return awh_fail(diag, err, "%s: %s %d: %s; compile the net again", net->program_path,
                    fault->is_tensor ? "tensor" : "layer", fault->index, what);
}

static enum aw_err read_net(struct awh_arena *arena, const char *hardware_dir,
                            struct awh_measure_net *net, struct awh_diag *diag)
{
    char *bytes;
    size_t size;
    enum aw_err err =
        awh_file_read(arena, net->program_path, MAX_PROGRAM_BYTES, &bytes, &size, diag);
    if (err)
        return err;
    net->bytes = (const uint8_t *)bytes;
    net->size = (uint32_t)size;
    struct aw_program_fault fault = {.index = -1};
    struct aw_program_limits limits = {0};
    if (net->size >= AW_PROGRAM_HEADER_BYTES) /* any packing will do here */
        limits.packing = aw_packing_find(net->bytes[AW_PROGRAM_PACKING_AT]);
    err = aw_program_open(net->bytes, net->size, &limits, &net->program, &fault);
    if (err)
        return refuse(net, err, &fault, diag);
    const char *path =
        awh_arena_printf(arena, "%s/%s/%s.layers.yaml", hardware_dir, net->name, net->name);
    err = path ? awh_layers_load(arena, path, &net->layers, diag) : awh_fail_mem(diag);
    if (!err)
        err = awh_layers_check_program(&net->layers, &net->program, net->program_path, diag);
    return err;
}

enum aw_err awh_measure_read(struct awh_measure *measure, struct awh_diag *diag)
{
    enum aw_err err = find_hardware(measure, diag);
    if (!err)
        err = list_nets(measure, diag);
    if (!err)
        err = select_nets(measure, diag);
    for (size_t i = 0; !err && i < measure->net_count; i++)
        err = read_net(&measure->arena, measure->hardware_dir, &measure->nets[i], diag);
    return err;
}

enum aw_err awh_measure_check_limits(const struct awh_measure *measure, struct awh_diag *diag)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    for (size_t i = 0; i < measure->net_count; i++) {
        const struct awh_measure_net *net = &measure->nets[i];
        uint32_t upload_bytes;
        enum aw_err err = awh_upload_size(&net->program, hello->kernel_set, net->program_path,
                                          &upload_bytes, diag);
        if (err)
            return err;
        const struct {
            const char *what;
            uint32_t need, have;
        } limits[] = {
            {"bytes of program", upload_bytes, hello->program_bytes},
            {"bytes of activations", net->program.arena_bytes, hello->arena_bytes},
            {"bytes of weights", net->program.weight_bytes, hello->weight_bytes},
            {"layers", net->program.layer_count, hello->max_layers},
            {"samples a run", net->program.layer_count, hello->max_records},
        };
        for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++)
            if (limits[k].need > limits[k].have)
                return awh_fail(
                    diag, AW_ERR_NO_SPACE,
                    "%s: needs %u %s, %s has %u; leave it out with --nets, or use a larger "
                    "board%s",
                    net->program_path, limits[k].need, limits[k].what, measure->where,
                    limits[k].have,
                    k == 0 && net->program.weights_mode == AW_WEIGHTS_EMBEDDED
                        ? ", or seeded weights"
                        : "");
    }
    return AW_OK;
}
