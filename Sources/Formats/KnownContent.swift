import Bytes

/// What a file that is no checkpoint of a known format holds instead, as its first bytes tell: for messages that help.
enum KnownContent: Equatable {
    case largeFilePointer, webPage, hdf5
    case text(String)

    init?(of start: Span<UInt8>) {
        let bytes = start.indices.map { start[$0] }
        func begins(_ text: String) -> Bool { bytes.starts(with: Array(text.utf8)) }
        let visible = bytes.prefix(16)
        if begins("version https://git-lfs") {
            self = .largeFilePointer
        } else if begins("<!DOCTYPE") || begins("<!doctype") || begins("<html") {
            self = .webPage
        } else if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) {
            self = .hdf5
        } else if visible.count >= 8, visible.allSatisfy({ (0x20..<0x7F).contains($0) || (0x09...0x0D).contains($0) }) {
            self = .text(String(decoding: visible.prefix { $0 >= 0x20 }, as: UTF8.self))
        } else {
            return nil
        }
    }

    var error: FormatError {
        switch self {
        case .largeFilePointer:
            Self.error("the file is a Git LFS pointer, not the weights", "Run 'git lfs pull' in its folder")
        case .webPage:
            Self.error("the file is a web page, not weights", "Fetch it again from the address of the file itself")
        case .hdf5:
            FormatError(
                .unsupported, "this is an HDF5 file, which this version of Ingot does not read", at: 0,
                remedy: "Save the model as safetensors with the library that wrote it")
        case .text(let start): Self.error("the file holds text ('\(start)'…), not weights", "Check which file is meant")
        }
    }

    private static func error(_ problem: String, _ remedy: String) -> FormatError {
        FormatError(.corrupt, problem, at: 0, remedy: remedy)
    }
}
