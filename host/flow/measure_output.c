#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "flow/measure.h"

static const char marker[] = ".awnas-hw";
static const char verified_by[] = "CRC-32 of every layer's output against the host's reference";

const char *awh_measure_unit(const struct awp_hello_reply *hello)
{
    return hello->clock_hz && !hello->emulated ? "ms" : hello->clock_unit;
}

double awh_measure_latency(const struct awp_hello_reply *hello, double ticks)
{
    return hello->emulated || !hello->clock_hz ? ticks : ticks * 1000.0 / (double)hello->clock_hz;
}

/* -- the directory ----------------------------------------------------------------------- */

enum aw_err awh_measure_prepare(const struct awh_measure *measure, struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    char **names;
    size_t count = 0;
    enum aw_err err = AW_OK;
    const char *marker_path = awh_path_join(&arena, measure->out_dir, marker);
    if (!marker_path)
        err = awh_fail_mem(diag);
    else if (awh_path_exists(measure->out_dir))
        err = awh_dir_list(&arena, measure->out_dir, &names, &count, diag);
    if (!err && count && !awh_path_exists(marker_path) && !measure->options->force)
        err = awh_fail(
            diag, AW_ERR_EXISTS,
            "%s: exists and was not made by awnas-hw; choose another --out, or write into it "
            "with --force",
            measure->out_dir);
    if (!err)
        err = awh_dir_make(measure->out_dir, diag);
    if (!err && !awh_path_exists(marker_path))
        err = awh_file_write(marker_path, "", 0, diag);
    awh_arena_release(&arena);
    return err;
}

enum aw_err awh_measure_report_stale(const struct awh_measure *measure, struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_str list;
    awh_str_init(&list);
    char **names;
    size_t count = 0, stale = 0;
    enum aw_err err = awh_dir_list(&arena, measure->out_dir, &names, &count, diag);
    for (size_t i = 0; !err && i < count; i++) {
        const char *result = awh_path_join(&arena, measure->out_dir, names[i]);
        const char *net = awh_path_join(&arena, measure->hardware_dir, names[i]);
        if (!result || !net)
            err = awh_fail_mem(diag);
        else if (names[i][0] != '.' && awh_path_is_dir(result) && !awh_path_is_dir(net))
            awh_str_printf(&list, "%s%s", stale++ ? ", " : "", names[i]);
    }
    if (!err && stale)
        awh_warn(diag,
                 "%s: has results of nets that are not in %s any more (%s); remove them before "
                 "parse",
                 measure->out_dir, measure->hardware_dir, list.text ? list.text : "");
    awh_str_release(&list);
    awh_arena_release(&arena);
    return err;
}

/* -- writing ----------------------------------------------------------------------------- */

static bool set_text(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     const char *text)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_str(arena, text));
}

static bool set_int(struct awh_arena *arena, struct awh_yaml *map, const char *key, uint64_t value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_int(arena, (int64_t)value));
}

static bool set_real(struct awh_arena *arena, struct awh_yaml *map, const char *key, double value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_real(arena, value));
}

static bool set_bool(struct awh_arena *arena, struct awh_yaml *map, const char *key, bool value)
{
    return awh_yaml_set(arena, map, key, awh_yaml_new_bool(arena, value));
}

static struct awh_yaml *device_yaml(struct awh_arena *arena, const struct awh_measure *measure)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    struct awh_yaml *map = awh_yaml_new_map(arena);
    bool ok = map && set_text(arena, map, "board", hello->board) &&
              set_text(arena, map, "cpu", hello->cpu) &&
              set_text(arena, map, "firmware", hello->firmware) &&
              set_text(arena, map, "kernel_set", hello->kernel_set) &&
              set_text(arena, map, "clock_name", hello->clock_name) &&
              set_text(arena, map, "clock_unit", hello->clock_unit) &&
              set_int(arena, map, "clock_hz", hello->emulated ? 0 : hello->clock_hz) &&
              set_int(arena, map, "exception_level", hello->exception_level) &&
              set_int(arena, map, "timestamp_cost_ticks", hello->timestamp_cost_ticks) &&
              set_bool(arena, map, "emulated", hello->emulated) &&
              set_text(arena, map, "transport", measure->transport);
    return ok ? map : NULL;
}

static struct awh_yaml *layers_yaml(struct awh_arena *arena, const struct awh_measure *measure,
                                    const struct awh_measure_net *net,
                                    const struct awh_measure_runs *runs, uint32_t run)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    const uint64_t *ticks = runs->layer_ticks + (size_t)run * net->layers.count;
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < net->layers.count; i++) {
        struct awh_yaml *map = awh_yaml_new_map(arena);
        ok = map && set_int(arena, map, "index", i) &&
             set_text(arena, map, "name", net->layers.items[i].name) &&
             set_int(arena, map, "ticks", ticks[i]) &&
             set_real(arena, map, "latency", awh_measure_latency(hello, (double)ticks[i])) &&
             (!runs->instructions || set_int(arena, map, "instructions", runs->instructions[i])) &&
             awh_yaml_push(arena, list, map);
    }
    return ok ? list : NULL;
}

