/* Config files of every wrong kind end in exit code 0, 1 or 2 and at most one line of error, within
 * bounds of memory and time.
 *
 * Two generators: mutants, which replace, drop, rename or double every node of good config files,
 * go through genprof in this process; hostile documents (bombs, depth, floods) go through the
 * program, under limits. A failure prints the case's id; `configs-test ID` runs only that one. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/yaml.h"
#include "flow/flow.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1      /* reserves terabytes of addresses: there can be no limit on them */
#define MILLION   100000 /* as it is slower, too */
#else
#define SANITIZED 0
#define MILLION   1000000
#endif

#define CASE_SECONDS_MAX 10
#define MEMORY_MAX       ((rlim_t)1 << 30)

static char
    directory[64]; /* in memory where there is such a place: hundreds of results are synced */
static char case_id[160];
static const char *only; /* run this one */
static unsigned cases_run, accepted, refused;

/* -- Which case ---------------------------------------------------------------------------------
 */

static void on_signal(int number)
{
    static const char text[] = "\ndied of a signal in the case ";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    (void)!write(STDERR_FILENO, case_id, strlen(case_id));
    (void)!write(STDERR_FILENO, "\n", 1);
    signal(number, SIG_DFL);
    raise(number);
}

void __asan_on_error(void);
void __asan_on_error(void)
{
    fprintf(stderr, "\nin the case %s\n", case_id);
}

