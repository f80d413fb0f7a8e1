/* The model of the heap: places, joining, growth and what goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "timing/cpu/heap.h"

#define MIB ((size_t)1 << 20)
#define PAD ((size_t)128 << 10)

/* Blocks of this size were mapped, and freed. */
static void init(struct cpu_heap *heap, size_t largest)
{
    size_t offset;
    cpu_heap_init(heap);
    assert_true(cpu_heap_take(heap, largest, &offset));
    assert_true(offset == CPU_HEAP_MAPPED);
    assert_int_equal(cpu_heap_give(heap, offset, largest).bytes, 0);
}

static size_t take(struct cpu_heap *heap, size_t bytes)
{
    size_t offset;
    assert_true(cpu_heap_take(heap, bytes, &offset));
    assert_int_equal(offset % 64, 0);
    return offset;
}

static void test_smallest_fit_is_taken_and_split(void **state)
{
    (void)state;
    struct cpu_heap heap;
    init(&heap, 31 * MIB);
    size_t large = take(&heap, 4 * MIB), wall = take(&heap, 100), small = take(&heap, 2 * MIB);
    size_t last = take(&heap, 100);
    assert_true(large < wall && wall < small && small < last);
    assert_int_equal(cpu_heap_give(&heap, large, 0).bytes, 0);
    assert_int_equal(cpu_heap_give(&heap, small, 0).bytes, 0);
    assert_int_equal(take(&heap, MIB), small);
    size_t rest = take(&heap, MIB / 2); /* behind it */
    assert_true(rest > small && rest < last);
    assert_int_equal(take(&heap, 3 * MIB), large);
    assert_true(take(&heap, 8 * MIB) > last);
    cpu_heap_release(&heap);
}

static void test_free_neighbours_join(void **state)
{
    (void)state;
    struct cpu_heap heap;
    init(&heap, 31 * MIB);
    size_t a = take(&heap, MIB), b = take(&heap, MIB), c = take(&heap, MIB);
    size_t wall = take(&heap, 100);
    cpu_heap_give(&heap, a, 0);
    cpu_heap_give(&heap, c, 0);
    assert_true(take(&heap, 2 * MIB) > wall);
    cpu_heap_give(&heap, b, 0); /* three in one */
    assert_int_equal(take(&heap, 3 * MIB - 100), a);
    cpu_heap_release(&heap);
}

/* Twice the largest block at the end of the heap, in two parts. */
static void test_a_large_top_goes_back(void **state)
{
    (void)state;
    struct cpu_heap heap;
    init(&heap, 4 * MIB);
    size_t keeps = take(&heap, MIB), a = take(&heap, 4 * MIB), b = take(&heap, 4 * MIB);
    size_t c = take(&heap, MIB), end = heap.end;
    assert_int_equal(cpu_heap_give(&heap, b, 0).bytes, 0);
    assert_int_equal(cpu_heap_give(&heap, a, 0).bytes, 0); /* not at the end */
    struct cpu_heap_span span = cpu_heap_give(&heap, c, 0);
    assert_true(span.bytes > 8 * MIB && span.offset % CPU_HEAP_PAGE == 0);
    assert_int_equal(span.offset + span.bytes, end);
    assert_int_equal(heap.end, span.offset);
    assert_true(heap.end - heap.top >= PAD && heap.end - heap.top < PAD + 2 * CPU_HEAP_PAGE);
    assert_int_equal(take(&heap, 4 * MIB), a); /* the same place, of new pages */
    assert_true(heap.end > a + 4 * MIB && heap.end < a + 4 * MIB + PAD + 2 * CPU_HEAP_PAGE);
    assert_int_equal(heap.highest, end);
    assert_int_equal(cpu_heap_give(&heap, a, 0).bytes, 0); /* below the threshold */
    assert_int_equal(cpu_heap_give(&heap, keeps, 0).bytes, 0);
    assert_int_equal(heap.count, 0);
    assert_int_equal(heap.top, 0);
    cpu_heap_release(&heap);
}

/* Blocks never overlap, whatever the order; what is free is never two blocks side by side. */
static void test_random_orders(void **state)
{
    (void)state;
    struct cpu_heap heap;
    size_t offsets[40], sizes[40] = {0};
    init(&heap, MIB);
    srand(7);
    for (int n = 0; n < 20000; n++) {
        size_t i = (size_t)rand() % 40;
        if (sizes[i]) {
            struct cpu_heap_span span = cpu_heap_give(&heap, offsets[i], sizes[i]);
            assert_true(!span.bytes || span.offset >= heap.top);
            sizes[i] = 0;
        } else {
            sizes[i] = 1 + (size_t)rand() % MIB;
            offsets[i] = take(&heap, sizes[i]);
            for (size_t k = 0; k < 40; k++)
                assert_true(k == i || !sizes[k] || offsets[k] + sizes[k] <= offsets[i] ||
                            offsets[i] + sizes[i] <= offsets[k]);
        }
        size_t at = 0;
        for (size_t k = 0; k < heap.count; k++) {
            assert_int_equal(heap.blocks[k].offset, at);
            at += heap.blocks[k].bytes;
            assert_true(heap.blocks[k].used || (k + 1 < heap.count && heap.blocks[k + 1].used));
        }
        assert_int_equal(at, heap.top);
        assert_true(heap.top <= heap.end && heap.end <= heap.highest);
    }
    cpu_heap_release(&heap);
}

static void test_thresholds_slide(void **state)
{
    (void)state;
    struct cpu_heap heap;
    size_t small, large;
    cpu_heap_init(&heap);
    assert_int_equal(take(&heap, 100000), 64);
    assert_true(cpu_heap_take(&heap, MIB, &small) && small == CPU_HEAP_MAPPED);
    cpu_heap_give(&heap, small, MIB);
    assert_true(heap.map_bytes > MIB && heap.map_bytes < MIB + 2 * CPU_HEAP_PAGE);
    assert_int_equal(heap.trim_bytes, 2 * heap.map_bytes);
    assert_true(cpu_heap_take(&heap, MIB, &small) && small != CPU_HEAP_MAPPED);
    assert_true(cpu_heap_take(&heap, 40 * MIB, &large) && large == CPU_HEAP_MAPPED);
    cpu_heap_give(&heap, large, 40 * MIB); /* too large to slide to */
    assert_true(heap.map_bytes < 2 * MIB);
    cpu_heap_release(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_smallest_fit_is_taken_and_split),
        cmocka_unit_test(test_free_neighbours_join),
        cmocka_unit_test(test_a_large_top_goes_back),
        cmocka_unit_test(test_random_orders),
        cmocka_unit_test(test_thresholds_slide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
