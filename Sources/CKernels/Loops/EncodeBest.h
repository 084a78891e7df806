// The encoders with less error than ggml's: each block tries several scales, keeps the one whose codes leave the
// least weighted squared error after a least-squares fit, and fits it again to the codes. `BlockEncode.h` then compares
// what is stored, decoded, with the reference's block.

/// The values that codes stand for, before scale and shift.
enum { WHOLE_NUMBERS, NONLINEAR_VALUES };
typedef struct { int kind; float low, high; } code_range;

/// The value nearest to each number.
INLINE f32x16 nearest_value(code_range range, f32x16 numbers) {
    if (range.kind == WHOLE_NUMBERS) return near(numbers, range.low, range.high);
    const f32x16 values = LOAD(f32x16, nonlinear_floats), midpoints = LOAD(f32x16, nonlinear_midpoints);
    return look_up(&values, (u32x16)nonlinear_code(&midpoints, numbers));
}

/// The scales that a search tries: the element farthest from zero stands at first, first + step, ...
typedef struct { float first, step; int count; } scale_grid;

/// Σ h·x·v and Σ h·v² over the values v of the elements at one scale; `h` may be null, for ones.
INLINE symmetric_sums value_sums(const f32x16 *x, const f32x16 *h, int count, code_range range, f32x16 inverse) {
    symmetric_sums sums = {};
    #pragma clang loop unroll_count(8)
    for (int i = 0; i < count; i++) {
        f32x16 value = nearest_value(range, inverse * x[i]), weighted = h ? h[i] * value : value;
        sums.lx += weighted * x[i];
        sums.l2 += weighted * value;
    }
    return sums;
}

INLINE f32x16 fitted_scale(symmetric_sums sums) {
    return pick_float((i32x16)(sums.l2 > 0.0f), sums.lx / sums.l2, (f32x16){});
}

/// Tries a grid. With the scale fitted, Σ h·(x - s·v)² is Σ h·x² less (Σ h·x·v)² ÷ Σ h·v²: the most of the latter wins.
INLINE void try_scales(const f32x16 *x, const f32x16 *h, int count, code_range range, f32x16 extreme, scale_grid grid,
    f32x16 *best, f32x16 *scale) {
    for (int step = 0; step < grid.count; step++) {
        symmetric_sums sums = value_sums(x, h, count, range, (grid.first + grid.step * (float)step) / extreme);
        f32x16 fitted = fitted_scale(sums), gain = fitted * sums.lx;
        i32x16 isBetter = (i32x16)(gain > *best);
        *best = pick_float(isBetter, gain, *best);
        *scale = pick_float(isBetter, fitted, *scale);
    }
}

/// The best scale of two grids, fitted again to its codes. 0 for elements that are all zero.
INLINE f32x16 search_scale(const f32x16 *x, const f32x16 *h, int count, code_range range, scale_grid first,
    scale_grid second) {
    f32x16 extreme = extreme_of(x, count), best = {}, scale = {};
    extreme = pick_float((i32x16)(extreme != 0.0f), extreme, lanes_of(1));
    try_scales(x, h, count, range, extreme, first, &best, &scale);
    try_scales(x, h, count, range, extreme, second, &best, &scale);
    return fitted_scale(value_sums(x, h, count, range, inverse_of(scale)));
}

/// Codes of whole numbers by the scale as it is stored; `code` is the value less the range's lowest.
INLINE void scaled_codes(encode_tile *tile, int start, int count, code_range range, f32x16 scale, u8x16 *codes) {
    f32x16 inverse = inverse_of(scale);
    for (int i = 0; i < count; i++) {
        f32x16 number = inverse * tile->x[start + i];
        tile->clipped -= (i32x16)(number > range.high + 0.5f) | (i32x16)(number < range.low - 0.5f);
        codes[i] = bytes_of_ints(__builtin_convertvector(near(number, range.low, range.high) - range.low, i32x16));
    }
}

/// Searches with importances or without, in code of their own.
#define SEARCH_SCALE(tile, start, ...) \
    ((tile)->isWeighted ? search_scale((tile)->x + (start), (tile)->h + (start), __VA_ARGS__) \
                        : search_scale((tile)->x + (start), NULL, __VA_ARGS__))

/// A block's scale in half precision, found by search, and its codes.
INLINE u32x16 search_block(encode_tile *tile, int count, code_range range, scale_grid first, scale_grid second,
    u8x16 *codes) {
    u32x16 scale = to_halves(SEARCH_SCALE(tile, 0, count, range, first, second));
    scaled_codes(tile, 0, count, range, from_halves(scale), codes);
    return scale;
}

static void best_q4_0(encode_tile *tile) {
    u8x16 codes[32];
    put_halves(tile, 0, search_block(tile, 32, (code_range){WHOLE_NUMBERS, -8, 7}, (scale_grid){-6.6f, -0.22f, 14},
        (scale_grid){0}, codes));
    put_nibbles(tile, 2, codes);
}

