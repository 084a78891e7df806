import Testing

@testable import CommandLine
@testable import Registry

@Suite("Sorted tensors") struct TensorOrderTests {
    private static func row(_ name: String, error: Double?, bytes: Int = 100) -> TensorRow {
        var row = Samples.tensor
        row.name = name
        row.bytes = bytes
        row.relRmse = error
        row.cosine = error.map { 1 - $0 * $0 / 2 }
        row.snrDb = error.flatMap { $0 == 0 ? nil : 1 / $0 }
        row.shareZero = error.map { $0 / 10 }
        return row
    }

    private static let rows = [
        row("c", error: 0.1, bytes: 300), row("b", error: nil, bytes: 200), row("a", error: 0.4),
        row("d", error: 0.1, bytes: 300), row("e", error: 0, bytes: 400),
    ]

    private static func names(_ order: TensorOrder, reversed: Bool = false) -> String {
        order.sorted(rows, reversed: reversed).map(\.name).joined()
    }

    @Test("have the worst error first, the largest size first, and those without an error last") func order() {
        #expect(Self.names(.relRmse) == "acdeb")
        #expect(Self.names(.cosine) == "acdeb")
        #expect(Self.names(.snr) == "acdbe")
        #expect(Self.names(.shareZero) == "acdeb")
        #expect(Self.names(.bytes) == "ecdba")
        #expect(Self.names(.name) == "abcde")
        #expect(Self.names(.weightedRelRmse) == "cbade")
    }

    @Test("are turned around, but for those without an error") func reversed() {
        #expect(Self.names(.relRmse, reversed: true) == "ecdab")
        #expect(Self.names(.bytes, reversed: true) == "abcde")
        #expect(Self.names(.name, reversed: true) == "edcba")
    }

    private static func table(_ order: TensorOrder, _ bars: BarStyle?, hasErrors: Bool = true) throws -> [String] {
        let columns = TensorRanking(order: order, hasErrors: hasErrors, bars: bars).columns(of: rows)
        let lines = try TextTable.lines(columns.map(\.name), rows.map { row in columns.map { $0.cell(row) } }, .plain)
        return lines.dropFirst(2).map { line in
            line.split(separator: "  ").suffix(2).map { cell in String(cell.drop { $0 == " " }) }.joined(separator: "|")
        }
    }

    @Test("show their number and a bar of its share of the greatest") func bars() throws {
        let ascii = BarStyle(hasEighths: false, lineCells: 0), blocks = BarStyle(hasEighths: true, lineCells: 0)
        #expect(try Self.table(.relRmse, ascii) == ["0.1|##", "200 B|unchanged", "0.4|########", "0.1|##", "400 B|0"])
        #expect(try Self.table(.relRmse, blocks)[0] == "0.1|██")
        #expect(try Self.table(.relRmse, nil)[2].hasSuffix("0.4"))
    }

    @Test("of an artifact without a parent are not called unchanged") func noParent() throws {
        #expect(try Self.table(.relRmse, nil, hasErrors: false)[1].hasSuffix("–"))
        #expect(try Self.table(.snr, nil)[4].hasSuffix("exact"))
    }

    @Test("have bars as long as the line leaves room, in eighths of a cell") func lengths() {
        let blocks = BarStyle(hasEighths: true, lineCells: 80), ascii = BarStyle(hasEighths: false, lineCells: 80)
        #expect(blocks.bar(1, cells: 4) == "████")
        #expect(blocks.bar(0.5, cells: 3) == "█▌")
        #expect(blocks.bar(1e-9, cells: 8) == "▏")
        #expect(blocks.bar(0, cells: 8) == "")
        #expect(ascii.bar(0.5, cells: 5) == "###")
        #expect(ascii.bar(1e-9, cells: 8) == "#")
        #expect(blocks.bar(7, cells: 2) == "██")
    }
}
