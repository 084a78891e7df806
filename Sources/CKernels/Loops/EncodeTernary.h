// Few codes and one scale: TQ1_0, TQ2_0, Q1_0, Q2_0. Equations: ggml 0.25.3, ggml-quants.c, quantize_row_*_ref.

INLINE void put_trits(encode_tile *tile, const u8x16 *trits, u32x16 scale, int isDense) {
    if (!isDense) {
        for (int half = 0; half < 2; half++) {
            for (int m = 0; m < 32; m++) {
                const u8x16 *first = trits + 128 * half + m;
                tile->bytes[32 * half + m] = first[0] | first[32] << 2 | first[64] << 4 | first[96] << 6;
            }
        }
        put_halves(tile, 64, scale);
        return;
    }
    // Five digits of base 3 make a fraction of 243; its byte is the fraction of 256, rounded up.
    for (int byte = 0; byte < 52; byte++) {
        int first = byte < 32 ? byte : byte < 48 ? 160 + byte - 32 : 240 + byte - 48;
        int step = byte < 32 ? 32 : byte < 48 ? 16 : 4, digits = byte < 48 ? 5 : 4;
        u16x16 value = {};
        for (int digit = 0; digit < digits; digit++)
            value = value * 3 + __builtin_convertvector(trits[first + step * digit], u16x16);
        if (digits == 4) value *= 3;
        u32x16 wide = __builtin_convertvector(value, u32x16) * 256 + 242;
        tile->bytes[byte] = bytes_of_ints((i32x16)(wide / 243));
    }
    put_halves(tile, 52, scale);
}

INLINE void encode_trits(encode_tile *tile, int isDense) {
    u8x16 trits[256];
    f32x16 scale = tile->greatest, inverse = inverse_of(scale);
    for (int i = 0; i < 256; i++) trits[i] = bytes_of_ints(rounded_away(tile->x[i] * inverse) + 1);
    put_trits(tile, trits, to_halves(scale), isDense);
}

static void encode_tq1_0(encode_tile *tile) { encode_trits(tile, 1); }
static void encode_tq2_0(encode_tile *tile) { encode_trits(tile, 0); }

/// A bit for each element that is not below zero.
INLINE void put_signs(encode_tile *tile) {
    for (int byte = 0; byte < 16; byte++) {
        i32x16 bits = {};
        for (int j = 0; j < 8; j++) bits |= (i32x16)(tile->x[8 * byte + j] >= 0.0f) & 1 << j;
        tile->bytes[2 + byte] = bytes_of_ints(bits);
    }
}

static void encode_q1_0(encode_tile *tile) {
    f32x16 sum = {};
    for (int i = 0; i < 128; i++) sum += magnitude(tile->x[i]);
    put_halves(tile, 0, to_halves(sum / 128.0f));
    put_signs(tile);
}

INLINE void put_pairs(encode_tile *tile, const u8x16 *codes) {
    for (int byte = 0; byte < 16; byte++) {
        const u8x16 *first = codes + 4 * byte;
        tile->bytes[2 + byte] = first[0] | first[1] << 2 | first[2] << 4 | first[3] << 6;
    }
}

static void encode_q2_0(encode_tile *tile) {
    u8x16 codes[64];
    f32x16 scale = tile->greatest, inverse = inverse_of(scale);
    put_halves(tile, 0, to_halves(scale));
    // The scale of the smallest subnormal weights has no inverse: ggml's products then are infinite, and its codes 0.
    i32x16 isUsual = (i32x16)(inverse < __builtin_inff());
    for (int i = 0; i < 64; i++) codes[i] = bytes_of_ints((rounded_away(tile->x[i] * inverse) + 1) & isUsual);
    put_pairs(tile, codes);
}
