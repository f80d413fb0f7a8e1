#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/path.h"

struct fixture {
    struct awh_arena arena;
    struct awh_diag diag;
    char *dir; /* an empty directory of this test */
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    awh_arena_init(&f->arena);
    f->dir = awh_arena_strdup(&f->arena, AWNAS_BINARY_DIR "/path_test.XXXXXX");
    *state = f;
    return mkdtemp(f->dir) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    enum aw_err err = awh_dir_remove(f->dir, &f->diag);
    awh_arena_release(&f->arena);
    free(f);
    return err == AW_OK ? 0 : -1;
}

static char *in(struct fixture *f, const char *name)
{
    return awh_path_join(&f->arena, f->dir, name);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_text(struct fixture *f, const char *path, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    f->diag = (struct awh_diag){0};
    if (awh_file_read(&f->arena, path, 1 << 20, &text, &size, &f->diag) != AW_OK) {
        fail_msg("%s", f->diag.text);
    }
    assert_int_equal(size, strlen(expected));
    assert_string_equal(text, expected);
}

static size_t count_names(struct fixture *f, const char *path)
{
    char **names;
    size_t count = 0;
    assert_int_equal(awh_dir_list(&f->arena, path, &names, &count, &f->diag), AW_OK);
    return count;
}

static void names(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(awh_path_join(&f->arena, "a", "b/c"), "a/b/c");
    assert_string_equal(awh_path_join(&f->arena, "a/", "b"), "a/b");
    assert_string_equal(awh_path_join(&f->arena, "", "b"), "b");
    assert_string_equal(awh_path_base("a/b.yaml"), "b.yaml");
    assert_string_equal(awh_path_base("b.yaml"), "b.yaml");
    assert_string_equal(awh_path_base("a/"), "");
    assert_true(awh_path_is_dir(f->dir));
    assert_false(awh_path_exists(in(f, "nothing")));
}

static void reads_bounded_regular_files(void **state)
{
    struct fixture *f = *state;
    char *bytes = NULL;
    size_t size = 99;
    char *path = in(f, "file");
    put(path, "12345");
    assert_text(f, path, "12345");
    assert_int_equal(awh_file_read(&f->arena, path, 5, &bytes, &size, &f->diag), AW_OK);
    assert_int_equal(awh_file_read(&f->arena, path, 4, &bytes, &size, &f->diag), AW_ERR_RANGE);
    assert_non_null(strstr(f->diag.text, "/file: larger than the limit of 4 bytes"));
    put(path, "");
    assert_text(f, path, "");

    f->diag = (struct awh_diag){0};
    size = 99;
    assert_int_equal(awh_file_read(&f->arena, in(f, "gone"), 9, &bytes, &size, &f->diag),
                     AW_ERR_NOT_FOUND);
    assert_int_equal(size, 99);
    assert_int_equal(awh_file_read(&f->arena, f->dir, 9, &bytes, &size, NULL), AW_ERR_FORMAT);
    assert_int_equal(awh_file_read(&f->arena, "/dev/zero", 9, &bytes, &size, NULL), AW_ERR_FORMAT);
    char *fifo = in(f, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(awh_file_read(&f->arena, fifo, 9, &bytes, &size, NULL), AW_ERR_FORMAT);
    /* A file whose stated size is 0 but that has contents. */
    assert_int_equal(awh_file_read(&f->arena, "/proc/self/status", 1 << 20, &bytes, &size, NULL),
                     AW_OK);
    assert_true(size > 100 && strlen(bytes) == size);
    assert_int_equal(awh_file_read(&f->arena, "/proc/self/status", 10, &bytes, &size, NULL),
                     AW_ERR_RANGE);
}

static void writes_replace(void **state)
{
    struct fixture *f = *state;
    char *path = in(f, "out"), *link = in(f, "link");
    assert_int_equal(awh_file_write(path, "one", 3, &f->diag), AW_OK);
    assert_text(f, path, "one");
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink("out", link), 0);
    assert_int_equal(awh_file_write(link, "two", 3, &f->diag), AW_OK);
    assert_text(f, path, "two");
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(count_names(f, f->dir), 2); /* no temporary file is left */

    assert_int_equal(awh_file_write(f->dir, "x", 1, &f->diag), AW_ERR_EXISTS);
    assert_int_equal(awh_file_write(in(f, "no/dir/x"), "x", 1, NULL), AW_ERR_NOT_FOUND);
    assert_int_equal(awh_file_write("/dev/null", "x", 1, NULL), AW_OK);
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

/* Writes beyond 1000 bytes of a file fail, as on a full disk. */
static void limit_file_size(bool on)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = on ? 1000 : limit.rlim_max;
    signal(SIGXFSZ, on ? SIG_IGN : SIG_DFL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void failed_write_keeps_the_old_file(void **state)
{
    struct fixture *f = *state;
    static const char large[5000];
    char *path = in(f, "out");
    put(path, "old");
    limit_file_size(true);
    enum aw_err err = awh_file_write(path, large, sizeof(large), &f->diag);
    enum aw_err new_err = awh_file_write(in(f, "new"), large, sizeof(large), NULL);
    limit_file_size(false);
    assert_int_equal(err, AW_ERR_IO);
    assert_int_equal(new_err, AW_ERR_IO);
    assert_non_null(strstr(f->diag.text, "/out: cannot write the file: "));
    assert_text(f, path, "old");
    assert_int_equal(count_names(f, f->dir), 1);
}

static void directories(void **state)
{
    struct fixture *f = *state;
    char *deep = in(f, "a/b//c/");
    assert_int_equal(awh_dir_make(deep, &f->diag), AW_OK);
    assert_int_equal(awh_dir_make(deep, &f->diag), AW_OK);
    assert_true(awh_path_is_dir(deep));
    put(in(f, "a/file"), "x");
    assert_int_equal(awh_dir_make(in(f, "a/file"), &f->diag), AW_ERR_EXISTS);
    assert_int_equal(awh_dir_make(in(f, "a/file/d"), NULL), AW_ERR_EXISTS);
    assert_int_equal(awh_dir_make("", NULL), AW_ERR_IO);

    static const char *const made[] = {"10", "9", "007", "7", "b", "1.yaml", "10.yaml", ".hidden"};
    static const char *const listed[] = {"007",     "7",      "9",       "10",
                                         ".hidden", "1.yaml", "10.yaml", "b"};
    char *dir = in(f, "list");
    assert_int_equal(awh_dir_make(dir, &f->diag), AW_OK);
    for (size_t i = 0; i < 8; i++) {
        put(awh_path_join(&f->arena, dir, made[i]), "");
    }
    char **found = NULL;
    size_t count = 0;
    assert_int_equal(awh_dir_list(&f->arena, dir, &found, &count, &f->diag), AW_OK);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(found[i], listed[i]);
    }
    f->diag = (struct awh_diag){0};
    assert_int_equal(awh_dir_list(&f->arena, in(f, "none"), &found, &count, &f->diag),
                     AW_ERR_NOT_FOUND);
}

static void removal_does_not_follow_links(void **state)
{
    struct fixture *f = *state;
    char *outside = in(f, "outside"), *tree = in(f, "tree");
    assert_int_equal(awh_dir_make(outside, &f->diag), AW_OK);
    put(in(f, "outside/precious"), "x");
    assert_int_equal(awh_dir_make(in(f, "tree/sub"), &f->diag), AW_OK);
    put(in(f, "tree/sub/file"), "x");
    assert_int_equal(symlink(outside, in(f, "tree/sub/link")), 0);
    assert_int_equal(awh_dir_remove(tree, &f->diag), AW_OK);
    assert_false(awh_path_exists(tree));
    assert_text(f, in(f, "outside/precious"), "x");
    assert_int_equal(symlink(outside, tree), 0);
    assert_int_equal(awh_dir_remove(tree, &f->diag), AW_OK);
    assert_text(f, in(f, "outside/precious"), "x");
    assert_int_equal(awh_dir_remove(tree, &f->diag), AW_OK); /* nothing there */
}

static void stage_text(struct fixture *f, struct awh_stage *stage, const char *name,
                       const char *text)
{
    if (awh_stage_write(stage, name, text, strlen(text), &f->diag) != AW_OK) {
        fail_msg("%s", f->diag.text);
    }
}

static void stage_appears_whole(void **state)
{
    struct fixture *f = *state;
    struct awh_stage stage;
    char *result = in(f, "new/deep/result/");
    assert_int_equal(awh_stage_begin(result, false, &stage, &f->diag), AW_OK);
    stage_text(f, &stage, "config.yaml", "a: 1\n");
    stage_text(f, &stage, "nets/0/x.yaml", "b");
    assert_false(awh_path_exists(result));
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_OK);
    awh_stage_release(&stage);
    assert_text(f, in(f, "new/deep/result/nets/0/x.yaml"), "b");
    assert_true(awh_path_exists(in(f, "new/deep/result/.awnas-hw")));

    /* The second result replaces the first one: nothing of it is left, beside or inside. */
    assert_int_equal(awh_stage_begin(result, false, &stage, &f->diag), AW_OK);
    stage_text(f, &stage, "config.yaml", "a: 2\n");
    assert_text(f, in(f, "new/deep/result/config.yaml"), "a: 1\n");
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_OK);
    awh_stage_release(&stage);
    assert_text(f, in(f, "new/deep/result/config.yaml"), "a: 2\n");
    assert_false(awh_path_exists(in(f, "new/deep/result/nets")));
    assert_int_equal(count_names(f, in(f, "new/deep")), 1);
}

