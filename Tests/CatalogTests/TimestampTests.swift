import Foundation
import Testing

@testable import Catalog

@Suite("Timestamp") struct TimestampTests {
    @Test(
        "is written in ISO 8601 and comes back",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ])
    func text(seconds: Int, text: String) {
        #expect(Timestamp(secondsSince1970: seconds).text == text)
        #expect(Timestamp(text)?.secondsSince1970 == seconds)
    }

    @Test("agrees with Foundation on a thousand moments") func foundation() {
        let formatter = ISO8601DateFormatter()
        for seconds in stride(from: 0, to: 253_402_300_800, by: 253_402_301) {
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
            #expect(Timestamp(secondsSince1970: seconds).text == expected, "at \(seconds)")
        }
    }

    @Test(
        "refuses other forms",
        arguments: [
            "", "2026-01-01", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+01:00", "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "1969-12-31T23:59:59Z",
            "2026-01-01T00:00:0xZ",
        ])
    func refusals(text: String) { #expect(Timestamp(text) == nil) }
}
