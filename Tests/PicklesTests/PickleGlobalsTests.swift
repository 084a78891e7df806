import Bytes
import Foundation
import Testing

@testable import Pickles

@Suite("The list of globals") struct PickleGlobalsTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures").standardizedFileURL.path()

    private static func list(_ file: String) throws -> PickleGlobals {
        try PickleGlobals.list(of: try OpenFile(root + "/" + file))
    }

    private static func list(_ text: [UInt8]) throws -> PickleGlobals { try PickleGlobals.list(of: MemorySource(text)) }

    @Test(
        "holds what is not allowed, with its place, of bare, legacy and zip files",
        arguments: [
            ("builtins_eval.pkl", "builtins.eval", 29), ("stack_global_posix_system.pkl", "posix.system", 19),
            ("plain_pickle_os_system_true.bin", "posix.system", 13), ("os_system_true.pt", "posix.system", 233),
            ("os_system_true_legacy.pth", "posix.system", 320), ("instance_posix_system.pkl", "posix.system", 11),
            ("object_posix_system.pkl", "posix.system", 3), ("newobj_popen.pkl", "subprocess.Popen", 2),
            ("newobj_ex.pkl", "subprocess.Popen", 2), ("extension.pkl", "copyreg.extension 7", 2),
            ("escaped_names.pkl", "posix.system", 30), ("unicode_names.pkl", "posix.system", 22),
            ("names_from_memo.pkl", "posix.system", 27), ("dotted_name.pkl", "builtins.dict.__new__", 26),
            ("nested_load.pkl", "torch.storage._load_from_bytes", 2), ("getattr.pkl", "builtins.getattr", 2),
        ])
    func malicious(file: String, global: String, offset: Int) throws {
        let found = try Self.list("hostile/pickle/" + file)
        let refused = found.occurrences.filter { !$0.isAllowed }
        #expect(refused.map(\.global.description) == [global])
        #expect(refused.map(\.byteOffset) == [offset])
        #expect(!found.areAllAllowed)
        #expect(found.faults == [])
    }

    @Test(
        "is clean for files of tensors alone",
        arguments: [
            "state_dict_zip.pt", "state_dict_legacy.pth", "nested_checkpoint.pt", "parameters.bin", "protocol4.pt",
            "torchscript.pt", "torchscript_nested.pt", "more_dtypes.pt", "arrays_protocol2.pkl", "deflated.pt",
            "legacy_protocol4.pth",
        ])
    func clean(file: String) throws {
        let found = try Self.list("torch/" + file)
        #expect(found.areAllAllowed, "\(found)")
        #expect(!found.occurrences.isEmpty)
    }

    @Test("names the classes of a pickled module") func module() throws {
        let names = try Self.list("torch/whole_module.pt").occurrences.filter { !$0.isAllowed }.map(
            \.global.description)
        #expect(names.contains("torch.nn.modules.container.Sequential"))
        #expect(names.contains("torch.nn.modules.linear.Linear"))
    }

    @Test("looks into every pickle of an archive and says which") func members() throws {
        let found = try Self.list("torch/torchscript_nested.pt")
        #expect(
            Set(found.occurrences.compactMap(\.member)).isSuperset(of: [
                "torchscript_nested/data.pkl", "torchscript_nested/constants.pkl",
                "torchscript_nested/traced_inputs.pkl",
            ]))
        #expect(found.pickleCount > 3)
    }

    @Test("looks into arrays of objects, and not into arrays of numbers") func arrays() throws {
        let found = try Self.list("hostile/npy/object_array.npy")
        #expect(found.occurrences.contains { $0.global.description.hasSuffix("_reconstruct") })
        #expect(found.pickleCount == 1)
        #expect(try Self.list("npz/v1.npy").pickleCount == 0)
        #expect(try Self.list("npz/stored.npz").pickleCount == 0)
        #expect(try Self.list("hostile/npy/member_object.npz").pickleCount == 1)
    }

    @Test("goes on behind a fault, and is not clean") func afterFault() throws {
        // A value that does not exist, then names written out, on the stack and by number.
        let found = try Self.list(
            Array("h\u{05}cos\nsystem\nU\u{02}osU\u{04}exec".utf8) + [0x93, 0x82, 9] + Array("(ia\nb\n.".utf8))
        #expect(found.occurrences.map(\.global.description) == ["os.system", "?.?", "copyreg.extension 9", "a.b"])
        #expect(found.faults.map(\.byteOffset) == [0])
        #expect(!found.areAllAllowed)
    }

    @Test("is not clean when a pickle is cut, or is none", arguments: ["", "K", "}", "\u{7F}"])
    func cut(text: String) throws {
        #expect(try !Self.list(Array(text.utf8)).areAllAllowed)
    }

    @Test("looks into every pickle of a row, and not at what follows the last") func row() throws {
        let bytes = Array("\u{02}ccollections\nOrderedDict\n.".utf8)
        let other = Array("\u{02}cos\nsystem\n.".utf8)
        let found = try Self.list([0x80] + bytes + [0x80] + other + Array("cm\nn\n.".utf8))
        #expect(found.pickleCount == 2)
        #expect(found.occurrences.map(\.global.name) == ["OrderedDict", "system"])
        let many = try Self.list((0..<1001).flatMap { _ in [0x80] + bytes })
        #expect(many.pickleCount == 1000)
        #expect(many.faults.count == 1)
    }

    @Test("counts how often a global is named") func counts() throws {
        let found = try Self.list(Array("cm\nn\n0cm\nn\n.".utf8))
        #expect(found.occurrences.map(\.count) == [2])
    }

    @Test("looks into every file of a tar archive that begins like a pickle") func tar() throws {
        func member(_ name: String, _ content: [UInt8], length: String? = nil) -> [UInt8] {
            var header = [UInt8](repeating: 0, count: 512)
            let octal = String(content.count, radix: 8)
            let digits = length ?? String(repeating: "0", count: 11 - octal.count) + octal
            header.replaceSubrange(0..<name.utf8.count, with: Array(name.utf8))
            header.replaceSubrange(124..<(124 + digits.utf8.count), with: Array(digits.utf8))
            header.replaceSubrange(257..<262, with: Array("ustar".utf8))
            return header + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
        }
        let evil = [0x80] + Array("\u{02}cos\nsystem\n.".utf8)
        let end = [UInt8](repeating: 0, count: 1024)
        let found = try Self.list(member("sys_info", [1, 2, 3]) + member("pickle", evil) + end)
        #expect(found.occurrences.map(\.global.description) == ["os.system"])
        #expect(found.occurrences.map(\.member) == ["pickle"])
        #expect(found.occurrences.map(\.byteOffset) == [512 + 512 + 512 + 2])
        #expect(found.faults == [])
        let broken = try Self.list(member("pickle", evil, length: "99999999999") + end)
        #expect(broken.occurrences.map(\.global.description) == ["os.system"])
        #expect(broken.faults.count >= 1)
    }

    @Test("comes out of archives that are refused, with the fault") func refusedArchive() throws {
        let golden = try Self.list("hostile/zip/deflate_and_path_escape.pt")
        #expect(golden.pickleCount == 1)
        #expect(golden.faults.count == 1)
        #expect(golden.faults[0].problem.contains("leads out of the archive"))
        #expect(golden.faults[0].file?.hasSuffix("deflate_and_path_escape.pt") == true)
        // The same with a pickle that names something: in all its headers a name leads out.
        let source = try OpenFile(Self.root + "/hostile/pickle/os_system_true.pt")
        var bytes = try source.bytes(0..<source.byteCount)
        let name = Array("os_system_true/.format_version".utf8)
        for index in bytes.indices where bytes[index...].starts(with: name) {
            bytes.replaceSubrange(index..<(index + 3), with: Array("../".utf8))
        }
        let found = try Self.list(bytes)
        #expect(found.faults.map(\.problem).contains { $0.contains("leads out of the archive") })
        #expect(found.occurrences.contains { $0.global.description == "posix.system" && $0.byteOffset == 233 })
        #expect(!found.areAllAllowed)
    }

    @Test("comes out of archives that are cut, or that other bytes stand in front of or behind")
    func brokenArchive() throws {
        let source = try OpenFile(Self.root + "/hostile/pickle/os_system_true.pt")
        let bytes = try source.bytes(0..<source.byteCount)
        let list = try #require(
            bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) }, "no list in the archive")
        let noise = [UInt8](repeating: 7, count: 1000)
        let variants = [Array(bytes[..<list]), Array(bytes.dropLast(5)), bytes + noise]
        for variant in variants {
            let found = try Self.list(variant)
            #expect(found.occurrences.contains { $0.global.description == "posix.system" && $0.byteOffset == 233 })
            #expect(!found.faults.isEmpty)
        }
        // The list's offsets are then wrong, and the headers in the file tell.
        let moved = try Self.list(Array("PK\u{3}\u{4}".utf8) + noise + bytes)
        #expect(moved.occurrences.contains { $0.global.description == "posix.system" })
    }

    @Test("comes out of deflated pickles of archives that are cut") func brokenDeflated() throws {
        let source = try OpenFile(Self.root + "/torch/deflated.pt")
        let bytes = try source.bytes(0..<source.byteCount)
        let sound = try Self.list("torch/deflated.pt").occurrences.map(\.global)
        let found = try Self.list(Array(bytes.dropLast(1)))
        #expect(Set(found.occurrences.map(\.global)) == Set(sound))
        #expect(found.faults.count >= 1)
    }

    @Test("never crashes on a changed file", arguments: 0..<UInt64(60))
    func changed(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for file in ["torch/state_dict_legacy.pth", "torch/protocol4.pt", "hostile/pickle/escaped_names.pkl"] {
            let source = try OpenFile(Self.root + "/" + file)
            var bytes = try source.bytes(0..<source.byteCount)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            do {
                _ = try Self.list(bytes)
            } catch is FormatError {}
        }
    }
}
