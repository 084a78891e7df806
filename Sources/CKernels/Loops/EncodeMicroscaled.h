// Weights to F4 and F8_E4M3 with a scale of one byte for 16 or 32 of them: MXFP4, MXFP8 and NVFP4. Sixteen groups are
// taken at a time, so that their scales are computed in lanes.

/// F4 codes of weights divided by their scale. With `isEven` ties go to the even code, and what vanishes keeps its sign
/// unless it was zero; else ties go toward zero, and what vanishes is +0.
INLINE u32x16 f4_codes(f32x16 values, int isEven) {
    // 0.25, 0.75, 1.25, 1.75, 2.5, 3.5 and 5 as float32 bits.
    static const int32_t points[7] = {
        0x3E800000, 0x3F400000, 0x3FA00000, 0x3FE00000, 0x40200000, 0x40600000, 0x40A00000};
    u32x16 bits = (u32x16)values, magnitude = bits & 0x7FFFFFFF;
    i32x16 code = {};
    #pragma clang loop unroll(full)
    for (int point = 0; point < 7; point++) code -= (i32x16)magnitude > points[point] - (isEven ? point & 1 : 0);
    u32x16 keepsSign = isEven ? (u32x16)(magnitude != 0) : (u32x16)(code != 0);
    return (u32x16)code | ((bits >> 28) & 8 & keepsSign);
}

INLINE u32x16 element_codes(int element, f32x16 values, int isEven) {
    if (element == INGOT_F4) return f4_codes(values, isEven);
    // compressed-tensors adds a zero point of 0, which makes -0 a +0.
    return code_of(INGOT_F8_E4M3, isEven ? values + 0.0f : values);
}

/// The numbers of F4 or finite F8_E4M3 codes.
INLINE f32x16 element_values(int element, u32x16 codes) {
    if (element == INGOT_F4) {
        const f32x16 table = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
        return look_up(&table, codes);
    }
    f32x16 magnitude = (f32x16)((codes & 0x7F) << 20) * 0x1p120f;
    return (f32x16)((u32x16)magnitude | (codes & 0x80) << 24);
}

/// 2^(byte - 127); the least one is subnormal.
INLINE f32x16 powers_of_two(i32x16 bytes) {
    i32x16 isLeast = bytes <= 0;
    return (f32x16)((isLeast & 0x00400000) | (~isLeast & (bytes << 23)));
}

/// The E8M0 bytes of blocks by their greatest magnitudes. A scale that is too small for E8M0 is the least there is.
INLINE i32x16 exponent_bytes(const ingot_microscaled *form, f32x16 greatest) {
    int least = form->element == INGOT_F4 ? 2 : 8;
    i32x16 bits = (i32x16)greatest, bytes;
    f32x16 scale = greatest / (form->element == INGOT_F4 ? 6.0f : 448.0f);
    switch (form->rule) {
    case INGOT_E8M0_FLOOR: bytes = (bits >> 23) - least; break;
    // Half a digit behind the point is added: 1.75 times a power of two counts as the next one.
    case INGOT_E8M0_BUMP: bytes = ((bits + 0x200000) >> 23) - least; break;
    // Above the square root of two the logarithm is nearer to the next number.
    case INGOT_E8M0_NEAREST: bytes = ((i32x16)scale >> 23) - (((i32x16)scale & 0x7FFFFF) > 0x3504F3); break;
    default: bytes = ((i32x16)scale >> 23) - (((i32x16)scale & 0x7FFFFF) != 0); break;
    }
    bytes = __builtin_elementwise_min(__builtin_elementwise_max(bytes, (i32x16){}), 254 - (i32x16){});
    // MLX gives a block of zeros the scale 1; compressed-tensors the least one.
    return form->is_even ? bytes : (i32x16)chosen((u32x16)(bits == 0), 127, (u32x16)bytes);
}

/// What the groups of a batch divide by, their bytes, and what those bytes stand for.
typedef struct { f32x16 divisor, stored; u32x16 bytes; } block_scales;

INLINE f32x16 e4m3_scales(const ingot_microscaled *form, u32x16 bytes) {
    f32x16 values = element_values(INGOT_F8_E4M3, bytes);
    return form->is_even ? values / form->divisor : values;
}

INLINE block_scales scales_of_blocks(const ingot_microscaled *form, f32x16 greatest) {
    block_scales found;
    if (form->has_exponents) {
        found.bytes = (u32x16)exponent_bytes(form, greatest);
        found.divisor = found.stored = powers_of_two((i32x16)found.bytes);
        return found;
    }
    f32x16 sixth = rounded_to(form->is_even ? form->dtype : INGOT_F32, greatest / 6.0f);
    if (!form->is_even) {
        found.bytes = code_of(INGOT_F8_E4M3, sixth);
        found.divisor = found.stored = e4m3_scales(form, found.bytes);
        return found;
    }
    // The quotient is not rounded before codes are made with it; one that vanishes is the step of E4M3 at 1.
    f32x16 scale = sixth * form->divisor;
    u32x16 isNothing;
    found.bytes = code_of(INGOT_F8_E4M3, scale);
    isNothing = (u32x16)(found.bytes == 0);
    found.bytes = chosen(isNothing, 0x20, found.bytes);
    found.stored = e4m3_scales(form, found.bytes);
    found.divisor = select_floats((i32x16)isNothing, found.stored, scale / form->divisor);
    return found;
}

