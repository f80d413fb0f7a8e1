#include "readers/text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void awh_blank_zeros(char *text, size_t size)
{
    char *end = text + size;
    for (char *zero = memchr(text, 0, size); zero != NULL;
         zero = memchr(zero, 0, (size_t)(end - zero)))
        *zero = ' ';
}

char *awh_trim(char *text)
{
    while (is_blank(*text))
        text++;
    size_t size = strlen(text);
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    text[size] = '\0';
    return text;
}

bool awh_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool awh_ends(const char *text, const char *suffix)
{
    size_t size = strlen(text), suffix_size = strlen(suffix);
    return size >= suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

const char *awh_after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);
    return at == NULL ? NULL : at + strlen(mark);
}

/* The C library's conversion of a text that is known to be a number, with '.' whatever the locale.
 */
static bool convert(const char *begin, const char *end, double *out)
{
    char text[64];
    size_t size = (size_t)(end - begin);
    if (size >= sizeof(text))
        return false;
    memcpy(text, begin, size);
    text[size] = '\0';
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (c_locale == (locale_t)0)
        return false;
    *out = strtod_l(text, NULL, c_locale);
    freelocale(c_locale);
    return isfinite(*out);
}

bool awh_number(const char **at, double *out)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *text = *at;
    while (is_blank(*text))
        text++;
    const char *begin = text;
    bool negative = *text == '-';
    uint64_t digits = 0;
    unsigned count = 0, fraction = 0;
    text += *text == '-' || *text == '+';
    for (; is_digit(*text); text++, count++)
        digits = count < 15 ? digits * 10 + (uint64_t)(*text - '0') : digits;
    if (*text == '.' && (count > 0 || is_digit(text[1])))
        for (text++; is_digit(*text); text++, count++, fraction++)
            digits = count < 15 ? digits * 10 + (uint64_t)(*text - '0') : digits;
    if (count == 0)
        return false;
    bool plain = count <= 15;
    if (*text == 'e' || *text == 'E') {
        const char *power = text + 1 + (text[1] == '-' || text[1] == '+');
        if (is_digit(*power)) {
            while (is_digit(*power))
                power++;
            text = power;
            plain = false;
        }
    }
    if (plain) {
        /* Both are exact, so that the quotient is rounded once, as strtod does. */
        double value = (double)digits / powers[fraction];
        *out = negative ? -value : value;
    } else if (!convert(begin, text, out)) {
        return false;
    }
    *at = text;
    return true;
}

bool awh_digits(const char **at, uint64_t *out)
{
    const char *text = *at;
    uint64_t value = 0;
    while (is_blank(*text))
        text++;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        if (value > (UINT64_MAX - 9) / 10)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    *at = text;
    return true;
}

/* "1,059" of a tool that ran in a locale with a comma; whole numbers of three groups and more are
 * none. */
static bool comma_number(const char **at, double *out)
{
    const char *text = *at + strspn(*at, " \t"), *comma = strchr(text, ',');
    size_t size = strspn(text, "+-0123456789,"),
           before = comma == NULL ? 0 : (size_t)(comma - text);
    char copy[64];
    if (comma == NULL || before >= size || size >= sizeof(copy) || before == 0 ||
        !is_digit(comma[-1]) || !is_digit(comma[1]))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    copy[before] = '.';
    const char *end = copy;
    if (!awh_number(&end, out) || *end != '\0')
        return false;
    *at = text + size;
    return true;
}

bool awh_is_number(const char *text, const char *suffix, double *out)
{
    double value;
    if (!comma_number(&text, &value) && !awh_number(&text, &value))
        return false;
    if (suffix != NULL && awh_starts(text, suffix))
        text += strlen(suffix);
    while (is_blank(*text))
        text++;
    if (*text != '\0')
        return false;
    *out = value;
    return true;
}

bool awh_number_after(const char *text, const char *mark, double *out)
{
    const char *at = awh_after(text, mark);
    return at != NULL && awh_number(&at, out);
}

size_t awh_split(char *text, char separator, char **fields, size_t max)
{
    size_t count = 0;
    for (;;) {
        char *end = count + 1 < max ? strchr(text, separator) : NULL;
        if (end != NULL)
            *end = '\0';
        fields[count++] = awh_trim(text);
        if (end == NULL)
            return count;
        text = end + 1;
    }
}

bool awh_last_words(char *text, size_t count, char **words)
{
    char *end = text + strlen(text);
    char *ends[16];
    if (count > sizeof(ends) / sizeof(ends[0]))
        return false;
    for (size_t i = count; i-- > 0;) {
        while (end > text && is_blank(end[-1]))
            end--;
        ends[i] = end;
        while (end > text && !is_blank(end[-1]))
            end--;
        words[i] = end;
        if (ends[i] == end)
            return false;
    }
    while (end > text && is_blank(end[-1]))
        end--;
    if (end == text)
        return false;
    for (size_t i = 0; i < count; i++)
        *ends[i] = '\0';
    *end = '\0';
    return true;
}

char *awh_word(char **text)
{
    char *begin = *text;
    while (is_blank(*begin))
        begin++;
    char *end = begin;
    while (*end != '\0' && !is_blank(*end))
        end++;
    *text = *end == '\0' ? end : end + 1;
    *end = '\0';
    return end == begin ? NULL : begin;
}
