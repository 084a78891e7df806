// Better scales and shifts for a group whose codes are whole numbers: sixteen ranges are tried at once, then two steps
// of least squares (the best scale and shift for the codes found, then the best codes for those). What wins must have
// less error than the library's own codes when both are decoded as the library decodes them.

/// How the shift of a group may change.
enum { SHIFT_IS_FREE, SHIFT_IS_WHOLE, SHIFT_IS_FIXED };

/// The weights of a group with the importance of each, and how codes, counted from 0, stand for numbers.
typedef struct {
    const float *weights, *importance;
    size_t size;
    const ingot_groups *form;
    float greatest;  ///< the greatest code
    float origin;    ///< the code that stands for 0 where the shift is 0
} searched_group;

/// A scale and a shift as they are stored, and the error that they have.
typedef struct { float scale, shift, error; } candidate;

/// 1 / 127, as bitsandbytes writes it.
#define INGOT_127TH 7.874015718698502e-3f

#define LANE_NUMBERS ((f32x16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})

/// The shares of a range's two ends that are tried, by bits. They were found on normal and on heavy-tailed weights.
INLINE void range_shares(int shift, int bits, f32x16 *low, f32x16 *high) {
    static const float pair[9][2] = {
        {0, 0}, {0, 0}, {0.5f, 0.9f}, {0.65f, 0.95f}, {0.82f, 1.0f}, {0.88f, 1.0f}, {0.94f, 1.01f}, {0.96f, 1.005f},
        {0.985f, 1.003f}};
    static const float alone[9][2] = {
        {0, 0}, {0, 0}, {0.5f, 1.3f}, {0.62f, 1.13f}, {0.7f, 1.075f}, {0.78f, 1.04f}, {0.86f, 1.02f}, {0.92f, 1.01f},
        {0.95f, 1.005f}};
    const float *ends = shift == SHIFT_IS_FIXED ? alone[bits] : pair[bits];
    if (shift == SHIFT_IS_FIXED) {
        *low = *high = ends[0] + LANE_NUMBERS * ((ends[1] - ends[0]) / 15);
        return;
    }
    i32x16 lanes = __builtin_convertvector(LANE_NUMBERS, i32x16);
    float step = (ends[1] - ends[0]) / 3;
    *low = ends[0] + __builtin_convertvector(lanes >> 2, f32x16) * step;
    *high = ends[0] + __builtin_convertvector(lanes & 3, f32x16) * step;
}

INLINE float sum_of_lanes(f32x16 values) {
    typedef float f32x8 __attribute__((vector_size(32)));
    typedef float f32x4 __attribute__((vector_size(16)));
    f32x8 eight = __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15);
    f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/// The codes of weights in steps, as floats.
INLINE f32x16 codes_of_steps(f32x16 steps, float greatest) {
    i32x16 bits = whole_bits(steps);
    bits = __builtin_elementwise_max(bits, INGOT_BITS_OF_ONE - (i32x16){});
    bits = __builtin_elementwise_min(bits, INGOT_BITS_OF_ONE + (int32_t)greatest - (i32x16){});
    return (f32x16)bits - INGOT_STEPS_OF_ONE;
}

/// What a code of one more adds to a number.
INLINE float step_of(const searched_group *group, float scale) {
    return group->form->rule == INGOT_INT8_ROWS ? scale * INGOT_127TH : scale;
}

/// The code, not yet whole, of a weight of 0.
INLINE float origin_of(int shift, const searched_group *group, candidate found) {
    return shift == SHIFT_IS_FREE ? -found.shift / found.scale : group->origin + found.shift;
}

/// Whether it can be stored, divided by, and stands for numbers at all.
INLINE int is_usable(candidate found) {
    return __builtin_fabsf(found.scale) < 0x1p126f && __builtin_fabsf(found.scale) > 0x1p-120f
        && __builtin_fabsf(found.shift) < __builtin_inff();
}

