// A prefix code of bytes: canonical, at most 11 bits long, in four streams that are decoded side by side.
// Codes are taken from the low end of the streams, their first bit lowest.
#include "PrefixLengths.h"

enum { PREFIX_STREAMS = 4 };

static inline uint64_t prefix_load(const uint8_t *place) {
    uint64_t value;
    memcpy(&value, place, 8);
    return value;
}

/// Counts the bytes of the four parts.
static void prefix_count(const uint8_t *bytes, size_t count, size_t part, uint32_t counts[PREFIX_STREAMS][256]) {
    memset(counts, 0, sizeof(uint32_t) * PREFIX_STREAMS * 256);
    size_t whole = count > 3 * part ? count - 3 * part : 0;
    const uint8_t *a = bytes, *b = bytes + part, *c = bytes + 2 * part, *d = bytes + 3 * part;
    size_t i = 0;
    for (; i < whole; i++) {
        counts[0][a[i]]++;
        counts[1][b[i]]++;
        counts[2][c[i]]++;
        counts[3][d[i]]++;
    }
    for (int k = 0; k < PREFIX_STREAMS; k++)
        for (size_t place = (size_t)k * part + i; place < (size_t)(k + 1) * part && place < count; place++)
            counts[k][bytes[place]]++;
}

/// The codes that follow from lengths whose Kraft sum is 1: in the order of length, then byte; the first bit lowest.
static void prefix_codes(const uint8_t lengths[256], uint16_t codes[256]) {
    int code = 0;
    for (int length = 1; length <= PREFIX_LIMIT; length++) {
        for (int symbol = 0; symbol < 256; symbol++) {
            if (lengths[symbol] != length) continue;
            int turned = 0;
            for (int bit = 0; bit < length; bit++) turned |= ((code >> bit) & 1) << (length - 1 - bit);
            codes[symbol] = (uint16_t)turned;
            code++;
        }
        code <<= 1;
    }
}

static void prefix_write(
    const uint8_t *bytes, size_t count, const uint32_t table[256], uint8_t *output, uint8_t *end) {
    uint64_t pending = 0;
    unsigned held = 0;
    size_t i = 0;
    // 7 bits held and five codes are 62 at most. Eight bytes are stored, the whole ones of them stay.
    for (; i + 5 <= count && end - output >= 8; i += 5) {
        uint32_t a = table[bytes[i]], b = table[bytes[i + 1]], c = table[bytes[i + 2]];
        uint32_t d = table[bytes[i + 3]], e = table[bytes[i + 4]];
        unsigned ab = (a >> 16) + (b >> 16), cd = (c >> 16) + (d >> 16);
        uint64_t first = (a & 0xFFFF) | (uint64_t)(b & 0xFFFF) << (a >> 16);
        uint64_t second = (c & 0xFFFF) | (uint64_t)(d & 0xFFFF) << (c >> 16);
        uint64_t all = first | (second | (uint64_t)(e & 0xFFFF) << cd) << ab;
        pending |= all << held;
        held += ab + cd + (e >> 16);
        memcpy(output, &pending, 8);
        output += held >> 3;
        pending >>= held & 56;
        held &= 7;
    }
    for (; i < count; i++) {
        uint32_t entry = table[bytes[i]];
        pending |= (uint64_t)(entry & 0xFFFF) << held;
        held += entry >> 16;
        for (; held >= 8; held -= 8, pending >>= 8) *output++ = (uint8_t)pending;
    }
    if (held > 0) *output = (uint8_t)pending;
}

