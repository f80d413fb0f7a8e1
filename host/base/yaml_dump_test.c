/* What awh_yaml_dump writes, byte for byte as PyYAML 6.0's safe_dump(data,
 * default_flow_style=False) wrote it for the same data. */
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

struct row {
    const char *name, *source, *expected;
};

static const struct row rows[] = {
    {"ambiguous words", "['yes', 'No', 'on', 'OFF', y, 'null', '~', '', 'true', 'Null']\n",
     "- 'yes'\n"
     "- 'No'\n"
     "- 'on'\n"
     "- 'OFF'\n"
     "- y\n"
     "- 'null'\n"
     "- '~'\n"
     "- ''\n"
     "- 'true'\n"
     "- 'Null'\n"},
    {"ambiguous numbers",
     "['1', 1e3, '1.0e-3', '1:30', 0o17, '017', '0x1F', '0b11', '1_000', '.5'"
     ", '5.', -.5, '+.inf', '.nan', 08, 1e+3]\n",
     "- '1'\n"
     "- 1e3\n"
     "- '1.0e-3'\n"
     "- '1:30'\n"
     "- 0o17\n"
     "- '017'\n"
     "- '0x1F'\n"
     "- '0b11'\n"
     "- '1_000'\n"
     "- '.5'\n"
     "- '5.'\n"
     "- -.5\n"
     "- '+.inf'\n"
     "- '.nan'\n"
     "- 08\n"
     "- 1e+3\n"},
    {"timestamps and specials",
     "['2001-12-14', '2001-12-14 21:59:43.10 -5', 2001-1-1, '=', '<<']\n",
     "- '2001-12-14'\n"
     "- '2001-12-14 21:59:43.10 -5'\n"
     "- 2001-1-1\n"
     "- '='\n"
     "- '<<'\n"},
    {"blanks at the ends", "[' lead', 'trail ', \"\\ttab\", ' ']\n",
     "- ' lead'\n"
     "- 'trail '\n"
     "- \"\\ttab\"\n"
     "- ' '\n"},
    {"indicators",
     "['- x', -x, '-', '? x', '?x', 'a: b', 'a:b', 'a:', ':', 'a #b', a#b, '#"
     "', '[a', 'a]', '{a', 'a, b', ',a', '*a', '&a', '!a', '|', '> x', '%a', "
     "'@a', '`a', '''a''', '\"a\"', a'b, a\"b, \\, '---', '--- a', '...b']\n",
     "- '- x'\n"
     "- -x\n"
     "- '-'\n"
     "- '? x'\n"
     "- ?x\n"
     "- 'a: b'\n"
     "- a:b\n"
     "- 'a:'\n"
     "- ':'\n"
     "- 'a #b'\n"
     "- a#b\n"
     "- '#'\n"
     "- '[a'\n"
     "- a]\n"
     "- '{a'\n"
     "- a, b\n"
     "- ',a'\n"
     "- '*a'\n"
     "- '&a'\n"
     "- '!a'\n"
     "- '|'\n"
     "- '> x'\n"
     "- '%a'\n"
     "- '@a'\n"
     "- '`a'\n"
     "- '''a'''\n"
     "- '\"a\"'\n"
     "- a'b\n"
     "- a\"b\n"
     "- \\\n"
     "- '---'\n"
     "- '--- a'\n"
     "- '...b'\n"},
    {"line breaks",
     "['a\n"
     "\n"
     "    b', 'a\n"
     "\n"
     "\n"
     "    b\n"
     "\n"
     "    ', '\n"
     "\n"
     "    ', \"a \\nb\", \"a\\n b\", 'one\n"
     "\n"
     "    two three\n"
     "\n"
     "\n"
     "\n"
     "    four']\n",
     "- 'a\n"
     "\n"
     "  b'\n"
     "- 'a\n"
     "\n"
     "\n"
     "  b\n"
     "\n"
     "  '\n"
     "- '\n"
     "\n"
     "  '\n"
     "- \"a \\nb\"\n"
     "- \"a\\n b\"\n"
     "- 'one\n"
     "\n"
     "  two three\n"
     "\n"
     "\n"
     "\n"
     "  four'\n"},
    {"control characters", "[\"\\0\", \"a\\tb\", \"\\a\\b\\v\\f\\r\\e\\x7F\", \"\\N\\_\\L\\P\"]\n",
     "- \"\\0\"\n"
     "- \"a\\tb\"\n"
     "- \"\\a\\b\\v\\f\\r\\e\\x7F\"\n"
     "- \"\\N\\_\\L\\P\"\n"},
    {"not ASCII", "[\"\\xE9\", \"\\u65E5\\u672C\", \"\\U0001F600\", \"\\uFEFFx\"]\n",
     "- \"\\xE9\"\n"
     "- \"\\u65E5\\u672C\"\n"
     "- \"\\U0001F600\"\n"
     "- \"\\uFEFFx\"\n"},
    {"folded plain",
     "[word word word word word word word word word word word word word word "
     "word word word word word word word word word word word word word word w"
     "ord word end, nospacenospacenospacenospacenospacenospacenospacenospacen"
     "ospacenospacenospacenospacenospacenospacenospacenospacenospacenospaceno"
     "spacenospace, a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a "
     " b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  "
     "b a  b a  b a  b a  b c]\n",
     "- word word word word word word word word word word word word word word"
     " word word\n"
     "  word word word word word word word word word word word word word word"
     " end\n"
     "- nospacenospacenospacenospacenospacenospacenospacenospacenospacenospac"
     "enospacenospacenospacenospacenospacenospacenospacenospacenospacenospace"
     "\n"
     "- a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b"
     " a  b a  b\n"
     "  a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b a  b"
     " c\n"},
    {"folded single quoted",
     "['it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s:"
     " it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: "
     "it''s: it''s: it''s: it''s: it''s: end', 'yes : x : x : x : x : x : x :"
     " x : x : x : x : x : x : x : x : x : x : x : x : x : x : x : x : x : x "
     ": x : x : x : x : x : x e', 'no: way\n"
     "\n"
     "    at all w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
     "w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w e']\n",
     "- 'it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s"
     ": it''s: it''s:\n"
     "  it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s: it''s:"
     " it''s: it''s:\n"
     "  it''s: end'\n"
     "- 'yes : x : x : x : x : x : x : x : x : x : x : x : x : x : x : x : x "
     ": x : x : x\n"
     "  : x : x : x : x : x : x : x : x : x : x : x e'\n"
     "- 'no: way\n"
     "\n"
     "  at all w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
     "w w w w w w\n"
     "  w w w w w w w w w w w w w w w w w w w w w w w e'\n"},
    {"folded double quoted",
     "[\"\\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\"
     "xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 w"
     "ord \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\"
     "xE9 word end\", \"\\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\"
     "t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\"
     "t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t x\", \"\\u65E5\\u"
     "672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8"
     "A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65"
     "E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672"
     "C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E"
     "\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\"
     "u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\"]\n",
     "- \"\\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\"
     "xE9 word \\xE9 word\\\n"
     "  \\ \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word \\xE9 word "
     "\\xE9 word \\xE9 word\\\n"
     "  \\ \\xE9 word \\xE9 word \\xE9 word \\xE9 word end\"\n"
     "- \"\\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t"
     " \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t\\\n"
     "  \\ \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\t \\"
     "t \\t x\"\n"
     "- \"\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u6"
     "5E5\\u672C\\u8A9E\\u65E5\\u672C\\\n"
     "  \\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9"
     "E\\u65E5\\u672C\\u8A9E\\u65E5\\\n"
     "  \\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672"
     "C\\u8A9E\\u65E5\\u672C\\u8A9E\\\n"
     "  \\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E5\\u672C\\u8A9E\\u65E"
     "5\\u672C\\u8A9E\\u65E5\\u672C\\\n"
     "  \\u8A9E\\u65E5\\u672C\\u8A9E\"\n"},
    {"nested sequences", "[[a, [b, [c]]], [[]], [{}], [[{a: [1]}]]]\n",
     "- - a\n"
     "  - - b\n"
     "    - - c\n"
     "- - []\n"
     "- - {}\n"
     "- - - a:\n"
     "      - 1\n"},
    {"empty", "{a: [], b: {}, c: '', d: null, e: [[], {}]}\n",
     "a: []\n"
     "b: {}\n"
     "c: ''\n"
     "d: null\n"
     "e:\n"
     "- []\n"
     "- {}\n"},
    {"maps in sequences", "[{a: 1, b: [1, 2], c: {d: {e: [{f: 1}, {g: []}]}}}, {x: null}]\n",
     "- a: 1\n"
     "  b:\n"
     "  - 1\n"
     "  - 2\n"
     "  c:\n"
     "    d:\n"
     "      e:\n"
     "      - f: 1\n"
     "      - g: []\n"
     "- x: null\n"},
    {"keys sorted by code point",
     "{b: 1, a: 2, B: 3, _: 4, \"\\xE9\": 5, a b: 6, a-b: 7, \"\\U0001F600\":"
     " 8, \"\\uFFEE\": 9, aa: 10}\n",
     "B: 3\n"
     "_: 4\n"
     "a: 2\n"
     "a b: 6\n"
     "a-b: 7\n"
     "aa: 10\n"
     "b: 1\n"
     "\"\\xE9\": 5\n"
     "\"\\uFFEE\": 9\n"
     "\"\\U0001F600\": 8\n"},
    {"keys that need quotes",
     "{'yes': 1, '1': 2, 'null': 3, 'a: b': 4, ? '' : 5, ' ': 6, '#': 7, '- a"
     "': 8, ? 'a\n"
     "\n"
     "    b' : 9, \"\\xE9\": 10, '1.5': 11, '=': 12}\n",
     "? ''\n"
     ": 5\n"
     "' ': 6\n"
     "'#': 7\n"
     "'- a': 8\n"
     "'1': 2\n"
     "'1.5': 11\n"
     "'=': 12\n"
     "? 'a\n"
     "\n"
     "  b'\n"
     ": 9\n"
     "'a: b': 4\n"
     "'null': 3\n"
     "'yes': 1\n"
     "\"\\xE9\": 10\n"},
    {"number keys", "{10: a, -1: b, 2.5: c, true: d}\n",
     "-1: b\n"
     "true: d\n"
     "2.5: c\n"
     "10: a\n"},
    {"mixed keys", "{b: 1, 2: 3, a: null}\n",
     "b: 1\n"
     "2: 3\n"
     "a: null\n"},
    {"long keys",
     "{kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1, ? kkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk : {a: [1]}, ? kkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk : [1, [2]], ? w w w w w w w"
     " w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w "
     "w w w w w w w w w w w w w w w w w w w w w w w w w w w w x : v}\n",
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk: 1\n"
     "? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n"
     ": a:\n"
     "  - 1\n"
     "? kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
     "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\n"
     ": - 1\n"
     "  - - 2\n"
     "? w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w"
     " w w w w w\n"
     "  w w w w w w w w w w w w w w w w w w w w w w w w w w w w w w x\n"
     ": v\n"},
    {"long key with a quoted fold",
     "[{? \"\\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9"
     " \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE"
     "9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\x"
     "E9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\"
     "xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\"
     "xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 x\" : [a]}]\n",
     "- ? \"\\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9"
     " \\xE9 \\xE9 \\xE9 \\xE9 \\xE9\\\n"
     "    \\ \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE"
     "9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9\\\n"
     "    \\ \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE"
     "9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9\\\n"
     "    \\ \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE"
     "9 \\xE9 \\xE9 \\xE9 \\xE9 \\xE9\\\n"
     "    \\ \\xE9 x\"\n"
     "  : - a\n"},
    {"deep fold",
     "{a: {b: [{c: [word word word word word word word word word word word wo"
     "rd word word word word word word word word word word word word word x, "
     "'yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: "
     "yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: x', \"\\tx x x x"
     " x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x "
     "x x x x x x x x x x x x x x x x x x x x x y\"]}]}}\n",
     "a:\n"
     "  b:\n"
     "  - c:\n"
     "    - word word word word word word word word word word word word word "
     "word word word\n"
     "      word word word word word word word word word x\n"
     "    - 'yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: yes:"
     " yes: yes:\n"
     "      yes: yes: yes: yes: yes: yes: yes: yes: yes: yes: x'\n"
     "    - \"\\tx x x x x x x x x x x x x x x x x x x x x x x x x x x x x x "
     "x x x x x x x\\\n"
     "      \\ x x x x x x x x x x x x x x x x x x x x x x x y\"\n"},
    {"floats",
     "[1.0e-05, 1.0e+22, 0.1, 1.0, -0.0, 1.0e+16, 123456789.125, 100000000000"
     "0000.0, 5.0e-324, 1.7976931348623157e+308, .nan, .inf, -.inf, 1.5e-07, "
     "0.0001, 100.0]\n",
     "- 1.0e-05\n"
     "- 1.0e+22\n"
     "- 0.1\n"
     "- 1.0\n"
     "- -0.0\n"
     "- 1.0e+16\n"
     "- 123456789.125\n"
     "- 1000000000000000.0\n"
     "- 5.0e-324\n"
     "- 1.7976931348623157e+308\n"
     "- .nan\n"
     "- .inf\n"
     "- -.inf\n"
     "- 1.5e-07\n"
     "- 0.0001\n"
     "- 100.0\n"},
    {"integers", "[0, -1, 9223372036854775807, -9223372036854775808]\n",
     "- 0\n"
     "- -1\n"
     "- 9223372036854775807\n"
     "- -9223372036854775808\n"},
    {"bool and null", "[true, false, null]\n",
     "- true\n"
     "- false\n"
     "- null\n"},
    {"a plain root",
     "abc\n"
     "...\n",
     "abc\n"
     "...\n"},
    {"a number root",
     "3\n"
     "...\n",
     "3\n"
     "...\n"},
    {"a quoted root", "'yes'\n", "'yes'\n"},
    {"an empty root", "''\n", "''\n"},
    {"an empty list root", "[]\n", "[]\n"},
    {"an empty map root", "{}\n", "{}\n"},
    {"a folded root",
     "word word word word word word word word word word word word word word w"
     "ord word word word word word word word word word word word word word wo"
     "rd word x\n"
     "...\n",
     "word word word word word word word word word word word word word word w"
     "ord word word\n"
     "  word word word word word word word word word word word word word x\n"
     "...\n"},
};

