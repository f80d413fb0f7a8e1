/* sample, and each example of examples/ through genprof, genmodel, predict and genotype. */
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
#include "flow/flow.h"
#include "net/net.h"
#include "prims/prim.h"

static char directory[] = "/tmp/awnas-sample-test-XXXXXX";

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

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    char *cfg, *hwobj, *results, *profiles, *model;
};

static void ignore_warning(void *context, const char *text)
{
    (void)context;
    print_message("warning: %s\n", text);
}

static void fixture_init(struct fixture *f, const char *example)
{
    memset(f, 0, sizeof *f);
    awh_arena_init(&f->arena);
    f->diag.warn = ignore_warning;
    f->cfg = awh_arena_printf(&f->arena, AWNAS_SOURCE_DIR "/examples/%s.yaml", example);
    f->hwobj = awh_arena_printf(&f->arena, AWNAS_SOURCE_DIR "/examples/%s_hwobj.yaml", example);
    f->results = awh_arena_printf(&f->arena, "%s/%s", directory, example);
    f->profiles = awh_arena_printf(&f->arena, "%s/%s-profiles", directory, example);
    f->model = awh_arena_printf(&f->arena, "%s/%s-model.yaml", directory, example);
}

static void fixture_release(struct fixture *f)
{
    awh_arena_release(&f->arena);
}

static char *sample(struct fixture *f, struct awh_sample_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options.cfg_path = f->cfg;
    options.hwobj_path = f->hwobj;
    if (awh_sample(&options, out, &f->diag))
        fail_msg("%s", f->diag.text);
    assert_int_equal(fclose(out), 0);
    char *copy = awh_arena_strdup(&f->arena, text);
    free(text);
    return copy;
}

static char *genotype(struct fixture *f, struct awh_genotype_options options)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    options.cfg_path = f->cfg;
    options.hwobj_path = f->hwobj;
    if (awh_genotype(&options, stdin, out, &f->diag))
        fail_msg("%s", f->diag.text);
    assert_int_equal(fclose(out), 0);
    char *copy = awh_arena_strdup(&f->arena, text);
    free(text);
    return copy;
}

static struct awh_yaml *parse(struct fixture *f, const char *text)
{
    struct awh_yaml *root;
    if (awh_yaml_load(&f->arena, "output", text, strlen(text), &root, &f->diag))
        fail_msg("%s", f->diag.text);
    return root;
}

static size_t lines(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++)
        count++;
    return count;
}

static void test_stream(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "ofa_128");
    char *five = sample(&f, (struct awh_sample_options){.count = 5, .seed = 3});
    char *three = sample(&f, (struct awh_sample_options){.count = 3, .seed = 3});
    char *other = sample(&f, (struct awh_sample_options){.count = 3, .seed = 4});
    assert_int_equal(lines(five), 5);
    assert_memory_equal(five, three, strlen(three)); /* a longer stream begins with the shorter */
    assert_string_not_equal(three, other);
    assert_string_equal(sample(&f, (struct awh_sample_options){.count = 0}), "");
    fixture_release(&f);
}

/* A line of JSON holds the genotype and the primitives that `genotype` prints for it. */
static void test_json(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "ofa_128");
    char *plain = sample(&f, (struct awh_sample_options){.count = 1, .seed = 3});
    char *json = sample(&f, (struct awh_sample_options){.count = 1, .seed = 3, .json = true});
    assert_int_equal(lines(json), 1);
    struct awh_yaml *root = parse(&f, json), *text = awh_yaml_get(root, "genotype");
    assert_non_null(text);
    assert_memory_equal(plain, text->str.text, text->str.size);
    char *yaml = genotype(&f, (struct awh_genotype_options){.genotype = text->str.text});
    assert_true(awh_yaml_equal(awh_yaml_get(root, "primitives"), parse(&f, yaml)));
    fixture_release(&f);
}

static void test_too_many(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "ofa_128");
    const struct awh_sample_options options = {
        .cfg_path = f.cfg, .hwobj_path = f.hwobj, .count = 10000001};
    assert_int_equal(awh_sample(&options, stdout, &f.diag), AW_ERR_RANGE);
    fixture_release(&f);
}

/* -- Examples -----------------------------------------------------------------------------------
 */

static void genprof(struct fixture *f, const char *result_dir, int64_t num_sample)
{
    const struct awh_genprof_options options = {.cfg_path = f->cfg,
                                                .hwobj_path = f->hwobj,
                                                .result_dir = result_dir,
                                                .num_sample = num_sample,
                                                .seed = 5,
                                                .quiet = true};
    if (awh_genprof(&options, stdout, &f->diag))
        fail_msg("%s", f->diag.text);
}

