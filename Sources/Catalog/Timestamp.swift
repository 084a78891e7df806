#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A moment to the second, as the catalog writes it: `2026-01-31T23:59:59Z`. Later moments sort after earlier ones.
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The ISO 8601 form, in UTC.
    package let text: String
    /// Seconds since 1970, without leap seconds.
    package let secondsSince1970: Int

    private static let secondsPerDay = 86_400

    /// - Parameter secondsSince1970: at least 0, and before the year 10000.
    package init(secondsSince1970 seconds: Int) {
        precondition((0..<253_402_300_800).contains(seconds), "\(seconds) seconds lie outside the years 1970 to 9999")
        let date = Self.date(ofDay: seconds / Self.secondsPerDay)
        let time = seconds % Self.secondsPerDay
        func digits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        text =
            "\(date.year)-\(digits(date.month))-\(digits(date.day))"
            + "T\(digits(time / 3600)):\(digits(time / 60 % 60)):\(digits(time % 60))Z"
        secondsSince1970 = seconds
    }

    /// Parses the form that `text` has; nil for anything else, such as a date without its time.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let pattern = Array("0000-00-00T00:00:00Z".utf8)
        let zero = UInt8(ascii: "0")
        guard bytes.count == pattern.count else { return nil }
        for (byte, expected) in zip(bytes, pattern) {
            guard expected == zero ? (zero...zero + 9).contains(byte) : byte == expected else { return nil }
        }
        func number(_ range: Range<Int>) -> Int { range.reduce(0) { $0 * 10 + Int(bytes[$1] - zero) } }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        guard year >= 1970, (1...12).contains(month), (1...31).contains(day) else { return nil }
        let time = number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
        guard time < Self.secondsPerDay else { return nil }
        self.init(secondsSince1970: Self.day(ofYear: year, month: month, day: day) * Self.secondsPerDay + time)
        guard self.text == String(text) else { return nil }  // such as February 30th
    }

    /// The moment at which this is called, by the system's clock.
    package static func now() -> Self {
        var time = timespec()
        // `time` outlives the call, which fills it.
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Self(secondsSince1970: max(0, Int(time.tv_sec)))
    }

    /// The moment `seconds` earlier (or 1970).
    package func earlier(bySeconds seconds: Int) -> Self {
        Self(secondsSince1970: max(0, secondsSince1970 - seconds))
    }

    package var description: String { text }

    package static func < (left: Self, right: Self) -> Bool { left.secondsSince1970 < right.secondsSince1970 }

    /// Days from 1970-01-01 in the Gregorian calendar, counted from March so that leap days come last in a year.
    private static func day(ofYear year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return 365 * year + year / 4 - year / 100 + year / 400 + dayOfYear - 719_468
    }

    private static func date(ofDay days: Int) -> (year: Int, month: Int, day: Int) {
        let sinceMarch = days + 719_468  // from 0000-03-01
        let era = sinceMarch / 146_097  // 400 years
        let dayOfEra = sinceMarch % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, dayOfYear - (153 * month + 2) / 5 + 1)
    }
}
