#include "flow/size.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "devices/board/spec.h"
#include "firmware/callgraph.h"

/* What an object belongs to, by its path in the build; the first that matches. */
static const struct part_rule {
    const char *mark, *part;
    bool runtime; /* session, runner, framing, messages, programs: what every board has */
} part_rules[] = {
    {"fw_nanopb.dir/", "nanopb", true},
    {"fw_lwip.dir/", "network", false},
    {"/target/net/", "network", false},
    {"/target/kernels/references.c", "layer ops", false},
    {"/target/kernels/find.c", "session and runner", true},
    {"/target/kernels/", "kernels", false},
    {"/common/ops/", "layer ops", false},
    {"/common/packings/", "kernels", false},
    {"/target/engines/", "engines", false},
    {"/target/src/", "session and runner", true},
    /* Shapes, plans and activations of the ops: the other half of what is in common/ops. */
    {"/common/src/op", "layer ops", false},
    {"/common/src/act.c", "layer ops", false},
    {"/common/src/program", "programs", true}, /* checking and reading them */
    {"/common/src/packing", "programs", true},
    {"/common/src/", "framing", true},
    {"/proto/", "messages", true},
    {"/boards/", "board", false},
    {".a(", "libc and compiler", false},
    {"", "other", false},
};
#define PART_RULES (sizeof(part_rules) / sizeof(part_rules[0]))

struct part {
    const char *name;
    uint64_t text_bytes, ram_bytes;
};

enum { RUNTIME_TEXT, TOTAL_TEXT, STATIC_RAM, STACK, BUDGETS };
static const char *const budget_keys[BUDGETS] = {"runtime_text_bytes", "total_text_bytes",
                                                 "static_ram_bytes", "stack_bytes"};

struct sizes {
    struct awh_arena arena;
    struct awh_board_spec spec;
    struct awh_image image;
    struct awh_callgraph graph;
    struct awh_stack_worst stack;
    struct part parts[PART_RULES];
    size_t part_count;
    const struct awh_yaml *budget; /* a map */
    uint64_t found[BUDGETS];
    int64_t limit[BUDGETS]; /* -1: none */
    struct awh_diag *diag;
};

/* -- Reading
 * --------------------------------------------------------------------------------------- */

static bool is_memory(const struct sizes *s, const struct awh_image_section *section)
{
    const struct awh_yaml *names = awh_yaml_get_set(s->budget, "memory_sections");
    for (size_t i = 0; names != NULL && names->kind == AWH_YAML_SEQ && i < names->list.count; i++)
        if (awh_yaml_is_str(names->list.items[i], section->name))
            return true;
    return false;
}

static struct part *part_of(struct sizes *s, const char *name)
{
    for (size_t i = 0; i < s->part_count; i++)
        if (strcmp(s->parts[i].name, name) == 0)
            return &s->parts[i];
    s->parts[s->part_count].name = name;
    return &s->parts[s->part_count++];
}

/* Text counts what is in sections, with the padding between; of RAM only what objects ask for: link
 * scripts reserve room for stacks in the same sections. */
static void add_up(struct sizes *s)
{
    const struct awh_image *image = &s->image;
    for (size_t i = 0; i < PART_RULES - 1; i++)
        part_of(s, part_rules[i].part);
    for (size_t i = 0; i < image->section_count; i++)
        if (!image->sections[i].writable)
            s->found[TOTAL_TEXT] += image->sections[i].size_bytes;
    for (size_t i = 0; i < image->piece_count; i++) {
        const struct awh_image_piece *piece = &image->pieces[i];
        size_t rule = 0;
        if (piece->object == NULL || is_memory(s, piece->section))
            continue;
        while (strstr(piece->object, part_rules[rule].mark) == NULL)
            rule++;
        struct part *part = part_of(s, part_rules[rule].part);
        if (piece->section->writable) {
            part->ram_bytes += piece->size_bytes;
            s->found[STATIC_RAM] += piece->size_bytes;
        } else {
            part->text_bytes += piece->size_bytes;
            if (part_rules[rule].runtime)
                s->found[RUNTIME_TEXT] += piece->size_bytes;
        }
    }
}

