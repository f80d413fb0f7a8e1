#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "mapping/mapping.h"

/* The layers that the tests map to; the index is the primitive's. */
static const char *stem_names[] = {"0_conv_1", "0_relu_1"};
static const char *block_names[] = {
    "0_conv_2",  "0_conv_3", "0_sigmoid_1",    "0_mul_1",
    "0_conv_10", "0_add_1",  "/blocks.1/Conv", "0_convolution_of_the_long_name"};
static const char *tail_names[] = {"0_conv_11", "0_relu_2", "0_convolution_of_a_long_shape",
                                   "a.b",       "x/y",      "twin"};
static const char *end_names[] = {"a_b", "fc", "x_y", "res_a", "twin"};
static const struct awh_prim_names net_prims[] = {
    {.names = stem_names, .count = 2},
    {.names = block_names, .count = 8},
    {.names = tail_names, .count = 6},
    {.names = end_names, .count = 5},
};

struct fixture {
    struct awh_arena arena;
    struct awh_names *names;
    struct awh_mapping *mapping;
};

static void open_fixture(struct fixture *f, const char *names_yaml)
{
    struct awh_diag diag = {0};
    *f = (struct fixture){0};
    awh_arena_init(&f->arena);
    if (names_yaml != NULL) {
        char path[] = "/tmp/mapping_test_XXXXXX";
        int fd = mkstemp(path);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(awh_file_write(path, names_yaml, strlen(names_yaml), &diag), AW_OK);
        assert_int_equal(awh_names_load(&f->arena, path, &f->names, &diag), AW_OK);
        unlink(path);
    }
    assert_int_equal(awh_mapping_new(&f->arena, "0", net_prims, 4, f->names, &f->mapping, &diag),
                     AW_OK);
}

#define GLUE         (-1)
#define UNATTRIBUTED (-2)

struct row {
    const char *name;
    int owner; /* primitive, GLUE or UNATTRIBUTED */
    bool spans;
};

static void check_rows(struct fixture *f, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct awh_diag diag = {0};
        struct awh_owner owner = {0};
        enum aw_err err = awh_mapping_find(f->mapping, "log:1", rows[i].name, &owner, &diag);
        int found = owner.kind == AWH_OWNER_PRIM   ? (int)owner.prim
                    : owner.kind == AWH_OWNER_GLUE ? GLUE
                                                   : UNATTRIBUTED;
        if (err != AW_OK || found != rows[i].owner || owner.spans != rows[i].spans)
            fail_msg("'%s': owner %d spans %d (%s)", rows[i].name, found, owner.spans, diag.text);
    }
}

