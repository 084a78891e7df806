/// How the elements of a stored tensor lie in its bytes: one by one, or in blocks.
public enum ElementType: Hashable, Sendable {
    /// One element behind the other.
    case plain(DType)
    /// Blocks of a ggml type; the last dimension is a multiple of the block.
    case block(BlockType)

    /// `BF16`, `Q4_0`.
    public var name: String {
        switch self {
        case .plain(let dtype): dtype.rawValue
        case .block(let type): type.rawValue
        }
    }

    /// The type that is called so; nil when none is.
    package init?(name: String) {
        if let dtype = DType(rawValue: name) {
            self = .plain(dtype)
        } else if let type = BlockType(rawValue: name) {
            self = .block(type)
        } else {
            return nil
        }
    }

    /// The dtype of plain elements; nil for blocks.
    public var dtype: DType? {
        switch self {
        case .plain(let dtype): dtype
        case .block: nil
        }
    }

    /// The bytes of so many elements; nil when they do not fill whole bytes or blocks, and when the product overflows.
    package func byteCount(elements: Int) -> Int? {
        switch self {
        case .plain(let dtype):
            let (bits, overflow) = elements.multipliedReportingOverflow(by: dtype.bitCount)
            if overflow {
                guard dtype.bitCount % 8 == 0 else { return nil }
                let (bytes, overflow) = elements.multipliedReportingOverflow(by: dtype.bitCount / 8)
                return overflow ? nil : bytes
            }
            return bits % 8 == 0 ? bits / 8 : nil
        case .block(let type):
            let (blocks, rest) = elements.quotientAndRemainder(dividingBy: type.elementCount)
            let (bytes, overflow) = blocks.multipliedReportingOverflow(by: type.byteCount)
            return rest == 0 && !overflow ? bytes : nil
        }
    }
}

extension ElementType: CustomStringConvertible {
    public var description: String { name }
}
