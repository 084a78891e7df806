package import Bytes

/// A tensor as the model means it, as far as it takes to tell whether another is the same.
package struct ListedTensor: Sendable {
    /// What else is stored for a quantized tensor.
    package struct Part: Hashable, Sendable {
        package let role: String
        package let dtype: String
        /// The shape as the catalog holds it: `[64,1]`.
        package let shape: String
        /// As the catalog holds it, in 64 digits: long lists are read faster so.
        package let digest: String
    }

    /// What two tensors have in common when no number of them differs.
    package struct Content: Hashable, Sendable {
        package let dtype: String
        /// The stored shape as the catalog holds it.
        package let shape: String
        package let digest: String
        /// The scheme; nil for a tensor of its own.
        package let scheme: String?
        /// In the order of their roles.
        package fileprivate(set) var parts: [Part] = []
    }

    /// The name under which a model looks for it.
    package let name: String
    /// As the file calls it.
    package let storedName: String
    /// The folder of the file that holds it; empty for the artifact's own.
    package let folder: String
    package fileprivate(set) var content: Content
    /// The shape that the model means, as the catalog holds it.
    package let logicalShape: String
    /// With those of its parts.
    package fileprivate(set) var byteCount: Int
}

extension ListedTensor {
    /// How its elements are stored: the scheme of a quantized tensor, or the dtype.
    package var type: String { content.scheme ?? content.dtype }

    mutating func add(_ part: Part, byteCount: Int) {
        content.parts.append(part)
        self.byteCount += byteCount
    }

    /// Puts the parts into one order, however the files have them.
    mutating func sortParts() {
        content.parts.sort { $0.role < $1.role }
    }
}

/// A file of an artifact without what it is made of.
package struct ListedFile: Sendable {
    package let path: String
    package let digest: Digest
    package let byteCount: Int
    package let role: String
}
