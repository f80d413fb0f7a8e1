#include "net/assemble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define NONE         SIZE_MAX
#define SIZE_REMOVED INT32_MAX /* above every spatial_size */
#define NAMED_MAX    3         /* primitives named in a message */

void awh_net_list_release(struct awh_net_list *list)
{
    free(list->prims);
    free(list->ends);
    *list = (struct awh_net_list){.prims = NULL};
}

static enum aw_err list_push(struct awh_net_list *list, const struct awh_prim *prim,
                             struct awh_diag *diag)
{
    void *prims =
        awh_grow(list->prims, &list->prim_capacity, list->prim_count + 1, sizeof *list->prims);
    if (!prims)
        return awh_fail_mem(diag);
    list->prims = prims;
    list->prims[list->prim_count++] = *prim;
    return AW_OK;
}

/* Makes a net of what was pushed since the last one. */
static enum aw_err list_close(struct awh_net_list *list, struct awh_diag *diag)
{
    void *ends = awh_grow(list->ends, &list->capacity, list->count + 1, sizeof *list->ends);
    if (!ends)
        return awh_fail_mem(diag);
    list->ends = ends;
    list->ends[list->count++] = list->prim_count;
    return AW_OK;
}

static size_t list_closed(const struct awh_net_list *list)
{
    return list->count ? list->ends[list->count - 1] : 0;
}

enum aw_err awh_net_list_add(struct awh_net_list *list, const struct awh_prim *prims, size_t count,
                             struct awh_diag *diag)
{
    enum aw_err err = AW_OK;
    for (size_t i = 0; !err && i < count; i++)
        err = list_push(list, &prims[i], diag);
    if (!err)
        err = list_close(list, diag);
    if (err)
        list->prim_count = list_closed(list);
    return err;
}

void awh_net_list_get(const struct awh_net_list *list, size_t i, struct awh_net *net_out)
{
    size_t begin = i ? list->ends[i - 1] : 0;
    snprintf(net_out->name, sizeof net_out->name, "%zu", i);
    net_out->prims = list->prims + begin;
    net_out->count = list->ends[i] - begin;
}

/* Primitives of one (C, spatial_size), ascending; taken from the front. */
struct bucket {
    int32_t c, size;
    size_t next, end; /* in pool.by_fit */
};

struct candidate {
    const struct awh_prim *prim;
    size_t index; /* in the canonical list, then in pool.items */
};

/* The primitives that are left. An exact fit and the nearest fit both take the front of a bucket:
 * of equal C and size, the lowest index always goes first. */
struct pool {
    struct candidate *items; /* by (C, stride), otherwise canonical: aw_nas's index order */
    struct candidate *by_fit;
    struct bucket *buckets;
    size_t count, bucket_count, leaves, left;
    int32_t *least; /* binary tree over the items: least spatial_size below, leaves at the end */
};

static void pool_release(struct pool *pool)
{
    free(pool->items);
    free(pool->by_fit);
    free(pool->buckets);
    free(pool->least);
}

static int compare_i32(int32_t a, int32_t b)
{
    return (a > b) - (a < b);
}

static int by_stride(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order;
    if ((order = compare_i32(x->prim->c, y->prim->c)) ||
        (order = compare_i32(x->prim->stride, y->prim->stride)))
        return order;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_fit(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int order;
    if ((order = compare_i32(x->prim->c, y->prim->c)) ||
        (order = compare_i32(x->prim->spatial_size, y->prim->spatial_size)))
        return order;
    return (x->index > y->index) - (x->index < y->index);
}

static void pool_fill_buckets(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        const struct awh_prim *prim = pool->by_fit[i].prim;
        struct bucket *last = pool->bucket_count ? &pool->buckets[pool->bucket_count - 1] : NULL;
        if (last && last->c == prim->c && last->size == prim->spatial_size)
            last->end = i + 1;
        else
            pool->buckets[pool->bucket_count++] =
                (struct bucket){.c = prim->c, .size = prim->spatial_size, .next = i, .end = i + 1};
    }
}

static void pool_fill_tree(struct pool *pool)
{
    for (size_t i = 0; i < pool->leaves; i++)
        pool->least[pool->leaves + i] =
            i < pool->count ? pool->items[i].prim->spatial_size : SIZE_REMOVED;
    for (size_t i = pool->leaves - 1; i > 0; i--) {
        int32_t a = pool->least[2 * i], b = pool->least[2 * i + 1];
        pool->least[i] = a < b ? a : b;
    }
}

