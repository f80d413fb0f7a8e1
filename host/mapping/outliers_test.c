#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/yaml.h"
#include "mapping/outliers.h"

static double mean_of(enum awh_outliers method, const double *samples, size_t count)
{
    double mean = -1;
    struct awh_diag diag = {0};
    assert_int_equal(awh_outliers_mean(method, samples, count, "ms", "log", &mean, &diag), AW_OK);
    return mean;
}

static void names_of_the_methods(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        enum awh_outliers method;
    } rows[] = {{"none", AWH_OUTLIERS_NONE},
                {"histogram", AWH_OUTLIERS_HISTOGRAM},
                {"median-of-means", AWH_OUTLIERS_MEDIAN_OF_MEANS}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_diag diag = {0};
        enum awh_outliers method = AWH_OUTLIERS_NONE;
        assert_int_equal(awh_outliers_parse(rows[i].name, &method, &diag), AW_OK);
        assert_int_equal(method, rows[i].method);
    }
    struct awh_diag diag = {0};
    enum awh_outliers method;
    assert_int_equal(awh_outliers_parse("median", &method, &diag), AW_ERR_ARG);
    assert_non_null(strstr(diag.text, "found 'median'"));
}

static void median_of_means_resists_bursts_and_spikes(void **unused)
{
    (void)unused;
    double samples[100];
    for (size_t i = 0; i < 100; i++)
        samples[i] = 2 + 0.001 * (double)(i % 5);
    double clean = mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, samples, 100);
    assert_true(fabs(clean - 2.002) < 1e-3);
    for (size_t i = 20; i < 40; i++) /* a burst: the machine did something else */
        samples[i] = 50;
    samples[3] = 1e9; /* and spikes of any size */
    samples[97] = 1e9;
    assert_true(fabs(mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, samples, 100) - clean) < 2e-3);
    assert_true(mean_of(AWH_OUTLIERS_NONE, samples, 100) > 1e6);
}

static void median_of_means_of_few_is_the_median(void **unused)
{
    (void)unused;
    const double one[] = {3}, two[] = {3, 5}, five[] = {3, 1e6, 1, 2, 4};
    assert_true(mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, one, 1) == 3);
    assert_true(mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, two, 2) == 4);
    assert_true(mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, five, 5) == 3);
}

/* Every group has a sample at least, whatever the count. */
static void median_of_means_of_any_count(void **unused)
{
    (void)unused;
    double samples[300];
    for (size_t count = 1; count <= 300; count++) {
        samples[count - 1] = 7;
        assert_true(mean_of(AWH_OUTLIERS_MEDIAN_OF_MEANS, samples, count) == 7);
    }
}

static void histogram_needs_times(void **unused)
{
    (void)unused;
    const double ms[] = {1, 1, 1, 1.00015, 5}, us[] = {1000, 1000, 1000, 1000.15, 5000};
    double a = mean_of(AWH_OUTLIERS_HISTOGRAM, ms, 5), b;
    struct awh_diag diag = {0};
    assert_int_equal(awh_outliers_mean(AWH_OUTLIERS_HISTOGRAM, us, 5, "us", "log", &b, &diag),
                     AW_OK);
    assert_true(fabs(a * 1000 - b) < 1e-6 && a < 1.001);
    assert_int_equal(
        awh_outliers_mean(AWH_OUTLIERS_HISTOGRAM, us, 5, "instructions", "log", &b, &diag),
        AW_ERR_UNSUPPORTED);
    assert_non_null(strstr(diag.text, "these values are in instructions"));
}

static void histogram_of_hostile_samples(void **unused)
{
    (void)unused;
    double kept[3];
    size_t count = 9;
    struct awh_diag diag = {0};
    const double far[] = {0, 1, 1e300}, infinite[] = {0, 1, (double)INFINITY};
    assert_int_equal(awh_histogram_keep(far, 3, 1e-4, kept, &count, &diag), AW_ERR_RANGE);
    assert_int_equal(awh_histogram_keep(infinite, 3, 1e-4, kept, &count, &diag), AW_ERR_RANGE);
    assert_int_equal(count, 9);
    /* Bins that are narrower than the distance of doubles there hold nothing. */
    const double fine[] = {1e14, 1e14 + 1, 1e14 + 2};
    assert_int_equal(awh_histogram_keep(fine, 3, 1e-4, kept, &count, &diag), AW_OK);
    assert_int_equal(count, 3);
}

/* -- The vectors made by aw_nas
 * --------------------------------------------------------------------- */

static void check_case(struct awh_arena *arena, const struct awh_yaml *item)
{
    struct awh_diag diag = {0};
    struct awh_yaml *data, *kept;
    assert_int_equal(awh_yaml_need(item, "data", AWH_YAML_SEQ, &data, &diag), AW_OK);
    kept = awh_yaml_get(item, "kept");
    assert_non_null(kept);
    size_t count = data->list.count, found;
    double *samples = awh_arena_array(arena, count, sizeof(*samples));
    double *result = awh_arena_array(arena, count, sizeof(*result));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(awh_yaml_real(data->list.items[i], &samples[i], &diag), AW_OK);
    assert_int_equal(awh_histogram_keep(samples, count, 1e-4, result, &found, &diag), AW_OK);
    assert_true(found > 0);
    /* Upstream drops everything when the fullest bin is the last one or all above are full. */
    if (kept->kind != AWH_YAML_SEQ || kept->list.count == 0)
        return;
    assert_int_equal(found, kept->list.count);
    for (size_t i = 0; i < found; i++) {
        double value;
        assert_int_equal(awh_yaml_real(kept->list.items[i], &value, &diag), AW_OK);
        assert_true(value == result[i]);
    }
}

static void histogram_equals_the_vectors(void **unused)
{
    (void)unused;
    const char *path = AWNAS_SHARED_DIR "/golden/common/xavier_clean_data.json";
    struct awh_arena arena;
    struct awh_yaml *root;
    struct awh_diag diag = {0};
    if (!awh_path_exists(path)) {
        print_message("%s is not there\n", path);
        skip();
    }
    awh_arena_init(&arena);
    assert_int_equal(awh_yaml_load_file(&arena, path, &root, &diag), AW_OK);
    assert_true(root->list.count >= 30);
    for (size_t i = 0; i < root->list.count; i++)
        check_case(&arena, root->list.items[i]);
    awh_arena_release(&arena);
}

/* Where upstream drops everything, what lies above the lower bound stays. */
static void histogram_keeps_where_upstream_drops_all(void **unused)
{
    (void)unused;
    const double constant[] = {1, 1, 1, 1}, one[] = {0.05};
    const double last_bin[] = {0.9, 1.00005, 1.00005, 1.00005}; /* the gap below cuts 0.9 off */
    assert_true(mean_of(AWH_OUTLIERS_HISTOGRAM, constant, 4) == 1);
    assert_true(mean_of(AWH_OUTLIERS_HISTOGRAM, one, 1) == 0.05);
    assert_true(mean_of(AWH_OUTLIERS_HISTOGRAM, last_bin, 4) == 1.00005);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_the_methods),
        cmocka_unit_test(median_of_means_resists_bursts_and_spikes),
        cmocka_unit_test(median_of_means_of_few_is_the_median),
        cmocka_unit_test(median_of_means_of_any_count),
        cmocka_unit_test(histogram_needs_times),
        cmocka_unit_test(histogram_of_hostile_samples),
        cmocka_unit_test(histogram_equals_the_vectors),
        cmocka_unit_test(histogram_keeps_where_upstream_drops_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
