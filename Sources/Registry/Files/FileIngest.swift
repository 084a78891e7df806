import Blobs
import Bytes
import Formats
import Numbers
import Tensors

/// A file's way into the store, in one pass: digests of the file and of each tensor, statistics, and the bytes cut into
/// blobs at the tensors.
///
/// A tensor of 64 KiB or more is a blob of its own, so that equal tensors are stored once. Smaller neighbors share one
/// blob. What stands between tensors (headers) is a blob too, so that the file comes back byte for byte. Tensors that
/// share bytes, and those whose elements lie in another order, are read once more for their digests.
struct FileIngest {
    /// Tensors below this share a blob with their neighbors.
    static let sharedBlobLimit = 64 << 10

    /// Where the bytes go; nil leaves the file where it is and only reads it.
    let area: StagingArea?
    let kernels: Kernels
    /// Takes each blob as soon as it is durable.
    let publish: (SealedBlob) throws -> Void
    /// Told of each piece's bytes when it is done.
    let progress: (Int) -> Void

    /// What is known of a file after the pass.
    struct Outcome: Sendable {
        var digest: Digest
        var byteCount: Int
        /// The file as pieces of blobs, in order; empty when no bytes were stored.
        var segments: [StoredFile.Segment] = []
        /// The cuts in file order, then the views.
        var tensors: [Tensor] = []
    }

    /// A tensor's digest and statistics.
    struct Tensor: Sendable {
        var description: TensorDescription
        var digest: Digest
        /// Nil for blocks.
        var statistics: TensorStatistics?
    }

    /// - Parameters:
    ///   - file: the file to take in.
    ///   - tensors: its tensors, by offset; empty for a file that holds none.
    func run(_ file: OpenFile, tensors: [TensorDescription]) throws -> Outcome {
        let plan = IngestPlan(tensors)
        var reader = SequentialReader(file)
        var digests = PairedDigest()
        var outcome = Outcome(digest: Digest(of: ""), byteCount: file.byteCount)
        var index = 0
        let cuts = plan.cuts
        while reader.position < file.byteCount || index < cuts.count {
            let next = index < cuts.count ? cuts[index].byteRange.lowerBound : file.byteCount
            if reader.position < next {
                try takeGap(next - reader.position, of: file, &reader, &digests, &outcome)
            } else if cuts[index].byteRange.count >= Self.sharedBlobLimit {
                try takeLarge(cuts[index], &reader, &digests, &outcome)
                index += 1
            } else {
                let run = Self.run(of: cuts, from: index)
                try takeSmall(cuts[run], &reader, &digests, &outcome)
                index = run.upperBound
            }
        }
        outcome.digest = digests.finishFile()
        try takeViews(plan.views, of: file, &outcome)
        guard file.isUnchanged() else { throw Self.changed(file.path) }
        return outcome
    }

    /// Tensors that are no cut of their own: those whose bytes another tensor's cut holds, and those whose elements do
    /// not lie in the file as they are meant. They are read once more.
    private func takeViews(_ views: [IngestPlan.View], of file: OpenFile, _ outcome: inout Outcome) throws {
        let reader = TensorReader(file)
        for view in views {
            if let cut = view.twin {
                let twin = outcome.tensors[cut]
                outcome.tensors.append(
                    Tensor(description: view.tensor, digest: twin.digest, statistics: twin.statistics))
                continue
            }
            var statistics = view.tensor.dtype.map { StatisticsAccumulator(dtype: $0, kernels: kernels) }
            var digest = DigestStream()
            try reader.forEachPiece(of: view.tensor) { piece in
                digest.update(piece)
                statistics?.update(piece)
            }
            outcome.tensors.append(
                Tensor(description: view.tensor, digest: digest.finish(), statistics: statistics?.finish()))
        }
    }

    /// What to say of a file that another program writes to.
    static func changed(_ path: String) -> FormatError {
        FormatError(
            .corrupt, "the file changed while it was read", file: path,
            remedy: "Try again when no other program writes it")
    }

    /// The tensors from `start` on that are small and lie one behind the other.
    private static func run(of tensors: [TensorDescription], from start: Int) -> Range<Int> {
        var end = start + 1
        while end < tensors.count, tensors[end].byteRange.count < sharedBlobLimit,
            tensors[end].byteRange.lowerBound == tensors[end - 1].byteRange.upperBound
        {
            end += 1
        }
        return start..<end
    }

    private func takeGap(
        _ count: Int, of file: OpenFile, _ reader: inout SequentialReader, _ digests: inout PairedDigest,
        _ outcome: inout Outcome
    ) throws {
        let writer = try area.map { area throws in try BlobWriter(in: area) }
        try reader.take(count) { piece in
            digests.updateFileOnly(piece)
            try writer?.append(piece)
            progress(piece.count)
        }
        if let sealed = try writer?.seal() { try finish(sealed, &outcome) }
    }

    private func takeLarge(
        _ tensor: TensorDescription, _ reader: inout SequentialReader, _ digests: inout PairedDigest,
        _ outcome: inout Outcome
    ) throws {
        let writer = try area?.makeBlobFile()
        let digest = try takeTensor(tensor, &reader, &digests, &outcome) { try writer?.append($0) }
        guard let writer else { return }
        try writer.seal(mode: 0o444)
        try finish(SealedBlob(path: writer.path, digest: digest, byteCount: writer.byteCount), &outcome)
    }

    private func takeSmall(
        _ tensors: ArraySlice<TensorDescription>, _ reader: inout SequentialReader, _ digests: inout PairedDigest,
        _ outcome: inout Outcome
    ) throws {
        let writer = try area.map { area throws in try BlobWriter(in: area) }
        for tensor in tensors {
            try takeTensor(tensor, &reader, &digests, &outcome) { try writer?.append($0) }
        }
        guard let sealed = try writer?.seal() else { return }
        if sealed.byteCount > 0 { try finish(sealed, &outcome) }
    }

    @discardableResult
    private func takeTensor(
        _ tensor: TensorDescription, _ reader: inout SequentialReader, _ digests: inout PairedDigest,
        _ outcome: inout Outcome, write: (Span<UInt8>) throws -> Void
    ) throws -> Digest {
        var statistics = tensor.dtype.map { StatisticsAccumulator(dtype: $0, kernels: kernels) }
        digests.beginTensor()
        try reader.take(tensor.byteRange.count) { piece in
            digests.updateBoth(piece)
            statistics?.update(piece)
            try write(piece)
            progress(piece.count)
        }
        let digest = digests.finishTensor()
        outcome.tensors.append(Tensor(description: tensor, digest: digest, statistics: statistics?.finish()))
        return digest
    }

    private func finish(_ blob: SealedBlob, _ outcome: inout Outcome) throws {
        outcome.segments.append(StoredFile.Segment(blob))
        try publish(blob)
    }
}