AW_PRINTF(1, 2)
static bool wanted(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(case_id, sizeof case_id, format, args);
    va_end(args);
    bool run = !only || strcmp(only, case_id) == 0;
    cases_run += run;
    return run;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void ignore_warning(void *context, const char *text)
{
    (void)context;
    (void)text;
}

/* -- Mutants ------------------------------------------------------------------------------------
 */

static const char cfg_ofa[] = "search_space_cfg:\n"
                              "  num_cell_groups: [1, 2]\n"
                              "  expansions: [1, 4]\n"
                              "  kernel_choice: [3, 5]\n"
                              "  width_choice: [2, 3]\n"
                              "  depth_choice: [1, 2]\n"
                              "  image_size_choice: [16]\n";
static const char hwobj_ofa[] =
    "mixin_search_space_type: ofa_mixin\n"
    "mixin_search_space_cfg: {fixed_primitives: null}\n"
    "hardware_compilers:\n"
    "- {hardware_compiler_type: dpu, hardware_compiler_cfg: {seed: 1}}\n"
    "prof_prims_cfg:\n"
    "  sample: 4\n"
    "  as_dict: true\n"
    "  spatial_size: 16\n"
    "  base_channels: [8, 8, 16]\n"
    "  mult_ratio: 1.0\n"
    "  strides: [1, 2]\n"
    "  acts: [relu, h_swish]\n"
    "  use_ses: [false, true]\n"
    "  stem_stride: 2\n"
    "  primitive_type: mobilenet_v3_block\n"
    "hwperfmodel_type: table\n"
    "hwperfmodel_cfg: {preprocessors: [flatten]}\n"
    "profiling_net_cfg:\n"
    "  image_size: 32\n"
    "  max_layers: 5\n"
    "  num_sample: 2\n"
    "  fix_stem_layer: true\n"
    "  base_cfg_template: {final_model_type: g, final_model_cfg: {a: 1}}\n";
static const char cfg_general[] = "search_space_cfg: {primitives: [conv_3x3]}\n";
static const char hwobj_general[] =
    "mixin_search_space_type: general\n"
    "mixin_search_space_cfg:\n"
    "  fixed_primitives:\n"
    "  - {prim_type: mobilenet_v2_block, spatial_size: 16, C: 8, C_out: 8, stride: 1, affine: "
    "true,\n"
    "     activation: relu, expansion: 2, kernel_size: 3}\n"
    "  - {prim_type: se_module, spatial_size: 16, C: 8, C_out: 8, stride: 1, affine: true, "
    "reduction: 4}\n"
    "prof_prims_cfg: {}\n"
    "profiling_net_cfg:\n"
    "  image_size: 32\n"
    "  base_cfg_template: {final_model_type: g, final_model_cfg: {}}\n";

static const struct pair {
    const char *name, *cfg, *hwobj;
} pairs[] = {{"ofa", cfg_ofa, hwobj_ofa}, {"general", cfg_general, hwobj_general}};

/* What takes a node's place. */
static const char *const values[] = {
    "~",
    "true",
    "-1",
    "0",
    "1",
    "65536",
    "2147483648",
    "-9223372036854775808",
    "123456789012345678901234567890",
    ".nan",
    "-.inf",
    "1.0e+300",
    "0.1",
    "''",
    "\"\\0\\x1b[31m\\n\"",
    "conv_3x3",
    "[]",
    "{}",
    "[[[[[[[[1]]]]]]]]",
    "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]",
    "{prim_type: [1], C: {}, ~: 1, 2: 3}",
};
#define VALUE_COUNT (sizeof values / sizeof *values)

enum change { DROP = VALUE_COUNT, RENAME, DOUBLE, CHANGE_COUNT };

static struct awh_yaml *load_text(struct awh_arena *arena, const char *text)
{
    struct awh_diag diag = {.warn = ignore_warning};
    struct awh_yaml *root;
    if (awh_yaml_load(arena, "case", text, strlen(text), &root, &diag) != AW_OK)
        fail_msg("%s: %s", case_id, diag.text);
    return root;
}

/* Appends `node` as flow YAML; node number *countdown (in order of appearance) is changed. */
static void append_node(struct awh_str *out, const struct awh_yaml *node, long *countdown,
                        unsigned change);

static void append_scalar(struct awh_str *out, const struct awh_yaml *node)
{
    char text[32];
    switch (node->kind) {
    case AWH_YAML_BOOL:
        awh_str_append(out, node->boolean ? "true" : "false");
        break;
    case AWH_YAML_INT:
        awh_str_printf(out, "%lld", (long long)node->integer);
        break;
    case AWH_YAML_FLOAT:
        awh_python_repr(node->real, text);
        awh_str_append(out, text);
        break;
    case AWH_YAML_STR:
        awh_str_printf(out, "'%s'", node->str.text);
        break;
    default:
        awh_str_append(out, "~");
    }
}

static void append_list(struct awh_str *out, const struct awh_yaml *node, long *countdown,
                        unsigned change)
{
    bool map = node->kind == AWH_YAML_MAP;
    awh_str_append(out, map ? "{" : "[");
    for (size_t i = 0; i < node->list.count; i++) {
        bool here = *countdown == 1;
        unsigned times = here && change == DROP ? 0 : here && change == DOUBLE ? 2 : 1;
        long before = *countdown;
        for (unsigned k = 0; k < times; k++) {
            *countdown = before;
            if (map)
                awh_str_printf(out, "'%s%s': ", node->list.keys[i]->str.text,
                               here && change == RENAME ? "x" : "");
            append_node(out, node->list.items[i], countdown, change);
            awh_str_append(out, ", ");
        }
        if (times == 0)
            *countdown = 0;
    }
    awh_str_append(out, map ? "}" : "]");
}

static void append_node(struct awh_str *out, const struct awh_yaml *node, long *countdown,
                        unsigned change)
{
    if (--*countdown == 0 && change < VALUE_COUNT)
        awh_str_append(out, values[change]);
    else if (node->kind == AWH_YAML_SEQ || node->kind == AWH_YAML_MAP)
        append_list(out, node, countdown, change);
    else
        append_scalar(out, node);
}

static size_t count_nodes(const struct awh_yaml *node)
{
    size_t count = 1;
    if (node->kind == AWH_YAML_SEQ || node->kind == AWH_YAML_MAP)
        for (size_t i = 0; i < node->list.count; i++)
            count += count_nodes(node->list.items[i]);
    return count;
}

static void write_file(const char *name, const char *bytes, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        fail_msg("%s: %s", path, strerror(errno));
}

/* genprof in this process: whatever comes, it is either a result or one line. */
static void check_genprof(bool compile)
{
    char cfg[256], hwobj[256], results[256];
    snprintf(cfg, sizeof cfg, "%s/cfg.yaml", directory);
    snprintf(hwobj, sizeof hwobj, "%s/hwobj.yaml", directory);
    snprintf(results, sizeof results, "%s/results", directory);
    struct awh_genprof_options options = {.cfg_path = cfg,
                                          .hwobj_path = hwobj,
                                          .result_dir = results,
                                          .seed = 1,
                                          .compile = compile,
                                          .quiet = true};
    struct awh_diag diag = {.warn = ignore_warning};
    double start = now_s();
    alarm(CASE_SECONDS_MAX);
    enum aw_err err = awh_genprof(&options, stdout, &diag);
    alarm(0);
    if (now_s() - start > CASE_SECONDS_MAX)
        fail_msg("%s: took %.1f s", case_id, now_s() - start);
    if ((err != AW_OK) != (diag.text[0] != '\0') || strpbrk(diag.text, "\n\r\x1b") != NULL)
        fail_msg("%s: code %d with the message '%s'", case_id, err, diag.text);
    if (err == AW_ERR_INTERNAL || err == AW_ERR_NO_MEM)
        fail_msg("%s: %s", case_id, diag.text);
    accepted += err == AW_OK;
    refused += err != AW_OK;
}

static void test_mutants(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++)
        for (int file = 0; file < 2; file++) {
            const char *good = file ? pairs[p].hwobj : pairs[p].cfg;
            struct awh_arena arena;
            awh_arena_init(&arena);
            const struct awh_yaml *root = load_text(&arena, good);
            size_t nodes = count_nodes(root);
            write_file("cfg.yaml", pairs[p].cfg, strlen(pairs[p].cfg));
            write_file("hwobj.yaml", pairs[p].hwobj, strlen(pairs[p].hwobj));
            for (size_t n = 1; n <= nodes; n++)
                for (unsigned change = 0; change < CHANGE_COUNT; change++) {
                    if (!wanted("mutant-%s-%s-%zu-%u", pairs[p].name, file ? "hwobj" : "cfg", n,
                                change))
                        continue;
                    struct awh_str text;
                    long countdown = (long)n;
                    awh_str_init(&text);
                    append_node(&text, root, &countdown, change);
                    assert_false(text.failed);
                    if (text.size > 0)
                        write_file(file ? "hwobj.yaml" : "cfg.yaml", text.text, text.size);
                    awh_str_release(&text);
                    check_genprof((n + change) % 4 == 0);
                }
            awh_arena_release(&arena);
        }
    if (!only) { /* mutants that are all alike would test nothing */
        assert_true(accepted > 300);
        assert_true(refused > 300);
    }
}