static enum aw_err read_budget(struct sizes *s, const char *folder)
{
    static const char *const known[] = {"runtime_text_bytes",
                                        "total_text_bytes",
                                        "static_ram_bytes",
                                        "stack_bytes",
                                        "memory_sections",
                                        "callgraph",
                                        NULL};
    char *path = awh_path_join(&s->arena, folder, "budget.yaml");
    struct awh_yaml *root;
    if (path == NULL)
        return awh_fail_mem(s->diag);
    if (!awh_path_exists(path))
        return awh_fail(s->diag, AW_ERR_NOT_FOUND,
                        "%s: the board has no budget; expected a map of runtime_text_bytes, "
                        "total_text_bytes, static_ram_bytes and stack_bytes",
                        path);
    enum aw_err err = awh_yaml_load_file(&s->arena, path, &root, s->diag);
    if (err == AW_OK && root->kind != AWH_YAML_MAP)
        err = awh_yaml_fail(root, AW_ERR_FORMAT, s->diag, "expected a map of budgets");
    if (err != AW_OK)
        return err;
    awh_yaml_warn_unknown(root, known, s->diag);
    s->budget = root;
    for (size_t i = 0; err == AW_OK && i < BUDGETS; i++) {
        s->limit[i] = -1;
        err = awh_yaml_opt_int(root, budget_keys[i], 0, INT64_MAX, &s->limit[i], s->diag);
    }
    return err;
}

/* The rules of all boards, and this board's own on top. */
static enum aw_err read_rules(struct sizes *s, const char *boards_dir, const struct awh_yaml **out)
{
    static const char *const sections[] = {"roots",    "interrupts", "interrupt_frame_bytes",
                                           "indirect", "recursion",  "stack_bytes"};
    char *path = awh_path_join(&s->arena, boards_dir, "common/callgraph.yaml");
    const struct awh_yaml *own = awh_yaml_get_set(s->budget, "callgraph");
    struct awh_yaml *rules;
    if (path == NULL)
        return awh_fail_mem(s->diag);
    enum aw_err err = awh_yaml_load_file(&s->arena, path, &rules, s->diag);
    for (size_t i = 0; err == AW_OK && own != NULL && i < sizeof(sections) / sizeof(sections[0]);
         i++) {
        const struct awh_yaml *more = awh_yaml_get_set(own, sections[i]);
        struct awh_yaml *map = awh_yaml_get_set(rules, sections[i]);
        if (more == NULL)
            continue;
        if (more->kind != AWH_YAML_MAP || map == NULL || map->kind != AWH_YAML_MAP) {
            if (!awh_yaml_set(&s->arena, rules, sections[i], awh_yaml_copy(&s->arena, more)))
                err = awh_fail_mem(s->diag);
            continue;
        }
        for (size_t k = 0; err == AW_OK && k < more->list.count; k++)
            if (more->list.keys[k]->kind == AWH_YAML_STR &&
                !awh_yaml_set(&s->arena, map, more->list.keys[k]->str.text, more->list.items[k]))
                err = awh_fail_mem(s->diag);
    }
    *out = rules;
    return err;
}

/* "x/y.z" -> "x"; from the arena. */
static char *folder_of(struct awh_arena *arena, const char *path)
{
    const char *base = awh_path_base(path);
    return base == path ? awh_arena_strdup(arena, ".")
                        : awh_arena_strndup(arena, path, (size_t)(base - path) - 1);
}

