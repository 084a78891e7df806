import Testing

@testable import Registry

@Suite("Figures") struct FiguresTests {
    @Test(
        "give bytes two or three digits",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (3_214_000, "3.2 MB"), (99_949_999, "99.9 MB"),
            (99_999_999, "100 MB"), (999_499_999, "999 MB"), (999_500_000, "1.0 GB"), (140_000_000_000, "140 GB"),
        ])
    func bytes(count: Int, expected: String) {
        #expect(Figures.bytes(count) == expected)
    }

    @Test("give parameters a letter", arguments: [(12, "12"), (134_515_008, "135 M"), (1_235_814_400, "1.2 B")])
    func parameters(count: Int, expected: String) {
        #expect(Figures.parameters(count) == expected)
    }

    @Test(
        "give reals about six digits, and never lose an integer one",
        arguments: [
            (4.127305, "4.12731"), (2.81, "2.81"), (0.0912345678, "0.0912346"), (1_234_567.5, "1234567.5"),
            (16.0, "16"), (-0.5, "-0.5"), (1.234e-7, "1.234e-07"), (0, "0"), (.infinity, "inf"), (.nan, "nan"),
            (0.000123456789, "0.000123457"), (1e300, "1e+300"), (99.99999999, "100"),
        ])
    func reals(value: Double, expected: String) {
        #expect(Figures.real(value) == expected)
    }

    @Test("group digits by three", arguments: [(0, "0"), (999, "999"), (3_407_872, "3,407,872"), (-1_000, "-1,000")])
    func grouping(count: Int, expected: String) {
        #expect(Figures.grouped(count) == expected)
    }

    @Test(
        "give durations two units",
        arguments: [
            (0.424, "0.42 s"), (1.26, "1.3 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7_800, "2 h 10 min"),
        ])
    func durations(seconds: Double, expected: String) {
        #expect(Figures.duration(seconds) == expected)
    }
}
