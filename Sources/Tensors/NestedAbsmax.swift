import Numbers

/// The absmax values of a tensor's blocks, quantized in their turn ("double quantization" of bitsandbytes).
///
/// `absmax = DynamicMap.values[code] * scale + offset` in float32, where 256 values share a scale.
package struct NestedAbsmax: Equatable, Sendable {
    /// The absmax values that share a scale.
    package static let blockSize = 256

    /// One code an absmax: `absmax` in the file, U8.
    package let codes: [UInt8]
    /// The greatest distance from the offset in each block: `nested_absmax` in the file, F32.
    package let scales: [Float]
    /// The mean of all absmax values: `nested_offset`.
    package let offset: Float

    /// Takes what a file holds.
    /// - Returns: nil when there is not one scale for each 256 codes.
    package init?(codes: [UInt8], scales: [Float], offset: Float) {
        guard scales.count == (codes.count + Self.blockSize - 1) / Self.blockSize else { return nil }
        self.codes = codes
        self.scales = scales
        self.offset = offset
    }

    /// Quantizes absmax values as bitsandbytes 0.50.2 does on a CPU: the offset is their mean in PyTorch's order of
    /// addition, the code is that of the map's value nearest to the scaled distance, which is first rounded to a step
    /// of 2 ÷ 65,535. A block without any distance has scale 0 and codes 0.
    package init(quantizing absmax: [Float]) {
        let offset = torchMean(of: absmax.span)
        var codes = [UInt8](repeating: 0, count: absmax.count)
        var scales: [Float] = []
        scales.reserveCapacity((absmax.count + Self.blockSize - 1) / Self.blockSize)
        for start in stride(from: 0, to: absmax.count, by: Self.blockSize) {
            let end = min(start + Self.blockSize, absmax.count)
            let distances = absmax[start..<end].map { $0 - offset }
            let scale = distances.reduce(Float(0)) { max($0, abs($1)) }
            scales.append(scale)
            if scale != 0 { DynamicMapSearch.shared.encode(distances, scale: scale, into: &codes, at: start) }
        }
        self.codes = codes
        self.scales = scales
        self.offset = offset
    }

    /// The absmax values that the codes stand for.
    package func decoded() -> [Float] {
        let map = DynamicMap.values
        return codes.indices.map { map[Int(codes[$0])] * scales[$0 / Self.blockSize] + offset }
    }
}

/// The mean of `values` in float32, added in the order of PyTorch's reduction on a CPU, with one thread.
///
/// Four vectors of eight lanes take rows of 32 values. The sums cascade over four levels, so that no sum grows much
/// longer than the others: a level of `step` rows is added to the next one and starts anew. Source: PyTorch 2.15,
/// `aten/src/ATen/native/cpu/SumKernel.cpp` (`cascade_sum`, `multi_row_sum`).
package func torchMean(of values: Span<Float>) -> Float {
    let lanes = 8, columns = 4, levels = 4
    let vectorCount = values.count / lanes
    let rowCount = vectorCount / columns
    func vector(_ index: Int) -> SIMD8<Float> {
        var vector = SIMD8<Float>()
        for lane in 0..<lanes { vector[lane] = values[index * lanes + lane] }
        return vector
    }
    var sums = [SIMD8<Float>](repeating: SIMD8(), count: levels * columns)
    let ceilingOfLog = rowCount <= 1 ? 0 : Int.bitWidth - (rowCount - 1).leadingZeroBitCount
    let power = max(4, ceilingOfLog / levels)
    let step = 1 << power
    for row in 0..<rowCount {
        for column in 0..<columns { sums[column] += vector(row * columns + column) }
        guard (row + 1) % step == 0 else { continue }
        for level in 1..<levels {
            for column in 0..<columns {
                sums[level * columns + column] += sums[(level - 1) * columns + column]
                sums[(level - 1) * columns + column] = SIMD8()
            }
            if (row + 1) >> (level * power) & (step - 1) != 0 { break }
        }
    }
    for level in 1..<levels {
        for column in 0..<columns { sums[column] += sums[level * columns + column] }
    }
    for index in rowCount * columns..<vectorCount { sums[0] += vector(index) }
    for column in 1..<columns { sums[0] += sums[column] }
    var total: Float = 0
    for index in vectorCount * lanes..<values.count { total += values[index] }
    for lane in 0..<lanes { total += sums[0][lane] }
    return total / Float(values.count)
}
