import Bytes
import Testing

@testable import Measurements

@Suite("Event files") struct EventLogTests {
    @Test("hold what TensorBoard's own reader finds", arguments: ["tensorboard", "tensorboard-v2"])
    func golden(name: String) throws {
        let bytes = try LogFixture.events(name)
        let isRecognized = EventLog.recognizes(bytes.span)
        #expect(isRecognized)
        #expect(RunLogKind.recognized(bytes.span) == .tensorBoard)
        let values = try RunValues.reading(bytes, with: EventLog()).values
        #expect(values.pairs == (try LogFixture.expected(name)))
        #expect(values["train/loss"].first?.time == 1_750_000_000_000)
    }

    @Test("may be cut off at any byte: the records before the cut are read")
    func cutOff() throws {
        let bytes = try LogFixture.events("tensorboard")
        let all = try RunValues.reading(bytes, with: EventLog()).values
        var counts: [Int] = []
        for end in 0...bytes.count {
            let (values, rest) = try RunValues.reading(Array(bytes[..<end]), with: EventLog())
            counts.append(values.count)
            for (metric, points) in values.pairs { #expect(all.pairs[metric]?.starts(with: points) == true) }
            #expect(values.count < all.count || rest < 200)
        }
        #expect(counts == counts.sorted())
        #expect(counts.last == all.count)
    }

    @Test("are the same in pieces of any length", arguments: [1, 7, 64, 1000])
    func pieces(byteCount: Int) throws {
        let bytes = try LogFixture.events("tensorboard-v2")
        let whole = try RunValues.reading(bytes, with: EventLog()).values
        #expect(try RunValues.reading(bytes, with: EventLog(), pieceByteCount: byteCount).values.pairs == whole.pairs)
    }

    @Test("are refused where a byte is damaged") func damaged() throws {
        let bytes = try LogFixture.events("tensorboard")
        var faults = 0
        for place in 0..<bytes.count {
            var copy = bytes
            copy[place] ^= 0x20
            do {
                _ = try RunValues.reading(copy, with: EventLog())
            } catch let error as FormatError {
                #expect(error.byteOffset ?? 0 <= place)
                faults += 1
            }
        }
        #expect(faults == bytes.count)
    }

    @Test("with a record of a gigabyte are refused before it is read") func hugeRecord() {
        var bytes: [UInt8] = [0, 0, 0, 0x40, 0, 0, 0, 0]
        let sum = CRC32C.masked(of: bytes.span)
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        let error = #expect(throws: FormatError.self) { _ = try RunValues.reading(bytes, with: EventLog()) }
        #expect(error?.problem.contains("at most") == true)
    }
}
