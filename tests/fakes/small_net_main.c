/* small-net DIR NAME SEED seeded|embedded: writes DIR/NAME/NAME.awp and its layers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakes/small_net.h"

int main(int argc, char **argv)
{
    if (argc != 5 || (strcmp(argv[4], "seeded") != 0 && strcmp(argv[4], "embedded") != 0)) {
        fprintf(stderr, "usage: small-net DIR NAME SEED seeded|embedded\n");
        return 2;
    }
    struct awh_diag diag = {0};
    uint8_t mode = strcmp(argv[4], "embedded") == 0 ? AW_WEIGHTS_EMBEDDED : AW_WEIGHTS_SEEDED;
    uint32_t seed = (uint32_t)strtoul(argv[3], NULL, 10);
    if (!small_net_write(argv[1], argv[2], seed, mode, &diag))
        return 0;
    fprintf(stderr, "small-net: %s\n", diag.text);
    return 1;
}
