#include "models/prim_table.h"

#include <math.h>
#include <stdlib.h>

struct entry {
    struct awh_prim prim;
    double sum;
    uint64_t count;
};

struct awh_prim_table {
    struct entry *entries;
    size_t count;
    uint32_t *slots; /* open addressing: index + 1 of an entry, 0 empty */
    size_t slot_mask;
};

static struct entry *find(const struct awh_prim_table *table, const struct awh_prim *prim,
                          size_t *slot_out)
{
    size_t slot = (size_t)awh_prim_hash(prim) & table->slot_mask;
    for (;; slot = (slot + 1) & table->slot_mask) {
        uint32_t index = table->slots[slot];
        if (slot_out != NULL)
            *slot_out = slot;
        if (index == 0)
            return NULL;
        if (awh_prim_compare(&table->entries[index - 1].prim, prim) == 0)
            return &table->entries[index - 1];
    }
}

static struct awh_prim_table *table_new(struct awh_arena *arena, size_t capacity)
{
    struct awh_prim_table *table = awh_arena_alloc(arena, sizeof(*table));
    size_t slots = 16;
    while (slots < capacity * 2)
        slots *= 2;
    if (table == NULL)
        return NULL;
    table->entries = awh_arena_array(arena, capacity, sizeof(*table->entries));
    table->slots = awh_arena_array(arena, slots, sizeof(*table->slots));
    table->slot_mask = slots - 1;
    return table->entries != NULL && table->slots != NULL ? table : NULL;
}

static void add(struct awh_prim_table *table, const struct awh_prim *prim, double sum,
                uint64_t count)
{
    size_t slot;
    struct entry *entry = find(table, prim, &slot);
    if (entry == NULL) {
        entry = &table->entries[table->count++];
        entry->prim = *prim;
        table->slots[slot] = (uint32_t)table->count;
    }
    entry->sum += sum;
    entry->count += count;
}

enum aw_err awh_prim_table_build(struct awh_arena *arena, const struct awh_profiles *data,
                                 struct awh_prim_table **table_out, struct awh_diag *diag)
{
    size_t capacity = 0;
    for (size_t n = 0; n < data->net_count; n++)
        if (data->nets[n].run_count > 0)
            capacity += data->nets[n].runs[0].prim_count;

    struct awh_prim_table *table = table_new(arena, capacity);
    if (table == NULL)
        return awh_fail_mem(diag);
    for (size_t n = 0; n < data->net_count; n++) {
        const struct awh_profile_net *net = &data->nets[n];
        for (size_t r = 0; r < net->run_count; r++)
            for (size_t i = 0; i < net->runs[r].prim_count; i++)
                if (!isnan(net->runs[r].perfs[i]))
                    add(table, &net->runs[r].prims[i], net->runs[r].perfs[i], 1);
    }
    *table_out = table;
    return AW_OK;
}

double awh_prim_table_get(const struct awh_prim_table *table, const struct awh_prim *prim)
{
    const struct entry *entry = find(table, prim, NULL);
    return entry == NULL ? (double)NAN : entry->sum / (double)entry->count;
}

double awh_prim_table_sum(const struct awh_prim_table *table, const struct awh_prim *prims,
                          size_t count, size_t *missing_out)
{
    double sum = 0;
    *missing_out = 0;
    for (size_t i = 0; i < count; i++) {
        double value = awh_prim_table_get(table, &prims[i]);
        if (isnan(value))
            (*missing_out)++;
        else
            sum += value;
    }
    return sum;
}

static int by_prim(const void *a, const void *b)
{
    const struct entry *x = *(const struct entry *const *)a, *y = *(const struct entry *const *)b;
    return awh_prim_compare(&x->prim, &y->prim);
}

enum aw_err awh_prim_table_save(struct awh_arena *arena, const struct awh_prim_table *table,
                                const char *perf_name, struct awh_yaml *map, struct awh_diag *diag)
{
    const struct entry **order = awh_arena_array(arena, table->count, sizeof(*order));
    struct awh_yaml *list = awh_yaml_new_seq(arena);
    if (order == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < table->count; i++)
        order[i] = &table->entries[i];
    qsort(order, table->count, sizeof(*order), by_prim);

    for (size_t i = 0; i < table->count; i++) {
        struct awh_yaml *item = awh_prim_to_yaml(arena, &order[i]->prim);
        struct awh_yaml *perfs = awh_yaml_new_map(arena);
        double mean = order[i]->sum / (double)order[i]->count;
        if (item == NULL ||
            !awh_yaml_set(arena, perfs, perf_name, awh_yaml_new_real(arena, mean)) ||
            !awh_yaml_set(arena, item, "performances", perfs) ||
            !awh_yaml_set(arena, item, "count",
                          awh_yaml_new_int(arena, (int64_t)order[i]->count)) ||
            !awh_yaml_push(arena, list, item))
            return awh_fail_mem(diag);
    }
    return awh_yaml_set(arena, map, "table", list) ? AW_OK : awh_fail_mem(diag);
}

enum aw_err awh_prim_table_load(struct awh_arena *arena, const struct awh_yaml *map,
                                const char *perf_name, struct awh_prim_table **table_out,
                                struct awh_diag *diag)
{
    struct awh_yaml *list, *perfs, *perf;
    enum aw_err err = awh_yaml_need(map, "table", AWH_YAML_SEQ, &list, diag);
    if (err != AW_OK)
        return err;
    struct awh_prim_table *table = table_new(arena, list->list.count);
    if (table == NULL)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < list->list.count; i++) {
        const struct awh_yaml *item = list->list.items[i];
        struct awh_prim prim;
        double mean;
        int64_t count = 1;
        if ((err = awh_prim_from_yaml(item, &prim, diag)) != AW_OK ||
            (err = awh_yaml_need(item, "performances", AWH_YAML_MAP, &perfs, diag)) != AW_OK ||
            (err = awh_yaml_opt_int(item, "count", 1, INT64_MAX, &count, diag)) != AW_OK)
            return err;
        if ((perf = awh_yaml_get_set(perfs, perf_name)) == NULL)
            return awh_yaml_fail(perfs, AW_ERR_NOT_FOUND, diag, "expected the key '%s'", perf_name);
        if ((err = awh_yaml_real(perf, &mean, diag)) != AW_OK)
            return err;
        if (find(table, &prim, NULL) != NULL)
            return awh_yaml_fail(item, AW_ERR_FORMAT, diag,
                                 "this primitive stands in the table twice");
        add(table, &prim, mean * (double)count, (uint64_t)count);
    }
    *table_out = table;
    return AW_OK;
}