static void best_q5_0(encode_tile *tile) {
    u8x16 codes[32];
    put_halves(tile, 0, search_block(tile, 32, (code_range){WHOLE_NUMBERS, -16, 15}, (scale_grid){-14, -0.25f, 15},
        (scale_grid){13, 0.25f, 11}, codes));
    put_fifths(tile, 2, codes);
    put_nibbles(tile, 6, codes);
}

static void best_q8_0(encode_tile *tile) {
    u8x16 codes[32];
    // -128 is left out: kernels of some runtimes negate codes.
    put_halves(tile, 0, search_block(tile, 32, (code_range){WHOLE_NUMBERS, -127, 127}, (scale_grid){120, 0.375f, 24},
        (scale_grid){0}, codes));
    for (int i = 0; i < 32; i++) tile->bytes[2 + i] = codes[i] - 127;
}

INLINE void best_trits(encode_tile *tile, int isDense) {
    u8x16 trits[256];
    u32x16 scale = search_block(tile, 256, (code_range){WHOLE_NUMBERS, -1, 1}, (scale_grid){0.8f, 0.2f, 24},
        (scale_grid){0}, trits);
    put_trits(tile, trits, scale, isDense);
}

static void best_tq1_0(encode_tile *tile) { best_trits(tile, 1); }
static void best_tq2_0(encode_tile *tile) { best_trits(tile, 0); }

static void best_q2_0(encode_tile *tile) {
    u8x16 codes[64];
    put_halves(tile, 0, search_block(tile, 64, (code_range){WHOLE_NUMBERS, -1, 2}, (scale_grid){0.8f, 0.15f, 16},
        (scale_grid){-0.8f, -0.15f, 12}, codes));
    put_pairs(tile, codes);
}

/// Two values, ± the scale: their weighted mean magnitude.
static void best_q1_0(encode_tile *tile) {
    f32x16 sum = {}, weight = {};
    for (int i = 0; i < 128; i++) {
        f32x16 h = tile->isWeighted ? tile->h[i] : lanes_of(1);
        sum += h * magnitude(tile->x[i]);
        weight += h;
    }
    put_halves(tile, 0, to_halves(sum * inverse_of(weight)));
    put_signs(tile);
}

static void best_iq4_nl(encode_tile *tile) {
    const code_range range = {NONLINEAR_VALUES, -127, 113};
    u8x16 codes[32];
    u32x16 scale = to_halves(
        SEARCH_SCALE(tile, 0, 32, range, ((scale_grid){-106, -3, 14}), ((scale_grid){96, 3, 10})));
    nonlinear_codes(tile, 0, inverse_of(from_halves(scale)), codes);
    put_halves(tile, 0, scale);
    put_nibbles(tile, 2, codes);
}

/// The squared error of `count` elements as E2M1 with a scale.
INLINE f32x16 e2m1_error(const encode_tile *tile, int start, int count, f32x16 scale) {
    const f32x16 values = {0, 1, 2, 3, 4, 6, 8, 12};
    f32x16 error = {};
    for (int i = start; i < start + count; i++) {
        f32x16 size = magnitude(tile->x[i]);
        i32x16 code = {};
        #pragma clang loop unroll(full)
        for (int point = 0; point < 7; point++) code -= (i32x16)(size > e2m1_midpoints[point] * scale);
        f32x16 difference = look_up(&values, (u32x16)code) * scale - size;
        error += tile->isWeighted ? tile->h[i] * difference * difference : difference * difference;
    }
    return error;
}

/// The exponent that floors, and its neighbors.
static void best_mxfp4(encode_tile *tile) {
    i32x16 isTiny = (i32x16)(tile->greatest < 0x1p-124f);
    i32x16 floor = e8m0_of(tile->greatest, INGOT_E8M0_FLOOR) & ~isTiny, best = floor;
    f32x16 least = e2m1_error(tile, 0, 32, halves_of_e8m0(floor));
    for (int step = -1; step <= 1; step += 2) {
        i32x16 tried = clamped(floor + step, 0, 254);
        f32x16 error = e2m1_error(tile, 0, 32, halves_of_e8m0(tried));
        i32x16 isBetter = (i32x16)(error < least);
        least = pick_float(isBetter, error, least);
        best = pick_int(isBetter, tried, best);
    }
    put_mxfp4(tile, best);
}

/// The scale byte that has the greatest element at 6, three below and five above it.
static void best_nvfp4(encode_tile *tile) {
    for (int part = 0; part < 4; part++) {
        i32x16 middle = e4m3_of(greatest_of(tile->x + 16 * part, 16) / 6.0f), best = middle;
        f32x16 least = e2m1_error(tile, 16 * part, 16, halves_of_e4m3(middle));
        for (int step = -3; step <= 5; step++) {
            if (step == 0) continue;
            i32x16 tried = clamped(middle + step, 1, 0x7E);
            f32x16 error = e2m1_error(tile, 16 * part, 16, halves_of_e4m3(tried));
            i32x16 isBetter = (i32x16)(error < least);
            least = pick_float(isBetter, error, least);
            best = pick_int(isBetter, tried, best);
        }
        put_nvfp4(tile, part, best);
    }
}
