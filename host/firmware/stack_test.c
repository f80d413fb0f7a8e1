/* Worst stacks of call graphs small enough to add up by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "firmware/callgraph.h"

static char dir[] = "/tmp/awnas-stack-test-XXXXXX";

#define FILE_A(lines) "graph: { title: \"src/a.c\"\n" lines "}\n"
#define DEFINED(name, bytes)                                                                       \
    "node: { title: \"" name "\" label: \"" name "\\na.c:1:1\\n" #bytes " bytes (static)\" }\n"
#define DECLARED(name)                                                                             \
    "node: { title: \"" name "\" label: \"" name "\\na.h:1:1\" shape : ellipse }\n"
#define CALL(from, to)                                                                             \
    "edge: { sourcename: \"" from "\" targetname: \"" to "\" label: \"a.c:2:2\" }\n"
#define POINTER(from)                                                                              \
    "node: { title: \"__indirect_call\" label: \"Indirect Call Placeholder\" shape : ellipse "     \
    "}\n" CALL(from, "__indirect_call")

static const struct row {
    const char *name;
    const char *a, *b; /* a.c.ci and b.c.ci; b NULL: none */
    const char *rules;
    uint64_t bytes;
    const char *path, *unknown; /* joined by blanks and '>'; unknown NULL: nothing is */
    enum aw_err err;
    const char *says;
} rows[] = {
    {.name = "the deepest way, not the longest",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 8) DEFINED("g", 8) DEFINED("big", 100)
                     CALL("main", "f") CALL("f", "g") CALL("main", "big")),
     .rules = "roots: [main]",
     .bytes = 116,
     .path = "main 16>big 100"},
    {.name = "static functions, and what the compiler appends",
     .a = FILE_A(DEFINED("main", 16) DEFINED("src/a.c:f.isra.0", 32)
                     CALL("main", "src/a.c:f.isra.0")),
     .rules = "roots: [main]",
     .bytes = 48,
     .path = "main 16>f 32"},
    {.name = "another file, whichever comes first",
     .a = FILE_A(DEFINED("main", 16) DECLARED("f") CALL("main", "f")),
     .b = "graph: { title: \"src/b.c\"\n" DEFINED("f", 40) "}\n",
     .rules = "roots: [main]",
     .bytes = 56,
     .path = "main 16>f 40"},
    {.name = "a pointer without a rule",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 8) POINTER("main")),
     .rules = "roots: [main]",
     .bytes = 16,
     .path = "main 16",
     .unknown = "main: calls through a pointer, and no rule says whom"},
    {.name = "a pointer with one; functions that are not in the image do not count",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f_run", 8) DEFINED("removed_run", 900)
                     POINTER("main")),
     .rules = "{roots: [main], indirect: {main: ['*_run']}}",
     .bytes = 24,
     .path = "main 16>f_run 8"},
    {.name = "rules by file",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f_run", 8) POINTER("main")),
     .b = "graph: { title: \"src/b.c\"\n" DEFINED("g_run", 100) "}\n",
     .rules = "{roots: [main], indirect: {'*/a.c:main': ['*/a.c:*_run']}}",
     .bytes = 24,
     .path = "main 16>f_run 8"},
    {.name = "a pointer that calls nobody",
     .a = FILE_A(DEFINED("main", 16) POINTER("main")),
     .rules = "{roots: [main], indirect: {main: []}}",
     .bytes = 16,
     .path = "main 16"},
    {.name = "recursion, twice by a rule",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 10) DEFINED("g", 20) CALL("main", "f")
                     CALL("f", "g") CALL("g", "f")),
     .rules = "{roots: [main], recursion: {f: 2, g: 2}}",
     .bytes = 76,
     .path = "main 16>f 10>g 20>f 10>g 20"},
    {.name = "recursion without a rule: one frame of each",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 10) CALL("main", "f") CALL("f", "f")),
     .rules = "roots: [main]",
     .bytes = 26,
     .path = "main 16>f 10"},
    {.name = "behind recursion",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 10) DEFINED("g", 20) DEFINED("leaf", 1)
                     CALL("main", "f") CALL("f", "g") CALL("g", "f") CALL("f", "leaf")),
     .rules = "{roots: [main], recursion: {f: 2}}",
     .bytes = 57,
     .path = "main 16>f 10>g 20>f 10>leaf 1"},
    {.name = "assembler",
     .a = FILE_A(DEFINED("main", 16) DECLARED("asm_copy") CALL("main", "asm_copy")),
     .rules = "roots: [main]",
     .bytes = 16,
     .path = "main 16>asm_copy 0",
     .unknown = "asm_copy: was not compiled by GCC from C"},
    {.name = "assembler that is told",
     .a = FILE_A(DEFINED("main", 16) DECLARED("asm_copy") CALL("main", "asm_copy")),
     .rules = "{roots: [main], stack_bytes: {'asm_*': 24}}",
     .bytes = 40,
     .path = "main 16>asm_copy 24"},
    {.name = "interrupts on top",
     .a = FILE_A(DEFINED("main", 16) DEFINED("isr", 50) DEFINED("isr2", 10)),
     .rules = "{roots: [main], interrupts: [isr, isr2], interrupt_frame_bytes: 32}",
     .bytes = 98,
     .path = "main 16"},
    {.name = "the worst of several roots",
     .a = FILE_A(DEFINED("main", 16) DEFINED("f", 50)),
     .rules = "roots: [main, f]",
     .bytes = 50,
     .path = "f 50"},
    {.name = "a root that is not there",
     .a = FILE_A(DEFINED("main", 16)),
     .rules = "roots: [boot]",
     .err = AW_ERR_NOT_FOUND,
     .says = "roots[0]: the firmware has no function 'boot'"},
    {.name = "no roots",
     .a = FILE_A(DEFINED("main", 16)),
     .rules = "indirect: {}",
     .err = AW_ERR_FORMAT,
     .says = "'roots' is missing"},
    {.name = "rules of another kind",
     .a = FILE_A(DEFINED("main", 16) POINTER("main")),
     .rules = "{roots: [main], indirect: {main: f}}",
     .err = AW_ERR_FORMAT,
     .says = "indirect.main: expected a list"},
    {.name = "a broken file",
     .a = FILE_A("node: { label: \"x\" }\n"),
     .rules = "roots: [main]",
     .err = AW_ERR_FORMAT,
     .says = "a.c.ci: a node without title or label"},
};

