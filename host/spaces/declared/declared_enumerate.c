/* All architectures at once, without listing them.
 *
 * What a block becomes depends on what comes in (size, channels), on its place, and on the choices
 * that its expressions name. So the set of states that can stand in front of a block is carried
 * from block to block: a state branches over a choice when an expression first needs it, and
 * forgets it when nothing behind needs it any more; equal states are one. That gives every
 * primitive that an architecture can have, and none that no architecture has.
 *
 * With a list of primitives to compare with, states that do not make the next one of the list die;
 * those that live to its end are the architectures that have it. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "spaces/declared/declared.h"

/* Bounds of time and memory: a config cannot ask for more than some seconds and 100 MB. */
#define STATES_MAX      250000
#define EVALUATIONS_MAX 2000000
#define STEPS_MAX       50000000
#define PRIMS_MAX       250000
#define TRAIL_MAX       4000000
#define NO_TRAIL        0 /* item 0 of the trail is unused */

/* Open addressing over indices, 0 is an empty slot, n is item n - 1. */
struct table {
    uint32_t *slots;
    size_t size; /* a power of 2; 0: empty */
};

struct states {
    struct awh_declared_state *items;
    size_t count, capacity;
    struct table table;
};

struct shape {
    int32_t size, c;
};

struct trail_item {
    uint32_t before;
    struct awh_declared_made made;
};

struct run {
    const struct awh_declared *space;
    struct awh_diag *diag;
    struct states now, next, exits;
    size_t evaluations, steps;

    struct awh_prim_list prims; /* each once */
    struct shape *shapes;       /* behind each of them */
    size_t shape_capacity;
    struct table prim_table;

    const struct awh_prim *target; /* NULL: enumerate */
    size_t target_count, farthest;
    struct trail_item *trail;
    size_t trail_count, trail_capacity;
};

/* -- Tables -------------------------------------------------------------------------------------
 */

#define KEY_BYTES offsetof(struct awh_declared_state, trail)

static uint64_t hash_bytes(const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
    return hash ^ hash >> 32;
}

static uint64_t hash_state(const void *context, size_t i)
{
    const struct states *states = context;
    return hash_bytes(&states->items[i], KEY_BYTES);
}

static uint64_t hash_prim(const void *context, size_t i)
{
    const struct awh_prim_list *list = context;
    return awh_prim_hash(&list->prims[i]);
}

static void table_put(struct table *table, uint64_t hash, size_t i)
{
    size_t at = hash & (table->size - 1);
    while (table->slots[at])
        at = (at + 1) & (table->size - 1);
    table->slots[at] = (uint32_t)i + 1;
}

/* Room for one more item beside `count`; twice as many slots as items. */
static bool table_reserve(struct table *table, size_t count,
                          uint64_t (*hash)(const void *context, size_t i), const void *context)
{
    if (table->size > 2 * count)
        return true;
    struct table grown = {.size = table->size ? 2 * table->size : 64};
    grown.slots = calloc(grown.size, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < count; i++)
        table_put(&grown, hash(context, i), i);
    free(table->slots);
    *table = grown;
    return true;
}

static void states_clear(struct states *states)
{
    states->count = 0;
    if (states->table.size)
        memset(states->table.slots, 0, states->table.size * sizeof *states->table.slots);
}

static void states_release(struct states *states)
{
    free(states->items);
    free(states->table.slots);
}

static void states_swap(struct states *a, struct states *b)
{
    struct states swapped = *a;
    *a = *b;
    *b = swapped;
}

/* -- States -------------------------------------------------------------------------------------
 */

static enum aw_err fail_many(const struct run *run, unsigned stage, const char *what, size_t most)
{
    const struct awh_declared *space = run->space;
    const struct awh_declared_entry *entry = space->stages[stage].entry;
    uint64_t uses = entry->repeat_uses | entry->block_uses;
    char names[256] = "";
    for (unsigned i = 0; i < space->choice_count; i++) {
        size_t used = strlen(names);
        if (uses >> (AWH_DECLARED_CHOICE0 + i) & 1 || space->stages[stage].live_after >> i & 1)
            snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "",
                     space->choices[i].name);
    }
    return awh_yaml_fail(entry->place, AW_ERR_RANGE, run->diag,
                         "stage %u: more than %zu %s; give the choices that meet here (%s) fewer "
                         "values, or let fewer of them decide about channels and sizes",
                         stage, most, what, names);
}

