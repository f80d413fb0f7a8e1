/* board-libfuzzer: libFuzzer's inputs through the checks of board-fuzz. The first byte chooses:
 * frames as they are, or a program, whose CRC is put right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/board_fuzz.h"
#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz_program program;
    if (size < 2 || size > FUZZ_PROGRAM_BYTES)
        return 0;
    const char *wrong;
    if (data[0] & 1) {
        program.size = (uint32_t)size - 1;
        memcpy(program.bytes, data + 1, program.size);
        fuzz_right_crc(&program);
        wrong = board_fuzz_program(&program, NULL);
    } else {
        wrong = board_fuzz_frames(data + 1, (uint32_t)size - 1);
    }
    if (wrong) {
        fprintf(stderr, "board-libfuzzer: %s\n", wrong);
        abort();
    }
    return 0;
}
