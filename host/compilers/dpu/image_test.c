#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compilers/dpu/calib.h"
#include "compilers/dpu/image.h"

#define FOLDER AWNAS_BINARY_DIR "/image_test.images"

/* 4 x 2: red, green, blue, white; black, (30, 20, 10), (200, 150, 100), grey. */
static const unsigned char png[] = {
    137, 80,  78, 71,  13,  10, 26,  10,  0,   0,   0,   13,  73,  72,  68,  82,  0,   0,   0,
    4,   0,   0,  0,   2,   8,  2,   0,   0,   0,   240, 202, 234, 52,  0,   0,   0,   35,  73,
    68,  65,  84, 8,   29,  99, 252, 207, 192, 192, 248, 159, 129, 129, 241, 255, 255, 255, 12,
    140, 12,  12, 12,  114, 34, 92,  171, 154, 162, 118, 188, 146, 1,   0,   108, 5,   8,   128,
    124, 122, 16, 106, 0,   0,  0,   0,   73,  69,  78,  68,  174, 66,  96,  130};
static const unsigned char png_pixels[] = {255, 0, 0, 0,  255, 0,  0,   0,   255, 255, 255, 255,
                                           0,   0, 0, 30, 20,  10, 200, 150, 100, 128, 128, 128};

/* 8 x 8 of (160, 80, 40). */
static const unsigned char jpeg[] = {
    255, 216, 255, 224, 0,   16,  74,  70,  73, 70,  0,   1,  1,  0,  0,  1,  0,  1,   0,   0,
    255, 219, 0,   67,  0,   2,   1,   1,   1,  1,   1,   2,  1,  1,  1,  2,  2,  2,   2,   2,
    4,   3,   2,   2,   2,   2,   5,   4,   4,  3,   4,   6,  5,  6,  6,  6,  5,  6,   6,   6,
    7,   9,   8,   6,   7,   9,   7,   6,   6,  8,   11,  8,  9,  10, 10, 10, 10, 10,  6,   8,
    11,  12,  11,  10,  12,  9,   10,  10,  10, 255, 219, 0,  67, 1,  2,  2,  2,  2,   2,   2,
    5,   3,   3,   5,   10,  7,   6,   7,   10, 10,  10,  10, 10, 10, 10, 10, 10, 10,  10,  10,
    10,  10,  10,  10,  10,  10,  10,  10,  10, 10,  10,  10, 10, 10, 10, 10, 10, 10,  10,  10,
    10,  10,  10,  10,  10,  10,  10,  10,  10, 10,  10,  10, 10, 10, 10, 10, 10, 10,  255, 192,
    0,   17,  8,   0,   8,   0,   8,   3,   1,  34,  0,   2,  17, 1,  3,  17, 1,  255, 196, 0,
    21,  0,   1,   1,   0,   0,   0,   0,   0,  0,   0,   0,  0,  0,  0,  0,  0,  0,   0,   7,
    255, 196, 0,   20,  16,  1,   0,   0,   0,  0,   0,   0,  0,  0,  0,  0,  0,  0,   0,   0,
    0,   0,   255, 196, 0,   20,  1,   1,   0,  0,   0,   0,  0,  0,  0,  0,  0,  0,   0,   0,
    0,   0,   0,   8,   255, 196, 0,   20,  17, 1,   0,   0,  0,  0,  0,  0,  0,  0,   0,   0,
    0,   0,   0,   0,   0,   0,   255, 218, 0,  12,  3,   1,  0,  2,  17, 3,  17, 0,   63,  0,
    133, 128, 61,  149, 143, 255, 217};

static void save(const char *name, const void *bytes, size_t size)
{
    char path[512];
    struct awh_diag diag = {.err = AW_OK};
    snprintf(path, sizeof path, "%s/%s", FOLDER, name);
    if (awh_file_write(path, bytes, size, &diag))
        fail_msg("%s", diag.text);
}

static int set_up(void **state)
{
    struct awh_arena *arena = calloc(1, sizeof *arena);
    *state = arena;
    enum aw_err err = awh_dir_remove(FOLDER, NULL);
    return arena && (err == AW_OK || err == AW_ERR_NOT_FOUND || err == AW_ERR_IO) &&
                   awh_dir_make(FOLDER, NULL) == AW_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    awh_arena_release(*state);
    free(*state);
    return awh_dir_remove(FOLDER, NULL) == AW_OK ? 0 : -1;
}

