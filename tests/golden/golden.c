#include "golden.h"

#include "base/path.h"
#include "base/str.h"

const char *const golden_configs[] = {
    "d01_stock_v3_300",     "d02_v2_224",  "d03_fused_192_mult075", "d04_v3_160_mult125_short",
    "d05_v3_225_odd",       "d06_ssd_300", "d07_fixed_stem_v2_224", "d08_floatwidth_stem4_v3_256",
    "d09_cifar32_stem1_v3", NULL};

void golden_need(const char *shared_dir)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/golden", shared_dir);
    if (awh_path_is_dir(path))
        return;
    print_message("skipped: no golden vectors at %s\n", path);
    skip();
}

static char *golden_path(struct awh_arena *arena, const char *shared_dir, const char *folder,
                         const char *file)
{
    char *path = awh_arena_printf(arena, "%s/golden/%s/%s", shared_dir, folder, file);
    assert_non_null(path);
    return path;
}

struct awh_yaml *golden_yaml(struct awh_arena *arena, const char *shared_dir, const char *folder,
                             const char *file)
{
    struct awh_diag diag = {.err = AW_OK};
    struct awh_yaml *root = NULL;
    if (awh_yaml_load_file(arena, golden_path(arena, shared_dir, folder, file), &root, &diag))
        fail_msg("%s", diag.text);
    return root;
}

char *golden_text(struct awh_arena *arena, const char *shared_dir, const char *folder,
                  const char *file)
{
    struct awh_diag diag = {.err = AW_OK};
    char *bytes = NULL;
    size_t size;
    if (awh_file_read(arena, golden_path(arena, shared_dir, folder, file), 1 << 24, &bytes, &size,
                      &diag))
        fail_msg("%s", diag.text);
    return bytes;
}

const struct awh_yaml *golden_get(const struct awh_yaml *map, const char *key)
{
    const struct awh_yaml *node = awh_yaml_get(map, key);
    if (!node)
        fail_msg("no '%s' in a golden file", key);
    return node;
}

int64_t golden_int(const struct awh_yaml *map, const char *key)
{
    int64_t value = 0;
    assert_int_equal(awh_yaml_int(golden_get(map, key), INT64_MIN, INT64_MAX, &value, NULL), AW_OK);
    return value;
}

void golden_prim(struct awh_arena *arena, const char *line, struct awh_prim *prim_out)
{
    static const char *const keys[] = {"prim_type", "spatial_size", "C",
                                       "C_out",     "stride",       "affine"};
    char *copy = awh_arena_strdup(arena, line), *rest = copy, *word;
    struct awh_str text;
    struct awh_yaml *map = NULL;
    struct awh_diag diag = {.err = AW_OK};
    awh_str_init(&text);
    for (size_t i = 0; (word = strsep(&rest, " ")); i++) {
        char *equals = strchr(word, '=');
        if (equals)
            *equals = 0;
        awh_str_printf(&text, "%s%s: %s", i ? ", " : "{", equals ? word : keys[i],
                       equals ? equals + 1 : word);
    }
    awh_str_append(&text, "}");
    assert_int_equal(awh_yaml_load(arena, "prims.txt", text.text, text.size, &map, &diag), AW_OK);
    awh_str_release(&text);
    if (awh_prim_from_yaml(map, prim_out, &diag))
        fail_msg("%s", diag.text);
}

struct awh_prim *golden_prims(struct awh_arena *arena, const char *shared_dir, const char *folder,
                              size_t *count_out)
{
    char *text = golden_text(arena, shared_dir, folder, "prims.txt"), *line;
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        count++;
    struct awh_prim *prims = awh_arena_array(arena, count + 1, sizeof *prims);
    assert_non_null(prims);
    for (*count_out = 0; (line = strsep(&text, "\n"));)
        if (*line) {
            assert_true(*count_out <= count);
            golden_prim(arena, line, &prims[(*count_out)++]);
        }
    return prims;
}
