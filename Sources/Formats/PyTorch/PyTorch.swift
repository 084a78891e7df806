package import Bytes
import Pickles

/// Checkpoints that PyTorch pickled (`.pt`, `.pth`, `.bin`, `.ckpt`): zip archives, files from before version 1.6,
/// TorchScript, and bare pickles of NumPy arrays.
///
/// The pickle is read as data, and no global that it names is called; see `Pickles`. A tensor's name is its path in the
/// dictionaries, joined by dots.
package enum PyTorch: CheckpointFormat {
    package static let name = "pytorch"
    package static let summary =
        "zip, TorchScript and legacy files, shards; nothing in a pickle is run, unknown globals are refused"
    package static let endings = ["pt", "pth"]
    package static let indexSuffix: String? = ".bin.index.json"
    package static let usualNames = [
        "pytorch_model.bin", "diffusion_pytorch_model.bin", "model.pt", "model.pth", "consolidated.00.pth",
        "adapter_model.bin",
    ]

    /// A zip archive that does not begin with a NumPy array, a tar archive, or a pickle of protocol 2 or higher.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        let bytes = start.indices.map { start[$0] }
        switch PickleFile(startingWith: bytes) {
        case .archive: return !NPZ.recognizes(start)
        case .legacy, .tar: return true
        case .array: return false
        case .pickles: return bytes.count > 2 && bytes[0] == 0x80 && (2...5).contains(bytes[1])
        }
    }

    /// - Throws: `FormatError` for a file that is unsound, or names globals that are not on the list.
    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        do {
            let content = try TorchContent(reading: file)
            if !options.skipsUnknown { try content.checkGlobals() }
            return try content.layout(options)
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    /// The dictionaries of a file that hold tensors, for a choice by path. Globals that are not on the list are passed
    /// over.
    package static func candidates(in file: any ByteSource) throws -> [StateDictCandidate] {
        do {
            return try StateDictChoice(try TorchContent(reading: file).main.walk(), path: "").candidates
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }
}