static void join(const char *const *texts, size_t count, char *out, size_t capacity)
{
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(out + strlen(out), capacity - strlen(out), "%s%s", i > 0 ? ">" : "", texts[i]);
}

static void put(struct awh_arena *arena, const char *name, const char *text)
{
    assert_int_equal(awh_file_write(awh_path_join(arena, dir, name), text, strlen(text), NULL),
                     AW_OK);
}

static enum aw_err find(struct awh_arena *arena, const struct row *row, struct awh_stack_worst *out,
                        struct awh_diag *diag)
{
    static const char *functions[] = {"asm_copy", "f", "f_run", "g", "g_run", "main"};
    struct awh_image_piece pieces[] = {{.object = "a.c.obj"},
                                       {.object = NULL},
                                       {.object = "start.S.obj"},
                                       {.object = "a.c.obj"},
                                       {.object = "/lib/libgcc.a(x.o)"},
                                       {.object = "b.c.o"}};
    struct awh_image image = {.functions = functions,
                              .function_count = 6,
                              .pieces = pieces,
                              .piece_count = row->b != NULL ? 6 : 5};
    struct awh_callgraph graph;
    struct awh_yaml *rules;
    put(arena, "a.c.ci", row->a);
    if (row->b != NULL)
        put(arena, "b.c.ci", row->b);
    assert_int_equal(awh_yaml_load(arena, "rules", row->rules, strlen(row->rules), &rules, diag),
                     AW_OK);
    enum aw_err err = awh_callgraph_load(arena, dir, &image, &graph, diag);
    return err != AW_OK ? err : awh_stack_find(arena, &image, &graph, rules, out, diag);
}

static void worst_stacks(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct awh_arena arena;
        struct awh_stack_worst worst;
        struct awh_diag diag = {.err = AW_OK};
        char text[512];
        print_message("row %s\n", row->name);
        awh_arena_init(&arena);
        assert_int_equal(find(&arena, row, &worst, &diag), row->err);
        if (row->err != AW_OK) {
            if (strstr(diag.text, row->says) == NULL)
                fail_msg("'%s'", diag.text);
            awh_arena_release(&arena);
            continue;
        }
        assert_int_equal(worst.bytes, row->bytes);
        join(worst.path, worst.path_count, text, sizeof(text));
        assert_string_equal(text, row->path);
        join(worst.unknown, worst.unknown_count, text, sizeof(text));
        assert_string_equal(text, row->unknown != NULL ? row->unknown : "");
        awh_arena_release(&arena);
    }
}

static void an_object_without_its_call_graph(void **unused)
{
    (void)unused;
    struct awh_arena arena;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_callgraph graph;
    struct awh_image_piece piece = {.object = "other.c.obj"};
    struct awh_image image = {.pieces = &piece, .piece_count = 1};
    awh_arena_init(&arena);
    assert_int_equal(awh_callgraph_load(&arena, dir, &image, &graph, &diag), AW_ERR_NOT_FOUND);
    assert_non_null(
        strstr(diag.text, "other.c.ci: missing; compile the firmware with -fcallgraph-info=su"));
    awh_arena_release(&arena);
}

static int make_dir(void **unused)
{
    (void)unused;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **unused)
{
    (void)unused;
    return awh_dir_remove(dir, NULL) != AW_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worst_stacks),
        cmocka_unit_test(an_object_without_its_call_graph),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
