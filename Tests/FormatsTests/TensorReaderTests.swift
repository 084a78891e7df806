import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("Limits of what is read") struct TensorReaderTests {
    private static func tensor(
        _ elements: Int, _ bytes: Int, _ arrangement: Arrangement, dtype: DType = .U8
    ) throws -> TensorDescription {
        TensorDescription(
            name: "t", type: .plain(dtype), shape: try #require(Shape([elements])), byteRange: 0..<bytes,
            arrangement: arrangement)
    }

    @Test("a deflated tensor may be as small as deflate can make it") func deflated() throws {
        let tensor = try Self.tensor(
            103_000_000, 100_000, Arrangement(deflated: .init(byteCount: 103_000_128, skip: 128)))
        #expect(try TensorReader.check(tensor, fileByteCount: 100_200) == 103_000_000)
    }

    @Test("a deflated tensor is refused that deflate could not hold") func tooSmall() throws {
        let tensor = try Self.tensor(
            103_300_000, 100_000, Arrangement(deflated: .init(byteCount: 103_300_000, skip: 0)))
        #expect { try TensorReader.check(tensor, fileByteCount: 100_200) } throws: {
            "\($0)".contains("cannot hold")
        }
    }

    @Test("a view may repeat its elements, but not without measure", arguments: [(1024, true), (1026, false)])
    func repetition(times: Int, isRead: Bool) throws {
        let tensor = try Self.tensor(100_000 * times, 1, Arrangement(strides: [0]))
        let outcome = Result { try TensorReader.check(tensor, fileByteCount: 100_000) }
        switch outcome {
        case .success: #expect(isRead)
        case .failure(let error): #expect(!isRead && "\(error)".contains("repeats its elements"))
        }
    }

    @Test("varints need a byte each") func varints() throws {
        let tensor = try Self.tensor(11, 10, Arrangement(varints: true), dtype: .I64)
        #expect { try TensorReader.check(tensor, fileByteCount: 10) } throws: { "\($0)".contains("11 varints") }
    }

    @Test("a compressed tensor in another order must fit into memory") func inflatedAtOnce() throws {
        let tensor = try Self.tensor(
            50 << 20, 100_000, Arrangement(deflated: .init(byteCount: 50 << 20, skip: 0), strides: [1]))
        #expect { try TensorReader.check(tensor, fileByteCount: 100_000) } throws: { "\($0)".contains("C order") }
    }
}
