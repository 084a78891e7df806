// Better scales and shifts for a group whose codes are whole numbers: sixteen ranges are tried at once, then two steps
// of least squares (the best scale and shift for the codes found, then the best codes for those). What wins must have
// less error than the library's own codes when both are decoded as the library decodes them. Sixteen groups go through
// each step together, with what a group has one of in lanes.

/// How the shift of a group may change.
enum { SHIFT_IS_FREE, SHIFT_IS_WHOLE, SHIFT_IS_FIXED };

/// The weights of a group with the importance of each, and how codes, counted from 0, stand for numbers.
typedef struct {
    const float *weights, *importance;
    size_t size;
    const ingot_groups *form;
    int shift;       ///< how it may change
    float greatest;  ///< the greatest code
    float origin;    ///< the code that stands for 0 where the shift is 0
} searched_group;

/// Scales and shifts of sixteen groups as they are stored.
typedef struct { f32x16 scale, shift; } candidates;

/// What the codes of sixteen groups come to: squared errors, and with codes q less a middle one, weights w and
/// importances the sums of least squares. First a vector for each group, then a lane.
typedef struct { f32x16 errors[16], factors[16], codes[16], squares[16], weights[16], products[16]; } group_sums;

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

/// The sums of sixteen vectors' lanes, in lanes.
INLINE f32x16 sums_of_lanes(f32x16 *rows) {
    for (int row = 0; row < 8; row++)
        rows[row] = __builtin_shufflevector(
                        rows[2 * row], rows[2 * row + 1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
            + __builtin_shufflevector(
                rows[2 * row], rows[2 * row + 1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    for (int row = 0; row < 4; row++)
        rows[row] = __builtin_shufflevector(
                        rows[2 * row], rows[2 * row + 1], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
            + __builtin_shufflevector(
                rows[2 * row], rows[2 * row + 1], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    for (int row = 0; row < 2; row++)
        rows[row] = __builtin_shufflevector(
                        rows[2 * row], rows[2 * row + 1], 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29)
            + __builtin_shufflevector(
                rows[2 * row], rows[2 * row + 1], 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
    return __builtin_shufflevector(rows[0], rows[1], 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
        + __builtin_shufflevector(rows[0], rows[1], 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/// The codes of weights in steps, as the bits of floats from 1.5 × 2^23 on.
INLINE i32x16 bits_of_steps(f32x16 steps, int32_t greatest) {
    i32x16 bits = __builtin_elementwise_max(whole_bits(steps), INGOT_BITS_OF_ONE - (i32x16){});
    return __builtin_elementwise_min(bits, INGOT_BITS_OF_ONE + greatest - (i32x16){});
}

/// What a code of one more adds to a number.
INLINE f32x16 steps_of(const ingot_groups *form, f32x16 scale) {
    return form->rule == INGOT_INT8_ROWS ? scale * INGOT_127TH : scale;
}

/// The codes, not yet whole, of a weight of 0.
INLINE f32x16 origins_of(const searched_group *group, candidates found) {
    return group->shift == SHIFT_IS_FREE ? -found.shift / found.scale : group->origin + found.shift;
}

/// Which can be stored, divided by, and stand for numbers at all.
INLINE i32x16 are_usable(candidates found) {
    f32x16 scale = (f32x16)((i32x16)found.scale & 0x7FFFFFFF), shift = (f32x16)((i32x16)found.shift & 0x7FFFFFFF);
    return (scale < 0x1p126f) & (scale > 0x1p-120f) & (shift < __builtin_inff());
}

/// Runs the code behind for each 16 weights of a group, with `weight`, `factor` and `place`. Lanes behind the last
/// weight have factor 0. `parts` is the number of vectors where it is known beforehand, else 0.
#define FOR_EACH_LANES(group, parts, isWeighted, ...) \
    do { \
        size_t size = parts ? 16 * (size_t)parts : (group)->size, place = 0; \
        for (; place + 16 <= size; place += 16) { \
            f32x16 weight = LOAD(f32x16, (group)->weights + place), factor = 1.0f - (f32x16){}; \
            if (isWeighted) factor = LOAD(f32x16, (group)->importance + place); \
            __VA_ARGS__ \
        } \
        if (!parts && place < size) { \
            f32x16 weight = load_some((group)->weights + place, size - place), factor = 1.0f - (f32x16){}; \
            if (isWeighted) factor = load_some((group)->importance + place, size - place); \
            factor = (f32x16)((i32x16)factor & (LANE_NUMBERS < (float)(size - place))); \
            __VA_ARGS__ \
        } \
    } while (0)

/// The squared error, in steps, of sixteen candidates; how decoded numbers are rounded is left out.
INLINE f32x16 errors_in_steps(
    int parts, int isWeighted, const searched_group *group, f32x16 inverses, f32x16 origins) {
    float inverse[16], origin[16];
    STORE(inverse, inverses);
    STORE(origin, origins);
    f32x16 sums[16];
    int32_t greatest = (int32_t)group->greatest;
    for (int lane = 0; lane < 16; lane++) {
        f32x16 sum = {};
        FOR_EACH_LANES(group, parts, isWeighted, {
            f32x16 steps = weight * inverse[lane] + origin[lane];
            f32x16 rest = steps - ((f32x16)bits_of_steps(steps, greatest) - INGOT_STEPS_OF_ONE);
            sum += isWeighted || !parts ? rest * rest * factor : rest * rest;
        });
        sums[lane] = sum;
    }
    return sums_of_lanes(sums);
}

/// What the library decodes codes to.
INLINE f32x16 decoded_codes(const searched_group *group, float scaleOfGroup, float shiftOfGroup, f32x16 code) {
    f32x16 scale = scaleOfGroup - (f32x16){}, shift = shiftOfGroup - (f32x16){};
    if (group->form->rule == INGOT_INT8_ROWS) return (code - group->origin) * scale * INGOT_127TH;
    if (group->shift == SHIFT_IS_FREE) return scaled(group->form->dtype, 1, code, scale, shift);
    // Numbers of GPTQ are not rounded.
    int dtype = group->form->rule == INGOT_GPTQ ? INGOT_F32 : group->form->dtype;
    return scaled(dtype, 0, code - group->origin, scale, shift);
}

/// The numbers of one group, beside the sixteen's: what a code adds, and the code of 0.
typedef struct { float scale, shift, inverse, origin; } tried_numbers;

/// Sums over a group's codes, which are `codes` or follow from the numbers.
INLINE void examine(int parts, int isWeighted, const searched_group *group, tried_numbers tried, const uint8_t *codes,
    uint8_t flip, group_sums *sums, int index) {
    float center = group->shift == SHIFT_IS_FREE ? group->greatest / 2 : tried.origin;
    int32_t greatest = (int32_t)group->greatest;
    int isSmall = group->form->bits <= 4;
    // Small codes are looked up.
    f32x16 table = {}, errors = {}, factors = {}, middles = {}, squares = {}, weights = {}, products = {};
    if (isSmall) table = decoded_codes(group, tried.scale, tried.shift, LANE_NUMBERS);
    FOR_EACH_LANES(group, parts, isWeighted, {
        i32x16 bits;
        if (codes) {
            u8x16 bytes = {};
            memcpy(&bytes, codes + place, parts || size - place >= 16 ? 16 : size - place);
            bits = __builtin_convertvector(bytes ^ flip, i32x16) + INGOT_BITS_OF_ONE;
        } else {
            bits = bits_of_steps(weight * tried.inverse + tried.origin, greatest);
        }
        f32x16 code = (f32x16)bits - INGOT_STEPS_OF_ONE;
        f32x16 decoded =
            isSmall ? look_up(&table, (u32x16)bits & 15) : decoded_codes(group, tried.scale, tried.shift, code);
        f32x16 error = weight - decoded;
        errors += error * error * factor;
        if (!codes) {
            f32x16 middle = code - center, part = middle * factor;
            squares += part * middle;
            products += part * weight;
            middles += part;
            weights += weight * factor;
            factors += factor;
        }
    });
    sums->errors[index] = errors;
    if (codes) return;
    sums->factors[index] = factors;
    sums->codes[index] = middles;
    sums->squares[index] = squares;
    sums->weights[index] = weights;
    sums->products[index] = products;
}

/// The scales and shifts that are best for the codes of candidates, whose sums are about the middle code, or about the
/// one that stands for 0.
INLINE candidates least_squares(const searched_group *group, candidates from, group_sums *sums) {
    const ingot_groups *form = group->form;
    #define WIDE(name) __builtin_convertvector(sums_of_lanes(sums->name), f64x16)
    f64x16 square = WIDE(squares), product = WIDE(products);
    if (group->shift != SHIFT_IS_FREE) {
        f32x16 scale = __builtin_convertvector(product / square, f32x16);
        if (form->rule == INGOT_INT8_ROWS) return (candidates){scale * 127.0f, from.shift};
        return (candidates){rounded_to(form->dtype, scale), from.shift};
    }
    f64x16 factor = WIDE(factors), code = WIDE(codes), weight = WIDE(weights);
    #undef WIDE
    f64x16 slope = (factor * product - code * weight) / (factor * square - code * code);
    f32x16 scale = rounded_to(form->dtype, __builtin_convertvector(slope, f32x16));
    f64x16 wide = __builtin_convertvector(scale, f64x16);
    f64x16 offset = (weight - wide * code) / factor - wide * (double)(group->greatest / 2);
    return (candidates){scale, rounded_to(form->dtype, __builtin_convertvector(offset, f32x16))};
}

/// The best of sixteen ranges of a group; one with scale 0 when none can be used.
INLINE void best_range(int parts, int isWeighted, const searched_group *group, float least, float most, float *scale,
    float *shift) {
    const ingot_groups *form = group->form;
    f32x16 low = least - (f32x16){}, high = most - (f32x16){}, lowShare, highShare;
    candidates tried = {};
    range_shares(group->shift, form->bits, &lowShare, &highShare);
    if (group->shift != SHIFT_IS_FREE) {
        low = select_floats(low < 0.0f, low, (f32x16){});
        high = select_floats(high > 0.0f, high, (f32x16){});
    }
    if (group->shift == SHIFT_IS_FIXED) {
        f32x16 magnitude = select_floats(high > -low, high, -low) * highShare;
        tried.scale = form->rule == INGOT_INT8_ROWS
            ? magnitude : rounded_to(form->dtype, (magnitude + magnitude) / group->greatest);
        tried.shift += (float)(1 << (form->bits - 1)) - group->origin;
    } else {
        low *= lowShare;
        high *= highShare;
        tried.scale = rounded_to(form->dtype, (high - low) / group->greatest);
        tried.shift = group->shift == SHIFT_IS_FREE
            ? rounded_to(form->dtype, low)
            : whole_within(-low / tried.scale, (float)form->least_zero, group->greatest) - group->origin;
    }
    f32x16 steps = steps_of(form, tried.scale);
    f32x16 errors = errors_in_steps(parts, isWeighted, group, 1.0f / steps, origins_of(group, tried));
    i32x16 usable = are_usable(tried) & (errors * steps * steps < __builtin_inff());
    // Errors are not negative, so that their bits are in order.
    i32x16 bits = (i32x16)(errors * steps * steps);
    bits = (usable & bits) | (~usable & 0x7F800000);
    int32_t best = __builtin_reduce_min(bits);
    float scales[16], shifts[16];
    STORE(scales, (f32x16)((i32x16)tried.scale & usable));
    STORE(shifts, tried.shift);
    int place = 0;
    for (int lane = 15; lane >= 0; lane--) place = bits[lane] == best ? lane : place;
    *scale = scales[place];
    *shift = shifts[place];
}

/// Writes the codes that numbers give.
/// - Returns: how many weights are beyond them.
static uint64_t store_searched(const searched_group *group, tried_numbers found, uint8_t flip, uint8_t *codes) {
    int32_t greatest = (int32_t)group->greatest;
    i32x16 beyond = {};
    FOR_EACH_LANES(group, 0, 0, {
        f32x16 steps = weight * found.inverse + found.origin;
        i32x16 bits = bits_of_steps(steps, greatest);
        u8x16 bytes = __builtin_convertvector((u32x16)bits & 0xFF, u8x16) ^ flip;
        memcpy(codes + place, &bytes, size - place < 16 ? size - place : 16);
        beyond -= (bits != whole_bits(steps)) & (factor != 0.0f);
    });
    return (uint64_t)__builtin_reduce_add(beyond);
}

INLINE void store_tried(const searched_group *group, candidates found, tried_numbers *numbers) {
    float scale[16], shift[16], inverse[16], origin[16];
    STORE(scale, found.scale);
    STORE(shift, found.shift);
    STORE(inverse, 1.0f / steps_of(group->form, found.scale));
    STORE(origin, origins_of(group, found));
    for (int index = 0; index < 16; index++)
        numbers[index] = (tried_numbers){scale[index], shift[index], inverse[index], origin[index]};
}

/// Looks for numbers with less error than the library's, of up to sixteen groups; says which have some.
INLINE i32x16 search_groups(int parts, int isWeighted, searched_group *groups, size_t count, const float *low,
    const float *high, const uint8_t *codes, uint8_t flip, candidates *found, tried_numbers *numbers) {
    group_sums sums = {};
    store_tried(groups, *found, numbers);
    for (size_t index = 0; index < count; index++)
        examine(parts, isWeighted, groups + index, numbers[index], codes + index * groups->size, flip, &sums,
            (int)index);
    // A tie, or what sums of float32 cannot tell from one, leaves the library's codes.
    f32x16 least = sums_of_lanes(sums.errors) * 0.9999f;
    float scale[16] = {0}, shift[16] = {0};
    for (size_t index = 0; index < count; index++)
        best_range(parts, isWeighted, groups + index, low[index], high[index], scale + index, shift + index);
    candidates tried = {LOAD(f32x16, scale), LOAD(f32x16, shift)};
    i32x16 isFound = {};
    for (int step = 0; step < 3; step++) {
        i32x16 usable = are_usable(tried);
        tried.scale = select_floats(usable, tried.scale, found->scale);
        tried.shift = select_floats(usable, tried.shift, found->shift);
        store_tried(groups, tried, numbers);
        for (size_t index = 0; index < count; index++)
            examine(parts, isWeighted, groups + index, numbers[index], 0, flip, &sums, (int)index);
        f32x16 errors = sums_of_lanes(sums.errors);
        i32x16 isBetter = (errors < least) & usable;
        least = select_floats(isBetter, errors, least);
        found->scale = select_floats(isBetter, tried.scale, found->scale);
        found->shift = select_floats(isBetter, tried.shift, found->shift);
        isFound |= isBetter;
        if (step < 2) tried = least_squares(groups, tried, &sums);
    }
    store_tried(groups, *found, numbers);
    return isFound;
}

#define SEARCH_GROUPS(parts) \
    (isWeighted ? search_groups(parts, 1, groups, count, low, high, codes, flip, &found, numbers) \
                : search_groups(parts, 0, groups, count, low, high, codes, flip, &found, numbers))

/// Replaces the numbers and codes of up to sixteen groups where others have less error; `clipped` counts the weights
/// beyond them. Groups without a place among the importances have none.
static void improve_groups(const ingot_groups *form, const float *weights, const float *const *importances, size_t size,
    size_t count, const float *low, const float *high, float *scale, float *shift, uint8_t *codes, uint64_t *clipped) {
    float half = (float)(1 << (form->bits - 1));
    int isSigned = form->rule == INGOT_SIGNED || form->rule == INGOT_INT8_ROWS, isWeighted = importances[0] != 0;
    int kind = form->rule == INGOT_MLX_AFFINE ? SHIFT_IS_FREE
        : form->is_symmetric || form->rule == INGOT_INT8_ROWS ? SHIFT_IS_FIXED : SHIFT_IS_WHOLE;
    uint8_t flip = isSigned && !form->is_unsigned ? 0x80 : 0;
    searched_group groups[16];
    for (size_t index = 0; index < 16; index++)
        groups[index] = (searched_group){weights + (index < count ? index * size : 0), importances[index], size, form,
            kind, 2 * half - 1, isSigned ? half : 0};
    candidates found = {LOAD(f32x16, scale), LOAD(f32x16, shift)};
    tried_numbers numbers[16];
    i32x16 isFound;
    switch (size) {
    case 32: isFound = SEARCH_GROUPS(2); break;
    case 64: isFound = SEARCH_GROUPS(4); break;
    case 128: isFound = SEARCH_GROUPS(8); break;
    default: isFound = SEARCH_GROUPS(0); break;
    }
    STORE(scale, found.scale);
    STORE(shift, found.shift);
    for (size_t index = 0; index < count; index++)
        if (isFound[index]) clipped[index] = store_searched(groups + index, numbers[index], flip, codes + index * size);
}
