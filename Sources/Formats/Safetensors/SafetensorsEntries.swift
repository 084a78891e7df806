import Bytes
import Numbers
import Tensors

/// The header's entries in the header's order, each checked alone.
struct SafetensorsEntries {
    private(set) var tensors: [TensorDescription] = []
    private(set) var metadata: [MetadataEntry] = []
    /// Names beyond ASCII, compared as Swift compares them.
    private var composedNames: Set<String> = []
    private var dataStart: Int

    init(parsing json: [UInt8], dataStart: Int) throws(FormatError) {
        self.dataStart = dataStart
        var scanner = JSONScanner(json, baseOffset: Safetensors.prefixByteCount)
        var entries = self
        try scanner.takeObject { (scanner, key, place) throws(FormatError) in
            if key == Safetensors.metadataKey {
                try entries.takeMetadata(&scanner)
            } else {
                guard entries.tensors.count < Safetensors.mostTensors else {
                    throw Self.tooMany("tensors", Safetensors.mostTensors, at: place)
                }
                try entries.takeTensor(&scanner, named: key, at: place)
            }
        }
        try scanner.finish()
        self = entries
    }

    private mutating func takeMetadata(_ scanner: inout JSONScanner) throws(FormatError) {
        // The reference reader takes null for an absent object.
        if scanner.peek() == UInt8(ascii: "n") { return try scanner.skipValue() }
        var entries: [MetadataEntry] = []
        try scanner.takeObject { (scanner, key, place) throws(FormatError) in
            guard entries.count < Safetensors.mostMetadata else {
                throw Self.tooMany("keys in \(Safetensors.metadataKey)", Safetensors.mostMetadata, at: place)
            }
            guard scanner.peek() == UInt8(ascii: "\"") else {
                throw FormatError(
                    .corrupt, "the metadata value of '\(key)' is not a string",
                    at: scanner.offset + Safetensors.prefixByteCount,
                    remedy: "Write the value as text; safetensors allows nothing else in \(Safetensors.metadataKey)")
            }
            entries.append(MetadataEntry(key: key, value: try scanner.takeString()))
        }
        metadata = entries
    }

    private mutating func takeTensor(
        _ scanner: inout JSONScanner, named name: String, at place: Int
    ) throws(FormatError) {
        try PlainName.check(tensor: name, at: place)
        if !name.utf8.allSatisfy({ $0 < 0x80 }), !composedNames.insert(name).inserted {
            throw FormatError(
                .unsupported, "another name differs only in how Unicode composes its letters", at: place, tensor: name,
                remedy: "Rename one of the two tensors")
        }
        var entry = Entry()
        do throws(FormatError) {
            if entry.takeUsual(&scanner) {
                return tensors.append(try entry.description(named: name, at: place, dataStart: dataStart))
            }
            try scanner.takeObject { (scanner, key, _) throws(FormatError) in
                switch key {
                case "dtype": entry.dtype = try Self.takeDType(&scanner)
                case "shape": entry.shape = try Self.takeCounts(&scanner)
                case "data_offsets": entry.offsets = try Self.takeCounts(&scanner)
                default: try scanner.skipValue()  // the reference reader lets unknown fields pass
                }
            }
            tensors.append(try entry.description(named: name, at: place, dataStart: dataStart))
        } catch {
            throw error.concerning(tensor: name)
        }
    }

    private static func takeDType(_ scanner: inout JSONScanner) throws(FormatError) -> DType {
        _ = scanner.peek()
        let place = scanner.offset
        let name = try scanner.takeString()
        guard let dtype = DType(rawValue: name), dtype.isInSafetensors else {
            let known = DType.allCases.filter(\.isInSafetensors).map(\.rawValue).joined(separator: ", ")
            throw FormatError(
                .unsupported, "unknown dtype '\(name)'; known are \(known)", at: place + Safetensors.prefixByteCount,
                remedy: "Convert the tensor to one of them, or use a newer version of Ingot")
        }
        return dtype
    }

    private static func tooMany(_ what: String, _ most: Int, at place: Int) -> FormatError {
        FormatError(.unsupported, "more than \(most) \(what)", at: place, remedy: "Split the file over several")
    }

    private static func takeCounts(_ scanner: inout JSONScanner) throws(FormatError) -> [Int] {
        var counts: [Int] = []
        try scanner.takeArray { scanner throws(FormatError) in
            guard counts.count < Safetensors.mostDimensions else {
                throw FormatError(
                    .unsupported, "more than \(Safetensors.mostDimensions) dimensions",
                    at: scanner.offset + Safetensors.prefixByteCount, remedy: "Reshape the tensor")
            }
            counts.append(try scanner.takeCount())
        }
        return counts
    }

