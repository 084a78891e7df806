// The search for a scale and a minimum with the least weighted squared error, and Q4_1 and Q5_1 by it.

/// Sums over elements x, their codes l and importances h.
typedef struct { f32x16 hl, hl2, hxl; } affine_sums;

INLINE affine_sums code_sums(const f32x16 *x, const f32x16 *h, int count, int last, f32x16 inverse, f32x16 origin) {
    affine_sums sums = {};
    #pragma clang loop unroll_count(8)
    for (int i = 0; i < count; i++) {
        f32x16 code = near(inverse * (x[i] - origin), 0, last), weighted = h ? h[i] * code : code;
        sums.hl += weighted;
        sums.hl2 += weighted * code;
        sums.hxl += weighted * x[i];
    }
    return sums;
}

/// A scale and a minimum fitted to codes, and by how much they lower Σ h·x².
typedef struct { f32x16 scale, minimum, gain; } affine_fit;

/// - isLow: whether the minimum may not be above zero.
INLINE affine_fit fitted_affine(affine_sums sums, f32x16 sumH, f32x16 sumX, int isLow) {
    f32x16 determinant = sumH * sums.hl2 - sums.hl * sums.hl;
    i32x16 isRegular = (i32x16)(determinant > 0.0f);
    f32x16 inverse = 1.0f / pick_float(isRegular, determinant, lanes_of(1));
    affine_fit fit;
    fit.scale = pick_float(isRegular, (sumH * sums.hxl - sumX * sums.hl) * inverse, (f32x16){});
    fit.minimum = pick_float(isRegular, (sums.hl2 * sumX - sums.hl * sums.hxl) * inverse, sumX / sumH);
    if (isLow) {
        i32x16 isAbove = (i32x16)(fit.minimum > 0.0f);
        f32x16 alone = pick_float((i32x16)(sums.hl2 > 0.0f), sums.hxl / sums.hl2, (f32x16){});
        fit.minimum = pick_float(isAbove, (f32x16){}, fit.minimum);
        fit.scale = pick_float(isAbove, alone, fit.scale);
    }
    fit.gain = fit.scale * sums.hxl + fit.minimum * sumX;
    return fit;
}

INLINE void take_better(affine_fit *best, affine_fit fit) {
    i32x16 isBetter = (i32x16)(fit.gain > best->gain);
    best->scale = pick_float(isBetter, fit.scale, best->scale);
    best->minimum = pick_float(isBetter, fit.minimum, best->minimum);
    best->gain = pick_float(isBetter, fit.gain, best->gain);
}

/// How much of the range is cut off: first, first + step, ... in codes, of which low ends take 0, 1/2 and all.
typedef struct { float first, step; int count; } cut_grid;

/// The best scale and minimum over a grid, then fitted `refits` times to their codes.
INLINE affine_fit search_cuts(const f32x16 *x, const f32x16 *h, int count, int last, cut_grid grid, int refits,
    int isLow) {
    f32x16 low = x[0], high = x[0], sumH = {}, sumX = {};
    for (int i = 0; i < count; i++) {
        low = smaller(x[i], low);
        high = larger(x[i], high);
        sumH += h ? h[i] : lanes_of(1);
        sumX += h ? h[i] * x[i] : x[i];
    }
    if (isLow) low = smaller(low, (f32x16){});
    f32x16 range = high - low;
    i32x16 isFlat = ~(i32x16)(range > 0.0f);
    affine_fit best = {.scale = (f32x16){}, .minimum = low, .gain = lanes_of(-__builtin_inff())};
    for (int step = 0; step < grid.count; step++) {
        float cut = grid.first + grid.step * (float)step;
        f32x16 inverse = pick_float(isFlat, (f32x16){}, ((float)last + cut) / range);
        f32x16 unit = range / ((float)last + cut);
        for (int share = 0; share <= 2; share++) {
            f32x16 origin = low + unit * (cut * 0.5f * (float)share);
            take_better(&best, fitted_affine(code_sums(x, h, count, last, inverse, origin), sumH, sumX, isLow));
        }
    }
    for (int step = 0; step < refits; step++) {
        affine_sums sums = code_sums(x, h, count, last, inverse_of(best.scale), best.minimum);
        take_better(&best, fitted_affine(sums, sumH, sumX, isLow));
    }
    return best;
}

#define SEARCH_CUTS(tile, start, ...) \
    ((tile)->isWeighted ? search_cuts((tile)->x + (start), (tile)->h + (start), __VA_ARGS__) \
                        : search_cuts((tile)->x + (start), NULL, __VA_ARGS__))

/// A block of 32 whose minimum is free. The elements' distances from the middle of their range keep the sums exact when
/// the range is small beside the elements.
INLINE void best_affine(encode_tile *tile, int bits) {
    const int last = (1 << bits) - 1;
    f32x16 moved[32], low = tile->x[0], high = tile->x[0];
    for (int i = 1; i < 32; i++) {
        low = smaller(tile->x[i], low);
        high = larger(tile->x[i], high);
    }
    f32x16 middle = low * 0.5f + high * 0.5f;
    for (int i = 0; i < 32; i++) moved[i] = tile->x[i] - middle;
    cut_grid grid = bits == 4 ? (cut_grid){-1, 0.375f, 9} : (cut_grid){-1, 0.5f, 9};
    affine_fit fit = tile->isWeighted ? search_cuts(moved, tile->h, 32, last, grid, 2, 0)
                                      : search_cuts(moved, NULL, 32, last, grid, 2, 0);
    u32x16 scale = to_halves(fit.scale), minimum = to_halves(fit.minimum + middle);
    f32x16 inverse = inverse_of(from_halves(scale)), origin = from_halves(minimum);
    u8x16 codes[32];
    for (int i = 0; i < 32; i++) {
        f32x16 number = inverse * (tile->x[i] - origin);
        tile->clipped -= (i32x16)(number > (float)last + 0.5f) | (i32x16)(number < -0.5f);
        codes[i] = bytes_of_ints(__builtin_convertvector(near(number, 0, last), i32x16));
    }
    put_halves(tile, 0, scale);
    put_halves(tile, 2, minimum);
    if (bits == 5) put_fifths(tile, 4, codes);
    put_nibbles(tile, bits == 5 ? 8 : 4, codes);
}

static void best_q4_1(encode_tile *tile) { best_affine(tile, 4); }
static void best_q5_1(encode_tile *tile) { best_affine(tile, 5); }
