/* The language of declared spaces, and that enumerating finds exactly what architectures have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spaces/declared/declared.h"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    unsigned warnings;
    const struct awh_space_type *type;
    void *space;
    struct awh_prim_list list;
};

static void count_warning(void *context, const char *text)
{
    print_message("warning: %s\n", text);
    ++*(unsigned *)context;
}

static void fixture_init(struct fixture *f)
{
    memset(f, 0, sizeof *f);
    awh_arena_init(&f->arena);
    f->diag.warn = count_warning;
    f->diag.warn_context = &f->warnings;
    f->type = awh_space_type_find("declared");
    assert_non_null(f->type);
}

static void fixture_release(struct fixture *f)
{
    awh_prim_list_release(&f->list);
    awh_arena_release(&f->arena);
}

static enum aw_err open_text(struct fixture *f, const char *text)
{
    struct awh_yaml *root;
    if (awh_yaml_load(&f->arena, "s.yaml", text, strlen(text), &root, &f->diag))
        fail_msg("%s", f->diag.text);
    return f->type->open(&f->arena, root, NULL, &f->space, &f->diag);
}

#define INPUT "input: {spatial_size: 32, C: 3}\n"
#define STEM  "- prim: {prim_type: conv_3x3, C_out: 16, stride: 2}\n"

/* -- Good spaces --------------------------------------------------------------------------------
 */

static const struct good {
    const char *name, *text;
    size_t prims;
    unsigned long architectures;
} goods[] = {
    {"one stage", INPUT "stages:\n" STEM, 1, 1},
    {"a width for the whole net",
     INPUT "choices: {width: [0.5, 1.0, 2]}\n"
           "stages:\n"
           "- prim: {prim_type: conv_3x3, C_out: 16*width, stride: 2}\n"
           "- repeat: 2\n"
           "  prim: {prim_type: conv_1x1, C: in, C_out: 32*width}\n",
     /* a stem, the first and the second block of each width, and no width mixed with another */
     9, 3},
    {"a width of its own for every stage",
     INPUT "stage_choices: {width: [0.5, 1.0]}\n"
           "stages:\n"
           "- count: 2\n"
           "  prim: {prim_type: conv_3x3, C_out: 16*width*(stage+1), stride: 2 if stage else 1}\n",
     2 + 4, 4},
    {"depth and kernel",
     INPUT "stage_choices: {depth: [1, 3]}\n"
           "block_choices: {kernel: [3, 5], act: [relu, relu6]}\n"
           "stages:\n" STEM "- repeat: depth\n"
           "  prim:\n"
           "    prim_type: mobilenet_v2_block\n"
           "    C_out: 24\n"
           "    stride: 2 if first else 1\n"
           "    kernel_size: kernel\n"
           "    expansion: 2\n"
           "    activation: act\n",
     1 + 4 + 4, 4 + 64},
    {"the last block is another one",
     INPUT "stage_choices: {depth: [1, 2, 3]}\n"
           "stages:\n" STEM "- repeat: depth\n"
           "  prim: {prim_type: conv_1x1, C_out: 64 if last else 32}\n",
     /* 16->64 (depth 1), 16->32, 32->64, 32->32 */
     1 + 4, 3},
    {"a stage that may be missing",
     INPUT "choices: {extra: [false, true]}\n"
           "stages:\n" STEM "- repeat: 1 if extra else 0\n"
           "  prim: {prim_type: conv_1x1, C_out: in*2}\n"
           "- prim: {prim_type: conv_1x1, C_out: 8}\n",
     1 + 1 + 2, 2},
    {"two primitives a block, one choice for both",
     INPUT "block_choices: {c: [8, 24]}\n"
           "stages:\n" STEM "- repeat: 2\n"
           "  prims:\n"
           "  - {prim_type: conv_1x1, C_out: c}\n"
           "  - {prim_type: conv_3x3, C_out: c*2}\n",
     /* second convolutions are 8->16 and 24->48, never 8->48 */
     1 + 2 + 2 + 2, 4},
    {"lets, constants and lists",
     INPUT "constants: {channels: [16, 24, 40], base: 1}\n"
           "choices: {width: [1, 1.5]}\n"
           "let: {c: 'make_divisible(wide*base, 8)', wide: 'channels[stage]*width'}\n"
           "stages:\n"
           "- count: 3\n"
           "  prim: {prim_type: conv_3x3, C_out: c, stride: 2}\n",
     2 + 2 + 2, 2},
    {"choices of one stage only",
     INPUT "stages:\n"
           "- stage_choices: {c: [8, 16]}\n"
           "  prim: {prim_type: conv_3x3, C_out: c}\n"
           "- block_choices: {c: [16, 32]}\n"
           "  repeat: 2\n"
           "  prim: {prim_type: conv_1x1, C_out: c}\n",
     2 + 4 + 2, 8},
    {"the type is a choice, and takes other parameters as null",
     INPUT "block_choices: {kind: [mobilenet_v2_block, mobilenet_v3_block]}\n"
           "stages:\n" STEM "- prim:\n"
           "    prim_type: kind\n"
           "    C_out: 16\n"
           "    kernel_size: 3\n"
           "    expansion: 2\n"
           "    activation: relu\n"
           "    use_se: true if kind == 'mobilenet_v3_block' else None\n",
     3, 2},
    {"sizes are those of the real tensors",
     "input: {spatial_size: 15}\n"
     "stages:\n"
     "- repeat: 3\n"
     "  prim: {prim_type: conv_3x3, C_out: 8, stride: 2}\n"
     "- prim: {prim_type: conv_3x3, C_out: 8, stride: 2, spatial_size: 2, C: 8}\n",
     4, 1},
    {"a choice that decides nothing about primitives",
     INPUT "choices: {a: [1, 2, 3]}\nstages:\n- prim: {prim_type: conv_3x3, C_out: a*0 + 8}\n", 1,
     3},
    {"fixed_primitives are added",
     INPUT "fixed_primitives: [{prim_type: conv_1x1, spatial_size: 7, C: 8, C_out: 8, stride: 1, "
           "affine: true}]\n"
           "stages:\n" STEM,
     2, 1},
};

