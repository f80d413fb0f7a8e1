/* Points 26 to 35: what genprof makes of a space. */
#include "points.h"

static const char genprof[] = "genprof cfg.yaml hwobj.yaml -r results";
static const char sample[] = "sample cfg.yaml hwobj.yaml -n 50 --seed 7";

static void point_26_fixed_primitives_are_maps(void **state)
{
    struct point *p = *state;
    /* Prim()'s rules: nulls are dropped, numbers are equal by value, one of two equal ones stays.
     */
    point_edit_hwobj(p, "fixed_primitives: null",
                     "fixed_primitives:\n"
                     "  - {prim_type: conv_1x1, spatial_size: 16, C: 8, C_out: 24, stride: 1, "
                     "affine: true, use_se: null}\n"
                     "  - {prim_type: conv_1x1, spatial_size: 16.0, C: 8, C_out: 24, stride: true, "
                     "affine: true}");
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    assert_int_equal(point_count(prims, "prim_type: conv_1x1"), 1);
    point_contains(p->out, "primitives  19\n");
    point_edit_hwobj(p, "use_se: null", "use_se: false");
    point_expect(p, 2, "fixed_primitives[0]", genprof);
}

static void point_27_primitive_types_that_fit(void **state)
{
    static const struct {
        const char *from, *to, *error; /* NULL: works */
    } rows[] = {
        {"primitive_type: mobilenet_v2_block", "primitive_type: fused_conv_block", NULL},
        {"primitive_type: mobilenet_v2_block",
         "use_ses: [false, true, false]\n  primitive_type: mobilenet_v3_block", NULL},
        {"primitive_type: mobilenet_v2_block", "primitive_type: conv_1x1",
         "primitive_type: 'conv_1x1' cannot be used here; expected mobilenet_v2_block, "
         "mobilenet_v3_block or fused_conv_block"},
        {"primitive_type: mobilenet_v2_block", "primitive_type: resnet_block", "primitive_type: "},
        {"primitive_type", "use_ses: [false, false, false]\n  primitive_type",
         "use_ses[0]: mobilenet_v2_block does not take 'use_se'"},
        {"acts: [relu,", "acts: [null,", "mobilenet_v2_block needs 'activation'"},
        {"primitive_type", "stem_type: conv_bn_relu_5x5\n  primitive_type", NULL},
        {"primitive_type", "stem_type: mobilenet_v2_block\n  primitive_type", "stem_type: "},
    };
    struct point *p = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        point_write(p, "hwobj.yaml", point_hwobj);
        point_edit_hwobj(p, rows[i].from, rows[i].to);
        point_expect(p, rows[i].error == NULL ? 0 : 2, rows[i].error, genprof);
    }
}

/* Of an odd size after the stem, genprof profiles one rounded down, and architectures ask for one
 * rounded half up: kept, as it is in the vectors, and said. */
static void point_28_first_block_of_an_odd_size(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "spatial_size: 32", "spatial_size: 33");
    point_edit_hwobj(p, "  image_size: 32\n", "  image_size: 34\n");
    point_genprof(p);
    point_contains(p->err, "architectures begin with the block 'mobilenet_v2_block 17 8 8 1 true "
                           "activation=relu expansion=1 kernel_size=3', which is not profiled");
    char *prims = point_read(p, "results/prof_prims.yaml");
    assert_int_equal(point_count(prims, "prim_type: mobilenet_v2_block\n  spatial_size: 16\n"), 1);
    point_expect(p, 0, NULL, sample);
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 1 --json");
    point_contains(p->out, "\"spatial_size\": 17");
    /* The remedy that the warning names. */
    point_edit_hwobj(p, "fixed_primitives: null",
                     "fixed_primitives: [{prim_type: mobilenet_v2_block, spatial_size: 17, C: 8, "
                     "C_out: 8, stride: 1, affine: true, activation: relu, expansion: 1, "
                     "kernel_size: 3}]");
    point_genprof(p);
    point_lacks(p->err, "architectures begin with");
}

