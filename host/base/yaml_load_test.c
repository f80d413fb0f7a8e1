#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/yaml.h"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    struct awh_yaml *root;
    char warnings[4096];
};

static void keep_warning(void *context, const char *text)
{
    struct fixture *f = context;
    size_t used = strlen(f->warnings);
    snprintf(f->warnings + used, sizeof(f->warnings) - used, "%s\n", text);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    awh_arena_init(&f->arena);
    f->diag.warn = keep_warning;
    f->diag.warn_context = f;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    awh_arena_release(&f->arena);
    free(f);
    return 0;
}

static enum aw_err load_n(struct fixture *f, const char *name, const char *text, size_t size)
{
    f->diag.err = AW_OK;
    f->diag.text[0] = '\0';
    f->warnings[0] = '\0';
    f->root = NULL;
    return awh_yaml_load(&f->arena, name, text, size, &f->root, &f->diag);
}

static enum aw_err load(struct fixture *f, const char *text)
{
    return load_n(f, "t.yaml", text, strlen(text));
}

static void load_ok(struct fixture *f, const char *text)
{
    if (load(f, text) != AW_OK) {
        fail_msg("%s: %s", text, f->diag.text);
    }
}

/* Kind and value in one text: "int 8", "float 1.0", "str 1e-3". */
static void show(const struct awh_yaml *node, char *text, size_t capacity)
{
    char number[32];
    switch (node->kind) {
    case AWH_YAML_NULL:
        snprintf(text, capacity, "null");
        break;
    case AWH_YAML_BOOL:
        snprintf(text, capacity, "bool %d", node->boolean);
        break;
    case AWH_YAML_INT:
        snprintf(text, capacity, "int %lld", (long long)node->integer);
        break;
    case AWH_YAML_FLOAT:
        awh_python_repr(node->real, number);
        snprintf(text, capacity, "float %s", number);
        break;
    case AWH_YAML_STR:
        snprintf(text, capacity, "str %s", node->str.text);
        break;
    case AWH_YAML_SEQ:
        snprintf(text, capacity, "seq %zu", node->list.count);
        break;
    case AWH_YAML_MAP:
        snprintf(text, capacity, "map %zu", node->list.count);
        break;
    }
}

