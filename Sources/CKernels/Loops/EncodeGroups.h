// Weights to whole numbers that share a scale, and perhaps a shift, in groups: the rules of each library, step by step
// in float32. Sixteen groups are taken at a time, so that what a group has one of is computed in lanes.

/// Where float32 has steps of 1: adding this rounds to whole numbers, ties to even, in the bits' low end. Compared as
/// integers, sums of any size (NaN too) can be clamped.
static const float INGOT_STEPS_OF_ONE = 0x1.8p23f;
static const int32_t INGOT_BITS_OF_ONE = 0x4B400000;

INLINE i32x16 whole_bits(f32x16 values) { return (i32x16)(values + INGOT_STEPS_OF_ONE); }

INLINE f32x16 select_floats(i32x16 condition, f32x16 yes, f32x16 no) {
    return (f32x16)((condition & (i32x16)yes) | (~condition & (i32x16)no));
}

/// The nearest whole number between two bounds, ties to even.
INLINE f32x16 whole_within(f32x16 values, float least, float greatest) {
    f32x16 low = least - (f32x16){}, high = greatest - (f32x16){};
    values = select_floats(values > low, values, low);
    values = select_floats(values < high, values, high);
    return values + INGOT_STEPS_OF_ONE - INGOT_STEPS_OF_ONE;
}

/// What the groups of a batch share: the numbers that codes are made with, and those that are stored.
typedef struct { f32x16 scale, shift, storedScale, storedShift; } group_numbers;

/// Up to 16 floats, the rest copies of `fill`.
INLINE f32x16 load_filled(const float *place, size_t count, float fill) {
    f32x16 loaded = fill - (f32x16){};
    memcpy(&loaded, place, count * sizeof(float));
    return loaded;
}

/// Floats as integers in the same order.
INLINE i32x16 ordered_bits(f32x16 values) {
    i32x16 bits = (i32x16)values;
    return bits ^ ((bits >> 31) & 0x7FFFFFFF);
}

INLINE float float_of_order(int32_t key) {
    key ^= (key >> 31) & 0x7FFFFFFF;
    return LOAD(float, &key);
}

INLINE void range_of_group(const float *weights, size_t size, float *low, float *high) {
    i32x16 least = ordered_bits(load_filled(weights, size < 16 ? size : 16, weights[0])), greatest = least;
    size_t place = 16;
    for (; place + 16 <= size; place += 16) {
        i32x16 keys = ordered_bits(LOAD(f32x16, weights + place));
        least = __builtin_elementwise_min(least, keys);
        greatest = __builtin_elementwise_max(greatest, keys);
    }
    if (place < size) {
        i32x16 keys = ordered_bits(load_filled(weights + place, size - place, weights[0]));
        least = __builtin_elementwise_min(least, keys);
        greatest = __builtin_elementwise_max(greatest, keys);
    }
    *low = float_of_order(__builtin_reduce_min(least));
    *high = float_of_order(__builtin_reduce_max(greatest));
}

/// The least and greatest weight of each group of each row; the last group of a row may be short.
static void groups_range(const float *weights, size_t columns, size_t group, size_t count, float *lows, float *highs) {
    for (size_t start = 0; start < count; start += columns)
        for (size_t place = 0; place < columns; place += group)
            range_of_group(weights + start + place, columns - place < group ? columns - place : group, lows++, highs++);
}

/// The difference between 1 and the next number of a type, which stands for a scale of 0 in compressed-tensors.
INLINE float step_at_one(int dtype) {
    return dtype == INGOT_BF16 ? 0x1p-7f : dtype == INGOT_F16 ? 0x1p-10f : 0x1p-23f;
}

/// A scale as it is stored; one that would vanish is the least there is.
INLINE f32x16 kept_scale(int dtype, f32x16 scale) {
    float least = dtype == INGOT_BF16 ? 0x1p-126f : dtype == INGOT_F16 ? 0x1p-24f : 0x1p-126f;
    f32x16 kept = rounded_to(dtype, scale);
    return select_floats(kept < least, least - (f32x16){}, kept);
}

