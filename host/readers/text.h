/* Taking lines of a log apart. */
#ifndef AWH_TEXT_H
#define AWH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Turns zero bytes into blanks, so that the functions for texts see all of it. */
void awh_blank_zeros(char *text, size_t size);
/* Blanks are spaces and tabs. Cuts those at the end off, and returns what follows those at the
 * start. */
char *awh_trim(char *text);
bool awh_starts(const char *text, const char *prefix);
bool awh_ends(const char *text, const char *suffix);
/* What follows `mark` in the text, or NULL. */
const char *awh_after(const char *text, const char *mark);

/* Reads a decimal number, blanks before it skipped, and moves *at behind it; "12.", ".5", "-1e-3"
 * are numbers, "nan", "0x1" and what does not fit a double are not. Does not depend on the locale.
 */
bool awh_number(const char **at, double *out);
/* The same for a number of digits only. */
bool awh_digits(const char **at, uint64_t *out);
/* The whole text, but for blanks around it and the suffix (NULL: none), is a number; its decimal
 * mark may be a comma, as some locales have it. */
bool awh_is_number(const char *text, const char *suffix, double *out);
/* The number that follows `mark`. */
bool awh_number_after(const char *text, const char *mark, double *out);

/* Cuts the text up at each `separator`; the fields are trimmed. What is beyond `max` fields stays
 * in the last one. Returns their count, at least 1. */
size_t awh_split(char *text, char separator, char **fields, size_t max);
/* Cuts the last `count` words off the text, which blanks part; what is before them stays in `text`.
 * False (and an undamaged text) when there are fewer words, or nothing before them. */
bool awh_last_words(char *text, size_t count, char **words);
/* Takes the first word off: returns it and moves *text behind it; NULL when there is none. */
char *awh_word(char **text);

#endif
