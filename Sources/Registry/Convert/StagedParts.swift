import Blobs
import Bytes
import Numbers
import Tensors
import Transforms

/// Takes the parts of one quantized tensor: large ones into files of their own, small ones into memory and then into
/// the act's scratch file.
final class StagedParts: PartSink {
    private enum Place {
        case file(GatheredFile)
        case memory([UInt8])
    }

    private let forms: [PartForm]
    private let scratch: ScratchFile
    private var places: [Place]

    init(_ forms: [PartForm], scratch: ScratchFile, area: StagingArea) throws {
        self.forms = forms
        self.scratch = scratch
        places = try forms.map { form in
            form.byteCount >= FileIngest.sharedBlobLimit ? .file(try area.makeBlobFile()) : .memory([])
        }
    }

    func append(_ bytes: Span<UInt8>, to part: Int) throws {
        switch places[part] {
        case .file(let file): try file.append(bytes)
        case .memory(var held):
            places[part] = .memory([])
            // The bytes are copied at once.
            unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
            places[part] = .memory(held)
        }
    }

    /// Where the parts are, all of them durable.
    /// - Throws: `FormatError` when one has not the bytes that were announced.
    func finish() throws -> [OutputTensor.Content] {
        try zip(forms, places).map { form, place in
            let byteCount =
                switch place {
                case .file(let file): file.byteCount
                case .memory(let bytes): bytes.count
                }
            guard byteCount == form.byteCount else {
                throw FormatError(
                    .refused, "its part '\(form.role)' has \(byteCount) bytes, and \(form.byteCount) were announced",
                    remedy: "Report it together with the command")
            }
            switch place {
            case .file(let file):
                try file.seal(mode: 0o444)
                return .staged(path: file.path, byteCount: file.byteCount)
            case .memory(let bytes): return .scratch(try scratch.append(bytes), Digest(of: bytes))
            }
        }
    }
}
