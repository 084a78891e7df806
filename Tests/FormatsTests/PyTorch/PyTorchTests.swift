import Bytes
import Tensors
import Testing

@testable import Formats

@Suite("PyTorch files") struct PyTorchTests {
    private static func open(_ file: String) throws -> OpenFile { try OpenFile(Fixtures.path("torch/" + file)) }

    private static func layout(_ file: String, _ change: (inout ReadOptions) -> Void = { _ in }) throws -> FileLayout {
        var options = ReadOptions()
        change(&options)
        return try PyTorch.layout(of: try open(file), options: options)
    }

    private static func compare(_ file: String, _ expected: JSONValue?, _ layout: FileLayout) throws {
        let tensors = try #require(expected?.objectValue)
        let golden = GoldenTensors(
            tensors: tensors, dtypes: GoldenTensors.torchDTypes,
            digestKey: tensors.members.first?.value["sha256"] == nil ? "sha256_of_contiguous_le_bytes" : "sha256")
        try golden.compare(layout, in: try open(file))
    }

    @Test(
        "give every tensor as PyTorch does: views, shared storages, all dtypes",
        arguments: [
            "state_dict_zip.pt", "state_dict_legacy.pth", "parameters.bin", "protocol4.pt", "torchscript.pt",
        ])
    func golden(file: String) throws {
        try Self.compare(file, try Fixtures.json("torch/expected.json")[file], try Self.layout(file))
    }

    @Test(
        "give more of them: dtypes without a storage class, big-endian and legacy files, lists, NumPy arrays",
        arguments: [
            "more_dtypes.pt", "big_endian.pt", "legacy_protocol4.pth", "nested_names.pt", "arrays_protocol4.pkl",
        ])
    func more(file: String) throws {
        try Self.compare(file, try Fixtures.json("torch/expected_more.json")[file], try Self.layout(file))
    }

    @Test("give the same tensors when every member of the archive is deflated") func deflated() throws {
        try Self.compare(
            "deflated.pt", try Fixtures.json("torch/expected.json")["state_dict_zip.pt"],
            try Self.layout("deflated.pt"))
    }

