import Bytes
import Pickles

/// The files inside a PyTorch zip archive (PyTorch 1.6 and later, and TorchScript), all in one folder.
///
/// | file | content |
/// | --- | --- |
/// | `data.pkl` | the pickled object; a tensor in it names its storage by a key |
/// | `data/KEY` | the bytes of a storage |
/// | `constants.pkl`, `constants/KEY` | of TorchScript alone: a tuple of more tensors, and their storages |
/// | `byteorder` | `little` or `big`; absent before 2.0, which is little |
///
/// Others (`version`, `.format_version`, `.storage_alignment`, `.data/serialization_id`, `code/…`) are not needed.
/// Checksums are not compared: PyTorch can be told to leave them out (`torch.serialization.set_crc32_options`).
///
/// Source: PyTorch, `torch/serialization.py` (`_save`, `_load`) and `caffe2/serialize/inline_container.h`.
struct TorchArchive {
    /// The longest compressed pickle; PyTorch stores them as they are.
    private static let longestCompressedPickle = 32 << 20
    private static let longestByteOrder = 16

    /// The pickle of the object, and what its storages are.
    let data: Part
    /// TorchScript's constants.
    let constants: Part?

    /// A pickle and the storages that it names.
    struct Part {
        let pickle: Pickle
        /// The archive's file that the pickle was inflated from; nil when it lies in the file as it is.
        let compressed: ZipEntry?
        let storages: TorchStorages
    }

    init(reading source: any ByteSource) throws {
        let archive = try ZipArchive(reading: source)
        let name = try Self.dataName(archive, source)
        let folder = String(name.dropLast("data.pkl".count))
        let isBigEndian = try Self.isBigEndian(archive[folder + "byteorder"], source)
        func part(_ name: String) throws -> Part? {
            guard let entry = archive[folder + name + ".pkl"] else { return nil }
            var storages = TorchStorages(isBigEndian: isBigEndian, fileByteCount: source.byteCount)
            let prefix = folder + name + "/"
            for entry in archive.entries where entry.name.hasPrefix(prefix) {
                storages.holders[String(entry.name.dropFirst(prefix.count))] = StridedView.Holder(
                    range: entry.payload, inflatedByteCount: entry.method == .deflated ? entry.byteCount : nil)
            }
            let pickle = try Self.pickle(entry, source)
            return Part(pickle: pickle, compressed: entry.method == .stored ? nil : entry, storages: storages)
        }
        guard let data = try part("data") else { throw Self.noData(archive, source) }
        self.data = data
        constants = try part("constants")
    }

    /// The one `data.pkl` that is nearest to the archive's top.
    private static func dataName(_ archive: ZipArchive, _ source: any ByteSource) throws -> String {
        let names = archive.entries.map(\.name).filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
        func depth(_ name: String) -> Int { name.utf8.count { $0 == UInt8(ascii: "/") } }
        let least = names.map(depth).min()
        let nearest = names.filter { depth($0) == least }
        guard let name = nearest.first else { throw noData(archive, source) }
        guard nearest.count == 1 else {
            throw FormatError(
                .unsupported, "the archive has \(nearest.count) files called data.pkl",
                at: archive[name]?.headerOffset, file: source.path,
                remedy: "Take it apart and register each checkpoint by itself")
        }
        return name
    }

    private static func pickle(_ entry: ZipEntry, _ source: any ByteSource) throws -> Pickle {
        let pickle: Pickle
        let end: Int
        if entry.method == .stored {
            pickle = try Pickle(reading: source, entry.payload)
            end = entry.payload.upperBound
        } else {
            let content = try entry.content(of: source, atMost: longestCompressedPickle)
            do {
                pickle = try Pickle(reading: MemorySource(content, path: source.path), 0..<content.count)
            } catch let error as FormatError {
                throw error.inflated(from: entry)
            }
            end = content.count
        }
        guard pickle.end == end else {
            throw FormatError(
                .corrupt, "\(end - pickle.end) bytes follow the pickle in '\(entry.name)'",
                at: entry.method == .stored ? pickle.end : entry.payload.lowerBound, file: source.path,
                remedy: "Do not trust this file; if you know its origin, fetch it again")
        }
        return pickle
    }

    private static func isBigEndian(_ entry: ZipEntry?, _ source: any ByteSource) throws -> Bool {
        guard let entry else { return false }
        let word = String(decoding: try entry.content(of: source, atMost: longestByteOrder), as: UTF8.self)
        switch word {
        case "little": return false
        case "big": return true
        default:
            throw FormatError(
                .corrupt, "the byte order is '\(word)', not 'little' or 'big'", at: entry.payload.lowerBound,
                file: source.path, remedy: "Fetch the file again")
        }
    }

    private static func noData(_ archive: ZipArchive, _ source: any ByteSource) -> FormatError {
        let names = archive.entries.map(\.name)
        let what =
            if names.contains(where: { $0.hasSuffix(".weights.h5") }) {
                "a Keras archive"
            } else if names.contains(where: { $0.hasSuffix(".npy") }) {
                "an archive of NumPy arrays and other files"
            } else if names.contains(where: { $0.hasSuffix(".safetensors") }) {
                "an archive with safetensors files in it"
            } else {
                "a zip archive without a file data.pkl"
            }
        return FormatError(
            .unsupported, "this is \(what), not a PyTorch checkpoint", at: 0, file: source.path,
            remedy: "Unpack it, or convert it to safetensors with its own library")
    }
}