/* All architectures: picks counted up like an odometer. */
struct odometer {
    const struct awh_declared *space;
    uint8_t digits[256], limits[256];
    size_t used, at;
};

static enum aw_err pick_digit(void *context, unsigned choice, unsigned stage, unsigned block,
                              uint8_t *value_out, struct awh_diag *diag)
{
    struct odometer *odometer = context;
    (void)stage, (void)block, (void)diag;
    assert_true(odometer->at < sizeof odometer->digits);
    if (odometer->at == odometer->used)
        odometer->digits[odometer->used++] = 0;
    odometer->limits[odometer->at] = (uint8_t)odometer->space->choices[choice].count;
    *value_out = odometer->digits[odometer->at++];
    return AW_OK;
}

static bool count_up(struct odometer *odometer)
{
    odometer->at = 0;
    while (odometer->used &&
           odometer->digits[odometer->used - 1] + 1 == odometer->limits[odometer->used - 1])
        odometer->used--;
    if (!odometer->used)
        return false;
    odometer->digits[odometer->used - 1]++;
    return true;
}

/* Everything that any architecture has, the slow way; each of them is also inverted. */
static unsigned long list_all(struct fixture *f, struct awh_prim_list *all)
{
    struct odometer odometer = {.space = f->space};
    unsigned long count = 0;
    do {
        struct awh_prim_list one = {.prims = NULL}, again = {.prims = NULL};
        struct awh_str text;
        char *genotype;
        awh_str_init(&text);
        if (awh_declared_walk(
                f->space, (struct awh_declared_picker){.pick = pick_digit, .context = &odometer},
                &one, &text, &f->diag) ||
            f->type->net_genotype(f->space, NULL, &f->arena, one.prims, one.count, &genotype,
                                  &f->diag) ||
            f->type->genotype(f->space, NULL, genotype, &again, &f->diag))
            fail_msg("%s", f->diag.text);
        assert_int_equal(one.count, again.count);
        for (size_t i = 0; i < one.count; i++) {
            assert_int_equal(awh_prim_compare(&one.prims[i], &again.prims[i]), 0);
            assert_int_equal(awh_prim_list_add(all, &one.prims[i], NULL), AW_OK);
        }
        count++;
        awh_str_release(&text);
        awh_prim_list_release(&one);
        awh_prim_list_release(&again);
    } while (count_up(&odometer));
    return count;
}