    /// The fields of one tensor's entry.
    private struct Entry {
        var dtype: DType?
        var shape: [Int]?
        var offsets: [Int]?

        /// Takes an entry in the form in which the reference library writes all of them; takes nothing of another form.
        mutating func takeUsual(_ scanner: inout JSONScanner) -> Bool {
            var ahead = scanner
            guard ahead.takeIf("{\"dtype\":\""), let dtype = Self.takeUsualDType(&ahead),
                ahead.takeIf("\",\"shape\":["), let shape = Self.takeUsualShape(&ahead),
                ahead.takeIf(",\"data_offsets\":["), let begin = ahead.takeIfCount(), ahead.takeIf(","),
                let end = ahead.takeIfCount(), ahead.takeIf("]}")
            else { return false }
            self = Entry(dtype: dtype, shape: shape, offsets: [begin, end])
            scanner = ahead
            return true
        }

        private static func takeUsualDType(_ scanner: inout JSONScanner) -> DType? {
            if scanner.takeIf("BF16") { return .BF16 }
            if scanner.takeIf("F32") { return .F32 }
            if scanner.takeIf("F16") { return .F16 }
            if scanner.takeIf("U8") { return .U8 }
            if scanner.takeIf("F8_E4M3") { return .F8_E4M3 }
            return nil
        }

        private static func takeUsualShape(_ scanner: inout JSONScanner) -> [Int]? {
            if scanner.takeIf("]") { return [] }
            var shape: [Int] = []
            shape.reserveCapacity(4)
            while shape.count < Safetensors.mostDimensions, let size = scanner.takeIfCount() {
                shape.append(size)
                if scanner.takeIf("]") { return shape }
                guard scanner.takeIf(",") else { return nil }
            }
            return nil
        }

        func description(named name: String, at place: Int, dataStart: Int) throws(FormatError) -> TensorDescription {
            let remedy = "Write the file again with its original tool"
            guard let dtype, let shape, let offsets else {
                let missing = dtype == nil ? "dtype" : shape == nil ? "shape" : "data_offsets"
                throw FormatError(.corrupt, "the field '\(missing)' is missing", at: place, remedy: remedy)
            }
            guard offsets.count == 2 else {
                throw FormatError(
                    .corrupt, "data_offsets has \(offsets.count) numbers, 2 are expected", at: place, remedy: remedy)
            }
            let (begin, beginOverflow) = offsets[0].addingReportingOverflow(dataStart)
            let (end, endOverflow) = offsets[1].addingReportingOverflow(dataStart)
            guard !beginOverflow, !endOverflow, begin <= end else {
                throw FormatError(
                    .corrupt, "data_offsets \(offsets) is no range of bytes", at: place, remedy: remedy)
            }
            let byteCount = try SafetensorsSize.byteCount(of: dtype, shape, at: place)
            guard byteCount.bytes == end - begin else {
                throw FormatError(
                    .corrupt,
                    "\(dtype) \(shape) takes \(byteCount.bytes) bytes, data_offsets \(offsets) gives \(end - begin)",
                    at: place, remedy: remedy)
            }
            return TensorDescription(name: name, dtype: dtype, shape: byteCount.shape, byteRange: begin..<end)
        }
    }
}

/// The bytes that a tensor takes in the file, with every product checked.
enum SafetensorsSize {
    /// - Throws: `FormatError` when the product overflows or is no whole number of bytes.
    static func byteCount(
        of dtype: DType, _ dimensions: [Int], at place: Int?
    ) throws(FormatError) -> (shape: Shape, bytes: Int) {
        guard let shape = Shape(dimensions),
            case let (bits, overflow) = shape.elementCount.multipliedReportingOverflow(by: dtype.bitCount), !overflow
        else {
            throw FormatError(
                .corrupt, "\(dtype) \(dimensions) has more bytes than a machine can count", at: place,
                remedy: "Check the shape; the header is damaged or was written by a faulty tool")
        }
        guard bits.isMultiple(of: 8) else {
            throw FormatError(
                .corrupt, "\(dtype) \(dimensions) is \(bits) bits, no whole number of bytes", at: place,
                remedy: "Pad the last dimension of a dtype below 8 bits")
        }
        return (shape, bits / 8)
    }
}
