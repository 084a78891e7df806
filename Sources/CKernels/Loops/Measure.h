// The error of decoded weights, float32, against those that they stand for. Sums run in 16 double lanes.

typedef struct {
    f64x16 error, weight, product, decoded, weightedError, weightedWeight;
    f32x16 greatest;
    i32x16 zeros;
} float_errors;

INLINE void add_errors(float_errors *sums, f32x16 weight, f32x16 decoded) {
    f32x16 error = weight - decoded;
    i32x16 magnitude = (i32x16)error & 0x7FFFFFFF;
    // Not-a-number stays once it is there: its bits are above those of every magnitude.
    sums->greatest = (f32x16)__builtin_elementwise_max(magnitude, (i32x16)sums->greatest);
    sums->zeros -= (i32x16)(decoded == 0.0f) & (i32x16)(weight != 0.0f);
    f64x16 wideWeight = __builtin_convertvector(weight, f64x16), wideDecoded = __builtin_convertvector(decoded, f64x16);
    f64x16 wideError = wideWeight - wideDecoded;
    sums->error += wideError * wideError;
    sums->weight += wideWeight * wideWeight;
    sums->product += wideWeight * wideDecoded;
    sums->decoded += wideDecoded * wideDecoded;
}

INLINE void add_weighted(float_errors *sums, f32x16 weight, f32x16 decoded, f32x16 importance) {
    f64x16 factor = __builtin_convertvector(importance, f64x16);
    f64x16 wide = __builtin_convertvector(weight, f64x16), error = wide - __builtin_convertvector(decoded, f64x16);
    sums->weightedError += factor * (error * error);
    sums->weightedWeight += factor * (wide * wide);
}

/// Up to 16 floats, the rest zeros.
INLINE f32x16 load_some(const float *place, size_t count) {
    f32x16 loaded = {};
    memcpy(&loaded, place, count * sizeof(float));
    return loaded;
}

INLINE void add_row(float_errors *sums, const float *weights, const float *decoded, const float *importance,
    size_t count) {
    size_t place = 0;
    for (; place + 16 <= count; place += 16) {
        f32x16 weight = LOAD(f32x16, weights + place), value = LOAD(f32x16, decoded + place);
        add_errors(sums, weight, value);
        if (importance) add_weighted(sums, weight, value, LOAD(f32x16, importance + place));
    }
    if (place == count) return;
    f32x16 weight = load_some(weights + place, count - place), value = load_some(decoded + place, count - place);
    add_errors(sums, weight, value);
    if (importance) add_weighted(sums, weight, value, load_some(importance + place, count - place));
}

static void measure_floats(const float *weights, const float *decoded, const float *importance, size_t columns,
    size_t count, ingot_errors *errors) {
    for (size_t start = 0; start < count; start += columns) {
        float_errors sums = {};
        size_t part = count - start < columns ? count - start : columns;
        add_row(&sums, weights + start, decoded + start, importance, part);
        errors->squared_error += total_of(&sums.error);
        errors->squared_weight += total_of(&sums.weight);
        errors->product += total_of(&sums.product);
        errors->squared_decoded += total_of(&sums.decoded);
        errors->weighted_error += total_of(&sums.weightedError);
        errors->weighted_weight += total_of(&sums.weightedWeight);
        errors->zeros += (uint64_t)__builtin_reduce_add(sums.zeros);
        int32_t greatest = __builtin_reduce_max((i32x16)sums.greatest);
        double greatestError = LOAD(float, &greatest);
        // A NaN is taken, and stays.
        if (greatestError > errors->greatest_error || greatestError != greatestError)
            errors->greatest_error = greatestError;
    }
}
