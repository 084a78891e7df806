package import Bytes
import Tensors

/// A coded blob that is open: any range of its bytes is read by decoding the chunks that hold it.
package final class CodedBlob: ByteSource {
    package let header: CodedBlobHeader
    private let file: OpenFile
    /// Where each chunk begins, and where the last one ends.
    private let offsets: [Int]
    private let checksums: [UInt64]
    private let base: (any ByteSource)?
    private let cache: ChunkCache

    package var path: String { file.path }
    package var byteCount: Int { header.byteCount }
    /// The bytes of its file.
    package var storedByteCount: Int { file.byteCount }

    /// - Parameter base: opens the blob that differences are from.
    /// - Throws: `FormatError` when header, index and length of the file contradict each other.
    package init(
        _ file: OpenFile, cache: ChunkCache, base: (Digest) throws -> any ByteSource
    ) throws {
        self.file = file
        self.cache = cache
        do {
            header = try Self.header(of: file)
            (offsets, checksums) = try Self.index(of: file, header)
        } catch let error as FormatError { throw error.within(file: file.path) }
        guard let digest = header.base else {
            self.base = nil
            return
        }
        let source = try base(digest)
        guard source.byteCount == header.byteCount else {
            throw CodedBlobHeader.fault(
                "the base has \(source.byteCount) bytes, \(header.byteCount) are needed", at: 56
            ).within(file: file.path)
        }
        self.base = source
    }

    /// What the beginning of a file says, when it is a coded blob's.
    package static func header(of file: OpenFile) throws -> CodedBlobHeader {
        guard file.byteCount > CodedBlobHeader.byteCount else {
            throw CodedBlobHeader.fault("\(file.byteCount) bytes are no coded blob", at: 0)
        }
        return try CodedBlobHeader(parsing: try file.bytes(0..<CodedBlobHeader.byteCount))
    }

    private static func index(of file: OpenFile, _ header: CodedBlobHeader) throws -> ([Int], [UInt64]) {
        let end = file.byteCount - header.indexByteCount
        guard end > CodedBlobHeader.byteCount else {
            throw CodedBlobHeader.fault(
                "\(file.byteCount) bytes cannot hold \(header.chunkCount) chunks", at: file.byteCount)
        }
        let bytes = try file.bytes(end..<file.byteCount)
        let entries = bytes.count - 8
        guard CodedBlobHeader.number(bytes, entries, 8) == Kernels.checksum(of: bytes.span.extracting(0..<entries))
        else { throw CodedBlobHeader.fault("the index has changed", at: end) }
        var offsets = [CodedBlobHeader.byteCount]
        var checksums: [UInt64] = []
        offsets.reserveCapacity(header.chunkCount + 1)
        checksums.reserveCapacity(header.chunkCount)
        for chunk in 0..<header.chunkCount {
            let place = chunk * CodedBlobHeader.entryByteCount
            let count = Int(CodedBlobHeader.number(bytes, place, 4))
            let last = offsets[chunk]
            guard count >= 1, count <= header.range(ofChunk: chunk).count + 1, count <= end - last else {
                throw CodedBlobHeader.fault("chunk \(chunk) of \(count) bytes", at: end + place)
            }
            offsets.append(last + count)
            checksums.append(CodedBlobHeader.number(bytes, place + 4, 8))
        }
        guard offsets[header.chunkCount] == end else {
            throw CodedBlobHeader.fault("the chunks end at \(offsets[header.chunkCount]), not at \(end)", at: end)
        }
        return (offsets, checksums)
    }

    /// Fills `buffer` from its start with the `count` bytes at `offset`.
    package func read(_ count: Int, at offset: Int, into buffer: inout [UInt8]) throws {
        precondition(count <= buffer.count, "\(count) bytes do not fit in \(buffer.count)")
        guard offset >= 0, offset <= byteCount, count <= byteCount - offset else {
            throw FormatError(
                .truncated, "the blob ends at byte \(byteCount), \(count) bytes at \(offset) were expected",
                file: path, remedy: "Register the file again")
        }
        var done = 0
        while done < count {
            let place = offset + done
            let chunk = place >> header.chunkByteCountLogarithm
            let range = header.range(ofChunk: chunk)
            let step = min(count - done, range.upperBound - place)
            if step < range.count {
                let bytes = try self.bytes(ofChunk: chunk)
                ByteCopy.copy(bytes.span, place - range.lowerBound, count: step, to: &buffer, at: done)
            } else {
                try copyWhole(chunk, to: &buffer, at: done)
            }
            done += step
        }
    }

    private func bytes(ofChunk chunk: Int) throws -> [UInt8] {
        if let bytes = cache.bytes(of: header.digest, chunk: chunk) { return bytes }
        var bytes = [UInt8](repeating: 0, count: header.range(ofChunk: chunk).count)
        try cache.withWorkshop { workshop in try decode(chunk, in: workshop, into: &bytes) }
        cache.insert(bytes, of: header.digest, chunk: chunk)
        return bytes
    }

    /// A chunk of which all was asked for is not likely to be asked for again: it goes through a buffer that stays, and
    /// leaves the cache to others.
    private func copyWhole(_ chunk: Int, to buffer: inout [UInt8], at place: Int) throws {
        let count = header.range(ofChunk: chunk).count
        if let bytes = cache.bytes(of: header.digest, chunk: chunk) {
            return ByteCopy.copy(bytes.span, 0, count: count, to: &buffer, at: place)
        }
        try cache.withWorkshop { workshop in
            workshop.output.ensure(count)
            try decode(chunk, in: workshop, into: &workshop.output)
            let bytes = workshop.output
            ByteCopy.copy(bytes.span, 0, count: count, to: &buffer, at: place)
        }
    }

    /// - Parameter output: at least as long as the chunk.
    private func decode(_ chunk: Int, in workshop: ChunkCache.Workshop, into output: inout [UInt8]) throws {
        let stored = offsets[chunk]..<offsets[chunk + 1]
        let range = header.range(ofChunk: chunk)
        workshop.stored.ensure(stored.count)
        try file.read(stored.count, at: stored.lowerBound, into: &workshop.stored)
        let bytes = workshop.stored
        guard Kernels.checksum(of: bytes.span.extracting(0..<stored.count)) == checksums[chunk] else {
            throw CodedBlobHeader.fault("chunk \(chunk) has changed", at: stored.lowerBound).within(file: path)
        }
        do {
            try workshop.decoder.decode(
                bytes, storedByteCount: stored.count, words: header.words, byteCount: range.count, into: &output
            ) {
                guard let base else { throw CodedBlobHeader.fault("a chunk needs a base, and none is named", at: nil) }
                workshop.base.ensure(range.count)
                try base.read(range.count, at: range.lowerBound, into: &workshop.base)
                return workshop.base
            }
        } catch var error as FormatError {
            error.byteOffset = error.byteOffset ?? stored.lowerBound
            throw error.within(file: path)
        }
    }
}
