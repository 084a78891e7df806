import Foundation
import Registry
import Testing

@Suite("Plan of variants") struct PlanVariantsTests {
    private func plan(
        _ model: String, _ home: TemporaryHome?, memory: Int = 1 << 30, _ change: (inout VariantsPlanRequest) -> Void
    ) throws -> VariantsPlanReport {
        var target = PlanTarget(model: model)
        target.memoryBytes = memory
        var request = VariantsPlanRequest(target)
        change(&request)
        return try ModelRegistry.planVariants(request, in: home?.registry)
    }

    private static func bytes(_ candidate: VariantsPlanReport.Candidate) -> Int? {
        candidate.figures.first { $0.name == "weights" }?.bytes
    }

    /// A cut by the names of plans, and the same for `prune`.
    struct Cut: Sendable {
        let text: String
        let change: @Sendable (inout PruneRequest) -> Void

        init(_ text: String, _ change: @escaping @Sendable (inout PruneRequest) -> Void) {
            self.text = text
            self.change = change
        }
    }

    private static let cuts = [
        Cut("mlp=0.5") { $0.mlp = 0.5 },
        Cut("mlp=0.3+multiple-of=8") {
            $0.mlp = 0.3; $0.multiple = 8
        },
        Cut("layers=1") { $0.layers = "1" }, Cut("keep-layers=0") { $0.keptLayers = "0" },
        Cut("hidden=0.5") { $0.hidden = 0.5 },
        Cut("mlp=0.25+layers=1+hidden=0.25+multiple-of=4") {
            $0.mlp = 0.25; $0.layers = "1"; $0.hidden = 0.25; $0.multiple = 4
        },
    ]

