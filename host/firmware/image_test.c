/* This test's own executable as an image, with maps that say what its objects gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"
#include "firmware/image.h"

#define HEAD "Archive member\n\n .text 0x0 0x10 discarded.o\n\nLinker script and memory map\n\n"

static char dir[] = "/tmp/awnas-image-test-XXXXXX";

static enum aw_err load(struct awh_arena *arena, const char *elf, const char *map,
                        struct awh_image *image, struct awh_diag *diag)
{
    char *path = awh_path_join(arena, dir, "x.map");
    *diag = (struct awh_diag){.err = AW_OK};
    assert_int_equal(awh_file_write(path, map, strlen(map), diag), AW_OK);
    return awh_image_load(arena, elf, path, image, diag);
}

static const struct awh_image_section *section(const struct awh_image *image, const char *name)
{
    for (size_t i = 0; i < image->section_count; i++)
        if (strcmp(image->sections[i].name, name) == 0)
            return &image->sections[i];
    fail_msg("no section %s", name);
    return NULL;
}

static void sections_functions_and_pieces(void **unused)
{
    (void)unused;
    static const char map[] =
        HEAD "LOAD a.o\n"
             ".text           0x0000000000001000      0x400\n"
             " *(.text .text.*)\n"
             " .text          0x0000000000001000        0x0 empty.o\n"
             " .text.short    0x0000000000001000       0x20 a/one.c.obj\n"
             "                0x0000000000001000                short_function\n"
             " *fill*         0x0000000000001020        0x8 \n"
             " .text.a_name_that_is_longer_than_its_column\n"
             "                0x0000000000001028       0x18 a folder/two.c.obj\n"
             " .text          0x0000000000001040       0x10 /usr/lib/libgcc.a(three.o)\n"
             "\n"
             ".bss            0x0000000000004000        0x8\n"
             " COMMON         0x0000000000004000        0x4 a/one.c.obj\n"
             "                0x0000000000004004                . = ALIGN (0x8)\n"
             ".debug_info     0x0000000000000000     0x1000\n"
             " .debug_info    0x0000000000000000     0x1000 a/one.c.obj\n";
    static const struct {
        const char *section, *object;
        uint64_t size;
    } expected[] = {
        {".text", "a/one.c.obj", 0x20},
        {".text", NULL, 8},
        {".text", "a folder/two.c.obj", 0x18},
        {".text", "/usr/lib/libgcc.a(three.o)", 0x10},
        {".bss", "a/one.c.obj", 4},
    };
    struct awh_arena arena;
    struct awh_image image;
    struct awh_diag diag;
    awh_arena_init(&arena);
    if (load(&arena, "/proc/self/exe", map, &image, &diag) != AW_OK)
        fail_msg("%s", diag.text);
    assert_false(section(&image, ".text")->writable);
    assert_true(section(&image, ".bss")->writable && !section(&image, ".bss")->stored);
    assert_true(awh_image_has_function(&image, "main"));
    assert_true(awh_image_has_function(&image, "sections_functions_and_pieces"));
    assert_false(awh_image_has_function(&image, "mainn"));
    assert_int_equal(image.piece_count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < image.piece_count; i++) {
        const struct awh_image_piece *piece = &image.pieces[i];
        assert_string_equal(piece->section->name, expected[i].section);
        assert_int_equal(piece->size_bytes, expected[i].size);
        if (expected[i].object == NULL)
            assert_null(piece->object);
        else
            assert_string_equal(piece->object, expected[i].object);
    }
    awh_arena_release(&arena);
}

static void what_is_wrong_is_said(void **unused)
{
    (void)unused;
    static const char good[] = HEAD ".text 0x1000 0x10\n .text 0x1000 0x10 a.o\n";
    static const struct {
        const char *elf, *map;
        enum aw_err err;
        const char *says;
    } rows[] = {
        {"/nonexistent/x.elf", good, AW_ERR_NOT_FOUND, "/nonexistent/x.elf: no such firmware"},
        {"/dev/null", good, AW_ERR_FORMAT, "/dev/null: "},
        {"/etc/passwd", good, AW_ERR_FORMAT, "/etc/passwd: not an ELF file"},
        {"/proc/self/exe", "no map\n", AW_ERR_FORMAT, "x.map: not a map of GNU ld"},
        {"/proc/self/exe", HEAD ".other 0x0 0x10\n .other 0x0 0x10 a.o\n", AW_ERR_MISMATCH,
         "x.map: knows none of the image's sections"},
        {"/proc/self/exe", HEAD ".text 0x0 0x10\n .text 0x0 0x7fffffff a.o\n", AW_ERR_MISMATCH,
         "not the map of this image"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct awh_arena arena;
        struct awh_image image;
        struct awh_diag diag;
        awh_arena_init(&arena);
        assert_int_equal(load(&arena, rows[i].elf, rows[i].map, &image, &diag), rows[i].err);
        if (strstr(diag.text, rows[i].says) == NULL || strchr(diag.text, '\n') != NULL)
            fail_msg("row %zu: '%s'", i, diag.text);
        awh_arena_release(&arena);
    }
}

static int make_dir(void **unused)
{
    (void)unused;
    return mkdtemp(dir) == NULL;
}

static int remove_dir(void **unused)
{
    (void)unused;
    return awh_dir_remove(dir, NULL) != AW_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_functions_and_pieces),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
