import Bytes
import Catalog
import Foundation
import Transforms

extension ModelRegistry {
    /// Makes a 4-bit variant of an artifact: stored, named, with its recipe and the error of each tensor.
    ///
    /// The result is what its runtime loads as it is: safetensors with the configuration, tokenizer and everything else
    /// that came with the source. The same recipe on the same bytes again is no work.
    /// - Throws: `FormatError` for tensors that cannot be quantized, `RegistryError` for a request that cannot be met;
    ///   the home is then as it was.
    public func convert(_ request: ConvertRequest, progress: ProgressHandler? = nil) async throws -> ConvertReport {
        let start = ContinuousClock.now
        let scheme = try FourBitScheme(named: request.scheme, blockSize: request.blockSize)
        let rules = try request.keep.map { try TensorRule(keeping: $0) }
        let recipe = scheme.recipe(rules: rules, keepsNonfinite: request.nonfinite == .keep)
        let parent = try artifact(named: request.name)
        let name = try newName(for: request, parent: parent, scheme: scheme, rules: rules)
        let naming = Naming(name, ifTaken: request.taken == .update ? .move : .refuse)
        if let done = try catalog.derivation(parent: parent.digest, recipe: recipe.digest) {
            let child = try catalog.name(done.child, naming)
            return try unchangedReport(child, parent: parent, request: request, recipe: recipe, name: name)
        }
        let subject = "\(parent.digest.hex) \(recipe.digest.hex)"
        return try await withJob("convert", subject: subject) { job in
            let conversion = try FourBitConversion(
                registry: self, parent: parent, scheme: scheme, recipe: recipe, rules: rules, request: request, job: job)
            let outcome = try await conversion.run(naming: naming, start: start, progress: progress)
            return outcome
        }
    }

    /// `--as`, or the source's model with the scheme as its tag; a source that is not the latest adds its own tag.
    private func newName(
        for request: ConvertRequest, parent: ArtifactRecord, scheme: FourBitScheme, rules: [TensorRule]
    ) throws -> TagName {
        if let name = request.newName { return try TagName(parsing: name) }
        let options = (rules.isEmpty ? "" : "-keep") + (request.nonfinite == .keep ? "-nonfinite" : "")
        let suffix = scheme.shortName + options
        switch try ArtifactName(parsing: request.name) {
        case .tag(let name):
            return try TagName(model: name.model, tag: name.isLatest ? suffix : "\(name.tag)-\(suffix)")
        case .version(let model, let number): return try TagName(model: model, tag: "v\(number)-\(suffix)")
        case .digest(let prefix, let model):
            guard let model else {
                throw RegistryError(
                    "@\(prefix) has no name that the variant's could be made from", remedy: "Name it with --as")
            }
            return try TagName(model: model, tag: "\(prefix.prefix(12))-\(suffix)")
        }
    }
}
