/* Architectures: sampling, and genotype strings such as
 * "image_size=224, cell_0=1, cell_1=2, cell_0_block_0=(1, 3), cell_1_block_0=(4, 5), ...". */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "spaces/ofa_mixin/ofa_mixin.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void awh_ofa_rng_init(struct awh_ofa_rng *rng, uint64_t seed, uint64_t index)
{
    rng->state = mix(mix(seed + UINT64_C(0x9E3779B97F4A7C15)) + index);
}

uint32_t awh_ofa_rng_below(struct awh_ofa_rng *rng, uint32_t n)
{
    rng->state += UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(((mix(rng->state) >> 32) * n) >> 32);
}

static int32_t choose(struct awh_ofa_rng *rng, const struct awh_ofa_choice *choice)
{
    return choice->items[awh_ofa_rng_below(rng, choice->count)];
}

/* numpy makes every width a float as soon as one of the choices, or the bound, is one. */
static struct awh_value choose_width(const struct awh_ofa *space, struct awh_ofa_rng *rng,
                                     unsigned stage)
{
    struct awh_value width = space->width_choice[awh_ofa_rng_below(rng, space->width_count)];
    const struct awh_value *bound = &space->expansions[stage];
    bool real = bound->kind == AWH_VALUE_FLOAT;
    for (unsigned i = 0; i < space->width_count; i++)
        real = real || space->width_choice[i].kind == AWH_VALUE_FLOAT;
    if (awh_value_number(bound) < awh_value_number(&width))
        width = *bound;
    if (real)
        width = (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = awh_value_number(&width)};
    return width;
}

void awh_ofa_sample(const struct awh_ofa *space, uint64_t seed, uint64_t index,
                    struct awh_ofa_arch *arch_out)
{
    struct awh_ofa_arch *arch = arch_out;
    struct awh_ofa_rng rng;
    awh_ofa_rng_init(&rng, seed, index);
    arch->stage_count = space->stage_count;
    arch->image_size = choose(&rng, &space->image_size_choice);
    for (unsigned stage = 0; stage < space->stage_count; stage++) {
        unsigned blocks = (unsigned)space->num_cell_groups[stage];
        int32_t depth = choose(&rng, &space->depth_choice);
        arch->depth[stage] = depth < (int32_t)blocks ? depth : (int32_t)blocks;
        arch->width_count[stage] = blocks;
        for (unsigned i = 0; i < blocks; i++)
            arch->width[stage][i] = choose_width(space, &rng, stage);
        arch->kernel_count[stage] = stage ? blocks : 1;
        arch->kernel[stage][0] = 3;
        for (unsigned i = 0; stage && i < blocks; i++)
            arch->kernel[stage][i] = choose(&rng, &space->kernel_choice);
    }
}

char *awh_ofa_genotype_format(struct awh_arena *arena, const struct awh_ofa_arch *arch)
{
    struct awh_str str;
    char width[32];
    awh_str_init(&str);
    awh_str_printf(&str, "image_size=%d", (int)arch->image_size);
    for (unsigned stage = 0; stage < arch->stage_count; stage++)
        awh_str_printf(&str, ", cell_%u=%d", stage, (int)arch->depth[stage]);
    for (unsigned stage = 0; stage < arch->stage_count; stage++)
        for (unsigned i = 0; i < arch->width_count[stage] && i < arch->kernel_count[stage]; i++) {
            awh_value_format(&arch->width[stage][i], width, sizeof width);
            awh_str_printf(&str, ", cell_%u_block_%u=(%s, %d)", stage, i, width,
                           (int)arch->kernel[stage][i]);
        }
    char *text = str.failed ? NULL : awh_arena_strdup(arena, str.text);
    awh_str_release(&str);
    return text;
}

/* -- Reading a genotype: KEY = VALUE, separated by commas; quotes around anything are ignored.
 * ------ */

struct parser {
    const char *text, *at;
    struct awh_diag *diag;
};

static enum aw_err fail_here(const struct parser *parser, const char *what)
{
    return awh_fail(parser->diag, AW_ERR_FORMAT, "genotype: character %zu ('%.16s'): %s",
                    (size_t)(parser->at - parser->text), parser->at, what);
}

static void skip(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at) || *parser->at == '"' || *parser->at == '\'')
        parser->at++;
}

static bool take(struct parser *parser, char c)
{
    skip(parser);
    if (*parser->at != c)
        return false;
    parser->at++;
    skip(parser);
    return true;
}

static bool take_word(struct parser *parser, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(parser->at, word, size))
        return false;
    parser->at += size;
    return true;
}

static bool take_index(struct parser *parser, unsigned *out)
{
    if (!isdigit((unsigned char)*parser->at))
        return false;
    unsigned value = 0;
    for (; isdigit((unsigned char)*parser->at); parser->at++)
        value = value < 100000 ? value * 10 + (unsigned)(*parser->at - '0') : value;
    *out = value;
    return true;
}

static enum aw_err take_number(struct parser *parser, struct awh_value *out)
{
    char text[40];
    size_t size = 0;
    skip(parser);
    if (take_word(parser, "True") || take_word(parser, "true")) {
        *out = (struct awh_value){.kind = AWH_VALUE_INT, .integer = 1};
        return AW_OK;
    }
    if (take_word(parser, "False") || take_word(parser, "false")) {
        *out = (struct awh_value){.kind = AWH_VALUE_INT, .integer = 0};
        return AW_OK;
    }
    while (size < sizeof text - 1 && parser->at[size] &&
           strchr("+-.0123456789eE", parser->at[size]))
        size++;
    memcpy(text, parser->at, size);
    text[size] = 0;
    char *end = text;
    double real = strtod(text, &end);
    if (!size || *end || !(fabs(real) <= 1e6))
        return fail_here(parser, "expected a number of at most a million, True or False");
    if (strpbrk(text, ".eE"))
        *out = (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = real};
    else
        *out = (struct awh_value){.kind = AWH_VALUE_INT, .integer = (int64_t)real};
    parser->at += size;
    return AW_OK;
}

