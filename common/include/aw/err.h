/* Error codes of every awnas-hw function. The numbers are frozen: they travel on the wire. */
#ifndef AW_ERR_H
#define AW_ERR_H

enum aw_err {
    AW_OK = 0,
    AW_ERR_ARG = -1,      /* caller's bug */
    AW_ERR_FORMAT = -2,   /* bytes or text do not follow their format */
    AW_ERR_VERSION = -3,  /* a format or protocol version that we do not speak */
    AW_ERR_CRC = -4,      /* checksum does not match */
    AW_ERR_RANGE = -5,    /* a value is outside its documented range */
    AW_ERR_TIMEOUT = -6,  /* the peer did not answer in time */
    AW_ERR_IO = -7,       /* the operating system or the line failed */
    AW_ERR_NO_MEM = -8,   /* host allocation failed */
    AW_ERR_NO_SPACE = -9, /* a fixed buffer is too small */
    AW_ERR_NOT_FOUND = -10,
    AW_ERR_EXISTS = -11,
    AW_ERR_UNSUPPORTED = -12,
    AW_ERR_STATE = -13,    /* not allowed in the present state */
    AW_ERR_MISMATCH = -14, /* outputs differ from the reference */
    AW_ERR_NUMERIC = -15,
    AW_ERR_INTERNAL = -16,
};

#define AW_MUST_USE          __attribute__((warn_unused_result))
#define AW_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Short constant name of a code, such as "timeout"; "unknown error" for others. Never NULL. */
const char *aw_err_str(enum aw_err err);

#endif
