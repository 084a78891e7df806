import Bytes
import Numbers
import Tensors

/// The header of a NumPy array file: what the array is, and where its elements begin.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 6 | `93 4E 55 4D 50 59` |
/// | 6 | 2 | version: 1.0, 2.0 or 3.0 |
/// | 8 | 2 in version 1, else 4 | `N`, unsigned, little-endian |
/// | 10 or 12 | N | `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`, spaces, a line feed |
/// | … | rest | the elements, row-major, or column-major if `fortran_order` |
///
/// The text is Latin-1 up to version 2 and UTF-8 from version 3 on; what is read here is ASCII in all of them.
///
/// Source: NumPy, `numpy/lib/_format_impl.py`.
struct NPYHeader: Equatable {
    static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]
    /// As much of a file as tells how long its header is.
    static let prefixByteCount = 12
    /// The longest text; NumPy itself refuses more than 10,000 characters of an unknown file.
    static let longestText = 1 << 16

    let descr: String
    let isColumnMajor: Bool
    let shape: Shape
    /// Where the elements begin.
    let byteCount: Int

    /// Where the text lies, from the file's start.
    /// - Parameters:
    ///   - start: the first bytes of the file, up to `prefixByteCount`.
    ///   - base: where the file begins in another, for messages.
    static func textRange(_ start: [UInt8], base: Int = 0) throws(FormatError) -> Range<Int> {
        func fault(_ problem: String, _ offset: Int, _ code: FormatError.Code = .corrupt) -> FormatError {
            FormatError(code, problem, at: base + offset, remedy: "Fetch the file again, or save it anew with NumPy")
        }
        guard start.count >= prefixByteCount, start.starts(with: magic) else {
            throw fault("this does not begin as a NumPy array does", 0)
        }
        guard (1...3).contains(start[6]), start[7] == 0 else {
            throw fault("version \(start[6]).\(start[7]) of NumPy's format; 1.0, 2.0 and 3.0 are read", 6, .unsupported)
        }
        let width = start[6] == 1 ? 2 : 4
        let length = (0..<width).reduce(0) { $0 | Int(start[8 + $1]) << (8 * $1) }
        guard length <= longestText else {
            throw fault("a header of \(length) bytes; \(longestText) are allowed", 8, .unsupported)
        }
        return (8 + width)..<(8 + width + length)
    }

    /// - Parameters:
    ///   - start: the file up to the end of the text at least.
    ///   - base: where the file begins in another, for messages.
    init(parsing start: [UInt8], base: Int = 0) throws(FormatError) {
        let range = try Self.textRange(start, base: base)
        guard range.upperBound <= start.count else {
            throw FormatError(
                .truncated, "the header ends at byte \(range.upperBound), the file before", at: base + start.count,
                remedy: "Fetch the file again")
        }
        var text = NPYHeaderText(Array(start[range]), base: base + range.lowerBound)
        let fields = try text.parse()
        guard let shape = Shape(fields.shape) else {
            throw FormatError(
                .corrupt, "an array of shape \(fields.shape) cannot be", at: base + range.lowerBound,
                remedy: "Fetch the file again")
        }
        descr = fields.descr
        isColumnMajor = fields.isColumnMajor
        self.shape = shape
        byteCount = range.upperBound
    }

    /// The header of an array to be written; the elements behind it start at a multiple of 64.
    static func bytes(descr: String, shape: [Int]) -> [UInt8] {
        let list = shape.map(String.init).joined(separator: ", ")
        let tuple = shape.count == 1 ? "(\(list),)" : "(\(list))"
        var text = Array("{'descr': '\(descr)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
        let version: UInt8 = text.count < 0xFF00 ? 1 : 2
        let start = magic.count + 2 + (version == 1 ? 2 : 4)
        text += [UInt8](repeating: UInt8(ascii: " "), count: 63 - (start + text.count) % 64)
        text.append(UInt8(ascii: "\n"))
        let length = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return magic + [version, 0] + length + text
    }
}
