import Bytes
import Foundation
import Numbers
import Registry
import Testing

@Suite("Prune by statistics") struct PruneStatisticsTests {
    /// Inputs of the down matrices: channel 5 is always a tenth of channels 0 and 2 together, and so small that it
    /// goes; the even ones are larger than the others.
    private func moments() -> [Float] {
        var mixing = (0..<24).map { row in (0..<24).map { column in row == column ? (row % 2 == 0 ? 2.0 : 1.0) : 0.0 } }
        mixing[5] = (0..<24).map { $0 == 0 || $0 == 2 ? 0.2 : 0.0 }
        return (0..<24).flatMap { row in
            (0..<24).map { column in Float((0..<24).reduce(0.0) { $0 + mixing[row][$1] * mixing[column][$1] }) }
        }
    }

    private func home() async throws -> (TemporaryHome, String) {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let path = home.path("statistics.safetensors")
        try StatisticsFile(
            values: (0..<3).map { ("model.layers.\($0).mlp.down_proj.second_moment", [24, 24], moments()) }
        ).write(to: path)
        return (home, path)
    }

    /// An importance matrix in llama.cpp's older form: of each down matrix, the first 12 inputs count a hundredfold.
    private func imatrix(layers: Range<Int>) -> [UInt8] {
        func bytes(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        var file = bytes(layers.count)
        for layer in layers {
            let name = "blk.\(layer).ffn_down.weight"
            file += bytes(name.utf8.count) + Array(name.utf8) + bytes(1) + bytes(24)
            file += LittleEndianFloats.encode((0..<24).map { $0 < 12 ? 100 : 1 })
        }
        return file + bytes(1) + bytes(4) + Array("text".utf8)
    }

    @Test("ranks by an importance matrix of llama.cpp") func importanceMatrix() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let path = home.path("imatrix.dat")
        try Data(imatrix(layers: 0..<3)).write(to: URL(fileURLWithPath: path))
        var request = PruneRequest(name: "m")
        request.mlp = 0.5
        request.importancePath = path
        let report = try await home.registry.prune(request)
        let record = try await home.document(report.name, "pruning.json")
        let kept = (record["groups"]?.arrayValue ?? []).map { $0["kept"] }
        #expect(kept == [.string("0-11"), .string("0-11"), .string("0-11")])
        // Nothing is known of the last layer now, and another model's file is refused.
        for layers in [0..<2, 0..<4] {
            try Data(imatrix(layers: layers)).write(to: URL(fileURLWithPath: path))
            let prepared = request
            await #expect(throws: (any Error).self) { _ = try await home.registry.prune(prepared) }
        }
    }

    @Test("ranks by what passes through, and fits the down matrix again") func repair() async throws {
        let (home, path) = try await home()
        var request = PruneRequest(name: "m")
        request.mlp = 0.25
        request.statisticsPath = path
        let repaired = try await home.registry.prune(request)
        request.repairs = false
        request.newName = "plain"
        _ = try await home.registry.prune(request)
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let fitted = try await PruneFiles(of: repaired.name, home), plain = try await PruneFiles(of: "plain", home)
        let name = "model.layers.0.mlp.down_proj.weight"
        let record = try await home.document(repaired.name, "pruning.json")
        let kept = PruneTests.indices(record["groups"]?.arrayValue?.first?["kept"]?.stringValue ?? "")
        let scores = (record["groups"]?.arrayValue?.first?["scores"]?.arrayValue ?? []).compactMap(\.doubleValue)
        let whole = try source.matrix(name)
        let moments = moments()
        for channel in 0..<24 {
            let energy =
                whole.reduce(0.0) { $0 + Double($1[channel]) * Double($1[channel]) } * Double(moments[channel * 25])
            #expect(abs(scores[channel] - energy.squareRoot()) < 1e-4, "channel \(channel)")
        }
        func error(_ matrix: [[Float]]) -> Double {
            var sum = 0.0
            for (row, values) in matrix.enumerated() {
                var difference = whole[row].map(Double.init)
                for (place, channel) in kept.enumerated() { difference[channel] -= Double(values[place]) }
                for one in 0..<24 {
                    for two in 0..<24 { sum += difference[one] * difference[two] * Double(moments[one * 24 + two]) }
                }
            }
            return sum
        }
        let (before, after) = (try error(plain.matrix(name)), try error(fitted.matrix(name)))
        #expect(!kept.contains(5), "\(kept)")
        #expect(kept.contains(0), "\(kept)")
        #expect(after < before, "\(after) against \(before)")
        // What else is cut is cut in the same way.
        let gate = "model.layers.0.mlp.gate_proj.weight"
        #expect(try fitted.matrix(gate) == plain.matrix(gate))
    }
}
