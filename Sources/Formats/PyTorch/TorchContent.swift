import Bytes
import Pickles
import Tensors

/// The pickles of a PyTorch file and its storages, whatever the file's container is.
struct TorchContent {
    /// A pickle and the storages that it names.
    struct Part {
        let values: TorchValues
        let storages: TorchStorages
        /// The archive's file that the pickle was inflated from, if it was.
        var compressed: ZipEntry?

        func walk() throws(FormatError) -> StateDictWalk {
            do throws(FormatError) {
                return try StateDictWalk(values, fileByteCount: storages.fileByteCount)
            } catch {
                throw compressed.map { error.inflated(from: $0) } ?? error
            }
        }
    }

    let main: Part
    /// TorchScript's constants.
    let constants: Part?

    init(reading source: any ByteSource) throws {
        let start = try source.bytes(0..<min(PickleFile.startByteCount, source.byteCount))
        switch PickleFile(startingWith: start) {
        case .archive:
            let archive = try TorchArchive(reading: source)
            main = Self.part(archive.data)
            constants = archive.constants.map(Self.part)
        case .legacy:
            let file = try TorchLegacyFile(reading: source)
            main = Part(values: TorchValues(file.pickle, isInPlace: true), storages: file.storages)
            constants = nil
        case .pickles:
            let pickle = try Pickle(reading: source, 0..<source.byteCount)
            main = Part(
                values: TorchValues(pickle, isInPlace: true),
                storages: TorchStorages(fileByteCount: source.byteCount))
            constants = nil
        case .tar:
            throw FormatError(
                .unsupported, "this is a tar archive, as PyTorch wrote before version 0.2", at: 0,
                remedy: "Load and save it again with a newer PyTorch")
        case .array:
            throw FormatError(
                .unsupported, "this is a NumPy array", at: 0, remedy: "Read it as what it is")
        }
    }

    private static func part(_ part: TorchArchive.Part) -> Part {
        Part(
            values: TorchValues(part.pickle, isInPlace: part.compressed == nil), storages: part.storages,
            compressed: part.compressed)
    }

    /// Refuses a file that names globals that are not on the list, with each name and its place.
    func checkGlobals() throws(FormatError) {
        for part in [main, constants].compactMap(\.self) {
            do throws(FormatError) {
                try Self.check(part.values.pickle.globals)
            } catch {
                throw part.compressed.map { error.inflated(from: $0) } ?? error
            }
        }
    }

    private static func check(_ globals: [Pickle.NamedGlobal]) throws(FormatError) {
        let unknown = globals.filter { AllowedGlobal($0.global) == nil }
        guard let first = unknown.first else { return }
        let list = unknown.prefix(10).map { "\($0.global) at byte \($0.byteOffset)" }.joined(separator: ", ")
        let more = unknown.count > 10 ? " and \(unknown.count - 10) more" : ""
        throw FormatError(
            .refused, "its pickle names what is no tensor, container or number: \(list)\(more)", at: first.byteOffset,
            remedy: "Nothing was run. 'ingot inspect --globals' lists every name; "
                + "leave such objects out with --skip-unknown, or save the state dict alone")
    }

    /// Where the model's tensors lie. The pickles are let go before the descriptions are made.
    consuming func layout(_ options: ReadOptions) throws(FormatError) -> FileLayout {
        let found = Walked(walk: try main.walk(), storages: main.storages, compressed: main.compressed)
        var more: Walked?
        if let constants, options.statePath?.isEmpty != false {
            more = Walked(
                walk: try constants.walk(), storages: constants.storages, compressed: constants.compressed)
        }
        return try Self.layout(found, constants: more, options)
    }

    /// What is left of a part when its pickle is let go.
    private struct Walked {
        let walk: StateDictWalk
        let storages: TorchStorages
        let compressed: ZipEntry?
    }

