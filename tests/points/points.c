#include "points.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/net.h"

const char point_cfg[] = "rollout_type: ofa\n"
                         "search_space_type: ofa\n"
                         "search_space_cfg:\n"
                         "  num_cell_groups: [1, 2, 2]\n"
                         "  expansions: [1, 6, 6]\n"
                         "  kernel_choice: [3, 5]\n"
                         "  width_choice: [2, 3]\n"
                         "  depth_choice: [1, 2]\n"
                         "  image_size_choice: [32]\n";
const char point_hwobj[] = "mixin_search_space_type: ofa_mixin\n"
                           "mixin_search_space_cfg:\n"
                           "  fixed_primitives: null\n"
                           "prof_prims_cfg:\n"
                           "  spatial_size: 32\n"
                           "  base_channels: [8, 8, 16, 24]\n"
                           "  strides: [1, 2, 2]\n"
                           "  acts: [relu, relu6, h_swish]\n"
                           "  primitive_type: mobilenet_v2_block\n"
                           "hwperfmodel_type: table\n"
                           "hwperfmodel_cfg: {perf_name: latency}\n"
                           "profiling_net_cfg:\n"
                           "  image_size: 32\n"
                           "  max_layers: 5\n"
                           "  base_cfg_template: {final_model_type: general_final_model}\n";

int point_setup(void **state)
{
    static struct point point;
    memset(&point, 0, sizeof(point));
    awh_arena_init(&point.arena);
    strcpy(point.dir, "/tmp/awnas-point-XXXXXX");
    if (mkdtemp(point.dir) == NULL || setenv("AWNAS_HOME", point.dir, 1) != 0)
        return -1;
    point_write(&point, "cfg.yaml", point_cfg);
    point_write(&point, "hwobj.yaml", point_hwobj);
    *state = &point;
    return 0;
}

int point_teardown(void **state)
{
    struct point *p = *state;
    int bad = awh_dir_remove(p->dir, NULL) != AW_OK;
    awh_arena_release(&p->arena);
    return bad;
}

static char *at(struct point *p, const char *path)
{
    char *joined = awh_path_join(&p->arena, p->dir, path);
    assert_non_null(joined);
    return joined;
}

void point_write(struct point *p, const char *path, const char *text)
{
    char *full = at(p, path), *parent = awh_arena_strdup(&p->arena, full);
    *strrchr(parent, '/') = '\0';
    assert_int_equal(awh_dir_make(parent, NULL), AW_OK);
    assert_int_equal(awh_file_write(full, text, strlen(text), NULL), AW_OK);
}

char *point_read(struct point *p, const char *path)
{
    struct awh_diag diag = {0};
    char *bytes;
    size_t size;
    if (awh_file_read(&p->arena, at(p, path), 16 << 20, &bytes, &size, &diag) != AW_OK)
        fail_msg("%s", diag.text);
    return bytes;
}

bool point_has(struct point *p, const char *path)
{
    return awh_path_exists(at(p, path));
}

struct awh_yaml *point_yaml(struct point *p, const char *path)
{
    struct awh_diag diag = {0};
    struct awh_yaml *root;
    if (awh_yaml_load_file(&p->arena, at(p, path), &root, &diag) != AW_OK)
        fail_msg("%s", diag.text);
    return root;
}

static void edit(struct point *p, const char *path, const char *from, const char *to)
{
    const char *text = point_read(p, path), *found = strstr(text, from);
    if (found == NULL)
        fail_msg("no '%s' in %s", from, path);
    point_write(p, path,
                awh_arena_printf(&p->arena, "%.*s%s%s", (int)(found - text), text, to,
                                 found + strlen(from)));
}

void point_edit_cfg(struct point *p, const char *from, const char *to)
{
    edit(p, "cfg.yaml", from, to);
}

void point_edit_hwobj(struct point *p, const char *from, const char *to)
{
    edit(p, "hwobj.yaml", from, to);
}

