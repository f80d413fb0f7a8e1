/* Reading a genotype: NAME=VALUE, separated by commas; quotes around it all, and blanks, mean
 * nothing. The walk then asks for one name after the other. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "spaces/declared/declared.h"

#define GENOTYPE_BYTES_MAX (1u << 20)
#define PARTS_MAX          100000

struct part {
    const char *name, *value; /* terminated */
    bool quoted, asked;
};

struct awh_declared_genotype {
    const struct awh_declared *space;
    struct part *parts;
    size_t count;
    size_t next; /* parts are mostly asked for in order */
};

static char *trim(char *text)
{
    size_t size = strlen(text);
    while (size && strchr(" \t\r\n", text[size - 1]))
        text[--size] = 0;
    return text + strspn(text, " \t\r\n");
}

/* Takes quotes around the text away. */
static bool unquote(char **text)
{
    size_t size = strlen(*text);
    if (size < 2 || (**text != '"' && **text != '\'') || (*text)[size - 1] != **text)
        return false;
    (*text)[size - 1] = 0;
    ++*text;
    return true;
}

static enum aw_err add_part(struct awh_declared_genotype *genotype, char *text, size_t number,
                            struct awh_diag *diag)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return awh_fail(diag, AW_ERR_FORMAT, "genotype: part %zu ('%.40s'): expected NAME=VALUE",
                        number, trim(text));
    *equals = 0;
    char *name = trim(text), *value = trim(equals + 1);
    struct part *part = &genotype->parts[genotype->count];
    *part = (struct part){.quoted = unquote(&value)};
    part->name = name;
    part->value = value;
    genotype->count++;
    return AW_OK;
}

enum aw_err awh_declared_genotype_parse(struct awh_arena *arena, const struct awh_declared *space,
                                        const char *text, struct awh_declared_genotype **out,
                                        struct awh_diag *diag)
{
    struct awh_declared_genotype *genotype = awh_arena_alloc(arena, sizeof *genotype);
    size_t commas = 0;
    if (strlen(text) > GENOTYPE_BYTES_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "genotype: longer than %u bytes", GENOTYPE_BYTES_MAX);
    char *copy = awh_arena_strdup(arena, text);
    for (const char *at = text; (at = strchr(at, ',')); at++)
        commas++;
    if (commas >= PARTS_MAX)
        return awh_fail(diag, AW_ERR_RANGE, "genotype: more than %d parts", PARTS_MAX);
    if (!genotype || !copy ||
        !(genotype->parts = awh_arena_array(arena, commas + 1, sizeof *genotype->parts)))
        return awh_fail_mem(diag);
    genotype->space = space;
    char *rest = trim(copy), *item;
    while (unquote(&rest))
        rest = trim(rest);
    for (size_t number = 1; (item = strsep(&rest, ",")); number++) {
        enum aw_err err = AW_OK;
        bool blank = !*(item = trim(item));
        if (!blank)
            err = add_part(genotype, item, number, diag);
        else if (rest)
            err = awh_fail(diag, AW_ERR_FORMAT, "genotype: part %zu is empty", number);
        if (err)
            return err;
    }
    *out = genotype;
    return AW_OK;
}

static bool matches(const struct part *part, const struct awh_value *value)
{
    char *end;
    if (value->kind == AWH_VALUE_STR)
        return !strcmp(part->value, value->text);
    if (part->quoted)
        return false;
    if (value->kind == AWH_VALUE_NULL)
        return !strcmp(part->value, "null") || !strcmp(part->value, "None");
    if (!strcmp(part->value, "true") || !strcmp(part->value, "True"))
        return awh_value_number(value) == 1;
    if (!strcmp(part->value, "false") || !strcmp(part->value, "False"))
        return awh_value_number(value) == 0;
    double number = awh_c_strtod(part->value, &end);
    return end != part->value && !*end && number == awh_value_number(value);
}

static enum aw_err fail_value(const struct part *part, const struct awh_declared_choice *choice,
                              struct awh_diag *diag)
{
    char values[200] = "", value[80];
    for (unsigned i = 0; i < choice->count; i++) {
        size_t used = strlen(values);
        awh_value_format(&choice->values[i], value, sizeof value);
        snprintf(values + used, sizeof values - used, "%s%s", used ? ", " : "", value);
    }
    return awh_fail(diag, AW_ERR_RANGE, "genotype: %.80s: expected one of %s, found '%.40s'",
                    part->name, values, part->value);
}

static enum aw_err pick(void *context, unsigned choice_number, unsigned stage, unsigned block,
                        uint8_t *value_out, struct awh_diag *diag)
{
    struct awh_declared_genotype *genotype = context;
    const struct awh_declared_choice *choice = &genotype->space->choices[choice_number];
    struct part *part = NULL;
    char key[160];
    awh_declared_key(choice, stage, block, key, sizeof key);
    for (size_t i = 0; i < genotype->count && !part; i++) {
        size_t at = (genotype->next + i) % genotype->count;
        if (!strcmp(genotype->parts[at].name, key)) {
            part = &genotype->parts[at];
            genotype->next = at + 1;
        }
    }
    if (!part)
        return awh_fail(diag, AW_ERR_FORMAT, "genotype: lacks %s", key);
    part->asked = true;
    for (unsigned i = 0; i < choice->count; i++)
        if (matches(part, &choice->values[i])) {
            *value_out = (uint8_t)i;
            return AW_OK;
        }
    return fail_value(part, choice, diag);
}

struct awh_declared_picker awh_declared_genotype_picker(struct awh_declared_genotype *genotype)
{
    return (struct awh_declared_picker){.pick = pick, .context = genotype};
}

enum aw_err awh_declared_genotype_finish(const struct awh_declared_genotype *genotype,
                                         struct awh_diag *diag)
{
    for (size_t i = 0; i < genotype->count; i++)
        if (!genotype->parts[i].asked)
            return awh_fail(diag, AW_ERR_FORMAT,
                            "genotype: %.80s: this architecture has no such choice, or it is given "
                            "twice",
                            genotype->parts[i].name);
    return AW_OK;
}
