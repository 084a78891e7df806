import Blobs
import Bytes
import Synchronization

/// Holds what is small until it is known where it goes, so that 100,000 small tensors need no memory.
final class ScratchFile: Sendable {
    private let file: Mutex<NewFile>
    private let path: String

    init(in area: StagingArea) throws {
        let file = try area.makeFile()
        path = file.path
        self.file = Mutex(file)
    }

    /// Adds bytes; the result is where they are.
    func append(_ bytes: [UInt8]) throws -> Range<Int> {
        try file.withLock { file in
            let start = file.byteCount
            try file.append(bytes.span)
            return start..<file.byteCount
        }
    }

    /// Opens what was written until now for reading.
    func open() throws -> OpenFile { try OpenFile(path) }
}
