package import Bytes

/// An export that wrote another layout than the artifact's own, as the catalog keeps it.
package struct ExportDraft: Sendable {
    /// A tensor that was not written as it is.
    package struct Tensor: Equatable, Sendable {
        package enum Outcome: String, Sendable {
            /// The format's convention leaves it out.
            case dropped
            /// It has another type.
            case cast
            /// It kept a wider type than was asked for, as the policy on overflow wants.
            case widened
        }

        /// In the exported files; of a dropped tensor in the artifact.
        package var name: String
        package var outcome: Outcome
        package var reason: String?
        package var fromType: String?
        package var toType: String?
        package var overflowCount = 0
        package var underflowCount = 0
        package var subnormalCount = 0
        package var nanCount = 0
        package var infinityCount = 0

        package init(
            name: String, outcome: Outcome, reason: String? = nil, fromType: String? = nil, toType: String? = nil
        ) {
            self.name = name
            self.outcome = outcome
            self.reason = reason
            self.fromType = fromType
            self.toType = toType
        }
    }

    package var artifact: Digest
    package var format: String
    package var destination: String
    /// What was asked for, as JSON.
    package var options: String
    /// The digest of the written files, worked out as an artifact's.
    package var exportedDigest: Digest
    package var byteCount: Int
    package var toolVersion: String
    package var tensors: [Tensor]

    package init(
        artifact: Digest, format: String, destination: String, options: String, exportedDigest: Digest, byteCount: Int,
        toolVersion: String, tensors: [Tensor]
    ) {
        self.artifact = artifact
        self.format = format
        self.destination = destination
        self.options = options
        self.exportedDigest = exportedDigest
        self.byteCount = byteCount
        self.toolVersion = toolVersion
        self.tensors = tensors
    }
}
