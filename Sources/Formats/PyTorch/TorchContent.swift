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

    func layout(_ options: ReadOptions) throws(FormatError) -> FileLayout {
        let walk = try main.walk()
        let choice = try StateDictChoice(walk, path: options.statePath)
        var tensors = try Self.describe(choice.tensors, main.storages)
        var notes = choice.notes
        if let constants, options.statePath == nil || options.statePath == "" {
            let found = try constants.walk().found
            tensors += try Self.describe(found.map { ("CONSTANTS.c" + $0.path, $0) }, constants.storages)
        }
        guard !tensors.isEmpty else { throw Self.noTensors(walk) }
        let prefix = Self.commonPrefix(tensors.map(\.name))
        if !prefix.isEmpty {
            if options.stripsPrefixes {
                tensors = tensors.map { $0.renamed(String($0.name.dropFirst(prefix.count))) }
                notes.append("'\(prefix)' was taken off all names")
            } else {
                notes.append("all names begin with '\(prefix)', which can be taken off")
            }
        }
        notes += Self.note(walk.opaque)
        try Self.checkNames(tensors, choice.tensors)
        return FileLayout(
            format: PyTorch.name, tensors: tensors,
            metadata: walk.scalars.map { MetadataEntry(key: $0.key, value: $0.value) }, notes: notes)
    }

    private static func describe(
        _ tensors: [(name: String, found: StateDictWalk.Found)], _ storages: TorchStorages
    ) throws(FormatError) -> [TensorDescription] {
        var described: [TensorDescription] = []
        for (name, found) in tensors {
            guard found.isNamed else {
                throw FormatError(
                    .unsupported, "it lies under a key that is neither text nor a number", at: found.place,
                    tensor: name, remedy: "Save the state dict alone")
            }
            switch found.content {
            case .tensor(let tensor): described.append(try storages.describe(tensor, as: name))
            case .unreadable(let reason):
                throw FormatError(
                    .unsupported, "the tensor is \(reason)", at: found.place, tensor: name,
                    remedy: "Make it a dense tensor and save it again")
            }
        }
        return described
    }

    /// Wrappers around wrappers; training scripts use two.
    private static let mostPrefixes = 4

    /// What wrappers put in front of every name, in front of each other.
    static func commonPrefix(_ names: [String]) -> String {
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

    private static func checkNames(
        _ tensors: [TensorDescription], _ chosen: [(name: String, found: StateDictWalk.Found)]
    ) throws(FormatError) {
        var names: Set<String> = []
        for (index, tensor) in tensors.enumerated() {
            let place = chosen.indices.contains(index) ? chosen[index].found.place : nil
            try PlainName.check(tensor: tensor.name, at: place)
            guard names.insert(tensor.name).inserted else {
                throw FormatError(
                    .corrupt, "two tensors of the file have this name", at: place, tensor: tensor.name,
                    remedy: "Rename one of them")
            }
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

extension TensorDescription {
    func renamed(_ name: String) -> Self {
        Self(name: name, type: type, shape: shape, byteRange: byteRange, arrangement: arrangement)
    }
}
