import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

/// What a library said about the tensors of a file: dtype, shape, SHA-256 of the contiguous little-endian bytes.
struct GoldenTensors {
    let tensors: JSONObject
    /// The library's names of dtypes and Ingot's.
    let dtypes: [String: String]
    let digestKey: String

    /// Compares every tensor of a layout, and that there are no others.
    func compare(_ layout: FileLayout, in source: any ByteSource) throws {
        #expect(Set(layout.tensors.map(\.name)) == Set(tensors.members.map(\.key)))
        let reader = TensorReader(source)
        for tensor in layout.tensors {
            let expected = try #require(tensors[tensor.name])
            #expect(tensor.type.name == dtypes[expected["dtype"]?.stringValue ?? ""], "\(tensor.name)")
            #expect(
                tensor.shape.dimensions == expected["shape"]?.arrayValue?.compactMap(\.intValue), "\(tensor.name)")
            var digest = DigestStream()
            try reader.forEachPiece(of: tensor) { digest.update($0) }
            #expect(digest.finish().hex == expected[digestKey]?.stringValue, "\(tensor.name)")
        }
    }

    static let torchDTypes = [
        "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32",
        "int16": "I16", "int8": "I8", "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64",
        "bool": "BOOL", "complex64": "C64", "complex128": "C128", "float8_e4m3fn": "F8_E4M3", "float8_e5m2": "F8_E5M2",
        "float8_e4m3fnuz": "F8_E4M3FNUZ", "float8_e5m2fnuz": "F8_E5M2FNUZ", "float8_e8m0fnu": "F8_E8M0",
        "float4_e2m1fn_x2": "F4",
    ]

    static let numpyDTypes = [
        "<f4": "F32", ">f4": "F32", "<f2": "F16", "<f8": "F64", "<i8": "I64", "<i4": "I32", "|u1": "U8", "<u2": "U16",
        "|b1": "BOOL", "<c8": "C64",
    ]
}
