// SHA-256 by the cryptographic extension of ARMv8 (Arm Architecture Reference Manual, SHA256H, SHA256SU0 …).
#if defined(__aarch64__)
#include <arm_neon.h>
#if defined(__linux__)
#include <sys/auxv.h>
#endif

#include "SHA256.h"

int ingot_sha256_is_accelerated(void) {
#if defined(__APPLE__)
    return 1;
#elif defined(__linux__)
    return (getauxval(AT_HWCAP) & (1 << 6)) != 0;  // HWCAP_SHA2
#else
    return 0;
#endif
}

#define FAST static inline __attribute__((always_inline, target("sha2")))

/// The working variables, and the 16 words of the schedule in use.
typedef struct {
    uint32x4_t abcd, efgh, message[4];
} stream;

FAST void load_message(stream *s, const uint8_t *bytes) {
    for (int part = 0; part < 4; part++)
        s->message[part] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(bytes + 16 * part)));
}

/// Four rounds, and the four words of the schedule that take the place of those used.
FAST void four_rounds(stream *s, int group) {
    uint32x4_t *m = s->message;
    uint32x4_t words = vaddq_u32(m[group % 4], vld1q_u32(ingot_sha256_constants + 4 * group)), abcd = s->abcd;
    s->abcd = vsha256hq_u32(abcd, s->efgh, words);
    s->efgh = vsha256h2q_u32(s->efgh, abcd, words);
    if (group < 12)
        m[group % 4] = vsha256su1q_u32(
            vsha256su0q_u32(m[group % 4], m[(group + 1) % 4]), m[(group + 2) % 4], m[(group + 3) % 4]);
}

__attribute__((target("sha2"))) void ingot_sha256_blocks_fast(
    uint32_t words[8], const uint8_t *bytes, size_t blocks) {
    stream s = {.abcd = vld1q_u32(words), .efgh = vld1q_u32(words + 4)};
    for (; blocks > 0; blocks--, bytes += 64) {
        uint32x4_t abcd = s.abcd, efgh = s.efgh;
        load_message(&s, bytes);
        #pragma clang loop unroll(full)
        for (int group = 0; group < 16; group++) four_rounds(&s, group);
        s.abcd = vaddq_u32(s.abcd, abcd);
        s.efgh = vaddq_u32(s.efgh, efgh);
    }
    vst1q_u32(words, s.abcd);
    vst1q_u32(words + 4, s.efgh);
}

__attribute__((target("sha2"))) void ingot_sha256_blocks_both(
    uint32_t first[8], const uint8_t *firstBytes, uint32_t second[8], const uint8_t *secondBytes, size_t blocks) {
    stream a = {.abcd = vld1q_u32(first), .efgh = vld1q_u32(first + 4)};
    stream b = {.abcd = vld1q_u32(second), .efgh = vld1q_u32(second + 4)};
    for (; blocks > 0; blocks--, firstBytes += 64, secondBytes += 64) {
        uint32x4_t abcdOfA = a.abcd, efghOfA = a.efgh, abcdOfB = b.abcd, efghOfB = b.efgh;
        load_message(&a, firstBytes);
        load_message(&b, secondBytes);
        #pragma clang loop unroll(full)
        for (int group = 0; group < 16; group++) {
            four_rounds(&a, group);
            four_rounds(&b, group);
        }
        a.abcd = vaddq_u32(a.abcd, abcdOfA);
        a.efgh = vaddq_u32(a.efgh, efghOfA);
        b.abcd = vaddq_u32(b.abcd, abcdOfB);
        b.efgh = vaddq_u32(b.efgh, efghOfB);
    }
    vst1q_u32(first, a.abcd);
    vst1q_u32(first + 4, a.efgh);
    vst1q_u32(second, b.abcd);
    vst1q_u32(second + 4, b.efgh);
}
#endif