static void test_goods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        struct fixture f;
        struct awh_prim_list all = {.prims = NULL};
        print_message("row %s\n", goods[i].name);
        fixture_init(&f);
        if (open_text(&f, goods[i].text) || f.type->primitives(f.space, NULL, 0, &f.list, &f.diag))
            fail_msg("%s", f.diag.text);
        assert_int_equal(f.warnings, 0);
        assert_int_equal(f.list.count, goods[i].prims);
        assert_int_equal(list_all(&f, &all), goods[i].architectures);
        const struct awh_declared *space = f.space;
        assert_int_equal(awh_prim_list_add_fixed(&all, space->fixed_primitives, NULL), AW_OK);
        awh_prim_list_canonical(&all);
        assert_int_equal(all.count, f.list.count);
        for (size_t k = 0; k < all.count; k++)
            assert_int_equal(awh_prim_compare(&all.prims[k], &f.list.prims[k]), 0);
        awh_prim_list_release(&all);
        fixture_release(&f);
    }
}

/* -- Mistakes -----------------------------------------------------------------------------------
 */

static const struct mistake {
    const char *name, *text, *message;
} mistakes[] = {
    {"nothing", "{}", "s.yaml:1: (root): lacks 'input'"},
    {"no stages", INPUT, "s.yaml:1: (root): lacks 'stages'"},
    {"no size", "input: {C: 3}\nstages:\n" STEM, "spatial_size"},
    {"stages is a map", INPUT "stages: {a: 1}", "stages: expected a list of 1 to 64 stages"},
    {"no stage", INPUT "stages: []", "expected a list of 1 to 64 stages"},
    {"unknown key", INPUT "stagse: []", "stagse: this key is not known here; is 'stages' meant?"},
    {"unknown key of a stage", INPUT "stages:\n- prim: {prim_type: conv_3x3}\n  repaet: 2",
     "s.yaml:4: stages[0].repaet: this key is not known here; is 'repeat' meant?"},
    {"no primitive", INPUT "stages:\n- repeat: 2", "stages[0]: expected either 'prim'"},
    {"prim and prims", INPUT "stages:\n- prim: {prim_type: a}\n  prims: [{prim_type: a}]",
     "expected either 'prim'"},
    {"prims is empty", INPUT "stages:\n- prims: []", "prims: expected a list of 1 to 16"},
    {"prim is a list", INPUT "stages:\n- prim: []", "stages[0].prim: expected a map of names"},
    {"no type", INPUT "stages:\n- prim: {C_out: 8}", "prim: the primitive lacks 'prim_type'"},
    {"a choice without values", INPUT "choices: {a: []}\nstages:\n" STEM,
     "choices.a: expected a list of 1 to 64 values"},
    {"a choice that is no list", INPUT "choices: {a: 3}\nstages:\n" STEM, "found 3"},
    {"a value twice", INPUT "choices: {a: [1, 2, 1.0]}\nstages:\n" STEM,
     "a[2]: is in the list twice"},
    {"a list as value", INPUT "choices: {a: [[1]]}\nstages:\n" STEM, "choices.a[0]"},
    {"a string with a comma", INPUT "choices: {a: ['x,y']}\nstages:\n" STEM,
     "has only letters, digits"},
    {"a name with a blank", INPUT "choices: {a b: [1]}\nstages:\n" STEM, "'a b' cannot be a name"},
    {"a name of the language", INPUT "choices: {if: [1]}\nstages:\n" STEM, "'if' cannot be a name"},
    {"a name of a function", INPUT "let: {max: 1}\nstages:\n" STEM, "'max' cannot be a name"},
    {"a name of ours", INPUT "choices: {size: [1]}\nstages:\n" STEM,
     "there is a name 'size' already"},
    {"a name like a genotype's", INPUT "choices: {stage_0_a: [1]}\nstages:\n" STEM,
     "no 'stage_' in front"},
    {"a name twice", INPUT "choices: {a: [1]}\nconstants: {a: 1}\nstages:\n" STEM,
     "there is a name 'a' already"},
    {"a name twice, once in a stage",
     INPUT "choices: {a: [1]}\nstages:\n- block_choices: {a: [2]}\n  prim: {prim_type: conv_3x3}",
     "block_choices.a: there is a name 'a' already"},
    {"a boolean as name", INPUT "choices: {on: [1]}\nstages:\n" STEM, "expected a string as name"},
    {"a let that names itself", INPUT "let: {a: a + 1}\nstages:\n" STEM,
     "let.a: depends on itself"},
    {"a circle of lets", INPUT "let: {x: 1, a: c + 1, b: a, c: b}\nstages:\n" STEM,
     "s.yaml:2: let.a: depends on itself, directly or through others"},
    {"an unknown name in a let", INPUT "let: {a: b + 1}\nstages:\n" STEM,
     "let.a: 'b + 1': column 1: there is no name 'b' here"},
    {"a choice of another stage",
     INPUT "stages:\n- stage_choices: {c: [8]}\n  prim: {prim_type: conv_3x3, C_out: c}\n"
           "- prim: {prim_type: conv_3x3, C_out: c}",
     "s.yaml:5: stages[1].prim.C_out: 'c': column 1: there is no name 'c' here"},
    {"a misspelt choice as parameter",
     INPUT "choices: {kernel: [3]}\nstages:\n"
           "- prim: {prim_type: mobilenet_v2_block, kernel_size: kernal}",
     "did you mean 'kernel'?"},
    {"repeat depends on a block", INPUT "stages:\n- repeat: block\n  prim: {prim_type: conv_3x3}",
     "stages[0].repeat: depends on 'block', which is only known inside a block"},
    {"repeat depends on a block's choice through a let",
     INPUT "block_choices: {k: [3]}\nlet: {n: k + 1}\nstages:\n"
           "- repeat: n\n  prim: {prim_type: conv_3x3}",
     "repeat: depends on 'k'"},
    {"count is an expression", INPUT "stages:\n- count: 1+1\n  prim: {prim_type: conv_3x3}",
     "stages[0].count"},
    {"too many stages",
     INPUT "stages:\n- count: 200\n  prim: {prim_type: conv_3x3}\n"
           "- count: 200\n  prim: {prim_type: conv_3x3}",
     "more than 256 stages in all"},
    {"a constant that is a map", INPUT "constants: {a: {b: 1}}\nstages:\n" STEM, "constants.a"},
    /* What only shows when the space is enumerated. */
    {"repeat is negative", INPUT "stages:\n- repeat: 0 - 1\n  prim: {prim_type: conv_3x3}",
     "repeat: '0 - 1': expected a whole number from 0 to 256, found -1"},
    {"repeat is 1.5", INPUT "stages:\n- repeat: 1.5\n  prim: {prim_type: conv_3x3}",
     "expected a whole number from 0 to 256, found 1.5"},
    {"channels are no whole number",
     INPUT "choices: {width: [0.3]}\nstages:\n- prim: {prim_type: conv_3x3, C_out: 16*width}",
     "s.yaml:4: stages[0].prim.C_out: '16*width': expected a whole number from 1 to 65535, found "
     "4.8 (with width=0.3)"},
    {"other channels come in", INPUT "stages:\n- prim: {prim_type: conv_3x3, C: 16}",
     "C: 16: is 16, but the channels that come in are 3"},
    {"another size comes in", INPUT "stages:\n- prim: {prim_type: conv_3x3, spatial_size: 16}",
     "is 16, but the size that comes in is 32"},
    {"unknown type", INPUT "stages:\n- prim: {prim_type: vgg19}",
     "s.yaml:3: stages[0].prim: stage 0, block 0: vgg19"},
    {"a type that is a number", INPUT "stages:\n- prim: {prim_type: 3}",
     "prim_type: 3: expected the name of a primitive type"},
    {"a missing parameter, which choices lead to",
     INPUT "choices: {kind: [conv_3x3, mobilenet_v2_block]}\nstages:\n- prim: {prim_type: kind}",
     "stage 0, block 0 (kind=mobilenet_v2_block): mobilenet_v2_block"},
    {"an index beyond the list",
     INPUT
     "constants: {c: [8]}\nstages:\n- count: 2\n  prim: {prim_type: conv_3x3, C_out: 'c[index]'}",
     "'c[index]': the index is beyond the end of the list (with index=1)"},
    {"a list as parameter",
     INPUT
     "constants: {k: [3, 5]}\nstages:\n- prim: {prim_type: mobilenet_v2_block, kernel_size: k, "
     "expansion: 1, activation: relu}",
     "kernel_size: 'k': expected a number, a string or a boolean, found a list"},
    {"nothing is left of the size",
     "input: {spatial_size: 2}\nstages:\n- repeat: 2\n"
     "  prim: {prim_type: avg_pool_2x2, stride: 2}",
     "cannot be built as 'avg_pool_2x2 1 3 3 2 true'"},
    {"a block that cannot be built",
     INPUT "stages:\n- prim: {prim_type: mobilenet_v2_block, kernel_size: 3, expansion: 1, "
           "activation: relu}",
     "stages[0].prim: cannot be built as 'mobilenet_v2_block 32 3 3 1 true"},
    {"a division by zero in a let",
     INPUT
     "choices: {w: [1, 0]}\nlet: {c: 8 // w}\nstages:\n- prim: {prim_type: conv_3x3, C_out: c}",
     "let.c: '8 // w': division by zero (with w=0)"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct fixture f;
        print_message("row %s\n", mistakes[i].name);
        fixture_init(&f);
        enum aw_err err = open_text(&f, mistakes[i].text);
        if (!err)
            err = f.type->primitives(f.space, NULL, 0, &f.list, &f.diag);
        assert_true(err < 0);
        if (!strstr(f.diag.text, mistakes[i].message))
            fail_msg("message: %s", f.diag.text);
        fixture_release(&f);
    }
}