static enum aw_err take_int(struct parser *parser, int32_t min, int32_t max, int32_t *out)
{
    const char *begin = parser->at;
    struct awh_value value;
    enum aw_err err = take_number(parser, &value);
    if (err)
        return err;
    double number = awh_value_number(&value);
    if (number == trunc(number) && number >= min && number <= max) {
        *out = (int32_t)number;
        return AW_OK;
    }
    char what[80];
    snprintf(what, sizeof what, "expected a whole number from %d to %d", (int)min, (int)max);
    parser->at = begin;
    return fail_here(parser, what);
}

/* What was given so far; every key at most once. */
struct seen {
    bool image_size, depth[AWH_OFA_STAGES_MAX];
    bool block[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
};

static enum aw_err once(const struct parser *parser, bool *seen)
{
    if (*seen)
        return fail_here(parser, "this key was given before");
    *seen = true;
    return AW_OK;
}

static enum aw_err take_block(struct parser *parser, unsigned stage, unsigned block,
                              struct awh_ofa_arch *arch)
{
    struct awh_value *width = &arch->width[stage][block];
    enum aw_err err;
    bool square = false;
    if (!take(parser, '(') && !(square = take(parser, '[')))
        return fail_here(parser, "expected (width, kernel)");
    if ((err = take_number(parser, width)))
        return err;
    if (!(awh_value_number(width) > 0 && awh_value_number(width) <= 1024))
        return fail_here(parser, "the width before this must be above 0, at most 1024");
    if (!take(parser, ','))
        return fail_here(parser, "expected ', kernel'");
    if ((err = take_int(parser, 1, 255, &arch->kernel[stage][block])))
        return err;
    if (!take(parser, square ? ']' : ')'))
        return fail_here(parser, "expected a closing bracket");
    return AW_OK;
}

static enum aw_err take_cell(struct parser *parser, const struct awh_ofa *space,
                             struct awh_ofa_arch *arch, struct seen *seen)
{
    unsigned stage = 0, block = 0;
    enum aw_err err;
    if (!take_index(parser, &stage) || stage >= space->stage_count)
        return fail_here(parser, "a cell that the search space does not have");
    unsigned blocks = (unsigned)space->num_cell_groups[stage];
    bool is_block = take_word(parser, "_block_");
    if (is_block && (!take_index(parser, &block) || block >= blocks))
        return fail_here(parser, "a block beyond num_cell_groups of its cell");
    if ((err = once(parser, is_block ? &seen->block[stage][block] : &seen->depth[stage])))
        return err;
    if (!take(parser, '=') && !take(parser, ':'))
        return fail_here(parser, "expected '='");
    if (is_block)
        return take_block(parser, stage, block, arch);
    return take_int(parser, 1, (int32_t)blocks, &arch->depth[stage]);
}

static enum aw_err take_item(struct parser *parser, const struct awh_ofa *space,
                             struct awh_ofa_arch *arch, struct seen *seen)
{
    enum aw_err err;
    skip(parser);
    if (take_word(parser, "cell_"))
        return take_cell(parser, space, arch, seen);
    if (!take_word(parser, "image_size"))
        return fail_here(parser, "expected image_size, cell_<i> or cell_<i>_block_<j>");
    if ((err = once(parser, &seen->image_size)))
        return err;
    if (!take(parser, '=') && !take(parser, ':'))
        return fail_here(parser, "expected '='");
    return take_int(parser, 1, 65535, &arch->image_size);
}

/* Blocks are counted from 0 without a gap, at least as many as the cell is deep. */
static enum aw_err check_complete(const struct awh_ofa *space, const struct seen *seen,
                                  struct awh_ofa_arch *arch, struct awh_diag *diag)
{
    for (unsigned stage = 0; stage < space->stage_count; stage++) {
        unsigned count = 0;
        if (!seen->depth[stage])
            return awh_fail(diag, AW_ERR_FORMAT, "genotype: lacks cell_%u", stage);
        while (count < (unsigned)space->num_cell_groups[stage] && seen->block[stage][count])
            count++;
        /* aw_nas itself writes one block for the first cell, however deep. */
        unsigned needed = stage ? (unsigned)arch->depth[stage] : 1;
        if (count < needed)
            return awh_fail(diag, AW_ERR_FORMAT, "genotype: lacks cell_%u_block_%u, as cell_%u=%d",
                            stage, count, stage, (int)arch->depth[stage]);
        arch->width_count[stage] = arch->kernel_count[stage] = count;
    }
    return AW_OK;
}

enum aw_err awh_ofa_genotype_parse(const struct awh_ofa *space, const char *genotype,
                                   struct awh_ofa_arch *arch_out, struct awh_diag *diag)
{
    struct parser parser = {.text = genotype, .at = genotype, .diag = diag};
    struct seen seen = {.image_size = false};
    enum aw_err err;
    arch_out->image_size = 0;
    arch_out->stage_count = space->stage_count;
    do {
        skip(&parser);
        if (!*parser.at && parser.at != genotype)
            break; /* a trailing comma */
        if ((err = take_item(&parser, space, arch_out, &seen)))
            return err;
    } while (take(&parser, ','));
    if (*parser.at)
        return fail_here(&parser, "expected ',' or the end");
    return check_complete(space, &seen, arch_out, diag);
}
