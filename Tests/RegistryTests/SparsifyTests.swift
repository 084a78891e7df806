import Bytes
import Foundation
import Registry
import Testing

@Suite("Sparsify") struct SparsifyTests {
    private func request(_ name: String = "m", _ change: (inout SparsifyRequest) -> Void) -> SparsifyRequest {
        var request = SparsifyRequest(name: name)
        change(&request)
        return request
    }

    private func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        return home
    }

    @Test("sets the share of each matrix to zero, keeps the rest, and the catalog tells it") func share() async throws {
        let home = try await home()
        let report = try await home.registry.sparsify(request { $0.sparsity = 0.5 })
        #expect(report.outcome == "sparsified" && report.name == "m:sparse50")
        #expect(report.tensors.count == 21 && report.sparsity >= 0.5 && report.sparsity < 0.51)
        let source = try PruneFiles(home.path("source-m/model.safetensors"))
        let made = try await PruneFiles(of: "m:sparse50", home)
        for name in source.names {
            let before = try source.matrix(name).flatMap(\.self), after = try made.matrix(name).flatMap(\.self)
            guard name.contains("_proj") else {
                #expect(before == after, "\(name)")
                continue
            }
            let gone = before.indices.filter { after[$0] == 0 && before[$0] != 0 }
            #expect(before.indices.allSatisfy { after[$0] == before[$0] || after[$0] == 0 }, "\(name)")
            let greatest = gone.map { before[$0].magnitude }.max() ?? 0
            #expect(before.indices.allSatisfy { after[$0] == 0 || after[$0].magnitude >= greatest }, "\(name)")
            #expect(after.count { $0 == 0 } == before.count / 2, "\(name)")
        }
        let rows = try home.rows(
            "SELECT count(*) FROM tensor_summary WHERE artifact = 'm:sparse50' AND zero_fraction = 0.5 AND rel_rmse > 0"
        )
        #expect("\(rows)".contains("21"))
    }

    @Test("does nothing the second time, gives the same bytes with any threads, and is proven") func again()
        async throws
    {
        let home = try await home()
        for scope in [SparsifyRequest.Scope.global, .tensor, .row] {
            let first = try await home.registry.sparsify(
                request {
                    $0.sparsity = 0.4
                    $0.scope = scope
                    $0.threadCount = 1
                })
            #expect(try await home.registry.rederive(first.name, threadCount: 3).outcome == "proven", "\(scope)")
            let second = try await home.registry.sparsify(
                request {
                    $0.sparsity = 0.4
                    $0.scope = scope
                })
            #expect(second.outcome == "unchanged" && second.digest == first.digest)
            #expect(second.sparsity == first.sparsity)
        }
    }

    @Test("ranks all matrices together when it is asked to") func global() async throws {
        let home = try await home()
        let report = try await home.registry.sparsify(
            request {
                $0.sparsity = 0.5
                $0.scope = .global
            })
        #expect(abs(report.sparsity - 0.5) < 0.001)
        #expect(Set(report.tensors.map(\.sparsity)).count > 1)
    }

    @Test("keeps two of each four, and tensors that rules name") func pattern() async throws {
        let home = try await home()
        let report = try await home.registry.sparsify(
            request {
                $0.pattern = "2:4"
                $0.keep = ["layers\\.0\\."]
            })
        #expect(report.name == "m:sparse2of4-keep" && report.tensors.count == 14 && report.sparsity == 0.5)
        #expect(
            report.kept.contains { $0.tensor == "model.layers.0.mlp.up_proj.weight" && $0.reason.contains("kept by") })
        let made = try await PruneFiles(of: report.name, home)
        let row = try made.matrix("model.layers.1.mlp.down_proj.weight")[3]
        #expect(stride(from: 0, to: row.count, by: 4).allSatisfy { row[$0..<$0 + 4].count { $0 == 0 } == 2 })
    }

    @Test("weighs by the norms of inputs") func wanda() async throws {
        let home = try await home()
        let inner =
            ["q_proj", "k_proj", "v_proj", "o_proj"].map { "self_attn." + $0 } + ["mlp.gate_proj", "mlp.up_proj"]
        let modules = (0..<3).flatMap { layer -> [(String, Int)] in
            let stem = "model.layers.\(layer)."
            return inner.map { (stem + $0 + ".mean_square", 16) } + [(stem + "mlp.down_proj.mean_square", 24)]
        }
        // The first half of the inputs says nothing, so that it goes.
        let values = modules.map { name, width -> (name: String, shape: [Int], values: [Float]) in
            (name: name, shape: [width], values: (0..<width).map { Float($0 < width / 2 ? 0 : 1) })
        }
        let path = home.path("statistics.safetensors")
        try StatisticsFile(values: values).write(to: path)
        let report = try await home.registry.sparsify(
            request {
                $0.sparsity = 0.5
                $0.scores = .wanda
                $0.statisticsPath = path
            })
        #expect(report.name == "m:sparse50-wanda" && report.sparsity == 0.5)
        let row = try await PruneFiles(of: report.name, home).matrix("model.layers.2.mlp.down_proj.weight")[5]
        #expect(row[..<12].allSatisfy { $0 == 0 } && row[12...].allSatisfy { $0 != 0 })
        await #expect { try await home.registry.rederive(report.name) } throws: { "\($0)".contains("--imatrix") }
        try StatisticsFile(values: Array(values.dropLast())).write(to: path)
        await #expect {
            try await home.registry.sparsify(
                request {
                    $0.sparsity = 0.5
                    $0.scores = .wanda
                    $0.statisticsPath = path
                    $0.newName = "other"
                })
        } throws: { "\($0)".contains("model.layers.2.mlp.down_proj.weight") && "\($0)".contains("--keep") }
    }

    /// Half zeros cost about a bit each instead of a byte and a half: the coders of the store find them.
    @Test("makes zeros cost little in the store") func compressed() async throws {
        let home = try TemporaryHome()
        try await home.register(MadeModel.wideLlama(), as: "m")
        _ = try await home.registry.sparsify(request { $0.sparsity = 0.75 })
        let dense = try await home.registry.compress(CompressRequest(name: "m"))
        let sparse = try await home.registry.compress(CompressRequest(name: "m:sparse75"))
        #expect(sparse.logicalBytes == dense.logicalBytes)
        #expect(
            Double(sparse.bytesAfter) < 0.7 * Double(dense.bytesAfter), "\(sparse.bytesAfter) of \(dense.bytesAfter)")
    }

    private func expectRefusal(
        _ home: TemporaryHome, _ name: String = "m", saying words: String..., change: (inout SparsifyRequest) -> Void
    ) async throws {
        let before = try home.storedFiles()
        let prepared = request(name, change)
        let error = await #expect(throws: (any Error).self) { _ = try await home.registry.sparsify(prepared) }
        let text = error.map { "\($0)" } ?? ""
        for word in words { #expect(text.contains(word), "\(text)") }
        #expect(try home.storedFiles() == before)
    }

    @Test("refuses shares, patterns, rules and sources that mean nothing, and leaves nothing behind")
    func refusals() async throws {
        let home = try await home()
        try await expectRefusal(home, saying: "1.0", "between 0 and 1") { $0.sparsity = 1 }
        try await expectRefusal(home, saying: "--sparsity 0.5") { _ in }
        try await expectRefusal(home, saying: "says the share") {
            $0.sparsity = 0.5
            $0.pattern = "2:4"
        }
        try await expectRefusal(home, saying: "runs of 5", "_proj", "--keep") { $0.pattern = "2:5" }
        try await expectRefusal(home, saying: "--statistics") {
            $0.sparsity = 0.5
            $0.scores = .wanda
        }
        try await expectRefusal(home, saying: "keep") {
            $0.sparsity = 0.5
            $0.rules = ["mlp=bf16"]
        }
        try await expectRefusal(home, saying: "matches none") {
            $0.sparsity = 0.5
            $0.keep = ["nothing"]
        }
        try await expectRefusal(home, saying: "may get zeros") {
            $0.sparsity = 0.5
            $0.keep = ["proj"]
        }
        var conversion = ConvertRequest(name: "m", scheme: "bnb-int8")
        conversion.newName = "m:q"
        _ = try await home.registry.convert(conversion)
        try await expectRefusal(home, "m:q", saying: "bnb-int8", "lineage") { $0.sparsity = 0.5 }
    }
}