/* Adds a state unless there is an equal one. */
static enum aw_err add_state(struct run *run, unsigned stage, struct states *states,
                             const struct awh_declared_state *state)
{
    if (!table_reserve(&states->table, states->count, hash_state, states))
        return awh_fail_mem(run->diag);
    size_t at = hash_bytes(state, KEY_BYTES) & (states->table.size - 1);
    for (; states->table.slots[at]; at = (at + 1) & (states->table.size - 1))
        if (!memcmp(&states->items[states->table.slots[at] - 1], state, KEY_BYTES))
            return AW_OK;
    if (states->count == STATES_MAX)
        return fail_many(run, stage, "combinations of size, channels and choices", STATES_MAX);
    void *items =
        awh_grow(states->items, &states->capacity, states->count + 1, sizeof *states->items);
    if (!items)
        return awh_fail_mem(run->diag);
    states->items = items;
    states->items[states->count++] = *state;
    states->table.slots[at] = (uint32_t)states->count;
    return AW_OK;
}

/* Forgets the choices that are not in `live`. */
static void forget(const struct awh_declared *space, struct awh_declared_state *state,
                   uint32_t live)
{
    for (unsigned i = 0; i < space->choice_count; i++)
        if (!(live >> i & 1))
            state->picks[i] = AWH_DECLARED_OPEN;
}

/* -- Branching ----------------------------------------------------------------------------------
 */

struct branch {
    struct run *run;
    unsigned stage, block, number;
    unsigned steps; /* that one evaluation takes */
    uint32_t live;  /* choices that matter behind this step */
    struct states *to;
};

typedef enum aw_err step_fn(const struct branch *branch, struct awh_declared_state *state);

static enum aw_err note(struct run *run, const struct branch *branch, unsigned choice,
                        struct awh_declared_state *state)
{
    if (!run->target)
        return AW_OK;
    if (run->trail_count == TRAIL_MAX)
        return fail_many(run, branch->stage, "ways to read the net", TRAIL_MAX);
    void *items =
        awh_grow(run->trail, &run->trail_capacity, run->trail_count + 1, sizeof *run->trail);
    if (!items)
        return awh_fail_mem(run->diag);
    run->trail = items;
    run->trail[run->trail_count] =
        (struct trail_item){.before = state->trail,
                            .made = {choice, branch->stage, branch->block, state->picks[choice]}};
    state->trail = (uint32_t)run->trail_count++;
    return AW_OK;
}

/* Does the step for every combination of the choices in `needed` that the state has not made. */
static enum aw_err branch_state(const struct branch *branch, uint32_t needed,
                                const struct awh_declared_state *from, step_fn *step)
{
    struct run *run = branch->run;
    const struct awh_declared *space = run->space;
    struct awh_declared_state state = *from;
    uint32_t open = 0;
    for (unsigned i = 0; i < space->choice_count; i++)
        if (needed >> i & 1 && from->picks[i] == AWH_DECLARED_OPEN) {
            open |= UINT32_C(1) << i;
            state.picks[i] = 0;
        }
    for (;;) {
        struct awh_declared_state one = state;
        enum aw_err err = AW_OK;
        if (run->evaluations++ == EVALUATIONS_MAX)
            return fail_many(run, branch->stage, "blocks to look at", EVALUATIONS_MAX);
        if ((run->steps += branch->steps) > STEPS_MAX)
            return fail_many(run, branch->stage, "steps of expressions", STEPS_MAX);
        for (unsigned i = 0; !err && i < space->choice_count; i++)
            if (open >> i & 1)
                err = note(run, branch, i, &one);
        if (err || (err = step(branch, &one)))
            return err;
        unsigned i = 0; /* the next combination, like an odometer */
        for (; i < space->choice_count; i++)
            if (open >> i & 1) {
                if (++state.picks[i] < space->choices[i].count)
                    break;
                state.picks[i] = 0;
            }
        if (i == space->choice_count)
            return AW_OK;
    }
}

/* -- Primitives ---------------------------------------------------------------------------------
 */

