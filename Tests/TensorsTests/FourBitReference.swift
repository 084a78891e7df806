import Numbers

@testable import Tensors

/// The judge: four-bit blocks as the documentation tells them, one weight at a time.
struct FourBitReference {
    let type: FourBitType
    let dtype: DType
    let blockSize: Int
    let width: Int
    private let points: [Float]
    private let codesByRank: [UInt8]

    init(type: FourBitType, dtype: DType, blockSize: Int) {
        self.type = type
        self.dtype = dtype
        self.blockSize = blockSize
        width = dtype.bitCount / 8
        points = type.decisionPoints
        codesByRank = type.codesByRank
    }

    /// The float32 value of the element whose bytes begin at `index * width`.
    static func value(_ bytes: [UInt8], _ index: Int, _ dtype: DType) -> Float {
        if dtype == .F32 {
            return Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[index * 4 + $1]) << (8 * UInt32($1)) })
        }
        let bits = UInt16(bytes[index * 2]) | UInt16(bytes[index * 2 + 1]) << 8
        return dtype == .F16 ? Float(Float16(bitPattern: bits)) : Float(bitPattern: UInt32(bits) << 16)
    }

    /// The nearest value of `dtype`, ties to even: its bits, in 16 or 32 of them.
    static func bits(of value: Float, as dtype: DType) -> UInt32 {
        switch dtype {
        case .BF16:
            if value.isNaN { return UInt32(value.bitPattern >> 16) | 0x40 }
            let pattern = UInt64(value.bitPattern)
            return UInt32((pattern + 0x7FFF + (pattern >> 16 & 1)) >> 16)
        case .F16:
            return value.isNaN ? 0x7E00 | UInt32(value.bitPattern >> 16 & 0x8000) : UInt32(Float16(value).bitPattern)
        default: return value.bitPattern
        }
    }

    func values(_ bytes: [UInt8]) -> [Float] {
        (0..<bytes.count / width).map { Self.value(bytes, $0, dtype) }
    }

    /// A weight's code in a block of this absmax.
    func code(_ weight: Float, absmax: Float, isShort: Bool) -> UInt8 {
        if absmax == 0 { return type.codeOfZero }
        let reciprocal = 1 / absmax
        let scaled = reciprocal.isInfinite || isShort ? weight / absmax : weight * reciprocal
        var rank = 0
        while rank < points.count, !(scaled <= points[rank]) { rank += 1 }
        return codesByRank[rank]
    }

    func encode(_ input: [UInt8]) -> (codes: [UInt8], absmax: [Float]) {
        let weights = values(input)
        var codes = [UInt8](repeating: 0, count: (weights.count + 1) / 2)
        var absmax: [Float] = []
        for start in stride(from: 0, to: weights.count, by: blockSize) {
            let block = weights[start..<min(start + blockSize, weights.count)]
            let bits = block.map { $0.bitPattern & 0x7FFF_FFFF }.max() ?? 0
            absmax.append(Float(bitPattern: bits))
            for index in block.indices {
                let code = code(weights[index], absmax: Float(bitPattern: bits), isShort: block.count < blockSize)
                codes[index / 2] |= code << (index % 2 == 0 ? 4 : 0)
            }
        }
        if weights.count % 2 != 0 { codes[weights.count / 2] |= type.codeOfZero }
        return (codes, absmax)
    }

    func decoded(_ codes: [UInt8], _ absmax: [Float], count: Int) -> [UInt32] {
        (0..<count).map { index in
            let code = codes[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15
            return Self.bits(of: type.values[Int(code)] * absmax[index / blockSize], as: dtype)
        }
    }

    func decode(_ codes: [UInt8], _ absmax: [Float], count: Int) -> [UInt8] {
        let bits = decoded(codes, absmax, count: count)
        return width == 4 ? bits.littleEndianBytes : bits.map { UInt16($0) }.littleEndianBytes
    }

    func measure(_ input: [UInt8], _ codes: [UInt8], _ absmax: [Float]) -> ErrorSums {
        let weights = values(input)
        var sums = ErrorSums()
        let output = decode(codes, absmax, count: weights.count)
        for (weight, decoded) in zip(weights, values(output)) {
            let (weight, decoded) = (Double(weight), Double(decoded))
            sums += ErrorSums(
                squaredError: (weight - decoded) * (weight - decoded), squaredWeight: weight * weight,
                product: weight * decoded, squaredDecoded: decoded * decoded, maximumError: abs(weight - decoded),
                elementCount: 1)
        }
        return sums
    }
}

extension KernelLevel {
    /// The levels that this machine can test.
    static var supported: [KernelLevel] { allCases.filter(\.isSupported) }
}

extension Kernels {
    func encoded(_ form: FourBitReference, _ input: [UInt8]) -> (codes: [UInt8], absmax: [Float]) {
        let count = input.count / form.width
        // Filled, so that a byte that is not written shows.
        var codes = [UInt8](repeating: 0xA5, count: (count + 1) / 2)
        var absmax = [Float](repeating: -1, count: (count + form.blockSize - 1) / form.blockSize)
        var codeSpan = codes.mutableSpan
        var absmaxSpan = absmax.mutableSpan
        encodeFourBit(
            form.type, dtype: form.dtype, input: input.span, blockSize: form.blockSize, codes: &codeSpan,
            absmax: &absmaxSpan)
        return (codes, absmax)
    }

    func decoded(_ form: FourBitReference, _ codes: [UInt8], _ absmax: [Float], count: Int) -> [UInt8] {
        var output = [UInt8](repeating: 0xA5, count: count * form.width)
        var span = output.mutableSpan
        decodeFourBit(
            form.type, codes: codes.span, absmax: absmax.span, blockSize: form.blockSize, count: count, into: &span,
            as: form.dtype)
        return output
    }

    func measured(_ form: FourBitReference, _ input: [UInt8], _ codes: [UInt8], _ absmax: [Float]) -> ErrorSums {
        measureFourBit(
            form.type, dtype: form.dtype, input: input.span, codes: codes.span, absmax: absmax.span,
            blockSize: form.blockSize)
    }
}
