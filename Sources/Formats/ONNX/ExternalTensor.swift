package import Bytes
package import Tensors

/// A tensor whose bytes lie in another file beside the one that describes it.
package struct ExternalTensor: Hashable, Sendable {
    /// The other file's path, from the folder of this one: relative, with `/`, without `.` and `..`.
    package let location: String
    /// The tensor; its bytes are those of the other file.
    package let tensor: TensorDescription

    /// - Parameter place: where the location stands, for messages.
    /// - Throws: `FormatError` for a location that leads out of the folder.
    init(location: String, tensor: TensorDescription, at place: Int) throws(FormatError) {
        let parts = location.utf8.split(omittingEmptySubsequences: false) { "/\\".utf8.contains($0) }
        // Written on Windows it may have backslashes, and `./` in front is as good as nothing.
        let named = parts.filter { !$0.elementsEqual(".".utf8) }
        guard !named.isEmpty, parts.allSatisfy({ !$0.isEmpty && !$0.elementsEqual("..".utf8) }),
            parts.first?.last != UInt8(ascii: ":"), !PlainName.hasControlCharacter(location)
        else {
            throw FormatError(
                .refused, "its bytes are said to lie in \(PlainName.quoted(location)), outside the model's folder",
                at: place, tensor: tensor.name, remedy: "Do not trust this file")
        }
        self.location = named.map { String(Substring($0)) }.joined(separator: "/")
        self.tensor = tensor
    }

    /// Checks that the tensor lies inside the other file.
    /// - Parameter byteCount: the other file's length.
    package func check(fileByteCount byteCount: Int) throws(FormatError) {
        guard tensor.byteRange.upperBound <= byteCount else {
            throw FormatError(
                .truncated, "it ends at byte \(tensor.byteRange.upperBound), the file at byte \(byteCount)",
                at: tensor.byteRange.lowerBound, tensor: tensor.name, file: location,
                remedy: "The download or copy was cut short: fetch the file again")
        }
    }
}