/* -- Hostile documents --------------------------------------------------------------------------
 */

static void append_times(struct awh_str *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        awh_str_append(out, text);
}

static void deep_lists(struct awh_str *out)
{
    append_times(out, "[", 200000);
}

static void deep_closed(struct awh_str *out)
{
    append_times(out, "[", 100000);
    append_times(out, "]", 100000);
}

static void deep_maps(struct awh_str *out)
{
    append_times(out, "{a: ", 100000);
}

static void deep_dashes(struct awh_str *out)
{
    append_times(out, "- ", 100000);
    awh_str_append(out, "x\n");
}

static void deep_block(struct awh_str *out)
{
    for (int i = 0; i < 2000; i++)
        awh_str_printf(out, "%*sa:\n", i, "");
}

static void million_list(struct awh_str *out)
{
    awh_str_append(out, "[");
    append_times(out, "1, ", MILLION);
    awh_str_append(out, "]");
}

static void million_block_list(struct awh_str *out)
{
    awh_str_append(out, "\n");
    append_times(out, "  - 3\n", MILLION);
}

static void million_keys(struct awh_str *out)
{
    awh_str_append(out, "{");
    for (int i = 0; i < MILLION / 4; i++)
        awh_str_printf(out, "k%d: 1, ", i);
    awh_str_append(out, "}");
}

