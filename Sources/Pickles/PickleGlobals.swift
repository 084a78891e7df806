package import Bytes

/// The globals of every pickle in a file, with their places, found without loading anything.
package struct PickleGlobals: Sendable {
    /// One global of one pickle.
    package struct Occurrence: Hashable, Sendable {
        package let global: PickleGlobal
        /// Whether it is on the list of what stands for tensors, containers and numbers.
        package let isAllowed: Bool
        /// The member of the archive that holds the pickle; nil when the file is no archive.
        package let member: String?
        /// Its first place: in the file, or in what comes out of a compressed member.
        package let byteOffset: Int
        /// How often the pickle names it.
        package let count: Int
    }

    /// The different globals of each pickle, in the order in which they come.
    package private(set) var occurrences: [Occurrence] = []
    /// What is wrong with the pickles; one that is faulty may name more than could be found.
    package private(set) var faults: [FormatError] = []
    /// How many pickles were looked through.
    package private(set) var pickleCount = 0

    /// Whether every pickle is sound and every global is on the list.
    package var areAllAllowed: Bool { faults.isEmpty && occurrences.allSatisfy(\.isAllowed) }

    /// The longest compressed member that is looked into, in bytes.
    static let longestMember = 32 << 20
    /// How many pickles in a row are looked through in a file that is no archive.
    static let mostPickles = 1000

    /// The bytes that the members of an unsound archive may have together when inflated.
    static let mostInflated = 1 << 30

    /// Looks through a file: an archive's members that are pickles, or else pickles one behind the other. An archive
    /// that is unsound is looked through as far as anything can be found in it, with a fault.
    /// - Throws: `FileError` when the system refuses to read it, `FormatError` when it ends while it is read.
    package static func list(of source: any ByteSource) throws -> Self {
        var found = Self()
        let start = try source.bytes(0..<min(PickleFile.startByteCount, source.byteCount))
        switch PickleFile(startingWith: start) {
        case .archive: try found.scan(archive: source)
        case .array: try found.scan(array: source, start, member: nil, source.byteCount)
        case .tar: try found.scan(tar: source)
        case .legacy:
            try found.scan(sequence: source, 0..<source.byteCount, member: nil, atMost: PickleFile.legacyPickles)
        case .pickles: try found.scan(sequence: source, 0..<source.byteCount, member: nil, atMost: mostPickles)
        }
        return found
    }

    private mutating func scan(archive source: any ByteSource) throws {
        let archive: ZipArchive
        do {
            archive = try ZipArchive(reading: source)
        } catch let error as FormatError {
            faults.append(error.within(file: source.path))
            return try scan(remainsOf: source)
        }
        for entry in archive.entries {
            let isArray = entry.name.hasSuffix(".npy")
            guard isArray || Self.isPickle(name: entry.name) else { continue }
            if isArray {
                let start = try entry.start(PickleFile.startByteCount, of: source)
                guard PickleFile.pickleStart(inArray: start) != nil else { continue }
            }
            let inside: any ByteSource
            let range: Range<Int>
            if entry.method == .stored {
                (inside, range) = (source, entry.payload)
            } else {
                do {
                    inside = MemorySource(try entry.content(of: source, atMost: Self.longestMember), path: source.path)
                } catch let error as FormatError {
                    faults.append(error)
                    continue
                }
                range = 0..<inside.byteCount
            }
            let known = faults.count
            if isArray {
                let start = try inside.bytes(
                    range.lowerBound..<min(range.lowerBound + PickleFile.startByteCount, range.upperBound))
                try scan(array: inside, start, member: entry.name, range.upperBound, from: range.lowerBound)
            } else {
                try scan(sequence: inside, range, member: entry.name, atMost: Self.mostPickles)
            }
            for index in known..<faults.count where entry.method != .stored {
                faults[index] = faults[index].inflated(from: entry)
            }
        }
    }

    private static func isPickle(name: String) -> Bool {
        ["pkl", "pickle", "p"].contains { name.hasSuffix($0) }
    }

    /// Whether the content is a pickle of protocol 2 or later, whatever it is called.
    private static func isPickle(start: some Sequence<UInt8>) -> Bool {
        let bytes = Array(start.prefix(2))
        return bytes.count == 2 && bytes[0] == PickleOpcode.protocolNumber.rawValue && (2...5).contains(bytes[1])
    }

    /// An archive that is refused: whatever in it is called, or begins, like a pickle.
    private mutating func scan(remainsOf source: any ByteSource) throws {
        let remains = try ZipRemains(of: source)
        var inflated = 0
        var count = 0
        for piece in remains.pieces {
            let start = try piece.content(of: source, atMost: PickleFile.startByteCount)
            let isArray = PickleFile.pickleStart(inArray: start) != nil
            guard isArray || Self.isPickle(name: piece.name) || Self.isPickle(start: start) else { continue }
            count += 1
            guard count <= Self.mostPickles, inflated < Self.mostInflated else {
                faults.append(unread(source, "the archive has more pickles than are looked through", piece))
                return
            }
            let inside: any ByteSource
            let range: Range<Int>
            switch piece.method {
            case .stored: (inside, range) = (source, piece.payload)
            case .deflated:
                let content = try piece.content(of: source, atMost: Self.longestMember)
                inflated += content.count
                (inside, range) = (MemorySource(content, path: source.path), 0..<content.count)
            case nil:
                faults.append(unread(source, "'\(piece.name)' is encrypted, or packed by a method unknown", piece))
                continue
            }
            if isArray {
                try scan(array: inside, start, member: piece.name, range.upperBound, from: range.lowerBound)
            } else {
                try scan(sequence: inside, range, member: piece.name, atMost: Self.mostPickles)
            }
        }
        if remains.hasMore, let last = remains.pieces.last {
            faults.append(unread(source, "the archive has more files than are looked through", last))
        }
    }

    private func unread(_ source: any ByteSource, _ problem: String, _ piece: ZipRemains.Piece) -> FormatError {
        FormatError(
            .unsupported, problem, at: piece.payload.lowerBound, file: source.path,
            remedy: "Do not trust this file; if you know its origin, fetch it again")
    }

    /// A tar archive, in which PyTorch kept a file `pickle` before version 0.2: blocks of 512 bytes, a header with the
    /// name at 0 and the length in octal digits at 124, then the content. Source: POSIX, pax, "ustar Interchange
    /// Format".
    private mutating func scan(tar source: any ByteSource) throws {
        let block = 512
        var offset = 0
        while source.byteCount - offset >= block {
            let header = try source.bytes(offset..<(offset + block))
            guard let first = header.first, first != 0 else { return }
            let name = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
            let digits = header[124..<136].filter { $0 != 0 && $0 != 0x20 }
            let start = offset + block
            guard let length = Int(String(decoding: digits, as: UTF8.self), radix: 8), length >= 0,
                length <= source.byteCount - start
            else {
                faults.append(
                    FormatError(
                        .truncated, "the length of '\(name)' in the tar archive is none that fits", at: offset + 124,
                        file: source.path, remedy: "Fetch the file again"))
                // Loaders that do not mind would go on reading here.
                return try scan(sequence: source, start..<source.byteCount, member: name, atMost: Self.mostPickles)
            }
            let content = start..<(start + length)
            let begin = try source.bytes(start..<min(start + 2, content.upperBound))
            if Self.isPickle(name: name) || name == "pickle" || Self.isPickle(start: begin) {
                try scan(sequence: source, content, member: name, atMost: Self.mostPickles)
            }
            offset = start + (length + block - 1) / block * block
        }
    }

    /// A NumPy array of objects is one pickle behind a header.
    private mutating func scan(
        array source: any ByteSource, _ start: [UInt8], member: String?, _ end: Int, from base: Int = 0
    ) throws {
        guard let offset = PickleFile.pickleStart(inArray: start) else { return }
        guard base + offset <= end else { return }
        try scan(sequence: source, (base + offset)..<end, member: member, atMost: 1)
    }

    /// Pickles one behind the other. What follows the last one is not looked at: a loader stops there too.
    private mutating func scan(
        sequence source: any ByteSource, _ range: Range<Int>, member: String?, atMost limit: Int
    ) throws {
        var offset = range.lowerBound
        for number in 0..<limit {
            let scan = try PickleScan(source, offset..<range.upperBound)
            pickleCount += 1
            occurrences += scan.globals.entries.map { entry in
                Occurrence(
                    global: entry.global, isAllowed: AllowedGlobal(entry.global) != nil, member: member,
                    byteOffset: entry.place, count: entry.count)
            }
            if let fault = scan.fault { faults.append(fault.within(file: source.path)) }
            guard let end = scan.end, end < range.upperBound else { return }
            // Only what begins as pickles do is taken for another one.
            let next = try source.bytes(end..<min(end + 2, range.upperBound))
            guard next.count == 2, next[0] == PickleOpcode.protocolNumber.rawValue, next[1] <= 5 else { return }
            if number == limit - 1, limit == Self.mostPickles {
                faults.append(
                    FormatError(
                        .unsupported, "more than \(limit) pickles in a row", at: end, file: source.path,
                        remedy: "Check which tool wrote the file"))
            }
            offset = end
        }
    }
}

extension FormatError {
    /// A fault of the inflated content of an archive's file: with the place of the compressed bytes, and the place
    /// inside in words.
    package func inflated(from entry: ZipEntry) -> Self {
        var copy = self
        if let byteOffset { copy.problem += " (byte \(byteOffset) of '\(entry.name)' when inflated)" }
        copy.byteOffset = entry.payload.lowerBound
        return copy
    }
}
