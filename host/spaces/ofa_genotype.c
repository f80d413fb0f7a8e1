/* Reading a genotype of a once-for-all space: KEY = VALUE, separated by commas; quotes around
 * anything are ignored. Python's ways to write the same are read, too: Name(KEY=VALUE, ...), which
 * a named tuple prints, and {'KEY': VALUE, ...}. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spaces/ofa.h"

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
    double real = awh_c_strtod(text, &end);
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
    bool image_size, depth[AWH_OFA_STAGES_MAX], head[AWH_OFA_HEADS_MAX];
    bool block[AWH_OFA_STAGES_MAX][AWH_OFA_BLOCKS_MAX];
};

static enum aw_err once(const struct parser *parser, bool *seen)
{
    if (*seen)
        return fail_here(parser, "this key was given before");
    *seen = true;
    return AW_OK;
}

/* (width, kernel) */
static enum aw_err take_pair(struct parser *parser, struct awh_value *width, int32_t *kernel)
{
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
    if ((err = take_int(parser, 1, 255, kernel)))
        return err;
    take(parser, ',');
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
        return take_pair(parser, &arch->width[stage][block], &arch->kernel[stage][block]);
    return take_int(parser, 1, (int32_t)blocks, &arch->depth[stage]);
}

static enum aw_err take_head(struct parser *parser, const struct awh_ofa *space,
                             struct awh_ofa_arch *arch, struct seen *seen)
{
    unsigned head = 0;
    enum aw_err err;
    if (!take_index(parser, &head) || head >= space->heads.count)
        return fail_here(parser, "a head that the search space does not have");
    if ((err = once(parser, &seen->head[head])))
        return err;
    if (!take(parser, '=') && !take(parser, ':'))
        return fail_here(parser, "expected '='");
    return take_pair(parser, &arch->head_width[head], &arch->head_kernel[head]);
}

static enum aw_err take_item(struct parser *parser, const struct awh_ofa *space,
                             struct awh_ofa_arch *arch, struct seen *seen)
{
    enum aw_err err;
    skip(parser);
    if (take_word(parser, "cell_"))
        return take_cell(parser, space, arch, seen);
    if (space->heads.count && take_word(parser, "head_"))
        return take_head(parser, space, arch, seen);
    if (!take_word(parser, "image_size"))
        return fail_here(parser,
                         space->heads.count
                             ? "expected image_size, cell_<i>, cell_<i>_block_<j> or head_<i>"
                             : "expected image_size, cell_<i> or cell_<i>_block_<j>");
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
    for (unsigned head = 0; head < space->heads.count; head++)
        if (!seen->head[head])
            return awh_fail(diag, AW_ERR_FORMAT, "genotype: lacks head_%u", head);
    return AW_OK;
}

/* "OFAGenotype(" or "{"; what must close it, 0: nothing. */
static char take_opening(struct parser *parser)
{
    const char *at = parser->at;
    if (take(parser, '{'))
        return '}';
    while (isalnum((unsigned char)*parser->at) || *parser->at == '_' || *parser->at == '.')
        parser->at++;
    if (take(parser, '('))
        return ')';
    parser->at = at;
    return 0;
}

enum aw_err awh_ofa_genotype_parse(const struct awh_ofa *space, const char *genotype,
                                   struct awh_ofa_arch *arch_out, struct awh_diag *diag)
{
    struct parser parser = {.text = genotype, .at = genotype, .diag = diag};
    struct seen seen = {.image_size = false};
    enum aw_err err;
    arch_out->image_size = 0;
    arch_out->stage_count = space->stage_count;
    arch_out->head_count = space->heads.count;
    skip(&parser);
    const char *begin = parser.at;
    char closing = take_opening(&parser);
    do {
        skip(&parser);
        if ((!*parser.at && parser.at != begin) || (closing && *parser.at == closing))
            break; /* a trailing comma */
        if ((err = take_item(&parser, space, arch_out, &seen)))
            return err;
    } while (take(&parser, ','));
    if (closing && !take(&parser, closing))
        return fail_here(&parser, closing == ')' ? "expected ',' or ')'" : "expected ',' or '}'");
    if (*parser.at)
        return fail_here(&parser, "expected ',' or the end");
    return check_complete(space, &seen, arch_out, diag);
}
