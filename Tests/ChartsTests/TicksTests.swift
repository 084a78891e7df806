import Testing

@testable import Charts

@Suite("Ticks") struct TicksTests {
    private func labels(_ axis: Axis, _ range: ClosedRange<Double>, _ most: Int) -> [String] {
        Ticks(axis, over: range, most: most).marks.map(\.label)
    }

    @Test("are round numbers with the same digits") func linear() {
        #expect(labels(Axis("loss"), 0.03...0.97, 6) == ["0.2", "0.4", "0.6", "0.8"])
        #expect(labels(Axis("loss"), -1.2...1.1, 6) == ["-1.0", "-0.5", "0", "0.5", "1.0"])
        #expect(labels(Axis("step"), 20...1349, 8) == ["200", "400", "600", "800", "1,000", "1,200"])
    }

    @Test("shorten large numbers, bytes and shares") func units() {
        #expect(labels(Axis("step"), 0...450_000, 5) == ["0", "100k", "200k", "300k", "400k"])
        #expect(labels(Axis("size", unit: .bytes), 1e6...4.2e6, 4) == ["1 MB", "2 MB", "3 MB", "4 MB"])
        #expect(labels(Axis("acc", unit: .percent), 0.31...0.52, 5) == ["35%", "40%", "45%", "50%"])
    }

    @Test("of a logarithmic axis are powers of ten, with numbers between them while there is room")
    func logarithmic() {
        let axis = Axis("lr", scale: .logarithmic)
        #expect(labels(axis, 1.5e-4...2.5e-3, 5) == ["0.0002", "0.0005", "0.001", "0.002"])
        #expect(labels(axis, 1e-6...1, 4) == ["1e-6", "0.0001", "0.01", "1"])
        #expect(labels(axis, 3.1...3.4, 4).count >= 2)
    }

    @Test(
        "are never more than there is room for, and lie within the range",
        arguments: [
            0...1.0, -5e-9...3e-9, 1e15...1.0000001e15, 1e-290...2e-290, -1e299...1e299, 5...5.000000001, 0.1...0.3,
        ])
    func bounded(range: ClosedRange<Double>) {
        for scale in [Axis.Scale.linear, .logarithmic] where scale == .linear || range.lowerBound > 0 {
            for most in 2...12 {
                let marks = Ticks(Axis("", scale: scale), over: range, most: most).marks
                #expect(marks.count <= max(2, most) && !marks.isEmpty)
                let slack = 1e-8 * (range.upperBound - range.lowerBound)
                let room = (range.lowerBound - slack)...(range.upperBound + slack)
                #expect(marks.allSatisfy { room.contains($0.value) })
            }
        }
    }
}

@Suite("Axis") struct AxisTests {
    @Test("leaves out what has no place on it") func placeless() {
        let values = [Double.nan, .infinity, 0, -3, 2, 8]
        #expect(Axis("").range(of: values, margin: 0) == -3...8)
        #expect(Axis("", scale: .logarithmic).range(of: values, margin: 0) == 2...8)
    }

    @Test("has a width even without values, and with one") func degenerate() {
        #expect(Axis("").range(of: [], margin: 0.1) == 0...1)
        #expect(Axis("", scale: .logarithmic).range(of: [Double.nan, 0], margin: 0.1) == 1...10)
        #expect(Axis("").range(of: [5.0], margin: 0.1) == 4.5...5.5)
        #expect(Axis("").range(of: [0.0], margin: 0.1) == -1...1)
    }

    @Test("takes the limits that it is given, unless they make no sense") func limits() {
        #expect(Axis("", limits: 0...1).range(of: [5.0], margin: 0.1) == 0...1)
        #expect(Axis("", scale: .logarithmic, limits: 0...1).range(of: [5.0], margin: 0) == 2.5...10)
    }

    @Test("begins at 0 where values that cannot be negative begin near it") func zero() {
        #expect(Axis("").range(of: [0.01, 1], margin: 0.1).lowerBound == 0)
        #expect(Axis("").range(of: [0.5, 1], margin: 0.1).lowerBound == 0.45)
    }
}

@Suite("Decimal text") struct DecimalTextTests {
    @Test(
        "keeps the digits that matter",
        arguments: [
            (3.34004, "3.34"), (0.0123456, "0.01235"), (12_400, "12,400"), (2.5e-7, "2.5e-7"), (9.9999e-8, "1e-7"),
            (-0.5, "-0.5"), (0, "0"), (1e300, "1e300"), (-1234567, "-1,234,567"),
        ])
    func short(value: Double, text: String) { #expect(DecimalText.short(value) == text) }

    @Test("says what is no number") func words() {
        #expect(DecimalText.short(.nan) == "nan")
        #expect(DecimalText.short(-.infinity) == "-inf")
    }

    @Test("has no negative zero") func zero() { #expect(DecimalText.coordinate(-0.001) == "0") }
}
