#include "awt/fault.h"

#include "aw/mem.h"

void awt_fault_text(struct awt_fault *fault, const char *text)
{
    size_t at = strlen(fault->text);
    while (*text && at + 1 < sizeof fault->text)
        fault->text[at++] = *text++;
    fault->text[at] = 0;
}

void awt_fault_number(struct awt_fault *fault, uint32_t number)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do {
        *--first = (char)('0' + number % 10u);
        number /= 10u;
    } while (number);
    awt_fault_text(fault, first);
}

void awt_fault_hex(struct awt_fault *fault, uint32_t number)
{
    char digits[] = "0x00000000";
    for (int i = 9; i >= 2; i--, number >>= 4)
        digits[i] = "0123456789abcdef"[number & 15u];
    awt_fault_text(fault, digits);
}

enum aw_err awt_fault_set(struct awt_fault *fault, enum aw_err code, int32_t layer,
                          const char *text)
{
    fault->code = code;
    fault->layer = layer;
    fault->text[0] = 0;
    awt_fault_text(fault, text);
    return code;
}
