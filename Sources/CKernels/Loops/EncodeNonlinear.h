// IQ4_NL and IQ4_XS: four bits that name one of 16 values, dense near zero. Equations: ggml 0.25.3, ggml-quants.c,
// quantize_row_iq4_nl_impl.

/// The values, and the midpoint above each: a weight at a midpoint takes the greater value.
static const float nonlinear_floats[16] = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
static const float nonlinear_midpoints[16] = {
    -115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101, 0};

/// Which of the values is nearest, searched by halves; NaN takes the last one.
INLINE i32x16 nonlinear_code(const f32x16 *midpoints, f32x16 values) {
    i32x16 code = ~(i32x16)(values < (*midpoints)[7]) & 8;
    f32x16 point = pick_float((i32x16)(code != 0), lanes_of((*midpoints)[11]), lanes_of((*midpoints)[3]));
    code |= ~(i32x16)(values < point) & 4;
    code |= ~(i32x16)(values < look_up(midpoints, (u32x16)code + 1)) & 2;
    return code | (~(i32x16)(values < look_up(midpoints, (u32x16)code)) & 1);
}

/// The scale of 32 elements by weighted least squares. Steps: -7 ... 7.
INLINE f32x16 search_nonlinear(const f32x16 *x, const f32x16 *w) {
    const f32x16 values = LOAD(f32x16, nonlinear_floats), midpoints = LOAD(f32x16, nonlinear_midpoints);
    f32x16 extreme = extreme_of(x, 32), scale = {}, best = {};
    i32x16 isEmpty = (i32x16)(magnitude(extreme) < negligible);
    extreme = pick_float(isEmpty, lanes_of(1), extreme);
    for (int step = -8; step <= 7; step++) {
        // The first try has the extreme at the first value.
        f32x16 inverse = step < -7 ? 1.0f / (-extreme / nonlinear_floats[0])
                                   : ((float)step + nonlinear_floats[0]) / extreme;
        f32x16 sumQX = {}, sumQ2 = {};
        for (int i = 0; i < 32; i++) {
            f32x16 value = look_up(&values, (u32x16)nonlinear_code(&midpoints, inverse * x[i]));
            f32x16 product = w[i] * value;
            sumQX += product * x[i];
            sumQ2 += product * value;
        }
        i32x16 isBetter = (i32x16)(sumQ2 > 0.0f) & (i32x16)(sumQX * sumQX > best * sumQ2);
        if (step < -7) isBetter = (i32x16){} - 1;
        scale = pick_float(isBetter, sumQX / sumQ2, scale);
        best = pick_float(isBetter, scale * sumQX, best);
    }
    return pick_float(isEmpty, (f32x16){}, scale);
}

INLINE void nonlinear_weights(const encode_tile *tile, int start, f32x16 square, f32x16 *weights) {
    const f32x16 *x = tile->x + start;
    if (tile->isWeighted) {
        blend_importances(tile->h + start, x, square, 32, weights);
    } else {
        for (int i = 0; i < 32; i++) weights[i] = x[i] * x[i];
    }
}

/// Codes by a scale's inverse.
INLINE void nonlinear_codes(encode_tile *tile, int start, f32x16 inverse, u8x16 *codes) {
    const f32x16 midpoints = LOAD(f32x16, nonlinear_midpoints);
    for (int i = 0; i < 32; i++) {
        f32x16 value = tile->x[start + i] * inverse;
        // Half a step beyond the outermost values.
        tile->clipped -= (i32x16)(value < -138.5f) | (i32x16)(value >= 125.0f);
        codes[i] = bytes_of_ints(nonlinear_code(&midpoints, value));
    }
}

static void encode_iq4_nl(encode_tile *tile) {
    f32x16 weights[32];
    u8x16 codes[32];
    nonlinear_weights(tile, 0, 2.0f * square_sum(tile->x, 32) / 32.0f, weights);
    f32x16 scale = search_nonlinear(tile->x, weights);
    nonlinear_codes(tile, 0, inverse_of(scale), codes);
    put_halves(tile, 0, to_halves(scale));
    put_nibbles(tile, 2, codes);
}

/// - scaleCodes: eight of -32 ... 31
INLINE void put_iq4_xs_scales(encode_tile *tile, u32x16 d, const i32x16 *scaleCodes) {
    put_halves(tile, 0, d);
    i32x16 high = {};
    for (int pair = 0; pair < 4; pair++) {
        i32x16 first = scaleCodes[2 * pair] + 32, second = scaleCodes[2 * pair + 1] + 32;
        tile->bytes[4 + pair] = bytes_of_ints((first & 15) | second << 4);
        high |= (first >> 4 | second >> 4 << 2) << (4 * pair);
    }
    tile->bytes[2] = bytes_of_ints(high);
    tile->bytes[3] = bytes_of_ints(high >> 8);
}

static void encode_iq4_xs(encode_tile *tile) {
    f32x16 weights[32], scales[8], square = 2.0f * square_sum(tile->x, 256) / 256.0f;
    for (int j = 0; j < 8; j++) {
        nonlinear_weights(tile, 32 * j, square, weights);
        scales[j] = search_nonlinear(tile->x + 32 * j, weights);
    }
    f32x16 d = -extreme_of(scales, 8) / 32.0f, inverse = inverse_of(d);
    i32x16 scaleCodes[8];
    for (int j = 0; j < 8; j++) {
        u8x16 codes[32];
        scaleCodes[j] = clamped(nearest(inverse * scales[j]), -32, 31);
        nonlinear_codes(tile, 32 * j, inverse_of(d * floats_of_ints(scaleCodes[j])), codes);
        put_nibbles(tile, 8 + 16 * j, codes);
    }
    put_iq4_xs_scales(tile, to_halves(d), scaleCodes);
}