static void names_of_tools(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        /* our own */
        {"0_conv_1", 0, false},
        {"0_conv_10", 1, false},
        {"fc", 3, false},
        /* other separators */
        {"_blocks_1_Conv", 1, false},
        {"0/conv/1", 0, false},
        {"0.conv.11", 2, false},
        /* exactly one of two that look the same once separators are equal */
        {"a.b", 2, false},
        {"a_b", 3, false},
        /* fused */
        {"0_conv_1+0_relu_1", 0, false},
        {"0_conv_1 + 0_relu_1", 0, false},
        {"0_conv_10 + 0_add_1 + 0_relu_2", 1, true},
        {"0_relu_2 + 0_conv_10", 1, true}, /* the first in the net, not in the text */
        {"0_conv_11 || 0_conv_3 || 0_conv_2", 1, true},
        {"{0_conv_1,0_relu_1,0_conv_2}", 0, true},
        {"PWN(0_sigmoid_1)", 1, false},
        {"PWN(PWN(0_sigmoid_1), 0_mul_1)", 1, false},
        {"0_conv_3 + PWN(PWN(0_sigmoid_1), 0_mul_1)", 1, false},
        {"PWN(PWN(PWN(onnx::Add_1 + (Unnamed Layer* 4) [Shuffle] + 0_add_1), 0_relu_2), 0_mul_1)",
         1, true},
        {"fc + (Unnamed Layer* 199) [Shuffle]", 3, false},
        {"(Unnamed Layer* 199) [Shuffle] + fc", 3, false},
        {"fc;0_conv_11", 2, true},
        {"res_a_branch", 3, false},
        /* a range of unknown layers */
        {"{ForeignNode[0_conv_1...0_relu_1]}", 0, false},
        {"{ForeignNode[0_conv_2...fc]}", 1, true},
        {"{ForeignNode[0_conv_2 + (Unnamed Layer* 1) [Shuffle]...0_mul_1]}", 1, false},
        {"{ForeignNode[0_conv_2 + (Unnamed Layer* 1) [Shuffle]...dummy]}", 1, false},
        {"{ForeignNode[771 + (Unnamed Layer* 1) [Shuffle]...0_mul_1]}", UNATTRIBUTED, false},
        {"{ForeignNode[771...772]}", UNATTRIBUTED, false},
        {"{ForeignNode[0_conv_1]}", 0, false},
        {"PWN({ForeignNode[0_conv_1...0_relu_1]})", 0, false},
        /* between layers */
        {"Reformatting CopyNode for Input Tensor 0 to 0_conv_1", GLUE, false},
        {"Reformatting CopyNode for Output Tensor 0 to {ForeignNode[0_conv_2...fc]}", GLUE, false},
        {"0_conv_1 + 0_relu_1 input reformatter 0", GLUE, false},
        {"0_conv_1 output reformatter 0", GLUE, false},
        {"0_relu_1:0 copy", GLUE, false},
        {"0_conv_1_copy_input", GLUE, false},
        {"(Unnamed Layer* 3) [Shuffle]_copy_output", GLUE, false},
        {"data to nvm", GLUE, false},
        {"data copy finish", GLUE, false},
        {"fc finish", GLUE, false},
        {"ReorderInput_kernel", GLUE, false},
        {"vart::TensorBuffer::copy_tensor_buffer", GLUE, false},
        /* cut */
        {"0_convolution_of_the*", 1, false},
        {"0_convolution_of_a*", 2, false},
        {"*the_long_name", 1, false},
        {"...a_long_shape", 2, false},
        {"0_convolution...shape", 2, false},
        {"0_sig*", 1, false},
        {"0_si...d_1", 1, false},
        {"0_conv_1 + 0_re*", 0, false}, /* the cut end comes later anyway */
        {"*", UNATTRIBUTED, false},
        {"...", UNATTRIBUTED, false},
        {"0_*_1*", UNATTRIBUTED, false},
        {"fc*", UNATTRIBUTED, false}, /* what is cut was longer */
        {"0_convolution_of_the_long_n*ame_twice", UNATTRIBUTED, false},
        /* made from a layer's name */
        {"0_conv_1_fix", 0, false},
        {"0_conv_1:0", 0, false},
        {"0_conv_1_0_conv_2", 0, false},
        {"0_conv_10_nchwc", 1, false},
        {"subgraph_0_conv_11", 2, false},
        {"subgraph_net__0_conv_11", 2, false},
        {"net__0_conv_2__ret_5", 1, false},
        /* unknown */
        {"0_conv_12", UNATTRIBUTED, false},
        {"0_conv_100", UNATTRIBUTED, false},
        {"10_conv_1", UNATTRIBUTED, false},
        {"my_0_conv_1", UNATTRIBUTED, false},
        {"0_conv", UNATTRIBUTED, false},
        {"__myl_FcAdd_myl0_1", UNATTRIBUTED, false},
        {"", UNATTRIBUTED, false},
        {"+", UNATTRIBUTED, false},
        {"PWN(", UNATTRIBUTED, false},
        {"{ForeignNode[", UNATTRIBUTED, false},
        {"0_conv_1 + PWN(", 0, false},
        {")))0_conv_1", UNATTRIBUTED, false},
    };
    struct fixture f;
    open_fixture(&f, NULL);
    check_rows(&f, rows, sizeof(rows) / sizeof(rows[0]));
    awh_arena_release(&f.arena);
}

static void ambiguous_names_list_the_candidates(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        const char *says;
    } rows[] = {
        {"0_convolution_of*",
         "log:7: layer '0_convolution_of*' of net 0 may be any of 0_convolution_of_a_long_shape "
         "(primitive 2), 0_convolution_of_the_long_name (primitive 1); say which in a file for "
         "--names"},
        {"0_conv_1*", "may be any of 0_conv_10 (primitive 1), 0_conv_11 (primitive 2);"},
        {"a/b", "may be any of a.b (primitive 2), a_b (primitive 3);"},
        {"0_re* + 0_conv_10", "may be any of 0_relu_1 (primitive 0), 0_relu_2 (primitive 2);"},
        {"unknown + x.y", "may be any of x/y (primitive 2), x_y (primitive 3);"},
        {"twin", "may be any of twin (primitive 2), twin (primitive 3);"},
        {"x_y_fix", "may be any of x/y (primitive 2), x_y (primitive 3);"},
        {"0_*", " and 6 more;"},
    };
    struct fixture f;
    open_fixture(&f, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_diag diag = {0};
        struct awh_owner owner;
        enum aw_err err = awh_mapping_find(f.mapping, "log:7", rows[i].name, &owner, &diag);
        if (err != AW_ERR_MISMATCH || strstr(diag.text, rows[i].says) == NULL)
            fail_msg("'%s': %d, %s", rows[i].name, (int)err, diag.text);
    }
    awh_arena_release(&f.arena);
}

