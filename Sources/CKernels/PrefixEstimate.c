// Whether coding bytes would pay: the lengths of a code for a sample, in whole numbers, so that every machine answers
// alike.
#include "CKernels.h"
#include "Loops/PrefixLengths.h"

int ingot_prefix_estimate(const uint8_t *bytes, size_t count) {
    // 32 runs of 512 bytes, spread evenly; everything where there is no more.
    enum { RUNS = 32, RUN = 512 };
    uint32_t counts[256] = {0};
    size_t step = count / RUNS, sampled = 0;
    if (count <= RUNS * RUN) {
        for (; sampled < count; sampled++) counts[bytes[sampled]]++;
    } else {
        for (int run = 0; run < RUNS; run++)
            for (size_t i = 0; i < RUN; i++, sampled++) counts[bytes[(size_t)run * step + i]]++;
    }
    uint8_t lengths[256];
    if (sampled == 0 || prefix_lengths(counts, lengths) < 2) return 0;
    uint64_t bits = 0;
    for (int symbol = 0; symbol < 256; symbol++) bits += (uint64_t)counts[symbol] * lengths[symbol];
    return (int)(bits * 256 / sampled);
}
