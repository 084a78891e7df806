import Bytes
import Numbers
import Tensors
import Testing

@testable import Transforms

@Suite("Masked rows") struct MaskedRowsTests {
    private static let kernels = Kernels()

    /// Numbers with many equals: whole ones from -9 to 9.
    private func numbers(_ count: Int, seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Float(Int.random(in: -9...9, using: &generator)) }
    }

    private func rows(_ numbers: [Float], _ width: Int, _ dtype: DType) -> MemoryRows {
        let floats = LittleEndianFloats.encode(numbers)
        guard dtype != .F32 else { return MemoryRows(floats, rowLength: width, dtype: dtype) }
        var bytes = [UInt8](repeating: 0, count: numbers.count * dtype.bitCount / 8)
        var span = bytes.mutableSpan
        _ = Self.kernels.cast(from: .F32, to: dtype, input: floats.span, into: &span)
        return MemoryRows(bytes, rowLength: width, dtype: dtype)
    }

    private func masked(
        _ matrix: ScoredMatrix, _ settings: SparsifySettings, limit: ScoreLimit? = nil
    ) throws -> [Float] {
        let rows = try MaskedRows(matrix, settings, limit: limit)
        var reader = try FloatReader(rows.dtype, kernels: Self.kernels)
        var all: [Float] = []
        let step = max(rows.rowGroup, 3 / rows.rowGroup * rows.rowGroup)
        for start in stride(from: 0, to: rows.rowCount, by: step) {
            let some = start..<min(start + step, rows.rowCount)
            var buffer = [UInt8](repeating: 0, count: some.count * rows.rowByteCount)
            try rows.read(some, into: &buffer)
            try reader.take(buffer.span)
            all += reader.values
        }
        return all
    }

    private func matrix(
        _ numbers: [Float], _ width: Int, _ dtype: DType = .F32, isInputMajor: Bool = false, norms: [Float] = []
    ) throws -> ScoredMatrix {
        try ScoredMatrix(
            rows(numbers, width, dtype), matrixRowCount: numbers.count / width, isInputMajor: isInputMajor,
            norms: norms, kernels: Self.kernels)
    }

    /// The numbers with zeros at the lowest scores of each group of places, in the slowest and plainest way.
    private func plain(_ numbers: [Float], _ scores: [Float], _ groups: [[Int]], _ count: (Int) -> Int) -> [Float] {
        var result = numbers
        for group in groups {
            for place in group.sorted(by: { (scores[$0], $0) < (scores[$1], $1) }).prefix(count(group.count)) {
                result[place] = 0
            }
        }
        return result
    }

    @Test(
        "of a tensor's share are exact, equals by position", arguments: [DType.BF16, .F16, .F32], [0.1, 0.5, 0.93])
    func tensor(dtype: DType, share: Double) throws {
        let numbers = numbers(37 * 8, seed: UInt64(share * 100))
        let settings = try SparsifySettings(.share(share), scope: .tensor, scores: .magnitude)
        let expected = plain(numbers, numbers.map(\.magnitude), [Array(numbers.indices)]) { Int(Double($0) * share) }
        #expect(try masked(matrix(numbers, 8, dtype), settings) == expected)
    }

    @Test("of small differences are exact too", arguments: 0..<UInt64(4)) func fine(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let numbers = (0..<400).map { _ in Float.random(in: 1...1.001, using: &generator) }
        let settings = try SparsifySettings(.share(0.37), scope: .tensor, scores: .magnitude)
        let expected = plain(numbers, numbers, [Array(numbers.indices)]) { Int(Double($0) * 0.37) }
        #expect(try masked(matrix(numbers, 20), settings) == expected, "seed \(seed)")
    }

    @Test("keep N of M along the inputs, also where inputs run down the rows", arguments: ["2:4", "1:8", "3:4"])
    func patterns(text: String) throws {
        let pattern = try SparsityPattern(parsing: text)
        let settings = try SparsifySettings(.pattern(pattern), scope: nil, scores: .magnitude)
        let numbers = numbers(16 * 24, seed: 7), scores = numbers.map(\.magnitude)
        let runs = stride(from: 0, to: numbers.count, by: pattern.length).map { Array($0..<$0 + pattern.length) }
        let expected = plain(numbers, scores, runs) { _ in pattern.length - pattern.kept }
        #expect(try masked(matrix(numbers, 24, .BF16), settings) == expected)
        // Input-major: [in 16, out 24].
        let turned = (0..<24).flatMap { column in
            stride(from: 0, to: 16, by: pattern.length).map { first in
                (first..<first + pattern.length).map { $0 * 24 + column }
            }
        }
        let other = plain(numbers, scores, turned) { _ in pattern.length - pattern.kept }
        #expect(try masked(matrix(numbers, 24, isInputMajor: true), settings) == other)
    }

    @Test("of Wanda rank within each output by |w| times the norm of the input") func wanda() throws {
        let numbers = numbers(6 * 40, seed: 11)
        let norms = (0..<40).map { 1 + Float($0 % 7) }
        let settings = try SparsifySettings(.share(0.5), scope: nil, scores: .wanda(Digest(of: "x")))
        let scores = numbers.enumerated().map { $1.magnitude * norms[$0 % 40] }
        let outputs = (0..<6).map { row in Array(row * 40..<(row + 1) * 40) }
        let expected = plain(numbers, scores, outputs) { $0 / 2 }
        #expect(try masked(matrix(numbers, 40, norms: norms), settings) == expected)
        // The same matrix stored as [in, out] gives the same zeros, turned.
        let turned = (0..<40).flatMap { column in (0..<6).map { numbers[$0 * 40 + column] } }
        let made = try masked(matrix(turned, 6, isInputMajor: true, norms: norms), settings)
        #expect(made == (0..<40).flatMap { column in (0..<6).map { expected[$0 * 40 + column] } })
    }

    @Test("of all matrices together are those of one long row", arguments: 0..<UInt64(4)) func global(seed: UInt64)
        throws
    {
        let parts = [numbers(120, seed: seed), numbers(80, seed: seed + 50), numbers(40, seed: seed + 90)]
        let all = parts.flatMap(\.self)
        let settings = try SparsifySettings(.share(0.6), scope: .global, scores: .magnitude)
        let matrices = try parts.map { try matrix($0, 10, .BF16) }
        var first = GlobalRanking()
        for matrix in matrices { first += try GlobalRanking().counted(matrix) }
        let (second, rest) = first.second(lowest: MaskedRows.count(all.count, 0.6))
        let held = try matrices.map { try second.counted($0).held }
        var sum = second
        for held in held { sum += held }
        let limits = sum.limits(rest: rest, of: held)
        let made = try zip(matrices, limits).flatMap { try masked($0, settings, limit: $1) }
        #expect(
            made == plain(all, all.map(\.magnitude), [Array(all.indices)]) { Int(Double($0) * 0.6) }, "seed \(seed)")
    }

    @Test("never take NaN, and take zeros first") func special() throws {
        let settings = try SparsifySettings(.share(0.5), scope: .tensor, scores: .magnitude)
        let made = try masked(matrix([.nan, 1, 0, -.infinity, -0.0, 2, 3, 4], 4), settings)
        #expect(made[0].isNaN && made[3] == -.infinity)
        #expect([made[1], made[2], made[4], made[5]] == [0, 0, 0, 0] && made[6] == 3 && made[7] == 4)
    }
}

