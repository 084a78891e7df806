// SHA-256 by the SHA extensions of x86-64 (Intel Software Developer's Manual, SHA256RNDS2, SHA256MSG1, SHA256MSG2).
#if defined(__x86_64__)
#include <immintrin.h>

#include "SHA256.h"

int ingot_sha256_is_accelerated(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
}

#define FAST static inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))

/// The working variables in the order that the instructions want, and the 16 words of the schedule in use.
typedef struct {
    __m128i abef, cdgh, message[4];
} stream;

FAST void load_words(stream *s, const uint32_t words[8]) {
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)words), 0xB1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(words + 4)), 0x1B);
    s->abef = _mm_alignr_epi8(low, high, 8);
    s->cdgh = _mm_blend_epi16(high, low, 0xF0);
}

FAST void store_words(const stream *s, uint32_t words[8]) {
    __m128i low = _mm_shuffle_epi32(s->abef, 0x1B), high = _mm_shuffle_epi32(s->cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)words, _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128((__m128i *)(words + 4), _mm_alignr_epi8(high, low, 8));
}

FAST void load_message(stream *s, const uint8_t *bytes) {
    const __m128i bigEndian = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);
    for (int part = 0; part < 4; part++)
        s->message[part] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * part)), bigEndian);
}

/// Four rounds, and the four words of the schedule that take the place of those used.
FAST void four_rounds(stream *s, int group) {
    __m128i *m = s->message;
    __m128i words = _mm_add_epi32(
        m[group % 4], _mm_load_si128((const __m128i *)(ingot_sha256_constants + 4 * group)));
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, words);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(words, 0x0E));
    if (group < 12) {
        __m128i early = _mm_sha256msg1_epu32(m[group % 4], m[(group + 1) % 4]);
        __m128i middle = _mm_alignr_epi8(m[(group + 3) % 4], m[(group + 2) % 4], 4);
        m[group % 4] = _mm_sha256msg2_epu32(_mm_add_epi32(early, middle), m[(group + 3) % 4]);
    }
}

__attribute__((target("sha,sse4.1,ssse3"))) void ingot_sha256_blocks_fast(
    uint32_t words[8], const uint8_t *bytes, size_t blocks) {
    stream s;
    load_words(&s, words);
    for (; blocks > 0; blocks--, bytes += 64) {
        __m128i abef = s.abef, cdgh = s.cdgh;
        load_message(&s, bytes);
        #pragma clang loop unroll(full)
        for (int group = 0; group < 16; group++) four_rounds(&s, group);
        s.abef = _mm_add_epi32(s.abef, abef);
        s.cdgh = _mm_add_epi32(s.cdgh, cdgh);
    }
    store_words(&s, words);
}

__attribute__((target("sha,sse4.1,ssse3"))) void ingot_sha256_blocks_both(
    uint32_t first[8], const uint8_t *firstBytes, uint32_t second[8], const uint8_t *secondBytes, size_t blocks) {
    stream a, b;
    load_words(&a, first);
    load_words(&b, second);
    for (; blocks > 0; blocks--, firstBytes += 64, secondBytes += 64) {
        __m128i abefOfA = a.abef, cdghOfA = a.cdgh, abefOfB = b.abef, cdghOfB = b.cdgh;
        load_message(&a, firstBytes);
        load_message(&b, secondBytes);
        #pragma clang loop unroll(full)
        for (int group = 0; group < 16; group++) {
            four_rounds(&a, group);
            four_rounds(&b, group);
        }
        a.abef = _mm_add_epi32(a.abef, abefOfA);
        a.cdgh = _mm_add_epi32(a.cdgh, cdghOfA);
        b.abef = _mm_add_epi32(b.abef, abefOfB);
        b.cdgh = _mm_add_epi32(b.cdgh, cdghOfB);
    }
    store_words(&a, first);
    store_words(&b, second);
}
#endif