static enum aw_err pool_init(struct pool *pool, const struct awh_prim *prims, size_t count,
                             struct awh_diag *diag)
{
    *pool = (struct pool){.leaves = 1};
    while (pool->leaves < count)
        pool->leaves *= 2;
    pool->items = calloc(count + 1, sizeof *pool->items);
    pool->by_fit = calloc(count + 1, sizeof *pool->by_fit);
    pool->buckets = calloc(count + 1, sizeof *pool->buckets);
    pool->least = calloc(2 * pool->leaves, sizeof *pool->least);
    if (!pool->items || !pool->by_fit || !pool->buckets || !pool->least) {
        pool_release(pool);
        return awh_fail_mem(diag);
    }
    for (size_t i = 0; i < count; i++)
        if (prims[i].c != 3)
            pool->items[pool->count++] = (struct candidate){.prim = &prims[i], .index = i};
    qsort(pool->items, pool->count, sizeof *pool->items, by_stride);
    for (size_t i = 0; i < pool->count; i++) {
        pool->items[i].index = i;
        pool->by_fit[i] = pool->items[i];
    }
    qsort(pool->by_fit, pool->count, sizeof *pool->by_fit, by_fit);
    pool_fill_buckets(pool);
    pool_fill_tree(pool);
    pool->left = pool->count;
    return AW_OK;
}

static struct bucket *pool_bucket(struct pool *pool, int32_t c, int64_t size)
{
    size_t low = 0, high = pool->bucket_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct bucket *bucket = &pool->buckets[middle];
        if (bucket->c < c || (bucket->c == c && bucket->size < size))
            low = middle + 1;
        else
            high = middle;
    }
    struct bucket *found = &pool->buckets[low];
    return low < pool->bucket_count && found->c == c && found->size == size ? found : NULL;
}

/* Lowest index whose spatial_size is at most `size`. */
static size_t pool_first_within(const struct pool *pool, int64_t size)
{
    size_t node = 1;
    if (pool->least[node] > size)
        return NONE;
    while (node < pool->leaves)
        node = pool->least[2 * node] <= size ? 2 * node : 2 * node + 1;
    return node - pool->leaves;
}

static size_t pool_first(const struct pool *pool)
{
    return pool_first_within(pool, SIZE_REMOVED - 1);
}

static size_t pool_exact(struct pool *pool, int32_t c, int64_t size)
{
    const struct bucket *bucket = pool_bucket(pool, c, size);
    return bucket && bucket->next < bucket->end ? pool->by_fit[bucket->next].index : NONE;
}

static void pool_remove(struct pool *pool, size_t index)
{
    const struct awh_prim *prim = pool->items[index].prim;
    pool_bucket(pool, prim->c, prim->spatial_size)->next++;
    size_t node = pool->leaves + index;
    pool->least[node] = SIZE_REMOVED;
    for (node /= 2; node; node /= 2) {
        int32_t a = pool->least[2 * node], b = pool->least[2 * node + 1];
        pool->least[node] = a < b ? a : b;
    }
    pool->left--;
}

static int64_t divide_half_even(int64_t a, int64_t b)
{
    return (int64_t)rint((double)a / (double)b);
}

static enum aw_err push_conv(struct awh_net_list *list, const char *type, int64_t size, int32_t c,
                             int32_t c_out, int64_t stride, struct awh_diag *diag)
{
    struct awh_prim prim;
    enum aw_err err = awh_prim_make(type, (int32_t)size, c, c_out, (int32_t)stride,
                                    (struct awh_value){.kind = AWH_VALUE_BOOL, .boolean = true},
                                    NULL, 0, &prim, diag);
    return err ? err : list_push(list, &prim, diag);
}

/* aw_nas rounds the first halving half to even and floors the later ones, and it takes the ratio
 * for a power of two: other ratios end on another size, which awh_net_list_check_sizes reports. */
static enum aw_err push_glue(struct awh_net_list *list, int64_t cur_size, int32_t cur_channel,
                             const struct awh_prim *to, struct awh_diag *diag)
{
    int64_t stride = divide_half_even(cur_size, to->spatial_size);
    enum aw_err err =
        push_conv(list, "conv_1x1", cur_size, cur_channel, to->c, stride < 2 ? stride : 2, diag);
    int64_t size = divide_half_even(cur_size, 2);
    for (int64_t rest = stride / 2; !err && stride > 2 && rest > 1; rest /= 2, size /= 2)
        err = push_conv(list, "conv_1x1", size, to->c, to->c, 2, diag);
    return err;
}