/// MLX: the end that is farther from zero becomes an exact multiple of the scale, or the scale's bias.
INLINE group_numbers affine_numbers(int dtype, int bits, f32x16 low, f32x16 high) {
    i32x16 isLow = (f32x16)((u32x16)low & 0x7FFFFFFF) > (f32x16)((u32x16)high & 0x7FFFFFFF);
    f32x16 scale = (high - low) / (float)((1 << bits) - 1);
    scale = select_floats(scale > 1e-7f, scale, 1e-7f - (f32x16){});
    scale = select_floats(isLow, scale, -scale);
    f32x16 edge = select_floats(isLow, low, high);
    // The quotient is a number of steps, at most those of a code; what is not is not rounded.
    f32x16 steps = edge / scale;
    i32x16 isSmall = (f32x16)((u32x16)steps & 0x7FFFFFFF) < 0x1p22f;
    steps = select_floats(isSmall, steps + INGOT_STEPS_OF_ONE - INGOT_STEPS_OF_ONE, steps);
    i32x16 isExact = steps != 0.0f;
    group_numbers numbers;
    numbers.scale = select_floats(isExact, edge / steps, scale);
    numbers.shift = (f32x16)((i32x16)edge & isExact);
    numbers.storedScale = rounded_to(dtype, numbers.scale);
    numbers.storedShift = rounded_to(dtype, numbers.shift);
    return numbers;
}

/// GPTQ: the range holds zero; a group of zeros has that of -1...1. Codes are made with the stored scale.
INLINE group_numbers gptq_numbers(const ingot_groups *form, f32x16 low, f32x16 high) {
    float count = (float)((1 << form->bits) - 1);
    low = select_floats(low < 0.0f, low, (f32x16){});
    high = select_floats(high > 0.0f, high, (f32x16){});
    i32x16 isNothing = (low == 0.0f) & (high == 0.0f);
    low = select_floats(isNothing, -1.0f - (f32x16){}, low);
    high = select_floats(isNothing, 1.0f - (f32x16){}, high);
    group_numbers numbers;
    if (form->is_symmetric) {
        f32x16 greatest = select_floats(high > -low, high, -low);
        numbers.scale = kept_scale(form->dtype, (greatest + greatest) / count);
        numbers.shift = (float)(1 << (form->bits - 1)) - (f32x16){};
    } else {
        f32x16 scale = (high - low) / count;
        f32x16 zero = whole_within(-low / scale, 0, count);
        // A zero point that cannot be stored is moved, and the range widened by so many steps.
        float least = (float)form->least_zero;
        i32x16 isMoved = zero < least;
        numbers.shift = select_floats(isMoved, least - (f32x16){}, zero);
        numbers.scale = kept_scale(form->dtype, select_floats(isMoved, high / (count - least), scale));
    }
    numbers.storedScale = numbers.scale;
    numbers.storedShift = numbers.shift;
    return numbers;
}

/// AWQ: as GPTQ, but the zero point comes from the stored scale, and a range has a least width.
INLINE group_numbers awq_numbers(const ingot_groups *form, f32x16 low, f32x16 high) {
    low = select_floats(low < 0.0f, low, (f32x16){});
    high = select_floats(high > 0.0f, high, (f32x16){});
    float count = (float)((1 << form->bits) - 1);
    group_numbers numbers;
    if (form->is_symmetric) {
        f32x16 greatest = select_floats(high > -low, high, -low);
        greatest = select_floats(greatest > 1e-5f, greatest, 1e-5f - (f32x16){});
        numbers.scale = kept_scale(form->dtype, greatest / (float)((1 << (form->bits - 1)) - 1));
        numbers.shift = (float)(1 << (form->bits - 1)) - (f32x16){};
    } else {
        f32x16 width = high - low;
        width = select_floats(width > 1e-5f, width, 1e-5f - (f32x16){});
        numbers.scale = kept_scale(form->dtype, width / count);
        numbers.shift = whole_within(-low / numbers.scale, 0, count);
    }
    numbers.storedScale = numbers.scale;
    numbers.storedShift = numbers.shift;
    return numbers;
}

/// compressed-tensors: each step is rounded to the weights' dtype; a scale of 0 becomes the dtype's step at 1, when the
/// zero point is known.
INLINE group_numbers signed_numbers(int dtype, const ingot_groups *form, f32x16 low, f32x16 high) {
    float least = -(float)(1 << (form->bits - 1)), greatest = (float)((1 << (form->bits - 1)) - 1);
    low = select_floats(low < 0.0f, low, (f32x16){});
    high = select_floats(high > 0.0f, high, (f32x16){});
    group_numbers numbers = {};
    if (form->is_symmetric) {
        f32x16 magnitude = select_floats(high > -low, high, -low);
        numbers.scale = rounded_to(dtype, magnitude / ((greatest - least) / 2));
    } else {
        numbers.scale = rounded_to(dtype, rounded_to(dtype, high - low) / (greatest - least));
    }
    i32x16 isNothing = numbers.scale == 0.0f;
    numbers.scale = select_floats(isNothing, step_at_one(dtype) - (f32x16){}, numbers.scale);
    if (!form->is_symmetric) {
        f32x16 zero = rounded_to(dtype, least - rounded_to(dtype, low / numbers.scale));
        zero = whole_within(zero, least, greatest);
        // The library divides by the scale before it replaces a 0.
        f32x16 infinite = (f32x16)((i32x16)(greatest - (f32x16){}) & (low < 0.0f));
        numbers.shift = select_floats(isNothing, infinite, zero);
    }
    numbers.storedScale = numbers.scale;
    numbers.storedShift = numbers.shift;
    return numbers;
}

