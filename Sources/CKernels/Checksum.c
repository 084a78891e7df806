// What is computed alike at every level of instructions: a checksum, and a look at whether coding would pay.
#include <string.h>

#include "CKernels.h"

// XXH64: the specification in xxHash's doc/xxhash_spec.md (algorithm and primes).
static const uint64_t P1 = 0x9E3779B185EBCA87, P2 = 0xC2B2AE3D27D4EB4F, P3 = 0x165667B19E3779F9,
                      P4 = 0x85EBCA77C2B2AE63, P5 = 0x27D4EB2F165667C5;

static inline uint64_t turned(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

static inline uint64_t lane(uint64_t sum, uint64_t input) { return turned(sum + input * P2, 31) * P1; }

static inline uint64_t word(const uint8_t *place) {
    uint64_t value;
    memcpy(&value, place, 8);
    return value;
}

uint64_t ingot_xxh64(const uint8_t *bytes, size_t count) {
    const uint8_t *end = bytes + count;
    uint64_t sum;
    if (count >= 32) {
        uint64_t a = P1 + P2, b = P2, c = 0, d = 0 - P1;
        for (; end - bytes >= 32; bytes += 32) {
            a = lane(a, word(bytes));
            b = lane(b, word(bytes + 8));
            c = lane(c, word(bytes + 16));
            d = lane(d, word(bytes + 24));
        }
        sum = turned(a, 1) + turned(b, 7) + turned(c, 12) + turned(d, 18);
        uint64_t sums[4] = {a, b, c, d};
        for (int i = 0; i < 4; i++) sum = (sum ^ lane(0, sums[i])) * P1 + P4;
    } else {
        sum = P5;
    }
    sum += count;
    for (; end - bytes >= 8; bytes += 8) sum = turned(sum ^ lane(0, word(bytes)), 27) * P1 + P4;
    if (end - bytes >= 4) {
        uint32_t value;
        memcpy(&value, bytes, 4);
        sum = turned(sum ^ value * P1, 23) * P2 + P3;
        bytes += 4;
    }
    for (; bytes < end; bytes++) sum = turned(sum ^ *bytes * P5, 11) * P1;
    sum = (sum ^ sum >> 33) * P2;
    sum = (sum ^ sum >> 29) * P3;
    return sum ^ sum >> 32;
}
