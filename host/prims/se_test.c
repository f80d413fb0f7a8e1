#include "prims/testing.h"

static const struct row {
    const char *reduction; /* YAML */
    const char *layers, *why;
} rows[] = {
    {"null", "gap c24k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"4", "gap c24k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"7", "gap c16k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"7.5", "gap c16k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"true", "gap c96k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"-4", "gap c8k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"1000", "gap c8k1s1+b relu c96k1s1+b h_sigmoid mul@0,5", NULL},
    {"0", NULL, "se_module: reduction must be a number that is not 0"},
    {"0.0001", NULL, "C / reduction at most 65535"},
    {"four", NULL, "reduction must be a number"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct prim_row row = {
            .layers = rows[i].layers, .out_size = 7, .out_ch = 96, .why = rows[i].why};
        struct awh_diag diag = {.err = AW_OK};
        struct awh_arena arena;
        struct awh_yaml *map;
        struct awh_prim prim;
        char text[256];
        print_message("row %s\n", rows[i].reduction);
        awh_arena_init(&arena);
        snprintf(
            text, sizeof text,
            "{prim_type: se_module, spatial_size: 7, C: 96, C_out: 8, stride: 2, affine: true, "
            "reduction: %s}",
            rows[i].reduction);
        if (awh_yaml_load(&arena, "p.yaml", text, strlen(text), &map, &diag) ||
            awh_prim_from_yaml(map, &prim, &diag))
            fail_msg("%s", diag.text);
        check_prim(&prim, &row);
        awh_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
