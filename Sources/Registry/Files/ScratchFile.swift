import Blobs
import Bytes
import Synchronization

/// Holds what is small until it is known where it goes, so that 100,000 small tensors need no memory.
final class ScratchFile: Sendable {
    private let file: Mutex<NewFile>
    private let path: String

    /// Bytes in a scratch file.
    struct Place: Sendable {
        var path: String
        var range: Range<Int>

        /// The bytes, read from the file.
        func bytes() throws -> [UInt8] { try OpenFile(path).bytes(range) }
    }

    init(in area: StagingArea) throws {
        let file = try area.makeFile()
        path = file.path
        self.file = Mutex(file)
    }

    /// Adds bytes; the result is where they are.
    func append(_ bytes: [UInt8]) throws -> Place {
        try file.withLock { file in
            let start = file.byteCount
            try file.append(bytes.span)
            return Place(path: path, range: start..<file.byteCount)
        }
    }
}