static void equal_keys(struct awh_str *out)
{
    awh_str_append(out, "{");
    append_times(out, "k: 1, ", MILLION / 4);
    awh_str_append(out, "}");
}

static void million_prims(struct awh_str *out)
{
    awh_str_append(out, "[");
    append_times(out, "{}, ", MILLION);
    awh_str_append(out, "]");
}

static void laughs(struct awh_str *out)
{
    awh_str_append(out, "[&a0 [x, x, x, x, x, x, x, x, x]");
    for (int i = 1; i < 12; i++) {
        awh_str_printf(out, ", &a%d [", i);
        for (int k = 0; k < 9; k++)
            awh_str_printf(out, "*a%d, ", i - 1);
        awh_str_append(out, "]");
    }
    awh_str_append(out, "]");
}

/* Just below the bound of nodes, in maps. */
static void small_laughs(struct awh_str *out)
{
    awh_str_append(out, "{b0: &a0 {x: 1, y: 2, z: 3}");
    for (int i = 1; i < 6; i++)
        awh_str_printf(out, ", b%d: &a%d {p: *a%d, q: *a%d, r: *a%d, s: *a%d, t: *a%d, u: *a%d}", i,
                       i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    awh_str_append(out, "}");
}

static void merge_bomb(struct awh_str *out)
{
    awh_str_append(out, "{b0: &a0 {x: 1, y: 2}");
    for (int i = 1; i < 40; i++)
        awh_str_printf(out, ", b%d: &a%d {<<: [*a%d, *a%d, *a%d], k%d: 1}", i, i, i - 1, i - 1,
                       i - 1, i);
    awh_str_append(out, "}");
}

static void text_bomb(struct awh_str *out)
{
    awh_str_append(out, "[&a '");
    append_times(out, "0123456789abcdef", 65536);
    awh_str_append(out, "'");
    append_times(out, ", *a", 5000);
    awh_str_append(out, "]");
}

static void self_alias(struct awh_str *out)
{
    awh_str_append(out, "&a [*a]");
}

static void no_anchor(struct awh_str *out)
{
    awh_str_append(out, "*nowhere");
}

static void many_anchors(struct awh_str *out)
{
    awh_str_append(out, "[");
    for (int i = 0; i < 100000; i++)
        awh_str_printf(out, "&a%d 1, ", i);
    awh_str_append(out, "]");
}

static void huge_int(struct awh_str *out)
{
    append_times(out, "9", 1000000);
}

static void huge_hex(struct awh_str *out)
{
    awh_str_append(out, "0x");
    append_times(out, "f", 1000000);
}

static void huge_sexagesimal(struct awh_str *out)
{
    awh_str_append(out, "1");
    append_times(out, ":59", 300000);
}

static void huge_float(struct awh_str *out)
{
    awh_str_append(out, "1.");
    append_times(out, "0", 1000000);
    awh_str_append(out, "e+99999999");
}

static void long_text(struct awh_str *out)
{
    append_times(out, "x", 4000000);
}

static void long_key(struct awh_str *out)
{
    awh_str_append(out, "{? ");
    append_times(out, "k", 2000000);
    awh_str_append(out, " : 1}");
}

static void control_text(struct awh_str *out)
{
    awh_str_append(out, "\"\\e[2J\\0\\r\\n\\u2028\\U0010ffff\"");
}

static void open_quote(struct awh_str *out)
{
    awh_str_append(out, "\"abc");
}

static void python_tag(struct awh_str *out)
{
    awh_str_append(out, "!!python/object/apply:os.system ['true']");
}

static void many_tags(struct awh_str *out)
{
    append_times(out, "!!str ", 100000);
}

static void list_key(struct awh_str *out)
{
    awh_str_append(out, "{[1, 2]: 3}");
}

static void two_documents(struct awh_str *out)
{
    awh_str_append(out, "1\n---\n2");
}

static void bad_utf8(struct awh_str *out)
{
    awh_str_append(out, "'\xff\xfe\xc0\x80'");
}

static void tabs(struct awh_str *out)
{
    awh_str_append(out, "\n\t\t- 1\n\t- 2");
}

static const struct hostile {
    const char *name;
    void (*append)(struct awh_str *out);
} hostiles[] = {
    {"deep_lists", deep_lists},
    {"deep_closed", deep_closed},
    {"deep_maps", deep_maps},
    {"deep_dashes", deep_dashes},
    {"deep_block", deep_block},
    {"million_list", million_list},
    {"million_block_list", million_block_list},
    {"million_keys", million_keys},
    {"equal_keys", equal_keys},
    {"million_prims", million_prims},
    {"laughs", laughs},
    {"small_laughs", small_laughs},
    {"merge_bomb", merge_bomb},
    {"text_bomb", text_bomb},
    {"self_alias", self_alias},
    {"no_anchor", no_anchor},
    {"many_anchors", many_anchors},
    {"huge_int", huge_int},
    {"huge_hex", huge_hex},
    {"huge_sexagesimal", huge_sexagesimal},
    {"huge_float", huge_float},
    {"long_text", long_text},
    {"long_key", long_key},
    {"control_text", control_text},
    {"open_quote", open_quote},
    {"python_tag", python_tag},
    {"many_tags", many_tags},
    {"list_key", list_key},
    {"two_documents", two_documents},
    {"bad_utf8", bad_utf8},
    {"tabs", tabs},
};

/* Where they stand: {file, text in front of them, text behind them}; the first is the whole file.
 */
static const struct place {
    const char *name;
    bool hwobj;
    const char *before, *after;
} places[] = {
    {"cfg", false, "", "\n"},
    {"kernel_choice", false,
     "search_space_cfg:\n  num_cell_groups: [1, 2]\n  expansions: [1, 4]\n  width_choice: [2, 3]\n"
     "  depth_choice: [1, 2]\n  image_size_choice: [16]\n  kernel_choice: ",
     "\n"},
    {"fixed_primitives", true,
     "mixin_search_space_type: general\nprof_prims_cfg: {}\nprofiling_net_cfg: {image_size: 32, "
     "base_cfg_template: {}}\nmixin_search_space_cfg:\n fixed_primitives: ",
     "\n"},
    {"base_cfg_template", true,
     "mixin_search_space_type: ofa_mixin\nprof_prims_cfg:\n  spatial_size: 16\n"
     "  base_channels: [8, 8, 16]\n  strides: [1, 2]\n  acts: [relu, h_swish]\n"
     "  use_ses: [false, true]\n  primitive_type: mobilenet_v3_block\nprofiling_net_cfg:\n"
     "  image_size: 32\n  base_cfg_template:\n   final_model_cfg:\n    x: ",
     "\n"},
    {"image_size", true,
     "mixin_search_space_type: ofa_mixin\nprof_prims_cfg: {spatial_size: 16, base_channels: [8, 8, "
     "16], "
     "strides: [1, 2], acts: [relu, relu], use_ses: [false, true], primitive_type: "
     "mobilenet_v3_block}\nprofiling_net_cfg:\n base_cfg_template: {}\n image_size: ",
     "\n"},
};

static _Noreturn void run_program(const char *cfg, const char *hwobj, const char *results)
{
    struct rlimit memory = {MEMORY_MAX, MEMORY_MAX}, cpu = {CASE_SECONDS_MAX, CASE_SECONDS_MAX + 1};
    char errors[256];
    snprintf(errors, sizeof errors, "%s/stderr", directory);
    if (!SANITIZED)
        setrlimit(RLIMIT_AS, &memory);
    setrlimit(RLIMIT_CPU, &cpu);
    if (!freopen(errors, "wb", stderr) || !freopen("/dev/null", "wb", stdout))
        _exit(99);
    execl(AWNAS_BINARY_DIR "/awnas-hw", "awnas-hw", "genprof", cfg, hwobj, "-r", results,
          (char *)NULL);
    _exit(98);
}

/* Lines of standard error that are no warnings, and that the program names itself in them. */
static unsigned error_lines(void)
{
    char path[256], line[4096];
    unsigned lines = 0;
    snprintf(path, sizeof path, "%s/stderr", directory);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "awnas-hw: ", 10) != 0)
            fail_msg("%s: standard error holds '%s'", case_id, line);
        lines += strncmp(line, "awnas-hw: warning: ", 19) != 0;
    }
    fclose(file);
    return lines;
}

