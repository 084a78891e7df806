import Bytes
import Formats
import Foundation
import Numbers
import Registry
import Tensors
import Testing

/// What `--dtype` and `--overflow` do to numbers, and what is told and recorded of it.
@Suite("Export with another dtype") struct CastExportTests {
    /// Numbers at every edge of F16 and BF16, four rows of four.
    private static let numbers: [Float] = [
        -1.5, 0, 65_504, 65_519.996,  // the last is nearer to 65504 than to what would come next
        65_520, -1e30, .greatestFiniteMagnitude, 6e-8,
        -1e-5, 1e-8, 0x1p-133, -1e-30,
        .leastNonzeroMagnitude, .nan, .infinity, -.infinity,
    ]

    private static func home(_ tensors: [(String, DType, [Int], [UInt8])]) async throws -> TemporaryHome {
        let home = try TemporaryHome()
        let model = MadeModel(tensors: tensors.map { (name: $0.0, dtype: $0.1, shape: $0.2, bytes: $0.3) })
        var request = RegisterRequest(path: try model.write(to: home.path("m")))
        request.name = "m"
        _ = try await home.registry.register(request)
        return home
    }

    /// A home with `m`: the numbers as `edge`, and `plain`, which every dtype can hold.
    private static func edgeHome() async throws -> TemporaryHome {
        try await home([
            ("edge", .F32, [4, 4], LittleEndianFloats.encode(numbers)),
            ("plain", .F32, [2], LittleEndianFloats.encode([0.5, -2])),
        ])
    }

    private static func request(
        _ home: TemporaryHome, _ dtype: String, _ overflow: OverflowPolicy, _ format: ExportFormat = .safetensors
    ) -> ExportRequest {
        var request = ExportRequest(name: "m", destination: home.path("out"))
        request.dtype = dtype
        request.overflow = overflow
        request.format = format
        return request
    }

