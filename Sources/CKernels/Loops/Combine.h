// Sums of runs of numbers, each times a factor: what merges are made of. A product and a sum round twice.

static void floats_scale(const float *numbers, float factor, size_t count, float *output) {
    for (size_t place = 0; place < count; place++) output[place] = numbers[place] * factor;
}

static void floats_add_scaled(const float *numbers, float factor, size_t count, float *sums) {
    for (size_t place = 0; place < count; place++) sums[place] += numbers[place] * factor;
}
