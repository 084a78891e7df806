import Bytes
import Pickles

/// A PyTorch file from before version 1.6: pickles one behind the other, then the storages.
///
/// | part | content |
/// | --- | --- |
/// | pickle | the number 0x1950A86A20F9469CFC6C |
/// | pickle | the number 1001 |
/// | pickle | a dictionary about the machine that wrote it |
/// | pickle | the object; a tensor in it names its storage by a key |
/// | pickle | a list of the keys |
/// | for each key of the list | the storage's elements, `i64` little-endian, then their bytes |
///
/// Elements are little-endian whatever the machine was: a big-endian one swaps them as it writes.
///
/// Sources: PyTorch, `torch/serialization.py` (`_legacy_save`, `_legacy_load`) and `torch/csrc/serialization.cpp`.
struct TorchLegacyFile {
    static let protocolVersion = 1001

    let pickle: Pickle
    let storages: TorchStorages

    init(reading source: any ByteSource) throws {
        let whole = 0..<source.byteCount
        let magic = try Pickle(reading: source, whole)
        let version = try Pickle(reading: source, magic.end..<whole.upperBound)
        guard case .integer(Self.protocolVersion) = version.value(version.root) else {
            throw FormatError(
                .unsupported, "the file is not of protocol version \(Self.protocolVersion)", at: magic.end,
                file: source.path, remedy: "Load and save it again with a newer PyTorch")
        }
        let machine = try Pickle(reading: source, version.end..<whole.upperBound)
        pickle = try Pickle(reading: source, machine.end..<whole.upperBound)
        let keys = try Pickle(reading: source, pickle.end..<whole.upperBound)
        storages = try Self.storages(
            keys, widths: try Self.widths(pickle, isInPlace: true), in: source)
    }

    /// The bytes of an element of each storage, as the tensors tell.
    private static func widths(_ pickle: Pickle, isInPlace: Bool) throws -> [String: TorchStorage] {
        let values = TorchValues(pickle, isInPlace: isInPlace)
        var storages: [String: TorchStorage] = [:]
        for id in pickle.persistentIDs {
            let storage = try values.storage(id)
            storages[storage.key] = storages[storage.key] ?? storage
        }
        return storages
    }

    private static func storages(
        _ keys: Pickle, widths: [String: TorchStorage], in source: any ByteSource
    ) throws -> TorchStorages {
        func fault(_ problem: String, _ offset: Int, _ code: FormatError.Code = .corrupt) -> FormatError {
            FormatError(code, problem, at: offset, file: source.path, remedy: "Fetch the file again")
        }
        guard case .list(let nodes) = keys.value(keys.root) else {
            throw fault("the keys of the storages are no list", keys.end)
        }
        let values = TorchValues(keys, isInPlace: true)
        var storages = TorchStorages(isBigEndian: false, fileByteCount: source.byteCount)
        var offset = keys.end
        for node in nodes {
            guard let key = try values.key(node), let storage = widths[key], storages.holders[key] == nil else {
                throw fault("a storage is listed twice, or no tensor says what is in it", offset)
            }
            guard source.byteCount - offset >= 8 else {
                throw fault("the file ends before storage '\(key)'", offset, .truncated)
            }
            let count = try source.bytes(offset..<(offset + 8)).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let width = TorchDType.elementByteCount(storage.dtype)
            guard count == storage.elementCount else {
                throw fault(
                    "storage '\(key)' has \(count) elements, its tensors were made for \(storage.elementCount)", offset)
            }
            let start = offset + 8
            guard storage.elementCount <= (source.byteCount - start) / width else {
                throw fault(
                    "storage '\(key)' of \(count) elements of \(width) bytes reaches beyond the file", offset,
                    .truncated)
            }
            offset = start + storage.elementCount * width
            storages.holders[key] = StridedView.Holder(range: start..<offset)
        }
        guard offset == source.byteCount else {
            throw fault("\(source.byteCount - offset) bytes follow the last storage", offset)
        }
        return storages
    }
}
