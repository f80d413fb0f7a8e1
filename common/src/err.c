#include "aw/err.h"

const char *aw_err_str(enum aw_err err)
{
    switch (err) {
    case AW_OK:
        return "ok";
    case AW_ERR_ARG:
        return "bad argument";
    case AW_ERR_FORMAT:
        return "bad format";
    case AW_ERR_VERSION:
        return "unsupported version";
    case AW_ERR_CRC:
        return "checksum mismatch";
    case AW_ERR_RANGE:
        return "out of range";
    case AW_ERR_TIMEOUT:
        return "timeout";
    case AW_ERR_IO:
        return "input/output error";
    case AW_ERR_NO_MEM:
        return "out of memory";
    case AW_ERR_NO_SPACE:
        return "no space";
    case AW_ERR_NOT_FOUND:
        return "not found";
    case AW_ERR_EXISTS:
        return "exists already";
    case AW_ERR_UNSUPPORTED:
        return "unsupported";
    case AW_ERR_STATE:
        return "wrong state";
    case AW_ERR_MISMATCH:
        return "outputs differ from the reference";
    case AW_ERR_NUMERIC:
        return "numeric error";
    case AW_ERR_INTERNAL:
        return "internal error";
    }
    return "unknown error";
}