static size_t prefix_encode(const uint8_t *bytes, size_t count, uint8_t *output, size_t limit) {
    uint32_t counts[PREFIX_STREAMS][256], totals[256], table[256];
    uint8_t lengths[256];
    uint16_t codes[256];
    size_t part = (count + PREFIX_STREAMS - 1) / PREFIX_STREAMS;
    prefix_count(bytes, count, part, counts);
    for (int symbol = 0; symbol < 256; symbol++) {
        totals[symbol] = 0;
        for (int k = 0; k < PREFIX_STREAMS; k++) totals[symbol] += counts[k][symbol];
    }
    if (prefix_lengths(totals, lengths) < 2) return 0;
    int first = 0, last = 255;
    while (lengths[first] == 0) first++;
    while (lengths[last] == 0) last--;
    size_t head = 2 + (size_t)(last - first + 2) / 2 + 4 * (PREFIX_STREAMS - 1), total = head;
    size_t sizes[PREFIX_STREAMS];
    for (int k = 0; k < PREFIX_STREAMS; k++) {
        uint64_t bits = 0;
        for (int symbol = first; symbol <= last; symbol++) bits += (uint64_t)counts[k][symbol] * lengths[symbol];
        sizes[k] = (size_t)((bits + 7) / 8);
        total += sizes[k];
    }
    if (total > limit) return 0;
    output[0] = (uint8_t)first;
    output[1] = (uint8_t)last;
    for (int symbol = first; symbol <= last; symbol += 2) {
        int high = symbol < last ? lengths[symbol + 1] : 0;
        output[2 + (symbol - first) / 2] = (uint8_t)(lengths[symbol] | high << 4);
    }
    uint8_t *place = output + head - 4 * (PREFIX_STREAMS - 1);
    for (int k = 0; k < PREFIX_STREAMS - 1; k++, place += 4) {
        uint32_t size = (uint32_t)sizes[k];
        memcpy(place, &size, 4);
    }
    prefix_codes(lengths, codes);
    for (int symbol = 0; symbol < 256; symbol++)
        table[symbol] = lengths[symbol] > 0 ? (uint32_t)codes[symbol] | (uint32_t)lengths[symbol] << 16 : 0;
    for (int k = 0; k < PREFIX_STREAMS; k++) {
        size_t start = (size_t)k * part < count ? (size_t)k * part : count;
        size_t own = count - start < part ? count - start : part;
        prefix_write(bytes + start, own, table, place, place + sizes[k]);
        place += sizes[k];
    }
    return total;
}

/// One stream on its way: where its next byte is, how many of its bits are taken, where the next symbol goes.
typedef struct {
    const uint8_t *place;
    unsigned taken;
    uint8_t *output;
} prefix_stream;

/// One turn of a stream: five look-ups, each of up to three symbols. The fourth byte that is stored counts for nothing.
#define PREFIX_TURN(stream) \
    do { \
        uint64_t bits = prefix_load((stream).place) >> (stream).taken; \
        for (int look = 0; look < 5; look++) { \
            uint32_t entry = table[bits & (PREFIX_TABLE - 1)]; \
            memcpy((stream).output, &entry, 4); \
            (stream).output += entry >> 28; \
            unsigned width = (entry >> 24) & 15; \
            bits >>= width; \
            (stream).taken += width; \
        } \
        (stream).place += (stream).taken >> 3; \
        (stream).taken &= 7; \
    } while (0)

/// How many turns stay inside the bytes that may be read and written: a turn reads 8 and passes over 7 at most, writes
/// 16 and keeps 15 at most.
static size_t prefix_turns(const prefix_stream *stream, const uint8_t *end, const uint8_t *outputEnd) {
    size_t input = (size_t)(end - stream->place), room = (size_t)(outputEnd - stream->output);
    if (input < 8 || room < 16) return 0;
    input = (input - 8) / 7 + 1;
    room = (room - 16) / 15 + 1;
    return input < room ? input : room;
}

/// The last symbols of a stream, one at a time. Bits behind its end read as zero. Whether it ends where it should.
static int prefix_finish(
    prefix_stream stream, const uint8_t *end, uint8_t *outputEnd, const uint32_t *table, const uint8_t *lengths) {
    uint64_t bits = 0;
    unsigned held = 0;
    size_t passed = 0;
    if (stream.taken > 0) {
        if (stream.place >= end) return 0;
        bits = (uint64_t)*stream.place++ >> stream.taken;
        held = 8 - stream.taken;
    }
    while (stream.output < outputEnd) {
        while (held < PREFIX_LIMIT) {
            if (stream.place < end) bits |= (uint64_t)*stream.place++ << held;
            else passed++;
            held += 8;
        }
        uint8_t symbol = (uint8_t)table[bits & (PREFIX_TABLE - 1)];
        *stream.output++ = symbol;
        bits >>= lengths[symbol];
        held -= lengths[symbol];
    }
    // Whole bytes that were not needed are given back; nothing else may be left, or have been made up.
    return stream.place == end && held < 8 * (passed + 1) && held >= 8 * passed && bits == 0;
}

