#include "readers/testing_test.h"

#include "readers/draft.h"

struct taken {
    unsigned runs;
    size_t layers, samples;
    uint64_t sample_size;
    double first_sample, last_sample, sum;
};

static enum aw_err take(void *context, const struct awh_layer_run *run, struct awh_diag *diag)
{
    struct taken *taken = context;
    (void)diag;
    taken->runs++;
    taken->layers = run->layer_count;
    taken->samples = run->sample_count;
    taken->sample_size = run->sample_size;
    taken->sum = 0;
    for (size_t i = 0; i < run->sample_count; i++)
        taken->sum += run->samples[i];
    if (run->sample_count > 0) {
        taken->first_sample = run->samples[0];
        taken->last_sample = run->samples[run->sample_count - 1];
    }
    return AW_OK;
}

static void equal_names_add_up(void **unused)
{
    (void)unused;
    struct taken taken = {0};
    struct awh_diag diag = {0};
    const struct awh_log log = {.path = "log", .take = take, .context = &taken};
    struct awh_draft draft;
    awh_draft_init(&draft, &log, &diag);
    for (unsigned round = 0; round < 2; round++) { /* the second one in the memory of the first */
        char name[16];
        struct awh_layer_time *layer;
        awh_draft_begin(&draft, "latency", "ms", 1);
        for (unsigned i = 0; i < 3000; i++) {
            snprintf(name, sizeof(name), "layer%u", i % 1000);
            assert_int_equal(awh_draft_add(&draft, name, 1, i, &layer), AW_OK);
            assert_int_equal(layer->count, i / 1000 + 1);
        }
        assert_int_equal(draft.run.layer_count, 1000);
        assert_near(awh_draft_sum(&draft), 3000);
        assert_int_equal(awh_draft_emit(&draft), AW_OK);
        assert_int_equal(draft.run.layer_count, 0);
    }
    assert_int_equal(taken.runs, 2);
    assert_int_equal(taken.layers, 1000);
    awh_draft_release(&draft);
}

static void a_table_is_bounded(void **unused)
{
    (void)unused;
    struct taken taken = {0};
    struct awh_diag diag = {0};
    const struct awh_log log = {.path = "log", .take = take, .context = &taken};
    struct awh_draft draft;
    enum aw_err err = AW_OK;
    awh_draft_init(&draft, &log, &diag);
    awh_draft_begin(&draft, "latency", "ms", 17);
    for (unsigned i = 0; err == AW_OK && i <= AWH_DRAFT_LAYERS_MAX; i++)
        err = awh_draft_layer(&draft, "a", 1, i, NULL);
    assert_int_equal(err, AW_ERR_RANGE);
    assert_non_null(strstr(diag.text, "log:17: the table that begins here has more than"));
    awh_draft_release(&draft);
}

static void too_many_samples_are_merged(void **unused)
{
    (void)unused;
    struct taken taken = {0};
    struct awh_diag diag = {0};
    const struct awh_log log = {.path = "log", .take = take, .context = &taken};
    struct awh_draft draft;
    awh_draft_init(&draft, &log, &diag);
    draft.run.sample_size = 10;
    const unsigned count = 3 * AWH_DRAFT_SAMPLES_MAX;
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(awh_draft_sample(&draft, i), AW_OK);
    assert_int_equal(draft.samples.seen, count);
    assert_int_equal(awh_draft_emit(&draft), AW_OK);
    assert_int_equal(taken.sample_size, 40); /* merged twice */
    assert_int_equal(taken.samples, count / 4);
    assert_near(taken.first_sample, 1.5);
    assert_near(taken.last_sample, count - 2.5);
    assert_near(taken.sum * 4, (double)count * (count - 1) / 2);
    awh_draft_release(&draft);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_names_add_up),
        cmocka_unit_test(a_table_is_bounded),
        cmocka_unit_test(too_many_samples_are_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
