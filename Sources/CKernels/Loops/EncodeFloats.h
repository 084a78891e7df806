// Weights to 8-bit floats under scales that are known: a scale for each run of columns of a row.

/// The codes of 16 weights; `isRounded` rounds quotients to the weights' dtype, and drops the sign of zero.
INLINE u32x16 small_codes(int element, int dtype, int isRounded, f32x16 weight, float scale) {
    f32x16 steps = weight / scale;
    if (isRounded) steps = rounded_to(dtype, steps) + 0.0f;
    return code_of(element, steps);
}

INLINE uint64_t encode_floats(int element, int dtype, int isRounded, const float *weights, size_t columns, size_t run,
    const float *scales, uint8_t *codes) {
    i32x16 clipped = {};
    float bound = element == INGOT_F8_E4M3 ? 464.0f : 61440.0f;
    for (size_t start = 0; start < columns; start += run, scales++) {
        size_t size = columns - start < run ? columns - start : run;
        for (size_t place = start; place < start + size; place += 16) {
            size_t count = start + size - place;
            f32x16 weight = count >= 16 ? LOAD(f32x16, weights + place) : load_some(weights + place, count);
            u8x16 bytes = __builtin_convertvector(small_codes(element, dtype, isRounded, weight, *scales), u8x16);
            clipped -= (f32x16)((u32x16)weight & 0x7FFFFFFF) >= bound * *scales;
            memcpy(codes + place, &bytes, count < 16 ? count : 16);
        }
    }
    return (uint64_t)__builtin_reduce_add(clipped);
}

#define ENCODE_FLOATS(element, dtype) \
    encode_floats(element, dtype, isRounded, weights, columns, run, scales, codes)

static uint64_t floats_encode(int element, int dtype, int isRounded, const float *weights, size_t columns, size_t run,
    const float *scales, uint8_t *codes) {
    if (element == INGOT_F8_E5M2) return ENCODE_FLOATS(INGOT_F8_E5M2, INGOT_F32);
    if (!isRounded || dtype == INGOT_F32) return ENCODE_FLOATS(INGOT_F8_E4M3, INGOT_F32);
    if (dtype == INGOT_BF16) return ENCODE_FLOATS(INGOT_F8_E4M3, INGOT_BF16);
    return ENCODE_FLOATS(INGOT_F8_E4M3, INGOT_F16);
}

/// Adds to `errors` the squared error of each run under sixteen shares of its scale, which are rounded to `scaleType`,
/// products to `dtype`.
static void floats_try(int element, int scaleType, int dtype, const float *weights, const float *importance,
    size_t columns, size_t run, const float *scales, const float *shares, double *errors) {
    for (size_t start = 0; start < columns; start += run, scales++, errors += 16) {
        size_t size = columns - start < run ? columns - start : run;
        for (int share = 0; share < 16; share++) {
            float scale = rounded_to(scaleType, *scales * shares[share] - (f32x16){})[0];
            f32x16 sum = {};
            for (size_t place = start; place < start + size; place += 16) {
                size_t count = start + size - place;
                f32x16 weight = count >= 16 ? LOAD(f32x16, weights + place) : load_some(weights + place, count);
                u32x16 code = code_of(element, weight / scale);
                f32x16 value = element == INGOT_F8_E5M2 ? from_halves(code << 8) : element_values(element, code);
                f32x16 error = weight - rounded_to(dtype, value * scale);
                f32x16 square = error * error;
                if (importance)
                    square *= count >= 16 ? LOAD(f32x16, importance + place) : load_some(importance + place, count);
                sum += square;
            }
            errors[share] += sum_of_lanes(sum);
        }
    }
}
