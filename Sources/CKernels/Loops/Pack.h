// Codes, one a byte, to streams without gaps, low bits first; and to the words of AWQ.

/// Packs 32 codes into 4 × `bits` bytes.
INLINE void pack_row(int bits, const uint8_t *codes, uint8_t *output) {
    if (bits == 8) {
        memcpy(output, codes, INGOT_ROW);
        return;
    }
    if (bits == 4 || bits == 2) {
        // Two codes meet in each half of a word, and in a byte of 2-bit codes four.
        u16x16 pairs = LOAD(u16x16, codes);
        u8x16 joined = __builtin_convertvector(pairs | (pairs >> (8 - bits)), u8x16);
        if (bits == 4) {
            STORE(output, joined);
            return;
        }
        typedef uint16_t u16x8 __attribute__((vector_size(16)));
        typedef uint8_t u8x8 __attribute__((vector_size(8)));
        u16x8 fours = (u16x8)joined;
        STORE(output, __builtin_convertvector(fours | (fours >> 4), u8x8));
        return;
    }
    u64x8 eights = {};
    memcpy(&eights, codes, INGOT_ROW);
    for (int part = 0; part < 4; part++) {
        uint64_t word = eights[part];
        uint64_t bitsOfTwo = (1ull << 2 * bits) - 1, bitsOfFour = (1ull << 4 * bits) - 1;
        // Neighbors meet: one code a byte, two in 16 bits, four in 32, then all eight.
        word = (word & 0x00FF00FF00FF00FF) | (word & 0xFF00FF00FF00FF00) >> (8 - bits);
        word = (word & bitsOfTwo) | (word >> (16 - 2 * bits) & bitsOfTwo << 2 * bits)
            | (word & bitsOfTwo << 32) | (word >> (16 - 2 * bits) & bitsOfTwo << (32 + 2 * bits));
        word = (word & bitsOfFour) | (word >> (32 - 4 * bits) & bitsOfFour << 4 * bits);
        memcpy(output + part * bits, &word, (size_t)bits);
    }
}

INLINE void pack_codes(int bits, const uint8_t *codes, size_t count, uint8_t *output) {
    size_t rows = count / INGOT_ROW, rest = count % INGOT_ROW;
    for (size_t index = 0; index < rows; index++)
        pack_row(bits, codes + INGOT_ROW * index, output + 4 * (size_t)bits * index);
    if (rest == 0) return;
    uint8_t last[INGOT_ROW] = {0}, packed[INGOT_ROW];
    memcpy(last, codes + INGOT_ROW * rows, rest);
    pack_row(bits, last, packed);
    memcpy(output + 4 * (size_t)bits * rows, packed, (rest * (size_t)bits + 7) / 8);
}

static void codes_pack(int bits, const uint8_t *codes, size_t count, uint8_t *output) {
    switch (bits) {
    case 1: pack_codes(1, codes, count, output); break;
    case 2: pack_codes(2, codes, count, output); break;
    case 3: pack_codes(3, codes, count, output); break;
    case 4: pack_codes(4, codes, count, output); break;
    case 5: pack_codes(5, codes, count, output); break;
    case 6: pack_codes(6, codes, count, output); break;
    case 7: pack_codes(7, codes, count, output); break;
    case 8: pack_codes(8, codes, count, output); break;
    }
}

/// The words of eight rows of 4-bit codes: word i has the rows' codes of column i, in AWQ's order.
static void codes_pack_awq(const uint8_t *codes, size_t columns, uint8_t *output) {
    static const size_t order[8] = {0, 2, 4, 6, 1, 3, 5, 7};
    size_t place = 0;
    for (; place + 16 <= columns; place += 16) {
        u32x16 words = {};
        for (int code = 0; code < 8; code++) {
            u8x16 row = LOAD(u8x16, codes + order[code] * columns + place);
            words |= __builtin_convertvector(row, u32x16) << (4 * code);
        }
        STORE(output + 4 * place, words);
    }
    for (; place < columns; place++) {
        uint32_t word = 0;
        for (int code = 0; code < 8; code++) word |= (uint32_t)codes[order[code] * columns + place] << (4 * code);
        memcpy(output + 4 * place, &word, 4);
    }
}
