// The error of four-bit codes against their weights. Sums run in 16 float32 lanes over a strip of 256 weights, then in
// 16 double lanes; where float32 would overflow or vanish, the tile is summed again in doubles alone.

typedef struct {
    f64x16 error, weight, product, decoded;
    f32x16 greatest;
    i32x16 zeros;
} error_lanes;

INLINE f32x16 difference(f32x16 weight, f32x16 decoded, f32x16 *greatest, i32x16 *zeros) {
    f32x16 error = weight - decoded;
    *zeros -= (i32x16)(decoded == 0.0f) & (i32x16)(weight != 0.0f);
    f32x16 magnitude = (f32x16)((u32x16)error & 0x7FFFFFFF);
    // Not-a-number stays once it is there: its bits are above those of every magnitude.
    *greatest = (f32x16)__builtin_elementwise_max((i32x16)magnitude, (i32x16)*greatest);
    return error;
}

INLINE double total_of(const f64x16 *lanes) {
    double total = 0;
    for (int lane = 0; lane < 16; lane++) total += (*lanes)[lane];
    return total;
}

/// One row's decoded values; the table is made anew where a block begins.
INLINE row decoded_row(int dtype, const ingot_four_bit *form, const uint8_t *codes, const float *absmax, size_t index,
    f32x16 *table) {
    size_t rowsOfBlock = form->block_size / INGOT_ROW;
    if (index % rowsOfBlock == 0) *table = block_values(dtype, form->values, absmax[index / rowsOfBlock]);
    return look_up_row(table, codes + index * 16);
}

#define ADD_FLOATS(half) \
    do { \
        f32x16 error = difference(weight.half, decoded.half, &greatest, &zeros); \
        errorSum += error * error; \
        weightSum += weight.half * weight.half; \
        productSum += weight.half * decoded.half; \
        decodedSum += decoded.half * decoded.half; \
    } while (0)

/// Adds `rows` rows; the first one must begin a block, or `table` must hold its block's values.
INLINE void measure_fast(int dtype, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t first, size_t rows, f32x16 *kept, error_lanes *sums) {
    size_t step = INGOT_ROW * bytes_of(dtype);
    f32x16 table = *kept, greatest = sums->greatest;
    i32x16 zeros = sums->zeros;
    for (size_t start = first; start < first + rows; start += 8) {
        size_t end = start + 8 < first + rows ? start + 8 : first + rows;
        f32x16 errorSum = {}, weightSum = {}, productSum = {}, decodedSum = {};
        for (size_t index = start; index < end; index++) {
            row weight = load_row(dtype, input + index * step);
            row decoded = decoded_row(dtype, form, codes, absmax, index, &table);
            ADD_FLOATS(even);
            ADD_FLOATS(odd);
        }
        sums->error += __builtin_convertvector(errorSum, f64x16);
        sums->weight += __builtin_convertvector(weightSum, f64x16);
        sums->product += __builtin_convertvector(productSum, f64x16);
        sums->decoded += __builtin_convertvector(decodedSum, f64x16);
    }
    *kept = table;
    sums->greatest = greatest;
    sums->zeros = zeros;
}

#define ADD_DOUBLES(half) \
    do { \
        f64x16 weightWide = __builtin_convertvector(weight.half, f64x16); \
        f64x16 decodedWide = __builtin_convertvector(decoded.half, f64x16); \
        f64x16 errorWide = weightWide - decodedWide; \
        (void)difference(weight.half, decoded.half, &sums->greatest, &sums->zeros); \
        sums->error += errorWide * errorWide; \
        sums->weight += weightWide * weightWide; \
        sums->product += weightWide * decodedWide; \
        sums->decoded += decodedWide * decodedWide; \
    } while (0)

INLINE void measure_exact(int dtype, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t first, size_t rows, f32x16 *table, error_lanes *sums) {
    size_t step = INGOT_ROW * bytes_of(dtype);
    for (size_t index = first; index < first + rows; index++) {
        row weight = load_row(dtype, input + index * step);
        row decoded = decoded_row(dtype, form, codes, absmax, index, table);
        ADD_DOUBLES(even);
        ADD_DOUBLES(odd);
    }
}

/// Adds whole rows, tile by tile.
INLINE void measure_rows(int dtype, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t rows, ingot_errors *errors) {
    enum { tile = 128 };
    f32x16 table = {};
    for (size_t first = 0; first < rows; first += tile) {
        size_t part = rows - first < tile ? rows - first : tile;
        f32x16 before = table;
        error_lanes sums = {};
        measure_fast(dtype, form, input, codes, absmax, first, part, &table, &sums);
        double weight = total_of(&sums.weight), decoded = total_of(&sums.decoded), error = total_of(&sums.error);
        // Squares below 2^-149 vanish; against a total of 2^-80 they do not count.
        if (!(weight >= 0x1p-80 && weight + decoded + error < __builtin_inf())) {
            table = before;
            sums = (error_lanes){};
            measure_exact(dtype, form, input, codes, absmax, first, part, &table, &sums);
        }
        errors->squared_error += total_of(&sums.error);
        errors->squared_weight += total_of(&sums.weight);
        errors->product += total_of(&sums.product);
        errors->squared_decoded += total_of(&sums.decoded);
        errors->zeros += (uint64_t)__builtin_reduce_add(sums.zeros);
        int32_t greatest = __builtin_reduce_max((i32x16)sums.greatest);
        double greatestError = LOAD(float, &greatest);
        // A NaN is taken, and stays.
        if (greatestError > errors->greatest_error || greatestError != greatestError)
            errors->greatest_error = greatestError;
    }
}

INLINE void measure_blocks(int dtype, const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t count, ingot_errors *errors) {
    size_t size = form->block_size, whole = count / size * size, rest = count - whole;
    measure_rows(dtype, form, input, codes, absmax, whole / INGOT_ROW, errors);
    if (rest == 0) return;
    // The last block is filled with zeros that decode to zero.
    uint8_t values[4096 * 4], last[4096 / 2], zero = (uint8_t)(form->zero_code * 0x11);
    memset(values, 0, size * bytes_of(dtype));
    memcpy(values, input + whole * bytes_of(dtype), rest * bytes_of(dtype));
    memset(last, zero, size / 2);
    memcpy(last, codes + whole / 2, rest / 2);
    if (rest % 2 != 0) last[rest / 2] = (uint8_t)((codes[whole / 2 + rest / 2] & 0xF0) | (zero & 0x0F));
    measure_rows(dtype, form, values, last, absmax + whole / size, (rest + INGOT_ROW - 1) / INGOT_ROW, errors);
}

static void four_bit_measure(const ingot_four_bit *form, const uint8_t *input, const uint8_t *codes,
    const float *absmax, size_t count, ingot_errors *errors) {
    switch (form->dtype) {
    case INGOT_BF16: measure_blocks(INGOT_BF16, form, input, codes, absmax, count, errors); break;
    case INGOT_F16: measure_blocks(INGOT_F16, form, input, codes, absmax, count, errors); break;
    case INGOT_F32: measure_blocks(INGOT_F32, form, input, codes, absmax, count, errors); break;
    }
}
