#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yaml_internal.h"

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* A program around libawnashw may have set a locale whose decimal point is a comma. */
static locale_t enter_c_locale(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    return uselocale(c_locale);
}

double awh_c_strtod(const char *text, char **end_out)
{
    locale_t old = enter_c_locale();
    double value = strtod(text, end_out);
    uselocale(old);
    return value;
}

/* Significant decimal digits and the power of ten of the first one. */
struct decimal {
    char digits[24];
    int count, exponent;
};

static double decimal_value(const struct decimal *decimal)
{
    char text[48];
    snprintf(text, sizeof(text), "%c.%se%d", decimal->digits[0], decimal->digits + 1,
             decimal->exponent);
    return strtod(text, NULL);
}

static struct decimal round_to(double value, int count)
{
    char text[48];
    snprintf(text, sizeof(text), "%.*e", count - 1, value);
    struct decimal decimal = {.count = count};
    const char *fraction = count > 1 ? text + 2 : text + 1;
    decimal.digits[0] = text[0];
    memcpy(decimal.digits + 1, fraction, (size_t)count - 1);
    decimal.exponent = (int)strtol(strchr(text, 'e') + 1, NULL, 10);
    return decimal;
}

/* One unit more in the last digit. */
static struct decimal step_up(struct decimal decimal)
{
    int i = decimal.count - 1;
    while (i >= 0 && decimal.digits[i] == '9') {
        decimal.digits[i--] = '0';
    }
    if (i >= 0) {
        decimal.digits[i]++;
    } else {
        decimal.digits[0] = '1';
        decimal.exponent++;
    }
    return decimal;
}

/* The shortest digits that read back as `value`. Up to 15 digits always survive a double, so that
 * rounding to 15 finds a shorter form too (as trailing zeros); denormals hold fewer digits than
 * that. At a power of two the gap above is twice the gap below: there the nearest decimal may not
 * read back while the one above does. */
static struct decimal shortest(double value)
{
    for (int count = value < DBL_MIN ? 1 : 15; count < 17; count++) {
        struct decimal decimal = round_to(value, count);
        if (decimal_value(&decimal) == value) {
            return decimal;
        }
        decimal = step_up(decimal);
        if (decimal_value(&decimal) == value) {
            return decimal;
        }
    }
    return round_to(value, 17);
}

/* repr() switches to an exponent below 1e-4 and from 1e16 on. */
static void format_decimal(const struct decimal *decimal, char *text, size_t capacity)
{
    int count = decimal->count;
    const char *digits = decimal->digits;
    while (count > 1 && digits[count - 1] == '0') {
        count--;
    }
    int exponent = decimal->exponent;
    if (exponent < -4 || exponent >= 16) {
        snprintf(text, capacity, "%c%s%.*se%+03d", digits[0], count > 1 ? "." : "", count - 1,
                 digits + 1, exponent);
    } else if (exponent < 0) {
        snprintf(text, capacity, "0.%.*s%.*s", -exponent - 1, "000", count, digits);
    } else if (count <= exponent + 1) {
        snprintf(text, capacity, "%.*s%.*s.0", count, digits, exponent + 1 - count,
                 "0000000000000000");
    } else {
        snprintf(text, capacity, "%.*s.%.*s", exponent + 1, digits, count - exponent - 1,
                 digits + exponent + 1);
    }
}

void awh_python_repr(double value, char text[32])
{
    if (isnan(value)) {
        strcpy(text, "nan");
        return;
    }
    char *unsigned_text = text;
    if (signbit(value)) {
        *unsigned_text++ = '-';
        value = -value;
    }
    if (isinf(value)) {
        strcpy(unsigned_text, "inf");
    } else if (value == floor(value) && value < 1e15) {
        snprintf(unsigned_text, 31, "%lld.0", (long long)value);
    } else {
        locale_t old = enter_c_locale();
        struct decimal decimal = shortest(value);
        format_decimal(&decimal, unsigned_text, 31);
        uselocale(old);
    }
}
