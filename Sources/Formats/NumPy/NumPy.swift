package import Bytes
import Numbers
import Tensors

/// A NumPy array (`.npy`). Its tensor is called as the file is, or `array`. The layout stands at `NPYHeader`.
package enum NumPy: CheckpointFormat {
    package static let name = "npy"
    package static let summary = "one array of numbers, any byte order and layout; objects, text and structures refused"

    package static func recognizes(_ start: Span<UInt8>) -> Bool {
        start.count >= NPYHeader.magic.count && NPYHeader.magic.indices.allSatisfy { start[$0] == NPYHeader.magic[$0] }
    }

    package static func layout(of file: any ByteSource, options: ReadOptions) throws -> FileLayout {
        do {
            let prefix = try file.bytes(0..<min(NPYHeader.prefixByteCount, file.byteCount))
            let range = try NPYHeader.textRange(prefix)
            let header = try NPYHeader(parsing: try file.bytes(0..<min(range.upperBound, file.byteCount)))
            let array = NPYArray(header: header, name: stem(file.path), place: 0)
            let holder = StridedView.Holder(range: 0..<file.byteCount, skip: header.byteCount)
            let tensor = try array.described(in: holder, mark: nil, options, fileByteCount: file.byteCount)
            return FileLayout(format: name, tensors: [tensor], metadata: [])
        } catch let error as FormatError {
            throw error.within(file: file.path)
        }
    }

    /// The file's name without `.npy`.
    private static func stem(_ path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let stem = name.hasSuffix(".npy") ? String(name.dropLast(4)) : ""
        return stem.isEmpty || PlainName.hasControlCharacter(stem) ? "array" : stem
    }
}

/// An array whose header is read.
struct NPYArray {
    let header: NPYHeader
    let name: String
    /// Where the array's file begins, for messages.
    let place: Int

    /// Where the tensor lies.
    /// - Parameters:
    ///   - holder: the bytes of the array's file, the header skipped; all of the rest must be elements.
    ///   - mark: what Ingot noted about the array when it wrote it.
    func described(
        in holder: StridedView.Holder, mark: NPZMark?, _ options: ReadOptions, fileByteCount: Int
    ) throws(FormatError) -> TensorDescription {
        let (type, shape) = try type(mark, options)
        guard let byteCount = ElementType.plain(type.dtype).byteCount(elements: shape.elementCount),
            byteCount == holder.window.count
        else {
            throw FormatError(
                holder.window.count < shape.elementCount ? .truncated : .corrupt,
                "shape \(shape) of \(type.dtype) does not fit the \(holder.window.count) bytes behind the header",
                at: place + header.byteCount, tensor: name, remedy: "Fetch the file again, or save it anew with NumPy")
        }
        guard type.dtype.bitCount >= 8 else {
            return Self.packed(name, type.dtype, shape, holder)
        }
        let isTurned = header.isColumnMajor && shape.elementCount > 0
        let view = StridedView(
            dtype: type.dtype, shape: shape, strides: isTurned ? shape.columnMajorStrides : nil, offset: 0)
        return try view.described(
            as: name, in: holder, isBigEndian: type.isBigEndian, elementByteCount: type.dtype.bitCount / 8,
            fileByteCount: fileByteCount, at: place)
    }

    /// Elements of less than a byte, which lie one behind the other.
    private static func packed(
        _ name: String, _ dtype: DType, _ shape: Shape, _ holder: StridedView.Holder
    ) -> TensorDescription {
        var arrangement = Arrangement.contiguous
        var range = holder.range
        if let inflated = holder.inflatedByteCount {
            arrangement.deflated = .init(byteCount: inflated, skip: holder.window.lowerBound)
        } else {
            range = (range.lowerBound + holder.window.lowerBound)..<(range.lowerBound + holder.window.upperBound)
        }
        return TensorDescription(
            name: name, type: .plain(dtype), shape: shape, byteRange: range, arrangement: arrangement)
    }

    private func type(
        _ mark: NPZMark?, _ options: ReadOptions
    ) throws(FormatError) -> (NumPyDType, Shape) {
        if let type = NumPyDType(descr: header.descr), mark == nil { return (type, header.shape) }
        if let mark, let shape = mark.shape(of: header) { return (NumPyDType(mark.dtype), shape) }
        let kind = header.descr.dropFirst()
        if mark == nil, kind.first == "V", let width = Int(kind.dropFirst()), let dtype = options.voidDtypes[width],
            dtype.bitCount == 8 * width
        {
            return (NumPyDType(dtype), header.shape)
        }
        guard mark == nil else {
            throw FormatError(
                .corrupt, "the comment in the archive's list, \(mark?.comment ?? ""), is about another array",
                at: place, tensor: name, remedy: "Write the archive again")
        }
        let objection = NumPyDType.objection(to: header.descr)
        throw FormatError(
            .unsupported, "the array \(objection.problem)", at: place, tensor: name, remedy: objection.remedy)
    }
}
