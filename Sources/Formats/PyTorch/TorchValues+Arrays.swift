import Bytes
import Pickles
import Tensors

/// NumPy arrays in a pickle: `_reconstruct(ndarray, (0,), b'b')`, and a state of version, shape, dtype, whether the
/// first dimension is the innermost one, and the bytes.
///
/// Source: NumPy, `numpy/_core/src/multiarray/methods.c`, `array_reduce` and `array_setstate`.
extension TorchValues {
    func array(_ made: PickleValue.Made, _ node: Pickle.Node) throws(FormatError) -> Meaning {
        guard let node = made.state, let state = try tuple(node), state.count == 5,
            let sizes = try integers(state[1]), let shape = Shape(sizes),
            case .bool(let isColumnMajor) = try value(state[3])
        else { return .unreadable("a NumPy array without its content") }
        guard let dtype = try arrayDType(state[2]) else {
            return .unreadable("a NumPy array of another type than numbers")
        }
        guard isInPlace, case .bytes(let range) = try value(state[4]) else {
            return .unreadable("a NumPy array whose bytes are written as text or compressed")
        }
        let strides = isColumnMajor ? shape.columnMajorStrides : shape.rowMajorStrides
        return .tensor(
            TorchTensor(
                content: .bytes(range, isBigEndian: dtype.isBigEndian), dtype: dtype.dtype, offset: 0, shape: shape,
                strides: shape.elementCount == 0 ? sizes.map { _ in 0 } : strides,
                place: pickle.byteOffset(of: node)))
    }

    /// `dtype('f4', False, True)` with the state `(3, '<', …)`.
    private func arrayDType(_ node: Pickle.Node) throws(FormatError) -> NumPyDType? {
        guard case .call(let made) = try value(node), let global = try global(made.callee),
            AllowedGlobal(global) == .numpyDType, let name = try tuple(made.arguments)?.first,
            case .text(let code) = try value(name), let stateNode = made.state, let state = try tuple(stateNode),
            state.count >= 2, case .text(let order) = try value(state[1])
        else { return nil }
        return NumPyDType(descr: order + code)
    }
}
