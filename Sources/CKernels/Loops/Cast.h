// Casts among floating-point types, each result the nearest, ties to even. A row whose elements all stay normal numbers
// (or zero) is only converted; in another one, what happens is counted too.

INLINE size_t width_of(int dtype) { return dtype == INGOT_F8_E4M3 || dtype == INGOT_F8_E5M2 ? 1 : bytes_of(dtype); }

/// 32 elements as floats, also of the 8-bit types.
INLINE row load_wide(int dtype, const uint8_t *place) {
    if (dtype != INGOT_F8_E4M3 && dtype != INGOT_F8_E5M2) return load_row(dtype, place);
    u32x16 pairs = __builtin_convertvector(LOAD(u16x16, place), u32x16);
    if (dtype == INGOT_F8_E5M2) return (row){from_halves(pairs << 8 & 0xFF00), from_halves(pairs & 0xFF00)};
    u32x16 codes[2] = {pairs & 0xFF, pairs >> 8};
    f32x16 values[2];
    for (int part = 0; part < 2; part++) {
        u32x16 magnitude = codes[part] & 0x7F, isNaN = (u32x16)(magnitude == 0x7F) & 0x7FC00000;
        f32x16 finite = (f32x16)(magnitude << 20) * 0x1p120f;
        values[part] = (f32x16)((u32x16)finite | isNaN | (codes[part] & 0x80) << 24);
    }
    return (row){values[0], values[1]};
}

/// A magnitude rounded to `mantissa` bits after the point, and subnormals below 2^`least`, as the code of such a type.
INLINE u32x16 rounded(u32x16 magnitude, int mantissa, int least) {
    int shift = 23 - mantissa;
    uint32_t smallest = (uint32_t)(127 + least) << 23, step = (uint32_t)(127 + least - mantissa + 23) << 23;
    u32x16 normal = (magnitude - smallest + (1u << 23) + (1u << (shift - 1)) - 1 + (magnitude >> shift & 1)) >> shift;
    // The sum with this power of two is rounded at the subnormals' step.
    u32x16 base = step - (u32x16){};
    u32x16 subnormal = (u32x16)((f32x16)magnitude + (f32x16)base) - step;
    u32x16 isSmall = (u32x16)(magnitude < smallest);
    return (isSmall & subnormal) | (~isSmall & normal);
}

/// `value` where the condition holds.
INLINE u32x16 chosen(u32x16 condition, uint32_t value, u32x16 other) {
    return (condition & value) | (~condition & other);
}

/// The code of each float: BF16 in the high half of a lane, the others from its lowest bit on.
INLINE u32x16 code_of(int dtype, f32x16 values) {
    u32x16 bits = (u32x16)values, magnitude = bits & 0x7FFFFFFF, isNaN = (u32x16)(magnitude > 0x7F800000);
    switch (dtype) {
    case INGOT_BF16: return to_brains(values);
    case INGOT_F16: return to_halves(values);
    case INGOT_F8_E4M3: {  // has no infinity: what is too large becomes 448, as in torch
        u32x16 code = chosen((u32x16)(magnitude >= 0x43E80000), 0x7E, rounded(magnitude, 3, -6));
        return chosen(isNaN, 0x7F, code) | (bits >> 24 & 0x80);
    }
    case INGOT_F8_E5M2: {
        u32x16 code = chosen((u32x16)(magnitude >= 0x47700000), 0x7C, rounded(magnitude, 2, -14));
        return chosen(isNaN, 0x7E, code) | (bits >> 24 & 0x80);
    }
    default: return bits;
    }
}

/// What a type holds: as float32 bits the least normal number, the least magnitude that is rounded beyond the greatest
/// finite number, and that number's code.
typedef struct { uint32_t normal, overflow, greatest, normalCode, signless; } cast_range;

INLINE cast_range range_of(int dtype) {
    switch (dtype) {
    case INGOT_BF16: return (cast_range){0x00800000, 0x7F7F8000, 0x7F7F0000, 0x00800000, 0x7FFFFFFF};
    case INGOT_F16: return (cast_range){0x38800000, 0x477FF000, 0x7BFF, 0x0400, 0x7FFF};
    case INGOT_F8_E4M3: return (cast_range){0x3C800000, 0x43E80000, 0x7E, 0x08, 0x7F};
    case INGOT_F8_E5M2: return (cast_range){0x38800000, 0x47700000, 0x7B, 0x04, 0x7F};
    default: return (cast_range){0x00800000, 0x7F800000, 0x7F7FFFFF, 0x00800000, 0x7FFFFFFF};
    }
}

typedef struct { u32x16 overflow, underflow, subnormal, nan, infinity; } cast_sums;

INLINE u32x16 is_unusual(int dtype, f32x16 values) {
    cast_range range = range_of(dtype);
    u32x16 magnitude = (u32x16)values & 0x7FFFFFFF;
    return (u32x16)(magnitude - range.normal >= range.overflow - range.normal) & (u32x16)(magnitude != 0);
}

