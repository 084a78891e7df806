// The K types and IQ4_XS with less error: the sub-blocks' scales by search, quantized; then, for three rounds, each
// sub-block tries the neighbors of its quantized scale and minimum, and the super-block's own numbers are fitted to all
// codes by least squares.

/// How the sub-blocks of a type are scaled.
typedef struct {
    code_range range;
    int count;                ///< elements of a sub-block
    int scaleLow, scaleHigh;  ///< codes of scales
    int hasMinimum;
} scaling;

/// What stands for a super-block: x ≈ d · scale · value - dmin · minimum.
typedef struct {
    f32x16 scale[16], minimum[16];  ///< codes
    u32x16 d, dmin;
    f32x16 error;
} super_choice;

/// The squared error of a sub-block whose values are chosen by a step and a shift.
INLINE f32x16 scaled_error(const f32x16 *x, const f32x16 *h, scaling form, f32x16 step, f32x16 shift) {
    f32x16 error = {}, inverse = inverse_of(step);
    #pragma clang loop unroll_count(8)
    for (int i = 0; i < form.count; i++) {
        f32x16 value = nearest_value(form.range, (x[i] + shift) * inverse);
        f32x16 difference = value * step - shift - x[i];
        error += h ? h[i] * difference * difference : difference * difference;
    }
    return error;
}

INLINE f32x16 clamped_float(f32x16 values, float low, float high) {
    return smaller(larger(values, lanes_of(low)), lanes_of(high));
}

/// The codes of one sub-block's scale and minimum with the least error, among those near `scale` and `minimum`.
INLINE f32x16 try_neighbors(const f32x16 *x, const f32x16 *h, scaling form, f32x16 d, f32x16 dmin, f32x16 *scale,
    f32x16 *minimum) {
    f32x16 least = lanes_of(__builtin_inff()), bestScale = *scale, bestMinimum = *minimum;
    for (int scaleStep = -1; scaleStep <= 1; scaleStep++) {
        f32x16 triedScale = clamped_float(*scale + (float)scaleStep, form.scaleLow, form.scaleHigh);
        for (int minimumStep = -form.hasMinimum; minimumStep <= form.hasMinimum; minimumStep++) {
            f32x16 triedMinimum = clamped_float(*minimum + (float)minimumStep, 0, form.scaleHigh);
            f32x16 error = scaled_error(x, h, form, d * triedScale, dmin * triedMinimum);
            i32x16 isBetter = (i32x16)(error < least);
            least = pick_float(isBetter, error, least);
            bestScale = pick_float(isBetter, triedScale, bestScale);
            bestMinimum = pick_float(isBetter, triedMinimum, bestMinimum);
        }
    }
    *scale = bestScale;
    *minimum = bestMinimum;
    return least;
}

/// Sums for the fit of d and dmin: of a = scale · value and b = minimum.
typedef struct { f32x16 aa, ab, bb, ax, bx; } super_sums;

INLINE void add_super_sums(const f32x16 *x, const f32x16 *h, scaling form, f32x16 d, f32x16 dmin, f32x16 scale,
    f32x16 minimum, super_sums *sums) {
    f32x16 inverse = inverse_of(d * scale), shift = dmin * minimum;
    for (int i = 0; i < form.count; i++) {
        f32x16 a = nearest_value(form.range, (x[i] + shift) * inverse) * scale, weighted = h ? h[i] * a : a;
        sums->aa += weighted * a;
        sums->ax += weighted * x[i];
        if (!form.hasMinimum) continue;
        f32x16 b = h ? h[i] * minimum : minimum;
        sums->ab += weighted * minimum;
        sums->bb += b * minimum;
        sums->bx += b * x[i];
    }
}

