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

    /// Looks through a file: an archive's members that are pickles, or else pickles one behind the other.
    /// - Throws: `FormatError` for a file that is neither, `FileError` when the system refuses to read it.
    package static func list(of source: any ByteSource) throws -> Self {
        var found = Self()
        let start = try source.bytes(0..<min(PickleFile.startByteCount, source.byteCount))
        switch PickleFile(startingWith: start) {
        case .archive: try found.scan(archive: source)
        case .array: try found.scan(array: source, start, member: nil, source.byteCount)
        case .tar:
            throw FormatError(
                .unsupported, "this is a tar archive, as PyTorch wrote before version 0.2", at: 0, file: source.path,
                remedy: "Unpack it with 'tar -x' and look at the file 'pickle' in it")
        case .legacy:
            try found.scan(sequence: source, 0..<source.byteCount, member: nil, atMost: PickleFile.legacyPickles)
        case .pickles: try found.scan(sequence: source, 0..<source.byteCount, member: nil, atMost: mostPickles)
        }
        return found
    }

    private mutating func scan(archive source: any ByteSource) throws {
        for entry in try ZipArchive(reading: source).entries {
            let isArray = entry.name.hasSuffix(".npy")
            guard isArray || ["pkl", "pickle", "p"].contains(where: { entry.name.hasSuffix($0) }) else { continue }
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