/// Runs `body` for each 16 weights of a group, with `weight` and `factor`; lanes behind the last weight have factor 0.
#define FOR_EACH_LANES(group, ...) \
    do { \
        size_t place = 0, size = (group)->size; \
        const float *given = (group)->importance; \
        for (; place + 16 <= size; place += 16) { \
            f32x16 weight = LOAD(f32x16, (group)->weights + place); \
            f32x16 factor = given ? LOAD(f32x16, given + place) : 1.0f - (f32x16){}; \
            __VA_ARGS__ \
        } \
        if (place < size) { \
            f32x16 weight = load_some((group)->weights + place, size - place), factor = 1.0f - (f32x16){}; \
            if (given) factor = load_some(given + place, size - place); \
            factor = (f32x16)((i32x16)factor & (LANE_NUMBERS < (float)(size - place))); \
            __VA_ARGS__ \
        } \
    } while (0)

/// The squared error in steps, rounding of decoded numbers left out.
static __attribute__((noinline)) float error_in_steps(const searched_group *group, float inverse, float origin) {
    f32x16 sum = {};
    if (!group->importance && group->size % 16 == 0) {
        for (size_t place = 0; place < group->size; place += 16) {
            f32x16 steps = LOAD(f32x16, group->weights + place) * inverse + origin;
            f32x16 rest = steps - codes_of_steps(steps, group->greatest);
            sum += rest * rest;
        }
        return sum_of_lanes(sum);
    }
    FOR_EACH_LANES(group, {
        f32x16 steps = weight * inverse + origin;
        f32x16 rest = steps - codes_of_steps(steps, group->greatest);
        sum += rest * rest * factor;
    });
    return sum_of_lanes(sum);
}

/// The squared error of codes, or of those that a candidate gives, decoded as the library decodes them.
INLINE float decoded_error(
    int shift, int dtype, const searched_group *group, candidate found, const uint8_t *codes, uint8_t flip) {
    float inverse = 1.0f / step_of(group, found.scale), origin = origin_of(shift, group, found);
    f32x16 sum = {}, scale = found.scale - (f32x16){}, offset = found.shift - (f32x16){};
    FOR_EACH_LANES(group, {
        f32x16 code, decoded;
        if (codes) {
            u8x16 bytes = {};
            memcpy(&bytes, codes + place, size - place < 16 ? size - place : 16);
            code = __builtin_convertvector(__builtin_convertvector(bytes ^ flip, i32x16), f32x16);
        } else {
            code = codes_of_steps(weight * inverse + origin, group->greatest);
        }
        if (shift == SHIFT_IS_FREE) decoded = scaled(dtype, 1, code, scale, offset);
        else if (group->form->rule == INGOT_INT8_ROWS) decoded = (code - group->origin) * scale * INGOT_127TH;
        else decoded = scaled(dtype, 0, code - group->origin, scale, offset);
        f32x16 error = weight - decoded;
        sum += error * error * factor;
    });
    return sum_of_lanes(sum);
}

/// The scale and shift that are best for a candidate's codes. Sums are taken about the middle code, or about the one
/// that stands for 0.
INLINE candidate least_squares(int shift, int dtype, const searched_group *group, candidate from) {
    float inverse = 1.0f / step_of(group, from.scale), origin = origin_of(shift, group, from);
    float center = shift == SHIFT_IS_FREE ? group->greatest / 2 : origin;
    f32x16 factors = {}, codes = {}, squares = {}, weights = {}, products = {};
    const float *importance = group->importance;
    FOR_EACH_LANES(group, {
        f32x16 code = codes_of_steps(weight * inverse + origin, group->greatest) - center, part = code * factor;
        squares += part * code;
        products += part * weight;
        if (shift == SHIFT_IS_FREE) {
            factors += factor;
            codes += part;
            weights += weight * factor;
        }
    });
    double square = sum_of_lanes(squares), product = sum_of_lanes(products);
    f32x16 scale = {};
    if (shift != SHIFT_IS_FREE) {
        double step = square > 0 ? product / square : 0;
        if (group->form->rule == INGOT_INT8_ROWS) return (candidate){(float)(step * 127), from.shift, 0};
        return (candidate){rounded_to(dtype, scale + (float)step)[0], from.shift, 0};
    }
    double factor = importance ? sum_of_lanes(factors) : (double)group->size;
    double code = sum_of_lanes(codes), weight = sum_of_lanes(weights), determinant = factor * square - code * code;
    if (!(determinant > 0 && factor > 0)) return (candidate){0, 0, 0};
    scale = rounded_to(dtype, scale + (float)((factor * product - code * weight) / determinant));
    double offset = (weight - (double)scale[0] * code) / factor - (double)scale[0] * center;
    return (candidate){scale[0], rounded_to(dtype, (f32x16){} + (float)offset)[0], 0};
}

