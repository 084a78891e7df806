import Bytes
import Numbers
import Tensors
import Testing

@testable import Formats

@Suite("NumPy files") struct NumPyTests {
    private static func open(_ file: String) throws -> OpenFile { try OpenFile(Fixtures.path("npz/" + file)) }

    private static func golden(_ names: [String: String]? = nil) throws -> GoldenTensors {
        let all = try #require(try Fixtures.json("npz/expected.json").objectValue)
        let tensors = names.map { names in
            JSONObject(names.compactMap { name, source in all[source].map { (name, $0) } })
        }
        return GoldenTensors(tensors: tensors ?? all, dtypes: GoldenTensors.numpyDTypes, digestKey: "sha256_c_order_le")
    }

    @Test("archives give every array, row-major and little-endian", arguments: ["stored.npz", "deflated.npz"])
    func archives(file: String) throws {
        let source = try Self.open(file)
        #expect(try Recognition.names(of: source) == ["npz"])
        try Self.golden().compare(try NPZ.layout(of: source), in: source)
    }

    @Test(
        "arrays of every version and order are read, and called as their file",
        arguments: [
            ("v1", "f32"), ("v2", "f32"), ("v3", "f64_fortran"), ("fortran", "f64_fortran"),
            ("big_endian", "big_endian_f4"),
        ])
    func arrays(file: String, source name: String) throws {
        let source = try Self.open(file + ".npy")
        #expect(try Recognition.names(of: source) == ["npy"])
        try Self.golden([file: name]).compare(try NumPy.layout(of: source), in: source)
    }

    @Test("in column-major order have strides, big-endian ones a mark") func arrangements() throws {
        let fortran = try #require(try NumPy.layout(of: try Self.open("fortran.npy")).tensors.first)
        #expect(fortran.arrangement.strides == [1, 3])
        #expect(try NumPy.layout(of: try Self.open("big_endian.npy")).tensors.first?.arrangement.isBigEndian == true)
    }

    @Test("without a file name are called array") func unnamed() throws {
        let bytes = try Fixtures.bytes("npz/v1.npy")
        #expect(try NumPy.layout(of: MemorySource(bytes)).tensors.map(\.name) == ["array"])
    }

    @Test("of bytes without meaning take the dtype that they are given, of their width alone") func void() throws {
        let source = try Self.open("bf16_as_void.npy")
        #expect(throws: FormatError.self) { try NumPy.layout(of: source) }
        var options = ReadOptions()
        options.voidDtypes = [2: .BF16]
        let tensor = try #require(try NumPy.layout(of: source, options: options).tensors.first)
        #expect(tensor.dtype == .BF16)
        #expect(tensor.arrangement == .contiguous)
        options.voidDtypes = [2: .F8_E4M3]
        #expect(throws: FormatError.self) { try NumPy.layout(of: source, options: options) }
    }

    @Test("of structures are refused, with the place") func structured() throws {
        let error = #expect(throws: FormatError.self) { try NumPy.layout(of: try Self.open("structured.npy")) }
        #expect(error?.problem.contains("structures of several fields") == true)
        #expect(error?.byteOffset == 20)
    }
}

@Suite("NumPy archives to be written") struct NPZLayoutTests {
    /// The whole file, written as a caller would.
    private func write(_ layout: NPZLayout, _ contents: [String: [UInt8]]) throws -> [UInt8] {
        var writer = NPZWriter(layout)
        var bytes: [UInt8] = []
        for tensor in layout.tensors {
            bytes += writer.begin()
            #expect(bytes.count == tensor.byteRange.lowerBound)
            let content = try #require(contents[tensor.name])
            // In two pieces, as a stream would come.
            let half = content.count / 2
            for part in [Array(content[..<half]), Array(content[half...])] { writer.add(part.span) }
            bytes += content
            bytes += writer.end()
        }
        bytes += writer.finish()
        #expect(bytes.count == layout.byteCount)
        return bytes
    }

