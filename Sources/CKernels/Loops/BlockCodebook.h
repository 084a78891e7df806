// Types whose codes name entries of a codebook: IQ1, IQ2, IQ3; and IQ4_XS, whose table has 16 values.
// A group is 32 elements: four entries of eight values, or eight of four.
#include "../BlockGrids.h"

/// Two entries of eight values as floats.
INLINE f32x16 two_entries(uint64_t first, uint64_t second) {
    uint64_t both[2] = {first, second};
    return floats_of(LOAD(i8x16, both));
}

/// Four entries of four values as floats.
INLINE f32x16 four_entries(const uint32_t *grid, const uint32_t indices[4]) {
    uint32_t all[4] = {grid[indices[0]], grid[indices[1]], grid[indices[2]], grid[indices[3]]};
    return floats_of(LOAD(i8x16, all));
}

INLINE void block_iq2_xxs(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        const uint8_t *codes = block + 2 + 8 * group;
        uint32_t rest = LOAD(uint32_t, codes + 4);
        float scale = d * (0.5f + (float)(rest >> 28)) * 0.25f;
        for (int pair = 0; pair < 2; pair++) {
            f32x16 values = two_entries(
                ingot_iq2_xxs_grid[codes[2 * pair]], ingot_iq2_xxs_grid[codes[2 * pair + 1]]);
            uint32_t signs = even_signs(rest >> 14 * pair & 127) | even_signs(rest >> (14 * pair + 7) & 127) << 8;
            STORE(output + 32 * group + 16 * pair, negated(values * scale, signs));
        }
    }
}

INLINE void block_iq2_xs(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        uint32_t scales = block[66 + group];
        for (int pair = 0; pair < 2; pair++) {
            uint32_t first = LOAD(uint16_t, block + 2 + 8 * group + 4 * pair);
            uint32_t second = LOAD(uint16_t, block + 4 + 8 * group + 4 * pair);
            float scale = d * (0.5f + (float)(scales >> 4 * pair & 15)) * 0.25f;
            f32x16 values = two_entries(ingot_iq2_xs_grid[first & 511], ingot_iq2_xs_grid[second & 511]);
            uint32_t signs = even_signs(first >> 9) | even_signs(second >> 9) << 8;
            STORE(output + 32 * group + 16 * pair, negated(values * scale, signs));
        }
    }
}

INLINE void block_iq2_s(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        uint32_t highs = block[66 + group], scales = block[74 + group];
        for (int pair = 0; pair < 2; pair++) {
            const uint8_t *codes = block + 2 + 4 * group + 2 * pair;
            uint32_t first = codes[0] | (highs >> 4 * pair & 3) << 8;
            uint32_t second = codes[1] | (highs >> (4 * pair + 2) & 3) << 8;
            float scale = d * (0.5f + (float)(scales >> 4 * pair & 15)) * 0.25f;
            f32x16 values = two_entries(ingot_iq2_s_grid[first], ingot_iq2_s_grid[second]);
            uint32_t signs = LOAD(uint16_t, codes + 32);
            STORE(output + 32 * group + 16 * pair, negated(values * scale, signs));
        }
    }
}

INLINE void block_iq3_xxs(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        uint32_t rest = LOAD(uint32_t, block + 66 + 4 * group);
        float scale = d * (0.5f + (float)(rest >> 28)) * 0.5f;
        for (int pair = 0; pair < 2; pair++) {
            const uint8_t *codes = block + 2 + 8 * group + 4 * pair;
            f32x16 values = four_entries(
                ingot_iq3_xxs_grid, (uint32_t[4]){codes[0], codes[1], codes[2], codes[3]});
            uint32_t signs = even_signs(rest >> 14 * pair & 127) | even_signs(rest >> (14 * pair + 7) & 127) << 8;
            STORE(output + 32 * group + 16 * pair, negated(values * scale, signs));
        }
    }
}

