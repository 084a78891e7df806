import Bytes
import Catalog
import Measurements

/// Reads a log that only grows, from where it was left, in pieces.
struct StreamReading {
    private let file: OpenFile
    private let log: FoundLog
    private var feed: RunLogFeed
    private var position: RunDraft.Position?
    /// Of the bytes before `digested`.
    private var prefix = DigestStream()
    private var digested = 0
    private var values = RunValues()
    private var lastStep: Int64?

    /// - Parameter known: how far it was read before.
    /// - Throws: `FormatError` when the part that was read is not what it was.
    init(_ path: String, of log: FoundLog, after known: RunDraft.Source?) throws {
        guard let stream = log.kind.stream else {
            throw RegistryError("a log of kind \(log.kind.rawValue) does not grow at its end", remedy: "Import it")
        }
        let file = try OpenFile(path)
        self.file = file
        self.log = log
        feed = RunLogFeed(stream)
        position = known?.position
        lastStep = known?.lastStep
        if let position { try pass(position) }
    }

    /// Reads again what was read before, for the stream's own memory of columns, names and places.
    private mutating func pass(_ position: RunDraft.Position) throws {
        guard file.byteCount >= position.byteCount, try digest(upTo: position.byteCount) == position.digest else {
            throw RunLogFeed.shrunk(file, to: file.byteCount, from: position.byteCount)
        }
        while try feed.takeNew(of: file, upTo: position.byteCount, into: &values) { values.removeValues() }
        if feed.offset < position.byteCount { _ = try feed.finish(file, upTo: position.byteCount, into: &values) }
        values.removeValues()
    }

    /// The digest of the file's first bytes, which are read once.
    private mutating func digest(upTo end: Int) throws -> Digest {
        try Self.extend(&prefix, with: file, digested..<max(digested, end))
        digested = max(digested, end)
        let copy = prefix
        return copy.finish()
    }

    private static func extend(_ stream: inout DigestStream, with file: OpenFile, _ range: Range<Int>) throws {
        var place = range.lowerBound
        while place < range.upperBound {
            let count = min(1 << 20, range.upperBound - place)
            let bytes = try file.bytes(place..<place + count)
            stream.update(bytes.span)
            place += count
        }
    }

    /// The next piece, and whether it is the last; the bytes of a record that is not whole yet are left.
    /// - Parameter isOver: whether a last record without an end counts.
    mutating func next(upTo byteCount: Int? = nil, isOver: Bool) throws -> (piece: RunPiece, isLast: Bool) {
        values.removeValues()
        let end = byteCount ?? file.byteCount
        let isMore = try feed.takeNew(of: file, upTo: end, into: &values)
        if !isMore, isOver { _ = try feed.finish(file, upTo: end, into: &values) }
        for points in values.points {
            for point in points { lastStep = max(lastStep ?? point.step, point.step) }
        }
        let before = position
        let reached = RunDraft.Position(byteCount: feed.offset, digest: try digest(upTo: feed.offset))
        position = reached
        var whole: Digest?
        if !isMore {
            var stream = prefix
            try Self.extend(&stream, with: file, digested..<end)
            whole = stream.finish()
        }
        let source = RunDraft.Source(path: file.path, digest: whole, position: reached, lastStep: lastStep)
        return (RunPiece(log.draft([source]), values, .following(before)), !isMore)
    }

    /// Whether the log was read to its end in this very state, here or as another file of which it is a copy.
    static func isKnown(_ path: String, among sources: [String: RunDraft.Source]) throws -> Bool {
        let digests = sources.values.compactMap(\.digest)
        guard !digests.isEmpty else { return false }
        return digests.contains(try fileDigest(path))
    }

    static func fileDigest(_ path: String) throws -> Digest {
        let file = try OpenFile(path)
        var stream = DigestStream()
        try extend(&stream, with: file, 0..<file.byteCount)
        return stream.finish()
    }
}

extension FoundLog {
    /// What is recorded of the run, with the files that were read.
    func draft(_ sources: [RunDraft.Source]) -> RunDraft {
        var draft = RunDraft(origin: origin, name: name, kind: kind)
        draft.experiment = experiment
        draft.sources = sources
        return draft
    }
}
