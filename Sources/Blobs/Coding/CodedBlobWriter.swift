package import Bytes
package import Tensors

/// A coded blob whose bytes are durable, but which lies in `incoming/` still.
package struct SealedCodedBlob: Sendable {
    package let path: String
    package let digest: Digest
    package let storedByteCount: Int
    package let base: Digest?
}

/// Writes coded blobs, one chunk at a time.
package struct CodedBlobWriter {
    /// 512 KiB: what is said of each chunk is a ten-thousandth of it, and a core decodes one in a quarter millisecond.
    package static let chunkByteCountLogarithm = 19

    package var words: WordLayout
    package var effort: ChunkEncoder.Effort
    package var kernels: Kernels
    /// Of smaller chunks only tests are made.
    package var chunkByteCountLogarithm: Int

    package init(
        _ words: WordLayout, effort: ChunkEncoder.Effort, kernels: Kernels,
        chunkByteCountLogarithm: Int = Self.chunkByteCountLogarithm
    ) {
        self.words = words
        self.effort = effort
        self.kernels = kernels
        self.chunkByteCountLogarithm = chunkByteCountLogarithm
    }

    /// What differences are taken from: its name, and its bytes.
    package typealias Base = (digest: Digest, source: any ByteSource)

    /// Codes a blob into a file of `area`.
    /// - Parameters:
    ///   - digest: of the source's bytes.
    ///   - base: a blob of as many bytes; differences from it are tried too, and used when they save a thirtieth of
    ///     what planes alone take: the blob cannot be read without its base then.
    ///   - limit: the most bytes that it may take.
    ///   - progress: told of the bytes that were read.
    /// - Returns: nil when it would take more.
    /// - Throws: `FormatError` when the source's bytes have another digest.
    package func write(
        _ source: any ByteSource, digest: Digest, base: Base? = nil, in area: StagingArea, limit: Int,
        progress: (Int) -> Void = { _ in }
    ) throws -> SealedCodedBlob? {
        guard source.byteCount > 0 else { return nil }
        guard let base else { return try write(source, digest, nil, area, limit, progress)?.blob }
        guard let made = try write(source, digest, base, area, limit, progress) else { return nil }
        guard made.blob.storedByteCount > made.aloneByteCount - made.aloneByteCount / 30 else { return made.blob }
        try Folder.unlink(made.blob.path)
        return try write(source, digest, nil, area, limit) { _ in }?.blob
    }

    private func write(
        _ source: any ByteSource, _ digest: Digest, _ base: Base?, _ area: StagingArea, _ limit: Int,
        _ progress: (Int) -> Void
    ) throws -> (blob: SealedCodedBlob, aloneByteCount: Int)? {
        let header = CodedBlobHeader(
            words: words, chunkByteCountLogarithm: chunkByteCountLogarithm, byteCount: source.byteCount, digest: digest,
            base: base?.digest)
        let file = try area.makeBlobFile()
        var isKept = false
        // The area goes with the job in any case.
        defer { if !isKept { try? Folder.unlink(file.path) } }
        try file.append(header.bytes.span)
        let encoder = ChunkEncoder(words, effort: effort, kernels: kernels)
        var buffer = [UInt8](repeating: 0, count: min(header.chunkByteCount, source.byteCount))
        var baseBuffer = base == nil ? [] : buffer
        var index: [UInt8] = []
        var stream = DigestStream()
        var aloneByteCount = 0
        for chunk in 0..<header.chunkCount {
            try Task.checkCancellation()
            let range = header.range(ofChunk: chunk)
            try source.read(range.count, at: range.lowerBound, into: &buffer)
            try base?.source.read(range.count, at: range.lowerBound, into: &baseBuffer)
            let bytes = buffer.span.extracting(0..<range.count)
            stream.update(bytes)
            let count = encoder.encode(bytes, base: base == nil ? nil : baseBuffer)
            aloneByteCount += encoder.aloneByteCount
            let coded = encoder.output
            let stored = coded.span.extracting(0..<count)
            CodedBlobHeader.append(UInt64(count), 4, to: &index)
            CodedBlobHeader.append(Kernels.checksum(of: stored), 8, to: &index)
            try file.append(stored)
            progress(range.count)
            guard file.byteCount + header.indexByteCount <= limit else { return nil }
        }
        CodedBlobHeader.append(Kernels.checksum(of: index.span), 8, to: &index)
        try file.append(index.span)
        guard stream.finish() == digest else {
            throw CodedBlobHeader.fault("the bytes are not those of blob \(digest.hex.prefix(12))", at: nil)
                .within(file: source.path)
        }
        try file.seal(mode: 0o444)
        isKept = true
        let blob = SealedCodedBlob(
            path: file.path, digest: digest, storedByteCount: file.byteCount, base: base?.digest)
        return (blob, aloneByteCount)
    }
}