static void prefix_table(const uint8_t lengths[256], uint32_t table[PREFIX_TABLE]) {
    uint16_t codes[256], single[PREFIX_TABLE];
    prefix_codes(lengths, codes);
    for (int symbol = 0; symbol < 256; symbol++) {
        if (lengths[symbol] == 0) continue;
        for (int place = codes[symbol]; place < PREFIX_TABLE; place += 1 << lengths[symbol])
            single[place] = (uint16_t)(symbol | lengths[symbol] << 8);
    }
    for (uint32_t place = 0; place < PREFIX_TABLE; place++) {
        uint32_t first = single[place], width = first >> 8;
        uint32_t second = single[place >> width], both = width + (second >> 8);
        uint32_t third = single[both < PREFIX_LIMIT ? place >> both : 0], all = both + (third >> 8);
        uint32_t pair = (first & 255) | (second & 255) << 8;
        table[place] = both > PREFIX_LIMIT ? (first & 255) | width << 24 | 1u << 28
            : all > PREFIX_LIMIT           ? pair | both << 24 | 2u << 28
                                           : pair | (third & 255) << 16 | all << 24 | 3u << 28;
    }
}

static int prefix_decode(const uint8_t *input, size_t size, uint8_t *output, size_t count) {
    if (size < 2 || count == 0) return 0;
    uint8_t lengths[256] = {0};
    int first = input[0], last = input[1], total = 0;
    if (first >= last) return 0;
    size_t half = (size_t)(last - first + 2) / 2, head = 2 + half + 4 * (PREFIX_STREAMS - 1);
    if (size < head) return 0;
    for (int symbol = first; symbol <= last; symbol++) {
        int length = (input[2 + (symbol - first) / 2] >> (4 * ((symbol - first) & 1))) & 15;
        if (length > PREFIX_LIMIT) return 0;
        lengths[symbol] = (uint8_t)length;
        if (length > 0) total += 1 << (PREFIX_LIMIT - length);
    }
    if (total != PREFIX_TABLE) return 0;
    uint32_t table[PREFIX_TABLE];
    prefix_table(lengths, table);
    size_t part = (count + PREFIX_STREAMS - 1) / PREFIX_STREAMS, rest = size - head;
    prefix_stream streams[PREFIX_STREAMS];
    const uint8_t *ends[PREFIX_STREAMS], *place = input + head;
    uint8_t *outputEnds[PREFIX_STREAMS];
    for (int k = 0; k < PREFIX_STREAMS; k++) {
        uint32_t stated = (uint32_t)rest;
        if (k < PREFIX_STREAMS - 1) memcpy(&stated, input + 2 + half + 4 * k, 4);
        if (stated > rest) return 0;
        rest -= stated;
        size_t start = (size_t)k * part < count ? (size_t)k * part : count;
        size_t own = count - start < part ? count - start : part;
        streams[k] = (prefix_stream){place, 0, output + start};
        place += stated;
        ends[k] = place;
        outputEnds[k] = output + start + own;
    }
    if (rest != 0) return 0;
    prefix_stream a = streams[0], b = streams[1], c = streams[2], d = streams[3];
    while (1) {
        size_t turns = prefix_turns(&a, ends[0], outputEnds[0]);
        size_t more = prefix_turns(&b, ends[1], outputEnds[1]);
        turns = more < turns ? more : turns;
        more = prefix_turns(&c, ends[2], outputEnds[2]);
        turns = more < turns ? more : turns;
        more = prefix_turns(&d, ends[3], outputEnds[3]);
        turns = more < turns ? more : turns;
        if (turns == 0) break;
        for (; turns > 0; turns--) {
            PREFIX_TURN(a);
            PREFIX_TURN(b);
            PREFIX_TURN(c);
            PREFIX_TURN(d);
        }
    }
    streams[0] = a, streams[1] = b, streams[2] = c, streams[3] = d;
    for (int k = 0; k < PREFIX_STREAMS; k++) {
        prefix_stream stream = streams[k];
        for (size_t turns; (turns = prefix_turns(&stream, ends[k], outputEnds[k])) > 0;)
            for (; turns > 0; turns--) PREFIX_TURN(stream);
        if (!prefix_finish(stream, ends[k], outputEnds[k], table, lengths)) return 0;
    }
    return 1;
}