static enum aw_err read_all(struct sizes *s, const struct awh_size_options *options)
{
    const char *board = options->board != NULL ? options->board : "zcu102";
    const struct awh_yaml *rules = NULL;
    enum aw_err err = awh_board_spec_load(&s->arena, board, options->boards_dir, options->firmware,
                                          &s->spec, s->diag);
    if (err != AW_OK)
        return err;
    const char *elf = s->spec.firmware;
    size_t size = elf != NULL ? strlen(elf) : 0;
    if (size < 5 || strcmp(elf + size - 4, ".elf") != 0)
        return awh_fail(s->diag, AW_ERR_UNSUPPORTED,
                        "%s: is no firmware of its own; expected a board whose image ends in .elf",
                        board);
    char *map = awh_arena_printf(&s->arena, "%.*s.map", (int)size - 4, elf);
    char *build = folder_of(&s->arena, elf), *folder = folder_of(&s->arena, s->spec.file);
    char *boards = folder != NULL ? folder_of(&s->arena, folder) : NULL;
    if (map == NULL || build == NULL || boards == NULL)
        return awh_fail_mem(s->diag);
    if ((err = read_budget(s, folder)) != AW_OK ||
        (err = awh_image_load(&s->arena, elf, map, &s->image, s->diag)) != AW_OK ||
        (err = awh_callgraph_load(&s->arena, build, &s->image, &s->graph, s->diag)) != AW_OK ||
        (err = read_rules(s, boards, &rules)) != AW_OK ||
        (err = awh_stack_find(&s->arena, &s->image, &s->graph, rules, &s->stack, s->diag)) != AW_OK)
        return err;
    add_up(s);
    s->found[STACK] = s->stack.bytes;
    return AW_OK;
}

/* -- Printing
 * -------------------------------------------------------------------------------------- */

static bool is_over(const struct sizes *s, size_t i)
{
    return s->limit[i] >= 0 && s->found[i] > (uint64_t)s->limit[i];
}

static void print_table(const struct sizes *s, FILE *out)
{
    fprintf(out, "%s\n%-22s %10s %10s\n", s->spec.firmware, "", "text", "RAM");
    uint64_t parts = 0;
    for (size_t i = 0; i < s->part_count; i++) {
        const struct part *part = &s->parts[i];
        parts += part->text_bytes;
        if (part->text_bytes + part->ram_bytes > 0)
            fprintf(out, "%-22s %10" PRIu64 " %10" PRIu64 "\n", part->name, part->text_bytes,
                    part->ram_bytes);
    }
    fprintf(out, "%-22s %10" PRIu64 "\n%-22s %10" PRIu64 " %10" PRIu64 "\n", "padding",
            s->found[TOTAL_TEXT] > parts ? s->found[TOTAL_TEXT] - parts : 0, "total",
            s->found[TOTAL_TEXT], s->found[STATIC_RAM]);
    fprintf(out, "worst stack %s%" PRIu64 " bytes:", s->stack.unknown_count > 0 ? "at least " : "",
            s->stack.bytes);
    for (size_t i = 0; i < s->stack.path_count; i++)
        fprintf(out, "%s%s", i > 0 ? " > " : " ", s->stack.path[i]);
    if (s->stack.interrupt_bytes > 0)
        fprintf(out, ", and an interrupt %" PRIu64, s->stack.interrupt_bytes);
    fputc('\n', out);
    for (size_t i = 0; i < s->stack.unknown_count; i++)
        fprintf(out, "  counted as 0: %s\n", s->stack.unknown[i]);
    for (size_t i = 0; i < BUDGETS; i++) {
        fprintf(out, "%-22s %10" PRIu64, budget_keys[i], s->found[i]);
        if (s->limit[i] < 0)
            fputs(", no budget\n", out);
        else
            fprintf(out, " of %10" PRId64 "%s\n", s->limit[i], is_over(s, i) ? ", OVER" : "");
    }
}

static struct awh_yaml *count_of(struct awh_arena *a, uint64_t value)
{
    return awh_yaml_new_int(a, (int64_t)value);
}

