import Numbers

/// NumPy's element types as `descr` strings name them: the byte order (`<` little, `>` big, `|` neither), the kind, and
/// the bytes of one element.
///
/// Source: NumPy, "The array interface protocol", `typestr`.
struct NumPyDType: Equatable {
    let dtype: DType
    let isBigEndian: Bool

    init(_ dtype: DType, isBigEndian: Bool = false) {
        self.dtype = dtype
        self.isBigEndian = isBigEndian
    }

    /// Nil when NumPy's type has no counterpart here, or the string is none of NumPy's.
    init?(descr: String) {
        guard let order = descr.first, let dtype = Self.types[String(descr.dropFirst())] else { return nil }
        let hasOrder = dtype.scalarByteCount > 1
        guard hasOrder ? "<>".contains(order) : "<>|".contains(order) else { return nil }
        self.init(dtype, isBigEndian: hasOrder && order == ">")
    }

    /// The string for a type that NumPy has; nil for the others.
    static func descr(of dtype: DType) -> String? {
        types.first { $0.value == dtype }.map { (dtype.scalarByteCount > 1 ? "<" : "|") + $0.key }
    }

    /// What stands against a string that names no type here.
    static func objection(to descr: String) -> (problem: String, remedy: String) {
        let kind = descr.dropFirst()
        let hasOrder = descr.first.map { "<>|".contains($0) && types[String(kind)] == nil } ?? false
        return switch hasOrder ? kind.first : nil {
        case "O":
            ("holds Python objects, which only running their pickle could read", "Save plain numbers instead")
        case "V":
            (
                "holds '\(descr)', bytes whose meaning NumPy does not tell, as BF16 and FP8 arrays are saved",
                kind == "V1" || kind == "V2"
                    ? "Say which dtype it is with --void-dtype, such as bf16" : "Save it with a type that has a name"
            )
        case "U", "S", "a": ("holds text", "Leave it out of the archive")
        case "M", "m": ("holds times", "Save plain numbers instead")
        case "f", "c": ("holds numbers of type '\(descr)', which differ between machines", "Save it as float64")
        default:
            (
                "is of type '\(descr)', which is none with a stated byte order ('<' or '>')",
                "Save it with one"
            )
        }
    }

    private static let types: [String: DType] = [
        "b1": .BOOL, "i1": .I8, "u1": .U8, "i2": .I16, "u2": .U16, "i4": .I32, "u4": .U32, "i8": .I64, "u8": .U64,
        "f2": .F16, "f4": .F32, "f8": .F64, "c8": .C64, "c16": .C128,
    ]
}
