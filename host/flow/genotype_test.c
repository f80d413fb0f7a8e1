/* genotype: its inputs and outputs. What spaces make of genotypes is tested with the spaces. */
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
#include "base/yaml.h"
#include "flow/flow.h"

#define EXAMPLE AWNAS_SOURCE_DIR "/examples/mobilenet_v1_family"

static const char good[] =
    "act=relu, width=0.25, stage_1_fewer=0, stage_1_block_0_kernel=3, stage_2_fewer=1, "
    "stage_2_block_0_kernel=3, stage_3_fewer=1, stage_3_block_0_kernel=3, stage_4_fewer=1, "
    "stage_4_block_0_kernel=3, stage_4_block_1_kernel=3, stage_4_block_2_kernel=3, "
    "stage_4_block_3_kernel=3, stage_4_block_4_kernel=3, stage_5_fewer=1, "
    "stage_5_block_0_kernel=5";

static char directory[] = "/tmp/awnas-genotype-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return awh_dir_remove(directory, NULL);
}

struct result {
    enum aw_err err;
    char *text; /* malloc'ed */
    struct awh_diag diag;
};

static struct result run(struct awh_genotype_options options, const char *input)
{
    struct result result = {.text = NULL};
    size_t size = 0;
    FILE *in = input && *input ? fmemopen((void *)input, strlen(input), "r") : tmpfile();
    FILE *out = open_memstream(&result.text, &size);
    assert_non_null(in);
    assert_non_null(out);
    if (!options.cfg_path)
        options.cfg_path = EXAMPLE ".yaml";
    options.hwobj_path = EXAMPLE "_hwobj.yaml";
    result.err = awh_genotype(&options, in, out, &result.diag);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
    return result;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void test_output(void **state)
{
    (void)state;
    struct result yaml = run((struct awh_genotype_options){.genotype = good}, NULL);
    struct result json = run((struct awh_genotype_options){.genotype = good, .json = true}, NULL);
    if (yaml.err || json.err)
        fail_msg("%s%s", yaml.diag.text, json.diag.text);
    assert_memory_equal(yaml.text, "- C: 3\n  C_out: 8\n", 18);
    assert_int_equal(count(yaml.text, "prim_type:"), 1 + 1 + 1 + 1 + 5 + 1);
    assert_memory_equal(json.text, "{\"genotype\": \"act=relu, ", 24);
    assert_int_equal(count(json.text, "\"prim_type\":"), 10);
    free(yaml.text);
    free(json.text);
}

static void test_lines(void **state)
{
    (void)state;
    char input[2048];
    snprintf(input, sizeof input, "# two of them\n\n  %s\r\n%s", good, good);
    struct result one = run((struct awh_genotype_options){.genotype = good}, NULL);
    struct result two = run((struct awh_genotype_options){.genotype = "-"}, input);
    if (two.err)
        fail_msg("%s", two.diag.text);
    size_t size = strlen(one.text);
    assert_int_equal(strlen(two.text), 2 * size + 4);
    assert_memory_equal(two.text, one.text, size);
    assert_memory_equal(two.text + size, "---\n", 4);
    assert_string_equal(two.text + size + 4, one.text);
    free(one.text);
    free(two.text);
    snprintf(input, sizeof input, "%s\nwidth=3\n", good);
    two = run((struct awh_genotype_options){.genotype = "-"}, input);
    assert_int_equal(two.err, AW_ERR_FORMAT);
    assert_string_equal(two.diag.text, "(standard input):2: genotype: lacks act");
    free(two.text);
    two = run((struct awh_genotype_options){.genotype = "-"}, "");
    assert_int_equal(two.err, AW_OK);
    assert_string_equal(two.text, "");
    free(two.text);
}

/* A net file of the primitives that were printed. */
static void write_net(struct awh_arena *arena, const char *path, struct awh_yaml *list)
{
    struct awh_yaml *root = awh_yaml_new_map(arena), *model = awh_yaml_new_map(arena);
    assert_true(awh_yaml_set(arena, model, "genotypes", list));
    assert_true(awh_yaml_set(arena, root, "final_model_cfg", model));
    assert_int_equal(awh_yaml_save(root, path, NULL), AW_OK);
}

static void test_from_net(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_yaml *list;
    awh_arena_init(&arena);
    char *path = awh_path_join(&arena, directory, "net.yaml");
    struct result printed = run((struct awh_genotype_options){.genotype = good}, NULL);
    assert_int_equal(
        awh_yaml_load(&arena, "printed", printed.text, strlen(printed.text), &list, NULL), AW_OK);
    write_net(&arena, path, list);
    struct result back = run((struct awh_genotype_options){.net_path = path}, NULL);
    if (back.err)
        fail_msg("%s", back.diag.text);
    assert_memory_equal(back.text, good, sizeof good - 1);
    assert_string_equal(back.text + sizeof good - 1, "\n");
    free(back.text);

    awh_yaml_get(list->list.items[9], "kernel_size")->integer = 7;
    write_net(&arena, path, list);
    back = run((struct awh_genotype_options){.net_path = path}, NULL);
    assert_int_equal(back.err, AW_ERR_MISMATCH);
    if (!strstr(back.diag.text, "net.yaml: primitive 9 (mobilenet_v2_block 8 128 256 2 true"))
        fail_msg("message: %s", back.diag.text);
    free(back.text);
    free(printed.text);
    awh_arena_release(&arena);
}

static void test_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct awh_genotype_options options;
        enum aw_err err;
        const char *message;
    } rows[] = {
        {"nothing to do", {.genotype = NULL}, AW_ERR_ARG, "expected either a genotype"},
        {"both", {.genotype = good, .net_path = "x"}, AW_ERR_ARG, "expected either a genotype"},
        {"no config",
         {.cfg_path = "/nonexistent.yaml", .genotype = good},
         AW_ERR_NOT_FOUND,
         "/nonexistent.yaml"},
        {"no net", {.net_path = "/nonexistent.yaml"}, AW_ERR_NOT_FOUND, "/nonexistent.yaml"},
        {"another space", {.genotype = "image_size=128"}, AW_ERR_FORMAT, "genotype: lacks act"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("row %s\n", rows[i].name);
        struct result result = run(rows[i].options, NULL);
        assert_int_equal(result.err, rows[i].err);
        if (!strstr(result.diag.text, rows[i].message))
            fail_msg("message: %s", result.diag.text);
        assert_string_equal(result.text, "");
        free(result.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_output), cmocka_unit_test(test_lines),
                                       cmocka_unit_test(test_from_net),
                                       cmocka_unit_test(test_mistakes)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
