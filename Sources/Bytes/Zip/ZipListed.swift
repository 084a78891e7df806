/// One file as the list at the archive's end has it. The layout stands at `ZipRecord`.
struct ZipListed {
    let name: String
    /// Where this line of the list lies in the archive.
    let place: Int
    let nameByteCount: Int
    let headerOffset: Int
    let packedByteCount: Int
    private let byteCount: Int
    private let method: ZipEntry.Method
    private let crc32: UInt32
    private let flags: UInt16
    private let comment: String

    /// Whether it stands for a folder, which has no content.
    var isFolder: Bool { name.utf8.last == UInt8(ascii: "/") }

    /// - Parameters:
    ///   - list: all central headers.
    ///   - offset: where this one begins; afterwards where the next one does.
    ///   - base: where the list lies in the archive.
    init(_ list: [UInt8], at offset: inout Int, base: Int) throws(FormatError) {
        let start = offset
        let place = base + start
        func fault(_ problem: String, _ code: FormatError.Code = .corrupt) -> FormatError {
            FormatError(code, problem, at: place, remedy: "Write the file again with its original tool")
        }
        guard list.count - start >= ZipRecord.centralByteCount else {
            throw fault("the list of the archive's files ends inside an entry")
        }
        let record = ZipRecord(list[start...])
        let nameByteCount = Int(record.short(28))
        let extraStart = start + ZipRecord.centralByteCount + nameByteCount
        let commentStart = extraStart + Int(record.short(30))
        let end = commentStart + Int(record.short(32))
        guard record.signature == ZipRecord.centralSignature, end <= list.count else {
            throw fault("the list of the archive's files ends inside an entry")
        }
        self.place = place
        self.nameByteCount = nameByteCount
        flags = record.short(8)
        let name = try Self.checkedName(list[(start + ZipRecord.centralByteCount)..<extraStart], fault)
        self.name = name
        guard flags & ZipRecord.encryptionFlags == 0 else { throw fault("'\(name)' is encrypted", .unsupported) }
        guard flags & ZipRecord.patchFlag == 0, let method = ZipEntry.Method(rawValue: record.short(10)) else {
            throw fault(
                "'\(name)' is kept by method \(record.short(10)); only stored (0) and deflated (8) are read",
                .unsupported)
        }
        self.method = method
        crc32 = UInt32(truncatingIfNeeded: record.word(16))
        comment = String(validating: list[commentStart..<end], as: UTF8.self) ?? ""
        var wide = try Self.wideFields(list[extraStart..<commentStart], fault)
        func take(_ narrow: UInt64) throws(FormatError) -> Int {
            guard narrow == 0xFFFF_FFFF else { return Int(narrow) }
            guard !wide.isEmpty, let value = Int(exactly: wide.removeFirst()) else {
                throw fault("the 64-bit sizes of '\(name)' are missing or too large")
            }
            return value
        }
        byteCount = try take(record.word(24))
        packedByteCount = try take(record.word(20))
        headerOffset = try take(record.word(42))
        try Self.checkSizes(method, unpacked: byteCount, packed: packedByteCount, name, fault)
        guard record.short(34) == 0 || record.short(34) == 0xFFFF else {
            throw fault("'\(name)' lies in another file of a split archive", .unsupported)
        }
        guard !isFolder || byteCount == 0 else { throw fault("the folder '\(name)' has content") }
        offset = end
    }

    /// Deflate cannot shrink by more than 1032 to 1 (zlib, "Technical Details").
    private static func checkSizes(
        _ method: ZipEntry.Method, unpacked: Int, packed: Int, _ name: String,
        _ fault: (String, FormatError.Code) -> FormatError
    ) throws(FormatError) {
        switch method {
        case .stored:
            guard unpacked == packed else {
                throw fault("'\(name)' is stored, yet has \(packed) bytes that are \(unpacked) unpacked", .corrupt)
            }
        case .deflated:
            guard unpacked / 1040 <= packed else {
                throw fault("\(packed) bytes of '\(name)' cannot hold \(unpacked) compressed ones", .corrupt)
            }
        }
    }

