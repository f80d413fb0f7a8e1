/* Which runs of a net show the same layers.
 *
 * A figure over runs of which some lack a layer would be too small, and one over runs that were
 * fused in different ways would count layers twice. Only the kernels that a vendor's compiler
 * splits a net into may differ: they have names of their own and share no layer; together they are
 * the net.
 */
#include "flow/parse.h"

#include <stdlib.h>
#include <string.h>

struct kind {
    const char **names; /* of the layers, sorted */
    size_t count;
    size_t run; /* the first of this kind */
};

struct comparison {
    const char *only_a, *only_b; /* the first layer that the other one lacks; NULL: none */
    bool common;                 /* any layer is in both */
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sort_names(const struct awh_layer_run *run, const char **names)
{
    for (size_t i = 0; i < run->layer_count; i++)
        names[i] = run->layers[i].name;
    if (run->layer_count > 0)
        qsort(names, run->layer_count, sizeof(*names), by_text);
}

static bool same_names(const struct kind *kind, const char *const *names, size_t count)
{
    if (kind->count != count)
        return false;
    for (size_t i = 0; i < count; i++) /* texts of one file are shared */
        if (kind->names[i] != names[i] && strcmp(kind->names[i], names[i]) != 0)
            return false;
    return true;
}

static struct comparison compare(const struct kind *a, const struct kind *b)
{
    struct comparison c = {.common = false};
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        int order = i == a->count ? 1 : k == b->count ? -1 : strcmp(a->names[i], b->names[k]);
        if (order < 0 && c.only_a == NULL)
            c.only_a = a->names[i];
        if (order > 0 && c.only_b == NULL)
            c.only_b = b->names[k];
        c.common = c.common || order == 0;
        i += order <= 0;
        k += order >= 0;
    }
    return c;
}

static bool are_kernels(const struct awh_layer_run *a, const struct awh_layer_run *b,
                        const struct comparison *c)
{
    return !c->common && a->net != NULL && b->net != NULL && strcmp(a->net, b->net) != 0;
}

/* An error; where every run stays by itself, a warning, and *kinds_out says that nothing is shared.
 */
static enum aw_err report(struct parser *p, const char *net, const struct parse_runs *runs,
                          const struct kind *a, const struct kind *b, const struct comparison *c,
                          struct parse_kinds *kinds_out)
{
    bool b_lacks = c->only_a != NULL;
    size_t lacks = b_lacks ? b->run : a->run, has = b_lacks ? a->run : b->run;
    char text[768];
    snprintf(text, sizeof(text),
             "%.200s:%u: this run of net %.40s has no layer '%.80s', which that of %.200s:%u has",
             runs->paths[lacks], (unsigned)runs->items[lacks]->line, net,
             b_lacks ? c->only_a : c->only_b, runs->paths[has], (unsigned)runs->items[has]->line);
    if (p->outliers != AWH_OUTLIERS_NONE || runs->items[lacks]->program_crc32 != NULL)
        return awh_fail(p->diag, AW_ERR_MISMATCH,
                        "%s; the runs of a net must have the same layers: leave the odd ones out, "
                        "or make each a result of its own with --outliers none",
                        text);
    awh_warn(p->diag, "%s; the blocks of these results do not compare", text);
    kinds_out->count = 0;
    return AW_OK;
}

enum aw_err awh_parse_kinds(struct parser *p, const char *net, const struct parse_runs *runs,
                            struct parse_kinds *kinds_out)
{
    struct kind *kinds = NULL;
    size_t capacity = 0, longest = 0;
    for (size_t i = 0; i < runs->count; i++)
        longest = longest < runs->items[i]->layer_count ? runs->items[i]->layer_count : longest;
    const char **names = awh_arena_array(&p->scratch, longest, sizeof(*names));
    *kinds_out = (struct parse_kinds){
        .of_run = awh_arena_array(&p->scratch, runs->count, sizeof(*kinds_out->of_run))};
    enum aw_err err = names == NULL || kinds_out->of_run == NULL ? awh_fail_mem(p->diag) : AW_OK;
    for (size_t i = 0; err == AW_OK && i < runs->count; i++) {
        size_t count = runs->items[i]->layer_count, k = 0;
        sort_names(runs->items[i], names);
        while (k < kinds_out->count && !same_names(&kinds[k], names, count))
            k++;
        kinds_out->of_run[i] = k;
        if (k < kinds_out->count)
            continue;
        struct kind *grown = awh_grow(kinds, &capacity, k + 1, sizeof(*kinds));
        const char **copy = awh_arena_array(&p->scratch, count, sizeof(*copy));
        kinds = grown != NULL ? grown : kinds;
        if (grown == NULL || copy == NULL) {
            err = awh_fail_mem(p->diag);
            break;
        }
        if (count > 0)
            memcpy(copy, names, count * sizeof(*names));
        kinds[k] = (struct kind){.names = copy, .count = count, .run = i};
        kinds_out->count++;
        for (size_t other = 0; other < k; other++) {
            struct comparison c = compare(&kinds[other], &kinds[k]);
            if (are_kernels(runs->items[kinds[other].run], runs->items[i], &c))
                continue;
            err = report(p, net, runs, &kinds[other], &kinds[k], &c, kinds_out);
            free(kinds);
            return err;
        }
    }
    free(kinds);
    return err;
}