static void point_29_a_stem_that_nets_do_not_have(void **state)
{
    static const struct {
        const char *from, *to, *stem;
    } rows[] = {
        {"spatial_size: 32", "spatial_size: 32", NULL},
        {"  image_size: 32\n", "  image_size: 64\n", "conv_3x3 32 3 8 2 true"},
        {"spatial_size: 32", "spatial_size: 32\n  stem_type: conv_1x1", "conv_1x1 32 3 8 2 true"},
        {"spatial_size: 32", "spatial_size: 64\n  stem_stride: 4", "conv_3x3 64 3 8 4 true"},
    };
    struct point *p = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        point_write(p, "hwobj.yaml", point_hwobj);
        point_edit_hwobj(p, rows[i].from, rows[i].to);
        point_genprof(p);
        if (rows[i].stem == NULL) {
            point_lacks(p->err, "is in no net");
            continue;
        }
        point_contains(p->err, rows[i].stem);
        point_contains(p->err, "is in no net, so it will not be measured");
    }
}

/* aw_nas makes stem-only nets for ever. */
static void point_30_primitives_that_fit_into_no_net(void **state)
{
    struct point *p = *state;
    point_edit_hwobj(p, "  image_size: 32\n", "  image_size: 24\n");
    point_expect(p, 2, "of 17 primitives fit into no net, as their spatial_size is above 12",
                 genprof);
    point_contains(p->err, "mobilenet_v2_block 16 8 8 1 true");
    point_contains(p->err, "an image_size of 32 would do");
    assert_false(point_has(p, "results"));
}

static void point_31_glue_that_misses_the_size(void **state)
{
    struct point *p = *state;
    /* From 16 to 5 is a ratio of 3: aw_nas's glue halves once. */
    point_edit_hwobj(p, "fixed_primitives: null",
                     "fixed_primitives: [{prim_type: conv_1x1, spatial_size: 5, C: 40, C_out: 8, "
                     "stride: 1, affine: true}]");
    point_genprof(p);
    point_contains(p->err, "1 primitives in the nets run on another size than their spatial_size");
    point_contains(p->err, "(conv_1x1 5 40 8 1 true) runs on ");
}

/* The first stage has one kernel, and so one block, whatever its depth; its genotype can be read.
 */
static void point_32_first_stage_of_several_blocks(void **state)
{
    struct point *p = *state;
    point_edit_cfg(p, "num_cell_groups: [1, 2, 2]", "num_cell_groups: [2, 2, 2]");
    point_edit_cfg(p, "depth_choice: [1, 2]", "depth_choice: [2]");
    point_expect(p, 0, NULL, sample);
    assert_int_equal(point_count(p->out, "cell_0=2"), 50);
    assert_int_equal(point_count(p->out, "cell_0_block_0"), 50);
    point_lacks(p->out, "cell_0_block_1");
    point_write(p, "genotypes", p->out);
    assert_int_equal(point_run(p, "genotype cfg.yaml hwobj.yaml - --json <genotypes"), 0);
    assert_int_equal(point_count(p->out, "\n"), 50);
    /* 1 stem, 1 block of the first stage, 2 of each other. */
    assert_int_equal(point_count(p->out, "\"prim_type\""), 50 * 6);
    /* expansions[0] other than 1, or a width below 1: not the block that is profiled. */
    point_write(p, "cfg.yaml", point_cfg);
    point_edit_cfg(p, "expansions: [1,", "expansions: [2,");
    point_genprof(p);
    point_contains(p->err, "expansion=2 kernel_size=3', which is not profiled and will count 0");
    point_write(p, "cfg.yaml", point_cfg);
    point_edit_cfg(p, "width_choice: [2, 3]", "width_choice: [0.5, 3]");
    point_genprof(p);
    point_contains(p->err, "expansion=0.5 kernel_size=3', which is not profiled");
}

