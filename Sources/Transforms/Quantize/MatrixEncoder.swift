package import Bytes
package import Numbers
package import Tensors

/// Quantizes one matrix at a time to one scheme: says beforehand what will be stored, to the byte, then makes it and
/// measures what was lost.
package protocol MatrixEncoder: Sendable {
    /// What will be stored, the codes first.
    /// - Throws: `FormatError` when the scheme cannot hold such a matrix: rows that its groups do not divide.
    func parts(of matrix: MatrixForm) throws(FormatError) -> [PartForm]

    /// Makes the bytes of all parts.
    ///
    /// The source is read in chunks, more than once where the scheme needs it; what is held at a time is a chunk, and
    /// the codes of one matrix where the layout runs across rows.
    /// - Parameters:
    ///   - matrix: one that `parts` has accepted; its numbers are finite.
    ///   - source: the matrix's elements, row-major, in its dtype.
    ///   - importance: a weight for each column (a matrix of a stack after the other), or nil.
    ///   - threads: help where they are free; what is made does not depend on them.
    ///   - sink: receives the bytes of each part in order.
    /// - Returns: the error of what was stored, decoded as the scheme's own library decodes it.
    func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, threads: SpareThreads,
        into sink: any PartSink
    ) throws -> ErrorSums
}

extension MatrixEncoder {
    /// The same on this thread alone.
    package func encode(
        _ matrix: MatrixForm, _ source: any TensorBytes, importance: [Float]?, into sink: any PartSink
    ) throws -> ErrorSums {
        try encode(matrix, source, importance: importance, threads: SpareThreads(), into: sink)
    }
}

/// A matrix to be quantized, or a stack of matrices, as its encoder needs to know it.
package struct MatrixForm: Hashable, Sendable {
    /// [out, in]; of a stack [experts, out, in].
    package let shape: Shape
    /// BF16, F16 or F32.
    package let dtype: DType
    /// The dtype that a library computes in, which scales are kept in where the scheme leaves that open.
    package let computeDtype: DType

    package init(shape: Shape, dtype: DType, computeDtype: DType) {
        self.shape = shape
        self.dtype = dtype
        self.computeDtype = computeDtype
    }

    /// The inputs of a row.
    package var columns: Int { shape.dimensions.last ?? 1 }
    /// The rows of all matrices of a stack.
    package var rows: Int { shape.dimensions.dropLast().reduce(1, *) }
    /// The rows of one matrix.
    package var matrixRows: Int { shape.dimensions.dropLast().last ?? 1 }
    /// The matrices of a stack; 1 for a plain one.
    package var matrices: Int { shape.dimensions.dropLast(2).reduce(1, *) }
}

/// One stored tensor of a quantized matrix.
package struct PartForm: Hashable, Sendable {
    /// How the part is called, of a matrix `P.weight`.
    package enum Name: Hashable, Sendable {
        /// As the matrix itself.
        case same
        /// The matrix's whole name with this behind it: `P.weight.absmax`.
        case behind(String)
        /// This in the place of `weight`: `P.qweight`.
        case beside(String)
    }

    package let name: Name
    /// The part it plays, in the words of `LogicalTensor.Part`: `codes`, `scales` …
    package let role: String
    package let type: ElementType
    package let shape: [Int]

    package init(_ name: Name, role: String, type: ElementType, shape: [Int]) {
        self.name = name
        self.role = role
        self.type = type
        self.shape = shape
    }

    /// The part's name in the file.
    package func name(for matrix: String) -> String {
        switch name {
        case .same: matrix
        case .behind(let suffix): "\(matrix).\(suffix)"
        case .beside(let other):
            matrix.hasSuffix(".weight") ? matrix.dropLast("weight".count) + other : "\(matrix).\(other)"
        }
    }

    /// The part's bytes.
    package var byteCount: Int { type.byteCount(elements: shape.reduce(1, *)) ?? 0 }
}

/// Receives what encoders make.
package protocol PartSink: AnyObject {
    /// Takes the next bytes of a part.
    /// - Parameter part: its place among the encoder's parts.
    func append(_ bytes: Span<UInt8>, to part: Int) throws
}

/// Parts that are kept in memory.
package final class MemoryParts: PartSink {
    /// The bytes of each part so far.
    package private(set) var parts: [[UInt8]]

    package init(count: Int) { parts = Array(repeating: [], count: count) }

    package func append(_ bytes: Span<UInt8>, to part: Int) {
        // The bytes are copied at once.
        unsafe bytes.withUnsafeBufferPointer { unsafe parts[part].append(contentsOf: $0) }
    }
}