    /// The bytes of each tensor that was written, and its dtype.
    static func written(_ path: String) throws -> [String: (dtype: DType, bytes: [UInt8])] {
        let file = try OpenFile(path)
        return try Dictionary(
            uniqueKeysWithValues: SafetensorsHeader(reading: file).tensors.map {
                ($0.name, (try #require($0.dtype), try file.bytes($0.byteRange)))
            })
    }

    private static func words(_ bytes: [UInt8]) -> [UInt16] {
        stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
    }

    /// The rows of a query as the catalog's own words.
    static func rows(_ sql: String, in home: TemporaryHome) throws -> [[QueryValue]] {
        var rows: [[QueryValue]] = []
        _ = try home.registry.query(sql) { _ in
        } row: {
            rows.append($0)
        }
        return rows
    }

    private static let counted = """
        SELECT name, outcome, from_type, to_type, overflows, underflows, subnormals, nans, infinities \
        FROM export_tensor_summary ORDER BY export, name
        """

    private static func row(_ change: ExportReport.Change) -> [QueryValue] {
        [change.name, change.outcome, change.fromType ?? "", change.toType ?? ""].map { .text($0) }
            + counts(change).map { .integer(Int64($0)) }
    }

    /// Overflow, underflow, subnormal, NaN, infinity.
    private static func counts(_ change: ExportReport.Change) -> [Int] {
        [change.overflow, change.underflow, change.subnormal, change.nan, change.infinity]
    }

    // MARK: Single floats

    @Test("saturates and counts what F16 cannot hold") func saturateF16() async throws {
        let home = try await Self.edgeHome()
        let report = try await home.registry.export(Self.request(home, "f16", .saturate))
        let change = try #require(report.changes.first { $0.name == "edge" })
        #expect((change.outcome, change.fromType, change.toType) == ("cast", "F32", "F16"))
        #expect(Self.counts(change) == [3, 4, 2, 1, 2])
        let tensors = try Self.written(home.path("out/model.safetensors"))
        let expected = Self.numbers.map { number -> UInt16 in
            let half = Float16(number)
            guard number.isFinite, half.isInfinite else { return half.bitPattern }
            return (number < 0 ? -Float16.greatestFiniteMagnitude : .greatestFiniteMagnitude).bitPattern
        }
        #expect(tensors["edge"]?.dtype == .F16)
        let found = Self.words(try #require(tensors["edge"]).bytes)
        for (index, pair) in zip(expected, found).enumerated() where !Self.numbers[index].isNaN {
            #expect(pair.0 == pair.1, "\(Self.numbers[index])")
        }
        #expect(Float16(bitPattern: found[13]).isNaN)
        #expect(try Self.rows(Self.counted, in: home) == report.changes.map(Self.row))
        let query = "SELECT format, overflows, underflows, dropped, options FROM export_summary"
        let totals = try Self.rows(query, in: home)
        #expect(
            totals == [
                [
                    .text("safetensors"), .integer(3), .integer(4), .integer(0),
                    .text(#"{"dtype":"f16","overflow":"saturate"}"#),
                ]
            ])
    }

    @Test("rounds and counts what BF16 cannot hold") func saturateBF16() async throws {
        let home = try await Self.edgeHome()
        let report = try await home.registry.export(Self.request(home, "bf16", .saturate))
        let change = try #require(report.changes.first { $0.name == "edge" })
        #expect(Self.counts(change) == [1, 1, 1, 1, 2])
        let found = Self.words(try #require(Self.written(home.path("out/model.safetensors"))["edge"]).bytes)
        for (number, word) in zip(Self.numbers, found) where number.isFinite && number != .greatestFiniteMagnitude {
            let bits = number.bitPattern
            #expect(word == UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16), "\(number)")
        }
        #expect(found[6] == 0x7F7F)
        #expect(Array(found[14...]) == [0x7F80, 0xFF80])
    }

    @Test("writes tensors as they are where they have the dtype already") func same() async throws {
        let home = try await Self.edgeHome()
        let report = try await home.registry.export(Self.request(home, "f32", .fail))
        #expect(report.changes.isEmpty)
        let found = try Self.written(home.path("out/model.safetensors"))
        #expect(found["edge"]?.bytes == LittleEndianFloats.encode(Self.numbers))
    }

    @Test("fails where numbers are too large, and leaves nothing behind", arguments: [("f16", 3), ("bf16", 1)])
    func fails(dtype: String, count: Int) async throws {
        let home = try await Self.edgeHome()
        await #expect {
            try await home.registry.export(Self.request(home, dtype, .fail))
        } throws: {
            "\($0)".contains("tensor 'edge'")
                && "\($0)".contains("\(count) of its numbers \(count == 1 ? "is" : "are") too large for")
        }
        #expect(try Folder.entries(of: home.folder).sorted() == ["home", "m"])
        #expect(try Self.rows("SELECT * FROM export_summary", in: home).isEmpty)
    }

    @Test("keeps a tensor wider where numbers are too large", arguments: ["f16", "bf16"])
    func widens(dtype: String) async throws {
        let home = try await Self.edgeHome()
        let report = try await home.registry.export(Self.request(home, dtype, .widen))
        #expect(report.changes.map(\.outcome) == ["widened", "cast"])
        #expect(report.changes[0].reason?.contains("too large for \(dtype.uppercased())") == true)
        let found = try Self.written(home.path("out/model.safetensors"))
        #expect(found["edge"]?.dtype == .F32)
        #expect(found["edge"]?.bytes == LittleEndianFloats.encode(Self.numbers))
        #expect(found["plain"]?.dtype.rawValue == dtype.uppercased())
        #expect(try Self.rows(Self.counted, in: home) == report.changes.map(Self.row))
    }

    // MARK: Doubles

    /// The first would become 1 if it were rounded to F32 on the way.
    private static let doubles: [Double] = [1 + 0x1p-11 + 0x1p-40, 1e300, -1e300, 1e-300, 5e-40, .nan, .infinity, 0]

    private static func doubleHome() async throws -> TemporaryHome {
        let bytes = doubles.flatMap { number in
            (0..<8).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
        }
        return try await home([("d", .F64, [2, 4], bytes)])
    }

    @Test(
        "rounds doubles once",
        arguments: [("f16", [2, 2, 0, 1, 1]), ("bf16", [2, 1, 1, 1, 1]), ("f32", [2, 1, 1, 1, 1])])
    func doubles(dtype: String, counts: [Int]) async throws {
        let home = try await Self.doubleHome()
        let report = try await home.registry.export(Self.request(home, dtype, .saturate))
        let change = try #require(report.changes.first)
        #expect(Self.counts(change) == counts)
        let bytes = try #require(Self.written(home.path("out/model.safetensors"))["d"]).bytes
        switch dtype {
        case "f16": #expect(Self.words(bytes).prefix(3) == [0x3C01, 0x7BFF, 0xFBFF])
        case "bf16": #expect(Self.words(bytes).prefix(3) == [0x3F80, 0x7F7F, 0xFF7F])
        default:
            let floats = LittleEndianFloats.decode(bytes)
            #expect(floats.prefix(3) == [1 + 0x1p-11, .greatestFiniteMagnitude, -.greatestFiniteMagnitude])
        }
    }

    @Test("fails for doubles that are too large", arguments: ["f32", "bf16", "f16"])
    func doublesFail(dtype: String) async throws {
        let home = try await Self.doubleHome()
        await #expect {
            try await home.registry.export(Self.request(home, dtype, .fail))
        } throws: {
            "\($0)".contains("2 of its numbers are too large for \(dtype.uppercased())")
        }
        #expect(!Folder.exists(home.path("out")))
    }

    @Test("keeps doubles that F32 cannot hold either", arguments: ["f32", "bf16", "f16"])
    func doublesWiden(dtype: String) async throws {
        let home = try await Self.doubleHome()
        let report = try await home.registry.export(Self.request(home, dtype, .widen))
        #expect(report.changes.map(\.outcome) == ["widened"])
        #expect(try Self.written(home.path("out/model.safetensors"))["d"]?.dtype == .F64)
    }

    // MARK: Small floats

    @Test("turns every code of FP8 into its number", arguments: [DType.F8_E4M3, .F8_E5M2], ["f32", "f16", "bf16"])
    func codes(type: DType, dtype: String) async throws {
        let home = try await Self.home([("w", type, [16, 16], Array(0...255))])
        let report = try await home.registry.export(Self.request(home, dtype, .fail))
        #expect(report.changes.map(\.fromType) == [type.rawValue])
        let bytes = try #require(Self.written(home.path("out/model.safetensors"))["w"]).bytes
        let golden = try #require(Self.written(fixtures + "/floats/codes.safetensors")[type.rawValue]).bytes
        let numbers = LittleEndianFloats.decode(golden)
        for (code, number) in numbers.enumerated() where !number.isNaN {
            let bits = number.bitPattern
            switch dtype {
            case "f32": #expect(LittleEndianFloats.decode(bytes)[code].bitPattern == bits)
            case "f16": #expect(Self.words(bytes)[code] == Float16(number).bitPattern)
            default: #expect(Self.words(bytes)[code] == UInt16(bits >> 16))
            }
        }
        #expect(report.changes[0].nan == numbers.count { $0.isNaN })
        #expect(report.changes[0].infinity == numbers.count { $0.isInfinite })
    }

    @Test("is refused for dtypes that are not written", arguments: ["f8_e4m3", "i8", "q8_0", "float32", ""])
    func unwritable(dtype: String) async throws {
        let home = try await Self.edgeHome()
        await #expect {
            try await home.registry.export(Self.request(home, dtype, .fail))
        } throws: {
            "\($0)".contains("Choose f32, f16 or bf16")
        }
    }
}