/* image_size is part of a genotype and of no primitive; heads cost nothing, unless asked for. */
static void point_33_image_size_and_heads(void **state)
{
    struct point *p = *state;
    char *prims[2];
    for (int i = 0; i < 2; i++) {
        point_expect(
            p, 0, NULL,
            i ? "genotype cfg.yaml hwobj.yaml 'image_size=999, cell_0=1, cell_1=1, cell_2=1, "
                "cell_0_block_0=(1,3), cell_1_block_0=(2,3), cell_2_block_0=(3,5)'"
              : "genotype cfg.yaml hwobj.yaml 'image_size=32, cell_0=1, cell_1=1, cell_2=1, "
                "cell_0_block_0=(1,3), cell_1_block_0=(2,3), cell_2_block_0=(3,5)'");
        prims[i] = p->out;
    }
    assert_string_equal(prims[0], prims[1]);
    point_genprof(p);
    char *without = point_read(p, "results/prof_prims.yaml");
    point_edit_hwobj(p, "mixin_search_space_type: ofa_mixin",
                     "mixin_search_space_type: ssd_ofa_mixin");
    point_genprof(p);
    assert_string_equal(point_read(p, "results/prof_prims.yaml"), without);
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 1");
    point_contains(p->out, "head_3=(");
    point_edit_hwobj(p, "fixed_primitives: null", "head_primitives: true");
    point_genprof(p);
    assert_true(strlen(point_read(p, "results/prof_prims.yaml")) > strlen(without));
}

/* Blocks behind the first are profiled also for stages that never have them: as in aw_nas, whose
 * list this is. */
static void point_34_later_blocks_of_every_stage(void **state)
{
    struct point *p = *state;
    point_edit_cfg(p, "num_cell_groups: [1, 2, 2]", "num_cell_groups: [1, 1, 1]");
    point_edit_cfg(p, "depth_choice: [1, 2]", "depth_choice: [1]");
    point_genprof(p);
    char *prims = point_read(p, "results/prof_prims.yaml");
    /* 24 channels to 24 at 4x4, where architectures only have 16 to 24 at stride 2. */
    assert_int_equal(point_count(prims, "- C: 24\n  C_out: 24\n"), 4);
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 50 --json");
    point_lacks(p->out, "\"C\": 24");
}

static void point_35_seed(void **state)
{
    static const char *const commands[] = {
        "genprof cfg.yaml hwobj.yaml -r results --seed 1",
        "genprof cfg.yaml hwobj.yaml -r results --seed 1",
        "genprof cfg.yaml hwobj.yaml -r results --seed 2",
        "genprof cfg.yaml hwobj.yaml -r results -n 3 --seed 1",
        "genprof cfg.yaml hwobj.yaml -r results -n 3 --seed 1",
        "genprof cfg.yaml hwobj.yaml -r results -n 3 --seed 2",
    };
    struct point *p = *state;
    char *made[6];
    point_edit_hwobj(p, "  acts:", "  sample: 5\n  acts:");
    for (size_t i = 0; i < 6; i++) {
        point_expect(p, 0, NULL, commands[i]);
        made[i] = point_read(p, i < 3 ? "results/prof_prims.yaml" : "results/prof_nets/2.yaml");
    }
    assert_int_equal(point_count(made[0], "prim_type:"), 7); /* 5, the stem and the first block */
    for (size_t i = 0; i < 6; i += 3) {
        assert_string_equal(made[i], made[i + 1]);
        assert_string_not_equal(made[i], made[i + 2]);
    }
    point_expect(p, 0, NULL, sample);
    char *first = p->out;
    point_expect(p, 0, NULL, sample);
    assert_string_equal(p->out, first);
    point_expect(p, 0, NULL, "sample cfg.yaml hwobj.yaml -n 50 --seed 8");
    assert_string_not_equal(p->out, first);
}

int main(void)
{
#define POINT(name) cmocka_unit_test_setup_teardown(name, point_setup, point_teardown)
    const struct CMUnitTest tests[] = {
        POINT(point_26_fixed_primitives_are_maps),
        POINT(point_27_primitive_types_that_fit),
        POINT(point_28_first_block_of_an_odd_size),
        POINT(point_29_a_stem_that_nets_do_not_have),
        POINT(point_30_primitives_that_fit_into_no_net),
        POINT(point_31_glue_that_misses_the_size),
        POINT(point_32_first_stage_of_several_blocks),
        POINT(point_33_image_size_and_heads),
        POINT(point_34_later_blocks_of_every_stage),
        POINT(point_35_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