static void test_unused_choice(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    assert_int_equal(open_text(&f, INPUT "choices: {a: [1, 2]}\nstages:\n" STEM), AW_OK);
    assert_int_equal(f.warnings, 1);
    fixture_release(&f);
}

/* -- Bounds -------------------------------------------------------------------------------------
 */

/* Spaces that are far too large end soon, with a message that names what is to blame. */
static void test_explosion(void **state)
{
    (void)state;
    static const struct {
        const char *name, *scope, *stages, *message;
    } rows[] = {
        {"choices of the net that must be remembered", "choices",
         "- prim: {prim_type: conv_3x3, C_out: 8 + a + b + c + d + e}\n"
         "- prim: {prim_type: conv_3x3, C_out: 8 + a*e + b*d + c}\n",
         "stage 0: more than 250000 combinations of size, channels and choices; give the choices "
         "that meet here (a, b, c, d, e) fewer values"},
        {"choices of a block", "block_choices",
         "- prim: {prim_type: conv_3x3, C_out: 8 + (a + b + c + d + e)*0}\n",
         "stage 0: more than 2000000 blocks to look at"},
        {"long expressions", "block_choices",
         "- prim: {prim_type: conv_3x3, C_out: 8 + (a + b + c + d)*0"
         "+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0+0"
         "}\n",
         "stage 0: more than 50000000 steps of expressions"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f;
        struct awh_str text;
        print_message("row %s\n", rows[i].name);
        awh_str_init(&text);
        awh_str_printf(&text, INPUT "%s:\n", rows[i].scope);
        for (char name = 'a'; name <= 'e'; name++) {
            awh_str_printf(&text, "  %c: [", name);
            for (int value = 0; value < 64; value++)
                awh_str_printf(&text, "%d, ", value);
            awh_str_append(&text, "]\n");
        }
        awh_str_printf(&text, "stages:\n%s", rows[i].stages);
        fixture_init(&f);
        assert_int_equal(open_text(&f, text.text), AW_OK);
        assert_int_equal(f.type->primitives(f.space, NULL, 0, &f.list, &f.diag), AW_ERR_RANGE);
        if (!strstr(f.diag.text, rows[i].message))
            fail_msg("message: %s", f.diag.text);
        awh_str_release(&text);
        fixture_release(&f);
    }
}

/* Both ways to build one architecture have an end. */
static void test_long_net(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    if (open_text(&f, INPUT "stages:\n- count: 41\n  repeat: 250\n  prim: {prim_type: conv_1x1}\n"))
        fail_msg("%s", f.diag.text);
    assert_int_equal(f.type->primitives(f.space, NULL, 0, &f.list, &f.diag), AW_OK);
    assert_int_equal(f.list.count, 1);
    assert_int_equal(f.type->sample(f.space, NULL, 0, 0, &f.list, &f.diag), AW_ERR_RANGE);
    assert_non_null(strstr(f.diag.text, "an architecture of more than 10000 primitives"));
    fixture_release(&f);
}

/* 3^40 architectures with 8 stages of up to 5 blocks: their primitives are few. */
static void test_large_space(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    if (open_text(&f, "input: {spatial_size: 64}\n"
                      "choices: {width: [0.5, 1.0]}\n"
                      "stage_choices: {depth: [1, 2, 3, 4, 5]}\n"
                      "block_choices: {kernel: [3, 5, 7], expansion: [2, 3, 6]}\n"
                      "let: {c: 'make_divisible(16*(index + 1)*width)'}\n"
                      "stages:\n"
                      "- prim: {prim_type: conv_3x3, C_out: 16, stride: 2}\n"
                      "- count: 8\n"
                      "  repeat: depth\n"
                      "  prim:\n"
                      "    prim_type: mobilenet_v2_block\n"
                      "    C_out: c\n"
                      "    stride: 2 if first and index % 2 == 0 else 1\n"
                      "    kernel_size: kernel\n"
                      "    expansion: expansion\n"
                      "    activation: relu\n") ||
        f.type->primitives(f.space, NULL, 0, &f.list, &f.diag))
        fail_msg("%s", f.diag.text);
    /* A stem; 8 stages, first and later blocks, 2 widths, 9 kinds; but later blocks of stage 1 with
     * width 1.0 and those of stage 2 with 0.5 are the same, 16 -> 16 at 16 x 16. */
    assert_int_equal(f.list.count, 1 + 8 * 2 * 2 * 9 - 9);
    fixture_release(&f);
}

/* -- Genotypes and sampling ---------------------------------------------------------------------
 */

#define SPACE                                                                                      \
    INPUT "choices: {width: [0.5, 1.0], act: [relu, relu6]}\n"                                     \
          "stage_choices: {depth: [1, 2]}\n"                                                       \
          "block_choices: {kernel: [3, 5], se: [false, true]}\n"                                   \
          "stages:\n"                                                                              \
          "- prim: {prim_type: conv_3x3, C_out: 16*width, stride: 2}\n"                            \
          "- repeat: depth\n"                                                                      \
          "  prim: {prim_type: mobilenet_v3_block, C_out: 24, kernel_size: kernel, expansion: 2, " \
          "activation: act, use_se: se}\n"
#define HEAD "width=0.5, act=relu6, stage_1_depth=1, "

static const struct genotype {
    const char *name, *text, *message; /* or the last primitive */
    bool good;
} genotypes[] = {
    {"as it is written", HEAD "stage_1_block_0_kernel=5, stage_1_block_0_se=true",
     "mobilenet_v3_block 16 8 24 1 true activation=relu6 expansion=2 kernel_size=5 use_se=true",
     true},
    {"any order, blanks, quotes, Python's words, a comma at the end",
     " 'stage_1_block_0_se = False,\n act= \"relu\" ,width=.5,stage_1_block_0_kernel=3.0, "
     "stage_1_depth=True, ' ",
     "mobilenet_v3_block 16 8 24 1 true activation=relu expansion=2 kernel_size=3 use_se=false",
     true},
    {"nothing", "", "genotype: lacks act", false},
    {"no value", "width", "genotype: part 1 ('width'): expected NAME=VALUE", false},
    {"an empty part", "width=0.5,, act=relu", "part 2 is empty", false},
    {"a value that is no choice", "act=relu, width=0.7",
     "genotype: width: expected one of 0.5, 1.0, found '0.7'", false},
    {"a word for a number", "act=relu, width=half", "found 'half'", false},
    {"a number in quotes", "act=relu, width='0.5'", "found '0.5'", false},
    {"a part is missing", HEAD "stage_1_block_0_kernel=5", "lacks stage_1_block_0_se", false},
    {"a block too many",
     HEAD "stage_1_block_0_kernel=5, stage_1_block_0_se=true, stage_1_block_1_kernel=5",
     "genotype: stage_1_block_1_kernel: this architecture has no such choice", false},
    {"twice", HEAD "width=1.0, stage_1_block_0_kernel=5, stage_1_block_0_se=true",
     "genotype: width: this architecture has no such choice, or it is given twice", false},
    {"code", "__import__('os').system('x')", "expected NAME=VALUE", false},
};

static void test_genotypes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    if (open_text(&f, SPACE))
        fail_msg("%s", f.diag.text);
    for (size_t i = 0; i < sizeof genotypes / sizeof *genotypes; i++) {
        struct awh_diag diag = {.err = AW_OK};
        char text[256];
        print_message("row %s\n", genotypes[i].name);
        f.list.count = 0;
        enum aw_err err = f.type->genotype(f.space, NULL, genotypes[i].text, &f.list, &diag);
        assert_int_equal(err == AW_OK, genotypes[i].good);
        if (err) {
            if (!strstr(diag.text, genotypes[i].message))
                fail_msg("message: %s", diag.text);
            continue;
        }
        awh_prim_format(&f.list.prims[f.list.count - 1], text, sizeof text);
        assert_string_equal(text, genotypes[i].message);
    }
    fixture_release(&f);
}