static void the_users_names_come_first(void **unused)
{
    (void)unused;
    static const struct row rows[] = {
        {"0_convolution_of*", 2, false},
        {"0_conv_1", 3, false},
        {"771", GLUE, false},
        {"own", 1, false},
        {"like_own", 1, false},
        {"other_marks", 1, false},
        {"{ForeignNode[771...772]}", 0, false},
        {"0_relu_1", 0, false},
    };
    struct fixture f;
    open_fixture(&f, "0_convolution_of*: 0_convolution_of_a_long_shape\n"
                     "0_conv_1: 3\n"
                     "771: glue\n"
                     "own: 2\n"
                     "other_marks: _blocks_1_Conv\n"
                     "'{ForeignNode[771...772]}': 0_conv_1\n"
                     "'0':\n  own: &same 1\n  like_own: *same\n"
                     "'1':\n  0_relu_1: 3\n");
    check_rows(&f, rows, sizeof(rows) / sizeof(rows[0]));

    struct awh_diag diag = {0};
    awh_names_warn_unused(f.names, &diag); /* "own" for every net, and the section of net 1 */
    assert_int_equal(diag.warnings, 2);
    awh_arena_release(&f.arena);
}

static void wrong_targets(void **unused)
{
    (void)unused;
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"v: 4\n", ":1: v: expected"},
        {"v: -1\n", ":1: v: expected"},
        {"w: 1\nv: 0_conv_99\n",
         ":2: v: net 0 has no layer '0_conv_99'; expected a layer of it, the "
         "index of one of its 4 primitives, or glue"},
        {"'0':\n  v: Glue\n", "has no layer 'Glue'"},
        {"w: 1\nv: twin\n", ":2: v: layer 'twin' of net 0 may be any of twin (primitive 2), twin "
                            "(primitive 3); give the index of the primitive"},
        {"v: x.y\n", "may be any of x/y (primitive 2), x_y (primitive 3); give the index"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fixture f;
        struct awh_diag diag = {0};
        struct awh_owner owner;
        open_fixture(&f, rows[i].yaml);
        enum aw_err err = awh_mapping_find(f.mapping, "log:1", "v", &owner, &diag);
        if (err == AW_OK || strstr(diag.text, rows[i].says) == NULL)
            fail_msg("%s: %d, %s", rows[i].yaml, (int)err, diag.text);
        awh_arena_release(&f.arena);
    }
}

