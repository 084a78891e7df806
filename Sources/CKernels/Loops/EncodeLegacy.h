// Blocks of 32 with one scale, and with a minimum. Equations: ggml 0.25.3, ggml-quants.c, quantize_row_q*_ref and, with
// importances, quantize_row_q*_impl.

/// The low four bits of element j and, above them, of element j + 16.
INLINE void put_nibbles(encode_tile *tile, int place, const u8x16 *codes) {
    for (int j = 0; j < 16; j++) tile->bytes[place + j] = (codes[j] & 15) | codes[j + 16] << 4;
}

/// Bit j % 8 of byte j / 8 is bit 4 of element j.
INLINE void put_fifths(encode_tile *tile, int place, const u8x16 *codes) {
    for (int byte = 0; byte < 4; byte++) {
        u8x16 bits = {};
        for (int j = 0; j < 8; j++) bits |= (codes[8 * byte + j] >> 4 & 1) << j;
        tile->bytes[place + byte] = bits;
    }
}

/// What is not finite is -2^31 as a whole number, and 0 in a byte.
INLINE i32x16 counted_up_to(encode_tile *tile, f32x16 value, int last) {
    i32x16 code = __builtin_elementwise_max(truncated(value), (i32x16){});
    i32x16 kept = __builtin_elementwise_min(code, (i32x16){} + last);
    tile->clipped -= (i32x16)(kept != code);
    return kept;
}

/// Codes with a scale alone: -2^(bits - 1) is that of the element farthest from zero.
INLINE void encode_symmetric(encode_tile *tile, int bits) {
    const int half = 1 << (bits - 1);
    u8x16 codes[32];
    f32x16 scale;
    if (tile->isWeighted) {
        f32x16 weights[32];
        blend_importances(tile->h, tile->x, tile->rowSquare, 32, weights);
        scale = search_symmetric(tile->x, weights, 32, half, codes, &tile->clipped);
    } else {
        scale = first_of(tile->x, 32, tile->greatest) / (float)-half;
        f32x16 inverse = inverse_of(scale);
        for (int i = 0; i < 32; i++)
            codes[i] = bytes_of_ints(counted_up_to(tile, tile->x[i] * inverse + ((float)half + 0.5f), 2 * half - 1));
    }
    put_halves(tile, 0, to_halves(scale));
    if (bits == 5) put_fifths(tile, 2, codes);
    put_nibbles(tile, bits == 5 ? 6 : 2, codes);
}

/// Codes with a scale and a minimum.
INLINE void encode_affine(encode_tile *tile, int bits) {
    const int last = (1 << bits) - 1;
    u8x16 codes[32];
    f32x16 scale, minimum;
    if (tile->isWeighted) {
        f32x16 weights[32];
        blend_importances(tile->h, tile->x, tile->rowSquare, 32, weights);
        affine_grid grid = {.nmax = last, .first = -0.9f, .step = 0.05f, .last = 36};
        scale = search_affine(tile->x, weights, 32, grid, &minimum, codes, &tile->clipped);
        minimum = -minimum;
    } else {
        f32x16 high = tile->x[0];
        minimum = tile->x[0];
        for (int i = 1; i < 32; i++) {
            minimum = smaller(tile->x[i], minimum);
            high = larger(tile->x[i], high);
        }
        scale = (high - minimum) / (float)last;
        f32x16 inverse = inverse_of(scale);
        for (int i = 0; i < 32; i++)
            codes[i] = bytes_of_ints(counted_up_to(tile, (tile->x[i] - minimum) * inverse + 0.5f, last));
    }
    put_halves(tile, 0, to_halves(scale));
    put_halves(tile, 2, to_halves(minimum));
    if (bits == 5) put_fifths(tile, 4, codes);
    put_nibbles(tile, bits == 5 ? 8 : 4, codes);
}

static void encode_q4_0(encode_tile *tile) { encode_symmetric(tile, 4); }
static void encode_q5_0(encode_tile *tile) { encode_symmetric(tile, 5); }
static void encode_q4_1(encode_tile *tile) { encode_affine(tile, 4); }
static void encode_q5_1(encode_tile *tile) { encode_affine(tile, 5); }

static void encode_q8_0(encode_tile *tile) {
    f32x16 scale = tile->greatest / 127.0f, inverse = inverse_of(scale);
    put_halves(tile, 0, to_halves(scale));
    for (int i = 0; i < 32; i++) tile->bytes[2 + i] = bytes_of_ints(rounded_away(tile->x[i] * inverse));
}