@Suite("Sparsify settings") struct SparsifySettingsTests {
    @Test(
        "go through a recipe and back",
        arguments: [
            #"{"sparsity": 0.5, "scope": "global"}"#, #"{"pattern": "2:4"}"#, #"{"sparsity": 0.25, "scope": "row"}"#,
        ])
    func recipes(parameters: String) throws {
        let text = #"{"steps": [{"transform": "sparsify", "parameters": \#(parameters)}]}"#
        let file = try RecipeFile(parsing: Array(text.utf8), file: "x")
        let again = try RecipeFile(parsing: Array(file.recipe.text.utf8), file: "x")
        #expect(again.recipe == file.recipe && again.recipe.text == file.recipe.text)
    }

    @Test(
        "refuse what means nothing",
        arguments: [
            (#"{"sparsity": 1}"#, "between 0 and 1"), (#"{"sparsity": 0}"#, "between 0 and 1"), ("{}", "neither"),
            (#"{"pattern": "4:4"}"#, "no pattern"), (#"{"pattern": "0:4"}"#, "no pattern"),
            (#"{"pattern": "2"}"#, "no pattern"),
            (#"{"pattern": "2:4", "sparsity": 0.5}"#, "says the share itself"),
            (#"{"pattern": "2:4", "scope": "global"}"#, "decides among 4"),
            (#"{"sparsity": 0.5, "scores": "wanda"}"#, "needs 'statistics'"),
            (#"{"sparsity": 0.5, "statistics": "\#(String(repeating: "a", count: 64))"}"#, "wanda"),
            (#"{"sparsity": 0.5, "method": "mask-9"}"#, "mask-9"), (#"{"sparsity": 0.5, "shape": 1}"#, "no such key"),
        ])
    func faults(parameters: String, word: String) {
        let text = #"{"steps": [{"transform": "sparsify", "parameters": \#(parameters)}]}"#
        #expect { try RecipeFile(parsing: Array(text.utf8), file: "x") } throws: { "\($0)".contains(word) }
    }
}
