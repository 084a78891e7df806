// E2M1 with shared scales: MXFP4 (E8M0, 32 elements) and NVFP4 (unsigned E4M3, 16). Equations: ggml 0.25.3,
// ggml-quants.c, quantize_row_mxfp4_ref and quantize_row_nvfp4_ref; the rules for E8M0: OCP Microscaling 1.0, MLX,
// compressed-tensors.

/// ⌊log₂⌋ as a float32 logarithm gives it: just below a power of two the logarithm is that power's.
INLINE i32x16 floor_of_logarithm(f32x16 values) {
    i32x16 bits = (i32x16)values, isSubnormal = bits < 0x800000;
    bits = pick_int(isSubnormal, (i32x16)(values * 0x1p24f), bits);
    i32x16 next = (bits >> 23) - 126 - (isSubnormal & 24);
    // 1 less the mantissa as a part of 2; near zero the logarithm falls by 1 / ln 2 times that.
    f32x16 missing = 1.0f - (f32x16)((bits & 0x7FFFFF) | 0x3F000000);
    f64x16 logarithm = __builtin_convertvector(next, f64x16)
        - __builtin_convertvector(missing, f64x16) * 1.4426950408889634;
    return next - 1 - (i32x16)(__builtin_convertvector(logarithm, f32x16) >= floats_of_ints(next));
}

/// The E8M0 byte of a block by its greatest magnitude; below 2^-125 it wraps around, as in ggml.
INLINE i32x16 e8m0_of(f32x16 greatest, int rule) {
    i32x16 exponent;
    if (rule == INGOT_E8M0_FLOOR) {
        exponent = floor_of_logarithm(greatest) - 2 + 127;
    } else if (rule == INGOT_E8M0_BUMP) {
        exponent = (i32x16)(((u32x16)greatest + 0x200000) >> 23) - 2;
    } else {
        i32x16 bits = (i32x16)(greatest / 6.0f);
        i32x16 isUp = rule == INGOT_E8M0_CEIL ? (bits & 0x7FFFFF) > 0 : (bits & 0x7FFFFF) > 0x3504F3;  // √2
        exponent = (bits >> 23) - isUp;
    }
    return pick_int((i32x16)(greatest > 0.0f), exponent & 255, (i32x16){});
}

/// Half of 2^(code - 127): codes 0 and 1 give subnormal numbers.
INLINE f32x16 halves_of_e8m0(i32x16 codes) {
    i32x16 isSubnormal = codes < 2;
    return (f32x16)pick_int(isSubnormal, pick_int(codes == 0, (i32x16){} + 0x200000, (i32x16){} + 0x400000),
        (codes - 1) << 23);
}

/// Midpoints between E2M1's values, doubled.
static const float e2m1_midpoints[7] = {0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10};

/// The nearest codes of E2M1 times `scale`; a weight between two takes the smaller magnitude, and minus zero is not
/// made.
INLINE u8x16 e2m1_codes(encode_tile *tile, f32x16 x, f32x16 scale) {
    f32x16 size = magnitude(x);
    i32x16 code = {}, isUsed = (i32x16)(scale > 0.0f);
    #pragma clang loop unroll(full)
    for (int point = 0; point < 7; point++) code -= (i32x16)(size > e2m1_midpoints[point] * scale);
    code &= isUsed;
    // The next value would be 16.
    tile->clipped -= (i32x16)(size > 14.0f * scale) & isUsed;
    return bytes_of_ints(code | ((i32x16)(x < 0.0f) & (code != 0) & 8));
}

INLINE void put_mxfp4(encode_tile *tile, i32x16 exponent) {
    f32x16 scale = halves_of_e8m0(exponent);
    u8x16 codes[32];
    for (int i = 0; i < 32; i++) codes[i] = e2m1_codes(tile, tile->x[i], scale);
    tile->special |= exponent == 255;
    tile->bytes[0] = bytes_of_ints(exponent);
    put_nibbles(tile, 1, codes);
}

static void encode_mxfp4(encode_tile *tile) { put_mxfp4(tile, e8m0_of(tile->greatest, tile->rule)); }

/// Unsigned E4M3, nearest, halves up; whatever is 256 or more becomes 448.
INLINE i32x16 e4m3_of(f32x16 values) {
    f32x16 kept = smaller(values, lanes_of(448));
    i32x16 bits = (i32x16)kept, exponent = (bits >> 23) - 120;
    i32x16 subnormal = clamped(truncated(kept * 512.0f + 0.5f), 0, 7);
    i32x16 normal = ((bits >> 20) - (120 << 3)) + (bits >> 19 & 1);
    normal = pick_int(normal >= 15 << 3, (i32x16){} + 0x7E, normal);
    return pick_int(exponent <= 0, subnormal, normal) & (i32x16)(values > 0.0f);
}

/// Half of the E4M3 number: 0x7F is 0.
INLINE f32x16 halves_of_e4m3(i32x16 codes) {
    f32x16 normal = (f32x16)((codes + (119 << 3)) << 20), subnormal = floats_of_ints(codes) * 0x1p-10f;
    f32x16 value = pick_float(codes < 8, subnormal, normal);
    return pick_float(codes == 0x7F, (f32x16){}, value);
}

/// One sub-block of 16, by its scale byte.
INLINE void put_nvfp4(encode_tile *tile, int part, i32x16 scaleCode) {
    f32x16 scale = halves_of_e4m3(scaleCode);
    u8x16 codes[16];
    for (int i = 0; i < 16; i++) codes[i] = e2m1_codes(tile, tile->x[16 * part + i], scale);
    tile->bytes[part] = bytes_of_ints(scaleCode);
    for (int j = 0; j < 8; j++) tile->bytes[4 + 8 * part + j] = codes[j] | codes[j + 8] << 4;
}

static void encode_nvfp4(encode_tile *tile) {
    for (int part = 0; part < 4; part++)
        put_nvfp4(tile, part, e4m3_of(greatest_of(tile->x + 16 * part, 16) / 6.0f));
}