static struct awh_yaml *texts_of(struct awh_arena *a, const char *const *texts, size_t count)
{
    struct awh_yaml *list = awh_yaml_new_seq(a);
    for (size_t i = 0; i < count; i++)
        if (!awh_yaml_push(a, list, awh_yaml_new_str(a, texts[i])))
            return NULL;
    return list;
}

static enum aw_err print_json(struct sizes *s, FILE *out)
{
    struct awh_arena *a = &s->arena;
    struct awh_yaml *root = awh_yaml_new_map(a), *text = awh_yaml_new_map(a),
                    *ram = awh_yaml_new_map(a);
    struct awh_yaml *stack = awh_yaml_new_map(a), *budget = awh_yaml_new_map(a);
    bool ok = root != NULL && text != NULL && ram != NULL;
    for (size_t i = 0; ok && i < s->part_count; i++)
        ok = awh_yaml_set(a, text, s->parts[i].name, count_of(a, s->parts[i].text_bytes)) &&
             awh_yaml_set(a, ram, s->parts[i].name, count_of(a, s->parts[i].ram_bytes));
    ok = ok && awh_yaml_set(a, text, "total", count_of(a, s->found[TOTAL_TEXT])) &&
         awh_yaml_set(a, ram, "total", count_of(a, s->found[STATIC_RAM])) &&
         awh_yaml_set(a, stack, "bytes", count_of(a, s->stack.bytes)) &&
         awh_yaml_set(a, stack, "path", texts_of(a, s->stack.path, s->stack.path_count)) &&
         awh_yaml_set(a, stack, "unknown", texts_of(a, s->stack.unknown, s->stack.unknown_count));
    for (size_t i = 0; ok && i < BUDGETS; i++) {
        struct awh_yaml *one = awh_yaml_new_map(a);
        ok = awh_yaml_set(a, one, "found", count_of(a, s->found[i])) &&
             awh_yaml_set(a, one, "limit",
                          s->limit[i] < 0 ? awh_yaml_new_null(a)
                                          : awh_yaml_new_int(a, s->limit[i])) &&
             awh_yaml_set(a, one, "over", awh_yaml_new_bool(a, is_over(s, i))) &&
             awh_yaml_set(a, budget, budget_keys[i], one);
    }
    ok = ok && awh_yaml_set(a, root, "board", awh_yaml_new_str(a, s->spec.name)) &&
         awh_yaml_set(a, root, "firmware", awh_yaml_new_str(a, s->spec.firmware)) &&
         awh_yaml_set(a, root, "text_bytes", text) &&
         awh_yaml_set(a, root, "static_ram_bytes", ram) && awh_yaml_set(a, root, "stack", stack) &&
         awh_yaml_set(a, root, "budget", budget);
    return ok ? awh_json_print(root, out, s->diag) : awh_fail_mem(s->diag);
}

static enum aw_err judge(const struct sizes *s)
{
    size_t over = 0;
    for (size_t i = 0; i < BUDGETS; i++) {
        if (!is_over(s, i))
            continue;
        over++;
        awh_warn(s->diag, "%s: %s: %" PRIu64 " are over the budget of %" PRId64, s->spec.name,
                 budget_keys[i], s->found[i], s->limit[i]);
    }
    return over == 0 ? AW_OK
                     : awh_fail(s->diag, AW_ERR_NO_SPACE, "%s: %zu of %d budgets are exceeded",
                                s->spec.name, over, BUDGETS);
}

enum aw_err awh_size(const struct awh_size_options *options, FILE *out, struct awh_diag *diag)
{
    struct sizes s = {.diag = diag};
    awh_arena_init(&s.arena);
    enum aw_err err = read_all(&s, options);
    if (err == AW_OK && options->json)
        err = print_json(&s, out);
    else if (err == AW_OK)
        print_table(&s, out);
    if (err == AW_OK)
        err = judge(&s);
    awh_arena_release(&s.arena);
    return err;
}
