/* Members are separated by '+', "||", ',' and ';' that stand outside of parentheses and brackets:
 * "(Unnamed Layer* 1) [Shuffle]" is one member. PWN(...), {...} and {ForeignNode[...]} are not
 * members but wrappings, which may nest. */
#include "mapping/group.h"

#include <string.h>

static bool starts(const struct awh_group *group, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(group->end - group->at) >= n && memcmp(group->at, word, n) == 0;
}

struct awh_group awh_group_open(const char *name, size_t size)
{
    return (struct awh_group){.at = name, .end = name + size};
}

/* Blanks, separators and wrappings before a member. */
static void skip_to_member(struct awh_group *group)
{
    while (group->at < group->end) {
        if (starts(group, "PWN(")) {
            group->pointwise++;
            group->at += strlen("PWN(");
        } else if (starts(group, "{ForeignNode[")) {
            group->range = true;
            group->range_end = false;
            group->at += strlen("{ForeignNode[");
        } else if (memchr(" \t{}+|,;", *group->at, 8) != NULL) {
            group->at++;
        } else if (*group->at == ')' && group->pointwise > 0) {
            group->pointwise--;
            group->at++;
        } else if (group->range && starts(group, "...")) {
            group->range_end = true;
            group->at += strlen("...");
        } else if (group->range && starts(group, "]}")) {
            group->range = group->range_end = false;
            group->at += strlen("]}");
        } else {
            return;
        }
    }
}

static bool ends_member(const struct awh_group *group)
{
    switch (*group->at) {
    case '+':
    case ',':
    case ';':
    case '}':
        return true;
    case '|':
        return starts(group, "||");
    case ')':
        return group->pointwise > 0;
    case '.':
        return group->range && starts(group, "...");
    case ']':
        return group->range && starts(group, "]}");
    default:
        return false;
    }
}

bool awh_group_next(struct awh_group *group, struct awh_group_member *member_out)
{
    skip_to_member(group);
    if (group->at == group->end)
        return false;
    const char *begin = group->at;
    size_t depth = 0;
    for (; group->at < group->end; group->at++) {
        if (depth == 0 && ends_member(group))
            break;
        if (*group->at == '(' || *group->at == '[')
            depth++;
        else if ((*group->at == ')' || *group->at == ']') && depth > 0)
            depth--;
    }
    const char *end = group->at;
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *member_out = (struct awh_group_member){.text = begin,
                                            .size = (size_t)(end - begin),
                                            .range_start = group->range && !group->range_end,
                                            .range_end = group->range_end};
    return true;
}
