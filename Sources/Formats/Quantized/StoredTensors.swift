import Bytes
import Numbers
import Tensors

/// A model's stored tensors while quantized ones are looked for among them.
struct StoredTensors {
    /// What the name of a tensor promises.
    enum Mark: Hashable {
        /// `P.qweight`: GPTQ or AWQ.
        case qweight
        /// `P.weight_packed`: compressed-tensors.
        case packed
        /// `P.compressed`: a sparse matrix of compressed-tensors.
        case compressed
        /// `P.SCB`: the row scales of LLM.int8().
        case rowScales
        /// `P.scales`: MLX, when `P.weight` holds words.
        case groupScales
        /// `P_blocks`: gpt-oss.
        case blocks
        /// `P.weight_scale`, `P.weight_scale_inv`, `P.qscale_weight`.
        case scale
        /// `P.weight.quant_state.bitsandbytes__nf4`.
        case fourBitState
        /// `P.weight.absmax`.
        case absmax
    }

    var notes = QuantizationNotes()
    private let byName: [String: FiledTensor]
    private let marked: [Mark: [FiledTensor]]
    private var taken: Set<String> = []
    private let readSmall: (FiledTensor) throws -> [UInt8]

    /// The most bytes that are read of a tensor to tell what it is: indices of sixteen million columns.
    static let longestSmallTensor = 64 << 20

    init(_ tensors: [FiledTensor], readSmall: @escaping (FiledTensor) throws -> [UInt8]) {
        self.readSmall = readSmall
        var marked: [Mark: [FiledTensor]] = [:]
        for tensor in tensors {
            if let mark = Mark(tensor.tensor.name) { marked[mark, default: []].append(tensor) }
        }
        self.marked = marked
        // A model without marks, the common case, needs no index.
        byName =
            marked.isEmpty ? [:] : Dictionary(tensors.map { ($0.tensor.name, $0) }) { first, _ in first }
    }

    /// Whether any name promises a quantized tensor.
    var hasMarks: Bool { !marked.isEmpty }

    /// The tensors of a mark that do not belong to a logical tensor yet, in the order given.
    func free(_ mark: Mark) -> [FiledTensor] { (marked[mark] ?? []).filter { !taken.contains($0.tensor.name) } }

    func isTaken(_ name: String) -> Bool { taken.contains(name) }

    subscript(name: String) -> FiledTensor? { byName[name] }

    /// Notes that the tensor's parts belong to it.
    /// - Throws: `FormatError` when one belongs to another already.
    mutating func take(_ tensor: LogicalTensor) throws(FormatError) {
        for part in tensor.parts {
            guard taken.insert(part.tensor.name).inserted else {
                throw .quantized("'\(part.tensor.name)' belongs to two quantized tensors", tensor: tensor.name)
            }
        }
    }

    /// The bytes of a small tensor.
    func bytes(of tensor: FiledTensor) throws -> [UInt8] {
        let count = tensor.tensor.contentByteCount
        guard count <= Self.longestSmallTensor else {
            throw FormatError.quantized(
                "'\(tensor.tensor.name)' has \(count) bytes, more than are read to tell a shape")
        }
        return try readSmall(tensor)
    }

    /// The byte of the file that holds an element, when elements lie there one behind the other.
    static func byteOffset(of element: Int, in tensor: TensorDescription) -> Int {
        let width = (tensor.dtype?.bitCount ?? 8) / 8
        return tensor.byteRange.lowerBound + (tensor.arrangement == .contiguous ? element * width : 0)
    }