/// d and dmin by least squares; those that were, where the sums do not tell.
INLINE void fit_super_block(const super_sums *sums, scaling form, u32x16 *d, u32x16 *dmin) {
    f32x16 alone = pick_float((i32x16)(sums->aa > 0.0f), sums->ax / sums->aa, from_halves(*d));
    if (!form.hasMinimum) {
        *d = to_halves(alone);
        return;
    }
    f32x16 determinant = sums->aa * sums->bb - sums->ab * sums->ab;
    i32x16 isRegular = (i32x16)(determinant > 0.0f) & (i32x16)(sums->bb > 0.0f);
    f32x16 inverse = 1.0f / pick_float(isRegular, determinant, lanes_of(1));
    f32x16 first = (sums->bb * sums->ax - sums->ab * sums->bx) * inverse;
    f32x16 second = (sums->ab * sums->ax - sums->aa * sums->bx) * inverse;
    isRegular &= (i32x16)(first > 0.0f) & (i32x16)(second > 0.0f);
    *d = (u32x16)pick_int(isRegular, (i32x16)to_halves(first), (i32x16)*d);
    *dmin = (u32x16)pick_int(isRegular, (i32x16)to_halves(second), (i32x16)*dmin);
}

/// One round: the neighbors of every sub-block's codes under d and dmin, and whether the super-block is better so.
/// - Returns: sums for the next fit.
INLINE super_sums improve(const f32x16 *x, const f32x16 *h, scaling form, super_choice *tried, super_choice *best) {
    super_sums sums = {};
    f32x16 d = from_halves(tried->d), dmin = from_halves(tried->dmin);
    tried->error = (f32x16){};
    for (int j = 0; j < 256 / form.count; j++) {
        const f32x16 *part = x + form.count * j, *weights = h ? h + form.count * j : NULL;
        tried->error += try_neighbors(part, weights, form, d, dmin, &tried->scale[j], &tried->minimum[j]);
        add_super_sums(part, weights, form, d, dmin, tried->scale[j], tried->minimum[j], &sums);
    }
    i32x16 isBetter = (i32x16)(tried->error < best->error);
    for (int j = 0; j < 256 / form.count; j++) {
        best->scale[j] = pick_float(isBetter, tried->scale[j], best->scale[j]);
        best->minimum[j] = pick_float(isBetter, tried->minimum[j], best->minimum[j]);
    }
    best->d = (u32x16)pick_int(isBetter, (i32x16)tried->d, (i32x16)best->d);
    best->dmin = (u32x16)pick_int(isBetter, (i32x16)tried->dmin, (i32x16)best->dmin);
    best->error = pick_float(isBetter, tried->error, best->error);
    return sums;
}

/// Codes of scales: the nearest multiples of a half-precision number.
INLINE void scale_codes(const f32x16 *scales, int count, u32x16 unit, int low, int high, f32x16 *codes) {
    f32x16 inverse = inverse_of(from_halves(unit));
    for (int j = 0; j < count; j++) codes[j] = near(clamped_float(inverse * scales[j], low, high), low, high);
}

/// - scales, minima: of the sub-blocks, by search.
INLINE void choose_super_block(const f32x16 *x, const f32x16 *h, scaling form, const f32x16 *scales,
    const f32x16 *minima, super_choice *best) {
    const int parts = 256 / form.count;
    super_choice tried = {};
    best->error = lanes_of(__builtin_inff());
    if (form.scaleLow < 0) {
        tried.d = to_halves(extreme_of(scales, parts) / (float)form.scaleLow);
    } else {
        tried.d = to_halves(greatest_of(scales, parts) / (float)form.scaleHigh);
        tried.dmin = to_halves(greatest_of(minima, parts) / (float)form.scaleHigh);
        scale_codes(minima, parts, tried.dmin, 0, form.scaleHigh, tried.minimum);
    }
    scale_codes(scales, parts, tried.d, form.scaleLow, form.scaleHigh, tried.scale);
    for (int round = 0; round < 3; round++) {
        super_sums sums = improve(x, h, form, &tried, best);
        fit_super_block(&sums, form, &tried.d, &tried.dmin);
    }
}

#define CHOOSE(tile, ...) \
    ((tile)->isWeighted ? choose_super_block((tile)->x, (tile)->h, __VA_ARGS__) \
                        : choose_super_block((tile)->x, NULL, __VA_ARGS__))