static void check_row(const struct row *row)
{
    struct awh_arena arena;
    struct awh_diag diag = {0};
    struct awh_yaml *root = NULL;
    struct awh_str text;
    awh_arena_init(&arena);
    awh_str_init(&text);
    if (awh_yaml_load(&arena, row->name, row->source, strlen(row->source), &root, &diag) != AW_OK ||
        awh_yaml_dump(root, &text, &diag) != AW_OK) {
        fail_msg("row '%s': %s", row->name, diag.text);
    }
    if (strcmp(text.text, row->expected) != 0) {
        fail_msg("row '%s':\n%s\nexpected:\n%s", row->name, text.text, row->expected);
    }
    struct awh_yaml *again = NULL;
    assert_int_equal(awh_yaml_load(&arena, row->name, text.text, text.size, &again, &diag), AW_OK);
    struct awh_str second;
    awh_str_init(&second);
    assert_int_equal(awh_yaml_dump(again, &second, &diag), AW_OK);
    assert_string_equal(second.text, text.text);
    awh_str_release(&second);
    awh_str_release(&text);
    awh_arena_release(&arena);
}

static void dumps_as_pyyaml(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check_row(&rows[i]);
    }
}

static void made_documents(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_diag diag = {0};
    struct awh_str text;
    awh_arena_init(&arena);
    awh_str_init(&text);
    struct awh_yaml *map = awh_yaml_new_map(&arena), *seq = awh_yaml_new_seq(&arena);
    assert_true(awh_yaml_push(&arena, seq, awh_yaml_new_int(&arena, -3)) &&
                awh_yaml_push(&arena, seq, awh_yaml_new_real(&arena, 2)) &&
                awh_yaml_push(&arena, seq, awh_yaml_new_null(&arena)));
    assert_true(awh_yaml_set(&arena, map, "z", awh_yaml_new_str(&arena, "no")) &&
                awh_yaml_set(&arena, map, "list", seq) &&
                awh_yaml_set(&arena, map, "z", awh_yaml_new_bool(&arena, true)) &&
                awh_yaml_set(&arena, map, "same", seq));
    assert_int_equal(map->list.count, 3);
    assert_string_equal(seq->key, "list");
    assert_ptr_equal(seq->parent, map);
    assert_false(awh_yaml_set(&arena, map, "z", NULL));
    assert_false(awh_yaml_push(&arena, NULL, seq));

    struct awh_yaml *copy = awh_yaml_copy(&arena, map);
    assert_true(awh_yaml_set(&arena, copy, "extra", awh_yaml_new_int(&arena, 1)));
    assert_null(awh_yaml_get(map, "extra"));

    assert_int_equal(awh_yaml_dump(map, &text, &diag), AW_OK);
    assert_string_equal(text.text,
                        "list:\n- -3\n- 2.0\n- null\nsame:\n- -3\n- 2.0\n- null\nz: true\n");
    awh_str_release(&text);
    awh_arena_release(&arena);
}