/// LLM.int8(): the greatest magnitude of a row is stored, and 127 times its reciprocal is what codes are made with.
INLINE group_numbers row_numbers(f32x16 low, f32x16 high) {
    group_numbers numbers = {};
    // The magnitude of zeros has no sign.
    numbers.storedScale = (f32x16)((i32x16)select_floats(high > -low, high, -low) & 0x7FFFFFFF);
    // Of a row of zeros nothing is left but zeros.
    i32x16 isNothing = numbers.storedScale == 0.0f;
    numbers.scale = (f32x16)((i32x16)(1.0f / numbers.storedScale * 127.0f) & ~isNothing);
    return numbers;
}

INLINE group_numbers numbers_of_groups(int rule, int dtype, const ingot_groups *form, f32x16 low, f32x16 high) {
    switch (rule) {
    case INGOT_MLX_AFFINE: return affine_numbers(form->dtype, form->bits, low, high);
    case INGOT_AWQ: return awq_numbers(form, low, high);
    case INGOT_SIGNED: return signed_numbers(dtype, form, low, high);
    case INGOT_INT8_ROWS: return row_numbers(low, high);
    default: return gptq_numbers(form, low, high);
    }
}

/// The bounds of a group's codes before `offset` is added to them.
typedef struct { i32x16 least, greatest; int32_t offset; } code_bounds;

INLINE code_bounds bounds_of(int rule, const ingot_groups *form, float shift) {
    int32_t half = 1 << (form->bits - 1), least = 0, offset = 0, greatest = 2 * half - 1;
    if (rule == INGOT_SIGNED) {
        least = -half;
        greatest = half - 1;
        offset = form->is_unsigned ? half : 0;
    } else if (rule == INGOT_INT8_ROWS) {
        least = -127;
        greatest = 127;
    } else if (rule != INGOT_MLX_AFFINE && rule != INGOT_AWQ) {
        offset = (int32_t)shift;
        least -= offset;
        greatest -= offset;
    }
    return (code_bounds){
        INGOT_BITS_OF_ONE + least - (i32x16){}, INGOT_BITS_OF_ONE + greatest - (i32x16){}, offset};
}

/// Weights in steps of their group, as the library has them before it rounds.
INLINE f32x16 in_steps(int rule, int dtype, f32x16 weight, f32x16 scale, f32x16 shift) {
    switch (rule) {
    case INGOT_MLX_AFFINE: return (weight - shift) / scale;
    case INGOT_AWQ: return (weight + shift * scale) / scale;
    case INGOT_SIGNED: return rounded_to(dtype, rounded_to(dtype, weight / scale) + shift);
    case INGOT_INT8_ROWS: return weight * scale;
    default: return weight / scale;
    }
}

/// The codes of 16 weights; how many were beyond the bounds is taken from `clipped`.
INLINE u8x16 codes_within(f32x16 steps, const code_bounds *bounds, i32x16 *clipped) {
    i32x16 bits = whole_bits(steps);
    i32x16 kept = __builtin_elementwise_min(__builtin_elementwise_max(bits, bounds->least), bounds->greatest);
    *clipped += (i32x16)(kept != bits);
    return __builtin_convertvector((u32x16)(kept + bounds->offset) & 0xFF, u8x16);
}

INLINE void encode_group(int rule, int dtype, const ingot_groups *form, const float *weights, size_t size,
    float scaleOfGroup, float shiftOfGroup, uint8_t *codes, i32x16 *clipped) {
    code_bounds bounds = bounds_of(rule, form, shiftOfGroup);
    f32x16 scale = scaleOfGroup - (f32x16){}, shift = shiftOfGroup - (f32x16){};
    size_t place = 0;
    for (; place + 16 <= size; place += 16) {
        f32x16 steps = in_steps(rule, dtype, LOAD(f32x16, weights + place), scale, shift);
        STORE(codes + place, codes_within(steps, &bounds, clipped));
    }
    if (place == size) return;
    i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, found = {};
    f32x16 steps = in_steps(rule, dtype, load_filled(weights + place, size - place, weights[place]), scale, shift);
    u8x16 last = codes_within(steps, &bounds, &found);
    *clipped += found & (lanes < (int32_t)(size - place));
    memcpy(codes + place, &last, size - place);
}
