import Bytes

extension ImportanceTable {
    /// Reads the older form.
    init(binary file: any ByteSource) throws {
        self.init(form: .binary)
        var cursor = GGUFCursor(file)
        // The shortest entry has a name of one byte and one value.
        let count = try Self.takeCount(
            &cursor, "the count of entries", 1...ImportanceMatrix.mostEntries, unit: 17, noun: "entries")
        entries.reserveCapacity(count)
        for index in 0..<count { entries.append(try Self.takeEntry(&cursor, index)) }
        guard cursor.remaining > 0 else { return }
        chunkCount = try Self.takeCount(&cursor, "the count of chunks", 0...Int(Int32.max))
        guard cursor.remaining > 0 else { return }
        let byteCount = try Self.takeCount(
            &cursor, "the length of the dataset's name", 0...GGUF.longestKey, unit: 1, noun: "bytes")
        if byteCount > 0 { datasets = [String(decoding: try cursor.takeBytes(byteCount), as: UTF8.self)] }
        guard cursor.remaining == 0 else {
            throw FormatError(
                .corrupt, "\(Counted.text(cursor.remaining, "byte", verb: "follow")) the dataset's name",
                at: cursor.offset, remedy: "Make the imatrix again with llama-imatrix")
        }
    }

    private static func takeEntry(_ cursor: inout GGUFCursor, _ index: Int) throws -> ImportanceMatrix.Entry {
        let name = try takeName(&cursor, index)
        do {
            let calls = try takeCount(&cursor, "the count of calls", 0...Int(Int32.max))
            let count = try takeCount(&cursor, "the count of values", 1...Int(Int32.max), unit: 4, noun: "values")
            let start = cursor.offset
            try cursor.skip(4 * count)
            return ImportanceMatrix.Entry(
                name: name, valueCount: count, expertCount: nil, counts: [Float(calls)],
                byteRange: start..<start + 4 * count)
        } catch let error as FormatError {
            throw error.concerning(tensor: name)
        }
    }

    private static func takeName(_ cursor: inout GGUFCursor, _ index: Int) throws -> String {
        let place = cursor.offset
        let what = "the name of entry \(index)"
        let byteCount = try takeCount(
            &cursor, "the length of \(what)", 1...GGUF.longestName, unit: 1, noun: "bytes")
        guard let name = try cursor.takeName(byteCount, what), name.isVisibleASCII else {
            throw FormatError(
                .corrupt, "\(what) has other characters than the visible ones of ASCII", at: place + 4,
                remedy: "Give the file that llama-imatrix wrote")
        }
        return name.text
    }

    /// Takes an Int32 within `range` that announces no more than the rest of the file can hold.
    private static func takeCount(
        _ cursor: inout GGUFCursor, _ what: String, _ range: ClosedRange<Int>, unit: Int = 0, noun: String = ""
    ) throws -> Int {
        let place = cursor.offset
        let count = Int(Int32(bitPattern: try cursor.takeUInt32(what)))
        guard range.contains(count) else {
            throw FormatError(
                count < range.lowerBound ? .corrupt : .unsupported,
                "\(what) is \(count); \(range.lowerBound) to \(range.upperBound) are read", at: place,
                remedy: "Make the imatrix again with llama-imatrix")
        }
        guard unit == 0 || count <= cursor.remaining / unit else {
            throw FormatError(
                .truncated,
                "\(what) is \(count), but the rest of the file has room for \(cursor.remaining / unit) \(noun)",
                at: place, remedy: "Fetch the file again")
        }
        return count
    }
}
