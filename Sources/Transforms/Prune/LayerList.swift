package import Bytes

/// Layers by their numbers, as people write them: `3,7` or `0-5,8`.
package struct LayerList: Equatable, Sendable {
    /// In ascending order, no number twice.
    package let numbers: [Int]

    /// More layers than any model has.
    private static let greatest = 1023

    package init(_ numbers: [Int]) { self.numbers = Set(numbers).sorted() }

    /// - Throws: `FormatError` for what is no list of numbers and ranges.
    package init(parsing text: String) throws(FormatError) {
        var numbers: [Int] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0.filter { $0 != " " }) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last,
                first >= 0, last <= Self.greatest
            else {
                throw FormatError(
                    .refused, "'\(text.shortened)' is no list of layers",
                    remedy: "Write numbers from 0 on and ranges, such as 3,7 or 0-5,8")
            }
            numbers += first...last
        }
        self.init(numbers)
    }

    /// Runs as ranges: `0-5,8`.
    package var text: String {
        var runs: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
