import Bytes
import Numbers
import Tensors

// MARK: Integers in words

extension CompressedParts {
    func integers(in model: inout StoredTensors) throws -> LogicalTensor? {
        let announced = try announced
        let words = codes.tensor.shape.dimensions
        let shapePart = try model.part("shape", module + ".weight_shape", [.I64, .I32], [words.count])
        let stored = FiledTensor(file: shapePart.file, tensor: shapePart.tensor)
        let dimensions = try model.integers(of: stored)
        guard codes.tensor.dtype == .I32, words.count >= 2, let shape = Shape(dimensions), shape.elementCount > 0,
            dimensions.count == words.count, dimensions.dropLast() == words.dropLast(), let inputs = dimensions.last,
            let wordCount = words.last
        else {
            throw FormatError.quantized(
                "has words \(codes.tensor.shape) and says that they are \(dimensions)",
                at: stored.tensor.byteRange.lowerBound)
        }
        guard let (bits, fillsWords) = try Self.packing(inputs, wordCount, announced.integerBits) else {
            model.notes.add(
                "no configuration tells the bits of weights of \(shape) in \(wordCount) words a row; stays as stored",
                tensor: module)
            return nil
        }
        let scale = try model.part("scale", module + ".weight_scale", QWeightTensors.scaleTypes)
        let granularity = try granularity(scale, shape, announced)
        var parts = [principal, shapePart, scale]
        let zeroPoint = try zeroPoint(bits, fillsWords, shape, scale.tensor.shape, in: model)
        if let zeroPoint { parts.append(zeroPoint) }
        var hasActOrder = false
        if model[module + ".weight_g_idx"] != nil, let size = granularity.groupSize {
            let index = try model.part("g_idx", module + ".weight_g_idx", [.I32], [inputs])
            hasActOrder = try actOrder(index, groups: inputs / size, size: size, in: model)
            parts.append(index)
        }
        let state = CompressedTensorsState(
            layout: .packed(bits: bits, fillsWords: fillsWords), granularity: granularity,
            isSymmetric: zeroPoint == nil, hasActOrder: hasActOrder)
        try announced.check(state, described)
        return logical(state, scale.dtype, shape, parts, in: model)
    }

    /// The bits of a code, and whether codes run on from word to word.
    /// - Returns: nil when several numbers of bits fit and nothing tells which.
    private static func packing(
        _ inputs: Int, _ words: Int, _ announced: [Int]?
    ) throws -> (bits: Int, fillsWords: Bool)? {
        let dense = (announced ?? Array(1...8)).filter { Self.wordCount(inputs, $0, fillsWords: true) == words }
        if let announced {
            if let bits = dense.first { return (bits, true) }
            if let bits = announced.first(where: { Self.wordCount(inputs, $0, fillsWords: false) == words }) {
                return (bits, false)
            }
            throw FormatError.disagreement(
                "the configuration says \(announced.map(String.init).joined(separator: " or ")) bits, but \(inputs) "
                    + "inputs are in \(words) words")
        }
        guard dense.count <= 1 else { return nil }
        guard let bits = dense.first else {
            throw FormatError.quantized("has \(inputs) inputs in \(words) words, which no number of bits gives")
        }
        return (bits, true)
    }

    /// The words of `count` codes.
    static func wordCount(_ count: Int, _ bits: Int, fillsWords: Bool) -> Int {
        fillsWords
            ? count / 32 * bits + ScaleGranularity.count(count % 32 * bits, of: 32)
            : ScaleGranularity.count(count, of: 32 / bits)
    }

    /// Zero points are bytes, or words that run down the rows.
    private func zeroPoint(
        _ bits: Int, _ fillsWords: Bool, _ shape: Shape, _ scales: Shape, in model: StoredTensors
    ) throws -> LogicalTensor.Part? {
        let name = module + ".weight_zero_point"
        guard let stored = model[name] else { return nil }
        guard stored.tensor.dtype == .I32 else {
            return try model.part("zero_point", name, [.I8], scales.dimensions)
        }
        let leading = shape.dimensions.dropLast(2), rows = shape.dimensions[shape.dimensions.count - 2]
        let words = Self.wordCount(rows, bits, fillsWords: fillsWords)
        guard scales.dimensions.count == shape.dimensions.count, let groups = scales.dimensions.last else {
            throw FormatError.quantized("has packed zero points for scales of shape \(scales)")
        }
        return try model.part("zero_point", name, [.I32], leading + [words, groups])
    }

    private func actOrder(
        _ part: LogicalTensor.Part, groups: Int, size: Int, in model: StoredTensors
    ) throws -> Bool {
        let index = try model.integers(of: FiledTensor(file: part.file, tensor: part.tensor))
        // Files whose groups are in order may hold -1 throughout.
        if index.allSatisfy({ $0 == -1 }) { return false }
        if let place = index.firstIndex(where: { !(0..<groups).contains($0) }) {
            throw FormatError.quantized(
                "has group \(index[place]) for input \(place) in weight_g_idx, and \(groups) groups",
                at: StoredTensors.byteOffset(of: place, in: part.tensor))
        }
        return !index.indices.allSatisfy { index[$0] == $0 / size }
    }
}
