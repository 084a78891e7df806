import Bytes
import Numbers
import Tensors

/// Where the storages of a PyTorch file lie.
struct TorchStorages {
    /// The bytes of each storage by its key.
    var holders: [String: StridedView.Holder] = [:]
    var isBigEndian = false
    /// The length of the file.
    let fileByteCount: Int

    /// Where a tensor's bytes lie.
    /// - Throws: `FormatError` when its storage is missing, shorter than announced, or shorter than the view.
    func describe(_ tensor: TorchTensor, as name: String) throws(FormatError) -> TensorDescription {
        let elementByteCount = TorchDType.elementByteCount(tensor.dtype)
        let (holder, isBigEndian) = try holder(of: tensor, named: name)
        let view = StridedView(
            dtype: tensor.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset)
        let described = try view.described(
            as: name, in: holder, isBigEndian: isBigEndian, elementByteCount: elementByteCount,
            fileByteCount: fileByteCount, at: tensor.place)
        let shape = try tensor.logicalShape(named: name)
        guard shape == tensor.shape || described.arrangement.strides == nil else {
            throw FormatError(
                .unsupported, "its packed 4-bit numbers do not lie one behind the other", at: tensor.place,
                tensor: name, remedy: "Save the tensor again as a contiguous copy")
        }
        return TensorDescription(
            name: name, type: described.type, shape: shape, byteRange: described.byteRange,
            arrangement: described.arrangement)
    }

    private func holder(
        of tensor: TorchTensor, named name: String
    ) throws(FormatError) -> (StridedView.Holder, isBigEndian: Bool) {
        switch tensor.content {
        case .bytes(let range, let isBigEndian): return (StridedView.Holder(range: range), isBigEndian)
        case .storage(let storage):
            guard let holder = holders[storage.key] else {
                throw FormatError(
                    .truncated, "its storage '\(storage.key)' is not in the file", at: storage.place, tensor: name,
                    remedy: "The file was cut or is damaged: fetch it again")
            }
            let width = TorchDType.elementByteCount(storage.dtype)
            guard storage.elements.upperBound <= holder.window.count / width else {
                throw FormatError(
                    .truncated,
                    "its storage '\(storage.key)' should have \(storage.elements.upperBound) elements of "
                        + "\(width) bytes, and has \(holder.window.count) bytes", at: storage.place, tensor: name,
                    remedy: "The file was cut or is damaged: fetch it again")
            }
            // The view may not leave the elements that the id names, even where the file holds more.
            let bytes = (storage.elements.lowerBound * width)..<(storage.elements.upperBound * width)
            return (holder.narrowed(to: bytes), isBigEndian)
        }
    }
}
