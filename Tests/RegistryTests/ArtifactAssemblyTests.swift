import Bytes
import Numbers
import Tensors
import Testing

@testable import Registry

@Suite("The assembly of an artifact") struct ArtifactAssemblyTests {
    /// A tensor of 4 × 8 single floats that begin at `offset`.
    private static func tensor(
        _ name: String, at offset: Int, strides: [Int]? = nil, type: DType = .F32, _ content: String
    ) throws -> ArtifactAssembly.Tensor {
        var arrangement = Arrangement.contiguous
        arrangement.strides = strides
        return ArtifactAssembly.Tensor(
            name: name, type: .plain(type), shape: try #require(Shape([4, 8])), byteRange: offset..<offset + 128,
            arrangement: arrangement, digest: Digest(of: content))
    }

    private static func parameters(
        _ tensors: [[ArtifactAssembly.Tensor]], isTied: Bool = false
    ) -> [[Int]] {
        let files = tensors.enumerated().map { number, tensors in
            let file = StoredFile(
                path: "\(number).pt", digest: Digest(of: ""), byteCount: 256, role: "weights", segments: [])
            return ArtifactAssembly.File(file: file, tensors: tensors)
        }
        return ArtifactAssembly(files: files, tiesWordEmbeddings: isTied, scheme: "f32").counts().map {
            $0.map(\.parameters)
        }
    }

    @Test("counts a storage once: for the embedding, not for the head that comes first", arguments: [true, false])
    func tiedHead(isTied: Bool) throws {
        let head = try Self.tensor("lm_head.weight", at: 0, "a")
        let embedding = try Self.tensor("model.embed_tokens.weight", at: 0, "a")
        #expect(Self.parameters([[head, embedding]], isTied: isTied) == [[0, 32]])
    }

    @Test("counts a head with bytes of its own, unless the configuration ties it") func copiedHead() throws {
        let head = try Self.tensor("lm_head.weight", at: 0, "a")
        let embedding = try Self.tensor("model.embed_tokens.weight", at: 128, "a")
        #expect(Self.parameters([[head, embedding]], isTied: false) == [[32, 32]])
        #expect(Self.parameters([[head, embedding]], isTied: true) == [[0, 32]])
    }

    @Test("counts equal places in other files, other arrangements and other types each") func others() throws {
        let first = try Self.tensor("a", at: 0, "a")
        #expect(Self.parameters([[first], [try Self.tensor("b", at: 0, "b")]]) == [[32], [32]])
        let turned = try Self.tensor("b", at: 0, strides: [1, 4], "b")
        #expect(Self.parameters([[first, turned]]) == [[32, 32]])
        #expect(Self.parameters([[first, try Self.tensor("b", at: 0, type: .BF16, "b")]]) == [[32, 32]])
        #expect(Self.parameters([[first, try Self.tensor("b", at: 0, type: .I32, "b")]]) == [[32, 0]])
    }
}
