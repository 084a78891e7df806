import Bytes
import Foundation
import Numbers
import Testing

@testable import Registry

/// What becomes of single tensors, in models that were made for it.
@Suite("Diff of single tensors") struct DiffPairTests {
    /// A model without a configuration.
    private static func model(_ tensors: [(String, DType, [Int], [UInt8])]) -> MadeModel {
        var model = MadeModel()
        model.tensors = tensors
        return model
    }

    private static func floats(_ count: Int, seed: UInt64, around mean: Float = 0) -> [Float] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { _ in mean + Float(numbers.next(below: 1 << 20)) / Float(1 << 20) - 0.5 }
    }

    private static func bytes(_ floats: [Float]) -> [UInt8] { LittleEndianFloats.encode(floats) }

    private static func report(
        _ first: MadeModel, _ second: MadeModel, digestsOnly: Bool = false
    ) async throws -> DiffReport {
        let home = try TemporaryHome()
        try await home.register(try first.write(to: home.path("a")), as: "a")
        try await home.register(try second.write(to: home.path("b")), as: "b")
        var request = DiffRequest(first: "a", second: "b")
        request.digestsOnly = digestsOnly
        return try await home.registry.diff(request)
    }

    @Test("tells what was changed, by how much and where") func changed() async throws {
        let first = Self.floats(600, seed: 1)
        var second = first
        second[3 * 20 + 7] += 4
        second[599] -= 1
        let report = try await Self.report(
            Self.model([("w", .F32, [30, 20], Self.bytes(first))]),
            Self.model([("w", .F32, [30, 20], Self.bytes(second))]))
        let tensor = try #require(report.tensors.first)
        #expect((tensor.status, tensor.differentElements, tensor.elements) == (.changed, 2, 600))
        #expect(tensor.maximumAt == [3, 7])
        #expect(tensor.maximumDifference == Double(second[67]) - Double(first[67]))
        let errors = zip(first, second).map { Double($1) - Double($0) }
        let error = errors.reduce(0.0) { $0 + $1 * $1 }
        let square = first.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(try abs(#require(tensor.relRmse) - (error / square).squareRoot()) < 1e-12)
        #expect(report.differs && report.relRmse == tensor.relRmse)
    }

    @Test("finds a tensor of the same bytes under another name, and what only one has") func renamed() async throws {
        let (one, other) = (Self.floats(64, seed: 2), Self.floats(64, seed: 3))
        let report = try await Self.report(
            Self.model([
                ("old.a", .F32, [8, 8], Self.bytes(one)), ("gone.bias", .F32, [4], Self.bytes([1, 2, 3, 4])),
            ]),
            Self.model([("new.a", .F32, [8, 8], Self.bytes(one)), ("more", .F32, [64], Self.bytes(other))]))
        #expect(report.counts.renamed == 1 && report.counts.added == 1 && report.counts.removed == 1)
        let renamed = try #require(report.tensors.first { $0.status == .renamed })
        #expect((renamed.name, renamed.otherName, renamed.relRmse) == ("old.a", "new.a", nil))
        let removed = try #require(report.tensors.first { $0.status == .removed })
        #expect((removed.name, removed.firstType, removed.secondType) == ("gone.bias", "F32", nil))
        let added = try #require(report.tensors.first { $0.status == .added })
        #expect((added.name, added.firstShape, added.secondShape) == ("more", nil, [64]))
    }

    @Test("finds a tensor that was renamed and changed by its numbers") func renamedAndChanged() async throws {
        let names = (0..<6).map { "layers.\($0).weight" }
        let first = (0..<6).map { Self.floats(4_096, seed: UInt64(10 + $0)) }
        let noise = Self.floats(4_096, seed: 99)
        // In the second, each has some noise and the name of the one before, under another module.
        let second = first.map { zip($0, noise).map { $0 + 0.05 * $1 } }
        let report = try await Self.report(
            Self.model(zip(names, first).map { ($0, .F32, [64, 64], Self.bytes($1)) }),
            Self.model(second.enumerated().map { ("blocks.\(($0 + 1) % 6).w", .F32, [64, 64], Self.bytes($1)) }))
        #expect(report.counts.renamed == 6 && report.counts.total == 6)
        for tensor in report.tensors {
            let layer = try #require(tensor.name.split(separator: ".").compactMap { Int($0) }.first)
            #expect(tensor.otherName == "blocks.\((layer + 1) % 6).w")
            #expect(try #require(tensor.cosine) > 0.99)
            #expect(tensor.elements == 4_096)
        }
    }

    @Test("does not take norms for each other, whose numbers all lie around 1") func norms() async throws {
        let (one, other) = (Self.floats(512, seed: 4, around: 10), Self.floats(512, seed: 5, around: 10))
        let report = try await Self.report(
            Self.model([("a.norm.weight", .F32, [512], Self.bytes(one))]),
            Self.model([("b.norm.weight", .F32, [512], Self.bytes(other))]))
        #expect(report.counts.added == 1 && report.counts.removed == 1 && report.counts.renamed == 0)
    }

    @Test("compares the rows that two vocabularies have in common") func reshaped() async throws {
        let first = Self.floats(100 * 16, seed: 6)
        let grown = first + Self.floats(28 * 16, seed: 7)
        let report = try await Self.report(
            Self.model([
                ("embed", .F32, [100, 16], Self.bytes(first)), ("turned", .F32, [100, 16], Self.bytes(first)),
            ]),
            Self.model([
                ("embed", .F32, [128, 16], Self.bytes(grown)), ("turned", .F32, [16, 100], Self.bytes(first)),
            ]))
        let embedding = try #require(report.tensors.first { $0.name == "embed" })
        #expect((embedding.status, embedding.commonRows, embedding.elements) == (.reshaped, 100, 1_600))
        #expect((embedding.firstShape, embedding.secondShape) == ([100, 16], [128, 16]))
        #expect(embedding.differentElements == 0 && embedding.relRmse == 0)
        let turned = try #require(report.tensors.first { $0.name == "turned" })
        #expect((turned.status, turned.commonRows, turned.elements) == (.reshaped, nil, nil))
    }

    @Test("counts what is not finite") func special() async throws {
        var first = Self.floats(256, seed: 8)
        var second = first
        (first[5], second[5]) = (.nan, .nan)
        (first[9], second[9]) = (.infinity, 1)
        second[100] += 0.25
        let report = try await Self.report(
            Self.model([("w", .F32, [16, 16], Self.bytes(first))]),
            Self.model([("w", .F32, [16, 16], Self.bytes(second))]))
        let tensor = try #require(report.tensors.first)
        #expect((tensor.status, tensor.nonfiniteElements, tensor.nonfiniteDifferent) == (.changed, 2, 1))
        #expect(tensor.differentElements == 2)
        #expect(try #require(tensor.relRmse) > 0 && tensor.maximumAt == [6, 4])
        // The same NaN in other bits is no difference.
        second = first
        second[5] = Float(bitPattern: 0x7FC0_0001)
        let same = try await Self.report(
            Self.model([("w", .F32, [16, 16], Self.bytes(first))]),
            Self.model([("w", .F32, [16, 16], Self.bytes(second))]))
        #expect(same.counts.equal == 1 && !same.differs)
    }

    @Test("reads dtypes that float32 does not hold") func wide() async throws {
        let doubles = (0..<64).map { Double($0) / 3 }
        func bytes(_ values: [Double]) -> [UInt8] {
            values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
        }
        func bytes(_ values: [Int64]) -> [UInt8] {
            values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        }
        var near = doubles
        near[40] = near[40].nextUp
        let ids = (0..<8).map { Int64($0) + 1 << 60 }
        let report = try await Self.report(
            Self.model([
                ("double", .F64, [64], bytes(doubles)), ("ids", .I64, [8], bytes(ids)),
                ("rounded", .F64, [64], bytes(doubles)), ("flags", .BOOL, [4], [0, 1, 0, 1]),
            ]),
            Self.model([
                ("double", .F64, [64], bytes(near)), ("ids", .I64, [8], bytes(ids.map { $0 + 1 })),
                ("rounded", .F32, [64], Self.bytes(doubles.map { Float($0) })), ("flags", .BOOL, [4], [0, 1, 1, 1]),
            ]))
        func tensor(_ name: String) throws -> DiffReport.Tensor {
            try #require(report.tensors.first { $0.name == name })
        }
        #expect(try tensor("double").status == .changed && tensor("double").differentElements == 1)
        #expect(try tensor("double").maximumAt == [40])
        #expect(try tensor("ids").status == .changed)
        #expect(try (tensor("rounded").status, tensor("rounded").castTo) == (.equal, "F32"))
        #expect(try tensor("flags").differentElements == 1 && tensor("flags").maximumAt == [2])
    }

    @Test("by digests alone reads no weight, and says that bytes differ") func digestsOnly() async throws {
        let home = try TemporaryHome()
        let same = Self.bytes(Self.floats(32_768, seed: 12))
        for (name, seed) in [("a", UInt64(13)), ("b", 14)] {
            let other = Self.bytes(Self.floats(32_768, seed: seed))
            let model = Self.model([("w", .F32, [128, 256], other), ("same", .F32, [128, 256], same)])
            try await home.register(try model.write(to: home.path(name)), as: name)
        }
        for path in try home.blobFiles() { try FileManager.default.removeItem(atPath: path) }
        var request = DiffRequest(first: "a", second: "b")
        request.digestsOnly = true
        let report = try await home.registry.diff(request)
        #expect(report.counts.identical == 1 && report.counts.different == 1 && report.counts.total == 2)
        #expect(report.differs && report.digestsOnly && report.tensors.map(\.relRmse) == [nil])
        // Reading what is gone is an error that names it.
        request.digestsOnly = false
        let prepared = request
        let error = await #expect(throws: (any Error).self) { try await home.registry.diff(prepared) }
        #expect(error.map { "\($0)" }?.contains("verify") == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("finds damage in what it reads") func damage() async throws {
        let home = try TemporaryHome()
        let first = Self.floats(64 * 1_024, seed: 11)
        try await home.register(
            Self.model([("w", .F32, [64, 1_024], Self.bytes(first))]).write(to: home.path("a")), as: "a")
        try await home.register(
            Self.model([("w", .F32, [64, 1_024], Self.bytes(first.map { $0 * 2 }))]).write(to: home.path("b")), as: "b")
        let digest = Digest(of: Self.bytes(first)).hex
        try ManyTensors.flip(bit: 8 * 1_000, of: home.blobFile(digest))
        let error = await #expect(throws: (any Error).self) {
            try await home.registry.diff(DiffRequest(first: "a", second: "b"))
        }
        #expect(error.map { "\($0)" }?.contains("'w'") == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("brings an evicted variant back") func evicted() async throws {
        let home = try TemporaryHome()
        try await home.register(try MadeModel.llama().write(to: home.path("m")), as: "m")
        _ = try await home.registry.convert(ConvertRequest(name: "m", scheme: "nf4"))
        let before = try await home.registry.diff(DiffRequest(first: "m", second: "m:nf4"))
        _ = try await home.registry.evict(EvictRequest(names: ["m:nf4"]))
        let after = try await home.registry.diff(DiffRequest(first: "m", second: "m:nf4"))
        #expect(before.relRmse == after.relRmse && before.counts == after.counts && before.counts.changed > 0)
    }
}
