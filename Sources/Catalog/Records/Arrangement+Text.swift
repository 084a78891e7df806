import Bytes
import Tensors

extension Arrangement {
    /// As the catalog holds it; nil for elements that lie as they are meant.
    var json: String? {
        guard self != .contiguous else { return nil }
        var members: [String] = []
        if offset != 0 { members.append(#""offset":\#(offset)"#) }
        if let strides { members.append(#""strides":[\#(strides.map(String.init).joined(separator: ","))]"#) }
        if isBigEndian { members.append(#""big_endian":true"#) }
        if varints { members.append(#""varints":true"#) }
        if let deflated {
            members.append(#""deflated":{"byte_count":\#(deflated.byteCount),"skip":\#(deflated.skip)}"#)
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// Nil when `json` is not what `json` gives.
    init?(json: String) {
        guard let value = try? JSONValue(parsing: Array(json.utf8)), value.objectValue != nil else { return nil }
        var deflated: Deflated?
        if let stream = value["deflated"] {
            guard let byteCount = stream["byte_count"]?.intValue, let skip = stream["skip"]?.intValue else {
                return nil
            }
            deflated = Deflated(byteCount: byteCount, skip: skip)
        }
        let strides = value["strides"]?.arrayValue?.compactMap(\.intValue)
        guard strides?.count == value["strides"]?.arrayValue?.count else { return nil }
        self.init(
            deflated: deflated, offset: value["offset"]?.intValue ?? 0, strides: strides,
            isBigEndian: value["big_endian"]?.boolValue ?? false, varints: value["varints"]?.boolValue ?? false)
    }
}
