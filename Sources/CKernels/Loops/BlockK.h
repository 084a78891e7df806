// The K types: 256 elements with scales of scales. A sub-block of 16 elements is one vector, one of 32 is two.

/// Sixteen bytes as floats.
INLINE f32x16 floats_of_bytes(u8x16 bytes) {
    return __builtin_convertvector(__builtin_convertvector(bytes, i32x16), f32x16);
}

INLINE void block_q2_k(const uint8_t *block, float *output) {
    u8x16 scales = LOAD(u8x16, block);
    f32x16 steps = floats_of_bytes(scales & 15) * half_at(block + 80);
    f32x16 minima = floats_of_bytes(scales >> 4) * half_at(block + 82);
    for (int half = 0; half < 2; half++) {
        for (int shift = 0; shift < 4; shift++) {
            for (int part = 0; part < 2; part++) {
                int group = 8 * half + 2 * shift + part;
                u8x16 codes = LOAD(u8x16, block + 16 + 32 * half + 16 * part) >> (2 * shift) & 3;
                STORE(output + 16 * group, floats_of((i8x16)codes) * steps[group] - minima[group]);
            }
        }
    }
}

/// The 16 six-bit scales of Q3_K less 32: low halves in eight bytes, high pairs of bits in four.
INLINE i8x16 q3_k_scales(const uint8_t *place) {
    const uint64_t nibbles = 0x0F0F0F0F0F0F0F0F;
    const uint32_t pairs = 0x03030303;
    uint64_t low = LOAD(uint64_t, place);
    uint32_t high = LOAD(uint32_t, place + 8);
    uint64_t both[2] = {
        (low & nibbles) | ((high & pairs) | (uint64_t)(high >> 2 & pairs) << 32) << 4,
        (low >> 4 & nibbles) | ((high >> 4 & pairs) | (uint64_t)(high >> 6 & pairs) << 32) << 4};
    return LOAD(i8x16, both) - 32;
}

INLINE void block_q3_k(const uint8_t *block, float *output) {
    f32x16 scales = floats_of(q3_k_scales(block + 96)) * half_at(block + 108);
    for (int half = 0; half < 2; half++) {
        for (int shift = 0; shift < 4; shift++) {
            for (int part = 0; part < 2; part++) {
                int group = 8 * half + 2 * shift + part;
                u8x16 codes = LOAD(u8x16, block + 32 + 32 * half + 16 * part) >> (2 * shift) & 3;
                u8x16 highs = LOAD(u8x16, block + 16 * part) >> (4 * half + shift) & 1;
                STORE(output + 16 * group, floats_of((i8x16)(codes | highs << 2) - 4) * scales[group]);
            }
        }
    }
}

/// The eight scales of Q4_K and Q5_K, then their eight minima: six bits each, in twelve bytes.
INLINE u8x16 k_scales(const uint8_t *place) {
    const uint32_t six = 0x3F3F3F3F, four = 0x0F0F0F0F, two = 0x03030303;
    uint32_t first = LOAD(uint32_t, place), second = LOAD(uint32_t, place + 4), third = LOAD(uint32_t, place + 8);
    uint32_t all[4] = {
        first & six, (third & four) | (first >> 6 & two) << 4, second & six,
        (third >> 4 & four) | (second >> 6 & two) << 4};
    return LOAD(u8x16, all);
}

/// The eight scales times `d`, then the eight minima times `dmin`.
INLINE f32x16 k_factors(const uint8_t *block) {
    float d = half_at(block), dmin = half_at(block + 2);
    f32x16 factors = {d, d, d, d, d, d, d, d, dmin, dmin, dmin, dmin, dmin, dmin, dmin, dmin};
    return floats_of_bytes(k_scales(block + 4)) * factors;
}

INLINE void block_q4_k(const uint8_t *block, float *output) {
    f32x16 factors = k_factors(block);
    for (int chunk = 0; chunk < 4; chunk++) {
        for (int part = 0; part < 2; part++) {
            u8x16 codes = LOAD(u8x16, block + 16 + 32 * chunk + 16 * part);
            float *place = output + 64 * chunk + 16 * part;
            STORE(place, floats_of((i8x16)(codes & 15)) * factors[2 * chunk] - factors[2 * chunk + 8]);
            STORE(place + 32, floats_of((i8x16)(codes >> 4)) * factors[2 * chunk + 1] - factors[2 * chunk + 9]);
        }
    }
}

INLINE void block_q5_k(const uint8_t *block, float *output) {
    f32x16 factors = k_factors(block);
    for (int chunk = 0; chunk < 4; chunk++) {
        for (int part = 0; part < 2; part++) {
            u8x16 codes = LOAD(u8x16, block + 48 + 32 * chunk + 16 * part);
            u8x16 highs = LOAD(u8x16, block + 16 + 16 * part) >> (2 * chunk);
            u8x16 first = (codes & 15) | (highs & 1) << 4, second = codes >> 4 | (highs & 2) << 3;
            float *place = output + 64 * chunk + 16 * part;
            STORE(place, floats_of((i8x16)first) * factors[2 * chunk] - factors[2 * chunk + 8]);
            STORE(place + 32, floats_of((i8x16)second) * factors[2 * chunk + 1] - factors[2 * chunk + 9]);
        }
    }
}

INLINE void block_q6_k(const uint8_t *block, float *output) {
    f32x16 scales = floats_of(LOAD(i8x16, block + 192)) * half_at(block + 208);
    for (int half = 0; half < 2; half++) {
        for (int part = 0; part < 2; part++) {
            const uint8_t *lows = block + 64 * half + 16 * part;
            u8x16 first = LOAD(u8x16, lows), second = LOAD(u8x16, lows + 32);
            u8x16 highs = LOAD(u8x16, block + 128 + 32 * half + 16 * part);
            u8x16 codes[4] = {
                (first & 15) | (highs & 3) << 4, (second & 15) | (highs >> 2 & 3) << 4,
                first >> 4 | (highs >> 4 & 3) << 4, second >> 4 | highs >> 6 << 4};
            for (int quarter = 0; quarter < 4; quarter++) {
                int group = 8 * half + 2 * quarter + part;
                STORE(output + 16 * group, floats_of((i8x16)codes[quarter] - 32) * scales[group]);
            }
        }
    }
}

INLINE void block_q8_k(const uint8_t *block, float *output) {
    float scale = LOAD(float, block);
    for (int part = 0; part < 16; part++)
        STORE(output + 16 * part, floats_of(LOAD(i8x16, block + 4 + 16 * part)) * scale);
}
