// Vectors of 16 and 32 lanes, the same at every level: the compiler splits them into the registers that there are.
// A row is 32 elements: its elements 2k and 2k + 1 stand in lane k of an "even" and of an "odd" vector.
#include <string.h>

#if defined(__aarch64__)
#include <arm_neon.h>
#endif

#define INLINE static inline __attribute__((always_inline))

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int16_t i16x16 __attribute__((vector_size(32)));
typedef int16_t i16x32 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef double f64x16 __attribute__((vector_size(128)));

typedef struct { f32x16 even, odd; } row;

#define LOAD(type, place) ({ type loaded; memcpy(&loaded, (place), sizeof(type)); loaded; })
#define STORE(place, vector) ({ __typeof__(vector) stored = (vector); memcpy((place), &stored, sizeof(stored)); })

INLINE size_t bytes_of(int dtype) { return dtype == INGOT_F32 ? 4 : 2; }

/// Half-precision bits, one in the low half of each lane, as floats: exact, subnormals included.
INLINE f32x16 from_halves(u32x16 halves) {
    u32x16 magnitude = halves & 0x7FFF;
    // The exponent moves by 112; the product also makes subnormals of one format normals of the other.
    f32x16 finite = (f32x16)(magnitude << 13) * 0x1p112f;
    u32x16 special = (u32x16)(magnitude >= 0x7C00) & 0x7F800000;
    return (f32x16)((u32x16)finite | special | ((halves & 0x8000) << 16));
}

/// Floats rounded to half precision, nearest even: the bits in the low half of each lane. NaN becomes 0x7E00.
INLINE u32x16 to_halves(f32x16 values) {
    u32x16 bits = (u32x16)values;
    u32x16 sign = (bits >> 16) & 0x8000;
    u32x16 magnitude = bits & 0x7FFFFFFF;
    u32x16 normal = (magnitude - (112u << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13;
    // Below 2^-14, adding 0.5 makes the adder round at the subnormals' step of 2^-24.
    u32x16 subnormal = (u32x16)((f32x16)magnitude + 0.5f) - 0x3F000000;
    u32x16 isSmall = (u32x16)(magnitude < 0x38800000);
    u32x16 isLarge = (u32x16)(magnitude >= 0x477FF000);
    u32x16 isNaN = (u32x16)(magnitude > 0x7F800000);
    u32x16 half = (isSmall & subnormal) | (~isSmall & normal);
    half = (isLarge & 0x7C00) | (~isLarge & half);
    half = (isNaN & 0x7E00) | (~isNaN & half);
    return half | sign;
}

/// Floats rounded to BF16, nearest even: the bits in the high half of each lane, the low half 0. NaN stays NaN.
INLINE u32x16 to_brains(f32x16 values) {
    u32x16 bits = (u32x16)values;
    u32x16 rounded = bits + 0x7FFF + ((bits >> 16) & 1);
    u32x16 isNaN = (u32x16)((bits & 0x7FFFFFFF) > 0x7F800000);
    return ((isNaN & (bits | 0x400000)) | (~isNaN & rounded)) & 0xFFFF0000;
}

/// 32 elements as floats.
INLINE row load_row(int dtype, const uint8_t *place) {
    if (dtype == INGOT_F32) {
        f32x16 first = LOAD(f32x16, place), second = LOAD(f32x16, place + 64);
        return (row){
            __builtin_shufflevector(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
            __builtin_shufflevector(first, second, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)};
    }
    u32x16 pairs = LOAD(u32x16, place);
    if (dtype == INGOT_F16) return (row){from_halves(pairs & 0xFFFF), from_halves(pairs >> 16)};
    return (row){(f32x16)(pairs << 16), (f32x16)(pairs & 0xFFFF0000)};
}

/// Bytes of a table of 16, picked by indices 0...15: `translate` for 16 of them, `pick` for 64 that make words.
#if INGOT_LEVEL > 0
#define INGOT_HAS_BYTE_SHUFFLE 1
#define SHUFFLE(table, indices) ((u8x16)_mm_shuffle_epi8(LOAD(__m128i, table), (__m128i)(indices)))
#elif defined(__aarch64__)
#define INGOT_HAS_BYTE_SHUFFLE 1
#define SHUFFLE(table, indices) ((u8x16)vqtbl1q_u8(LOAD(uint8x16_t, table), (uint8x16_t)(indices)))
#else
#define INGOT_HAS_BYTE_SHUFFLE 0
#endif

INLINE u8x16 translate(const uint8_t *table, u8x16 indices) {
#if INGOT_HAS_BYTE_SHUFFLE
    return SHUFFLE(table, indices);
#else
    u8x16 found;
    for (int lane = 0; lane < 16; lane++) found[lane] = table[indices[lane] & 15];
    return found;
#endif
}

#if INGOT_HAS_BYTE_SHUFFLE
INLINE i16x32 pick(const int16_t *table, i16x32 indices) {
    i16x32 found;
#if INGOT_LEVEL == 2
    __m512i words = _mm512_broadcast_i32x4(LOAD(__m128i, table));
    found = (i16x32)_mm512_shuffle_epi8(words, (__m512i)indices);
#elif INGOT_LEVEL == 1
    __m256i words = _mm256_broadcastsi128_si256(LOAD(__m128i, table));
    for (int half = 0; half < 2; half++) {
        __m256i chosen = _mm256_shuffle_epi8(words, LOAD(__m256i, (const char *)&indices + 32 * half));
        memcpy((char *)&found + 32 * half, &chosen, 32);
    }
#else
    for (int quarter = 0; quarter < 4; quarter++) {
        u8x16 chosen = SHUFFLE(table, LOAD(u8x16, (const char *)&indices + 16 * quarter));
        memcpy((char *)&found + 16 * quarter, &chosen, 16);
    }
#endif
    return found;
}
#endif

/// For each lane, the entry of `table` that the low four bits of `index` name.
INLINE f32x16 look_up(const f32x16 *table, u32x16 index) {
#if INGOT_LEVEL == 2
    return (f32x16)_mm512_permutexvar_ps((__m512i)index, (__m512)*table);
#elif INGOT_LEVEL == 1
    __m256 low = LOAD(__m256, table), high = LOAD(__m256, (const char *)table + 32);
    f32x16 found;
    for (int half = 0; half < 2; half++) {
        __m256i wanted = LOAD(__m256i, (const char *)&index + 32 * half);
        __m256 isHigh = _mm256_castsi256_ps(_mm256_slli_epi32(wanted, 28));
        __m256 chosen = _mm256_blendv_ps(
            _mm256_permutevar8x32_ps(low, wanted), _mm256_permutevar8x32_ps(high, wanted), isHigh);
        memcpy((char *)&found + 32 * half, &chosen, 32);
    }
    return found;
#elif defined(__aarch64__)
    uint8x16x4_t bytes = LOAD(uint8x16x4_t, table);
    u32x16 places = (index & 15) * 0x04040404u + 0x03020100u;
    f32x16 found;
    for (int quarter = 0; quarter < 4; quarter++) {
        uint8x16_t chosen = vqtbl4q_u8(bytes, LOAD(uint8x16_t, (const char *)&places + 16 * quarter));
        memcpy((char *)&found + 16 * quarter, &chosen, 16);
    }
    return found;
#else
    f32x16 found;
    for (int lane = 0; lane < 16; lane++) found[lane] = (*table)[index[lane] & 15];
    return found;
#endif
}
