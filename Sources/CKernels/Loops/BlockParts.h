// What the decoders of ggml's blocks share. A block's elements are written 16 at a time; all codes of a block are
// widened in vectors, so that no element branches.

typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));

#define LANES(vector, ...) __builtin_shufflevector(vector, vector, __VA_ARGS__)

/// Signed codes as floats.
INLINE f32x16 floats_of(i8x16 codes) {
    return __builtin_convertvector(__builtin_convertvector(codes, i32x16), f32x16);
}

/// One half-precision number.
INLINE float half_at(const uint8_t *place) {
    uint32_t half = LOAD(uint16_t, place), magnitude = half & 0x7FFF, bits = magnitude << 13;
    float finite;
    memcpy(&finite, &bits, 4);
    finite *= 0x1p112f;  // the exponent moves by 112; subnormals of the one format become normals of the other
    memcpy(&bits, &finite, 4);
    bits |= (magnitude >= 0x7C00 ? 0x7F800000 : 0) | (half & 0x8000) << 16;
    memcpy(&finite, &bits, 4);
    return finite;
}

/// Each of 16 values negated where its bit of `signs` is set.
INLINE f32x16 negated(f32x16 values, uint32_t signs) {
    const u32x16 bits = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    u32x16 isSet = (u32x16)((bits & signs) != 0);
    return (f32x16)((u32x16)values ^ (isSet & 0x80000000));
}

/// The sign bits of eight elements: seven are stored, the eighth makes the count of minus signs even.
INLINE uint32_t even_signs(uint32_t seven) {
    return seven | (uint32_t)__builtin_parity(seven) << 7;
}

/// The values of the types with a table of 16: IQ4_NL and IQ4_XS; and E2M1, doubled, of MXFP4 and NVFP4.
#if INGOT_HAS_BYTE_SHUFFLE
typedef int8_t table_entry;
#else
typedef float table_entry;  // looked up one by one: then better as they are wanted
#endif
static const table_entry nonlinear_values[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const table_entry doubled_e2m1[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

/// Table values of the low four bits of 16 indices.
INLINE f32x16 table_values(const table_entry *table, u8x16 indices) {
#if INGOT_HAS_BYTE_SHUFFLE
    return floats_of((i8x16)translate((const uint8_t *)table, indices & 15));
#else
    uint8_t places[16];
    float values[16];
    STORE(places, indices & 15);
    for (int lane = 0; lane < 16; lane++) values[lane] = table[places[lane]];
    return LOAD(f32x16, values);
#endif
}