int point_run(struct point *p, const char *format, ...)
{
    char arguments[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof(arguments), format, args);
    va_end(args);
    char *command =
        awh_arena_printf(&p->arena, "cd '%s' && '%s/awnas-hw' </dev/null %s >stdout 2>stderr",
                         p->dir, AWNAS_BINARY_DIR, arguments);
    int status = system(command);
    assert_true(WIFEXITED(status));
    p->out = point_read(p, "stdout");
    p->err = point_read(p, "stderr");
    return WEXITSTATUS(status);
}

void point_expect(struct point *p, int code, const char *text, const char *arguments)
{
    int found = point_run(p, "%s", arguments);
    if (found != code)
        fail_msg("%s: exit %d instead of %d: %s%s", arguments, found, code, p->out, p->err);
    if (code == 0)
        return;
    const char *last = p->err;
    size_t lines = point_count(p->err, "\n") - point_count(p->err, "awnas-hw: warning: ");
    for (const char *line = p->err; *line != '\0'; line = strchr(line, '\n') + 1)
        last = line;
    if (lines != 1 || strstr(last, text) == NULL)
        fail_msg("%s: no '%s' in the one line of '%s'", arguments, text, p->err);
}

void point_genprof(struct point *p)
{
    point_expect(p, 0, NULL, "genprof cfg.yaml hwobj.yaml -r results");
}

double point_latency(size_t net, size_t primitive)
{
    return 1.0 + (double)((net * 7 + primitive * 3) % 11) / 8;
}

static struct awh_yaml *run_of(struct point *p, const struct awh_net *net, size_t n)
{
    struct awh_arena *a = &p->arena;
    struct awh_yaml *map = awh_yaml_new_map(a), *list = awh_yaml_new_seq(a);
    double sum = 0;
    for (size_t k = 0; k < net->count; k++) {
        struct awh_yaml *item = awh_prim_to_yaml(a, &net->prims[k]);
        struct awh_yaml *perfs = awh_yaml_new_map(a);
        sum += point_latency(n, k);
        assert_true(
            awh_yaml_set(a, perfs, "latency", awh_yaml_new_real(a, point_latency(n, k))) &&
            awh_yaml_set(a, perfs, "energy", awh_yaml_new_real(a, 7 * point_latency(n, k))) &&
            awh_yaml_set(a, item, "performances", perfs) && awh_yaml_push(a, list, item));
    }
    assert_true(awh_yaml_set(a, map, "primitives", list) &&
                awh_yaml_set(a, map, "block_sum_latency", awh_yaml_new_real(a, sum)) &&
                awh_yaml_set(a, map, "overall_latency", awh_yaml_new_real(a, 1.5 * sum + 2)) &&
                awh_yaml_set(a, map, "overall_energy", awh_yaml_new_real(a, 7 * (1.5 * sum + 2))));
    return map;
}

void point_profile(struct point *p, const char *folder, unsigned runs)
{
    struct awh_diag diag = {0};
    for (size_t n = 0;; n++) {
        struct awh_net net;
        char path[128];
        snprintf(path, sizeof(path), "results/prof_nets/%zu.yaml", n);
        if (!point_has(p, path))
            return;
        if (awh_net_load(&p->arena, at(p, path), &net, &diag) != AW_OK)
            fail_msg("%s", diag.text);
        snprintf(path, sizeof(path), "%s/%zu", folder, n);
        assert_int_equal(awh_dir_make(at(p, path), NULL), AW_OK);
        for (unsigned r = 0; r < runs; r++) {
            snprintf(path, sizeof(path), "%s/%zu/%u.yaml", folder, n, r);
            assert_int_equal(awh_yaml_save(run_of(p, &net, n), at(p, path), NULL), AW_OK);
        }
    }
}

void point_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in '%s'", part, text);
}

void point_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("'%s' in '%s'", part, text);
}

size_t point_count(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *found = text; (found = strstr(found, part)) != NULL; found += strlen(part))
        count++;
    return count;
}