/// The best of sixteen ranges.
INLINE candidate best_range(int shift, int dtype, const searched_group *group, f32x16 low, f32x16 high) {
    const ingot_groups *form = group->form;
    f32x16 lowShare, highShare, shifts = {}, scales;
    range_shares(shift, form->bits, &lowShare, &highShare);
    if (shift != SHIFT_IS_FREE) {
        low = select_floats(low < 0.0f, low, (f32x16){});
        high = select_floats(high > 0.0f, high, (f32x16){});
    }
    if (shift == SHIFT_IS_FIXED) {
        f32x16 magnitude = select_floats(high > -low, high, -low) * highShare;
        scales = magnitude;
        if (form->rule != INGOT_INT8_ROWS) scales = rounded_to(dtype, (magnitude + magnitude) / group->greatest);
        shifts += (float)(1 << (form->bits - 1)) - group->origin;
    } else {
        low *= lowShare;
        high *= highShare;
        scales = rounded_to(dtype, (high - low) / group->greatest);
        if (shift == SHIFT_IS_FREE) shifts = rounded_to(dtype, low);
        else shifts = whole_within(-low / scales, (float)form->least_zero, group->greatest) - group->origin;
    }
    candidate best = {0, 0, __builtin_inff()};
    for (int lane = 0; lane < 16; lane++) {
        candidate tried = {scales[lane], shifts[lane], 0};
        if (!is_usable(tried)) continue;
        float step = step_of(group, tried.scale);
        tried.error = error_in_steps(group, 1.0f / step, origin_of(shift, group, tried)) * step * step;
        if (tried.error < best.error) best = tried;
    }
    return best;
}

/// Writes the codes that a candidate gives.
/// - Returns: how many weights are beyond them.
INLINE uint64_t store_searched(
    int shift, const searched_group *group, candidate found, uint8_t flip, uint8_t *codes) {
    float inverse = 1.0f / step_of(group, found.scale), origin = origin_of(shift, group, found);
    i32x16 beyond = {};
    FOR_EACH_LANES(group, {
        f32x16 steps = weight * inverse + origin, code = codes_of_steps(steps, group->greatest), rest = steps - code;
        u8x16 bytes = __builtin_convertvector(__builtin_convertvector(code, i32x16), u8x16) ^ flip;
        memcpy(codes + place, &bytes, size - place < 16 ? size - place : 16);
        beyond -= ((rest > 0.5f) | (rest < -0.5f)) & (LANE_NUMBERS < (float)(size - place));
        (void)factor;
    });
    return (uint64_t)__builtin_reduce_add(beyond);
}

/// Replaces the numbers and codes of a group where others have less error; `clipped` counts the weights beyond them.
INLINE void search_group(int shift, int dtype, const ingot_groups *form, const float *weights,
    const float *importance, size_t size, float low, float high, float *scale, float *shiftOfGroup, uint8_t *codes,
    uint64_t *clipped) {
    float half = (float)(1 << (form->bits - 1));
    int isSigned = form->rule == INGOT_SIGNED || form->rule == INGOT_INT8_ROWS;
    uint8_t flip = isSigned && !form->is_unsigned ? 0x80 : 0;
    searched_group group = {weights, importance, size, form, 2 * half - 1, isSigned ? half : 0};
    candidate best = {*scale, *shiftOfGroup, 0};
    // A tie, or what sums of float32 cannot tell from one, leaves the library's codes.
    best.error = decoded_error(shift, dtype, &group, best, codes, flip) * 0.9999f;
    if (!(best.error > 0)) return;
    int isFound = 0;
    candidate tried = best_range(shift, dtype, &group, low - (f32x16){}, high - (f32x16){});
    for (int step = 0; step < 3 && is_usable(tried); step++) {
        if (step > 0) tried = least_squares(shift, dtype, &group, tried);
        if (!is_usable(tried)) break;
        tried.error = decoded_error(shift, dtype, &group, tried, 0, flip);
        if (!(tried.error < best.error)) continue;
        best = tried;
        isFound = 1;
    }
    if (!isFound) return;
    *scale = best.scale;
    *shiftOfGroup = best.shift;
    *clipped = store_searched(shift, &group, best, flip, codes);
}