    /// A relative path without `..`; backslashes separate too, as they do for some tools.
    private static func checkedName(
        _ bytes: ArraySlice<UInt8>, _ fault: (String, FormatError.Code) -> FormatError
    ) throws(FormatError) -> String {
        guard !bytes.isEmpty, let name = String(validating: bytes, as: UTF8.self) else {
            throw fault("the archive has a file whose name is empty or no UTF-8", .unsupported)
        }
        guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw fault("the file name \(JSONValue.string(name).text(.python)) has a control character", .corrupt)
        }
        let separators = [UInt8(ascii: "/"), UInt8(ascii: "\\")]
        let parts = bytes.split(omittingEmptySubsequences: false) { separators.contains($0) }
        let isAbsolute = parts.first?.isEmpty == true || parts.first?.last == UInt8(ascii: ":")
        guard !isAbsolute, !parts.contains(where: { $0.elementsEqual("..".utf8) }) else {
            throw fault("the file name '\(name)' leads out of the archive", .corrupt)
        }
        return name
    }

    /// The values of the zip64 extra field, in its order; none when there is no such field.
    private static func wideFields(
        _ extra: ArraySlice<UInt8>, _ fault: (String, FormatError.Code) -> FormatError
    ) throws(FormatError) -> [UInt64] {
        var rest = extra
        while rest.count >= 4 {
            let field = ZipRecord(rest)
            let count = Int(field.short(2))
            guard count <= rest.count - 4 else { throw fault("an extra field is longer than its place", .corrupt) }
            if field.short(0) == ZipRecord.extra64 {
                return (0..<(count / 8)).map { field.long(4 + 8 * $0) }
            }
            rest = rest.dropFirst(4 + count)
        }
        return []
    }

    /// Compares the file's own header with the list.
    /// - Parameter header: its fixed part and as many bytes as the list's name has.
    /// - Returns: where the content begins in the archive.
    func checkHeader(_ header: [UInt8]) throws(FormatError) -> Int {
        let record = ZipRecord(header[...])
        let name = header[ZipRecord.localByteCount...]
        guard record.signature == ZipRecord.localSignature, Int(record.short(26)) == nameByteCount,
            name.elementsEqual(self.name.utf8),
            record.short(8) == method.rawValue, (record.short(6) ^ flags) & ZipRecord.encryptionFlags == 0
        else {
            throw FormatError(
                .corrupt, "the header of '\(self.name)' is not what the archive's list says", at: headerOffset,
                remedy: "Do not trust this file: tools disagree about what is in it")
        }
        // Sizes that follow the content, and 64-bit ones, are taken from the list.
        if record.short(6) & ZipRecord.descriptorFlag == 0 {
            let pairs = [
                (record.word(18), packedByteCount), (record.word(22), byteCount), (record.word(14), Int(crc32)),
            ]
            guard pairs.allSatisfy({ $0 == 0xFFFF_FFFF || $0 == UInt64($1) }) else {
                throw FormatError(
                    .corrupt, "the sizes in the header of '\(self.name)' are not those in the archive's list",
                    at: headerOffset, remedy: "Do not trust this file: tools disagree about what is in it")
            }
        }
        return headerOffset + ZipRecord.localByteCount + nameByteCount + Int(record.short(28))
    }

    func entry(from start: Int) -> ZipEntry {
        ZipEntry(
            name: name, method: method, headerOffset: headerOffset, payload: start..<(start + packedByteCount),
            byteCount: byteCount, crc32: crc32, comment: comment)
    }

    func outside(_ limit: Int) -> FormatError {
        FormatError(
            .corrupt, "'\(name)' reaches beyond byte \(limit), where the archive's files end", at: place,
            remedy: "Fetch the file again")
    }
}