/// The sum of a vector's lanes, always in the same order.
INLINE float sum_of_lanes(f32x16 values) {
    typedef float f32x8 __attribute__((vector_size(32)));
    typedef float f32x4 __attribute__((vector_size(16)));
    f32x8 eight = __builtin_shufflevector(values, values, 0, 1, 2, 3, 4, 5, 6, 7)
        + __builtin_shufflevector(values, values, 8, 9, 10, 11, 12, 13, 14, 15);
    f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) + __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/// The weights of a group, one or two vectors, with their importance.
typedef struct { f32x16 weights[2], factors[2]; int count; } block_weights;

/// The squared error of codes under a scale, decoded to BF16 as the libraries do.
INLINE float microscaled_error(int element, const block_weights *block, const u32x16 *codes, float scale) {
    f32x16 sum = {};
    for (int part = 0; part < block->count; part++) {
        f32x16 decoded = (f32x16)to_brains(element_values(element, codes[part]) * scale);
        f32x16 error = block->weights[part] - decoded;
        sum += error * error * block->factors[part];
    }
    return sum_of_lanes(sum);
}

/// Tries the scales beside the library's and keeps the one with the least error, if that is less than the library's.
INLINE void search_microscaled(int element, const ingot_microscaled *form, const block_weights *block, uint32_t *byte,
    float *stored, u32x16 *codes) {
    float least = microscaled_error(element, block, codes, *stored) * 0.9999f;
    if (!(least > 0)) return;
    int before = form->has_exponents ? 1 : 5, after = form->has_exponents ? 1 : 3, first = (int)*byte;
    for (int step = -before; step <= after; step++) {
        int tried = first + step;
        if (tried < (form->has_exponents ? 0 : 1) || tried > (form->has_exponents ? 254 : 0x7E)) continue;
        float scale = form->has_exponents ? powers_of_two(tried - (i32x16){})[0]
                                          : e4m3_scales(form, (uint32_t)tried - (u32x16){})[0];
        u32x16 found[2] = {};
        for (int part = 0; part < block->count; part++)
            found[part] = element_codes(element, block->weights[part] / scale, form->is_even);
        float error = microscaled_error(element, block, found, scale);
        if (!(error < least)) continue;
        least = error;
        *byte = (uint32_t)tried;
        *stored = scale;
        codes[0] = found[0];
        codes[1] = found[1];
    }
}

INLINE f32x16 greatest_of_block(const float *weights, size_t size) {
    i32x16 greatest = LOAD(i32x16, weights) & 0x7FFFFFFF;
    if (size == 32) greatest = __builtin_elementwise_max(greatest, LOAD(i32x16, weights + 16) & 0x7FFFFFFF);
    return (f32x16)(__builtin_reduce_max(greatest) - (i32x16){});
}

INLINE uint64_t encode_microscaled(int element, size_t size, const ingot_microscaled *form, const float *weights,
    const float *importance, size_t count, uint8_t *codes, uint8_t *scales) {
    i32x16 clipped = {};
    size_t groups = count / size, perRow = form->columns / size;
    float bound = element == INGOT_F4 ? 7.0f : 464.0f;
    for (size_t first = 0; first < groups; first += 16) {
        size_t batch = groups - first < 16 ? groups - first : 16;
        float greatest[16] = {0}, divisors[16], kept[16];
        uint32_t bytes[16];
        for (size_t group = 0; group < batch; group++)
            greatest[group] = greatest_of_block(weights + (first + group) * size, size)[0];
        block_scales found = scales_of_blocks(form, LOAD(f32x16, greatest));
        STORE(divisors, found.divisor);
        STORE(kept, found.stored);
        STORE(bytes, found.bytes);
        for (size_t group = 0; group < batch; group++) {
            size_t index = first + group;
            block_weights block = {.count = (int)(size / 16)};
            u32x16 made[2] = {};
            for (int part = 0; part < block.count; part++) {
                block.weights[part] = LOAD(f32x16, weights + index * size + 16 * (size_t)part);
                // Where the scale is 0, so is everything.
                if (divisors[group] != 0)
                    made[part] = element_codes(element, block.weights[part] / divisors[group], form->is_even);
            }
            if (form->searches) {
                for (int part = 0; part < block.count; part++) {
                    const float *place = importance ? importance + index % perRow * size + 16 * (size_t)part : 0;
                    block.factors[part] = place ? LOAD(f32x16, place) : 1.0f - (f32x16){};
                }
                search_microscaled(element, form, &block, bytes + group, kept + group, made);
            }
            for (int part = 0; part < block.count; part++) {
                f32x16 magnitude = (f32x16)((u32x16)block.weights[part] & 0x7FFFFFFF);
                clipped -= magnitude > bound * kept[group];
                STORE(codes + index * size + 16 * (size_t)part, __builtin_convertvector(made[part], u8x16));
            }
            scales[index] = (uint8_t)bytes[group];
        }
    }
    return (uint64_t)__builtin_reduce_add(clipped);
}

static uint64_t microscaled_encode(const ingot_microscaled *form, const float *weights, const float *importance,
    size_t count, uint8_t *codes, uint8_t *scales) {
    if (form->element != INGOT_F4)
        return encode_microscaled(INGOT_F8_E4M3, 32, form, weights, importance, count, codes, scales);
    if (form->group_size == 16)
        return encode_microscaled(INGOT_F4, 16, form, weights, importance, count, codes, scales);
    return encode_microscaled(INGOT_F4, 32, form, weights, importance, count, codes, scales);
}
