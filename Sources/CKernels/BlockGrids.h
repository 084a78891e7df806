// The codebooks of ggml's IQ1, IQ2 and IQ3 types: eight or four signed bytes an entry, the first element lowest.
#ifndef INGOT_BLOCK_GRIDS_H
#define INGOT_BLOCK_GRIDS_H

#include <stdint.h>

extern const uint64_t ingot_iq2_xxs_grid[256], ingot_iq2_xs_grid[512], ingot_iq2_s_grid[1024], ingot_iq1_grid[2048];
extern const uint32_t ingot_iq3_xxs_grid[256], ingot_iq3_s_grid[512];

#endif