static void released_stage_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct awh_stage stage;
    assert_int_equal(awh_stage_begin(in(f, "r"), false, &stage, &f->diag), AW_OK);
    stage_text(f, &stage, "a/b", "x");
    awh_stage_release(&stage);
    awh_stage_release(&stage);
    assert_int_equal(count_names(f, f->dir), 0);
}

static void stage_replaces_only_its_own(void **state)
{
    struct fixture *f = *state;
    struct awh_stage stage;
    char *theirs = in(f, "theirs"), *precious = in(f, "theirs/precious");
    assert_int_equal(awh_dir_make(theirs, &f->diag), AW_OK);
    put(precious, "x");
    assert_int_equal(awh_stage_begin(theirs, false, &stage, &f->diag), AW_ERR_EXISTS);
    assert_non_null(strstr(f->diag.text, "/theirs: the directory was not made by awnas-hw"));
    assert_int_equal(awh_stage_begin(precious, false, &stage, NULL), AW_ERR_EXISTS);
    assert_int_equal(awh_stage_begin(precious, true, &stage, NULL), AW_ERR_EXISTS);
    assert_int_equal(awh_stage_begin(in(f, "theirs/precious/x"), true, &stage, NULL),
                     AW_ERR_EXISTS);
    assert_int_equal(count_names(f, f->dir), 1);
    assert_text(f, precious, "x");

    assert_int_equal(awh_stage_begin(theirs, true, &stage, &f->diag), AW_OK);
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_OK);
    awh_stage_release(&stage);
    assert_false(awh_path_exists(precious));

    char *empty = in(f, "empty");
    assert_int_equal(awh_dir_make(empty, &f->diag), AW_OK);
    assert_int_equal(awh_stage_begin(empty, false, &stage, &f->diag), AW_OK);
    put(in(f, "empty/came"), "between begin and commit");
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_ERR_EXISTS);
    awh_stage_release(&stage);
    assert_text(f, in(f, "empty/came"), "between begin and commit");
    assert_int_equal(count_names(f, f->dir), 2);
}

