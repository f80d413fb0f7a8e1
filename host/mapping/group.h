/* The grammar of fused names, apart from what they mean: splits a vendor's layer name into members.
 * Shared by mapping.c and its test only. */
#ifndef AWH_MAPPING_GROUP_H
#define AWH_MAPPING_GROUP_H

#include <stdbool.h>
#include <stddef.h>

struct awh_group {
    const char *at, *end; /* what is left */
    size_t pointwise;     /* "PWN(" that are open */
    bool range;           /* inside {ForeignNode[...]} */
    bool range_end;       /* ... and behind its dots */
};

struct awh_group_member {
    const char *text; /* not terminated, without blanks around it; never empty */
    size_t size;
    bool range_start, range_end; /* of {ForeignNode[a...b]}: in a, in b */
};

struct awh_group awh_group_open(const char *name, size_t size);
/* False at the end. One pass over the name in all. */
bool awh_group_next(struct awh_group *group, struct awh_group_member *member_out);

#endif
