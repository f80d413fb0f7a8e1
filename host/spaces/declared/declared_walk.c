/* One architecture: its choices are asked for in order, those of the net first, then those of each
 * stage and of each of its blocks. That is also the order of a genotype. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "spaces/declared/declared.h"

struct walk {
    const struct awh_declared *space;
    struct awh_declared_picker picker;
    struct awh_declared_state state;
    struct awh_prim_list *prims;
    struct awh_str *text;
    unsigned prim_count;
    struct awh_diag *diag;
};

void awh_declared_key(const struct awh_declared_choice *choice, unsigned stage, unsigned block,
                      char *text, size_t capacity)
{
    if (choice->scope == AWH_DECLARED_NET)
        snprintf(text, capacity, "%s", choice->name);
    else if (choice->scope == AWH_DECLARED_OF_STAGE)
        snprintf(text, capacity, "stage_%u_%s", stage, choice->name);
    else
        snprintf(text, capacity, "stage_%u_block_%u_%s", stage, block, choice->name);
}

static void add_text(struct walk *walk, unsigned choice, unsigned stage, unsigned block)
{
    const struct awh_declared_choice *c = &walk->space->choices[choice];
    char key[160], value[80];
    if (!walk->text)
        return;
    awh_declared_key(c, stage, block, key, sizeof key);
    awh_value_format(&c->values[walk->state.picks[choice]], value, sizeof value);
    awh_str_printf(walk->text, "%s%s=%s", walk->text->size ? ", " : "", key, value);
}

static enum aw_err pick(struct walk *walk, uint64_t uses, enum awh_declared_scope scope,
                        unsigned stage, unsigned block)
{
    uint32_t mask = awh_declared_choices(walk->space, uses, scope);
    for (unsigned i = 0; i < walk->space->choice_count; i++) {
        uint8_t value = 0;
        if (!(mask >> i & 1))
            continue;
        enum aw_err err =
            walk->picker.pick(walk->picker.context, i, stage, block, &value, walk->diag);
        if (err)
            return err;
        walk->state.picks[i] = value;
        add_text(walk, i, stage, block);
    }
    return AW_OK;
}

static enum aw_err walk_block(struct walk *walk, unsigned stage, unsigned block)
{
    const struct awh_declared_entry *entry = walk->space->stages[stage].entry;
    enum aw_err err = pick(walk, entry->block_uses, AWH_DECLARED_OF_BLOCK, stage, block);
    for (unsigned i = 0; !err && i < entry->prim_count; i++) {
        struct awh_prim prim;
        if (walk->prim_count++ == AWH_DECLARED_NET_PRIMS_MAX)
            return awh_yaml_fail(entry->place, AW_ERR_RANGE, walk->diag,
                                 "an architecture of more than %d primitives",
                                 AWH_DECLARED_NET_PRIMS_MAX);
        if ((err = awh_declared_prim(walk->space, stage, block, i, &walk->state, &prim,
                                     walk->diag)) ||
            (err = awh_declared_shape(&entry->prims[i], &prim, &walk->state.size, &walk->state.c,
                                      walk->diag)))
            return err;
        if (walk->prims)
            err = awh_prim_list_add(walk->prims, &prim, walk->diag);
    }
    return err;
}

static enum aw_err walk_stage(struct walk *walk, unsigned stage)
{
    const struct awh_declared_entry *entry = walk->space->stages[stage].entry;
    int32_t repeat = 0;
    enum aw_err err;
    walk->state.repeat = 0;
    if ((err =
             pick(walk, entry->repeat_uses | entry->block_uses, AWH_DECLARED_OF_STAGE, stage, 0)) ||
        (err = awh_declared_repeat(walk->space, stage, &walk->state, &repeat, walk->diag)))
        return err;
    walk->state.repeat = repeat;
    for (unsigned block = 0; !err && block < (unsigned)repeat; block++)
        err = walk_block(walk, stage, block);
    return err;
}

enum aw_err awh_declared_walk(const struct awh_declared *space, struct awh_declared_picker picker,
                              struct awh_prim_list *prims, struct awh_str *text,
                              struct awh_diag *diag)
{
    struct walk walk = {
        .space = space, .picker = picker, .prims = prims, .text = text, .diag = diag};
    uint64_t uses = 0;
    awh_declared_start(space, &walk.state);
    for (unsigned i = 0; i < space->stage_count; i++)
        uses |= space->stages[i].entry->repeat_uses | space->stages[i].entry->block_uses;
    enum aw_err err = pick(&walk, uses, AWH_DECLARED_NET, 0, 0);
    for (unsigned i = 0; !err && i < space->stage_count; i++)
        err = walk_stage(&walk, i);
    if (!err && text && text->failed)
        err = awh_fail_mem(diag);
    return err;
}
