// The searches for a sub-block's scale that ggml's quantizers share. Source of the equations: ggml 0.25.3,
// ggml-quants.c, make_qx_quants, make_q3_quants, make_qkx2_quants, make_qkx3_quants and make_qp_quants; float32 in
// source order, each lane on its own.

/// Elements whose magnitudes are all below this have a scale of zero.
static const float negligible = 1e-15f;

/// Sums over a sub-block's elements x, their codes l and weights w.
typedef struct { f32x16 lx, l2; } symmetric_sums;

/// - wx: w · x
INLINE symmetric_sums symmetric_try(const f32x16 *x, const f32x16 *w, const f32x16 *wx, int count, int nmax,
    f32x16 inverse) {
    symmetric_sums sums = {};
    for (int i = 0; i < count; i++) {
        f32x16 code = near(inverse * x[i], -nmax, nmax - 1);
        sums.lx += wx[i] * code;
        sums.l2 += w[i] * code * code;
    }
    return sums;
}

/// As `symmetric_try`, twice: each number is loaded once, and neither sum waits for the other.
INLINE void symmetric_tries(const f32x16 *x, const f32x16 *w, const f32x16 *wx, int count, int nmax,
    const f32x16 inverses[2], symmetric_sums sums[2]) {
    symmetric_sums first = {}, second = {};
    f32x16 one = inverses[0], two = inverses[1];
    for (int i = 0; i < count; i++) {
        f32x16 element = x[i], weight = w[i], product = wx[i];
        f32x16 code = near(one * element, -nmax, nmax - 1), other = near(two * element, -nmax, nmax - 1);
        first.lx += product * code;
        second.lx += product * other;
        first.l2 += weight * code * code;
        second.l2 += weight * other * other;
    }
    sums[0] = first;
    sums[1] = second;
}