/* A made-up measurement of one net: every primitive has a time of its own. */
static void write_profile(struct fixture *f, const struct awh_net *net)
{
    struct awh_arena *arena = &f->arena;
    struct awh_yaml *root = awh_yaml_new_map(arena), *list = awh_yaml_new_seq(arena);
    double sum = 0;
    for (size_t i = 0; i < net->count; i++) {
        double latency = 0.1 + (double)(awh_prim_hash(&net->prims[i]) % 1000) / 1000;
        struct awh_yaml *prim = awh_prim_to_yaml(arena, &net->prims[i]);
        struct awh_yaml *performances = awh_yaml_new_map(arena);
        assert_true(
            awh_yaml_set(arena, performances, "latency", awh_yaml_new_real(arena, latency)));
        assert_true(awh_yaml_set(arena, prim, "performances", performances));
        assert_true(awh_yaml_push(arena, list, prim));
        sum += latency;
    }
    assert_true(
        awh_yaml_set(arena, root, "overall_latency", awh_yaml_new_real(arena, sum * 1.1 + 0.2)));
    assert_true(awh_yaml_set(arena, root, "primitives", list));
    char *folder = awh_path_join(arena, f->profiles, net->name);
    assert_int_equal(awh_dir_make(folder, &f->diag), AW_OK);
    assert_int_equal(awh_yaml_save(root, awh_path_join(arena, folder, "0.yaml"), &f->diag), AW_OK);
}

static size_t profile_nets(struct fixture *f)
{
    char **names, *folder = awh_path_join(&f->arena, f->results, "prof_nets");
    size_t count;
    assert_int_equal(awh_dir_list(&f->arena, folder, &names, &count, &f->diag), AW_OK);
    for (size_t i = 0; i < count; i++) {
        struct awh_net net;
        if (awh_net_load(&f->arena, awh_path_join(&f->arena, folder, names[i]), &net, &f->diag))
            fail_msg("%s", f->diag.text);
        write_profile(f, &net);
    }
    return count;
}

/* The model answers the architectures that sample prints, and has measured all their primitives. */
static void check_predictions(struct fixture *f)
{
    char *text = NULL;
    size_t size = 0;
    const struct awh_genmodel_options model = {.cfg_path = f->cfg,
                                               .hwobj_path = f->hwobj,
                                               .prof_prims = f->profiles,
                                               .result_file = f->model};
    const struct awh_predict_options predict = {
        .model_path = f->model, .random = 6, .seed = 9, .format = "jsonl"};
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    if (awh_genmodel(&model, out, &f->diag))
        fail_msg("%s", f->diag.text);
    rewind(out);
    if (awh_predict(&predict, out, &f->diag))
        fail_msg("%s", f->diag.text);
    assert_int_equal(fclose(out), 0);
    char *expected = sample(f, (struct awh_sample_options){.count = 6, .seed = 9});
    char *rest = text, *line, *genotypes = expected, *one;
    for (int i = 0; i < 6; i++) {
        line = strsep(&rest, "\n");
        one = strsep(&genotypes, "\n");
        struct awh_yaml *root = parse(f, line);
        double latency = 0;
        assert_string_equal(awh_yaml_get(root, "architecture")->str.text, one);
        assert_int_equal(awh_yaml_real(awh_yaml_get(root, "latency"), &latency, NULL), AW_OK);
        assert_true(latency > 0);
        assert_int_equal(awh_yaml_get(root, "missing")->integer, 0);
    }
    free(text);
}

/* genprof -n writes nets whose genotypes are those of sample, and lead back to their primitives. */
static void check_sampled_nets(struct fixture *f)
{
    char *results = awh_arena_printf(&f->arena, "%s-sampled", f->results);
    char *expected = sample(f, (struct awh_sample_options){.count = 3, .seed = 5}), *one;
    genprof(f, results, 3);
    for (int i = 0; i < 3; i++) {
        char *path = awh_arena_printf(&f->arena, "%s/prof_nets/%d.yaml", results, i);
        char *found = genotype(f, (struct awh_genotype_options){.net_path = path});
        one = strsep(&expected, "\n");
        found[strcspn(found, "\n")] = 0;
        char *ours = genotype(f, (struct awh_genotype_options){.genotype = one});
        char *theirs = genotype(f, (struct awh_genotype_options){.genotype = found});
        assert_string_equal(ours, theirs);
    }
}

static void test_examples(void **state)
{
    (void)state;
    static const char *const examples[] = {"ofa_128", "resnet_family", "mobilenet_v1_family"};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct fixture f;
        print_message("example %s\n", examples[i]);
        fixture_init(&f, examples[i]);
        genprof(&f, f.results, 0);
        assert_true(profile_nets(&f) > 1);
        check_predictions(&f);
        check_sampled_nets(&f);
        fixture_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stream), cmocka_unit_test(test_json),
                                       cmocka_unit_test(test_too_many),
                                       cmocka_unit_test(test_examples)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