/* The number of the primitive in run->prims, added and lowered when it is new. */
static enum aw_err find_prim(struct run *run, const struct branch *branch,
                             const struct awh_prim *prim, size_t *found_out)
{
    struct awh_prim_list *list = &run->prims;
    struct shape shape;
    enum aw_err err;
    if (!table_reserve(&run->prim_table, list->count, hash_prim, list))
        return awh_fail_mem(run->diag);
    size_t at = awh_prim_hash(prim) & (run->prim_table.size - 1);
    for (; run->prim_table.slots[at]; at = (at + 1) & (run->prim_table.size - 1)) {
        *found_out = run->prim_table.slots[at] - 1;
        if (!awh_prim_compare(&list->prims[*found_out], prim))
            return AW_OK;
    }
    if (list->count == PRIMS_MAX)
        return fail_many(run, branch->stage, "primitives", PRIMS_MAX);
    const struct awh_declared_entry *entry = run->space->stages[branch->stage].entry;
    if ((err = awh_declared_shape(&entry->prims[branch->number], prim, &shape.size, &shape.c,
                                  run->diag)) ||
        (err = awh_prim_list_add(list, prim, run->diag)))
        return err;
    void *shapes = awh_grow(run->shapes, &run->shape_capacity, list->count, sizeof *run->shapes);
    if (!shapes)
        return awh_fail_mem(run->diag);
    run->shapes = shapes;
    run->shapes[list->count - 1] = shape;
    run->prim_table.slots[at] = (uint32_t)list->count;
    *found_out = list->count - 1;
    return AW_OK;
}

static enum aw_err step_prim(const struct branch *branch, struct awh_declared_state *state)
{
    struct run *run = branch->run;
    struct awh_prim prim;
    size_t found = 0;
    enum aw_err err = awh_declared_prim(run->space, branch->stage, branch->block, branch->number,
                                        state, &prim, run->diag);
    if (err)
        return err;
    if (run->target) {
        if (state->position >= run->target_count ||
            awh_prim_compare(&prim, &run->target[state->position]))
            return AW_OK;
        state->position++;
        if (state->position > run->farthest)
            run->farthest = state->position;
    }
    if ((err = find_prim(run, branch, &prim, &found)))
        return err;
    state->size = run->shapes[found].size;
    state->c = run->shapes[found].c;
    forget(run->space, state, branch->live);
    return add_state(run, branch->stage, branch->to, state);
}

static enum aw_err step_repeat(const struct branch *branch, struct awh_declared_state *state)
{
    struct run *run = branch->run;
    enum aw_err err =
        awh_declared_repeat(run->space, branch->stage, state, &state->repeat, run->diag);
    if (err)
        return err;
    forget(run->space, state, branch->live);
    return add_state(run, branch->stage, branch->to, state);
}

/* -- Stages -------------------------------------------------------------------------------------
 */

/* Choices of net and stage that the blocks of the stage, or later stages, need. */
static uint32_t live_in_stage(const struct awh_declared *space, unsigned stage)
{
    uint64_t uses = space->stages[stage].entry->block_uses;
    return space->stages[stage].live_after | awh_declared_choices(space, uses, AWH_DECLARED_NET) |
           awh_declared_choices(space, uses, AWH_DECLARED_OF_STAGE);
}

static uint32_t all_choices(const struct awh_declared *space, uint64_t uses)
{
    return awh_declared_choices(space, uses, AWH_DECLARED_NET) |
           awh_declared_choices(space, uses, AWH_DECLARED_OF_STAGE) |
           awh_declared_choices(space, uses, AWH_DECLARED_OF_BLOCK);
}

/* One step for all states: run->now becomes what the step makes of them. */
static enum aw_err advance(struct run *run, struct branch *branch, uint32_t needed, step_fn *step)
{
    enum aw_err err = AW_OK;
    states_clear(&run->next);
    branch->to = &run->next;
    for (size_t i = 0; !err && i < run->now.count; i++) {
        struct awh_declared_state from = run->now.items[i];
        err = branch_state(branch, needed, &from, step);
    }
    states_swap(&run->now, &run->next);
    return err;
}

/* Moves the states whose stage has no block more to run->exits. */
static enum aw_err leave_stage(struct run *run, unsigned stage, unsigned block)
{
    enum aw_err err = AW_OK;
    states_clear(&run->next);
    for (size_t i = 0; !err && i < run->now.count; i++) {
        struct awh_declared_state state = run->now.items[i];
        if ((unsigned)state.repeat > block) {
            err = add_state(run, stage, &run->next, &state);
            continue;
        }
        state.repeat = 0;
        forget(run->space, &state, run->space->stages[stage].live_after);
        err = add_state(run, stage, &run->exits, &state);
    }
    states_swap(&run->now, &run->next);
    return err;
}

