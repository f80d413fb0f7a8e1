/* dexplorer -w: what DPU a board has. "KEY : VALUE" lines in sections; "DPU Core : #N" begins a
 * core. No timings: the run has a device, and figures for the peak performance of each core: one
 * called B4096 does 4096 operations a cycle. */
#include <string.h>

#include "readers/reader.h"
#include "readers/scan.h"
#include "readers/text.h"

extern const struct awh_reader_type awh_reader_dexplorer;

struct dexplorer {
    struct awh_scan scan;
    struct awh_yaml *device, *cores;
    struct awh_yaml *core; /* that the lines are about; NULL: none */
    char section[64];
    unsigned core_count;
    double operations, mhz; /* of the core; 0: not said yet */
};

static bool dexplorer_detect(const char *text, size_t size)
{
    (void)size;
    return strstr(text, "[DPU IP Spec]") != NULL &&
           strstr(text, "[DPU Core Configuration List]") != NULL;
}

/* "DPU Target Version" -> "dpu_target_version". */
static void make_key(const char *text, char *key, size_t capacity)
{
    size_t size = 0;
    for (; *text != '\0' && size + 1 < capacity; text++) {
        bool upper = *text >= 'A' && *text <= 'Z';
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9');
        if (upper || plain)
            key[size++] = upper ? (char)(*text - 'A' + 'a') : *text;
        else if (size > 0 && key[size - 1] != '_')
            key[size++] = '_';
    }
    key[size] = '\0';
}

static enum aw_err begin_core(struct dexplorer *r)
{
    struct awh_arena *arena = r->scan.draft.log->arena;
    r->core = awh_yaml_new_map(arena);
    r->operations = r->mhz = 0;
    r->core_count++;
    return awh_yaml_push(arena, r->cores, r->core) ? AW_OK : awh_fail_mem(r->scan.draft.diag);
}

static enum aw_err note_figures(struct dexplorer *r, const char *key, const char *value)
{
    char name[64];
    const char *number = value;
    bool is_arch = strcmp(key, "dpu_arch") == 0 && value[0] == 'B';
    bool is_clock = strcmp(key, "dpu_freqency") == 0 || strcmp(key, "dpu_frequency") == 0;
    if (is_arch && awh_is_number(value + 1, NULL, &r->operations))
        is_clock = false;
    else if (!is_clock || !awh_number(&number, &r->mhz))
        return AW_OK;
    if (!(r->operations > 0) || !(r->mhz > 0))
        return AW_OK;
    snprintf(name, sizeof(name), "core %u peak", r->core_count - 1);
    return awh_draft_figure(&r->scan.draft, name, r->mhz * r->operations / 1000, "GOPS",
                            r->scan.lines.number);
}

static enum aw_err read_pair(struct dexplorer *r, const char *key_text, const char *value)
{
    struct awh_arena *arena = r->scan.draft.log->arena;
    char key[64], full[160];
    enum aw_err err = AW_OK;
    make_key(key_text, key, sizeof(key));
    if (strcmp(key, "dpu_core") == 0 && value[0] == '#')
        err = begin_core(r);
    struct awh_yaml *map = r->core != NULL ? r->core : r->device;
    bool needs_section =
        r->core == NULL && r->section[0] != '\0' && awh_yaml_get(r->device, key) != NULL;
    snprintf(full, sizeof(full), "%s%s%s", needs_section ? r->section : "",
             needs_section ? "_" : "", key);
    if (err == AW_OK && map->list.count < 256 &&
        !awh_yaml_set(arena, map, full, awh_yaml_new_str(arena, value)))
        return awh_fail_mem(r->scan.draft.diag);
    return err == AW_OK && r->core != NULL ? note_figures(r, key, value) : err;
}

static enum aw_err read_line(struct awh_scan *scan, char *text)
{
    struct dexplorer *r = (struct dexplorer *)scan;
    char *fields[2];
    text = awh_trim(text);
    if (text[0] == '[' && awh_ends(text, "]")) {
        make_key(text, r->section, sizeof(r->section));
        r->core = NULL;
        if (scan->draft.run.line == 0)
            scan->draft.run.line = scan->lines.number;
        return AW_OK;
    }
    if (scan->draft.run.line == 0 || awh_split(text, ':', fields, 2) != 2 || fields[0][0] == '\0' ||
        r->core_count > 64)
        return AW_OK;
    return read_pair(r, fields[0], fields[1]);
}

static enum aw_err finish(struct awh_scan *scan)
{
    struct dexplorer *r = (struct dexplorer *)scan;
    struct awh_draft *draft = &scan->draft;
    if (r->cores->list.count > 0 && !awh_yaml_set(draft->log->arena, r->device, "cores", r->cores))
        return awh_fail_mem(draft->diag);
    draft->run.perf = "info";
    draft->run.unit = "";
    draft->run.device = r->device;
    enum aw_err err = awh_draft_figure(draft, "cores", r->core_count, "", scan->lines.number);
    return err != AW_OK ? err : awh_draft_emit(draft);
}

static enum aw_err dexplorer_read(const struct awh_log *log, struct awh_diag *diag)
{
    struct dexplorer r = {.device = awh_yaml_new_map(log->arena),
                          .cores = awh_yaml_new_seq(log->arena)};
    if (r.device == NULL || r.cores == NULL)
        return awh_fail_mem(diag);
    return awh_scan_log(&r.scan, log, read_line, finish, diag);
}

const struct awh_reader_type awh_reader_dexplorer = {
    .name = "dexplorer", .detect = dexplorer_detect, .read = dexplorer_read};