static void check_program(void)
{
    char cfg[256], hwobj[256], results[256];
    int status;
    snprintf(cfg, sizeof cfg, "%s/cfg.yaml", directory);
    snprintf(hwobj, sizeof hwobj, "%s/hwobj.yaml", directory);
    snprintf(results, sizeof results, "%s/results", directory);
    double start = now_s();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_program(cfg, hwobj, results);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    double seconds = now_s() - start;
    if (!WIFEXITED(status) || WEXITSTATUS(status) > 2)
        fail_msg("%s: ended with status 0x%x after %.1f s", case_id, (unsigned)status, seconds);
    if (error_lines() != (WEXITSTATUS(status) != 0))
        fail_msg("%s: exit %d with %u lines of error", case_id, WEXITSTATUS(status), error_lines());
    if (seconds > 2 * CASE_SECONDS_MAX)
        fail_msg("%s: took %.1f s", case_id, seconds);
    accepted += WEXITSTATUS(status) == 0;
    refused += WEXITSTATUS(status) != 0;
    if (only)
        printf("%s: exit %d in %.2f s\n", case_id, WEXITSTATUS(status), seconds);
}

static void test_hostile(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof places / sizeof *places; p++)
        for (size_t h = 0; h < sizeof hostiles / sizeof *hostiles; h++) {
            const struct place *place = &places[p];
            if (!wanted("hostile-%s-%s", place->name, hostiles[h].name))
                continue;
            struct awh_str text;
            awh_str_init(&text);
            awh_str_append(&text, place->before);
            hostiles[h].append(&text);
            awh_str_append(&text, place->after);
            assert_false(text.failed);
            write_file("cfg.yaml", cfg_ofa, strlen(cfg_ofa));
            write_file("hwobj.yaml", hwobj_ofa, strlen(hwobj_ofa));
            write_file(place->hwobj ? "hwobj.yaml" : "cfg.yaml", text.text, text.size);
            awh_str_release(&text);
            check_program();
        }
}