    private func check(
        _ model: MadeModel, _ cuts: [Cut], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let home = try TemporaryHome()
        try await home.register(model, as: "m")
        let report = try plan("m", home) {
            $0.cuts = cuts.map(\.text)
            $0.schemes = ["gguf-bf16"]
        }
        let config = home.path("source-m/config.json")
        let alone = try plan(config, nil) {
            $0.cuts = cuts.map(\.text)
            $0.schemes = ["gguf-bf16"]
        }
        let stored = report.candidates.filter { $0.pruning != nil && $0.scheme == "as stored" }
        #expect(stored.count == cuts.count, sourceLocation: sourceLocation)
        for cut in cuts {
            var request = PruneRequest(name: "m")
            cut.change(&request)
            let forecast = try await home.registry.planPruning(request)
            let planned = try #require(
                stored.first { $0.pruning?.recipeDigest == forecast.recipeDigest }, "\(cut.text)",
                sourceLocation: sourceLocation)
            #expect(
                planned.pruning?.parameters == forecast.sizes.parameters, "\(cut.text)", sourceLocation: sourceLocation)
            #expect(Self.bytes(planned) == forecast.sizes.weightBytes, "\(cut.text)", sourceLocation: sourceLocation)
            #expect(forecast.sizes.weightBytes == 2 * forecast.sizes.parameters, sourceLocation: sourceLocation)
            // config.json alone tells the same.
            let guessed = alone.candidates.first {
                $0.scheme == "bf16" && $0.pruning?.recipeDigest == forecast.recipeDigest
            }
            #expect(guessed?.pruning?.parameters == forecast.sizes.parameters, sourceLocation: sourceLocation)
            #expect(guessed.flatMap(Self.bytes) == forecast.sizes.weightBytes, sourceLocation: sourceLocation)
        }
    }

    @Test("has the parameters and bytes that pruning plans, of a Llama") func llama() async throws {
        let groups = [
            Cut("kv-groups=0.5") { $0.keyValueGroups = 0.5 }, Cut("heads=0.5") { $0.heads = 0.5 },
            Cut("heads=0.5+kv-groups=0.5+mlp=0.5") {
                $0.heads = 0.5; $0.keyValueGroups = 0.5; $0.mlp = 0.5
            },
        ]
        try await check(PrunableModel.llama(ties: false), Self.cuts + groups)
        try await check(PrunableModel.llama(), Array(Self.cuts.prefix(1)))
    }

    @Test("has the parameters and bytes that pruning plans, of experts") func experts() async throws {
        let experts = [
            Cut("experts=0.25") { $0.experts = 0.25 },
            Cut("experts=0.5+layers=0") {
                $0.experts = 0.5; $0.layers = "0"
            },
        ]
        try await check(PrunableModel.mixtral(), experts + Self.cuts.prefix(3))
    }

    /// Blocks stay as they are stored, in a folder and in GGUF.
    @Test("has the bytes of layers and experts that go from quantized models", arguments: ["nf4", "q8_0"])
    func quantized(scheme: String) async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: scheme))
        let name = "m:\(scheme)"
        var request = PruneRequest(name: name)
        request.experts = 0.25
        request.layers = "1"
        let forecast = try await home.registry.planPruning(request)
        let report = try plan(name, home) {
            $0.cuts = ["experts=0.25+layers=1"]
            $0.schemes = ["q4_0"]
        }
        let cut = try #require(report.candidates.first { $0.pruning != nil })
        #expect(cut.pruning?.parameters == forecast.sizes.parameters)
        #expect(Self.bytes(cut) == forecast.sizes.weightBytes)
        #expect(report.candidates.filter { $0.pruning != nil }.count == 1)
        // The usual cuts are those that go through no block.
        let usual = Set(try plan(name, home) { $0.schemes = ["q4_0"] }.candidates.compactMap { $0.pruning?.options })
        #expect(usual.isSubset(of: ["--experts 0.25", "--experts 0.5"]) && !usual.isEmpty)
        #expect(throws: (any Error).self) { try plan(name, home) { $0.cuts = ["mlp=0.5"] } }
    }

    /// What `convert --dry-run` says of the model that was really cut.
    @Test("has the bytes of conversions of what a cut leaves") func conversions() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        let schemes = ["q4_0", "q4_k_m", "nf4-dq", "affine4", "bnb-int8"]
        let report = try plan("m", home) {
            $0.cuts = ["hidden=0.5", "experts=0.25+layers=0"]
            $0.schemes = schemes
        }
        var narrow = PruneRequest(name: "m")
        narrow.hidden = 0.5
        var few = PruneRequest(name: "m")
        few.experts = 0.25
        few.layers = "0"
        for request in [narrow, few] {
            let pruned = try await home.registry.prune(request)
            for scheme in schemes {
                let forecast = try home.registry.planConversion(.init(name: pruned.name, scheme: scheme))
                let planned = report.candidates.first {
                    $0.pruning?.recipeDigest == pruned.recipeDigest && $0.scheme == forecast.scheme
                }
                let bytes = forecast.tensors.reduce(0) { $0 + $1.bytes }
                // The forecast has the text of each matrix's state, which is no part of the memory.
                let states = scheme == "nf4-dq" ? forecast.tensors.count * 200 : 0
                let found = planned.flatMap(Self.bytes) ?? 0
                #expect(found <= bytes && found >= bytes - states, "\(scheme) \(pruned.name)")
            }
        }
    }

    @Test("weighs few cuts, which the family allows, the milder ones first") func usual() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let report = try plan("m", home) { $0.schemes = ["gguf-f16"] }
        var options: [String] = []
        for text in report.candidates.compactMap({ $0.pruning?.options }) where !options.contains(text) {
            options.append(text)
        }
        #expect(
            Set(options) == [
                "--mlp 0.125", "--mlp 0.25", "--mlp 0.5", "--layers 1", "--hidden 0.25", "--mlp 0.25 --layers 1",
            ])
        // 24 channels are less than 16 times any multiple; one of two groups cannot go by a quarter: all would stay.
        #expect(report.candidates.allSatisfy { $0.pruning?.options.contains("multiple") != true })
        let rounded = try plan("m", home) {
            $0.schemes = ["gguf-f16"]
            $0.multiple = 4
        }
        #expect(rounded.candidates.contains { $0.pruning?.options == "--mlp 0.5 --multiple-of 4" })
        #expect(try plan("m", home) { $0.cuts = ["none"] }.candidates.allSatisfy { $0.pruning == nil })
        // A multiple that the model has no room for is told, and one that none has is refused.
        let tooLarge = try plan("m", home) { $0.multiple = 1024 }
        #expect(tooLarge.notes.contains { $0.contains("--mlp 0.25 --multiple-of 1024' is not weighed") })
        #expect(throws: (any Error).self) { _ = try plan("m", home) { $0.multiple = 0 } }
    }

    @Test("tells cuts apart that differ only in what ranks them") func rankings() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let statistics = home.path("statistics.safetensors")
        try StatisticsFile((0..<3).map { ("model.layers.\($0).mlp.down_proj.second_moment", [24, 24]) })
            .write(to: statistics)
        var request = PruneRequest(name: "m")
        request.mlp = 0.5
        request.newName = "plain"
        let plain = try await home.registry.prune(request)
        request.newName = "ranked"
        request.statisticsPath = statistics
        request.repairs = false
        let ranked = try await home.registry.prune(request)
        let report = try plan("m", home) { $0.schemes = ["gguf-f16"] }
        let stored = report.candidates.filter { $0.scheme == "as stored" && $0.outcome == "quality unknown" }
        #expect(stored.contains { $0.pruning?.recipeDigest == plain.recipeDigest && $0.variant == "plain" })
        let other = try #require(stored.first { $0.pruning?.recipeDigest == ranked.recipeDigest })
        #expect(other.variant == "ranked" && other.pruning?.options.hasPrefix("--mlp 0.5 --statistics @") == true)
        #expect(other.pruning?.options.hasSuffix("--no-repair") == true)
    }

    @Test("weighs after a cut what is beaten before it, where the cut changes the order") func orders() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        // Against a plan that leaves nothing out: what it keeps is what no scheme of the same cut beats.
        let all = try plan("m", home) {
            $0.cuts = ["mlp=0.5", "hidden=0.5"]
            $0.schemes = ["nf4", "q8_0", "q4_k_m", "gguf-f16", "mlx-affine4-g64", "bnb-int8", "mlx-mxfp4", "bnb-fp4"]
        }
        let usual = try plan("m", home) { $0.cuts = ["mlp=0.5", "hidden=0.5"] }
        for cut in Set(usual.candidates.compactMap { $0.pruning?.recipeDigest }) {
            func made(_ report: VariantsPlanReport) -> [(String, Int, Double)] {
                report.candidates.filter { $0.pruning?.recipeDigest == cut }.compactMap { row in
                    guard let bytes = Self.bytes(row), let error = row.schemeRelRmse else { return nil }
                    return (row.scheme, bytes, error)
                }
            }
            let kept = made(usual)
            for row in kept {
                #expect(!kept.contains { ($0.1 < row.1 && $0.2 <= row.2) || ($0.1 <= row.1 && $0.2 < row.2) }, "\(row)")
            }
            for row in made(all) where !kept.contains(where: { $0.0 == row.0 }) {
                #expect(kept.contains { $0.1 <= row.1 && $0.2 <= row.2 }, "\(row) is missing")
            }
        }
    }

    @Test("asks for an evicted model's bytes") func evicted() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let small = try await home.registry.convert(ConvertRequest(name: "m", scheme: "q8_0")).name
        _ = try await home.registry.evict(EvictRequest(names: [small]))
        let error = #expect(throws: RegistryError.self) { _ = try plan(small, home) { _ in } }
        #expect(error.map { "\($0)" }?.contains("ingot evict --undo \(small)") == true)
    }

    @Test("never tells the error of a cut, and attaches what was measured of one") func quality() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.mixtral(), as: "m")
        var request = PruneRequest(name: "m")
        request.mlp = 0.25
        let pruned = try await home.registry.prune(request)
        let loss = NewResult(metric: "loss", value: 2.5)
        _ = try home.registry.addResults([loss], to: pruned.name)
        _ = try await home.registry.convert(ConvertRequest(name: pruned.name, scheme: "q8_0"))
        let report = try plan("m", home) {
            $0.schemes = ["q8_0"]
            $0.maxError = 0.1
        }
        let cuts = report.candidates.filter { $0.pruning != nil }
        #expect(cuts.allSatisfy { $0.relRmse == nil && $0.relRmseEvidence == nil && $0.outcome != "front" })
        #expect(cuts.contains { $0.outcome == "quality unknown" })
        #expect(cuts.allSatisfy { $0.relRmseSource?.contains("unknown until measured") == true })
        // Its recipe is weighed though it is none of the usual ones: these round to multiples.
        let own = cuts.filter { $0.pruning?.recipeDigest == pruned.recipeDigest }
        let stored = try #require(own.first { $0.scheme == "as stored" })
        #expect(stored.variant == pruned.name && stored.results.map(\.value) == [2.5])
        #expect(stored.reason.contains("the catalog has results"))
        let small = try #require(own.first { $0.scheme == "gguf-q8_0" })
        #expect(small.variant?.contains("q8_0") == true && small.schemeRelRmseEvidence == "measured")
        #expect(report.notes.contains { $0.contains("unknown until it is measured") })
        // The whole model has no such variant: a cut one is none of it.
        let whole = report.candidates.filter { $0.pruning == nil }
        #expect(whole.allSatisfy { $0.scheme == "as stored" || $0.variant == nil })
    }

    @Test("refuses cuts that are none, or that the model does not allow") func refusals() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        let cases = [
            ("mlp", "is no cut"), ("width=0.5", "is no cut"), ("mlp=x", "is no cut"), ("mlp=1", "0 to below 1"),
            ("experts=0.5", "no experts"), ("layers=7", "no layer 7"), ("multiple-of=8", "nothing is to be cut"),
            ("mlp=0.5+multiple-of=64", "less than half"), ("mlp=0.25+mlp=0.5", "names mlp twice"),
            ("layers=1+keep-layers=0", "--keep-layers"),
        ]
        for (text, words) in cases {
            do {
                _ = try plan("m", home) { $0.cuts = [text] }
                Issue.record("\(text) was planned")
            } catch {
                #expect("\(error)".contains(words), "\(text): \(error)")
            }
        }
    }

    @Test("says which tensors fall back to other types") func fallbacks() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        // Rows of 16 and 24, which neither blocks of 256 nor of 32 divide.
        var request = InferencePlanRequest(PlanTarget(model: "m"))
        request.forms = ["q4_k_m"]
        let notes = try ModelRegistry.planInference(request, in: home.registry).notes
        #expect(notes.contains { $0.hasPrefix("gguf-q4_k_m: ") && $0.contains("whose rows the blocks do not divide") })
    }

    @Test("finds the longest context that fits, where one was asked for") func contexts() async throws {
        let home = try TemporaryHome()
        try await home.register(PrunableModel.llama(), as: "m")
        func whole(_ report: VariantsPlanReport) -> [VariantsPlanReport.Candidate] {
            report.candidates.filter { $0.pruning == nil && $0.scheme == "as stored" }
        }
        func request(_ contexts: [Int]) -> (inout VariantsPlanRequest) -> Void {
            return {
                $0.contexts = contexts
                $0.schemes = ["gguf-f16"]
                $0.cuts = ["none"]
            }
        }
        let room = 1 << 20
        let asked = whole(try plan("m", home, memory: room, request([100_000])))
        #expect(asked.map(\.outcome) == ["front", "too large"])
        let found = try #require(asked.first)
        #expect(found.context % 64 == 0 && found.context < 100_000)
        #expect(found.reason.contains("of the 100000 tokens asked for"))
        // 64 tokens more do not fit.
        let more = whole(try plan("m", home, memory: room, request([found.context + 64, found.context])))
        #expect(
            more.map(\.outcome) == ["front", "too large"] && more.map(\.context) == [found.context, found.context + 64])
        let advice = try plan("m", home, memory: room, request([100_000])).advice
        #expect(advice.contains { $0.contains("a shorter context") })
    }
}
