// The error of decoded weights, float32, against those that they stand for. Sums run in 16 float32 lanes over a strip
// of 256 weights, then in 16 double lanes; where float32 would overflow or vanish, the tile is summed again in doubles
// alone.

typedef struct {
    f64x16 error, weight, product, decoded, weightedError, weightedWeight;
    f32x16 greatest;
    i32x16 zeros;
} float_errors;

INLINE void note_extremes(float_errors *sums, f32x16 weight, f32x16 decoded, f32x16 error) {
    i32x16 magnitude = (i32x16)error & 0x7FFFFFFF;
    // Not-a-number stays once it is there: its bits are above those of every magnitude.
    sums->greatest = (f32x16)__builtin_elementwise_max(magnitude, (i32x16)sums->greatest);
    sums->zeros -= (i32x16)(decoded == 0.0f) & (i32x16)(weight != 0.0f);
}

/// Up to 16 floats, the rest zeros.
INLINE f32x16 load_some(const float *place, size_t count) {
    f32x16 loaded = {};
    memcpy(&loaded, place, count * sizeof(float));
    return loaded;
}

/// Runs the code behind for each 16 weights of a tile, as `weight`, `value` and `factor`.
#define FOR_EACH_PAIR(start, end, ...) \
    for (size_t place = start; place < end; place += 16) { \
        f32x16 weight, value, factor = {}; \
        if (place + 16 <= end) { \
            weight = LOAD(f32x16, weights + place); \
            value = LOAD(f32x16, decoded + place); \
            if (importance) factor = LOAD(f32x16, importance + place); \
        } else { \
            weight = load_some(weights + place, end - place); \
            value = load_some(decoded + place, end - place); \
            if (importance) factor = load_some(importance + place, end - place); \
        } \
        __VA_ARGS__ \
    }

INLINE void add_tile(float_errors *sums, const float *weights, const float *decoded, const float *importance,
    size_t count) {
    enum { strip = 256 };
    for (size_t start = 0; start < count; start += strip) {
        size_t end = count - start < strip ? count : start + strip;
        f32x16 errorSum = {}, weightSum = {}, productSum = {}, decodedSum = {}, weightedError = {}, weightedWeight = {};
        FOR_EACH_PAIR(start, end, {
            f32x16 error = weight - value, square = error * error, weightSquare = weight * weight;
            note_extremes(sums, weight, value, error);
            errorSum += square;
            weightSum += weightSquare;
            productSum += weight * value;
            decodedSum += value * value;
            if (importance) {
                weightedError += factor * square;
                weightedWeight += factor * weightSquare;
            }
        })
        sums->error += __builtin_convertvector(errorSum, f64x16);
        sums->weight += __builtin_convertvector(weightSum, f64x16);
        sums->product += __builtin_convertvector(productSum, f64x16);
        sums->decoded += __builtin_convertvector(decodedSum, f64x16);
        if (!importance) continue;
        sums->weightedError += __builtin_convertvector(weightedError, f64x16);
        sums->weightedWeight += __builtin_convertvector(weightedWeight, f64x16);
    }
}

/// The same in doubles alone.
static __attribute__((noinline)) void add_tile_exactly(float_errors *sums, const float *weights, const float *decoded,
    const float *importance, size_t count) {
    FOR_EACH_PAIR(0, count, {
        note_extremes(sums, weight, value, weight - value);
        f64x16 wideWeight = __builtin_convertvector(weight, f64x16), wideValue = __builtin_convertvector(value, f64x16);
        f64x16 wideError = wideWeight - wideValue, wideFactor = __builtin_convertvector(factor, f64x16);
        sums->error += wideError * wideError;
        sums->weight += wideWeight * wideWeight;
        sums->product += wideWeight * wideValue;
        sums->decoded += wideValue * wideValue;
        if (importance) {
            sums->weightedError += wideFactor * (wideError * wideError);
            sums->weightedWeight += wideFactor * (wideWeight * wideWeight);
        }
    })
}

/// Whether the float32 sums of a tile neither overflowed nor vanished.
INLINE int is_summed(const float_errors *sums, int isWeighted) {
    double weight = total_of(&sums->weight), value = total_of(&sums->decoded), error = total_of(&sums->error);
    double weighted = total_of(&sums->weightedWeight);
    // Squares below 2^-149 vanish; against a total of 2^-80 they do not count.
    int isLarge = weight >= 0x1p-80 && (!isWeighted || weighted >= 0x1p-80);
    return isLarge && weight + value + error + weighted + total_of(&sums->weightedError) < __builtin_inf();
}

INLINE void add_sums(const float_errors *sums, ingot_errors *errors) {
    errors->squared_error += total_of(&sums->error);
    errors->squared_weight += total_of(&sums->weight);
    errors->product += total_of(&sums->product);
    errors->squared_decoded += total_of(&sums->decoded);
    errors->weighted_error += total_of(&sums->weightedError);
    errors->weighted_weight += total_of(&sums->weightedWeight);
    errors->zeros += (uint64_t)__builtin_reduce_add(sums->zeros);
    int32_t greatest = __builtin_reduce_max((i32x16)sums->greatest);
    double greatestError = LOAD(float, &greatest);
    // A NaN is taken, and stays.
    if (greatestError > errors->greatest_error || greatestError != greatestError)
        errors->greatest_error = greatestError;
}

INLINE void measure_tile(int isWeighted, const float *weights, const float *decoded, const float *importance,
    size_t count, ingot_errors *errors) {
    float_errors sums = {};
    if (isWeighted) add_tile(&sums, weights, decoded, importance, count);
    else add_tile(&sums, weights, decoded, 0, count);
    if (!is_summed(&sums, isWeighted)) {
        sums = (float_errors){};
        add_tile_exactly(&sums, weights, decoded, isWeighted ? importance : 0, count);
    }
    add_sums(&sums, errors);
}

static void measure_floats(const float *weights, const float *decoded, const float *importance, size_t columns,
    size_t count, ingot_errors *errors) {
    enum { tile = 4096 };
    // Where columns do not differ, rows need not be told apart.
    size_t width = importance ? columns : count;
    for (size_t start = 0; start < count; start += width) {
        size_t part = count - start < width ? count - start : width;
        for (size_t place = 0; place < part; place += tile) {
            size_t some = part - place < tile ? part - place : tile;
            const float *weight = weights + start + place, *value = decoded + start + place;
            if (importance) measure_tile(1, weight, value, importance + place, some, errors);
            else measure_tile(0, weight, value, 0, some, errors);
        }
    }
}