/// The codes of a choice.
INLINE void take_choice(encode_tile *tile, scaling form, const super_choice *choice, super_block *block) {
    f32x16 d = from_halves(choice->d), dmin = from_halves(choice->dmin);
    block->d = choice->d;
    block->dmin = choice->dmin;
    for (int j = 0; j < 256 / form.count; j++) {
        block->scaleCode[j] = __builtin_convertvector(choice->scale[j], i32x16);
        block->minimumCode[j] = __builtin_convertvector(choice->minimum[j], i32x16);
        f32x16 inverse = inverse_of(d * choice->scale[j]), shift = dmin * choice->minimum[j];
        for (int i = form.count * j; i < form.count * (j + 1); i++) {
            f32x16 number = (tile->x[i] + shift) * inverse;
            tile->clipped -= (i32x16)(number > form.range.high + 0.5f) | (i32x16)(number < form.range.low - 0.5f);
            f32x16 code = nearest_value(form.range, number) - form.range.low;
            block->codes[i] = bytes_of_ints(__builtin_convertvector(code, i32x16));
        }
    }
}

INLINE void best_with_minimum(encode_tile *tile, scaling form, cut_grid grid, super_block *block) {
    f32x16 scales[16], minima[16];
    for (int j = 0; j < 256 / form.count; j++) {
        affine_fit fit = SEARCH_CUTS(tile, form.count * j, form.count, (int)form.range.high, grid, 2, 1);
        scales[j] = fit.scale;
        minima[j] = -fit.minimum;
    }
    super_choice choice = {};
    CHOOSE(tile, form, scales, minima, &choice);
    take_choice(tile, form, &choice, block);
}

static void best_q2_k(encode_tile *tile) {
    super_block block;
    const scaling form = {{WHOLE_NUMBERS, 0, 3}, 16, 0, 15, 1};
    best_with_minimum(tile, form, (cut_grid){-0.75f, 0.25f, 9}, &block);
    put_q2_k(tile, &block);
}

static void best_q4_k(encode_tile *tile) {
    super_block block;
    const scaling form = {{WHOLE_NUMBERS, 0, 15}, 32, 0, 63, 1};
    best_with_minimum(tile, form, (cut_grid){-1, 0.375f, 9}, &block);
    put_q4_k(tile, &block);
}

static void best_q5_k(encode_tile *tile) {
    super_block block;
    const scaling form = {{WHOLE_NUMBERS, 0, 31}, 32, 0, 63, 1};
    best_with_minimum(tile, form, (cut_grid){-1, 0.5f, 9}, &block);
    put_q5_k(tile, &block);
}

INLINE void best_without_minimum(encode_tile *tile, scaling form, scale_grid first, scale_grid second,
    super_choice *choice) {
    f32x16 scales[16], minima[16] = {};
    for (int j = 0; j < 256 / form.count; j++)
        scales[j] = SEARCH_SCALE(tile, form.count * j, form.count, form.range, first, second);
    CHOOSE(tile, form, scales, minima, choice);
}

static void best_q3_k(encode_tile *tile) {
    super_block block;
    super_choice choice = {};
    const scaling form = {{WHOLE_NUMBERS, -4, 3}, 16, -32, 31, 0};
    best_without_minimum(tile, form, (scale_grid){-2.9f, -0.15f, 14}, (scale_grid){2.2f, 0.2f, 10}, &choice);
    take_choice(tile, form, &choice, &block);
    put_q3_k(tile, &block);
}

static void best_q6_k(encode_tile *tile) {
    super_block block;
    super_choice choice = {};
    const scaling form = {{WHOLE_NUMBERS, -32, 31}, 16, -128, 127, 0};
    best_without_minimum(tile, form, (scale_grid){-30, -0.3f, 16}, (scale_grid){29, 0.3f, 12}, &choice);
    take_choice(tile, form, &choice, &block);
    put_q6_k(tile, &block);
}

static void best_iq4_xs(encode_tile *tile) {
    super_choice choice = {};
    const scaling form = {{NONLINEAR_VALUES, -127, 113}, 32, -32, 31, 0};
    best_without_minimum(tile, form, (scale_grid){-106, -3, 14}, (scale_grid){96, 3, 10}, &choice);
    i32x16 scaleCodes[8];
    for (int j = 0; j < 8; j++) {
        u8x16 codes[32];
        scaleCodes[j] = __builtin_convertvector(choice.scale[j], i32x16);
        nonlinear_codes(tile, 32 * j, inverse_of(from_halves(choice.d) * choice.scale[j]), codes);
        put_nibbles(tile, 8 + 16 * j, codes);
    }
    put_iq4_xs_scales(tile, choice.d, scaleCodes);
}
