// float32 to ggml's Q8_0: the scale is a 127th of the block's greatest magnitude, and a code the nearest multiple, ties
// away from zero. Source: ggml 0.25.3, ggml-quants.c, quantize_row_q8_0_ref.

/// The nearest whole numbers, ties away from zero, as C's roundf has them; 0 for what is not below 2^22.
INLINE i32x16 rounded_away(f32x16 values) {
    u32x16 isUsual = (u32x16)(((u32x16)values & 0x7FFFFFFF) < 0x4A800000);
    values = (f32x16)((u32x16)values & isUsual);
    i32x16 whole = __builtin_convertvector(values, i32x16);
    f32x16 rest = values - __builtin_convertvector(whole, f32x16);  // exact
    return whole - (i32x16)(rest >= 0.5f) + (i32x16)(rest <= -0.5f);
}

/// - Returns: whether the scale is an infinity or NaN, as it is when a weight is, or too large for half precision.
INLINE int encode_q8_0(const uint8_t *weights, uint8_t *block) {
    f32x16 first = LOAD(f32x16, weights), second = LOAD(f32x16, weights + 64);
    u32x16 magnitudes = (u32x16)first & 0x7FFFFFFF, others = (u32x16)second & 0x7FFFFFFF;
    u32x16 isLess = (u32x16)(magnitudes < others);
    // The bits of magnitudes rise with them, and NaN stands above infinity.
    uint32_t bits = __builtin_reduce_max((isLess & others) | (~isLess & magnitudes));
    float greatest;
    memcpy(&greatest, &bits, 4);
    float scale = greatest / 127, inverse = scale != 0 ? 1 / scale : 0;
    uint16_t half = (uint16_t)to_halves(scale - (f32x16){})[0] & 0x7FFF;
    memcpy(block, &half, 2);
    STORE(block + 2, __builtin_convertvector(rounded_away(first * inverse), i8x16));
    STORE(block + 18, __builtin_convertvector(rounded_away(second * inverse), i8x16));
    return is_special(half);
}

static size_t blocks_encode_q8_0(const uint8_t *weights, size_t count, uint8_t *blocks) {
    size_t specials = 0;
    for (size_t index = 0; index < count; index++) specials += encode_q8_0(weights + 128 * index, blocks + 34 * index);
    return specials;
}
