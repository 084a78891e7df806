import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

/// Headers as the reference library writes them are read on a short way; others mean the same.
@Suite("Forms of a safetensors header") struct SafetensorsUsualFormTests {
    private static func header(_ entry: String, end: Int = 24) throws -> SafetensorsHeader {
        let json = Array("{\"w\":\(entry)}".utf8)
        return try SafetensorsHeader(parsing: json, fileByteCount: 8 + json.count + end)
    }

    @Test(
        "mean the same",
        arguments: [
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#,
            #"{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}"#,
            #"{"shape":[2,3],"dtype":"F32","data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24],"other":null}"#,
            #"{"dtype":"F32","shape":[ 2,3],"data_offsets":[0,24 ]}"#,
        ])
    func same(entry: String) throws {
        let header = try Self.header(entry)
        let tensor = try #require(header.tensors.first)
        #expect(tensor.name == "w" && tensor.dtype == .F32 && tensor.shape.dimensions == [2, 3])
        #expect(tensor.byteRange == header.dataStart..<header.dataStart + 24)
    }

    /// Each must be refused, on whichever way.
    @Test(
        "do not let wrong entries pass",
        arguments: [
            #"{"dtype":"F32","shape":[02,3],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24,24]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0]}"#,
            #"{"dtype":"F32","shape":[2,,3],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[2,3,],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[-1,23]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24.0]}"#,
            #"{"dtype":"F32X","shape":[2,3],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[1152921504606846976,3],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[6],"data_offsets":[0,99999999999999999999]}"#,
            #"{"dtype":"F32","dtype":"F32","shape":[2,3],"data_offsets":[0,24]}"#,
            #"{"dtype":"F32","shape":[2,3],"data_offsets":[0,24],"shape":[2,3]}"#,
        ])
    func refused(entry: String) {
        #expect(throws: FormatError.self) { try Self.header(entry) }
    }
}
