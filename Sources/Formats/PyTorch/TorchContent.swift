import Bytes
import Pickles
import Tensors

/// The pickles of a PyTorch file and its storages, whatever the file's container is.
struct TorchContent {
    /// A pickle and the storages that it names.
    struct Part {
        let values: TorchValues
        let storages: TorchStorages

        func walk() throws(FormatError) -> StateDictWalk {
            try StateDictWalk(values, fileByteCount: storages.fileByteCount)
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
        Part(values: TorchValues(part.pickle, isInPlace: part.isInPlace), storages: part.storages)
    }

    /// Refuses a file that names globals that are not on the list, with each name and its place.
    func checkGlobals() throws(FormatError) {
        let named = main.values.pickle.globals + (constants?.values.pickle.globals ?? [])
        let unknown = named.filter { AllowedGlobal($0.global) == nil }
        guard let first = unknown.first else { return }
        let list = unknown.prefix(10).map { "\($0.global) at byte \($0.byteOffset)" }.joined(separator: ", ")
        let more = unknown.count > 10 ? " and \(unknown.count - 10) more" : ""
        throw FormatError(
            .refused, "its pickle names what is no tensor, container or number: \(list)\(more)", at: first.byteOffset,
            remedy: "Nothing was run. 'ingot inspect --globals' lists every name; save the state dict alone")
    }

    /// Where the model's tensors lie. The pickles are let go before the descriptions are made.
    consuming func layout(_ options: ReadOptions) throws(FormatError) -> FileLayout {
        let storages = main.storages
        let walk = try main.walk()
        var more: (walk: StateDictWalk, storages: TorchStorages)?
        if let constants, options.statePath?.isEmpty != false { more = (try constants.walk(), constants.storages) }
        return try Self.layout(walk, storages, constants: more, options)
    }

    private static func layout(
        _ walk: StateDictWalk, _ storages: TorchStorages, constants: (walk: StateDictWalk, storages: TorchStorages)?,
        _ options: ReadOptions
    ) throws(FormatError) -> FileLayout {
        let choice = try StateDictChoice(walk, path: options.statePath)
        var tensors: [TensorDescription] = []
        var names: Set<String> = []
        let prefix = commonPrefix(constants == nil ? choice.tensors.map(\.name) : [])
        for (name, index) in choice.tensors {
            let name = options.stripsPrefixes ? String(name.dropFirst(prefix.count)) : name
            try check(name, walk.found[index], &names)
            tensors.append(try describe(walk.found[index], as: name, storages))
        }
        if let constants {
            for found in constants.walk.found {
                try check("CONSTANTS.c" + found.path, found, &names)
                tensors.append(try describe(found, as: "CONSTANTS.c" + found.path, constants.storages))
            }
        }
        guard !tensors.isEmpty else { throw noTensors(walk) }
        let metadata = walk.scalars.map { MetadataEntry(key: $0.key, value: $0.value) }
        return FileLayout(
            format: PyTorch.name, tensors: tensors, metadata: metadata,
            notes: choice.notes + note(prefix, options) + note(walk.opaque))
    }

    private static func describe(
        _ found: StateDictWalk.Found, as name: String, _ storages: TorchStorages
    ) throws(FormatError) -> TensorDescription {
        switch found.content {
        case .tensor(let tensor): return try storages.describe(tensor, as: name)
        case .unreadable(let reason):
            throw FormatError(
                .unsupported, "the tensor is \(reason)", at: found.place, tensor: name,
                remedy: "Make it a dense tensor and save it again")
        }
    }

    private static func note(_ prefix: String, _ options: ReadOptions) -> [String] {
        guard !prefix.isEmpty else { return [] }
        return [
            options.stripsPrefixes
                ? "'\(prefix)' was taken off all names" : "all names begin with '\(prefix)', which can be taken off"
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

    private static func note(_ opaque: [(path: String, global: PickleGlobal)]) -> [String] {
        guard !opaque.isEmpty else { return [] }
        let list = opaque.prefix(8).map { "'\($0.path)' (\($0.global))" }.joined(separator: ", ")
        let more = opaque.count > 8 ? " and \(opaque.count - 8) more" : ""
        return ["passed over, because a global that is not on the list would make it: \(list)\(more)"]
    }

    private static func noTensors(_ walk: StateDictWalk) -> FormatError {
        let opaque = note(walk.opaque).first.map { " (\($0))" } ?? ""
        return FormatError(
            .unsupported, "the file holds no tensors\(opaque)", at: 0, remedy: "Check which file is meant")
    }
}
