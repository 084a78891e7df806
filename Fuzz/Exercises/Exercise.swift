package import Bytes

/// All that Ingot does with the bytes of one kind of file before it trusts them: recognize, parse, read every tensor,
/// group, dequantize, write again. `make fuzz` runs it on made-up bytes, `make test` on the hostile files.
package struct Exercise: Sendable {
    /// What `make fuzz TARGET=` calls it.
    package let name: String
    private let body: @Sendable (MemorySource, () -> Void) throws -> Void

    /// - Parameters:
    ///   - read: what every user does with such a file; it must keep to the limits of memory.
    ///   - check: compares different ways to the same thing, and may hold several copies.
    init<Content>(
        _ name: String, read: @escaping @Sendable (MemorySource) throws -> Content,
        check: @escaping @Sendable (Content, MemorySource) throws -> Void
    ) {
        self.name = name
        body = { file, afterReading in
            let content: Content
            do {
                defer { afterReading() }
                content = try read(file)
            }
            try check(content, file)
        }
    }

    /// How an exercise ended.
    package enum Outcome: Equatable, Sendable {
        /// The bytes are sound.
        case accepted
        /// They are not, and the reader said so.
        case refused(FormatError)
        /// The reader contradicts itself, or threw what no user can make sense of.
        case fault(String)
    }

    package static let all: [Exercise] = [
        .safetensors, .gguf, .pytorch, .pickle, .archive, .npz, .npy, .onnx, .quantized, .tokenizer, .sentencePiece,
        .model, .family, .imatrix, .json, .config, .index, .quantState, .card, .chunk, .runLog, .trainerState,
        .trackioRow,
        .results, .resultSQL, .recipe, .merge, .trainingGrid, .adapter, .statistics, .tokenList, .vocabulary, .axes,
    ]

    package static func named(_ name: String) -> Exercise? { all.first { $0.name == name } }

    /// Does it to `bytes`.
    /// - Parameter afterReading: called when the reading is over, before what was read is compared.
    package func outcome(of bytes: [UInt8], afterReading: () -> Void = {}) -> Outcome {
        do {
            try body(MemorySource(bytes, path: "file"), afterReading)
            return .accepted
        } catch let error as FormatError {
            if let offset = error.byteOffset, offset < 0 || offset > bytes.count {
                return .fault("the error blames byte \(offset) of \(bytes.count): \(error)")
            }
            return .refused(error)
        } catch let fault as Fault {
            return .fault(fault.text)
        } catch {
            return .fault("an error that is no FormatError: \(error)")
        }
    }

    /// A contradiction that an exercise found.
    struct Fault: Error {
        let text: String
    }

    /// - Throws: `Fault` unless `claim` holds.
    static func expect(_ claim: Bool, _ text: @autoclosure () -> String) throws(Fault) {
        guard claim else { throw Fault(text: text()) }
    }
}