static struct awh_yaml *run_yaml(struct awh_arena *arena, const struct awh_measure *measure,
                                 const struct awh_measure_net *net,
                                 const struct awh_measure_runs *runs, uint32_t run)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    double block = (double)runs->block_ticks[run], whole = (double)runs->whole_ticks[run];
    char crc[16];
    snprintf(crc, sizeof(crc), "0x%08x", net->program.crc);
    struct awh_yaml *map = awh_yaml_new_map(arena);
    bool ok = map && awh_yaml_set(arena, map, "device", device_yaml(arena, measure)) &&
              awh_yaml_set(arena, map, "layers", layers_yaml(arena, measure, net, runs, run)) &&
              set_text(arena, map, "net", net->name) && set_int(arena, map, "run", run) &&
              set_int(arena, map, "repeats", measure->options->repeats) &&
              set_int(arena, map, "warmup", measure->options->warmup) &&
              set_text(arena, map, "program_crc32", crc) &&
              set_int(arena, map, "input_seed", net->program.input_seed) &&
              set_text(arena, map, "unit", awh_measure_unit(hello)) &&
              set_int(arena, map, "block_sum_ticks", runs->block_ticks[run]) &&
              set_real(arena, map, "block_sum_latency", awh_measure_latency(hello, block)) &&
              set_int(arena, map, "overall_ticks", runs->whole_ticks[run]) &&
              set_real(arena, map, "overall_latency", awh_measure_latency(hello, whole)) &&
              set_real(arena, map, "probe_effect", block / whole - 1.0) &&
              set_bool(arena, map, "verified", net->verified) &&
              (!net->verified || set_text(arena, map, "verified_by", verified_by));
    return ok ? map : NULL;
}

enum aw_err awh_measure_write(const struct awh_measure *measure, const struct awh_measure_net *net,
                              const struct awh_measure_runs *runs, struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_stage stage = {0};
    const char *dir = awh_path_join(&arena, measure->out_dir, net->name);
    /* The directory above is ours, so what is in it may be replaced. */
    enum aw_err err = dir ? awh_stage_begin(dir, true, &stage, diag) : awh_fail_mem(diag);
    for (uint32_t run = 0; !err && run < measure->options->repeats; run++) {
        struct awh_str text;
        awh_str_init(&text);
        char name[24];
        snprintf(name, sizeof(name), "%u.yaml", run);
        struct awh_yaml *root = run_yaml(&arena, measure, net, runs, run);
        err = root ? awh_yaml_dump(root, &text, diag) : awh_fail_mem(diag);
        if (!err)
            err = awh_stage_write(&stage, name, text.text, text.size, diag);
        awh_str_release(&text);
    }
    if (!err)
        err = awh_stage_commit(&stage, diag);
    awh_stage_release(&stage);
    awh_arena_release(&arena);
    return err;
}

/* -- resuming ---------------------------------------------------------------------------- */

static bool has_int(const struct awh_yaml *map, const char *key, uint64_t expected)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    return node && node->kind == AWH_YAML_INT && node->integer >= 0 &&
           (uint64_t)node->integer == expected;
}

static bool has_bool(const struct awh_yaml *map, const char *key, bool expected)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    return node && node->kind == AWH_YAML_BOOL && node->boolean == expected;
}

static bool has_text(const struct awh_yaml *map, const char *key, const char *expected)
{
    return awh_yaml_is_str(awh_yaml_get(map, key), expected);
}

static bool take_ticks(const struct awh_yaml *map, const char *key, uint64_t *ticks_out)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    if (!node || node->kind != AWH_YAML_INT || node->integer <= 0)
        return false;
    *ticks_out = (uint64_t)node->integer;
    return true;
}

static bool same_layers(const struct awh_yaml *list, const struct awh_measure_net *net,
                        uint64_t block_ticks)
{
    if (!list || list->kind != AWH_YAML_SEQ || list->list.count != net->layers.count)
        return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < net->layers.count; i++) {
        const struct awh_yaml *layer = list->list.items[i];
        const struct awh_yaml *ticks = awh_yaml_get(layer, "ticks");
        if (!has_int(layer, "index", i) || !has_text(layer, "name", net->layers.items[i].name) ||
            !ticks || ticks->kind != AWH_YAML_INT || ticks->integer < 0)
            return false;
        sum += (uint64_t)ticks->integer;
    }
    return sum == block_ticks;
}

static bool same_run(const struct awh_measure *measure, struct awh_measure_net *net,
                     const struct awh_yaml *root, struct awh_measure_runs *runs, uint32_t run)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    const struct awh_yaml *device = awh_yaml_get(root, "device");
    char crc[16];
    snprintf(crc, sizeof(crc), "0x%08x", net->program.crc);
    net->verified = has_bool(root, "verified", true);
    return has_text(root, "program_crc32", crc) && has_int(root, "run", run) &&
           has_int(root, "repeats", measure->options->repeats) &&
           has_int(root, "warmup", measure->options->warmup) &&
           (net->verified || measure->options->no_verify) &&
           has_text(root, "unit", awh_measure_unit(hello)) &&
           has_text(device, "board", hello->board) &&
           has_text(device, "firmware", hello->firmware) &&
           has_text(device, "kernel_set", hello->kernel_set) &&
           has_bool(device, "emulated", hello->emulated) &&
           take_ticks(root, "block_sum_ticks", &runs->block_ticks[run]) &&
           take_ticks(root, "overall_ticks", &runs->whole_ticks[run]) &&
           same_layers(awh_yaml_get(root, "layers"), net, runs->block_ticks[run]);
}

static void ignore(void *context, const char *text)
{
    (void)context;
    (void)text;
}

bool awh_measure_is_complete(const struct awh_measure *measure, struct awh_measure_net *net,
                             struct awh_measure_runs *runs)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    bool complete = true;
    for (uint32_t run = 0; complete && run < measure->options->repeats; run++) {
        /* A broken file is no failure: its net is measured again. */
        struct awh_diag diag = {.warn = ignore};
        struct awh_yaml *root;
        const char *path =
            awh_arena_printf(&arena, "%s/%s/%u.yaml", measure->out_dir, net->name, run);
        complete = path && awh_path_exists(path) &&
                   awh_yaml_load_file(&arena, path, &root, &diag) == AW_OK &&
                   same_run(measure, net, root, runs, run);
    }
    awh_arena_release(&arena);
    return complete;
}
