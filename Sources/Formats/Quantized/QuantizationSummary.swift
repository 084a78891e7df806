import Tensors

/// How a whole model is quantized, for a line of text: "GPTQ 4-bit, group 128, act-order, asymmetric, v1".
package struct QuantizationSummary: Equatable, Sendable {
    /// Tensors of one scheme.
    package struct Scheme: Equatable, Sendable {
        /// The scheme's id.
        package let id: String
        package let summary: String
        /// Tensors, and the weights in them.
        package fileprivate(set) var tensorCount: Int
        package fileprivate(set) var elementCount: Int
    }

    /// The schemes, the one with most weights first; one at least.
    package let schemes: [Scheme]
    /// The tensors that are stored as they are.
    package let denseTensorCount: Int

    /// The scheme with most weights.
    package var dominant: Scheme { schemes[0] }

    /// The dominant scheme, and what else there is, in one line.
    package var text: String {
        let all = schemes.reduce(denseTensorCount) { $0 + $1.tensorCount }
        let others = schemes.dropFirst().map { "\($0.tensorCount) of \($0.id)" }
        return dominant.summary + ": \(dominant.tensorCount) of \(all) tensors"
            + (others.isEmpty ? "" : "; " + others.joined(separator: ", "))
    }

    /// - Returns: nil when no tensor is quantized.
    package init?(of tensors: [LogicalTensor]) {
        self.init(
            of: tensors.map { tensor in
                (tensor.encoding.quantized.map { ($0.scheme, $0.summary) }, tensor.shape.elementCount)
            })
    }

    /// - Parameter tensors: of each logical tensor the id of its scheme with the scheme in words, nil for a dense one,
    ///   and its weights.
    /// - Returns: nil when no tensor is quantized.
    package init?(of tensors: [(scheme: (id: String, summary: String)?, elementCount: Int)]) {
        var found: [String: Scheme] = [:]
        var denseTensors = 0
        for tensor in tensors {
            guard let (id, summary) = tensor.scheme else {
                denseTensors += 1
                continue
            }
            var scheme = found[id] ?? Scheme(id: id, summary: summary, tensorCount: 0, elementCount: 0)
            scheme.tensorCount += 1
            scheme.elementCount += tensor.elementCount
            found[id] = scheme
        }
        guard !found.isEmpty else { return nil }
        schemes = found.values.sorted { ($1.elementCount, $0.id) < ($0.elementCount, $1.id) }
        denseTensorCount = denseTensors
    }
}
