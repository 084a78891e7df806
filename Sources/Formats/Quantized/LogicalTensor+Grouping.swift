package import Bytes
import Tensors

extension LogicalTensor {
    /// A model's tensors, and remarks on those that could not be told.
    package struct Grouping: Equatable, Sendable {
        /// In the order of their names' bytes, unless that was not wanted.
        package var tensors: [LogicalTensor]
        package var notes: [String]
    }

    /// Finds which stored tensors belong together.
    ///
    /// Names and shapes are believed; the configuration tells what they cannot (the bits where several fit, the version
    /// of a layout). Where the two contradict each other, that is an error. Tensors of a layout that is not read stay
    /// dense tensors as they are stored, with a note.
    ///
    /// - Parameters:
    ///   - tensors: all tensors of a model, of all its files; no name twice.
    ///   - config: the model's config.json, if there is one.
    ///   - sidecar: its quantize_config.json, quant_config.json or hf_quant_config.json, if there is one.
    ///   - isSorted: whether the result is wanted in the order of names.
    ///   - readSmall: gives the bytes of a tensor; called for shapes, quantization states and group indices: four bytes
    ///     a column at most.
    /// - Throws: `FormatError` when parts are missing or their sizes do not fit; what `readSmall` throws.
    package static func group(
        _ tensors: [FiledTensor], config: JSONValue?, sidecar: JSONValue? = nil, isSorted: Bool = true,
        readSmall: @escaping (FiledTensor) throws -> [UInt8]
    ) throws -> Grouping {
        let config = QuantizationConfig(config: config, sidecar: sidecar)
        var model = StoredTensors(tensors, readSmall: readSmall)
        var found: [LogicalTensor] = []
        if model.hasMarks {
            found += try BitsAndBytesTensors.find(in: &model, config)
            found += try BitsAndBytesInt8Tensors.find(in: &model, config)
            found += try QWeightTensors.find(in: &model, config)
            found += try CompressedTensors.find(in: &model, config)
            found += try SparseTensors.find(in: &model, config)
            found += try GPTOSSTensors.find(in: &model, config)
            found += try MLXTensors.find(in: &model, config)
            found += try ScaledFloatTensors.find(in: &model, config)
        }
        if let name = config.unknownMethod {
            model.notes.add("the configuration names the quantization method '\(name)', which is not read", tensor: nil)
        }
        if let method = config.method, config.unknownMethod == nil, found.isEmpty, model.notes.lines.isEmpty {
            model.notes.add(
                "the configuration announces the quantization '\(method.name)', and no tensor has it", tensor: nil)
        }
        let dense = found.isEmpty ? tensors : tensors.filter { !model.isTaken($0.tensor.name) }
        let rest = dense.map(LogicalTensor.init(dense:))
        let all = found.isEmpty ? rest : found + rest
        return Grouping(tensors: isSorted ? all.sorted(byBytesOf: \.name) : all, notes: model.notes.lines)
    }
}
