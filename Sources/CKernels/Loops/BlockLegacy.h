// Blocks of 32, 64 or 128 elements with one scale, or one a sub-block. Layouts: ggml 0.25.3, ggml-common.h; the order
// of the float operations: its ggml-quants.c, dequantize_row_*.

INLINE void block_q4_0(const uint8_t *block, float *output) {
    float scale = half_at(block);
    u8x16 codes = LOAD(u8x16, block + 2);
    STORE(output, floats_of((i8x16)(codes & 15) - 8) * scale);
    STORE(output + 16, floats_of((i8x16)(codes >> 4) - 8) * scale);
}

INLINE void block_q4_1(const uint8_t *block, float *output) {
    float scale = half_at(block), minimum = half_at(block + 2);
    u8x16 codes = LOAD(u8x16, block + 4);
    STORE(output, floats_of((i8x16)(codes & 15)) * scale + minimum);
    STORE(output + 16, floats_of((i8x16)(codes >> 4)) * scale + minimum);
}

/// 16 where the bit of an element is set, of 16 bits.
INLINE u8x16 fifth_bits(const uint8_t *bits) {
    const u8x16 places = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint64_t low = bits[0] * 0x0101010101010101u, high = bits[1] * 0x0101010101010101u;
    uint64_t both[2] = {low, high};
    return (u8x16)((LOAD(u8x16, both) & places) != 0) & 16;
}

INLINE void block_q5_0(const uint8_t *block, float *output) {
    float scale = half_at(block);
    u8x16 codes = LOAD(u8x16, block + 6);
    STORE(output, floats_of((i8x16)((codes & 15) | fifth_bits(block + 2)) - 16) * scale);
    STORE(output + 16, floats_of((i8x16)((codes >> 4) | fifth_bits(block + 4)) - 16) * scale);
}

INLINE void block_q5_1(const uint8_t *block, float *output) {
    float scale = half_at(block), minimum = half_at(block + 2);
    u8x16 codes = LOAD(u8x16, block + 8);
    STORE(output, floats_of((i8x16)((codes & 15) | fifth_bits(block + 4))) * scale + minimum);
    STORE(output + 16, floats_of((i8x16)((codes >> 4) | fifth_bits(block + 6))) * scale + minimum);
}

INLINE void block_q8_0(const uint8_t *block, float *output) {
    float scale = half_at(block);
    STORE(output, floats_of(LOAD(i8x16, block + 2)) * scale);
    STORE(output + 16, floats_of(LOAD(i8x16, block + 18)) * scale);
}

INLINE void block_q8_1(const uint8_t *block, float *output) {
    float scale = half_at(block);
    STORE(output, floats_of(LOAD(i8x16, block + 4)) * scale);
    STORE(output + 16, floats_of(LOAD(i8x16, block + 20)) * scale);
}

INLINE void block_iq4_nl(const uint8_t *block, float *output) {
    float scale = half_at(block);
    u8x16 codes = LOAD(u8x16, block + 2);
    STORE(output, table_values(nonlinear_values, codes) * scale);
    STORE(output + 16, table_values(nonlinear_values, codes >> 4) * scale);
}

/// Half of 2^(code - 127), which the doubled element values ask for: codes 0 and 1 are subnormal numbers.
INLINE float half_of_e8m0(uint8_t code) {
    uint32_t bits = code < 2 ? 0x00200000u << code : (uint32_t)(code - 1) << 23;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

INLINE void block_mxfp4(const uint8_t *block, float *output) {
    float scale = half_of_e8m0(block[0]);
    u8x16 codes = LOAD(u8x16, block + 1);
    STORE(output, table_values(doubled_e2m1, codes) * scale);
    STORE(output + 16, table_values(doubled_e2m1, codes >> 4) * scale);
}

/// Half of an E4M3 number, its sign ignored; 0x7F, which is NaN elsewhere, is 0, but 0xFF is 480 / 2, as in ggml.
INLINE float half_of_e4m3(uint8_t code) {
    uint32_t exponent = code >> 3 & 15, mantissa = code & 7, bits = (exponent + 119) << 23 | mantissa << 20;
    float normal;
    memcpy(&normal, &bits, 4);
    float value = exponent == 0 ? (float)mantissa * 0x1p-10f : normal;
    return code == 0x7F ? 0 : value;
}

INLINE void block_nvfp4(const uint8_t *block, float *output) {
    for (int pair = 0; pair < 2; pair++) {
        u8x16 codes = LOAD(u8x16, block + 4 + 16 * pair), high = codes >> 4;
        u8x16 first = __builtin_shufflevector(
            codes, high, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
        u8x16 second = __builtin_shufflevector(
            codes, high, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
        STORE(output + 32 * pair, table_values(doubled_e2m1, first) * half_of_e4m3(block[2 * pair]));
        STORE(output + 32 * pair + 16, table_values(doubled_e2m1, second) * half_of_e4m3(block[2 * pair + 1]));
    }
}

INLINE void block_q1_0(const uint8_t *block, float *output) {
    f32x16 scale = half_at(block) - (f32x16){};
    for (int part = 0; part < 8; part++) {
        uint32_t isPositive = LOAD(uint16_t, block + 2 + 2 * part);
        STORE(output + 16 * part, negated(scale, ~isPositive));
    }
}

INLINE void block_q2_0(const uint8_t *block, float *output) {
    float scale = half_at(block);
    u8x16 bytes = LOAD(u8x16, block + 2);
    u8x16 codes[4] = {bytes & 3, bytes >> 2 & 3, bytes >> 4 & 3, bytes >> 6};
    // Elements 4k ... 4k + 3 stand in byte k.
    u8x16 low = __builtin_shufflevector(codes[0], codes[1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    u8x16 high = __builtin_shufflevector(codes[2], codes[3], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    u8x16 low2 = __builtin_shufflevector(
        codes[0], codes[1], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    u8x16 high2 = __builtin_shufflevector(
        codes[2], codes[3], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    u8x16 ordered[4] = {
        __builtin_shufflevector(low, high, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23),
        __builtin_shufflevector(low, high, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31),
        __builtin_shufflevector(low2, high2, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23),
        __builtin_shufflevector(low2, high2, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31)};
    for (int part = 0; part < 4; part++)
        STORE(output + 16 * part, floats_of((i8x16)ordered[part] - 1) * scale);
}