static void test_sampling(void **state)
{
    (void)state;
    struct fixture f;
    size_t seen[2][2] = {{0}}, depths[3] = {0}, equal = 0;
    char *a, *b;
    fixture_init(&f);
    if (open_text(&f, SPACE))
        fail_msg("%s", f.diag.text);
    for (uint64_t index = 0; index < 400; index++) {
        assert_int_equal(f.type->sample_genotype(f.space, &f.arena, 1, index, &a, NULL), AW_OK);
        assert_int_equal(f.type->sample_genotype(f.space, &f.arena, 2, index, &b, NULL), AW_OK);
        equal += !strcmp(a, b);
        seen[strstr(a, "width=1.0") != NULL][strstr(a, "act=relu,") != NULL]++;
        f.list.count = 0;
        assert_int_equal(f.type->sample(f.space, NULL, 1, index, &f.list, NULL), AW_OK);
        depths[f.list.count - 1]++;
    }
    assert_true(equal < 60); /* 72 architectures */
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i / 2][i % 2], 60, 140);
    assert_int_equal(depths[0], 0);
    assert_in_range(depths[1], 150, 250);
    fixture_release(&f);
}

/* A model file holds the space with its keys sorted. */
static void test_key_order(void **state)
{
    (void)state;
    static const char *const texts[] = {
        INPUT "choices: {width: [0.5, 1.0], act: [relu, relu6]}\n"
              "let: {z: 8*width, a: z*2}\n"
              "stages:\n- prim: {prim_type: mobilenet_v2_block, C_out: a, expansion: 2, "
              "kernel_size: 3, activation: act}\n",
        "choices: {act: [relu, relu6], width: [0.5, 1.0]}\n" INPUT "let: {a: z*2, z: 8*width}\n"
        "stages:\n- prim: {C_out: a, activation: act, expansion: 2, kernel_size: 3, prim_type: "
        "mobilenet_v2_block}\n"};
    struct fixture f;
    void *spaces[2];
    fixture_init(&f);
    for (int i = 0; i < 2; i++) {
        if (open_text(&f, texts[i]))
            fail_msg("%s", f.diag.text);
        spaces[i] = f.space;
    }
    for (uint64_t index = 0; index < 20; index++) {
        char *a, *b;
        assert_int_equal(f.type->sample_genotype(spaces[0], &f.arena, 1, index, &a, NULL), AW_OK);
        assert_int_equal(f.type->sample_genotype(spaces[1], &f.arena, 1, index, &b, NULL), AW_OK);
        assert_string_equal(a, b);
        assert_memory_equal(a, "act=relu", 8);
    }
    fixture_release(&f);
}