/// Counts 16 casts; with `saturates`, gives finite values that became infinite the greatest finite code.
static __attribute__((noinline)) void count_casts(
    int dtype, int saturates, const f32x16 *values, u32x16 *codes, cast_sums *sums) {
    cast_range range = range_of(dtype);
    u32x16 magnitude = (u32x16)*values & 0x7FFFFFFF, code = *codes & range.signless;
    u32x16 isOverflow = (u32x16)(magnitude >= range.overflow) & (u32x16)(magnitude < 0x7F800000);
    sums->overflow -= isOverflow;
    sums->underflow -= (u32x16)(code == 0) & (u32x16)(magnitude != 0);
    sums->subnormal -= (u32x16)(code < range.normalCode) & (u32x16)(code != 0);
    sums->nan -= (u32x16)(magnitude > 0x7F800000);
    sums->infinity -= (u32x16)(magnitude == 0x7F800000);
    if (saturates) *codes = chosen(isOverflow & range.signless, range.greatest, *codes);
}

INLINE void store_cast(int dtype, row codes, uint8_t *place) {
    if (dtype == INGOT_F8_E4M3 || dtype == INGOT_F8_E5M2) {
        u32x16 pairs = (u32x16)codes.even | (u32x16)codes.odd << 8;
        STORE(place, __builtin_convertvector(pairs, u16x16));
    } else {
        store_row(dtype, codes, place);
    }
}

INLINE int is_any_set(u32x16 lanes) { return __builtin_reduce_or(lanes) != 0; }

INLINE void cast_row(int from, int to, int saturates, const uint8_t *input, uint8_t *output, cast_sums *sums) {
    row values = load_wide(from, input);
    u32x16 even = code_of(to, values.even), odd = code_of(to, values.odd);
    if (is_any_set(is_unusual(to, values.even) | is_unusual(to, values.odd))) {
        count_casts(to, saturates, &values.even, &even, sums);
        count_casts(to, saturates, &values.odd, &odd, sums);
    }
    if (from == to) {
        memcpy(output, input, INGOT_ROW * width_of(from));  // keeps the bits of each NaN
    } else {
        store_cast(to, (row){(f32x16)even, (f32x16)odd}, output);
    }
}

INLINE void cast_rows(
    int from, int to, int saturates, const uint8_t *input, size_t count, uint8_t *output, cast_sums *sums) {
    size_t inStep = INGOT_ROW * width_of(from), outStep = INGOT_ROW * width_of(to);
    for (size_t index = 0; index < count / INGOT_ROW; index++)
        cast_row(from, to, saturates, input + index * inStep, output + index * outStep, sums);
    size_t rest = count % INGOT_ROW;
    if (rest == 0) return;
    uint8_t last[INGOT_ROW * 4] = {0}, results[INGOT_ROW * 4];
    memcpy(last, input + count / INGOT_ROW * inStep, rest * width_of(from));
    cast_row(from, to, saturates, last, results, sums);
    memcpy(output + count / INGOT_ROW * outStep, results, rest * width_of(to));
}

INLINE void cast_from(
    int from, int to, int saturates, const uint8_t *input, size_t count, uint8_t *output, cast_sums *sums) {
    switch (to) {
    case INGOT_BF16: cast_rows(from, INGOT_BF16, saturates, input, count, output, sums); break;
    case INGOT_F16: cast_rows(from, INGOT_F16, saturates, input, count, output, sums); break;
    case INGOT_F32: cast_rows(from, INGOT_F32, saturates, input, count, output, sums); break;
    case INGOT_F8_E4M3: cast_rows(from, INGOT_F8_E4M3, saturates, input, count, output, sums); break;
    case INGOT_F8_E5M2: cast_rows(from, INGOT_F8_E5M2, saturates, input, count, output, sums); break;
    }
}

static uint64_t lane_total(u32x16 lanes) {
    uint64_t total = 0;
    for (int lane = 0; lane < 16; lane++) total += lanes[lane];
    return total;
}

static void cast(
    int from, int to, int saturates, const uint8_t *input, size_t count, uint8_t *output, ingot_cast_counts *counts) {
    cast_sums sums = {};
    switch (from) {
    case INGOT_BF16: cast_from(INGOT_BF16, to, saturates, input, count, output, &sums); break;
    case INGOT_F16: cast_from(INGOT_F16, to, saturates, input, count, output, &sums); break;
    case INGOT_F32: cast_from(INGOT_F32, to, saturates, input, count, output, &sums); break;
    case INGOT_F8_E4M3: cast_from(INGOT_F8_E4M3, to, saturates, input, count, output, &sums); break;
    case INGOT_F8_E5M2: cast_from(INGOT_F8_E5M2, to, saturates, input, count, output, &sums); break;
    }
    counts->overflow += lane_total(sums.overflow);
    counts->underflow += lane_total(sums.underflow);
    counts->subnormal += lane_total(sums.subnormal);
    counts->nan += lane_total(sums.nan);
    counts->infinity += lane_total(sums.infinity);
}