    @Test("come back bit for bit, every dtype, also those that NumPy lacks", arguments: 0..<UInt64(10))
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var contents: [String: [UInt8]] = [:]
        let shapes = [[], [0, 3], [8], [2, 4], [3, 1, 8]]
        let tensors = DType.allCases.flatMap { dtype in
            shapes.enumerated().compactMap { index, shape -> (name: String, dtype: DType, shape: [Int])? in
                guard let count = Shape(shape)?.elementCount,
                    let byteCount = ElementType.plain(dtype).byteCount(elements: count)
                else { return nil }
                let name = "layers.\(index)/\(dtype) é"
                contents[name] = (0..<byteCount).map { _ in .random(in: 0...255, using: &generator) }
                return (name, dtype, shape)
            }
        }
        let layout = try NPZLayout(tensors.shuffled(using: &generator))
        let bytes = try write(layout, contents)
        #expect(try write(try NPZLayout(tensors), contents) == bytes, "seed \(seed)")
        let source = MemorySource(bytes)
        let read = try NPZ.layout(of: source)
        #expect(read.notes == [])
        #expect(read.tensors.sorted { $0.name < $1.name } == layout.tensors.sorted { $0.name < $1.name })
        for tensor in read.tensors {
            #expect(try TensorReader(source).content(of: tensor) == contents[tensor.name], "\(tensor.name)")
            if !tensor.byteRange.isEmpty { #expect(tensor.byteRange.lowerBound.isMultiple(of: 64)) }
        }
    }

    @Test("without tensors are empty archives") func empty() throws {
        let layout = try NPZLayout([])
        let source = MemorySource(NPZWriter(layout).finish())
        #expect(source.byteCount == 22)
        #expect(try Recognition.names(of: source) == ["npz"])
        #expect(try NPZ.layout(of: source).tensors == [])
    }

    @Test(
        "refuse what could not be read",
        arguments: [
            ("../a", .F32, [1]), ("", .F32, [1]), ("a", .F4, [3]), ("a", .F32, [-1]), ("a", .F32, [1 << 61]),
            ("/a", .F32, [1]),
        ] as [(String, DType, [Int])])
    func refused(name: String, dtype: DType, shape: [Int]) {
        #expect(throws: FormatError.self) { try NPZLayout([(name: name, dtype: dtype, shape: shape)]) }
    }

    @Test(
        "take no mark for what it is not",
        arguments: [
            "", "dtype=BF16", "dtype=F32 shape=1", "dtype=BF16 shape=1,", "dtype=BF16 shape=-1", "dtype=BF16 shape=1 ",
            "dtype=Q9 shape=1",
        ])
    func marks(comment: String) {
        #expect(NPZMark(comment) == nil)
    }
}

@Suite("Hostile NumPy files") struct NumPyHostileTests {
    private static func read(_ source: any ByteSource) throws {
        let layout = source.path.hasSuffix(".npz") ? try NPZ.layout(of: source) : try NumPy.layout(of: source)
        for tensor in layout.tensors { try TensorReader(source).forEachPiece(of: tensor) { _ in } }
    }

    @Test("are all there") func complete() throws {
        #expect(try HostileFolder.isComplete("npy"))
        #expect(HostileFolder.cases("npy").count > 40)
    }

    @Test("are refused, each for its own reason, with the byte", arguments: HostileFolder.cases("npy"))
    func refused(test: HostileFolder.Case) throws {
        try HostileFolder.expectRefusal(test, Self.read)
    }

    @Test("are refused or read without harm when any byte changes", arguments: HostileFolder.cases("npy"))
    func changed(test: HostileFolder.Case) throws {
        try HostileFolder.expectNoCrash(test.path, seed: 2, Self.read)
    }

    @Test("as are goldens", arguments: ["stored.npz", "deflated.npz", "fortran.npy"], 0..<UInt64(10))
    func changedGoldens(file: String, seed: UInt64) throws {
        try HostileFolder.expectNoCrash(Fixtures.path("npz/" + file), seed: seed, Self.read)
    }
}