static void stage_through_a_link(void **state)
{
    struct fixture *f = *state;
    struct awh_stage stage;
    assert_int_equal(awh_dir_make(in(f, "real"), &f->diag), AW_OK);
    assert_int_equal(symlink("real", in(f, "link")), 0);
    assert_int_equal(awh_stage_begin(in(f, "link"), false, &stage, &f->diag), AW_OK);
    stage_text(f, &stage, "a", "x");
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_OK);
    awh_stage_release(&stage);
    assert_text(f, in(f, "real/a"), "x");
    assert_text(f, in(f, "link/a"), "x");
}

static void failed_stage_keeps_the_old_result(void **state)
{
    struct fixture *f = *state;
    struct awh_stage stage;
    static const char large[5000];
    char *result = in(f, "r");
    assert_int_equal(awh_stage_begin(result, false, &stage, &f->diag), AW_OK);
    stage_text(f, &stage, "a", "old");
    assert_int_equal(awh_stage_commit(&stage, &f->diag), AW_OK);
    awh_stage_release(&stage);

    assert_int_equal(awh_stage_begin(result, false, &stage, &f->diag), AW_OK);
    limit_file_size(true);
    enum aw_err err = awh_stage_write(&stage, "a", large, sizeof(large), &f->diag);
    limit_file_size(false);
    assert_int_equal(err, AW_ERR_IO);
    assert_non_null(strstr(f->diag.text, "/r/a: cannot write the file: "));
    awh_stage_release(&stage);
    assert_text(f, in(f, "r/a"), "old");

    /* The staged files vanish under our feet. */
    assert_int_equal(awh_stage_begin(result, false, &stage, &f->diag), AW_OK);
    assert_int_equal(awh_dir_remove(stage.stage, &f->diag), AW_OK);
    assert_int_equal(awh_stage_commit(&stage, NULL), AW_ERR_IO);
    awh_stage_release(&stage);
    assert_text(f, in(f, "r/a"), "old");
    assert_int_equal(count_names(f, f->dir), 1);
}

static void stage_names_stay_inside(void **state)
{
    static const char *const bad[] = {"",    "/etc/x", "../x", "a/../../x", "a//b",
                                      "./a", "a/.",    "..",   "a/"};
    struct fixture *f = *state;
    struct awh_stage stage;
    assert_int_equal(awh_stage_begin(in(f, "r"), false, &stage, &f->diag), AW_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(awh_stage_write(&stage, bad[i], "x", 1, NULL), AW_ERR_ARG);
    }
    stage_text(f, &stage, "..a/b..", "x");
    awh_stage_release(&stage);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names),
        TEST(reads_bounded_regular_files),
        TEST(writes_replace),
        TEST(failed_write_keeps_the_old_file),
        TEST(directories),
        TEST(removal_does_not_follow_links),
        TEST(stage_appears_whole),
        TEST(released_stage_leaves_nothing),
        TEST(stage_replaces_only_its_own),
        TEST(stage_through_a_link),
        TEST(failed_stage_keeps_the_old_result),
        TEST(stage_names_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
