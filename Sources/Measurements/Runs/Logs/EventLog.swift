package import Bytes

/// An event file of TensorBoard: records with checksums, each a protobuf message `Event`.
///
/// A record: its length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes (4), the message, the masked
/// CRC-32C of the message (4). An `Event` has `wall_time` (1, double), `step` (2), and `summary` (5) with values (1):
/// `tag` (1), `simple_value` (2, float), `tensor` (8), `metadata` (9), whose `plugin_data` (1) names the plugin (1). A
/// tag's metadata stands in its first value alone. Scalars are simple values, and tensors of one number of the plugin
/// `scalars` or of none. Source: TensorFlow, `tensorflow/core/lib/io/record_writer.h`,
/// `tensorflow/core/util/event.proto`, `tensorflow/core/framework/summary.proto`.
package struct EventLog: RunLogStream {
    private static let headByteCount = 12
    private static let longestRecord: UInt64 = 64 << 20
    private static let mostTags = 100_000

    /// Whether a tag's values are scalars, by what its metadata said.
    private var isScalar: [String: Bool] = [:]

    package let tellsSteps = true

    package init() {}

    /// Whether `start`, a file's first bytes, begins with a record's length and its checksum.
    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        start.count >= headByteCount && number(start, 0, byteCount: 8) <= longestRecord
            && UInt64(CRC32C.masked(of: start.extracting(0..<8))) == number(start, 8, byteCount: 4)
    }

    package mutating func take(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Int {
        var place = 0
        while bytes.count - place >= Self.headByteCount {
            let length = try Self.length(bytes, at: place)
            let start = place + Self.headByteCount
            guard bytes.count - start >= length + 4 else { break }
            let message = bytes.extracting(start..<(start + length))
            guard UInt64(CRC32C.masked(of: message)) == Self.number(bytes, start + length, byteCount: 4) else {
                throw Self.damaged("the record's checksum is wrong", at: place)
            }
            do {
                try takeEvent((0..<length).map { message[$0] }, into: &values)
            } catch { throw error.moved(by: start) }
            place = start + length + 4
        }
        return place
    }

    package mutating func takeLast(_ bytes: Span<UInt8>, into values: inout RunValues) throws(FormatError) -> Bool {
        if bytes.count > 0 {
            values.note("the last \(bytes.count) bytes are a record that is cut off; they wait for its rest")
        }
        return false
    }

    private static func length(_ bytes: Span<UInt8>, at place: Int) throws(FormatError) -> Int {
        let length = number(bytes, place, byteCount: 8)
        let head = bytes.extracting(place..<(place + 8))
        guard UInt64(CRC32C.masked(of: head)) == number(bytes, place + 8, byteCount: 4) else {
            throw damaged("the checksum of the record's length is wrong", at: place)
        }
        guard length <= longestRecord else {
            throw FormatError(
                .refused, "a record of \(length) bytes, at most \(longestRecord) are read", at: place,
                remedy: "Check that this is a training log")
        }
        return Int(length)
    }

    private static func number(_ bytes: Span<UInt8>, _ place: Int, byteCount: Int) -> UInt64 {
        (0..<byteCount).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << (8 * $1) }
    }

    private static func damaged(_ problem: String, at place: Int) -> FormatError {
        FormatError(
            .corrupt, problem, at: place, remedy: "Fetch the file again, or import the run from its other files")
    }

    // MARK: Messages

    private mutating func takeEvent(_ message: [UInt8], into values: inout RunValues) throws(FormatError) {
        var reader = ProtobufReader(message)
        var (step, time) = (Int64(0), RunValues.noTime)
        var summaries: [Range<Int>] = []
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .fixed64(let bits)):
                time = LogField.milliseconds(Double(bitPattern: bits)) ?? RunValues.noTime
            case (2, .number(let bits)): step = Int64(bitPattern: bits)
            case (5, .bytes(let range)): summaries.append(range)
            default: break
            }
        }
        for summary in summaries {
            var reader = ProtobufReader(message, in: summary)
            while let (number, value) = try reader.next() {
                guard case (1, .bytes(let range)) = (number, value) else { continue }
                try takeValue(message, range, step, time, into: &values)
            }
        }
    }

    private mutating func takeValue(
        _ message: [UInt8], _ range: Range<Int>, _ step: Int64, _ time: Int64, into values: inout RunValues
    ) throws(FormatError) {
        var reader = ProtobufReader(message, in: range)
        var tag = ""
        var plugin: String?
        var scalar: Double?
        var tensor: Range<Int>?
        while let (number, value) = try reader.next() {
            switch (number, value) {
            case (1, .bytes(let text)): tag = String(decoding: message[text], as: UTF8.self)
            case (2, .fixed32(let bits)): scalar = Double(Float(bitPattern: bits))
            case (8, .bytes(let place)): tensor = place
            case (9, .bytes(let place)): plugin = try Self.plugin(message, place)
            default: break
            }
        }
        guard !tag.isEmpty else { return }
        if let plugin, isScalar[tag] == nil {
            guard isScalar.count < Self.mostTags else {
                throw Self.damaged("more than \(Self.mostTags) tags", at: range.lowerBound)
            }
            isScalar[tag] = plugin == "scalars"
        }
        if scalar == nil, let tensor, isScalar[tag] ?? true { scalar = try TensorScalar.value(message, tensor) }
        guard let scalar else { return }
        values.append(series: try values.metric(named: tag), step: step, time: time, value: scalar)
    }

    private static func plugin(_ message: [UInt8], _ range: Range<Int>) throws(FormatError) -> String? {
        var reader = ProtobufReader(message, in: range)
        while let (number, value) = try reader.next() {
            guard case (1, .bytes(let data)) = (number, value) else { continue }
            var inner = ProtobufReader(message, in: data)
            while let (number, value) = try inner.next() {
                if case (1, .bytes(let name)) = (number, value) {
                    return String(decoding: message[name], as: UTF8.self)
                }
            }
        }
        return nil
    }
}
