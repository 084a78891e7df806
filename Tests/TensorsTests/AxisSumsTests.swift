import Numbers
import Tensors
import Testing

@Suite("Sums of rows and columns") struct AxisSumsTests {
    /// Small whole numbers, whose sums are exact in any order.
    private func matrix(_ rows: Int, _ columns: Int) -> [Float] {
        (0..<rows * columns).map { Float(($0 * 37) % 19 - 9) }
    }

    @Test(
        "are those of a plain loop", arguments: [(1, 1), (3, 7), (5, 8), (4, 29)], [Kernels.Power.magnitude, .square])
    func sums(size: (rows: Int, columns: Int), power: Kernels.Power) {
        let values = matrix(size.rows, size.columns)
        func measured(_ value: Float) -> Double { power == .square ? Double(value * value) : Double(abs(value)) }
        var rows = [Double](repeating: 1, count: size.rows + 2)
        var columns = [Double](repeating: 2, count: size.columns)
        let bytes = LittleEndianFloats.encode(values)
        Kernels().addAxisSums(bytes.span, power: power, rows: &rows, from: 1, columns: &columns)
        for row in 0..<size.rows {
            let sum = (0..<size.columns).reduce(1.0) { $0 + measured(values[row * size.columns + $1]) }
            #expect(rows[row + 1] == sum)
        }
        #expect(rows.first == 1 && rows.last == 1)
        for column in 0..<size.columns {
            let sum = (0..<size.rows).reduce(2.0) { $0 + measured(values[$1 * size.columns + column]) }
            #expect(columns[column] == sum)
        }
    }

    @Test("show a number that is none") func special() {
        var rows = [0.0], columns = [0.0, 0.0]
        let bytes = LittleEndianFloats.encode([.nan, 1])
        Kernels().addAxisSums(bytes.span, power: .square, rows: &rows, from: 0, columns: &columns)
        #expect(rows[0].isNaN && columns[0].isNaN && columns[1] == 1)
    }
}
