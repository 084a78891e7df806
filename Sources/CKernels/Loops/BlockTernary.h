// Trits: TQ1_0 keeps five in a byte, as the digits of a fraction of 256 in base 3, and TQ2_0 four.

INLINE void block_tq2_0(const uint8_t *block, float *output) {
    float scale = half_at(block + 64);
    for (int half = 0; half < 2; half++) {
        for (int shift = 0; shift < 4; shift++) {
            for (int part = 0; part < 2; part++) {
                u8x16 codes = LOAD(u8x16, block + 32 * half + 16 * part) >> (2 * shift) & 3;
                STORE(output + 128 * half + 32 * shift + 16 * part, floats_of((i8x16)codes - 1) * scale);
            }
        }
    }
}

/// The leading digit of each byte's fraction, less 1.
INLINE i8x16 leading_trits(u16x16 fractions) {
    return __builtin_convertvector(fractions * 3 >> 8, i8x16) - 1;
}

INLINE void block_tq1_0(const uint8_t *block, float *output) {
    float scale = half_at(block + 52);
    for (int part = 0; part < 3; part++) {
        u16x16 fractions = __builtin_convertvector(LOAD(u8x16, block + 16 * part), u16x16);
        // Bytes 0 ... 31 hold elements m, 32 + m, ...; bytes 32 ... 47 hold 160 + m, 176 + m, ...
        float *place = output + (part < 2 ? 16 * part : 160);
        int step = part < 2 ? 32 : 16;
        for (int digit = 0; digit < 5; digit++) {
            STORE(place + step * digit, floats_of(leading_trits(fractions)) * scale);
            fractions = fractions * 3 & 255;
        }
    }
    // The last four bytes hold four digits each.
    uint32_t last = LOAD(uint32_t, block + 48);
    uint32_t bytes[4] = {last, last, last, last};
    const u16x16 powers = {1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27};
    u16x16 fractions = __builtin_convertvector(LOAD(u8x16, bytes), u16x16) * powers & 255;
    STORE(output + 240, floats_of(leading_trits(fractions)) * scale);
}
