import Bytes
import Foundation
import Registry
import Testing

@Suite("Compare") struct CompareTests {
    private static func home() async throws -> TemporaryHome {
        let home = try TemporaryHome()
        var request = RegisterRequest(path: try MadeModel.llama().write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "fp4"))
        return home
    }

    @Test("lays a checkpoint and its variants side by side") func variants() async throws {
        let home = try await Self.home()
        let report = try home.registry.compare(["m", "m:nf4", "m:fp4"])
        #expect(report.artifacts.map(\.name) == ["m", "m:nf4", "m:fp4"])
        #expect((report.base, report.baseDigest) == ("m", report.artifacts[0].digest))
        #expect(report.notes == [])
        let (base, nf4, fp4) = (report.artifacts[0], report.artifacts[1], report.artifacts[2])
        #expect((base.parent, base.relRmse, base.worstTensor, base.changedTensors) == (nil, nil, nil, 0))
        #expect(try #require(nf4.relRmse) < #require(fp4.relRmse))
        #expect(nf4.relRmse == (try home.registry.show("m:nf4").artifact.relRmse))
        #expect(nf4.bytes < base.bytes)
        #expect(!report.artifacts.contains { $0.hasOtherBase })
        let tensors = try home.registry.tensors(of: "m:nf4")
        let worst = tensors.max { ($0.relRmse ?? -1) < ($1.relRmse ?? -1) }
        #expect((nf4.worstTensor, nf4.worstRelRmse) == (worst?.name, worst?.relRmse))
        #expect(nf4.changedTensors == tensors.count { $0.relRmse != nil })
        // Weights near zero take the code of zero, or the least of NF4's.
        #expect(try #require(nf4.shareZero) > 0)
        #expect(nf4.shareClipped == 0)
    }

    @Test("adds errors up by role, layer and tensor", arguments: CompareReport.Grouping.allCases)
    func groups(by grouping: CompareReport.Grouping) async throws {
        let home = try await Self.home()
        let report = try home.registry.compare(["m:nf4", "m"], by: grouping)
        let tensors = try home.registry.tensors(of: "m:nf4")
        for (place, artifact) in report.artifacts.enumerated() {
            let cells = report.groups.map { $0.cells[place] }
            #expect(cells.reduce(0) { $0 + $1.tensors } == tensors.count)
            #expect(cells.reduce(0) { $0 + $1.parameters } == artifact.parameters)
            #expect(cells.reduce(0) { $0 + $1.changedTensors } == artifact.changedTensors)
        }
        let errors = report.groups.compactMap { $0.cells[0].relRmse }
        #expect(!errors.isEmpty)
        #expect(report.groups.allSatisfy { $0.cells[1].relRmse == nil })
        #expect(report.groups.allSatisfy { $0.cells[0].tensors == $0.cells[1].tensors })
        switch grouping {
        case .role: #expect(report.groups.map(\.name).contains("embedding"))
        case .layer: #expect(report.groups.last?.name == "outside the layers")
        case .tensor: #expect(report.groups.map(\.name) == tensors.map(\.name))
        }
    }

    @Test("marks errors against another parent") func otherBase() async throws {
        let home = try await Self.home()
        var request = RegisterRequest(path: try MadeModel.llama(seed: 7).write(to: home.path("other")))
        request.name = "other"
        _ = try await home.registry.register(request)
        _ = try await home.registry.convert(ConvertRequest(name: "other", scheme: "nf4"))
        let report = try home.registry.compare(["m:nf4", "m:fp4", "other:nf4"])
        #expect(report.base == "m")
        #expect(report.artifacts.map(\.hasOtherBase) == [false, false, true])
        #expect(report.notes == ["errors against another parent than m do not compare: other:nf4 (other)"])
        // Of as many errors, those against one that is compared itself.
        #expect(try home.registry.compare(["m:nf4", "other:nf4", "other"]).base == "other")
        #expect(try home.registry.compare(["m:nf4", "m:fp4", "other:nf4", "other"]).base == "m")
    }

    @Test("holds what was made of a variant neither against the others nor on their front") func grandchild()
        async throws
    {
        let home = try await Self.home()
        var request = ConvertRequest(name: "m:nf4", scheme: "f32")
        request.newName = "m:back"
        _ = try await home.registry.convert(request)
        let names = ["m:nf4", "m:fp4", "m:back"]
        let asked = ParetoRequest(x: .init("stored_bytes"), y: .init("rel_rmse"))
        let report = try home.registry.compare(names, pareto: asked)
        #expect(report.base == "m" && report.artifacts.map(\.hasOtherBase) == [false, false, true])
        let pareto = try #require(report.pareto)
        #expect(pareto.points.map(\.name) == ["m:nf4", "m:fp4"])
        #expect(pareto.leftOut.map(\.reason) == ["its error is against m:nf4, not against m"])
        // Of two ways that are no errors, it takes part.
        let other = ParetoRequest(x: .init("stored_bytes"), y: .init("bits_per_weight"))
        #expect(try home.registry.compare(names, pareto: other).pareto?.points.count == 3)
    }

    @Test("refuses a single artifact, one named twice, and an unknown one") func refusals() async throws {
        let home = try await Self.home()
        #expect(throws: RegistryError.self) { try home.registry.compare(["m"]) }
        let twice = #expect(throws: RegistryError.self) { try home.registry.compare(["m", "m:fp4", "m@v1"]) }
        #expect(twice.map { "\($0)" }?.contains("m@v1 and m are the same artifact") == true)
        #expect(throws: (any Error).self) { try home.registry.compare(["m", "none"]) }
    }
}