INLINE void block_iq3_s(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        uint32_t highs = block[66 + group];
        float scale = d * (float)(1 + 2 * (block[106 + group / 2] >> 4 * (group % 2) & 15));
        for (int pair = 0; pair < 2; pair++) {
            const uint8_t *codes = block + 2 + 8 * group + 4 * pair;
            uint32_t bits = highs >> 4 * pair;
            f32x16 values = four_entries(
                ingot_iq3_s_grid,
                (uint32_t[4]){
                    codes[0] | (bits & 1) << 8, codes[1] | (bits & 2) << 7, codes[2] | (bits & 4) << 6,
                    codes[3] | (bits & 8) << 5});
            uint32_t signs = LOAD(uint16_t, block + 74 + 4 * group + 2 * pair);
            STORE(output + 32 * group + 16 * pair, negated(values * scale, signs));
        }
    }
}

/// What IQ1 adds to each value of an entry: an eighth, with a sign.
INLINE float delta(uint32_t isNegative) { return isNegative ? -0.125f : 0.125f; }

INLINE void block_iq1_s(const uint8_t *block, float *output) {
    float d = half_at(block);
    for (int group = 0; group < 8; group++) {
        const uint8_t *codes = block + 2 + 4 * group;
        uint32_t rest = LOAD(uint16_t, block + 34 + 2 * group);
        float scale = d * (float)(2 * (rest >> 12 & 7) + 1), offset = delta(rest & 0x8000);
        for (int pair = 0; pair < 2; pair++) {
            f32x16 values = two_entries(
                ingot_iq1_grid[codes[2 * pair] | (rest >> 6 * pair & 7) << 8],
                ingot_iq1_grid[codes[2 * pair + 1] | (rest >> (6 * pair + 3) & 7) << 8]);
            STORE(output + 32 * group + 16 * pair, (values + offset) * scale);
        }
    }
}

/// The scale of all: the four highest bits of each 16-bit word of the scales.
INLINE uint16_t iq1_m_scale(const uint8_t *block) {
    uint64_t scales = LOAD(uint64_t, block + 48);
    return (scales >> 12 & 0xF) | (scales >> 24 & 0xF0) | (scales >> 36 & 0xF00) | (scales >> 48 & 0xF000);
}

INLINE void block_iq1_m(const uint8_t *block, float *output) {
    uint64_t scales = LOAD(uint64_t, block + 48);
    uint16_t whole = iq1_m_scale(block);
    float d = half_at((const uint8_t *)&whole);
    for (int group = 0; group < 8; group++) {
        uint32_t word = (uint32_t)(scales >> 16 * (group / 2)) >> 6 * (group % 2);
        for (int pair = 0; pair < 2; pair++) {
            const uint8_t *codes = block + 4 * group + 2 * pair;
            uint32_t rest = block[32 + 2 * group + pair];
            float scale = d * (float)(2 * (word >> 3 * pair & 7) + 1), low = delta(rest & 8), high = delta(rest & 128);
            f32x16 offsets = {
                low, low, low, low, low, low, low, low, high, high, high, high, high, high, high, high};
            f32x16 values = two_entries(
                ingot_iq1_grid[codes[0] | (rest & 7) << 8], ingot_iq1_grid[codes[1] | (rest >> 4 & 7) << 8]);
            STORE(output + 32 * group + 16 * pair, (values + offsets) * scale);
        }
    }
}

INLINE void block_iq4_xs(const uint8_t *block, float *output) {
    float d = half_at(block);
    uint32_t highs = LOAD(uint16_t, block + 2);
    for (int group = 0; group < 8; group++) {
        int low = block[4 + group / 2] >> 4 * (group % 2) & 15, high = highs >> 2 * group & 3;
        float scale = d * (float)((low | high << 4) - 32);
        u8x16 codes = LOAD(u8x16, block + 8 + 16 * group);
        STORE(output + 32 * group, table_values(nonlinear_values, codes) * scale);
        STORE(output + 32 * group + 16, table_values(nonlinear_values, codes >> 4) * scale);
    }
}
