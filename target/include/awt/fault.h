/* What went wrong with a request, as an Error reply carries it. */
#ifndef AWT_FAULT_H
#define AWT_FAULT_H

#include <stdint.h>

#include "aw/err.h"
#include "msg.h"

#define AWT_NO_LAYER (-1)

struct awt_fault {
    enum aw_err code;
    int32_t layer; /* AWT_NO_LAYER: none */
    char text[sizeof(((struct awp_reply *)0)->error.text)];
};

/* Starts a fault; returns `code`. */
enum aw_err awt_fault_set(struct awt_fault *fault, enum aw_err code, int32_t layer,
                          const char *text);
/* Append to its text; what does not fit is cut. */
void awt_fault_text(struct awt_fault *fault, const char *text);
void awt_fault_number(struct awt_fault *fault, uint32_t number);
void awt_fault_hex(struct awt_fault *fault, uint32_t number);

#endif
