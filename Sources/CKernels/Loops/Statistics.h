// Statistics. Lane k of the sums holds elements 2k and 2k + 1 of every row, so results do not depend on how the bytes
// were cut, as long as the cuts fall between rows.

INLINE i32x16 finite_lanes(f32x16 values) { return ((i32x16)values & 0x7FFFFFFF) < 0x7F800000; }

INLINE f32x16 masked(i32x16 mask, f32x16 values, f32x16 otherwise) {
    return (f32x16)((mask & (i32x16)values) | (~mask & (i32x16)otherwise));
}

typedef struct {
    f64x16 sums, squares;
    f32x16 minimum, maximum;
    i32x16 zeros, nans, infinities;
} lanes;

INLINE void add_values(int checked, lanes *state, f32x16 values) {
    f32x16 low = values, high = values, clean = values;
    if (checked) {
        i32x16 finite = finite_lanes(values);
        state->nans -= values != values;
        state->infinities -= ~finite & (values == values);
        low = masked(finite, values, state->minimum);
        high = masked(finite, values, state->maximum);
        clean = (f32x16)(finite & (i32x16)values);
    }
    state->minimum = masked(low < state->minimum, low, state->minimum);
    state->maximum = masked(high > state->maximum, high, state->maximum);
    state->zeros -= values == 0;
    f64x16 wide = __builtin_convertvector(clean, f64x16);
    state->sums += wide;
    state->squares += wide * wide;
}

/// Adds whole rows to `state`. Without `checked`, an element that is not finite is detected but not handled: the
/// result is then 0, and `state` as it was.
INLINE int add_rows(int dtype, int checked, ingot_statistics *state, const uint8_t *bytes, size_t rows) {
    lanes local = {
        .sums = LOAD(f64x16, state->sums), .squares = LOAD(f64x16, state->squares),
        .minimum = (f32x16){} + __builtin_inff(), .maximum = (f32x16){} - __builtin_inff()};
    size_t step = INGOT_ROW * bytes_of(dtype);
    for (size_t index = 0; index < rows; index++) {
        row values = load_row(dtype, bytes + index * step);
        add_values(checked, &local, values.even);
        add_values(checked, &local, values.odd);
    }
    if (!checked) {
        double total = 0;
        for (int lane = 0; lane < 16; lane++) total += local.squares[lane];
        if (!(total < __builtin_inf())) return 0;
    }
    STORE(state->sums, local.sums);
    STORE(state->squares, local.squares);
    uint64_t lost = 0;
    for (int lane = 0; lane < 16; lane++) {
        if (local.minimum[lane] < state->minimum) state->minimum = local.minimum[lane];
        if (local.maximum[lane] > state->maximum) state->maximum = local.maximum[lane];
        state->zeros += (uint64_t)local.zeros[lane];
        state->nans += (uint64_t)local.nans[lane];
        state->infinities += (uint64_t)local.infinities[lane];
        lost += (uint64_t)local.nans[lane] + (uint64_t)local.infinities[lane];
    }
    state->finite += rows * INGOT_ROW - lost;
    return 1;
}

INLINE void add_floats(int dtype, ingot_statistics *state, const uint8_t *bytes, size_t count) {
    enum { tile = 128 };  // rows; a tile with something not finite is read twice
    size_t step = INGOT_ROW * bytes_of(dtype), rows = count / INGOT_ROW, rest = count % INGOT_ROW;
    for (size_t start = 0; start < rows; start += tile) {
        size_t part = rows - start < tile ? rows - start : tile;
        if (!add_rows(dtype, 0, state, bytes + start * step, part))
            add_rows(dtype, 1, state, bytes + start * step, part);
    }
    if (rest == 0) return;
    uint8_t last[INGOT_ROW * 4];
    memset(last, 0xFF, sizeof(last));  // NaN in each type
    memcpy(last, bytes + rows * step, rest * bytes_of(dtype));
    add_rows(dtype, 1, state, last, 1);
    state->nans -= INGOT_ROW - rest;
}

/// Types that are not in the hot path: one element at a time, in lanes by index. Sums are of differences from the
/// first finite element, which keeps the variance of large integers.
#define ADD_NUMBERS(function, type) \
    static void function(ingot_statistics *state, const uint8_t *bytes, size_t count) { \
        for (size_t index = 0; index < count; index++) { \
            double value = (double)LOAD(type, bytes + index * sizeof(type)); \
            if (value != value) { state->nans++; continue; } \
            if (__builtin_isinf(value)) { state->infinities++; continue; } \
            if (state->finite++ == 0) state->pivot = value; \
            state->zeros += value == 0; \
            if (value < state->minimum) state->minimum = value; \
            if (value > state->maximum) state->maximum = value; \
            double difference = value - state->pivot; \
            state->sums[index & 15] += difference; \
            state->squares[index & 15] += difference * difference; \
        } \
    }

ADD_NUMBERS(add_f64, double)
ADD_NUMBERS(add_i16, int16_t)
ADD_NUMBERS(add_u16, uint16_t)
ADD_NUMBERS(add_i32, int32_t)
ADD_NUMBERS(add_u32, uint32_t)
ADD_NUMBERS(add_i64, int64_t)
ADD_NUMBERS(add_u64, uint64_t)

/// Complex numbers are only counted: zero when both parts are, NaN when either is, else infinite when either is.
static void add_complex(ingot_statistics *state, const uint8_t *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        float real = LOAD(float, bytes + 8 * index), imaginary = LOAD(float, bytes + 8 * index + 4);
        if (real != real || imaginary != imaginary) state->nans++;
        else if (__builtin_isinf(real) || __builtin_isinf(imaginary)) state->infinities++;
        else {
            state->finite++;
            state->zeros += real == 0 && imaginary == 0;
        }
    }
}

static void statistics_update(int type, ingot_statistics *state, const uint8_t *bytes, size_t count) {
    switch (type) {
    case INGOT_BF16: add_floats(INGOT_BF16, state, bytes, count); break;
    case INGOT_F16: add_floats(INGOT_F16, state, bytes, count); break;
    case INGOT_F32: add_floats(INGOT_F32, state, bytes, count); break;
    case INGOT_F64: add_f64(state, bytes, count); break;
    case INGOT_I16: add_i16(state, bytes, count); break;
    case INGOT_U16: add_u16(state, bytes, count); break;
    case INGOT_I32: add_i32(state, bytes, count); break;
    case INGOT_U32: add_u32(state, bytes, count); break;
    case INGOT_I64: add_i64(state, bytes, count); break;
    case INGOT_U64: add_u64(state, bytes, count); break;
    case INGOT_C64: add_complex(state, bytes, count); break;
    }
}
