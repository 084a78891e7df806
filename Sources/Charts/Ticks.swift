/// The values of an axis that are written beside it: round numbers, as many as there is room for.
package struct Ticks: Equatable, Sendable {
    /// One value and what is written beside it.
    package struct Mark: Equatable, Sendable {
        package let value: Double
        package let label: String
    }

    package let marks: [Mark]

    /// - Parameters:
    ///   - range: what the axis shows.
    ///   - most: how many labels there is room for; at least 2.
    package init(_ axis: Axis, over range: ClosedRange<Double>, most: Int) {
        let values =
            axis.scale == .linear
            ? Self.linear(range, most: max(2, most)) : Self.logarithmic(range, most: max(2, most))
        let labels = TickLabels(axis.unit, values, isLogarithmic: axis.scale == .logarithmic)
        marks = values.map { Mark(value: $0, label: labels.text($0)) }
    }

    /// Multiples of 1, 2 or 5 times a power of ten.
    private static func linear(_ range: ClosedRange<Double>, most: Int) -> [Double] {
        let span = range.upperBound - range.lowerBound
        let rough = span / Double(most)
        guard rough.isFinite, rough > 1e-300 else { return [range.lowerBound] }
        let decade = Decade.exponent(of: rough)
        let steps: [(Double, Int)] = [(1, decade), (2, decade), (5, decade), (1, decade + 1), (2, decade + 1)]
        for (digit, exponent) in steps {
            let values = multiples(of: digit, exponent, in: range, atMost: most)
            if let values, !values.isEmpty { return values }
        }
        return [range.lowerBound]
    }

    private static func multiples(
        of digit: Double, _ exponent: Int, in range: ClosedRange<Double>, atMost most: Int
    ) -> [Double]? {
        // Whole numbers over a power of ten are rounded once, so that 0.3 is 0.3 and not 3 × 0.1.
        let unit = { (multiple: Double) in Decade.shifted(multiple * digit, by: exponent) }
        let slack = 1e-9 * (range.upperBound - range.lowerBound)
        let step = unit(1)
        let first = ((range.lowerBound - slack) / step).rounded(.up)
        let last = ((range.upperBound + slack) / step).rounded(.down)
        guard last >= first, last - first < Double(most), abs(first) < 1e15 else { return nil }
        return (0...Int(last - first)).map { unit(first + Double($0)) + 0 }
    }

    /// Powers of ten; with 2 and 5 between them when there are few; as on a linear axis within one decade.
    private static func logarithmic(_ range: ClosedRange<Double>, most: Int) -> [Double] {
        let first = Decade.exponent(of: range.lowerBound)
        let last = Decade.exponent(of: range.upperBound)
        let digits: [[Double]] = [[1, 2, 5], [1, 3], [1]]
        for set in digits where (last - first) <= 12 {
            let values = (first...max(first, last)).flatMap { exponent in
                set.map { Decade.shifted($0, by: exponent) }
            }.filter(range.contains)
            if (2...max(2, most)).contains(values.count) { return values }
        }
        let decades = (first...max(first, last)).map { Decade.power($0) }.filter(range.contains)
        guard decades.count > most else { return linear(range, most: most).filter { $0 > 0 } }
        let stride = (decades.count + most - 1) / most
        return decades.enumerated().filter { $0.offset.isMultiple(of: stride) }.map(\.element)
    }
}
