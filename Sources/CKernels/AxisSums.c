// What is needed to make matrices smaller: how much each row and column holds, and some columns of each row.
#include <math.h>
#include <string.h>

#include "CKernels.h"

#pragma STDC FP_CONTRACT OFF

enum { LANES = 8, BLOCK = 512 };

// Adds a row's numbers, all of the same power: `count` is a multiple of LANES.
static inline __attribute__((always_inline)) void add_block(
    const float *values, size_t count, int power, double lanes[LANES], double *column_sums) {
    for (size_t start = 0; start < count; start += LANES)
        for (size_t lane = 0; lane < LANES; lane++) {
            double number = values[start + lane];
            number = power == 1 ? fabs(number) : number * number;
            lanes[lane] += number;
            column_sums[start + lane] += number;
        }
}

static inline __attribute__((always_inline)) void add_row(
    const uint8_t *row, size_t columns, int power, double lanes[LANES], double *column_sums) {
    float values[BLOCK];
    size_t start = 0;
    for (; start + BLOCK <= columns; start += BLOCK) {
        memcpy(values, row + 4 * start, sizeof values);
        add_block(values, BLOCK, power, lanes, column_sums + start);
    }
    size_t count = columns - start;
    if (count == 0) return;
    double rest[BLOCK];
    memset(values, 0, sizeof values);
    memcpy(values, row + 4 * start, 4 * count);
    memset(rest, 0, sizeof rest);
    memcpy(rest, column_sums + start, 8 * count);
    add_block(values, (count + LANES - 1) / LANES * LANES, power, lanes, rest);
    memcpy(column_sums + start, rest, 8 * count);
}

void ingot_axis_sums(
    const uint8_t *values, size_t rows, size_t columns, int power, double *row_sums, double *column_sums) {
    for (size_t row = 0; row < rows; row++) {
        double lanes[LANES] = {0};
        const uint8_t *bytes = values + 4 * row * columns;
        if (power == 1) add_row(bytes, columns, 1, lanes, column_sums);
        else add_row(bytes, columns, 2, lanes, column_sums);
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
