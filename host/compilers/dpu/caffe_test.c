#include "compilers/dpu/caffe_testing.h"

static const char *const dialect_names[] = {"xilinx", "bvlc"};

/* Everything that a layer reads was made before, everything that is made is read, names are unique,
 * and shapes follow. */
static void check_structure(const struct awh_caffe_net *net, const char *row)
{
    bool *made = calloc(net->blob_count, sizeof *made);
    assert_non_null(made);
    for (size_t i = 0; i < net->layer_count; i++) {
        const struct awh_caffe_layer *layer = &net->layers[i];
        for (int b = 0; b < 2; b++)
            if (layer->bottoms[b] >= 0 && !made[layer->bottoms[b]])
                fail_msg("%s: %s reads what nothing made", row, layer->name);
        if (awh_caffe_readers(net, layer->top) == 0)
            fail_msg("%s: nothing reads what %s makes", row, layer->name);
        made[layer->top] = true;
        for (size_t j = 0; j < i; j++)
            if (strcmp(net->layers[j].name, layer->name) == 0)
                fail_msg("%s: two layers %s", row, layer->name);
    }
    for (size_t b = 0; b < net->blob_count; b++)
        for (size_t a = 0; a < b; a++)
            if (made[a] && made[b] && strcmp(net->blobs[a].name, net->blobs[b].name) == 0)
                fail_msg("%s: two blobs %s", row, net->blobs[a].name);
    free(made);
}

static void check_run(const struct caffe_case *it, const char *row)
{
    const struct awh_graph_tensor *y = &it->graph.tensors[it->graph.output];
    const struct awh_caffe_blob *top = &it->net.blobs[it->net.output];
    if (top->c != y->c || top->h != y->h || top->w != y->w)
        fail_msg("%s: output of %d x %d x %d", row, (int)top->h, (int)top->w, (int)top->c);
    double error = caffe_error(caffe_case_run(it), it->expected, it->out_count);
    if (!(error < 1e-4))
        fail_msg("%s: off by %g", row, error);
}

/* Every primitive type in both dialects, as made and folded, against our own reference. */
static void test_primitives(void **state)
{
    (void)state;
    for (const struct awh_prim_type *const *type = awh_prim_types(); *type; type++) {
        unsigned shapes = 0;
        for (size_t s = 0; s < CAFFE_SHAPE_COUNT; s++) {
            struct awh_arena arena;
            struct awh_prim prim;
            struct caffe_case it;
            awh_arena_init(&arena);
            caffe_prim(*type, &caffe_shapes[s], &prim);
            struct awh_net net = {.name = "0", .prims = &prim, .count = 1};
            bool lowered = caffe_case_lower(&arena, &net, &it);
            for (int dialect = 0; lowered && dialect < 2; dialect++) {
                char row[128];
                struct awh_diag diag = {.err = AW_OK};
                snprintf(row, sizeof row, "%s, shape %zu, %s", (*type)->name, s,
                         dialect_names[dialect]);
                caffe_case_make(&it, (enum awh_caffe_dialect)dialect);
                check_structure(&it.net, row);
                check_run(&it, row);
                assert_int_equal(awh_caffe_fold(&arena, &it.net, &diag), AW_OK);
                strcat(row, ", folded");
                check_structure(&it.net, row);
                check_run(&it, row);
                shapes++;
            }
            if (lowered)
                awh_graph_release(&it.graph);
            awh_arena_release(&arena);
        }
        if (shapes == 0 && !caffe_has_no_layers(*type))
            fail_msg("%s: no shape suits it", (*type)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_primitives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
