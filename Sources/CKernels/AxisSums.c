// What is needed to make matrices smaller: how much each row and column holds, and some columns of each row.
#include <math.h>
#include <string.h>

#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

enum { LANES = 8 };

static void add_row(const uint8_t *row, size_t columns, int power, double lanes[LANES], double *column_sums) {
    for (size_t start = 0; start < columns; start += LANES) {
        size_t count = columns - start < LANES ? columns - start : LANES;
        float values[LANES] = {0};
        memcpy(values, row + 4 * start, 4 * count);
        double numbers[LANES];
        for (size_t lane = 0; lane < LANES; lane++) {
            double number = values[lane];
            numbers[lane] = power == 1 ? fabs(number) : number * number;
        }
        for (size_t lane = 0; lane < LANES; lane++) lanes[lane] += numbers[lane];
        for (size_t lane = 0; lane < count; lane++) column_sums[start + lane] += numbers[lane];
    }
}

void ingot_axis_sums(
    const uint8_t *values, size_t rows, size_t columns, int power, double *row_sums, double *column_sums) {
    for (size_t row = 0; row < rows; row++) {
        double lanes[LANES] = {0};
        add_row(values + 4 * row * columns, columns, power, lanes, column_sums);
        row_sums[row] +=
                ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
    }
}

#define GATHER(NAME, TYPE)                                                                                             \
    static void NAME(const uint8_t *input, size_t rows, size_t columns, const uint32_t *places, size_t count,          \
        uint8_t *output) {                                                                                             \
        for (size_t row = 0; row < rows; row++) {                                                                      \
            const uint8_t *source = input + row * columns * sizeof(TYPE);                                              \
            for (size_t place = 0; place < count; place++) {                                                           \
                memcpy(output, source + (size_t)places[place] * sizeof(TYPE), sizeof(TYPE));                           \
                output += sizeof(TYPE);                                                                                \
            }                                                                                                          \
        }                                                                                                              \
    }

GATHER(gather_bytes, uint8_t)
GATHER(gather_halves, uint16_t)
GATHER(gather_words, uint32_t)
GATHER(gather_doubles, uint64_t)

void ingot_gather_columns(int width, const uint8_t *input, size_t rows, size_t columns, const uint32_t *places,
    size_t count, uint8_t *output) {
    switch (width) {
    case 1: gather_bytes(input, rows, columns, places, count, output); break;
    case 2: gather_halves(input, rows, columns, places, count, output); break;
    case 4: gather_words(input, rows, columns, places, count, output); break;
    default: gather_doubles(input, rows, columns, places, count, output); break;
    }
}
