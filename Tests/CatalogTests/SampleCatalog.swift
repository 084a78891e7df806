import Bytes
import Foundation
import GRDB
import Tensors

@testable import Catalog

/// A folder that is gone when the test is.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "catalog-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var catalogPath: String { path + "/catalog.sqlite" }
}

/// A fresh catalog in a folder of its own.
struct TestCatalog {
    let folder: TemporaryFolder
    let catalog: CatalogDatabase

    init() throws {
        folder = try TemporaryFolder()
        catalog = try CatalogDatabase(path: folder.catalogPath, access: .readWrite)
    }

    func execute(_ sql: String) throws { try catalog.queue.write { try $0.execute(sql: sql) } }

    func count(_ table: String) throws -> Int {
        try catalog.queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    func text(_ sql: String) throws -> [String] { try catalog.queue.read { try String.fetchAll($0, sql: sql) } }
}

extension Timestamp {
    /// 2026-01-01, plus days.
    static func day(_ day: Int) -> Self { Self(secondsSince1970: 1_767_225_600 + day * 86_400) }
}

extension ArtifactDraft {
    /// A checkpoint of one file with a header blob of 100 bytes and one tensor blob for each text in `weights`;
    /// equal texts are equal tensors. Each tensor is BF16 of 8 x 8.
    static func sample(
        _ weights: [String], path: String = "model.safetensors", storage: BlobDraft.Storage = .raw,
        kind: ArtifactKind = .checkpoint
    ) -> Self {
        let header = BlobDraft(digest: Digest(of: "header of \(weights)"), byteCount: 100, storage: storage)
        let blobs = weights.map { BlobDraft(digest: Digest(of: $0), byteCount: 128, storage: storage) }
        let tensors = weights.enumerated().map { index, text in
            TensorDraft(
                name: "layer.\(index).weight", dtype: "BF16", shape: shape(8, 8), byteOffset: 100 + index * 128,
                byteCount: 128, digest: Digest(of: text), parameterCount: 64,
                statistics: TensorStatistics(minimum: -1, maximum: 2, absoluteMaximum: 2, mean: 0.5))
        }
        let file = FileDraft(
            path: path, digest: Digest(of: "file \(weights)"), byteCount: 100 + 128 * weights.count, role: "weights",
            segments: ([header] + blobs).map { Segment(blob: $0.digest, blobOffset: 0, byteCount: $0.byteCount) },
            tensors: tensors)
        var seen: Set<Digest> = []
        return Self(
            digest: Digest(of: "artifact \(path) \(weights)"), weightsDigest: Digest(of: "weights \(weights)"),
            kind: kind, origin: .imported, scheme: "bf16", format: "safetensors",
            facts: ModelFacts(
                architecture: "LlamaForCausalLM", modelType: "llama", layerCount: 2, license: "apache-2.0"),
            parameterCount: 64 * weights.count, weightByteCount: 128 * weights.count, sourcePath: "/data/model",
            blobs: ([header] + blobs).filter { seen.insert($0.digest).inserted }, files: [file])
    }

    /// A 4-bit variant of `sample(weights)`: each weight has an absmax, and the errors of `loss` times its squares.
    static func quantizedSample(_ weights: [String], scheme: String = "bnb-nf4", loss: Double = 0.01) -> Self {
        let parent = sample(weights)
        var draft = sample(weights.map { "\(scheme) \($0)" }, kind: .quantized)
        draft.origin = .derived
        draft.scheme = scheme
        var tensors: [TensorDraft] = []
        for tensor in draft.files[0].tensors {
            var principal = tensor
            principal.dtype = "U8"
            principal.shape = shape(32, 1)
            principal.byteCount = 32
            principal.place = .principal(
                QuantizedForm(scheme: scheme, shape: shape(8, 8), bits: 4, groupSize: 64))
            principal.error = TensorError(
                squaredError: loss, squaredReference: 1, cosine: 0.995, maximumError: 0.1)
            principal.error?.counts = TensorError.Counts(elements: 64, zeros: 4, clipped: 2)
            principal.error?.weighted = TensorError.Weighted(squaredError: 9 * loss, squaredReference: 4)
            let part = TensorDraft(
                name: tensor.name + ".absmax", dtype: "F32", shape: shape(1), byteOffset: tensor.byteOffset + 32,
                byteCount: 4, digest: Digest(of: "absmax \(tensor.name)"), parameterCount: 0,
                place: .part(of: tensor.name, role: "absmax"))
            tensors += [part, principal]  // the part first: order must not matter
        }
        draft.files[0].tensors = tensors
        draft.weightByteCount = 36 * weights.count
        draft.derivation = DerivationDraft(
            parents: [DerivationParent(parent.digest)], recipe: #"{"steps":[{"transform":"quantize"}]}"#,
            recipeDigest: Digest(of: "recipe \(scheme)"), tool: "ingot", toolVersion: "0.1.0", host: "test", seconds: 2)
        return draft
    }
}

/// A shape; the tests give only good ones.
func shape(_ dimensions: Int...) -> Shape {
    guard let shape = Shape(dimensions) else { preconditionFailure("no shape: \(dimensions)") }
    return shape
}

func tag(_ text: String) throws -> TagName { try TagName(parsing: text) }

func name(_ text: String) throws -> ArtifactName { try ArtifactName(parsing: text) }

/// The code of the `CatalogError` that `body` throws; nil when it throws none.
func catalogError(_ body: () throws -> Void) throws -> CatalogError? {
    do {
        try body()
        return nil
    } catch let error as CatalogError {
        return error
    }
}