/// A scale with codes -nmax ... nmax - 1, which are stored with nmax added. `w` may be null: then x².
INLINE f32x16 search_symmetric(const f32x16 *x, const f32x16 *w, int count, int nmax, u8x16 *codes, i32x16 *clipped) {
    f32x16 squares[32], wx[32];
    f32x16 extreme = extreme_of(x, count);
    i32x16 isEmpty = (i32x16)(magnitude(extreme) < negligible);
    extreme = pick_float(isEmpty, lanes_of(1), extreme);
    if (!w) {
        for (int i = 0; i < count; i++) squares[i] = x[i] * x[i];
        w = squares;
    }
    for (int i = 0; i < count; i++) wx[i] = w[i] * x[i];
    f32x16 inverse = (float)-nmax / extreme;
    symmetric_sums sums = symmetric_try(x, w, wx, count, nmax, inverse);
    f32x16 scale = pick_float((i32x16)(sums.l2 != 0.0f), sums.lx / sums.l2, (f32x16){});
    f32x16 best = scale * sums.lx;
    const int steps[18] = {-9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (int place = 0; place < 18; place += 2) {
        f32x16 tried[2];
        symmetric_sums found[2];
        for (int part = 0; part < 2; part++)
            tried[part] = -((float)nmax + 0.1f * (float)steps[place + part]) / extreme;
        symmetric_tries(x, w, wx, count, nmax, tried, found);
        for (int part = 0; part < 2; part++) {
            sums = found[part];
            i32x16 isBetter = (i32x16)(sums.l2 > 0.0f) & (i32x16)(sums.lx * sums.lx > best * sums.l2);
            scale = pick_float(isBetter, sums.lx / sums.l2, scale);
            best = pick_float(isBetter, scale * sums.lx, best);
            inverse = pick_float(isBetter, tried[part], inverse);
        }
    }
    for (int i = 0; i < count; i++) {
        i32x16 code = nearest(inverse * x[i]), kept = clamped(code, -nmax, nmax - 1);
        if (clipped) *clipped -= (i32x16)(code != kept) & ~isEmpty;
        codes[i] = bytes_of_ints(~isEmpty & (kept + nmax));
    }
    return pick_float(isEmpty, (f32x16){}, scale);
}

/// A scale with codes -nmax ... nmax - 1, improved code by code; weights are x². Of Q3_K.
INLINE f32x16 search_coordinates(const f32x16 *x, int count, int nmax, u8x16 *codes) {
    f32x16 extreme = extreme_of(x, count), found[16];
    i32x16 isEmpty = (i32x16)(magnitude(extreme) < negligible);
    extreme = pick_float(isEmpty, lanes_of(1), extreme);
    f32x16 inverse = (float)-nmax / extreme, sumlx = {}, suml2 = {};
    for (int i = 0; i < count; i++) {
        f32x16 code = near(inverse * x[i], -nmax, nmax - 1), weight = x[i] * x[i];
        sumlx += weight * x[i] * code;
        suml2 += weight * code * code;
        found[i] = code;
    }
    for (int pass = 0; pass < 5; pass++) {
        i32x16 changed = {};
        for (int i = 0; i < count; i++) {
            f32x16 weight = x[i] * x[i], code = found[i], slx = sumlx - weight * x[i] * code;
            i32x16 isPositive = (i32x16)(slx > 0.0f);
            f32x16 sl2 = suml2 - weight * code * code;
            f32x16 next = floats_of_ints(clamped(nearest(x[i] * sl2 / slx), -nmax, nmax - 1));
            slx += weight * x[i] * next;
            sl2 += weight * next * next;
            i32x16 isBetter = isPositive & (i32x16)(next != code) & (i32x16)(sl2 > 0.0f)
                & (i32x16)(slx * slx * suml2 > sumlx * sumlx * sl2);
            found[i] = pick_float(isBetter, next, code);
            sumlx = pick_float(isBetter, slx, sumlx);
            suml2 = pick_float(isBetter, sl2, suml2);
            changed |= isBetter;
        }
        if (!__builtin_reduce_or(changed & ~isEmpty)) break;
    }
    for (int i = 0; i < count; i++)
        codes[i] = bytes_of_ints(~isEmpty & (__builtin_convertvector(found[i], i32x16) + nmax));
    return pick_float(isEmpty, (f32x16){}, sumlx / suml2);
}

/// The scales that the search for a scale and a minimum tries: (first + step · i + nmax) ÷ range, for i = 0 ... last;
/// and whether it sums magnitudes of errors, not squares.
typedef struct { int nmax; float first, step; int last, isAbsolute; } affine_grid;

/// The best codes so far follow from `inverse` and `origin`.
typedef struct { f32x16 scale, minimum, error, inverse, origin; } affine_best;

/// Whether `nearest` is exact for every product of a try.
INLINE int is_bounded(f32x16 inverse, f32x16 reach) {
    return !__builtin_reduce_or(~(i32x16)(magnitude(inverse) * reach < 4e6f));
}

INLINE f32x16 affine_code(f32x16 value, int nmax, int isBounded) {
    if (isBounded) return near(value, 0, nmax);
    return floats_of_ints(clamped(nearest(value), 0, nmax));
}

INLINE f32x16 affine_error(const f32x16 *x, const f32x16 *w, const f32x16 *codes, int count, int isAbsolute,
    f32x16 scale, f32x16 minimum) {
    f32x16 error = {};
    for (int i = 0; i < count; i++) {
        f32x16 difference = scale * codes[i] + minimum - x[i];
        error += w[i] * (isAbsolute ? magnitude(difference) : difference * difference);
    }
    return error;
}

INLINE void affine_try(const f32x16 *x, const f32x16 *w, int count, const affine_grid *grid, int isBounded,
    f32x16 inverse, f32x16 sumW, f32x16 sumX, affine_best *best) {
    f32x16 codes[32], sumL = {}, sumL2 = {}, sumXL = {};
    for (int i = 0; i < count; i++) {
        f32x16 code = affine_code(inverse * (x[i] - best->minimum), grid->nmax, isBounded), product = w[i] * code;
        codes[i] = code;
        sumL += product;
        sumL2 += product * code;
        sumXL += product * x[i];
    }
    f32x16 determinant = sumW * sumL2 - sumL * sumL;
    f32x16 scale = (sumW * sumXL - sumX * sumL) / determinant;
    f32x16 minimum = (sumL2 * sumX - sumL * sumXL) / determinant;
    i32x16 isAbove = (i32x16)(minimum > 0.0f);
    minimum = pick_float(isAbove, (f32x16){}, minimum);
    scale = pick_float(isAbove, sumXL / sumL2, scale);
    f32x16 error = affine_error(x, w, codes, count, grid->isAbsolute, scale, minimum);
    i32x16 isBetter = (i32x16)(determinant > 0.0f) & (i32x16)(error < best->error);
    best->inverse = pick_float(isBetter, inverse, best->inverse);
    best->origin = pick_float(isBetter, best->minimum, best->origin);
    best->scale = pick_float(isBetter, scale, best->scale);
    best->minimum = pick_float(isBetter, minimum, best->minimum);
    best->error = pick_float(isBetter, error, best->error);
}

/// A scale and a minimum with codes 0 ... nmax.
/// - minimum: receives the minimum, negated, so that it is not below zero.
INLINE f32x16 search_affine(const f32x16 *x, const f32x16 *w, int count, affine_grid grid, f32x16 *minimum,
    u8x16 *codes, i32x16 *clipped) {
    f32x16 low = x[0], high = x[0], sumW = w[0], sumX = w[0] * x[0];
    for (int i = 1; i < count; i++) {
        low = smaller(x[i], low);
        high = larger(x[i], high);
        sumW += w[i];
        sumX += w[i] * x[i];
    }
    low = smaller(low, (f32x16){});
    i32x16 isFlat = ~(i32x16)(high > low);
    f32x16 range = high - low, reach = larger(magnitude(high), magnitude(low)) * 2.0f, tried[32];
    affine_best best = {.minimum = low, .origin = low};
    best.inverse = pick_float(isFlat, (f32x16){}, (float)grid.nmax / range);
    best.scale = 1.0f / best.inverse;
    for (int i = 0; i < count; i++) {
        tried[i] = floats_of_ints(clamped(nearest(best.inverse * (x[i] - low)), 0, grid.nmax));
    }
    best.error = affine_error(x, w, tried, count, grid.isAbsolute, best.scale, low);
    for (int step = 0; step <= grid.last; step++) {
        f32x16 inverse = (grid.first + grid.step * (float)step + (float)grid.nmax) / (high - best.minimum);
        inverse = pick_float(isFlat, (f32x16){}, inverse);
        if (is_bounded(inverse, reach + magnitude(best.minimum))) {
            affine_try(x, w, count, &grid, 1, inverse, sumW, sumX, &best);
        } else {
            affine_try(x, w, count, &grid, 0, inverse, sumW, sumX, &best);
        }
    }
    for (int i = 0; i < count; i++) {
        i32x16 code = nearest(best.inverse * (x[i] - best.origin)), kept = clamped(code, 0, grid.nmax);
        if (clipped) *clipped -= (i32x16)(code != kept) & ~isFlat;
        codes[i] = bytes_of_ints(~isFlat & kept);
    }
    *minimum = -pick_float(isFlat, low, best.minimum);
    return pick_float(isFlat, (f32x16){}, best.scale);
}

/// A scale with codes 0 ... nmax for numbers that are not below zero: the scales and minima of sub-blocks.
INLINE f32x16 search_positive(const f32x16 *x, const f32x16 *w, int count, int nmax, i32x16 *codes) {
    f32x16 high = {};
    for (int i = 0; i < count; i++) high = larger(x[i], high);
    i32x16 isEmpty = (i32x16)(high < negligible);
    high = pick_float(isEmpty, lanes_of(1), high);
    f32x16 inverse = (float)nmax / high, scale = 1.0f / inverse, best = {};
    for (int i = 0; i < count; i++) {
        f32x16 difference = x[i] - scale * floats_of_ints(nearest(inverse * x[i]));
        best += w[i] * difference * difference;
    }
    for (int step = -4; step <= 4; step++) {
        if (step == 0) continue;
        f32x16 tried = (0.1f * (float)step + (float)nmax) / high, error = {};
        scale = 1.0f / tried;
        for (int i = 0; i < count; i++) {
            i32x16 code = __builtin_elementwise_min(nearest(tried * x[i]), (i32x16){} + nmax);
            f32x16 difference = x[i] - scale * floats_of_ints(code);
            error += w[i] * difference * difference;
        }
        i32x16 isBetter = (i32x16)(error < best);
        best = pick_float(isBetter, error, best);
        inverse = pick_float(isBetter, tried, inverse);
    }
    f32x16 sumlx = {}, suml2 = {};
    for (int i = 0; i < count; i++) {
        codes[i] = __builtin_elementwise_min(nearest(inverse * x[i]), (i32x16){} + nmax);
        f32x16 code = floats_of_ints(codes[i]);
        sumlx += w[i] * x[i] * code;
        suml2 += w[i] * code * code;
    }
    for (int pass = 0; pass < 5; pass++) {
        i32x16 changed = {};
        for (int i = 0; i < count; i++) {
            f32x16 code = floats_of_ints(codes[i]), slx = sumlx - w[i] * x[i] * code, sl2 = suml2 - w[i] * code * code;
            i32x16 isPositive = (i32x16)(slx > 0.0f) & (i32x16)(sl2 > 0.0f);
            i32x16 whole = __builtin_elementwise_min(nearest(x[i] * sl2 / slx), (i32x16){} + nmax);
            f32x16 next = floats_of_ints(whole);
            slx += w[i] * x[i] * next;
            sl2 += w[i] * next * next;
            i32x16 isBetter = isPositive & (i32x16)(whole != codes[i])
                & (i32x16)(slx * slx * suml2 > sumlx * sumlx * sl2);
            codes[i] = pick_int(isBetter, whole, codes[i]);
            sumlx = pick_float(isBetter, slx, sumlx);
            suml2 = pick_float(isBetter, sl2, suml2);
            changed |= isBetter;
        }
        if (!__builtin_reduce_or(changed & ~isEmpty)) break;
    }
    for (int i = 0; i < count; i++) codes[i] &= ~isEmpty;
    return pick_float(isEmpty, (f32x16){}, sumlx / suml2);
}