static enum aw_err run_block(struct run *run, unsigned stage, unsigned block)
{
    const struct awh_declared_entry *entry = run->space->stages[stage].entry;
    struct branch branch = {.run = run, .stage = stage, .block = block};
    enum aw_err err = AW_OK;
    for (unsigned i = 0; !err && i < entry->prim_count; i++) {
        uint64_t behind = 0;
        for (unsigned k = i + 1; k < entry->prim_count; k++)
            behind |= entry->prims[k].uses;
        branch.number = i;
        branch.steps = entry->prims[i].steps;
        branch.live = live_in_stage(run->space, stage) |
                      awh_declared_choices(run->space, behind, AWH_DECLARED_OF_BLOCK);
        err = advance(run, &branch, all_choices(run->space, entry->prims[i].uses), step_prim);
    }
    return err;
}

static enum aw_err run_stage(struct run *run, unsigned stage)
{
    struct branch branch = {.run = run,
                            .stage = stage,
                            .steps = run->space->stages[stage].entry->repeat_steps,
                            .live = live_in_stage(run->space, stage)};
    uint64_t uses = run->space->stages[stage].entry->repeat_uses;
    enum aw_err err = advance(run, &branch, all_choices(run->space, uses), step_repeat);
    states_clear(&run->exits);
    for (unsigned block = 0; !err; block++) {
        if ((err = leave_stage(run, stage, block)) || !run->now.count)
            break;
        err = run_block(run, stage, block);
    }
    states_swap(&run->now, &run->exits);
    return err;
}

static enum aw_err run_all(struct run *run)
{
    struct awh_declared_state start;
    awh_declared_start(run->space, &start);
    enum aw_err err = add_state(run, 0, &run->now, &start);
    for (unsigned stage = 0; !err && stage < run->space->stage_count; stage++)
        err = run_stage(run, stage);
    return err;
}

static void run_release(struct run *run)
{
    states_release(&run->now);
    states_release(&run->next);
    states_release(&run->exits);
    awh_prim_list_release(&run->prims);
    free(run->shapes);
    free(run->prim_table.slots);
    free(run->trail);
}

enum aw_err awh_declared_enumerate(const struct awh_declared *space, struct awh_prim_list *out,
                                   struct awh_diag *diag)
{
    struct run run = {.space = space, .diag = diag};
    enum aw_err err = run_all(&run);
    for (size_t i = 0; !err && i < run.prims.count; i++)
        err = awh_prim_list_add(out, &run.prims.prims[i], diag);
    run_release(&run);
    return err;
}

/* -- From a list of primitives to choices -------------------------------------------------------
 */

static enum aw_err fail_target(const struct run *run)
{
    char text[256];
    if (run->farthest >= run->target_count)
        return awh_fail(
            run->diag, AW_ERR_MISMATCH,
            "the net ends after %zu primitives, where no architecture of the space ends",
            run->target_count);
    awh_prim_format(&run->target[run->farthest], text, sizeof text);
    return awh_fail(run->diag, AW_ERR_MISMATCH,
                    "primitive %zu (%s) does not fit: no architecture of the space has it there",
                    run->farthest, text);
}

static enum aw_err copy_trail(const struct run *run, uint32_t last,
                              struct awh_declared_trail *trail_out)
{
    struct awh_declared_trail trail = {.count = 0};
    for (uint32_t at = last; at != NO_TRAIL; at = run->trail[at].before)
        trail.count++;
    trail.items = calloc(trail.count + 1, sizeof *trail.items);
    if (!trail.items)
        return awh_fail_mem(run->diag);
    size_t i = trail.count;
    for (uint32_t at = last; at != NO_TRAIL; at = run->trail[at].before)
        trail.items[--i] = run->trail[at].made;
    *trail_out = trail;
    return AW_OK;
}

enum aw_err awh_declared_invert(const struct awh_declared *space, const struct awh_prim *prims,
                                size_t count, struct awh_declared_trail *trail_out,
                                struct awh_diag *diag)
{
    struct run run = {
        .space = space, .diag = diag, .target = prims, .target_count = count, .trail_count = 1};
    run.trail = awh_grow(NULL, &run.trail_capacity, 1, sizeof *run.trail);
    enum aw_err err = run.trail ? run_all(&run) : awh_fail_mem(diag);
    const struct awh_declared_state *end = NULL;
    for (size_t i = 0; !err && i < run.now.count && !end; i++)
        if (run.now.items[i].position == count)
            end = &run.now.items[i];
    if (!err)
        err = end ? copy_trail(&run, end->trail, trail_out) : fail_target(&run);
    run_release(&run);
    return err;
}
