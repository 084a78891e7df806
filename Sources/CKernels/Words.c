// 32-bit words that hold codes of columns, put in order by column.
#include <string.h>

#include "CKernels.h"

enum { TILE = 32 };

void ingot_transpose_words(
    const uint8_t *input, size_t rows, size_t columns, uint8_t *output, size_t stride) {
    for (size_t top = 0; top < rows; top += TILE) {
        size_t bottom = top + TILE < rows ? top + TILE : rows;
        for (size_t column = 0; column < columns; column++)
            for (size_t row = top; row < bottom; row++)
                memcpy(output + 4 * (column * stride + row), input + 4 * (row * columns + column), 4);
    }
}

void ingot_gather_awq(const uint8_t *input, size_t rows, size_t words, uint8_t *output, size_t stride) {
    static const int shifts[8] = {0, 16, 4, 20, 8, 24, 12, 28};
    for (size_t top = 0; top < rows; top += 2 * TILE) {
        size_t bottom = top + 2 * TILE < rows ? top + 2 * TILE : rows;
        for (size_t column = 0; column < words; column++) {
            for (size_t row = top; row < bottom; row += 2) {
                uint32_t first, second = 0;
                memcpy(&first, input + 4 * (row * words + column), 4);
                if (row + 1 < rows) memcpy(&second, input + 4 * ((row + 1) * words + column), 4);
                uint8_t *place = output + 8 * column * stride + row / 2;
                for (int code = 0; code < 8; code++)
                    place[(size_t)code * stride] =
                        (uint8_t)(((first >> shifts[code]) & 15) | (((second >> shifts[code]) & 15) << 4));
            }
        }
    }
}