/* Things that are no text files, and one that is too large. */
static void test_odd_files(void **state)
{
    (void)state;
    char path[256];
    static const char zeros[4096];
    if (wanted("odd-zeros")) {
        write_file("hwobj.yaml", hwobj_ofa, strlen(hwobj_ofa));
        write_file("cfg.yaml", zeros, sizeof zeros);
        check_program();
    }
    if (wanted("odd-utf16")) {
        write_file("cfg.yaml",
                   "\xff\xfe"
                   "a\0:\0 \0b\0",
                   10);
        check_program();
    }
    if (wanted("odd-half-utf16")) {
        write_file("cfg.yaml",
                   "\xfe\xff"
                   "\0a\xd8",
                   5);
        check_program();
    }
    snprintf(path, sizeof path, "%s/cfg.yaml", directory);
    if (wanted("odd-too-large")) {
        write_file("cfg.yaml", "a", 1);
        assert_int_equal(truncate(path, (off_t)300 << 20), 0);
        check_program();
    }
    unlink(path);
    if (wanted("odd-missing"))
        check_program();
    if (wanted("odd-directory")) {
        assert_int_equal(awh_dir_make(path, NULL), AW_OK);
        check_program();
        rmdir(path);
    }
    if (wanted("odd-device")) {
        assert_int_equal(symlink("/dev/zero", path), 0);
        check_program();
        unlink(path);
    }
}

static int setup(void **state)
{
    (void)state;
    signal(SIGSEGV, on_signal);
    signal(SIGALRM, on_signal);
    signal(SIGABRT, on_signal);
    snprintf(directory, sizeof directory, "%s/awnas-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    printf("%u cases, %u accepted, %u refused\n", cases_run, accepted, refused);
    return awh_dir_remove(directory, NULL) || cases_run == 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mutants),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_odd_files),
    };
    only = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests_name("fuzz/configs", tests, setup, teardown);
}
