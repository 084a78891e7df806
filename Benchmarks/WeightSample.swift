import Bytes
import Formats
import Numbers
import Tensors

/// Weights of one dtype to measure coders on.
struct WeightSample {
    let dtype: DType
    let bytes: [UInt8]

    /// A file's tensors of each floating-point dtype, one behind the other; BF16 made of F32 too, rounded to even.
    static func read(_ path: String, limit: Int) throws -> [WeightSample] {
        let file = try OpenFile(path)
        var found: [DType: [UInt8]] = [:]
        for tensor in try Safetensors.layout(of: file).tensors {
            guard let dtype = tensor.dtype, [.BF16, .F16, .F32].contains(dtype) else { continue }
            let room = limit - found[dtype, default: []].count
            guard room > 0 else { continue }
            let count = min(room, tensor.byteRange.count)
            found[dtype, default: []] += try file.bytes(
                tensor.byteRange.lowerBound..<tensor.byteRange.lowerBound + count)
        }
        var samples = found.sorted { $0.key.rawValue < $1.key.rawValue }.map { WeightSample(dtype: $0, bytes: $1) }
        if let wide = found[.F32] { samples.append(WeightSample(dtype: .BF16, bytes: narrowed(wide))) }
        return samples
    }

    /// The tensors that two files have in common.
    static func pairs(_ base: String, _ fine: String) throws -> [(base: WeightSample, fine: WeightSample)] {
        let files = (try OpenFile(base), try OpenFile(fine))
        let others = Dictionary(
            try Safetensors.layout(of: files.0).tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return try Safetensors.layout(of: files.1).tensors.compactMap { tensor in
            guard let other = others[tensor.name], let dtype = tensor.dtype, other.dtype == dtype,
                other.byteRange.count == tensor.byteRange.count
            else { return nil }
            return (
                WeightSample(dtype: dtype, bytes: try files.0.bytes(other.byteRange)),
                WeightSample(dtype: dtype, bytes: try files.1.bytes(tensor.byteRange))
            )
        }
    }

    private static func narrowed(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 2)
        for index in stride(from: 0, to: bytes.count - 3, by: 4) {
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[index + $1]) << UInt32(8 * $1) }
            let rounded = (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16
            output.append(UInt8(truncatingIfNeeded: rounded))
            output.append(UInt8(truncatingIfNeeded: rounded >> 8))
        }
        return output
    }
}
