// How long the codes of a prefix code are: Huffman's construction on sorted counts with two queues. Lengths beyond the
// limit are cut, and shorter codes give way until the Kraft sum is 1 again.
#include <stdint.h>
#include <string.h>

enum { PREFIX_LIMIT = 11, PREFIX_TABLE = 1 << PREFIX_LIMIT };

/// Sorts by merging: no result depends on a library.
static void prefix_sort(uint64_t *keys, int count) {
    uint64_t other[256], *from = keys, *to = other;
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            int middle = start + width < count ? start + width : count;
            int end = start + 2 * width < count ? start + 2 * width : count;
            int left = start, right = middle;
            for (int i = start; i < end; i++)
                to[i] = left < middle && (right >= end || from[left] <= from[right]) ? from[left++] : from[right++];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) memcpy(keys, from, sizeof(uint64_t) * (size_t)count);
}

/// The lengths of the codes for counts; 0 for a byte that does not occur. Returns how many occur.
static int prefix_lengths(const uint32_t counts[256], uint8_t lengths[256]) {
    uint64_t keys[256];
    int used = 0;
    memset(lengths, 0, 256);
    for (int symbol = 0; symbol < 256; symbol++)
        if (counts[symbol] > 0) keys[used++] = (uint64_t)counts[symbol] << 8 | (uint64_t)symbol;
    if (used < 2) return used;
    prefix_sort(keys, used);
    // Nodes 0..<used are the bytes, the others their unions in the order of their weights.
    uint64_t weights[511];
    int parents[511], next = used, leaf = 0, tree = used;
    for (int i = 0; i < used; i++) weights[i] = keys[i] >> 8;
    while (next < 2 * used - 1) {
        uint64_t sum = 0;
        for (int half = 0; half < 2; half++) {
            int pick = leaf < used && (tree >= next || weights[leaf] <= weights[tree]) ? leaf++ : tree++;
            sum += weights[pick];
            parents[pick] = next;
        }
        weights[next++] = sum;
    }
    int depths[511], numbers[64] = {0};
    depths[next - 1] = 0;
    for (int node = next - 2; node >= 0; node--) {
        depths[node] = depths[parents[node]] + 1;
        if (node < used) numbers[depths[node] < PREFIX_LIMIT ? depths[node] : PREFIX_LIMIT]++;
    }
    int total = 0;
    for (int length = 1; length <= PREFIX_LIMIT; length++) total += numbers[length] << (PREFIX_LIMIT - length);
    while (total > PREFIX_TABLE) {
        numbers[PREFIX_LIMIT]--;
        int length = PREFIX_LIMIT - 1;
        while (numbers[length] == 0) length--;
        numbers[length]--;
        numbers[length + 1] += 2;
        total--;
    }
    int place = used;
    for (int length = 1; length <= PREFIX_LIMIT; length++)
        for (int i = 0; i < numbers[length]; i++) lengths[keys[--place] & 255] = (uint8_t)length;
    return used;
}