/* 20,000 keys pass through the hash table, in sets and in look-ups. */
static void large_made_map(void **state)
{
    (void)state;
    enum { KEYS = 20000 };
    struct awh_arena arena;
    char key[16];
    awh_arena_init(&arena);
    struct awh_yaml *map = awh_yaml_new_map(&arena);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < KEYS; i++) {
            snprintf(key, sizeof(key), "key%d", i);
            assert_true(awh_yaml_set(&arena, map, key, awh_yaml_new_int(&arena, i + round)));
        }
        assert_int_equal(map->list.count, KEYS);
    }
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        assert_int_equal(awh_yaml_get(map, key)->integer, i + 1);
    }
    assert_null(awh_yaml_get(map, "key20000"));
    struct awh_yaml *copy = awh_yaml_copy(&arena, map);
    assert_true(awh_yaml_equal(map, copy));
    assert_true(awh_yaml_set(&arena, copy, "key77", awh_yaml_new_null(&arena)));
    assert_false(awh_yaml_equal(map, copy));
    awh_arena_release(&arena);
}

static void refuses_what_cannot_be_written(void **state)
{
    (void)state;
    struct awh_arena arena;
    struct awh_str text;
    awh_arena_init(&arena);
    static const char *const broken[] = {
        "\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "a\x80"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct awh_diag diag = {0};
        struct awh_yaml *map = awh_yaml_new_map(&arena);
        awh_str_init(&text);
        assert_true(awh_yaml_set(&arena, map, "k", awh_yaml_new_str(&arena, broken[i])));
        assert_int_equal(awh_yaml_dump(map, &text, &diag), AW_ERR_FORMAT);
        assert_string_equal(diag.text, "k: the string is not UTF-8; cannot write it as YAML");
        awh_str_release(&text);
    }
    struct awh_diag diag = {0};
    struct awh_yaml *deep = awh_yaml_new_int(&arena, 1);
    for (int i = 0; i < 101; i++) {
        struct awh_yaml *outer = awh_yaml_new_seq(&arena);
        assert_true(awh_yaml_push(&arena, outer, deep));
        deep = outer;
    }
    awh_str_init(&text);
    assert_int_equal(awh_yaml_dump(deep, &text, &diag), AW_ERR_RANGE);
    awh_str_release(&text);
    awh_str_init(&text);
    assert_int_equal(awh_yaml_dump(deep->list.items[0], &text, &diag), AW_OK);
    awh_str_release(&text);
    awh_arena_release(&arena);
}

static void python_repr(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *expected;
    } reprs[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.5e-7, "1.5e-07"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {123456789012345678.0, "1.2345678901234568e+17"},
        {9007199254740993.0, "9007199254740992.0"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-1074 * 3, "1.5e-323"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
        {99999999999999990.0, "9.999999999999998e+16"},
        {(double)INFINITY, "inf"},
        {-(double)INFINITY, "-inf"},
        {(double)NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof(reprs) / sizeof(reprs[0]); i++) {
        char text[32];
        awh_python_repr(reprs[i].value, text);
        assert_string_equal(text, reprs[i].expected);
    }
}

/* Each power of two and its neighbours, where the gaps between doubles change. */
static void python_repr_reads_back(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);
        const double values[] = {power, nextafter(power, 0), nextafter(power, 2 * power), -power};
        for (size_t i = 0; i < 4; i++) {
            char text[32];
            awh_python_repr(values[i], text);
            assert_true(strtod(text, NULL) == values[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dumps_as_pyyaml), cmocka_unit_test(made_documents),
        cmocka_unit_test(large_made_map),  cmocka_unit_test(refuses_what_cannot_be_written),
        cmocka_unit_test(python_repr),     cmocka_unit_test(python_repr_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