    @Test("keep tied tensors at the same bytes, and views inside them") func tied() throws {
        let tensors = try Self.layout("state_dict_zip.pt").tensors
        func tensor(_ name: String) throws -> TensorDescription { try #require(tensors.first { $0.name == name }) }
        let (first, second) = (try tensor("shared_a"), try tensor("shared_b"))
        #expect(first.byteRange == second.byteRange)
        #expect(first.arrangement == .contiguous)
        let rows = try tensor("view_rows")
        #expect(rows.arrangement == .contiguous)
        #expect(first.byteRange.contains(rows.byteRange.lowerBound))
        #expect(try tensor("view_t").arrangement.strides == [1, 6])
        #expect(try tensor("expanded").arrangement.strides?.first == 0)
        #expect(try tensor("empty").byteRange.isEmpty)
    }

    @Test("take the model out of a training checkpoint, and say what was left out") func nested() throws {
        let layout = try Self.layout("nested_checkpoint.pt")
        let expected = try Fixtures.json("torch/expected.json")["nested_checkpoint.pt"]
        try Self.compare("nested_checkpoint.pt", expected?["state_dict"], layout)
        #expect(
            layout.metadata == [
                .init(key: "epoch", value: "3"), .init(key: "note", value: "café"),
            ])
        #expect(
            layout.notes == [
                "the tensors under 'state_dict' were taken, 2 of 4", "left out: 'optimizer' (2 tensors)",
            ])
        let states = try Self.layout("nested_checkpoint.pt") { $0.statePath = "optimizer.state.0" }
        try Self.compare("nested_checkpoint.pt", expected?["optimizer.state.0"], states)
        let all = try Self.layout("nested_checkpoint.pt") { $0.statePath = "" }
        #expect(
            Set(all.tensors.map(\.name)) == [
                "state_dict.layer.weight", "state_dict.layer.bias", "optimizer.state.0.step",
                "optimizer.state.0.exp_avg",
            ])
    }

    @Test("offer wrappers' prefixes for removal, and remove them when asked") func prefixes() throws {
        let plain = try Self.layout("training_plain.pt")
        #expect(plain.tensors.allSatisfy { $0.name.hasPrefix("_orig_mod.module.") })
        #expect(plain.notes.contains("all names begin with '_orig_mod.module.'; --strip-prefix takes it off"))
        let stripped = try Self.layout("training_plain.pt") { $0.stripsPrefixes = true }
        try Self.compare(
            "training_plain.pt", try Fixtures.json("torch/expected_more.json")["training_plain.pt"], stripped)
        #expect(stripped.notes.contains("'_orig_mod.module.' was taken off all names"))
        #expect(PyTorchTests.prefix(["module.a", "modules.b"]) == "")
        #expect(PyTorchTests.prefix(["module.", "module.b"]) == "")
        #expect(PyTorchTests.prefix(["module.module.a"]) == "module.module.")
    }

    private static func prefix(_ names: [String]) -> String { TorchContent.commonPrefix(names) }

    @Test("list the dictionaries that may be the model") func candidates() throws {
        let candidates = try PyTorch.candidates(in: try Self.open("training.pt"))
        #expect(candidates.map(\.path) == ["", "model", "optimizer", "optimizer.state", "ema"])
        #expect(candidates.map(\.tensorCount) == [8, 3, 2, 2, 2])
        #expect(candidates.map(\.byteCount) == [192, 108, 60, 60, 16])
        let error = #expect(throws: FormatError.self) {
            try Self.layout("training_plain.pt") { $0.statePath = "modle" }
        }
        #expect(error?.remedy.contains("'model' (3 tensors)") == true)
        let list = try Self.layout("training_plain.pt") { $0.statePath = "ema" }
        try Self.compare(
            "training_plain.pt", try Fixtures.json("torch/expected_more.json")["training_plain.pt ema"], list)
    }

    @Test("refuse globals that are not on the list, and pass over what they make when asked") func unknown() throws {
        let error = #expect(throws: FormatError.self) { try Self.layout("training.pt") }
        #expect(error?.code == .refused)
        #expect(error?.problem.contains("argparse.Namespace at byte ") == true)
        let layout = try Self.layout("training.pt") { $0.skipsUnknown = true }
        #expect(layout.tensors.count == 3)
        #expect(layout.notes.contains { $0.contains("'args' (argparse.Namespace)") })
    }

    @Test("refuse a pickled module, naming its classes, also when unknown objects are passed over") func module() throws
    {
        let error = #expect(throws: FormatError.self) { try Self.layout("whole_module.pt") }
        #expect(error?.problem.contains("torch.nn.modules.container.Sequential at byte ") == true)
        #expect(error?.problem.contains("torch.nn.modules.linear.Linear at byte ") == true)
        let empty = #expect(throws: FormatError.self) { try Self.layout("whole_module.pt") { $0.skipsUnknown = true } }
        #expect(empty?.problem.contains("the file holds no tensors") == true)
    }

    @Test("give TorchScript's parameters, buffers and constants") func script() throws {
        let layout = try Self.layout("torchscript_nested.pt")
        let constants = layout.tensors.filter { $0.name.hasPrefix("CONSTANTS.") }
        #expect(constants.map(\.name) == ["CONSTANTS.c0"])
        let source = try Self.open("torchscript_nested.pt")
        #expect(try TensorReader(source).content(of: constants[0]) == [0, 0, 0, 0x3F, 0, 0, 0x80, 0x3E])
        let rest = FileLayout(
            format: "pytorch", tensors: layout.tensors.filter { !$0.name.hasPrefix("CONSTANTS.") }, metadata: [])
        try Self.compare(
            "torchscript_nested.pt", try Fixtures.json("torch/expected_more.json")["torchscript_nested.pt"], rest)
    }

    @Test(
        "refuse tensors that are not dense numbers, in words",
        arguments: [
            ("quantized.pt", "quantized by PyTorch"), ("sparse.pt", "is sparse"), ("conjugated.pt", "kept conjugated"),
            ("meta.pt", "without content"), ("arrays_protocol2.pkl", "written as text"),
        ])
    func notDense(file: String, problem: String) throws {
        let error = #expect(throws: FormatError.self) { try Self.layout(file) }
        #expect(error?.code == .unsupported)
        #expect(error?.problem.contains(problem) == true, "\(error?.problem ?? "")")
        #expect(error?.tensor?.isEmpty == false)
    }

    @Test("are recognized by their bytes, and other archives are not") func recognition() throws {
        for file in ["state_dict_zip.pt", "state_dict_legacy.pth", "legacy_protocol4.pth", "arrays_protocol2.pkl"] {
            #expect(try Recognition.names(of: try Self.open(file)) == ["pytorch"], "\(file)")
        }
        #expect(try Recognition.names(of: try OpenFile(Fixtures.path("npz/stored.npz"))) == ["npz"])
    }
}

@Suite("Hostile PyTorch files") struct PyTorchHostileTests {
    private static func read(_ source: any ByteSource) throws {
        let layout = try PyTorch.layout(of: source)
        for tensor in layout.tensors { try TensorReader(source).forEachPiece(of: tensor) { _ in } }
    }

    @Test("are all there") func complete() throws {
        #expect(try HostileFolder.isComplete("pickle"))
        #expect(HostileFolder.cases("pickle").count > 90)
    }

    @Test("are refused, each for its own reason, with the byte", arguments: HostileFolder.cases("pickle"))
    func refused(test: HostileFolder.Case) throws {
        try HostileFolder.expectRefusal(test, Self.read)
    }

    @Test("are refused or read without harm when any byte changes", arguments: HostileFolder.cases("pickle"))
    func changed(test: HostileFolder.Case) throws {
        try HostileFolder.expectNoCrash(test.path, seed: 1, Self.read)
    }

    @Test(
        "as are goldens",
        arguments: ["state_dict_zip.pt", "state_dict_legacy.pth", "torchscript_nested.pt", "training.pt"],
        0..<UInt64(5))
    func changedGoldens(file: String, seed: UInt64) throws {
        try HostileFolder.expectNoCrash(Fixtures.path("torch/" + file), seed: seed) { source in
            var options = ReadOptions()
            options.skipsUnknown = true
            _ = try PyTorch.layout(of: source, options: options)
        }
    }

    @Test("like the path escape are refused by name") func escape() throws {
        let source = try OpenFile(Fixtures.path("hostile/zip/deflate_and_path_escape.pt"))
        let error = #expect(throws: FormatError.self) { try Self.read(source) }
        #expect(error?.problem.contains("'../../escape.txt' leads out of the archive") == true)
    }
}
