import Bytes
import Foundation
import Tensors

/// Finds the 4-bit matrices of bitsandbytes among a file's tensors, by their names, and checks that parts fit.
///
/// The matrix `P.weight` comes with `P.weight.absmax`, `P.weight.quant_map`, `P.weight.quant_state.bitsandbytes__nf4` (or
/// `__fp4`), and for nested scales `P.weight.nested_absmax` and `P.weight.nested_quant_map`.
enum BitsAndBytesTensors {
    private static let stateMark = ".quant_state.bitsandbytes__"
    /// A quant state is some 170 bytes; this bounds what is read.
    private static let greatestState = 64 << 10

    static func find(
        in tensors: [TensorDescription], readSmall: (TensorDescription) throws -> [UInt8]
    ) throws -> [LogicalTensor] {
        let states = tensors.filter { $0.name.contains(stateMark) }
        guard !states.isEmpty else { return [] }
        let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
        return try states.map { state in
            guard let mark = state.name.range(of: stateMark) else { throw fault("no quant state", state.name) }
            let name = String(state.name[..<mark.lowerBound])
            do {
                return try matrix(name, state, byName, readSmall)
            } catch let error as FormatError { throw error.concerning(tensor: name) }
        }
    }

    private static func matrix(
        _ name: String, _ stateTensor: TensorDescription, _ byName: [String: TensorDescription],
        _ readSmall: (TensorDescription) throws -> [UInt8]
    ) throws -> LogicalTensor {
        guard stateTensor.byteRange.count <= greatestState else {
            throw fault("its quant state has \(stateTensor.byteRange.count) bytes", name)
        }
        let state = try BitsAndBytesQuantState(parsing: try readSmall(stateTensor))
        guard let shape = Shape(state.shape) else { throw fault("its shape \(state.shape) is too large", name) }
        let count = shape.elementCount
        let blocks = (count + state.blockSize - 1) / state.blockSize
        func part(_ role: String, byteCount: Int) throws -> LogicalTensor.Part {
            guard let tensor = byName[role == "codes" ? name : "\(name).\(role)"] else {
                throw fault("its part '\(role)' is missing", name)
            }
            guard tensor.byteRange.count == byteCount else {
                throw fault("its part '\(role)' has \(tensor.byteRange.count) bytes, \(byteCount) were expected", name)
            }
            return LogicalTensor.Part(role: role, tensor: tensor)
        }
        var parts = [try part("codes", byteCount: (count + 1) / 2)]
        if state.nestedOffset == nil {
            parts.append(try part("absmax", byteCount: 4 * blocks))
        } else {
            let nestedBlocks = (blocks + BitsAndBytesQuantState.nestedBlockSize - 1) / BitsAndBytesQuantState.nestedBlockSize
            parts.append(try part("absmax", byteCount: blocks))
            parts.append(try part("nested_absmax", byteCount: 4 * nestedBlocks))
            parts.append(try part("nested_quant_map", byteCount: 4 * 256))
        }
        parts.append(try part("quant_map", byteCount: 4 * 16))
        parts.append(LogicalTensor.Part(role: "quant_state", tensor: stateTensor))
        return LogicalTensor(name: name, scheme: state.scheme, shape: shape, parts: parts)
    }

    private static func fault(_ problem: String, _ tensor: String) -> FormatError {
        FormatError(.corrupt, problem, tensor: tensor, remedy: "Fetch the file again")
    }
}
