/* A byte stream that hosts speak over. */
#ifndef AWT_STREAM_H
#define AWT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

struct awt_stream {
    /* Takes up to `capacity` received bytes, returns how many; never waits. */
    uint32_t (*read)(uint8_t *bytes, uint32_t capacity);
    /* Takes all bytes, waiting while the line is busy; gives up when nobody is there. They may wait
     * for more until they are flushed. */
    void (*write)(const uint8_t *bytes, uint32_t n);
    /* What was written is on its way; NULL: it always is. */
    void (*flush)(void);
    /* Number of the peer, another one for every connection; NULL: a cable, always the same. */
    uint32_t (*connection)(void);
    /* Anybody on a network may connect: a key, where there is one, is asked for. */
    bool shared;
};

#endif