/* sample: N of prof_prims_cfg keeps the stems. */
static void test_sample_primitives(void **state)
{
    (void)state;
    struct fixture f;
    struct awh_yaml *prof;
    fixture_init(&f);
    if (open_text(&f, SPACE))
        fail_msg("%s", f.diag.text);
    assert_int_equal(awh_yaml_load(&f.arena, "p", "{sample: 3}", 11, &prof, &f.diag), AW_OK);
    assert_int_equal(f.type->primitives(f.space, prof, 1, &f.list, &f.diag), AW_OK);
    assert_int_equal(f.list.count, 2 + 3);
    assert_string_equal(f.list.prims[0].type->name, "conv_3x3");
    assert_string_equal(f.list.prims[1].type->name, "conv_3x3");
    assert_int_equal(f.warnings, 0);
    fixture_release(&f);
}

static void test_foreign_net(void **state)
{
    (void)state;
    struct fixture f;
    char *genotype;
    fixture_init(&f);
    if (open_text(&f, SPACE) || f.type->sample(f.space, NULL, 1, 0, &f.list, &f.diag))
        fail_msg("%s", f.diag.text);
    assert_int_equal(
        f.type->net_genotype(f.space, NULL, &f.arena, f.list.prims, 1, &genotype, &f.diag),
        AW_ERR_MISMATCH);
    assert_string_equal(f.diag.text,
                        "the net ends after 1 primitives, where no architecture of the space ends");
    f.diag = (struct awh_diag){.err = AW_OK};
    f.list.prims[1].c_out++;
    assert_int_equal(f.type->net_genotype(f.space, NULL, &f.arena, f.list.prims, f.list.count,
                                          &genotype, &f.diag),
                     AW_ERR_MISMATCH);
    assert_memory_equal(f.diag.text, "primitive 1 (mobilenet_v3_block 16", 34);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goods),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_unused_choice),
        cmocka_unit_test(test_explosion),
        cmocka_unit_test(test_large_space),
        cmocka_unit_test(test_long_net),
        cmocka_unit_test(test_genotypes),
        cmocka_unit_test(test_sampling),
        cmocka_unit_test(test_sample_primitives),
        cmocka_unit_test(test_foreign_net),
        cmocka_unit_test(test_key_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
