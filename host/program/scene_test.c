#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "program/scene.h"

enum { SIDE = 64, CH = 3, COUNT = SIDE * SIDE * CH, SCENES = 40 };
static const struct aw_shape shape = {SIDE, SIDE, CH};

static double mean_of(const int8_t *values)
{
    double sum = 0;
    for (size_t i = 0; i < COUNT; i++)
        sum += values[i];
    return sum / COUNT;
}

static void test_seeds(void **state)
{
    (void)state;
    static int8_t a[COUNT], b[COUNT];
    awh_scene_draw(7, shape, a);
    awh_scene_draw(7, shape, b);
    assert_memory_equal(a, b, COUNT);
    awh_scene_draw(8, shape, b);
    assert_memory_not_equal(a, b, COUNT);
}

/* Neighbours are alike, far pixels less so; scenes differ in brightness, and few pixels are cut
 * off. */
static void test_they_are_like_pictures(void **state)
{
    (void)state;
    static int8_t values[COUNT];
    double near = 0, far = 0, sum = 0, squares = 0;
    size_t cut = 0;
    for (uint32_t seed = 1; seed <= SCENES; seed++) {
        awh_scene_draw(seed, shape, values);
        double mean = mean_of(values);
        sum += mean;
        squares += mean * mean;
        for (size_t i = 0; i + SIDE / 2 * CH < COUNT; i++) {
            near += pow(values[i] - values[i + CH], 2);
            far += pow(values[i] - values[i + SIDE / 2 * CH], 2);
            cut += values[i] == 127 || values[i] == -128;
        }
    }
    assert_true(near * 2 < far);
    assert_true(sqrt(squares / SCENES - pow(sum / SCENES, 2)) > 10);
    assert_true(cut * 20 < (size_t)SCENES * COUNT);
}

/* Shapes without room for a lattice work as well, and no byte beyond them is written. */
static void test_any_shape(void **state)
{
    (void)state;
    static const struct aw_shape shapes[] = {{1, 1, 1}, {1, 1, 960}, {1, 40, 2}, {7, 3, 17}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        int8_t values[1024];
        size_t count = (size_t)shapes[s].h * shapes[s].w * shapes[s].c, differ = 0;
        memset(values, 99, sizeof values);
        awh_scene_draw(3, shapes[s], values);
        for (size_t i = 0; i < count; i++)
            differ += values[i] != 99;
        assert_true(differ * 2 > count);
        for (size_t i = count; i < sizeof values; i++)
            assert_int_equal(values[i], 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_they_are_like_pictures),
        cmocka_unit_test(test_any_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