    private static func layout(
        _ main: Walked, constants: Walked?, _ options: ReadOptions
    ) throws(FormatError) -> FileLayout {
        let walk = main.walk
        let choice = try StateDictChoice(walk, path: options.statePath)
        var tensors: [TensorDescription] = []
        var names: Set<String> = []
        let prefix = commonPrefix(constants == nil ? choice.tensors.map(\.name) : [])
        for (name, index) in choice.tensors {
            let name = options.stripsPrefixes ? String(name.dropFirst(prefix.count)) : name
            tensors.append(try describe(walk.found[index], as: name, in: main, &names))
        }
        if let constants {
            for found in constants.walk.found {
                tensors.append(try describe(found, as: "CONSTANTS.c" + found.path, in: constants, &names))
            }
        }
        guard !tensors.isEmpty else { throw noTensors(walk) }
        let metadata = walk.scalars.map { MetadataEntry(key: $0.key, value: $0.value) }
        return FileLayout(
            format: PyTorch.name, tensors: tensors, metadata: metadata,
            notes: choice.notes + note(prefix, options) + note(walk))
    }

    private static func describe(
        _ found: StateDictWalk.Found, as name: String, in part: Walked, _ names: inout Set<String>
    ) throws(FormatError) -> TensorDescription {
        do throws(FormatError) {
            try check(name, found, &names)
            switch found.content {
            case .tensor(let tensor): return try part.storages.describe(tensor, as: name)
            case .unreadable(let reason):
                throw FormatError(
                    .unsupported, "the tensor is \(reason)", at: found.place, tensor: name,
                    remedy: "Make it a plain dense tensor (resolve_conj, resolve_neg, to_dense) and save it again")
            }
        } catch {
            throw part.compressed.map { error.inflated(from: $0) } ?? error
        }
    }

    private static func note(_ prefix: String, _ options: ReadOptions) -> [String] {
        guard !prefix.isEmpty else { return [] }
        return [
            options.stripsPrefixes
                ? "'\(prefix)' was taken off all names"
                : "all names begin with '\(prefix)'; --strip-prefix takes it off"
        ]
    }

    /// Wrappers around wrappers; training scripts use two.
    private static let mostPrefixes = 4

    /// What wrappers put in front of every name, in front of each other.
    static func commonPrefix(_ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        var prefix = ""
        for _ in 0..<mostPrefixes {
            let next = ["module.", "_orig_mod."].first { word in
                names.allSatisfy { $0.hasPrefix(prefix + word) && $0 != prefix + word }
            }
            guard let next else { break }
            prefix += next
        }
        return prefix
    }

    private static func check(
        _ name: String, _ found: StateDictWalk.Found, _ names: inout Set<String>
    ) throws(FormatError) {
        guard found.isNamed else {
            throw FormatError(
                .unsupported, "it lies under a key that is neither text nor a number", at: found.place, tensor: name,
                remedy: "Save the state dict alone")
        }
        try PlainName.check(tensor: name, at: found.place)
        guard names.insert(name).inserted else {
            throw FormatError(
                .corrupt, "two tensors of the file have this name", at: found.place, tensor: name,
                remedy: "Rename one of them")
        }
    }

    private static func note(_ walk: StateDictWalk) -> [String] {
        var notes: [String] = []
        if walk.unnamableCount > 0 {
            let keys = "keys of more than \(PlainName.longestTensorName) bytes"
            notes.append("passed over, because \(keys) lead to them: \(walk.unnamableCount) dictionaries or lists")
        }
        guard walk.opaqueCount > 0 else { return notes }
        let list = walk.opaque.map { "'\($0.path)' (\($0.global.description.shortened))" }
        let more = walk.opaqueCount > list.count ? " and \(walk.opaqueCount - list.count) more" : ""
        let places = list.joined(separator: ", ") + more
        return notes + ["passed over, because a global that is not on the list would make it: \(places)"]
    }

    private static func noTensors(_ walk: StateDictWalk) -> FormatError {
        let opaque = note(walk).first.map { " (\($0))" } ?? ""
        return FormatError(
            .unsupported, "the file holds no tensors\(opaque)", at: 0, remedy: "Check which file is meant")
    }
}