/* Appends one net; *placed_out: how many primitives of the pool it took. */
static enum aw_err assemble_net(struct pool *pool, const struct awh_assemble_cfg *cfg,
                                struct awh_net_list *list, int64_t *placed_out,
                                struct awh_diag *diag)
{
    int32_t cur_channel = pool->items[pool_first(pool)].prim->c;
    int64_t cur_size = divide_half_even(cfg->image_size, 2), placed = 0;
    enum aw_err err = AW_OK;
    if (cfg->fix_stem_layer)
        err = push_conv(list, "conv_3x3", cfg->image_size, 3, cur_channel, 2, diag);
    for (; !err && placed < cfg->max_layers; placed++) {
        size_t index = pool_exact(pool, cur_channel, cur_size);
        bool exact = index != NONE;
        if (!exact)
            index = pool_first_within(pool, cur_size);
        if (index == NONE)
            break;
        const struct awh_prim *prim = pool->items[index].prim;
        if ((!exact && (err = push_glue(list, cur_size, cur_channel, prim, diag))) ||
            (err = list_push(list, prim, diag)))
            break;
        cur_channel = prim->c_out;
        cur_size = divide_half_even(prim->spatial_size, prim->stride);
        pool_remove(pool, index);
    }
    *placed_out = placed;
    return err;
}

static enum aw_err fail_unplaced(const struct pool *pool, const struct awh_assemble_cfg *cfg,
                                 struct awh_diag *diag)
{
    char names[640] = "", text[200];
    size_t named = 0, used = 0;
    int32_t largest = 0;
    for (size_t i = 0; i < pool->count; i++) {
        const struct awh_prim *prim = pool->items[i].prim;
        if (pool->least[pool->leaves + i] == SIZE_REMOVED)
            continue;
        if (prim->spatial_size > largest)
            largest = prim->spatial_size;
        if (named++ >= NAMED_MAX)
            continue;
        awh_prim_format(prim, text, sizeof text);
        int n = snprintf(names + used, sizeof names - used, "%s%s", used ? "; " : "", text);
        used += n > 0 && (size_t)n < sizeof names - used ? (size_t)n : 0;
    }
    return awh_fail(
        diag, AW_ERR_RANGE,
        "%zu of %zu primitives fit into no net, as their spatial_size is above %lld, half of "
        "profiling_net_cfg.image_size %d: %s%s; an image_size of %lld would do",
        pool->left, pool->count, (long long)divide_half_even(cfg->image_size, 2),
        (int)cfg->image_size, names, pool->left > NAMED_MAX ? "; ..." : "", 2 * (long long)largest);
}

enum aw_err awh_assemble(const struct awh_prim *prims, size_t count,
                         const struct awh_assemble_cfg *cfg, struct awh_net_list *list,
                         struct awh_diag *diag)
{
    struct pool pool;
    if (cfg->max_layers < 1 || cfg->image_size < 1)
        return awh_fail(diag, AW_ERR_ARG, "max_layers and image_size must be at least 1");
    enum aw_err err = pool_init(&pool, prims, count, diag);
    if (err)
        return err;
    for (int64_t nets = 0; !err && pool.left && (!cfg->num_sample || nets < cfg->num_sample);
         nets++) {
        int64_t placed = 0;
        err = assemble_net(&pool, cfg, list, &placed, diag);
        if (!err)
            /* The pool is as it was: the next net would end the same way. */
            err = placed ? list_close(list, diag) : fail_unplaced(&pool, cfg, diag);
    }
    list->prim_count = list_closed(list);
    pool_release(&pool);
    return err;
}

static int by_prim(const void *a, const void *b)
{
    return awh_prim_compare(a, b);
}

void awh_net_list_check_sizes(const struct awh_net_list *list, const struct awh_prim *profiled,
                              size_t profiled_count, struct awh_diag *diag)
{
    size_t others = 0, first_net = 0, first_prim = 0;
    int64_t first_size = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct awh_net net;
        awh_net_list_get(list, i, &net);
        int64_t size = net.count ? net.prims[0].spatial_size : 0;
        for (size_t k = 0; k < net.count; k++) {
            const struct awh_prim *prim = &net.prims[k];
            bool counts =
                size != prim->spatial_size &&
                (!profiled || bsearch(prim, profiled, profiled_count, sizeof *prim, by_prim));
            if (counts && !others++) {
                first_net = i;
                first_prim = k;
                first_size = size;
            }
            size = (size + prim->stride - 1) / prim->stride;
        }
    }
    if (!others)
        return;
    struct awh_net net;
    char text[256];
    awh_net_list_get(list, first_net, &net);
    awh_prim_format(&net.prims[first_prim], text, sizeof text);
    awh_warn(diag,
             "%zu primitives in the nets run on another size than their spatial_size, which glue "
             "and rounding "
             "do not reach; the first: net %zu, primitive %zu (%s) runs on %lldx%lld",
             others, first_net, first_prim, text, (long long)first_size, (long long)first_size);
}
