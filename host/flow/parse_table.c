#include "flow/parse.h"

#include <math.h>
#include <stdlib.h>

static int by_prim(const void *a, const void *b)
{
    const struct parse_entry *x = a, *y = b;
    return awh_prim_compare(x->prim, y->prim);
}

static enum aw_err add_entry(struct parser *p, struct parse_entry entry)
{
    struct parse_entry *table =
        awh_grow(p->table, &p->table_capacity, p->table_count + 1, sizeof(*table));
    if (table == NULL)
        return awh_fail_mem(p->diag);
    p->table = table;
    p->table[p->table_count++] = entry;
    return AW_OK;
}

enum aw_err awh_parse_table_load(struct parser *p)
{
    struct awh_yaml *root;
    enum aw_err err = awh_yaml_load_file(&p->arena, p->options->prof_prims_path, &root, p->diag);
    if (err != AW_OK)
        return err;
    if (root->kind != AWH_YAML_SEQ)
        return awh_yaml_fail(
            root, AW_ERR_FORMAT, p->diag,
            "expected the list of primitives that genprof writes (prof_prims.yaml)");
    struct awh_prim *prims = awh_arena_array(&p->arena, root->list.count, sizeof(*prims));
    if (prims == NULL)
        return awh_fail_mem(p->diag);
    for (size_t i = 0; i < root->list.count && err == AW_OK; i++) {
        err = awh_prim_from_yaml(root->list.items[i], &prims[i], p->diag);
        if (err == AW_OK)
            err = add_entry(p, (struct parse_entry){.prim = &prims[i], .profiled = true});
    }
    return err;
}

enum aw_err awh_parse_table_add(struct parser *p, const struct parse_result *result)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; i < result->prim_count && err == AW_OK; i++)
        if (!isnan(result->perfs[i]))
            err = add_entry(
                p, (struct parse_entry){.prim = &result->prims[i].prim,
                                        .sum = result->perfs[i] * (double)result->counts[i],
                                        .count = result->counts[i]});
    return err;
}

void awh_parse_table_merge(struct parser *p)
{
    size_t kept = 0;
    if (p->table_count == 0)
        return;
    qsort(p->table, p->table_count, sizeof(*p->table), by_prim);
    for (size_t i = 1; i < p->table_count; i++) {
        struct parse_entry *last = &p->table[kept], *next = &p->table[i];
        if (awh_prim_compare(last->prim, next->prim) == 0) {
            last->sum += next->sum;
            last->count += next->count;
            last->profiled = last->profiled || next->profiled;
        } else {
            p->table[++kept] = *next;
        }
    }
    p->table_count = kept + 1;
}

static double attributed(const struct parser *p)
{
    return p->sums.total > 0 ? p->sums.prims / p->sums.total : 1;
}

static struct awh_yaml *table_item(struct parser *p, const struct parse_entry *entry)
{
    struct awh_yaml *item = awh_prim_to_yaml(&p->arena, entry->prim);
    struct awh_yaml *performances = awh_yaml_new_map(&p->arena);
    double mean = entry->sum / (double)entry->count;
    if (item == NULL ||
        !awh_yaml_set(&p->arena, performances, p->options->perf_name,
                      awh_yaml_new_real(&p->arena, mean)) ||
        !awh_yaml_set(&p->arena, item, "performances", performances) ||
        !awh_yaml_set(&p->arena, item, "count", awh_yaml_new_int(&p->arena, (int64_t)entry->count)))
        return NULL;
    return item;
}

enum aw_err awh_parse_table_write(struct parser *p)
{
    struct awh_arena *arena = &p->arena;
    struct awh_yaml *root = awh_yaml_new_map(arena), *list = awh_yaml_new_seq(arena);
    for (size_t i = 0; i < p->table_count; i++)
        if (p->table[i].count > 0 && !awh_yaml_push(arena, list, table_item(p, &p->table[i])))
            return awh_fail_mem(p->diag);
    if (!awh_yaml_set(arena, root, "primitives", list) ||
        !awh_yaml_set(arena, root, "unit", awh_yaml_new_str(arena, p->unit)) ||
        !awh_yaml_set(arena, root, "verified", awh_yaml_new_bool(arena, p->verified)) ||
        !awh_yaml_set(arena, root, "attributed", awh_yaml_new_real(arena, attributed(p))) ||
        (p->device != NULL &&
         !awh_yaml_set(arena, root, "device", awh_yaml_copy(arena, p->device))))
        return awh_fail_mem(p->diag);
    return awh_yaml_save(root, p->options->result_file, p->diag);
}

/* Every layer was added to the total by itself and to one of the parts: rounding apart, they agree.
 */
enum aw_err awh_parse_check_sums(struct parser *p)
{
    double parts = p->sums.prims + p->sums.glue + p->sums.unattributed;
    if (fabs(parts - p->sums.total) <= 1e-9 * fabs(p->sums.total))
        return AW_OK;
    return awh_fail(p->diag, AW_ERR_INTERNAL,
                    "%.17g %s were read, %.17g ended in primitives, glue or unattributed",
                    p->sums.total, p->unit, parts);
}

void awh_parse_print_summary(const struct parser *p, FILE *out)
{
    const struct parse_sums *sums = &p->sums;
    fprintf(out, "%zu runs of %zu nets, unit %s, %s\n", p->runs, p->nets_read, p->unit,
            p->verified ? "all verified" : "NOT all verified");
    fprintf(out, "attributed to primitives: %.2f%% of %.6g\n", 100 * attributed(p), sums->total);
    fprintf(out, "primitives %.6g + glue %.6g + unattributed %.6g = %.6g %s, all that was read\n",
            sums->prims, sums->glue, sums->unattributed, sums->total, p->unit);
    if (p->totals > 0)
        fprintf(out,
                "totals that the logs print, in %zu of %zu runs: %.6g %s, their layers add up to "
                "%.6g\n",
                p->totals, p->logged_runs, p->totals_said, p->totals_unit, p->totals_found);
    if (sums->spans > 0)
        fprintf(out,
                "fused over several primitives: %.6g %s (%.2f%%), counted for the first of them\n",
                sums->spans, p->unit, 100 * sums->spans / sums->total);
    size_t wanted = 0, found = 0, glue = 0;
    for (size_t i = 0; i < p->table_count; i++) {
        wanted += p->table[i].profiled;
        found += p->table[i].profiled && p->table[i].count > 0;
        glue += !p->table[i].profiled;
    }
    fprintf(out, "primitives: %zu of %zu measured, and %zu glue primitives of the nets\n", found,
            wanted, glue);
}
