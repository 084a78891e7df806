#include <string.h>

#include "SHA256.h"

static inline uint32_t turned(uint32_t word, int places) { return word >> places | word << (32 - places); }

void ingot_sha256_blocks_portable(uint32_t words[8], const uint8_t *bytes, size_t blocks) {
    for (; blocks > 0; blocks--, bytes += 64) {
        uint32_t w[64], s[8];
        memcpy(s, words, sizeof(s));
        for (int t = 0; t < 16; t++) {
            memcpy(w + t, bytes + 4 * t, 4);
            w[t] = __builtin_bswap32(w[t]);
        }
        for (int t = 16; t < 64; t++) {
            uint32_t low = turned(w[t - 15], 7) ^ turned(w[t - 15], 18) ^ w[t - 15] >> 3;
            uint32_t high = turned(w[t - 2], 17) ^ turned(w[t - 2], 19) ^ w[t - 2] >> 10;
            w[t] = w[t - 16] + low + w[t - 7] + high;
        }
        // The variables stay where they are and change their names: variable `i` of round `t` is s[(i - t) mod 8].
        #pragma clang loop unroll_count(8)
        for (unsigned t = 0; t < 64; t++) {
            uint32_t a = s[-t % 8], b = s[(1 - t) % 8], c = s[(2 - t) % 8];
            uint32_t e = s[(4 - t) % 8], f = s[(5 - t) % 8], g = s[(6 - t) % 8], h = s[(7 - t) % 8];
            uint32_t first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g))
                + ingot_sha256_constants[t] + w[t];
            s[(3 - t) % 8] += first;
            s[(7 - t) % 8] = first + (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        }
        for (int word = 0; word < 8; word++) words[word] += s[word];
    }
}

#if !defined(__x86_64__) && !defined(__aarch64__)
int ingot_sha256_is_accelerated(void) { return 0; }

void ingot_sha256_blocks_fast(uint32_t words[8], const uint8_t *bytes, size_t blocks) {
    ingot_sha256_blocks_portable(words, bytes, blocks);
}

void ingot_sha256_blocks_both(
    uint32_t first[8], const uint8_t *firstBytes, uint32_t second[8], const uint8_t *secondBytes, size_t blocks) {
    ingot_sha256_blocks_portable(first, firstBytes, blocks);
    ingot_sha256_blocks_portable(second, secondBytes, blocks);
}
#endif