    /// The numbers of a small I32 or I64 tensor.
    func integers(of tensor: FiledTensor) throws -> [Int] {
        let bytes = try bytes(of: tensor)
        let width = tensor.tensor.dtype == .I64 ? 8 : 4
        return stride(from: 0, to: bytes.count - width + 1, by: width).map { start in
            let bits = (0..<width).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) }
            return width == 8 ? Int(Int64(bitPattern: bits)) : Int(Int32(truncatingIfNeeded: bits))
        }
    }

    /// A part that must be there.
    /// - Parameter shape: nil for a shape that the caller judges.
    func part(
        _ role: String, _ name: String, _ dtypes: [DType], _ shape: [Int]? = nil
    ) throws(FormatError) -> LogicalTensor.Part {
        guard let stored = byName[name] else { throw .quantized("is quantized, but '\(name)' is not there") }
        let found = stored.tensor
        guard dtypes.contains(where: { $0 == found.dtype }), shape == nil || shape == found.shape.dimensions else {
            let types = dtypes.map(\.rawValue).joined(separator: " or ")
            throw .quantized(
                "needs '\(name)' as \(types)\(shape.map { " \($0)" } ?? ""), found \(found.type) \(found.shape)")
        }
        return LogicalTensor.Part(role: role, tensor: found, file: stored.file)
    }

    /// The parts that may be there without being needed to dequantize, such as an activation's scale.
    func extras(_ names: [(role: String, name: String)]) -> [LogicalTensor.Part] {
        names.compactMap { role, name in
            byName[name].map { LogicalTensor.Part(role: role, tensor: $0.tensor, file: $0.file) }
        }
    }
}

extension StoredTensors.Mark {
    /// Nil for a name that promises nothing.
    init?(_ name: String) {
        let bytes = name.utf8
        guard let last = bytes.last else { return nil }
        // The last letter rules most names out, and the one before "weight" almost all others.
        switch last {
        case UInt8(ascii: "t"):
            guard bytes.count > 7, bytes[bytes.index(bytes.endIndex, offsetBy: -7)] != UInt8(ascii: ".") else {
                return nil
            }
            if bytes.hasEnding(".qweight") { self = .qweight; return }
            if bytes.hasEnding(".qscale_weight") { self = .scale; return }
        case UInt8(ascii: "d"):
            if bytes.hasEnding(".weight_packed") { self = .packed; return }
            if bytes.hasEnding(".compressed") { self = .compressed; return }
        case UInt8(ascii: "B"):
            if bytes.hasEnding(".SCB") { self = .rowScales; return }
        case UInt8(ascii: "s"):
            if bytes.hasEnding(".scales") { self = .groupScales; return }
            if bytes.hasEnding("_blocks") { self = .blocks; return }
        case UInt8(ascii: "e"):
            if bytes.hasEnding("_scale") { self = .scale; return }
        case UInt8(ascii: "v"):
            if bytes.hasEnding("_scale_inv") { self = .scale; return }
        case UInt8(ascii: "4"):
            if BitsAndBytesTensors.stateOwner(name) != nil { self = .fourBitState; return }
        case UInt8(ascii: "x"):
            if bytes.hasEnding(".weight.absmax") { self = .absmax; return }
        default: break
        }
        return nil
    }
}

extension String.UTF8View {
    /// Whether the text ends in `ending` with something before it.
    func hasEnding(_ ending: String) -> Bool {
        let count = ending.utf8.count
        return self.count > count && suffix(count).elementsEqual(ending.utf8)
    }
}

extension FormatError {
    /// Parts of a quantized tensor do not fit.
    static func quantized(_ problem: String, at byteOffset: Int? = nil, tensor: String? = nil) -> FormatError {
        FormatError(
            .corrupt, problem, at: byteOffset, tensor: tensor,
            remedy: "Check that all files of the model are there and of one version, or fetch them again")
    }

    /// What the configuration says is not what the tensors are.
    static func disagreement(_ problem: String) -> FormatError {
        FormatError(
            .corrupt, problem, remedy: "Put the configuration beside the weights that it was written for")
    }
}

/// Remarks on tensors that stay as they are stored; many with one reason make one line.
struct QuantizationNotes {
    private var found: [(reason: String, tensor: String?, count: Int)] = []

    mutating func add(_ reason: String, tensor: String?) {
        if let place = found.firstIndex(where: { $0.reason == reason }) {
            found[place].count += 1
        } else {
            found.append((reason, tensor, 1))
        }
    }

    var lines: [String] {
        found.map { reason, tensor, count in
            guard let tensor else { return reason }
            return "\(tensor)\(count > 1 ? " and \(count - 1) more" : ""): \(reason)"
        }
    }
}
