/* Growing text. A failed allocation is latched in `failed`; check once at the end. */
#ifndef AWH_STR_H
#define AWH_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "aw/err.h"

struct awh_str {
    char *text; /* terminated when size > 0 or after the first append; malloc'ed */
    size_t size, capacity;
    bool failed;
};

void awh_str_init(struct awh_str *str);
void awh_str_release(struct awh_str *str);
void awh_str_append(struct awh_str *str, const char *text);
void awh_str_append_n(struct awh_str *str, const char *text, size_t n);
AW_PRINTF(2, 3)
void awh_str_printf(struct awh_str *str, const char *format, ...);
/* Edit distance (for "did you mean"), case sensitive, at most 64 characters looked at. */
unsigned awh_str_distance(const char *a, const char *b);

#endif