/* A build without the library must say so, and has nothing else to show. */
static enum aw_err load(struct awh_arena *arena, const char *name, struct awh_image *image,
                        struct awh_diag *diag)
{
    const char *path = awh_path_join(arena, FOLDER, name);
    enum aw_err err = awh_image_load(arena, path, image, diag);
    if (err == AW_ERR_UNSUPPORTED) {
        assert_non_null(strstr(diag->text, "was built without"));
        skip();
    }
    return err;
}

static void test_png(void **state)
{
    struct awh_image image;
    struct awh_diag diag = {.err = AW_OK};
    save("a.png", png, sizeof png);
    if (load(*state, "a.png", &image, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(image.w, 4);
    assert_int_equal(image.h, 2);
    assert_memory_equal(image.rgb, png_pixels, sizeof png_pixels);
}

static void test_jpeg(void **state)
{
    struct awh_image image;
    struct awh_diag diag = {.err = AW_OK};
    save("a.jpg", jpeg, sizeof jpeg);
    if (load(*state, "a.jpg", &image, &diag))
        fail_msg("%s", diag.text);
    assert_int_equal(image.w, 8);
    assert_int_equal(image.h, 8);
    static const int expected[3] = {160, 80, 40};
    for (size_t i = 0; i < 64 * 3; i++)
        assert_true(abs(image.rgb[i] - expected[i % 3]) <= 3);
}

/* Cut anywhere, a file is an error that names it, and never an image. */
static void check_cuts(struct awh_arena *arena, const char *name, const void *bytes, size_t size)
{
    for (size_t cut = 0; cut < size; cut++) {
        struct awh_image image = {.w = 77};
        struct awh_diag diag = {.err = AW_OK};
        save(name, bytes, cut);
        if (load(arena, name, &image, &diag) != AW_ERR_FORMAT)
            fail_msg("%s cut to %zu bytes: %s", name, cut, diag.text);
        assert_int_equal(image.w, 77);
        assert_non_null(strstr(diag.text, name));
    }
}

static void test_cut_png(void **state)
{
    /* The end chunk, 12 bytes, is not needed. */
    check_cuts(*state, "cut.png", png, sizeof png - 12);
}

static void test_cut_jpeg(void **state)
{
    check_cuts(*state, "cut.jpg", jpeg, sizeof jpeg - 2);
}

static void test_calibration_folder(void **state)
{
    struct awh_calib calib;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_caffe_blob shape = {.c = 3, .h = 2, .w = 2};
    float values[12];
    save("notes.txt", "none", 4);
    assert_int_equal(awh_calib_open(*state, FOLDER, 1, &calib, &diag), AW_ERR_NOT_FOUND);
    assert_non_null(strstr(diag.text, ".png"));
    save("b.PNG", png, sizeof png);
    diag = (struct awh_diag){.err = AW_OK};
    assert_int_equal(awh_calib_open(*state, FOLDER, 1, &calib, &diag), AW_OK);
    assert_int_equal(calib.file_count, 1);
    for (size_t index = 0; index < 3; index++) {
        enum aw_err err = awh_calib_input(&calib, index, &shape, values, &diag);
        if (err == AW_ERR_UNSUPPORTED)
            skip();
        if (err)
            fail_msg("%s", diag.text);
        /* The middle two columns: green and blue, then dark and light. */
        static const unsigned char expected[12] = {0, 0, 30, 200, 255, 0, 20, 150, 0, 255, 10, 100};
        static const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
        for (int i = 0; i < 12; i++)
            assert_true(fabs((double)values[i] -
                             (expected[i] / 255.0 - mean[i / 4]) / deviation[i / 4]) < 1e-5);
    }
    shape.c = 16;
    assert_int_equal(awh_calib_input(&calib, 0, &shape, values, &diag), AW_ERR_RANGE);
}

static void test_noise(void **state)
{
    struct awh_calib calib;
    struct awh_diag diag = {.err = AW_OK};
    struct awh_caffe_blob shape = {.c = 5, .h = 4, .w = 4};
    float a[80], b[80];
    assert_int_equal(awh_calib_open(*state, NULL, 9, &calib, &diag), AW_OK);
    assert_int_equal(awh_calib_input(&calib, 0, &shape, a, &diag), AW_OK);
    assert_int_equal(awh_calib_input(&calib, 1, &shape, b, &diag), AW_OK);
    assert_memory_not_equal(a, b, sizeof a);
    for (int i = 0; i < 80; i++)
        assert_true(a[i] >= -2 && a[i] < 2);
    assert_int_equal(awh_calib_input(&calib, 0, &shape, b, &diag), AW_OK);
    assert_memory_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_png, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_jpeg, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_png, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cut_jpeg, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_calibration_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_noise, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