/* As PyYAML 6.0's full_load reads them (timestamps apart, which stay strings here). */
static void resolves_scalars(void **state)
{
    static const struct {
        const char *text, *expected;
    } scalars[] = {
        {"yes", "bool 1"},
        {"Yes", "bool 1"},
        {"YES", "bool 1"},
        {"yEs", "str yEs"},
        {"no", "bool 0"},
        {"on", "bool 1"},
        {"Off", "bool 0"},
        {"True", "bool 1"},
        {"FALSE", "bool 0"},
        {"y", "str y"},
        {"n", "str n"},
        {"'yes'", "str yes"},
        {"\"no\"", "str no"},
        {"~", "null"},
        {"null", "null"},
        {"Null", "null"},
        {"NULL", "null"},
        {"nULL", "str nULL"},
        {"", "null"},
        {"''", "str "},
        {"0", "int 0"},
        {"-0", "int 0"},
        {"+12", "int 12"},
        {"1_000", "int 1000"},
        {"1__0_", "int 10"},
        {"_1", "str _1"},
        {"010", "int 8"},
        {"0o10", "str 0o10"},
        {"08", "str 08"},
        {"0_7", "int 7"},
        {"0x1f", "int 31"},
        {"-0x1F", "int -31"},
        {"0xg", "str 0xg"},
        {"0b101", "int 5"},
        {"0b12", "str 0b12"},
        {"1:30", "int 90"},
        {"-1:30:15", "int -5415"},
        {"1:60", "str 1:60"},
        {"0:30", "str 0:30"},
        {"9223372036854775807", "int 9223372036854775807"},
        {"-9223372036854775808", "int -9223372036854775808"},
        {"9223372036854775808", "float 9.223372036854776e+18"},
        {"0x273467417544311342", "float 7.231990776591571e+20"},
        {"1.", "float 1.0"},
        {".5", "float 0.5"},
        {"-.5", "str -.5"},
        {"1.5e3", "str 1.5e3"},
        {"1.5e+3", "float 1500.0"},
        {"1.0e-3", "float 0.001"},
        {"1e-3", "str 1e-3"},
        {"1e+3", "str 1e+3"},
        {"1_0.2_5", "float 10.25"},
        {"._1", "str ._1"},
        {"1:30.5", "float 90.5"},
        {"0:1.", "float 1.0"},
        {".inf", "float inf"},
        {"-.INF", "float -inf"},
        {"+.Inf", "float inf"},
        {".iNf", "str .iNf"},
        {".nan", "float nan"},
        {"-.nan", "str -.nan"},
        {"2001-12-14", "str 2001-12-14"},
        {"=", "str ="},
        {"<<", "str <<"},
        {"! 12", "int 12"},
        {"!!str 12", "str 12"},
        {"!!str yes", "str yes"},
        {"!!str", "str "},
        {"!!int '0x10'", "int 16"},
        {"!!float 3", "float 3.0"},
        {"!!float 010", "float 10.0"},
        {"!!float 1e-3", "float 0.001"},
        {"!!bool tRue", "bool 1"},
        {"!!null x", "null"},
        {"!!seq [1]", "seq 1"},
        {"!!map {a: 1}", "map 1"},
        {"!!python/tuple [1, 2]", "seq 2"},
        {"|\n  a\n  b", "str a\nb\n"},
        {">-\n  a\n  b", "str a b"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        char document[128], found[128];
        snprintf(document, sizeof(document), "k: %s\n", scalars[i].text);
        load_ok(f, document);
        show(awh_yaml_get(f->root, "k"), found, sizeof(found));
        if (strcmp(found, scalars[i].expected) != 0) {
            fail_msg("%s: found '%s', expected '%s'", scalars[i].text, found, scalars[i].expected);
        }
    }
}

static void json_numbers(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "{\"a\":1e-05,\"b\":[1E5,-0,2.5e3,\"1e5\"],\"c\\u00e9\":\"\\/\"}";
    assert_int_equal(load_n(f, "t.json", text, strlen(text)), AW_OK);
    assert_true(awh_yaml_get(f->root, "a")->real == 1e-5);
    const struct awh_yaml *b = awh_yaml_get(f->root, "b");
    assert_true(b->list.items[0]->real == 1e5);
    assert_int_equal(b->list.items[1]->integer, 0);
    assert_true(b->list.items[2]->real == 2500);
    assert_int_equal(b->list.items[3]->kind, AWH_YAML_STR);
    assert_string_equal(awh_yaml_get(f->root, "c\xc3\xa9")->str.text, "/");
    load_ok(f, text);
    assert_int_equal(awh_yaml_get(f->root, "a")->kind, AWH_YAML_STR);
}

static void empty_documents(void **state)
{
    struct fixture *f = *state;
    static const char *const texts[] = {"",      "\n\n",       "# only a comment\n",
                                        "---\n", "---\n...\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        load_ok(f, texts[i]);
        assert_int_equal(f->root->kind, AWH_YAML_NULL);
    }
}

static void anchors_and_merges(void **state)
{
    struct fixture *f = *state;
    load_ok(f, "base: &b {x: 1, y: 2}\n"
               "more: &m {y: 3, z: 4}\n"
               "one: {<<: *b, y: 9}\n"
               "two: {<<: [*b, *m], w: 0}\n"
               "chain: &c {<<: *b, v: 5}\n"
               "far: {<<: *c}\n"
               "last: {<<: *b, <<: *m}\n"
               "text: {'<<': 1}\n"
               "&k key: *k\n"
               "*k : again\n");
    const struct awh_yaml *one = awh_yaml_get(f->root, "one");
    assert_int_equal(one->list.count, 2);
    assert_int_equal(awh_yaml_get(one, "x")->integer, 1);
    assert_int_equal(awh_yaml_get(one, "y")->integer, 9);
    const struct awh_yaml *two = awh_yaml_get(f->root, "two");
    assert_int_equal(awh_yaml_get(two, "y")->integer, 2); /* the first of a list wins */
    assert_int_equal(awh_yaml_get(two, "z")->integer, 4);
    assert_int_equal(awh_yaml_get(awh_yaml_get(f->root, "far"), "x")->integer, 1);
    assert_int_equal(awh_yaml_get(awh_yaml_get(f->root, "last"), "y")->integer, 3);
    assert_int_equal(awh_yaml_get(awh_yaml_get(f->root, "text"), "<<")->integer, 1);
    assert_string_equal(awh_yaml_get(f->root, "key")->str.text, "again");
    /* Only the key given twice in one map is a warning; replacing a merged key is what << is for.
     */
    assert_string_equal(f->warnings,
                        "t.yaml:10: (root): the key 'key' was already given in line 9; the last "
                        "one counts\n");
}

static void duplicate_keys(void **state)
{
    struct fixture *f = *state;
    load_ok(f, "a: 1\nb:\n  c: 2\n  d: 3\n  c: 4\na: 5\n");
    assert_int_equal(awh_yaml_get(f->root, "a")->integer, 5);
    assert_string_equal(f->root->list.items[0]->key, "a"); /* the first place, as in Python */
    assert_int_equal(awh_yaml_get(awh_yaml_get(f->root, "b"), "c")->integer, 4);
    assert_string_equal(
        f->warnings,
        "t.yaml:5: b: the key 'c' was already given in line 3; the last one counts\n"
        "t.yaml:6: (root): the key 'a' was already given in line 1; the last one counts\n");
    load_ok(f, "{1: a, 1.0: b, true: c, '1': d, ~: e, null: f}");
    assert_int_equal(f->root->list.count, 3);
    assert_string_equal(f->root->list.items[0]->str.text, "c");
    assert_string_equal(f->root->list.items[2]->str.text, "f");
    f->diag.warnings = 0;
    load_ok(f, "{a: 0, a: 1, a: 2, a: 3, a: 4, a: 5, a: 6, a: 7, a: 8, a: 9, a: 10, a: 11, a: 12}");
    assert_int_equal(f->diag.warnings, 11); /* ten, then a count of the rest */
    assert_non_null(strstr(f->warnings, "t.yaml: 2 more duplicate keys\n"));
}

static void bad_documents(void **state)
{
    static const struct {
        const char *text;
        enum aw_err err;
        const char *message; /* its beginning */
    } rows[] = {
        {"a: [1, 2", AW_ERR_FORMAT, "t.yaml:2: column 1: not YAML: while parsing a flow sequence"},
        {"a: 1\nb: \tc: 2", AW_ERR_FORMAT, "t.yaml:2: "},
        {"a: \"x", AW_ERR_FORMAT, "t.yaml:1: column 6: not YAML: while scanning a quoted scalar"},
        {"a\nb: 1", AW_ERR_FORMAT, "t.yaml:2: "},
        {"a: \xff", AW_ERR_FORMAT, "t.yaml: byte 3: not UTF-8 text: "},
        {"a: 1\n---\nb: 2\n", AW_ERR_FORMAT, "t.yaml:2: a second document starts"},
        {"%YAML 2.0\n---\na", AW_ERR_FORMAT, "t.yaml:1: "},
        {"a: *x", AW_ERR_FORMAT, "t.yaml:1: alias *x has no anchor &x before it"},
        {"a: &x [1, *x]", AW_ERR_FORMAT, "t.yaml:1: alias *x stands inside its own anchor"},
        {"a: &x 1\nb: &x 2", AW_ERR_FORMAT, "t.yaml:2: anchor &x is defined a second time"},
        {"? [1]\n: 2", AW_ERR_UNSUPPORTED, "t.yaml:1: a list or map is used as a key"},
        {"a: &x [1]\n*x : 2", AW_ERR_UNSUPPORTED, "t.yaml:2: a list or map is used as a key"},
        {"a: {<<: 3}", AW_ERR_FORMAT, "t.yaml:1: a: << needs a map or a list of maps"},
        {"a: {<<: [3]}", AW_ERR_FORMAT, "t.yaml:1: a.<<[0]: expected a map to merge with <<"},
        {"a:\n- 0x_", AW_ERR_FORMAT, "t.yaml:2: a[0]: expected an integer, found '0x_'"},
        {"a: !!int x", AW_ERR_FORMAT, "t.yaml:1: a: expected an integer, found 'x'"},
        {"a: !!float 0x10", AW_ERR_FORMAT, "t.yaml:1: a: expected a number, found '0x10'"},
        {"a: !!bool 1", AW_ERR_FORMAT, "t.yaml:1: a: expected a bool, found '1'"},
        {"a: !!map [1]", AW_ERR_UNSUPPORTED, "t.yaml:1: a: the tag !!map is not supported here"},
        {"a: !!int [1]", AW_ERR_UNSUPPORTED, "t.yaml:1: a: the tag !!int is not supported here"},
        {"a: !!binary aGk=", AW_ERR_UNSUPPORTED, "t.yaml:1: a: the tag !!binary"},
        {"a: !!set {x}", AW_ERR_UNSUPPORTED, "t.yaml:1: a: the tag !!set"},
        {"a: !mine x", AW_ERR_UNSUPPORTED, "t.yaml:1: a: the tag !mine"},
        {"a: !!python/object:os.x {}", AW_ERR_UNSUPPORTED,
         "t.yaml:1: a: the tag !!python/object:os.x is not supported here"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum aw_err err = load(f, rows[i].text);
        if (err != rows[i].err || f->diag.err != err || f->root != NULL ||
            strncmp(f->diag.text, rows[i].message, strlen(rows[i].message)) != 0) {
            fail_msg("%s: code %d, '%s'; expected code %d, '%s'", rows[i].text, err, f->diag.text,
                     rows[i].err, rows[i].message);
        }
    }
}

/* `count` times `text` between a head and a tail. */
static char *repeat(const char *head, const char *text, size_t count, const char *tail)
{
    size_t n = strlen(text);
    char *document = malloc(strlen(head) + n * count + strlen(tail) + 1);
    char *at = stpcpy(document, head);
    for (size_t i = 0; i < count; i++) {
        memcpy(at + i * n, text, n);
    }
    strcpy(at + n * count, tail);
    return document;
}

static void bounds_hostile_documents(void **state)
{
    struct fixture *f = *state;
    static const char *const nests[] = {"[", "- ", "{a: ", "? ", "!!seq [", "[[],"};
    for (size_t i = 0; i < sizeof(nests) / sizeof(nests[0]); i++) {
        char *document = repeat("", nests[i], 100000, "");
        assert_int_not_equal(load(f, document), AW_OK);
        free(document);
    }
    char *fits = repeat("", "[", 100, "");
    char *closed = repeat(fits, "]", 100, "");
    load_ok(f, closed);
    free(fits);
    free(closed);
    char *deep = repeat("", "[", 101, "");
    assert_int_equal(load(f, deep), AW_ERR_RANGE);
    assert_string_equal(f->diag.text, "t.yaml:1: nested deeper than 100 levels");
    free(deep);

    /* Nine lines that write out to 9^9 nodes. */
    assert_int_equal(load(f,
                          "- &a [x,x,x,x,x,x,x,x,x]\n- &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                          "- &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n- &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                          "- &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n- &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
                          "- &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n- &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
                          "- &i [*h,*h,*h,*h,*h,*h,*h,*h,*h]\n"),
                     AW_ERR_RANGE);
    assert_non_null(strstr(f->diag.text, "aliases stand for more than a million nodes"));

    /* One long text, many times. */
    char *text = repeat("- &a ", "x", 1 << 20, "\n");
    char *texts = repeat(text, "- *a\n", 100, "");
    assert_int_equal(load(f, texts), AW_ERR_RANGE);
    assert_non_null(strstr(f->diag.text, "aliases stand for"));
    free(texts);
    free(text);

    char *tags = repeat("", "%TAG !a! tag:a\n", 200000, "---\na\n");
    assert_int_equal(load(f, tags), AW_ERR_RANGE);
    free(tags);
}

/* Depth through aliases: each line is one level deeper than the line before. */
static void bounds_depth_of_aliases(void **state)
{
    struct fixture *f = *state;
    struct awh_str text;
    awh_str_init(&text);
    awh_str_append(&text, "- &a0 x\n");
    for (int i = 1; i < 100; i++) {
        awh_str_printf(&text, "- &a%d [*a%d]\n", i, i - 1);
    }
    load_ok(f, text.text);
    awh_str_printf(&text, "- [*a99]\n");
    assert_int_equal(load(f, text.text), AW_ERR_RANGE);
    assert_string_equal(f->diag.text, "t.yaml:101: nested deeper than 100 levels");
    awh_str_release(&text);
}

static void many_keys(void **state)
{
    struct fixture *f = *state;
    struct awh_str text;
    awh_str_init(&text);
    for (int i = 0; i < 100000; i++) {
        awh_str_printf(&text, "k%d: %d\n", i, i);
    }
    awh_str_append(&text, "k5: last\n");
    load_ok(f, text.text);
    assert_int_equal(f->root->list.count, 100000);
    assert_int_equal(awh_yaml_get(f->root, "k99999")->integer, 99999);
    assert_string_equal(awh_yaml_get(f->root, "k5")->str.text, "last");
    assert_null(awh_yaml_get(f->root, "k100000"));
    awh_str_release(&text);
}

static const char sample[] =
    "# a comment\n"
    "space: {type: ofa, sizes: [1, 2.5, 0x10, 1:30], \"q\\u00e9\\n\": 'it''s'}\n"
    "anchor: &a\n"
    "  - &s text\n"
    "  - {<<: &m {x: 1}, y: *s}\n"
    "merge:\n"
    "  <<: [*m, {z: ~}]\n"
    "  folded: >-\n"
    "    one\n"
    "    two\n"
    "  literal: |+\n"
    "    three\n"
    "\n"
    "? a long key\n"
    ": !!python/tuple [yes, no, !!str 1]\n"
    "alias: *a\n";

/* Every cut and every changed byte either loads or says why not; the sanitizers watch. */
static void cut_and_changed_documents(void **state)
{
    struct fixture *f = *state;
    char text[sizeof(sample)];
    for (size_t n = 0; n < strlen(sample); n++) {
        if (load_n(f, "t.yaml", sample, n) != AW_OK) {
            assert_true(f->diag.err != AW_OK && strncmp(f->diag.text, "t.yaml:", 7) == 0);
        }
    }
    static const unsigned char changes[] = {'\0', '\n', '\t', ' ', ':', '[',
                                            '}',  '&',  '*',  '"', 0xff};
    for (size_t i = 0; i < strlen(sample); i++) {
        for (size_t k = 0; k < sizeof(changes); k++) {
            memcpy(text, sample, sizeof(sample));
            text[i] = (char)changes[k];
            if (load_n(f, "t.yaml", text, strlen(sample)) != AW_OK) {
                assert_true(f->diag.err != AW_OK && strncmp(f->diag.text, "t.yaml:", 7) == 0);
            }
        }
        awh_arena_release(&f->arena);
    }
}

static void places_in_messages(void **state)
{
    struct fixture *f = *state;
    load_ok(f, "primitives:\n- a\n- stride: 0\n  list: [[x]]\n");
    const struct awh_yaml *item = awh_yaml_get(f->root, "primitives")->list.items[1];
    int64_t value = 7;
    assert_int_equal(awh_yaml_int(awh_yaml_get(item, "stride"), 1, 2, &value, &f->diag),
                     AW_ERR_RANGE);
    assert_string_equal(f->diag.text, "t.yaml:3: primitives[1].stride: expected 1 or 2, found 0");
    assert_int_equal(value, 7);

    f->diag.err = AW_OK;
    const struct awh_yaml *x = awh_yaml_get(item, "list")->list.items[0]->list.items[0];
    assert_int_equal(awh_yaml_int(x, 1, 9, &value, &f->diag), AW_ERR_FORMAT);
    assert_string_equal(
        f->diag.text,
        "t.yaml:4: primitives[1].list[0][0]: expected an integer, found the string 'x'");
    f->diag.err = AW_OK;
    awh_yaml_fail(f->root, AW_ERR_FORMAT, &f->diag, "no");
    assert_string_equal(f->diag.text, "t.yaml:1: (root): no");
}

static void typed_values(void **state)
{
    struct fixture *f = *state;
    load_ok(f,
            "i: 6\nf: 6.0\nh: 6.5\nbig: 1.0e+30\ninf: .inf\nb: on\ns: text\nz: \"a\\0b\"\nn: ~\n");
    int64_t i = 0;
    double real = 0;
    bool flag = false;
    const char *text = NULL;
    struct awh_yaml *node = NULL;
    struct awh_diag *d = &f->diag;
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "i"), 0, 6, &i, d), AW_OK);
    assert_int_equal(i, 6);
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "f"), 6, INT64_MAX, &i, d), AW_OK);
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "h"), 0, 9, &i, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "big"), 0, 9, &i, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "b"), 0, 9, &i, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_int(awh_yaml_get(f->root, "i"), 7, INT64_MAX, &i, d), AW_ERR_RANGE);
    assert_int_equal(awh_yaml_int(NULL, 0, 9, &i, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_real(awh_yaml_get(f->root, "i"), &real, d), AW_OK);
    assert_true(real == 6);
    assert_int_equal(awh_yaml_real(awh_yaml_get(f->root, "inf"), &real, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_bool(awh_yaml_get(f->root, "b"), &flag, d), AW_OK);
    assert_true(flag);
    assert_int_equal(awh_yaml_bool(awh_yaml_get(f->root, "i"), &flag, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_text(awh_yaml_get(f->root, "s"), &text, d), AW_OK);
    assert_string_equal(text, "text");
    assert_int_equal(awh_yaml_text(awh_yaml_get(f->root, "z"), &text, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_text(awh_yaml_get(f->root, "n"), &text, d), AW_ERR_FORMAT);

    i = 5;
    assert_int_equal(awh_yaml_opt_int(f->root, "missing", 0, 9, &i, d), AW_OK);
    assert_int_equal(awh_yaml_opt_int(f->root, "n", 0, 9, &i, d), AW_OK);
    assert_int_equal(i, 5);
    assert_int_equal(awh_yaml_opt_int(f->root, "s", 0, 9, &i, d), AW_ERR_FORMAT);
    assert_int_equal(awh_yaml_opt_real(f->root, "h", &real, d), AW_OK);
    assert_true(real == 6.5);
    assert_int_equal(awh_yaml_opt_bool(f->root, "n", &flag, d), AW_OK);
    assert_true(flag);
    assert_int_equal(awh_yaml_opt_text(f->root, "s", &text, d), AW_OK);
    assert_null(awh_yaml_get_set(f->root, "n"));
    assert_null(awh_yaml_get(awh_yaml_get(f->root, "i"), "x"));

    d->err = AW_OK;
    assert_int_equal(awh_yaml_need(f->root, "i", AWH_YAML_FLOAT, &node, d), AW_OK);
    assert_int_equal(awh_yaml_need(f->root, "f", AWH_YAML_INT, &node, d), AW_ERR_FORMAT);
    assert_string_equal(d->text, "t.yaml:2: f: expected an integer, found 6.0");
    d->err = AW_OK;
    assert_int_equal(awh_yaml_need(f->root, "nope", AWH_YAML_MAP, &node, d), AW_ERR_FORMAT);
    assert_string_equal(d->text, "t.yaml:1: (root): the key 'nope' is missing; expected a map");
    d->err = AW_OK;
    assert_int_equal(awh_yaml_need(f->root, "s", AWH_YAML_SEQ, &node, d), AW_ERR_FORMAT);
    assert_string_equal(d->text, "t.yaml:7: s: expected a list, found the string 'text'");
}

static void unknown_keys(void **state)
{
    struct fixture *f = *state;
    static const char *const known[] = {"stride", "kernel_size", NULL};
    load_ok(f, "m:\n  stride: 1\n  kernel_sise: 3\n  entirely_else: 4\n  3: 5\n");
    awh_yaml_warn_unknown(awh_yaml_get(f->root, "m"), known, &f->diag);
    assert_string_equal(f->warnings,
                        "t.yaml:3: m: unknown key 'kernel_sise'; did you mean 'kernel_size'?\n"
                        "t.yaml:4: m: unknown key 'entirely_else'\n"
                        "t.yaml:5: m: unknown key '3'\n");
}

static void equality(void **state)
{
    static const struct {
        const char *text;
        bool equal;
    } rows[] = {
        {"[{a: 1, b: [x, ~]}, {b: [x, null], a: 1.0}]", true},
        {"[{a: 1}, {a: 2}]", false},
        {"[{a: 1}, {a: 1, b: 2}]", false},
        {"[[1, 2], [2, 1]]", false},
        {"[{1: x}, {1: x}]", true},
        {"[x, 'x']", true},
        {"['1', 1]", false},
        {"[yes, true]", true},
        {"[yes, no]", false},
        {"[9007199254740993, 9007199254740992]", false},
        {"[{}, []]", false},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        load_ok(f, rows[i].text);
        if (awh_yaml_equal(f->root->list.items[0], f->root->list.items[1]) != rows[i].equal) {
            fail_msg("%s", rows[i].text);
        }
    }
}

static void files(void **state)
{
    struct fixture *f = *state;
    const char *path = AWNAS_BINARY_DIR "/yaml_load_test.yaml";
    load_ok(f, "a: [1, x]\n");
    assert_int_equal(awh_yaml_save(f->root, path, &f->diag), AW_OK);
    struct awh_yaml *again = NULL;
    assert_int_equal(awh_yaml_load_file(&f->arena, path, &again, &f->diag), AW_OK);
    assert_true(awh_yaml_equal(f->root, again));
    assert_string_equal(again->file, path);
    remove(path);
    assert_int_equal(awh_yaml_load_file(&f->arena, path, &again, &f->diag), AW_ERR_NOT_FOUND);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(resolves_scalars),
        TEST(json_numbers),
        TEST(empty_documents),
        TEST(anchors_and_merges),
        TEST(duplicate_keys),
        TEST(bad_documents),
        TEST(bounds_hostile_documents),
        TEST(bounds_depth_of_aliases),
        TEST(many_keys),
        TEST(cut_and_changed_documents),
        TEST(places_in_messages),
        TEST(typed_values),
        TEST(unknown_keys),
        TEST(equality),
        TEST(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