static void wrong_names_files(void **unused)
{
    (void)unused;
    static const struct {
        const char *yaml, *says;
    } rows[] = {
        {"- 1\n", "expected a map of vendor layer names"},
        {"a: 1.5\n",
         ":1: a: expected a layer of ours, the index of a primitive, or glue; found 1.5"},
        {"a: [1]\n", "expected a layer of ours"},
        {"a:\n", "expected a layer of ours"},
        {"a:\n  b:\n    c: 1\n", ":3: a.b: expected a layer of ours"},
        {"a: 1\nb: 2\na: 3\n",
         ":3: (root): the key 'a' was already given in line 1; give each name once"},
        {"'0':\n  a: 1\n  b: 2\n  a: 3\n", ":4: 0: the key 'a' was already given in line 2"},
        {"771: 1\n'771': 2\n",
         ":2: the name '771' was already given in line 1; give each name once"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char path[] = "/tmp/mapping_test_XXXXXX";
        int fd = mkstemp(path);
        struct awh_arena arena;
        struct awh_names *names = NULL;
        struct awh_diag diag = {0};
        awh_arena_init(&arena);
        assert_true(fd >= 0);
        close(fd);
        assert_int_equal(awh_file_write(path, rows[i].yaml, strlen(rows[i].yaml), &diag), AW_OK);
        enum aw_err err = awh_names_load(&arena, path, &names, &diag);
        unlink(path);
        if (err != AW_ERR_FORMAT || strstr(diag.text, rows[i].says) == NULL)
            fail_msg("%s: %d, %s", rows[i].yaml, (int)err, diag.text);
        assert_null(names);
        awh_arena_release(&arena);
    }
}

static void a_net_without_layers(void **unused)
{
    (void)unused;
    struct awh_arena arena;
    struct awh_mapping *mapping;
    struct awh_diag diag = {0};
    struct awh_owner owner;
    awh_arena_init(&arena);
    assert_int_equal(awh_mapping_new(&arena, "0", NULL, 0, NULL, &mapping, &diag), AW_OK);
    assert_int_equal(awh_mapping_find(mapping, "log:1", "0_conv*", &owner, &diag), AW_OK);
    assert_int_equal(owner.kind, AWH_OWNER_UNATTRIBUTED);
    awh_arena_release(&arena);
}

/* -- Hostile names
 * ------------------------------------------------------------------------------------ */

/* Names of 1 MB that are all wrapping, marks or separators: linear time, and no deep recursion. */
static void long_names_take_linear_time(void **unused)
{
    (void)unused;
    static const char *const patterns[] = {
        "PWN(", "{ForeignNode[", "...",       "*",     "a*+", "((((", "0_conv_1+", "_",
        "__",   "0_conv_1_",     "subgraph_", "+||,;", "]}",  "0_",   "a...b,",
    };
    const size_t size = 1 << 20;
    struct fixture f;
    open_fixture(&f, NULL);
    char *name = malloc(size + 1);
    assert_non_null(name);
    clock_t start = clock();
    for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
        size_t n = strlen(patterns[p]);
        struct awh_diag diag = {0};
        struct awh_owner owner;
        for (size_t i = 0; i < size; i++)
            name[i] = patterns[p][i % n];
        name[size] = '\0';
        enum aw_err err = awh_mapping_find(f.mapping, "log:1", name, &owner, &diag);
        assert_true(err == AW_OK || err == AW_ERR_MISMATCH);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    free(name);
    awh_arena_release(&f.arena);
    if (seconds > 10) /* 15 MB of names; sanitizers and a busy machine included */
        fail_msg("15 names of 1 MB took %.1f s", seconds);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Names made of fragments and random bytes: every one ends in an owner that is there, or in the
 * error for ambiguity. The seed reruns a failure. */
static void mutated_names(void **unused)
{
    (void)unused;
    static const char *const fragments[] = {
        "0_conv_1",
        "0_conv_10",
        "0_relu_2",
        " + ",
        "+",
        " || ",
        ",",
        ";",
        "PWN(",
        ")",
        "{",
        "}",
        "{ForeignNode[",
        "]}",
        "...",
        "*",
        "(",
        "[",
        "]",
        "_",
        "__",
        "subgraph_",
        " copy",
        "Reformatting CopyNode ",
        " input reformatter 0",
        "0_conv",
        "a.b",
        "x/y",
        "\xff",
        " ",
    };
    struct fixture f;
    uint64_t state = UINT64_C(20240229);
    open_fixture(&f, NULL);
    for (unsigned round = 0; round < 20000; round++) {
        char name[512];
        size_t size = 0, parts = next_random(&state) % 12;
        for (size_t i = 0; i < parts; i++) {
            const char *fragment =
                fragments[next_random(&state) % (sizeof(fragments) / sizeof(fragments[0]))];
            size += (size_t)snprintf(name + size, sizeof(name) - size, "%s", fragment);
        }
        name[size] = '\0';
        if (size > 0 && next_random(&state) % 3 == 0)
            name[next_random(&state) % size] = (char)(1 + next_random(&state) % 255);
        struct awh_diag diag = {0};
        struct awh_owner owner = {.prim = 99};
        enum aw_err err = awh_mapping_find(f.mapping, "log:1", name, &owner, &diag);
        bool fine = err == AW_OK ? owner.kind != AWH_OWNER_PRIM || owner.prim < 4
                                 : err == AW_ERR_MISMATCH && strstr(diag.text, "may be any of");
        if (!fine)
            fail_msg("round %u: '%s': %d, %s", round, name, (int)err, diag.text);
    }
    awh_arena_release(&f.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_tools),
        cmocka_unit_test(ambiguous_names_list_the_candidates),
        cmocka_unit_test(the_users_names_come_first),
        cmocka_unit_test(wrong_targets),
        cmocka_unit_test(wrong_names_files),
        cmocka_unit_test(a_net_without_layers),
        cmocka_unit_test(long_names_take_linear_time),
        cmocka_unit_test(mutated_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
